//! Capture of a real window on a real X server, and the whole way of the evidence picture (S15).
//!
//! xcap reads `$DISPLAY` of its process, so each capture runs in a process of its own: this test binary,
//! started again for [`captures_in_a_process_of_its_own`] alone.
#![cfg(target_os = "linux")]

mod xvfb;

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use chinhchu_screen::capture::{Method, WindowTarget, capture_window};
use chinhchu_screen::check::{CheckError, LiveHistory, check_capture};
use chinhchu_screen::encode::encode_capture;
use chinhchu_screen::overlay::{OverlayText, OverlayVerdict, burn};
use chinhchu_screen::readback::read_date_time;
use chinhchu_screen::x11::X11Surface;
use chinhchu_screen::{I420View, Placement, Rect, VideoSurface};
use image::RgbaImage;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{AtomEnum, ConfigureWindowAux, ConnectionExt as _, MapState, PropMode};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;
use xvfb::{Xvfb, eventually, pixel, window};

/// A window manager; ends with the test.
struct WindowManager(Child);

impl WindowManager {
    fn start(xvfb: &Xvfb, conn: &RustConnection) -> Self {
        let child = Command::new("openbox")
            .args(["--sm-disable"])
            .env("DISPLAY", &xvfb.display)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("openbox is needed for this test: install the package openbox");
        let manager = Self(child);
        eventually("the window manager is there", || listed(conn).is_some());
        manager
    }
}

impl Drop for WindowManager {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn atom(conn: &RustConnection, name: &str) -> u32 {
    conn.intern_atom(false, name.as_bytes()).expect("request").reply().expect("atom").atom
}

/// The windows that the window manager lists.
fn listed(conn: &RustConnection) -> Option<Vec<u32>> {
    let (root, list) = (conn.setup().roots[0].root, atom(conn, "_NET_CLIENT_LIST_STACKING"));
    let property = conn.get_property(false, root, list, AtomEnum::WINDOW, 0, 100).expect("request");
    let reply = property.reply().expect("property");
    (reply.type_ != 0).then(|| reply.value32().into_iter().flatten().collect())
}

/// Mapped, and so is every window around it: only then has it pixels to ask for.
fn is_viewable(conn: &RustConnection, window: u32) -> bool {
    let attributes = conn.get_window_attributes(window).expect("request").reply().expect("attributes");
    attributes.map_state == MapState::VIEWABLE
}

/// Runs in the process of its own; does nothing in the ordinary run of the tests.
#[test]
#[ignore = "run by the other tests of this file"]
fn captures_in_a_process_of_its_own() {
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u32>().ok());
    let id = number("TEST_CAPTURE_WINDOW").and_then(|id| usize::try_from(id).ok());
    let Ok(out) = std::env::var("TEST_CAPTURE_OUT") else { return };
    let target = WindowTarget {
        id,
        pid: number("TEST_CAPTURE_PID"),
        title: std::env::var("TEST_CAPTURE_TITLE").ok(),
        screen_rect: None,
    };
    let method = match capture_window(&target) {
        Ok(captured) => {
            captured.image.save(format!("{out}.png")).expect("saved");
            format!("{:?}", captured.method)
        }
        Err(error) => format!("{error:?}"),
    };
    std::fs::write(format!("{out}.txt"), method).expect("written");
}

/// Captures by another process on that display: the method (or the error) and the picture.
fn capture(xvfb: &Xvfb, target: &[(&str, String)]) -> (String, Option<RgbaImage>) {
    let folder = std::env::temp_dir();
    let name = format!("chinhchu-capture-{}-{}", std::process::id(), xvfb.display.trim_start_matches(':'));
    let out = folder.join(name).display().to_string();
    let status = Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", "captures_in_a_process_of_its_own", "--ignored"])
        .env("DISPLAY", &xvfb.display)
        .env_remove("WAYLAND_DISPLAY")
        .env_remove("XDG_SESSION_TYPE")
        .env("TEST_CAPTURE_OUT", &out)
        .envs(target.iter().map(|(name, value)| (*name, value)))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("this test runs again");
    assert!(status.success());
    let method = std::fs::read_to_string(format!("{out}.txt")).expect("the other process wrote it");
    let picture = image::open(format!("{out}.png")).ok().map(|image| image.to_rgba8());
    for ending in ["txt", "png"] {
        let _ = std::fs::remove_file(format!("{out}.{ending}"));
    }
    (method, picture)
}

/// A frame with a pattern, so that it can be recognised.
struct Pattern {
    y: Vec<u8>,
    chroma: Vec<u8>,
}

impl Pattern {
    fn new(phase: u32) -> Self {
        let luma = |n: u32| {
            let (x, y) = (n % 320 + phase, n / 320);
            u8::try_from(40 + (x / 40 * 37 + y / 60 * 59) % 160).expect("a byte")
        };
        Self { y: (0..320 * 240).map(luma).collect(), chroma: vec![128; 160 * 120] }
    }

    fn view(&self) -> I420View<'_> {
        let chroma = &self.chroma;
        I420View { width: 320, height: 240, y: &self.y, u: chroma, v: chroma, y_stride: 320, uv_stride: 160 }
    }
}

struct Stage {
    surface: X11Surface,
    frame: Pattern,
    shown_at: Instant,
    place: Placement,
    parent: u32,
    conn: RustConnection,
    xvfb: Xvfb,
}

/// A window at 50,60 with a page and live video.
fn stage(
    with: impl FnOnce(&Xvfb, &RustConnection) -> Option<WindowManager>,
) -> (Stage, Option<WindowManager>) {
    let xvfb = Xvfb::start();
    let conn = xvfb.connect();
    let manager = with(&xvfb, &conn);
    let parent = window(&conn, None, 24, (800, 600));
    if manager.is_some() {
        eventually("the window manager takes the window", || {
            // One that is still starting loses requests: ask again.
            conn.map_window(parent).expect("request");
            conn.sync().expect("sync");
            // Listed comes before shown: the frame around it is mapped last.
            listed(&conn).is_some_and(|windows| windows.contains(&parent)) && is_viewable(&conn, parent)
        });
    }
    let aux = ConfigureWindowAux::new().x(50).y(60);
    conn.configure_window(parent, &aux).expect("request").check().expect("moved");
    let surface = X11Surface::on_display(Some(&xvfb.display), parent, true).expect("surface");
    let place = Placement { rect: Rect::new(100, 80, 480, 360), visible: true, holes: Vec::new() };
    surface.place(place.clone());
    let frame = Pattern::new(0);
    surface.push(frame.view());
    let shown_at = Instant::now();
    eventually("shown", || surface.stats().shown == 1);
    eventually("on the screen", || {
        is_viewable(&conn, parent) && pixel(&conn, parent, 300, 200) != (255, 255, 255)
    });
    (Stage { surface, frame, shown_at, place, parent, conn, xvfb }, manager)
}

impl Stage {
    fn target(&self) -> Vec<(&'static str, String)> {
        vec![("TEST_CAPTURE_WINDOW", self.parent.to_string())]
    }

    fn history(&self) -> LiveHistory {
        let mut history = LiveHistory::default();
        history.push(self.frame.view(), self.shown_at);
        history
    }

    fn check(&self, picture: &RgbaImage) -> Result<(), CheckError> {
        let soon = self.shown_at + Duration::from_millis(500);
        check_capture(picture, &self.place, &self.history(), soon).map(|_| ())
    }
}

#[test]
fn the_window_is_captured_with_its_live_video_and_burnt() {
    let (stage, _manager) = stage(|xvfb, conn| Some(WindowManager::start(xvfb, conn)));
    let (method, picture) = capture(&stage.xvfb, &stage.target());
    assert_eq!(method, format!("{:?}", Method::Window));
    let mut picture = picture.expect("a picture");
    assert_eq!(picture.dimensions(), (800, 600), "the client area, without the frame");
    assert_eq!(picture.get_pixel(20, 20).0, [255, 255, 255, 255], "the page");
    stage.check(&picture).expect("shows what was live");

    burn(
        &mut picture,
        &OverlayText {
            date_time: "23/11/2026 09:15:42 +07:00".into(),
            call_id: "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071".into(),
            agent_name: "Nguyễn Thị Hoa".into(),
            agent_id: "hoa".into(),
            verdict: OverlayVerdict::Confirmed,
            company: "Công ty 1".into(),
        },
    );
    let encoded = encode_capture(&picture).expect("encoded");
    let sent = image::load_from_memory(&encoded.bytes).expect("a picture").to_rgb8();
    assert_eq!(read_date_time(&sent).as_deref(), Some("23/11/2026 09:15:42 +07:00"));
}

#[test]
fn the_window_is_found_by_process_and_title() {
    let (stage, _manager) = stage(|xvfb, conn| Some(WindowManager::start(xvfb, conn)));
    let (conn, parent) = (&stage.conn, stage.parent);
    let (pid, name, utf8) =
        (atom(conn, "_NET_WM_PID"), atom(conn, "_NET_WM_NAME"), atom(conn, "UTF8_STRING"));
    conn.change_property32(PropMode::REPLACE, parent, pid, AtomEnum::CARDINAL, &[4242]).expect("request");
    conn.change_property8(PropMode::REPLACE, parent, name, utf8, "Chính Chủ".as_bytes()).expect("request");
    conn.sync().expect("sync");
    let target = |pid: u32, title: &str| {
        vec![("TEST_CAPTURE_PID", pid.to_string()), ("TEST_CAPTURE_TITLE", title.to_owned())]
    };
    let (method, picture) = capture(&stage.xvfb, &target(4242, "Chính Chủ"));
    assert_eq!(method, "Window");
    stage.check(&picture.expect("a picture")).expect("shows what was live");
    assert_eq!(capture(&stage.xvfb, &target(4242, "Chuông")).0, "NotAllowed");
    assert_eq!(capture(&stage.xvfb, &target(4243, "Chính Chủ")).0, "NotAllowed");
}

#[test]
fn without_a_window_manager_the_monitor_is_cut_to_the_window() {
    let (stage, _) = stage(|_, _| None);
    let (method, picture) = capture(&stage.xvfb, &stage.target());
    assert_eq!(method, "Monitor");
    let picture = picture.expect("a picture");
    assert_eq!(picture.dimensions(), (800, 600));
    assert_eq!(picture.get_pixel(20, 20).0, [255, 255, 255, 255], "the page's corner, not the root's");
    stage.check(&picture).expect("shows what was live");
}

#[test]
fn a_foreign_window_over_ours_on_the_monitor_is_found_out() {
    let (stage, _) = stage(|_, _| None);
    let over = window(&stage.conn, None, 24, (400, 300));
    let aux = ConfigureWindowAux::new().x(200).y(180);
    stage.conn.configure_window(over, &aux).expect("request").check().expect("moved");
    stage.conn.sync().expect("sync");
    let (method, picture) = capture(&stage.xvfb, &stage.target());
    assert_eq!(method, "Monitor");
    assert_eq!(stage.check(&picture.expect("a picture")), Err(CheckError::Foreign));
}

#[test]
fn a_surface_that_shows_another_frame_is_found_out() {
    let (stage, _manager) = stage(|xvfb, conn| Some(WindowManager::start(xvfb, conn)));
    stage.surface.push(Pattern::new(140).view());
    eventually("shown", || stage.surface.stats().shown == 2);
    let (_, picture) = capture(&stage.xvfb, &stage.target());
    assert_eq!(stage.check(&picture.expect("a picture")), Err(CheckError::Foreign));
}

#[test]
fn a_window_that_is_gone_is_not_captured() {
    let (stage, _) = stage(|_, _| None);
    stage.conn.destroy_window(stage.parent).expect("request").check().expect("destroyed");
    assert_eq!(capture(&stage.xvfb, &stage.target()).0, "NotAllowed");
    assert_eq!(capture(&stage.xvfb, &[]).0, "NotAllowed");
}

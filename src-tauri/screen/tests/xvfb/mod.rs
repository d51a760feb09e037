//! A real X server of its own for a test, and a window in it.
#![allow(dead_code, reason = "each test binary uses its part")]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    ConnectionExt as _, CreateWindowAux, ImageFormat, VisualClass, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

/// An X server on a free display; ends with the test.
pub struct Xvfb {
    server: Child,
    pub display: String,
}

impl Xvfb {
    pub fn start() -> Self {
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1400x1000x24", "-nolisten", "tcp"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb is needed for these tests: install the package xvfb");
        let mut number = String::new();
        let stdout = server.stdout.take().expect("stdout is piped");
        BufReader::new(stdout).read_line(&mut number).expect("Xvfb says its display");
        let number = number.trim();
        assert!(!number.is_empty(), "Xvfb ended before it had a display");
        Self { server, display: format!(":{number}") }
    }

    pub fn connect(&self) -> RustConnection {
        x11rb::connect(Some(&self.display)).expect("the test's own Xvfb takes connections").0
    }

    pub fn stop(&mut self) {
        self.server.kill().expect("our own child");
        self.server.wait().expect("our own child");
    }
}

impl Drop for Xvfb {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Colour of the windows that stand for the page.
pub const PAGE: u32 = 0x00ff_ffff;

/// A mapped window of that depth, filled with [`PAGE`].
pub fn window(conn: &RustConnection, parent: Option<Window>, depth: u8, size: (u16, u16)) -> Window {
    let screen = &conn.setup().roots[0];
    let allowed = screen.allowed_depths.iter().find(|d| d.depth == depth).expect("depth");
    let visual = allowed.visuals.iter().find(|v| v.class == VisualClass::TRUE_COLOR).expect("visual");
    let colormap = conn.generate_id().expect("id");
    conn.create_colormap(
        x11rb::protocol::xproto::ColormapAlloc::NONE,
        colormap,
        screen.root,
        visual.visual_id,
    )
    .expect("colormap");
    let id = conn.generate_id().expect("id");
    let aux = CreateWindowAux::new()
        .background_pixel(PAGE | if depth == 32 { 0xff00_0000 } else { 0 })
        .border_pixel(0)
        .colormap(colormap);
    let (width, height) = size;
    conn.create_window(
        depth,
        id,
        parent.unwrap_or(screen.root),
        0,
        0,
        width,
        height,
        0,
        WindowClass::INPUT_OUTPUT,
        visual.visual_id,
        &aux,
    )
    .expect("window")
    .check()
    .expect("window");
    conn.map_window(id).expect("map");
    conn.sync().expect("sync");
    id
}

/// Red, green, blue at that place of the window, children included.
pub fn pixel(conn: &RustConnection, window: Window, x: i16, y: i16) -> (u8, u8, u8) {
    let image = conn.get_image(ImageFormat::Z_PIXMAP, window, x, y, 1, 1, !0).expect("request");
    let data = image.reply().expect("the place is on the screen").data;
    (data[2], data[1], data[0])
}

/// Waits until it is true, at most five seconds.
pub fn eventually(what: &str, mut is_true: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(5);
    while !is_true() {
        assert!(Instant::now() < deadline, "not within 5 s: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

pub fn is_red((r, g, b): (u8, u8, u8)) -> bool {
    r > 240 && g < 15 && b < 15
}

pub fn is_blue((r, g, b): (u8, u8, u8)) -> bool {
    r < 15 && g < 15 && b > 240
}

/// The dark of the letterbox.
pub fn is_dark((r, g, b): (u8, u8, u8)) -> bool {
    (r, g, b) == (0x14, 0x17, 0x1a)
}

pub fn is_page((r, g, b): (u8, u8, u8)) -> bool {
    (r, g, b) == (255, 255, 255)
}

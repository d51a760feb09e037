//! The own window on X11, found among those that the window manager lists.

use image::RgbaImage;

use super::WindowTarget;
use crate::surface::Rect;

/// Pixels of the client area; none if our window is not listed.
pub(super) fn own_window(target: &WindowTarget) -> xcap::XCapResult<Option<RgbaImage>> {
    for window in xcap::Window::all()? {
        let is_ours = match (target.id, target.pid) {
            (Some(id), _) => u32::try_from(id) == Ok(window.id()?),
            (None, Some(pid)) => {
                // A window that has just closed has no pid; it is not ours.
                window.pid().is_ok_and(|found| found == pid)
                    && target
                        .title
                        .as_ref()
                        .is_none_or(|title| window.title().is_ok_and(|found| &found == title))
            }
            (None, None) => false,
        };
        if is_ours {
            return window.capture_image().map(Some);
        }
    }
    Ok(None)
}

/// The client area on the screen.
pub(super) fn place_on_screen(target: &WindowTarget) -> Option<Rect> {
    let asked = target.id.and_then(|id| crate::x11::place_on_screen(u32::try_from(id).ok()?));
    asked.or(target.screen_rect)
}

//! The own window on Windows, by PrintWindow. (xcap lists no windows of its own process there.)
//!
//! The window draws itself, with what the web view has composed (`PW_RENDERFULLCONTENT`, Windows 8.1 and later),
//! so that windows lying over it do not matter.
#![expect(unsafe_code, reason = "GDI has no safe face; every handle is given back by a guard")]

use std::ffi::c_void;

use image::RgbaImage;
use windows_sys::Win32::Foundation::{HWND, RECT};
use windows_sys::Win32::Graphics::Gdi::{
    BI_RGB, BITMAPINFO, BITMAPINFOHEADER, CreateCompatibleDC, CreateDIBSection, DIB_RGB_COLORS, DeleteDC,
    DeleteObject, GdiFlush, HBITMAP, HDC, HGDIOBJ, SelectObject,
};
use windows_sys::Win32::Storage::Xps::{PRINT_WINDOW_FLAGS, PW_CLIENTONLY, PrintWindow};
use windows_sys::Win32::UI::WindowsAndMessaging::{GetClientRect, IsIconic, IsWindow, PW_RENDERFULLCONTENT};

use super::WindowTarget;
use crate::surface::Rect;

/// No screen is larger; a damaged answer of the system must not ask for all memory.
const LARGEST: i32 = 16_384;

/// Which step the system refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(super) enum Refused {
    /// It is minimised, or has no area.
    #[error("the window has no client area now")]
    NoArea,
    /// Out of GDI handles or memory.
    #[error("there is no bitmap to draw into")]
    Bitmap,
    /// The window did not draw itself.
    #[error("the window did not draw itself")]
    Print,
}

/// Pixels of the client area; none if there is no such window.
pub(super) fn own_window(target: &WindowTarget) -> Result<Option<RgbaImage>, Refused> {
    let Some(window) = target.id.map(|id| id as HWND) else { return Ok(None) };
    let mut area = RECT::default();
    // SAFETY: any value may be asked about; the rectangle is ours.
    let known = unsafe { IsWindow(window) != 0 };
    if !known {
        return Ok(None);
    }
    // SAFETY: as above.
    let sized = unsafe { IsIconic(window) == 0 && GetClientRect(window, &raw mut area) != 0 };
    if !sized || !(1..=LARGEST).contains(&area.right) || !(1..=LARGEST).contains(&area.bottom) {
        return Err(Refused::NoArea);
    }
    let canvas = Canvas::new(area.right, area.bottom).ok_or(Refused::Bitmap)?;
    let flags: PRINT_WINDOW_FLAGS = PW_CLIENTONLY | PW_RENDERFULLCONTENT;
    // SAFETY: the context is alive and holds a bitmap of the window's size.
    if unsafe { PrintWindow(window, canvas.context, flags) } == 0 {
        return Err(Refused::Print);
    }
    Ok(canvas.picture())
}

/// The client area on the screen, as the shell knows it.
pub(super) fn place_on_screen(target: &WindowTarget) -> Option<Rect> {
    target.screen_rect
}

/// A bitmap in memory that GDI draws into.
struct Canvas {
    context: HDC,
    bitmap: HBITMAP,
    before: HGDIOBJ,
    pixels: *const u8,
    width: u32,
    height: u32,
}

impl Canvas {
    fn new(width: i32, height: i32) -> Option<Self> {
        let header = BITMAPINFOHEADER {
            biSize: u32::try_from(size_of::<BITMAPINFOHEADER>()).ok()?,
            biWidth: width,
            biHeight: -height, // From the top down.
            biPlanes: 1,
            biBitCount: 32,
            biCompression: BI_RGB,
            ..BITMAPINFOHEADER::default()
        };
        let info = BITMAPINFO { bmiHeader: header, ..BITMAPINFO::default() };
        let (width, height) = (u32::try_from(width).ok()?, u32::try_from(height).ok()?);
        let mut pixels: *mut c_void = std::ptr::null_mut();
        // SAFETY: no window is needed for a context in memory; `info` and `pixels` outlive the calls.
        unsafe {
            let context = CreateCompatibleDC(std::ptr::null_mut());
            if context.is_null() {
                return None;
            }
            let bitmap = CreateDIBSection(
                context,
                &raw const info,
                DIB_RGB_COLORS,
                &raw mut pixels,
                std::ptr::null_mut(),
                0,
            );
            if bitmap.is_null() || pixels.is_null() {
                DeleteDC(context);
                return None;
            }
            let before = SelectObject(context, bitmap);
            Some(Self { context, bitmap, before, pixels: pixels.cast(), width, height })
        }
    }

    /// What was drawn. GDI leaves the fourth byte undefined; a window is opaque.
    fn picture(&self) -> Option<RgbaImage> {
        let bytes = self.width as usize * self.height as usize * 4;
        // SAFETY: the section has 32 bits a pixel, so its rows have no padding, and GDI is done after the flush.
        let drawn = unsafe {
            GdiFlush();
            std::slice::from_raw_parts(self.pixels, bytes)
        };
        let rgba = drawn.chunks_exact(4).flat_map(|bgrx| [bgrx[2], bgrx[1], bgrx[0], 255]).collect();
        RgbaImage::from_raw(self.width, self.height, rgba)
    }
}

impl Drop for Canvas {
    fn drop(&mut self) {
        // SAFETY: all three are ours and alive; a bitmap is deleted only after another was selected.
        unsafe {
            SelectObject(self.context, self.before);
            DeleteObject(self.bitmap);
            DeleteDC(self.context);
        }
    }
}

//! Windows: WebView2 and Win32.
#![expect(unsafe_code, reason = "Win32 calls that Tauri has no words for; each stands alone")]

use std::sync::Arc;

use chinhchu_screen::VideoSurface;
use tauri::WebviewWindow;
use windows_sys::Win32::Foundation::HWND;
use windows_sys::Win32::Graphics::Dwm::{DWMWA_CLOAKED, DwmGetWindowAttribute};
use windows_sys::Win32::System::Console::{ATTACH_PARENT_PROCESS, AttachConsole, GetConsoleWindow};
use windows_sys::Win32::UI::WindowsAndMessaging::{
    HWND_TOPMOST, IsIconic, IsWindowVisible, MB_ICONERROR, MB_OK, MB_SETFOREGROUND, MessageBoxW,
    SET_WINDOW_POS_FLAGS, SWP_HIDEWINDOW, SWP_NOACTIVATE, SWP_NOMOVE, SWP_NOSIZE, SWP_NOZORDER,
    SWP_SHOWWINDOW, SetWindowPos,
};

const TITLE: &str = "Chính Chủ";

/// A release build has no console of its own; started from one it prints there (`--help`, errors, the log).
pub(crate) fn join_console() {
    // SAFETY: no arguments but a constant. Fails where there is no console to join, which is the usual start.
    unsafe { AttachConsole(ATTACH_PARENT_PROCESS) };
}

/// Prints it, and shows it in a box when nobody would see what is printed.
pub(crate) fn tell(text: &str) {
    eprintln!("chinhchu: {text}");
    // SAFETY: no arguments.
    if unsafe { GetConsoleWindow() }.is_null() {
        let (text, title) = (wide(text), wide(TITLE));
        let style = MB_OK | MB_ICONERROR | MB_SETFOREGROUND;
        // SAFETY: both texts end with zero and outlive the call.
        unsafe { MessageBoxW(std::ptr::null_mut(), text.as_ptr(), title.as_ptr(), style) };
    }
}

/// A killed program's mutex goes with it: nothing to wait for.
pub(crate) fn start_again(_error: &anyhow::Error) {}

fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

/// Why no window can be opened: WebView2 is a part of Windows 11, but not of every Windows 10 and Server.
pub(crate) fn web_view_trouble() -> Option<&'static str> {
    tauri::webview_version().is_err().then_some(
        "Máy này chưa có Microsoft Edge WebView2 Runtime, nên không mở được cửa sổ. Hãy nhờ bộ phận kỹ thuật cài \
         WebView2 Runtime (Evergreen Standalone Installer) rồi mở lại Chính Chủ.\n\nThis computer has no Microsoft \
         Edge WebView2 Runtime. Ask your IT department to install it, then start Chính Chủ again.",
    )
}

/// The notification area is always there.
pub(crate) fn tray_trouble() -> Option<&'static str> {
    None
}

/// WebView2 needs nothing: it composes in a process of its own, with or without a GPU.
#[expect(clippy::unnecessary_wraps, reason = "the same signature on every system")]
pub(crate) fn prepare(_window: &WebviewWindow) -> tauri::Result<()> {
    Ok(())
}

/// `focusable(false)` has made it a window that a click does not activate.
pub(crate) fn prepare_ring(_ring: &WebviewWindow) {}

/// Shows it over everything, without the focus: Tauri's own `show` activates a window.
pub(crate) fn show_in_front(ring: &WebviewWindow) -> tauri::Result<()> {
    set_position(ring, HWND_TOPMOST, SWP_SHOWWINDOW)
}

/// Undoes [`show_in_front`]; Tauri's `hide` would do nothing, because it has not shown it.
pub(crate) fn hide(ring: &WebviewWindow) -> tauri::Result<()> {
    set_position(ring, std::ptr::null_mut(), SWP_NOZORDER | SWP_HIDEWINDOW)
}

fn set_position(window: &WebviewWindow, after: HWND, change: SET_WINDOW_POS_FLAGS) -> tauri::Result<()> {
    let flags = change | SWP_NOACTIVATE | SWP_NOMOVE | SWP_NOSIZE;
    // SAFETY: the window is ours; no pointer is kept.
    let done = unsafe { SetWindowPos(window.hwnd()?.0, after, 0, 0, 0, 0, flags) };
    if done == 0 { Err(std::io::Error::last_os_error().into()) } else { Ok(()) }
}

/// Whether it is really on the screen: not minimised, and not cloaked, as windows of another virtual desktop are.
pub(crate) fn is_on_screen(window: &WebviewWindow) -> bool {
    let Ok(handle) = window.hwnd() else { return false };
    let mut cloaked = 0_u32;
    // SAFETY: the window is ours; the attribute is one u32.
    unsafe {
        let asked = DwmGetWindowAttribute(
            handle.0,
            DWMWA_CLOAKED.cast_unsigned(),
            (&raw mut cloaked).cast(),
            4, // Bytes of a u32.
        );
        IsWindowVisible(handle.0) != 0 && IsIconic(handle.0) == 0 && (asked != 0 || cloaked == 0)
    }
}

/// The window's HWND.
pub(crate) fn id(window: &WebviewWindow) -> Option<usize> {
    Some(window.hwnd().ok()?.0.addr())
}

/// A child window over WebView2 flickers or stays hidden: video goes through the page.
pub(crate) fn native_video(_main: &WebviewWindow) -> anyhow::Result<[Arc<dyn VideoSurface>; 2]> {
    anyhow::bail!("there are no native surfaces on Windows")
}

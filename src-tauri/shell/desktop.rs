//! What each system does in its own way, one module for each with the same functions: WebKit and X11 on Linux,
//! WebView2 and Win32 on Windows. Everything else of the shell is the same on both.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(windows)]
mod windows;

#[cfg(target_os = "linux")]
pub(crate) use linux::{
    hide, id, is_on_screen, join_console, native_video, prepare, prepare_ring, show_in_front, start_again,
    tell, tray_trouble, web_view_trouble,
};
#[cfg(windows)]
pub(crate) use windows::{
    hide, id, is_on_screen, join_console, native_video, prepare, prepare_ring, show_in_front, start_again,
    tell, tray_trouble, web_view_trouble,
};

//! Linux: GTK, WebKitGTK, X11. On Wayland there is no X id, and what needs one goes without.

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use chinhchu_screen::VideoSurface;
use chinhchu_screen::x11::X11Surface;
use gtk::prelude::GtkWindowExt as _;
use raw_window_handle::{HasWindowHandle as _, RawWindowHandle};
use tauri::WebviewWindow;
use webkit2gtk::{HardwareAccelerationPolicy, SettingsExt as _, WebViewExt};
use x11rb::protocol::xproto::{ConnectionExt as _, MapState};

/// Counts the starts of [`start_again`], from one process image to the next.
const STARTS: &str = "CHINHCHU_STARTS";
const MOST_STARTS: u32 = 10;
const START_PAUSE: Duration = Duration::from_millis(300);

/// A terminal is there already, if there is one.
pub(crate) fn join_console() {}

/// Who starts a program here sees what it prints.
pub(crate) fn tell(text: &str) {
    eprintln!("chinhchu: {text}");
}

/// The window of this profile was killed a moment ago, and its name on the session bus still stands with nobody behind
/// it: the program begins anew in this process, until the name is gone. Anything else is left to the caller.
pub(crate) fn start_again(error: &anyhow::Error) {
    let vanished = error.chain().any(|cause| cause.to_string().contains("to the running instance"));
    let tried = std::env::var(STARTS).ok().and_then(|text| text.parse::<u32>().ok()).unwrap_or(0);
    if !vanished || tried >= MOST_STARTS {
        return;
    }
    std::thread::sleep(START_PAUSE);
    let Ok(program) = std::env::current_exe() else { return };
    let mut again = std::process::Command::new(program);
    let failed = again.args(std::env::args_os().skip(1)).env(STARTS, (tried + 1).to_string()).exec();
    tracing::warn!(error = ?failed, "the program could not be started again");
}

/// The program is linked with its web view.
pub(crate) fn web_view_trouble() -> Option<&'static str> {
    None
}

/// Why there can be no tray. Looks where the loader looks by default; on a machine that keeps the library
/// elsewhere there is no tray.
pub(crate) fn tray_trouble() -> Option<&'static str> {
    let triple = format!("/usr/lib/{}-linux-gnu", std::env::consts::ARCH);
    let folders = [triple.as_str(), "/usr/lib64", "/usr/lib", "/usr/local/lib"];
    let names = ["libayatana-appindicator3.so.1", "libappindicator3.so.1"];
    let found = folders.iter().any(|folder| names.iter().any(|name| Path::new(folder).join(name).exists()));
    (!found).then_some("libayatana-appindicator3 (package libayatana-appindicator3-1) is not installed")
}

/// Without a GPU every repaint would be composed by software GL over the whole window (measured: 110 % of a
/// core against 2.4 % with video running); with one, nothing here needs it.
pub(crate) fn prepare(window: &WebviewWindow) -> tauri::Result<()> {
    window.with_webview(|webview| {
        if let Some(settings) = WebViewExt::settings(&webview.inner()) {
            settings.set_hardware_acceleration_policy(HardwareAccelerationPolicy::Never);
        } else {
            tracing::warn!("the web view has no settings: it may use much CPU");
        }
    })
}

/// The window manager may give a freshly mapped window the focus; a ring must not take it from the agent.
pub(crate) fn prepare_ring(ring: &WebviewWindow) {
    match ring.gtk_window() {
        Ok(window) => {
            window.set_focus_on_map(false);
            window.set_accept_focus(false);
        }
        Err(error) => tracing::warn!(?error, "the ring window may take the focus"),
    }
}

/// Shows it over everything, without the focus.
pub(crate) fn show_in_front(ring: &WebviewWindow) -> tauri::Result<()> {
    ring.show()
}

/// Undoes [`show_in_front`].
pub(crate) fn hide(ring: &WebviewWindow) -> tauri::Result<()> {
    ring.hide()
}

/// Whether it is really on the screen: asked of the X server where there is one.
pub(crate) fn is_on_screen(window: &WebviewWindow) -> bool {
    match x_id(window) {
        Some(id) => is_viewable(id).unwrap_or(false),
        None => window.is_visible().unwrap_or(false),
    }
}

fn is_viewable(id: u32) -> Option<bool> {
    let (connection, _) = x11rb::connect(None).ok()?;
    let attributes = connection.get_window_attributes(id).ok()?.reply().ok()?;
    Some(attributes.map_state == MapState::VIEWABLE)
}

/// X id of a window, where it has one.
pub(crate) fn id(window: &WebviewWindow) -> Option<usize> {
    usize::try_from(x_id(window)?).ok()
}

fn x_id(window: &WebviewWindow) -> Option<u32> {
    // GTK answers only on the main thread.
    let (answer, answered) = std::sync::mpsc::channel();
    let asked = window.clone();
    window
        .run_on_main_thread(move || {
            let id = match asked.window_handle().map(|handle| handle.as_raw()) {
                Ok(RawWindowHandle::Xlib(handle)) => u32::try_from(handle.window).ok(),
                Ok(RawWindowHandle::Xcb(handle)) => Some(handle.window.get()),
                Ok(_) | Err(_) => None,
            };
            // Whoever asked may have given up.
            let _ = answer.send(id);
        })
        .ok()?;
    answered.recv_timeout(Duration::from_secs(2)).ok().flatten()
}

/// Child windows over the page: the customer's and the own picture.
pub(crate) fn native_video(main: &WebviewWindow) -> anyhow::Result<[Arc<dyn VideoSurface>; 2]> {
    let parent = x_id(main).context("the window is not on an X display")?;
    Ok([Arc::new(X11Surface::new(parent)?), Arc::new(X11Surface::new(parent)?)])
}

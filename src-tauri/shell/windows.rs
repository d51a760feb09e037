//! The main window, and the small one that rings on top of everything without taking the focus.

use chinhchu_station::settings::Settings;
use tauri::{
    AppHandle, Emitter as _, LogicalSize, Manager as _, PhysicalPosition, WebviewUrl, WebviewWindowBuilder,
    Window, WindowEvent,
};

use super::{Station, desktop, video};

/// Label of the main window.
pub(crate) const MAIN: &str = "main";
/// Label of the ring window.
pub(crate) const RING: &str = "ring";
/// Title of the main window.
pub(crate) const TITLE: &str = "Chính Chủ";

const RING_SIZE: LogicalSize<f64> = LogicalSize::new(460.0, 300.0);

/// From the edge of the screen, and what a title bar takes.
const RING_MARGIN: f64 = 24.0;
const RING_FRAME: f64 = 40.0;

/// Opens both; the ring window stays hidden until it rings.
pub(crate) fn open(app: &AppHandle, settings: &Settings, background: bool) -> tauri::Result<()> {
    let title = if settings.profile == "default" {
        TITLE.to_owned()
    } else {
        format!("{TITLE} – {}", settings.profile)
    };
    let main = WebviewWindowBuilder::new(app, MAIN, WebviewUrl::App("index.html".into()))
        .title(title)
        .inner_size(1280.0, 800.0)
        .min_inner_size(1024.0, 700.0)
        .center()
        .visible(!background)
        .build()?;
    desktop::prepare(&main)?;
    let ring = WebviewWindowBuilder::new(app, RING, WebviewUrl::App("ring.html".into()))
        .title(format!("{TITLE} – Cuộc gọi đến"))
        .inner_size(RING_SIZE.width, RING_SIZE.height)
        .resizable(false)
        .maximizable(false)
        .minimizable(false)
        .always_on_top(true)
        .visible_on_all_workspaces(true)
        .skip_taskbar(true)
        .focused(false)
        .focusable(false)
        .visible(false)
        .build()?;
    desktop::prepare(&ring)?;
    desktop::prepare_ring(&ring);
    Ok(())
}

/// Brings the main window to the front.
pub(crate) fn bring_up(app: &AppHandle) {
    if let Some(main) = app.get_webview_window(MAIN) {
        for done in [main.unminimize(), main.show(), main.set_focus()] {
            if let Err(error) = done {
                tracing::warn!(?error, "the window could not be brought up");
            }
        }
    }
}

/// Shows the ring window at the lower right of the main window's monitor.
pub(crate) fn show_ring(app: &AppHandle) -> tauri::Result<()> {
    let Some(ring) = app.get_webview_window(RING) else { return Ok(()) };
    let main = app.get_webview_window(MAIN);
    if let Some(monitor) = main.and_then(|main| main.current_monitor().ok().flatten()) {
        let area = monitor.work_area();
        // A window that was never shown does not know its frame yet: it is reckoned with.
        let scale = monitor.scale_factor();
        let size =
            LogicalSize::new(RING_SIZE.width + RING_MARGIN, RING_SIZE.height + RING_FRAME + RING_MARGIN)
                .to_physical::<u32>(scale);
        let x = area.position.x + i32::try_from(area.size.width.saturating_sub(size.width)).unwrap_or(0);
        let y = area.position.y + i32::try_from(area.size.height.saturating_sub(size.height)).unwrap_or(0);
        ring.set_position(PhysicalPosition::new(x, y))?;
    }
    desktop::show_in_front(&ring)
}

/// Hides it.
pub(crate) fn hide_ring(app: &AppHandle) {
    if let Some(ring) = app.get_webview_window(RING)
        && let Err(error) = desktop::hide(&ring)
    {
        tracing::warn!(?error, "the ring window could not be hidden");
    }
}

/// Closing asks while calls may come; a changed scale moves the video.
pub(crate) fn on_event(window: &Window, event: &WindowEvent) {
    match event {
        WindowEvent::CloseRequested { api, .. } if window.label() == RING => api.prevent_close(),
        WindowEvent::CloseRequested { api, .. } => {
            api.prevent_close();
            close_main(window);
        }
        WindowEvent::ScaleFactorChanged { scale_factor, .. } if window.label() == MAIN => {
            video::set_scale(*scale_factor);
        }
        _ => {}
    }
}

fn close_main(window: &Window) {
    let app = window.app_handle().clone();
    let Some(handle) = app.state::<Station>().now() else {
        app.exit(0);
        return;
    };
    let on_duty = handle.picture().borrow().is_on_duty();
    if !on_duty {
        tauri::async_runtime::spawn(async move { super::commands::quit(&app, &handle).await });
        return;
    }
    // The page asks, in the agent's language, and the station runs on behind it.
    if let Err(error) = app.emit_to(MAIN, "closing", ()) {
        tracing::warn!(?error, "the window could not ask whether to close");
    }
}

//! The tray: state, pause, quit. A desktop without a tray, or without its library, goes without.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

use chinhchu_protocol::agent::{AgentActivity, WantedStatus};
use chinhchu_station::picture::{Account, Command, Picture};
use tauri::menu::{MenuBuilder, MenuItem, MenuItemBuilder};
use tauri::tray::TrayIconBuilder;
use tauri::{AppHandle, Manager as _, Wry};

use super::{Station, commands, desktop, windows};

struct Tray {
    state: MenuItem<Wry>,
    shown: Mutex<&'static str>,
}

/// Puts it up, if the desktop has room for it.
pub(crate) fn put_up(app: &AppHandle) {
    if let Some(trouble) = desktop::tray_trouble() {
        tracing::warn!("no tray: {trouble}");
        return;
    }
    // The library is loaded at run time, and any failure of that is a panic there.
    let built = catch_unwind(AssertUnwindSafe(|| build(app)));
    match built {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::info!(?error, "no tray on this desktop"),
        Err(_) => tracing::warn!("no tray: the indicator library does not load"),
    }
}

fn build(app: &AppHandle) -> tauri::Result<()> {
    let state = MenuItemBuilder::with_id("state", words(None)).enabled(false).build(app)?;
    let menu = MenuBuilder::new(app)
        .item(&state)
        .separator()
        .text("open", "Mở cửa sổ")
        .text("available", "Sẵn sàng")
        .text("pause", "Tạm nghỉ")
        .separator()
        .text("quit", "Thoát")
        .build()?;
    let mut tray =
        TrayIconBuilder::with_id("main").menu(&menu).tooltip(windows::TITLE).on_menu_event(|app, event| {
            match event.id().as_ref() {
                "open" => windows::bring_up(app),
                "available" => ask(app, Command::SetStatus { status: WantedStatus::Available }),
                "pause" => {
                    let status = WantedStatus::Paused { reason: "break".to_owned() };
                    ask(app, Command::SetStatus { status });
                }
                "quit" => quit(app),
                _ => {}
            }
        });
    if let Some(icon) = app.default_window_icon() {
        tray = tray.icon(icon.clone());
    }
    tray.build(app)?;
    app.manage(Tray { state, shown: Mutex::new(words(None)) });
    Ok(())
}

/// Says the state, if it changed.
pub(crate) fn show(app: &AppHandle, picture: &Picture) {
    let Some(tray) = app.try_state::<Tray>() else { return };
    let text = words(Some(picture));
    let mut shown = tray.shown.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if *shown != text && tray.state.set_text(text).is_ok() {
        *shown = text;
    }
}

fn words(picture: Option<&Picture>) -> &'static str {
    let Some(picture) = picture else { return "Đang khởi động" };
    match picture.account {
        Account::SignedOut { .. } => return "Chưa đăng nhập",
        Account::SigningIn => return "Đang đăng nhập",
        Account::SignedIn { .. } => {}
    }
    match picture.view.as_ref().map(|view| &view.activity) {
        None => "Đang kết nối",
        Some(AgentActivity::Available { .. }) => "Sẵn sàng",
        Some(AgentActivity::Paused { .. }) => "Tạm nghỉ",
        Some(AgentActivity::Ringing { .. }) => "Có cuộc gọi đến",
        Some(AgentActivity::Connecting { .. } | AgentActivity::InCall { .. }) => "Đang trong cuộc gọi",
        Some(AgentActivity::Reconnecting { .. }) => "Mất kết nối",
        Some(AgentActivity::WrapUp { .. }) => "Hoàn tất cuộc gọi",
    }
}

fn ask(app: &AppHandle, command: Command) {
    let Some(handle) = app.state::<Station>().now() else { return };
    tauri::async_runtime::spawn(async move {
        if let Err(refusal) = handle.command(command).await {
            tracing::info!(code = refusal.code(), "the tray's wish was refused");
        }
    });
}

fn quit(app: &AppHandle) {
    let Some(handle) = app.state::<Station>().now() else {
        app.exit(0);
        return;
    };
    let app = app.clone();
    tauri::async_runtime::spawn(async move { commands::quit(&app, &handle).await });
}

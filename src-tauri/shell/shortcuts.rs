//! Keys that answer a ring from any program, taken from the desktop only while it rings. Where the desktop
//! refuses them, the windows' own keys and buttons still work.

use chinhchu_station::picture::Command;
use tauri::{AppHandle, Manager as _};
use tauri_plugin_global_shortcut::{GlobalShortcutExt as _, ShortcutState};

use super::Station;

/// Accept; with two modifiers, so that nobody takes a call by typing.
const ACCEPT: &str = "ctrl+shift+f2";
/// Pass.
const PASS: &str = "ctrl+shift+f3";

pub(crate) fn register(app: &AppHandle) {
    for (keys, command) in [(ACCEPT, Command::Accept), (PASS, Command::Pass)] {
        let registered = app.global_shortcut().on_shortcut(keys, move |app, _, event| {
            if event.state == ShortcutState::Pressed {
                answer(app, command.clone());
            }
        });
        if let Err(error) = registered {
            tracing::info!(keys, ?error, "the desktop refuses a global key");
        }
    }
}

pub(crate) fn unregister(app: &AppHandle) {
    if let Err(error) = app.global_shortcut().unregister_all() {
        tracing::debug!(?error, "global keys were not given back");
    }
}

fn answer(app: &AppHandle, command: Command) {
    let Some(handle) = app.state::<Station>().now() else { return };
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        match handle.command(command).await {
            Ok(()) => super::windows::bring_up(&app),
            Err(refusal) => tracing::info!(code = refusal.code(), "a global key answered nothing"),
        }
    });
}

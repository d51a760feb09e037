//! What the pages may call. Three commands, nothing of the system.

use std::sync::Arc;

use chinhchu_protocol::agent::WantedStatus;
use chinhchu_station::picture::{Command, Picture};
use chinhchu_station::session::Refusal;
use serde::Serialize;
use tauri::{AppHandle, State};

use super::Station;

/// Why a command was not taken.
#[derive(Serialize)]
pub(crate) struct Refused {
    code: &'static str,
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self { code: refusal.code() }
    }
}

/// The newest picture; waits until the station has started.
#[tauri::command]
pub(crate) async fn picture(station: State<'_, Station>) -> Result<Arc<Picture>, Refused> {
    let handle = station.ready().await.ok_or(Refusal::Stopping)?;
    Ok(handle.picture().borrow().clone())
}

/// A command of the screen.
#[tauri::command]
pub(crate) async fn command(station: State<'_, Station>, command: Command) -> Result<(), Refused> {
    let handle = station.ready().await.ok_or(Refusal::Stopping)?;
    Ok(handle.command(command).await?)
}

/// The agent said yes to the question that closing the window asks.
#[tauri::command]
pub(crate) async fn leave(app: AppHandle, station: State<'_, Station>) -> Result<(), Refused> {
    if let Some(handle) = station.now() {
        quit(&app, &handle).await;
    }
    Ok(())
}

/// Off duty first, so that no call is offered to an empty chair; then ends the program.
pub(crate) async fn quit(app: &AppHandle, handle: &chinhchu_station::driver::Handle) {
    let status = WantedStatus::Paused { reason: "workstation_closed".to_owned() };
    if handle.command(Command::SetStatus { status }).await.is_ok() {
        // The frame needs a moment on the wire; the server notices the closed socket in any case.
        tokio::time::sleep(std::time::Duration::from_millis(150)).await;
    }
    handle.close().await;
    app.exit(0);
}

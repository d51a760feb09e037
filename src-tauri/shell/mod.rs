//! The window: everything that knows Tauri, GTK or the desktop.
//!
//! [`windows`] the two windows · [`commands`] what their pages may call · [`pictures`] the custom protocol ·
//! [`video`] where live pictures go · [`media`], [`capture`], [`ring`] bodies of the station's ports ·
//! [`desktop`] what each system does in its own way · [`tray`] state, pause, quit · [`shortcuts`] global keys while it rings.

mod capture;
mod commands;
pub(crate) mod desktop;
mod media;
mod pictures;
mod ring;
mod shortcuts;
mod tray;
mod video;
mod windows;

use std::sync::Arc;

use anyhow::Context as _;
use chinhchu_station::clock::SystemClock;
use chinhchu_station::driver::{self, Handle, Parts};
use chinhchu_station::keys::OsKeyring;
use chinhchu_station::ports::Ports;
use chinhchu_station::settings::Settings;
use tauri::{AppHandle, Emitter as _, Manager as _};
use tokio::sync::watch;

use self::media::CallPort;
use self::ring::RingPort;
use self::video::Video;

/// The station, once it has started; commands that come earlier wait for it.
pub(crate) struct Station(watch::Receiver<Option<Handle>>);

impl Station {
    /// Waits for it; `None` if it could not start.
    pub async fn ready(&self) -> Option<Handle> {
        let mut started = self.0.clone();
        started.wait_for(Option::is_some).await.ok()?.clone()
    }

    /// If it has started.
    pub fn now(&self) -> Option<Handle> {
        self.0.borrow().clone()
    }
}

/// Runs the workstation until it is quit.
pub(crate) fn run(settings: Settings, background: bool) -> anyhow::Result<()> {
    let mut context = tauri::generate_context!();
    if settings.profile != "default" {
        // Own single instance and own web view data for each profile.
        let identifier = format!("{}.profile-{}", context.config().identifier, settings.profile);
        context.config_mut().identifier = identifier;
    }
    let (started, receiver) = watch::channel(None);
    let app = tauri::Builder::default()
        .plugin(tauri_plugin_single_instance::init(|app, _arguments, _folder| windows::bring_up(app)))
        .plugin(tauri_plugin_notification::init())
        .plugin(tauri_plugin_global_shortcut::Builder::new().build())
        .register_asynchronous_uri_scheme_protocol("station", pictures::serve)
        .invoke_handler(tauri::generate_handler![commands::picture, commands::command, commands::leave])
        .manage(Station(receiver))
        .setup(move |app| {
            windows::open(app.handle(), &settings, background)?;
            tray::put_up(app.handle());
            tauri::async_runtime::spawn(begin(app.handle().clone(), settings, started));
            Ok(())
        })
        .on_window_event(windows::on_event)
        .build(context)
        .context("the window cannot be opened")?;
    app.run(|app, event| {
        if let tauri::RunEvent::Exit = event
            && let Some(handle) = app.state::<Station>().now()
        {
            handle.stop();
        }
    });
    Ok(())
}

/// Starts the station beside the window, then feeds its picture to the pages and the tray.
async fn begin(app: AppHandle, settings: Settings, started: watch::Sender<Option<Handle>>) {
    match start_station(&app, settings).await {
        Ok(handle) => {
            let mut picture = handle.picture();
            started.send_replace(Some(handle));
            loop {
                let newest = picture.borrow_and_update().clone();
                if let Err(error) = app.emit("picture", newest.as_ref()) {
                    tracing::warn!(?error, "the pages could not be told of a picture");
                }
                tray::show(&app, &newest);
                if picture.changed().await.is_err() {
                    return;
                }
            }
        }
        Err(error) => {
            tracing::error!("the workstation cannot start: {error:#}");
            app.exit(1);
        }
    }
}

async fn start_station(app: &AppHandle, settings: Settings) -> anyhow::Result<Handle> {
    let video = Arc::new(Video::start(app, settings.video).await?);
    let clock = Arc::new(SystemClock::new());
    let call = Arc::new(CallPort::new(&settings, video.clone()));
    let ports = Ports {
        media: call.clone(),
        surfaces: video.clone(),
        capture: Arc::new(capture::WindowCapture::new(app.clone(), call, video.clone())),
        ring: Arc::new(RingPort::new(app.clone(), settings.sound)),
        keyring: Arc::new(OsKeyring::new(&settings.profile)),
        clock,
    };
    let plan = video.plan();
    let picture_base = pictures::BASE.to_owned();
    Ok(driver::start(Parts { settings, ports, video: plan, picture_base }).await?)
}

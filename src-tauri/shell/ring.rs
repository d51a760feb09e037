//! A ring: sound on its device, the window on top, a notification, global keys; and the proof of it (I7).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chinhchu_media::{DeviceReport, SoundChoice, ring};
use chinhchu_protocol::agent::OfferView;
use chinhchu_station::ports::{Ring, RingReport};
use chinhchu_station::session::OfferKey;
use chinhchu_station::settings::SoundSetting;
use tauri::{AppHandle, Manager as _};
use tauri_plugin_notification::NotificationExt as _;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::media::sound_choice;
use super::{desktop, shortcuts, windows};

/// Between two looks whether the window is mapped …
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// … and how long to look: the server gives 2 s in all.
const LOOK_FOR: Duration = Duration::from_millis(1_800);

/// Rings on this desktop.
pub(crate) struct RingPort {
    app: AppHandle,
    sound: SoundChoice,
    current: Arc<Mutex<Current>>,
}

#[derive(Default)]
struct Current {
    sound: Option<ring::Ring>,
    /// Cancelled by `silence`: a tone that is still starting must not start.
    loud: CancellationToken,
    /// Cancelled by `end`.
    ringing: CancellationToken,
}

impl RingPort {
    pub fn new(app: AppHandle, sound: SoundSetting) -> Self {
        Self { app, sound: sound_choice(sound), current: Arc::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Current> {
        lock(&self.current)
    }
}

fn lock(current: &Mutex<Current>) -> MutexGuard<'_, Current> {
    current.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Ring for RingPort {
    fn begin(&self, offer: &OfferView, reports: mpsc::Sender<RingReport>) {
        self.end();
        let key = OfferKey { call_id: offer.call_id, offer: offer.offer };
        let (loud, ringing) = (CancellationToken::new(), CancellationToken::new());
        *self.lock() = Current { sound: None, loud: loud.clone(), ringing: ringing.clone() };
        tokio::spawn(sound(self.sound, self.current.clone(), loud, key, reports.clone()));
        tokio::spawn(window(self.app.clone(), ringing, key, reports));
        shortcuts::register(&self.app);
        notify(&self.app, &offer.dealer_name);
    }

    fn silence(&self) {
        let mut current = self.lock();
        current.loud.cancel();
        if let Some(sound) = current.sound.take() {
            sound.stop();
        }
    }

    fn end(&self) {
        self.silence();
        let mut current = self.lock();
        if current.ringing.is_cancelled() {
            return;
        }
        current.ringing.cancel();
        *current = Current::default();
        drop(current);
        shortcuts::unregister(&self.app);
        windows::hide_ring(&self.app);
    }
}

async fn sound(
    choice: SoundChoice,
    current: Arc<Mutex<Current>>,
    loud: CancellationToken,
    offer: OfferKey,
    reports: mpsc::Sender<RingReport>,
) {
    let (ring, report) = ring::Ring::start(choice, None).await;
    let started = match report {
        DeviceReport::Ok { .. } => true,
        DeviceReport::Missing | DeviceReport::Failed { .. } => false,
    };
    {
        let mut current = lock(&current);
        // Silenced or over while it was starting: `loud` is this ring's own token.
        if loud.is_cancelled() {
            drop(current);
            ring.stop();
        } else {
            current.sound = Some(ring);
        }
    }
    let _ = reports.send(RingReport::Sound { offer, started }).await; // The station may have stopped.
}

async fn window(
    app: AppHandle,
    ringing: CancellationToken,
    offer: OfferKey,
    reports: mpsc::Sender<RingReport>,
) {
    if let Err(error) = windows::show_ring(&app) {
        tracing::error!(?error, "the ring window could not be shown");
        return;
    }
    let looked = tokio::time::timeout(LOOK_FOR, async {
        loop {
            let asked = app.clone();
            let look = move || {
                asked.get_webview_window(windows::RING).is_some_and(|ring| desktop::is_on_screen(&ring))
            };
            if tokio::task::spawn_blocking(look).await.unwrap_or(false) {
                return;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    });
    tokio::select! {
        () = ringing.cancelled() => windows::hide_ring(&app),
        mapped = looked => if mapped.is_ok() {
            let _ = reports.send(RingReport::WindowMapped(offer)).await; // The station may have stopped.
        } else {
            tracing::error!("the ring window did not get onto the screen");
        },
    }
}

/// A toast as well; desktops without a notification service have the window.
fn notify(app: &AppHandle, dealer: &str) {
    let shown = app.notification().builder().title("Cuộc gọi xác minh đến").body(dealer).show();
    if let Err(error) = shown {
        tracing::debug!(?error, "no desktop notification");
    }
}

//! How the station comes up: keyring, outbox, kept session; and how a damaged outbox is left behind.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chinhchu_protocol::agent::WorkstationInfo;
use chinhchu_protocol::time::Timestamp;
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use super::delivery::Kept;
use super::{
    DEVICES_FIRST, Driver, Handle, Inbox, Look, Parts, QUEUE, Report, Shelf, StartError, TICK, enrol,
};
use crate::clock::Clock;
use crate::keys::{self, OutboxKey, RunKeyring};
use crate::link::api::Api;
use crate::link::client_config;
use crate::outbox::courier::Courier;
use crate::outbox::room::Limits;
use crate::outbox::{Outbox, OutboxError, Summary, aside};
use crate::picture::OutboxPicture;
use crate::ports::Ports;
use crate::session::{Input, Session, Surroundings};
use crate::signing::Signing;

const DISK_FULL: &str = "disk_full";
/// There is none, or it stays locked.
const NO_KEYRING: &str = "keyring_unavailable";

/// Where the outbox lies, and what opens it.
#[derive(Clone)]
pub(super) struct Place {
    pub path: PathBuf,
    /// None if the keyring cannot be used: what would be sealed under a key that only this program knows would be
    /// lost with it.
    pub key: Option<OutboxKey>,
    pub limits: Limits,
}

impl Place {
    fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }
}

/// Starts the station inside a tokio runtime: opens keyring and outbox, takes up a kept session.
pub async fn start(parts: Parts) -> Result<Handle, StartError> {
    let Parts { settings, mut ports, video, picture_base } = parts;
    let workstation_id = settings.prepare_data()?;
    let tls = client_config(settings.extra_root.as_deref())?;
    let info = WorkstationInfo {
        workstation_id,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        os: std::env::consts::OS.to_owned(),
    };
    let api = settings.server.clone().map(|base| Api::new(base, info, &tls)).transpose();
    let api = api.map_err(StartError::Http)?;
    let (key, warning) = open_keyring(&mut ports, settings.keyring_in_memory).await;
    let place = Place { path: settings.data.join("outbox.sqlite"), key, limits: settings.limits };
    let opened = open(place.clone()).await;
    let stop = CancellationToken::new();
    let (order_sender, orders) = mpsc::channel(QUEUE);
    let (report_sender, reports) = mpsc::channel(QUEUE);
    let (media_sender, media) = mpsc::channel(QUEUE);
    let (ring_sender, ring) = mpsc::channel(QUEUE);
    let around =
        Surroundings { profile: settings.profile.clone(), server_url: settings.server_text(), video };
    let now = ports.clock.now();
    let summary = match &opened {
        Ok(outbox) => summary(outbox.clone(), &place, &ports.clock).await,
        Err(code) => Some(closed(code, place.folder())),
    };
    let unacknowledged = summary.as_ref().map(|summary| summary.unacknowledged.clone()).unwrap_or_default();
    let mut session = Session::new(unacknowledged);
    if opened.as_ref().is_err_and(|code| *code == "outbox_in_use") {
        session.shut_out();
    }
    if let Some(Summary { picture, history, full, .. }) = summary {
        session.handle(now, Input::Outbox { picture, history, full });
    }
    let (picture, picture_receiver) = watch::channel(Arc::new(session.picture(now, 0, &around)));
    let outbox = opened.as_ref().ok().cloned();
    let shelf = Shelf::new(outbox.clone());
    let signing =
        outbox.clone().map(|outbox| Signing::new(ports.keyring.clone(), outbox, ports.clock.clone()));
    let driver = Driver {
        session,
        around,
        workstation_id,
        no_server: "server_not_configured",
        api,
        tls,
        shelf: shelf.clone(),
        picture_base,
        warning,
        signed_in: watch::channel(None).0,
        carriers: watch::channel(Vec::new()).0,
        kept: Kept::default(),
        line: None,
        urgent: watch::channel(false).0,
        case_task: None,
        enrol_task: None,
        enrolment_code: settings.enrolment_code,
        server_key: settings.server_key,
        pinned: Arc::new(watch::channel(None).0),
        signing,
        place,
        reports: report_sender,
        media_events: media_sender,
        ring_reports: ring_sender,
        wake: Arc::new(Notify::new()),
        changed: Arc::new(Notify::new()),
        fresh_sign_in: false,
        incarnation: None,
        reopen: opened.as_ref().is_err_and(|code| *code == DISK_FULL),
        look: Look::Idle,
        next_look_mono_ms: now.mono_ms,
        next_sample_mono_ms: 0,
        picture,
        outbox,
        courier: stop.child_token(),
        stop: stop.clone(),
        ports,
    };
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let inbox = Inbox { orders, reports, media, ring, tick, stop: stop.clone() };
    driver.begin();
    tokio::spawn(driver.run(inbox));
    Ok(Handle { orders: order_sender, picture: picture_receiver, shelf, stop })
}

/// The outbox key, and what the screen must say if the system has no keyring.
async fn open_keyring(ports: &mut Ports, in_memory: bool) -> (Option<OutboxKey>, Option<String>) {
    let warning = Some(NO_KEYRING.to_owned());
    if in_memory {
        ports.keyring = Arc::new(RunKeyring::default());
        return (Some(OutboxKey::random()), Some("keyring_in_memory".to_owned()));
    }
    let keyring = ports.keyring.clone();
    let loaded = tokio::task::spawn_blocking(move || OutboxKey::load(keyring.as_ref())).await;
    match loaded {
        Ok(Ok(key)) => (Some(key), None),
        Ok(Err(error)) => {
            tracing::error!(
                ?error,
                "no keyring: no verdict can be kept, and no sign-in longer than this run"
            );
            ports.keyring = Arc::new(RunKeyring::default());
            (None, warning)
        }
        Err(_) => (None, warning),
    }
}

async fn open(place: Place) -> Result<Outbox, &'static str> {
    let Place { path, key, limits } = place;
    let Some(key) = key else {
        // Also without a keyring a second window of the profile has to find out that it is one.
        let in_use = tokio::task::spawn_blocking(move || Outbox::is_in_use(&path)).await;
        return Err(if in_use.unwrap_or(false) { "outbox_in_use" } else { NO_KEYRING });
    };
    match tokio::task::spawn_blocking(move || Outbox::open_with(&path, &key, limits)).await {
        Ok(Ok(outbox)) => Ok(outbox),
        Ok(Err(error)) => {
            tracing::error!(?error, "the outbox cannot be opened: no verdict can be given");
            Err(error.code())
        }
        Err(_) => Err("outbox_failed"),
    }
}

/// An outbox that takes nothing.
fn closed(code: &str, folder: &Path) -> Summary {
    let state = match code {
        "disk_full" => "disk_full",
        "key_lost" => "key_lost",
        "outbox_damaged" => "damaged",
        "outbox_in_use" => "in_use",
        NO_KEYRING => "no_keyring",
        _ => "unusable",
    };
    let picture = OutboxPicture {
        can_begin_anew: state == "damaged",
        set_aside: aside::count(folder),
        ..OutboxPicture::only(state)
    };
    Summary { picture, history: Vec::new(), full: true, unacknowledged: Vec::new() }
}

pub(super) async fn summary(outbox: Outbox, place: &Place, clock: &Arc<dyn Clock>) -> Option<Summary> {
    let now = clock.now().wall;
    let midnight = jiff::Timestamp::from(now)
        .to_zoned(clock.zone())
        .start_of_day()
        .map_or(now, |start| Timestamp::from(start.timestamp()));
    let read = tokio::task::spawn_blocking(move || outbox.summary(midnight, now)).await;
    match read {
        Ok(Ok(summary)) => Some(summary),
        // The program is ending, or another outbox is about to take its place.
        Ok(Err(OutboxError::Closed)) | Err(_) => None,
        Ok(Err(error)) => {
            tracing::error!(?error, "the outbox cannot be read");
            Some(closed(error.code(), place.folder()))
        }
    }
}

impl Driver {
    /// Courier, devices, kept session.
    fn begin(&self) {
        self.start_courier();
        let (media, reports) = (self.ports.media.clone(), self.reports.clone());
        let (looked, look) = oneshot::channel::<()>();
        tokio::spawn(async move {
            let checked = tokio::task::spawn_blocking(move || media.check_devices()).await;
            if let Ok(devices) = checked {
                let _ = reports.send(Report::Input(Input::Devices { devices })).await;
            }
            let _ = looked.send(()); // The kept session may not have waited for it.
        });
        if self.session.is_shut_out() {
            return; // The session of this profile is the other window's.
        }
        self.deliver_on();
        let reports = self.reports.clone();
        let (keyring, server) = (self.ports.keyring.clone(), self.around.server_url.clone());
        let (pinned, set) = (self.pinned.clone(), self.server_key.clone());
        tokio::spawn(async move {
            let load = move || {
                let held = enrol::held(keyring.as_ref(), &server, set.as_deref());
                pinned.send_if_modified(|pinned| {
                    let was = *pinned;
                    *pinned = was.or(held);
                    *pinned != was
                });
                keys::load_session(keyring.as_ref(), &server)
            };
            let kept = tokio::task::spawn_blocking(load).await;
            // The hello says whether rings can be heard; but a call that waits for its agent comes first.
            let _ = tokio::time::timeout(DEVICES_FIRST, look).await;
            match kept {
                Ok(Ok(Some(signed_in))) => {
                    let _ = reports.send(Report::Kept { signed_in: Box::new(signed_in) }).await;
                }
                Ok(Ok(None)) => {}
                Ok(Err(_)) | Err(_) => tracing::warn!("the kept session cannot be read"),
            }
        });
    }

    fn start_courier(&self) {
        let (Some(outbox), Some(api)) = (self.outbox.clone(), self.api.clone()) else { return };
        let courier = Courier {
            outbox,
            api,
            carriers: self.carriers.subscribe(),
            server_key: self.pinned.subscribe(),
            workstation_id: self.workstation_id,
            wake: self.wake.clone(),
            changed: self.changed.clone(),
            clock: self.ports.clock.clone(),
        };
        tokio::spawn(courier.run(self.courier.clone()));
    }

    /// Sets the damaged file aside and opens a new one; the old key ends with it, for its count is gone.
    pub(super) fn begin_new_outbox(&mut self) {
        self.courier.cancel();
        self.courier = self.stop.child_token();
        let (old, place, now) = (self.outbox.take(), self.place.clone(), self.ports.clock.now().wall);
        self.signing = None;
        self.spawn(async move {
            let aside = place.clone();
            let moved = tokio::task::spawn_blocking(move || {
                if let Some(old) = old {
                    old.abandon();
                }
                aside::set_aside(&aside.path, now)
            });
            let opened = match moved.await {
                Ok(Ok(_)) => {
                    tracing::warn!("the damaged outbox was set aside; a new one begins");
                    open(place).await
                }
                Ok(Err(error)) => {
                    tracing::error!(?error, "the damaged outbox cannot be set aside");
                    Err("outbox_damaged")
                }
                Err(_) => Err("outbox_failed"),
            };
            Report::NewOutbox(opened)
        });
    }

    /// There was no room on the disk; now there may be.
    pub(super) fn open_again(&mut self) {
        if std::mem::take(&mut self.reopen) {
            let place = self.place.clone();
            self.spawn(async move { Report::NewOutbox(open(place).await) });
        }
    }

    pub(super) fn new_outbox(&mut self, opened: Result<Outbox, &'static str>) {
        let outbox = match opened {
            Ok(outbox) => outbox,
            Err(code) => {
                self.reopen = code == DISK_FULL;
                let Summary { picture, history, full, .. } = closed(code, self.place.folder());
                self.input(Input::Outbox { picture, history, full });
                return;
            }
        };
        self.reopen = false;
        self.shelf.replace_outbox(outbox.clone());
        let (keyring, clock) = (self.ports.keyring.clone(), self.ports.clock.clone());
        self.signing = Some(Signing::new(keyring, outbox.clone(), clock));
        self.outbox = Some(outbox);
        self.incarnation = None;
        self.start_courier();
        self.look_at_outbox();
        if self.signed_in.borrow().is_some() {
            self.input(Input::OutboxReplaced);
        }
    }
}

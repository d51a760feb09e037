//! Runs the session: the only place where its inputs come together and its effects are carried out. One
//! task, no locks around the state; what takes time runs beside it and reports back. Publishes the
//! [`Picture`] after every change.

mod effects;
mod line;
mod shelf;
mod tasks;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use chinhchu_protocol::agent::{AgentToServer, SessionCloseReason, SignedIn, WorkstationInfo};
use chinhchu_protocol::ids::{SessionId, WorkstationId};
use chinhchu_protocol::time::Timestamp;
use thiserror::Error;
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

pub use self::shelf::{Shelf, Shown};
use crate::clock::Clock;
use crate::keys::{self, OutboxKey, RunKeyring};
use crate::link::api::Api;
use crate::link::socket::LinkEvent;
use crate::link::{TlsError, client_config};
use crate::outbox::courier::Courier;
use crate::outbox::{Outbox, OutboxError, Summary};
use crate::picture::{Command, OutboxPicture, Picture, VerdictPicture, VideoPlan};
use crate::ports::{Ports, RingReport};
use crate::session::{CallKey, Input, MediaInput, Refusal, Session, Surroundings};
use crate::settings::{Settings, SettingsError};

/// How often time passes for the session, and media is measured.
const TICK: Duration = Duration::from_millis(250);
/// How long closing waits for a seal: a capture is tried three times.
const CLOSE: Duration = Duration::from_secs(5);
/// How long a kept session waits for the look at the devices.
const DEVICES_FIRST: Duration = Duration::from_millis(500);
/// Room in the queues into the driver; senders wait beyond.
const QUEUE: usize = 256;

/// What the driver is made of.
pub struct Parts {
    /// Settings, resolved.
    pub settings: Settings,
    /// The outside.
    pub ports: Ports,
    /// How video gets into the page.
    pub video: VideoPlan,
    /// Where the web view finds pictures: `station://localhost/`, on Windows `http://station.localhost/`.
    pub picture_base: String,
}

/// Why the workstation cannot start at all.
#[derive(Debug, Error)]
pub enum StartError {
    /// The data folder.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The extra root, or the system's trust.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The HTTP client.
    #[error("the HTTP client cannot be made")]
    Http(#[source] reqwest::Error),
}

/// The running station, for the shell.
#[derive(Clone)]
pub struct Handle {
    orders: mpsc::Sender<Order>,
    picture: watch::Receiver<Arc<Picture>>,
    shelf: Shelf,
    stop: CancellationToken,
}

impl Handle {
    /// A command of the screen; waits for the session's answer, not for its effects.
    pub async fn command(&self, command: Command) -> Result<(), Refusal> {
        let (answer, answered) = oneshot::channel();
        self.orders.send(Order { command, answer }).await.map_err(|_| Refusal::Stopping)?;
        answered.await.map_err(|_| Refusal::Stopping)?
    }

    /// The picture, and its changes.
    pub fn picture(&self) -> watch::Receiver<Arc<Picture>> {
        self.picture.clone()
    }

    /// Pictures for the web view.
    pub fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    /// Ends the driver as the window closes: a verdict that is being sealed is sealed first, for its agent has
    /// given it. At most [`CLOSE`].
    pub async fn close(&self) {
        // Whatever was commanded before is in the picture once this is answered.
        let _ = self.command(Command::SilenceRing).await;
        let mut picture = self.picture.clone();
        let sealed = picture.wait_for(|picture| picture.verdict != VerdictPicture::Sealing);
        if tokio::time::timeout(CLOSE, sealed).await.is_err() {
            tracing::error!("the program ends while a verdict is being sealed");
        }
        self.stop();
    }

    /// Ends the driver: media, ring and line stop; the outbox needs nothing.
    pub fn stop(&self) {
        self.stop.cancel();
    }
}

struct Order {
    command: Command,
    answer: oneshot::Sender<Result<(), Refusal>>,
}

/// What a task came to.
enum Report {
    Input(Input),
    SignedIn {
        signed_in: Box<SignedIn>,
        warning: Option<String>,
    },
    /// Why the server no longer takes this session.
    Closed {
        session_id: SessionId,
        reason: SessionCloseReason,
    },
    /// The kept session has ended while the program was not there to hear it.
    Ended {
        signed_in: Box<SignedIn>,
        code: &'static str,
    },
    /// What the outbox holds now; none if it could not be asked.
    Outbox(Option<Summary>),
    /// A session of a former run lies in the keyring.
    Kept {
        signed_in: Box<SignedIn>,
    },
}

struct Line {
    outgoing: mpsc::Sender<AgentToServer>,
    events: mpsc::Receiver<LinkEvent>,
    stop: CancellationToken,
}

struct Driver {
    session: Session,
    ports: Ports,
    around: Surroundings,
    workstation_id: WorkstationId,
    api: Option<Api>,
    no_server: &'static str,
    tls: Arc<rustls::ClientConfig>,
    outbox: Option<Outbox>,
    shelf: Shelf,
    picture_base: String,
    warning: Option<String>,
    signed_in: watch::Sender<Option<Arc<SignedIn>>>,
    /// Whose sign-in carries evidence: the last one, also after it has ended, because the server takes what was
    /// sealed in it for some time.
    delivers: watch::Sender<Option<Arc<SignedIn>>>,
    /// A sign-in that the server has ended, as long as the keyring keeps it for the evidence that still waits.
    ended: Option<Arc<SignedIn>>,
    line: Option<Line>,
    /// A call is on or rings; the link watches it.
    urgent: watch::Sender<bool>,
    case_task: Option<tokio::task::AbortHandle>,
    reports: mpsc::Sender<Report>,
    media_events: mpsc::Sender<(CallKey, MediaInput)>,
    ring_reports: mpsc::Sender<RingReport>,
    wake: Arc<Notify>,
    changed: Arc<Notify>,
    /// The outbox is being read, and has changed since.
    looking: bool,
    look_again: bool,
    picture: watch::Sender<Arc<Picture>>,
}

/// The receiving ends.
struct Inbox {
    orders: mpsc::Receiver<Order>,
    reports: mpsc::Receiver<Report>,
    media: mpsc::Receiver<(CallKey, MediaInput)>,
    ring: mpsc::Receiver<RingReport>,
    tick: tokio::time::Interval,
    stop: CancellationToken,
}

enum Event {
    Order(Order),
    Report(Report),
    Link(LinkEvent),
    Media(CallKey, MediaInput),
    Ring(RingReport),
    OutboxChanged,
    Tick,
    Stop,
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
    let (key, warning) = open_keyring(&mut ports).await;
    let outbox_path = settings.data.join("outbox.sqlite");
    let opened = tokio::task::spawn_blocking(move || Outbox::open(&outbox_path, &key)).await;
    let outbox = match opened {
        Ok(Ok(outbox)) => Ok(outbox),
        Ok(Err(error)) => {
            tracing::error!(?error, "the outbox cannot be opened: no verdict can be given");
            Err(error.code())
        }
        Err(_) => Err("outbox_failed"),
    };
    let stop = CancellationToken::new();
    let (order_sender, orders) = mpsc::channel(QUEUE);
    let (report_sender, reports) = mpsc::channel(QUEUE);
    let (media_sender, media) = mpsc::channel(QUEUE);
    let (ring_sender, ring) = mpsc::channel(QUEUE);
    let around =
        Surroundings { profile: settings.profile.clone(), server_url: settings.server_text(), video };
    let now = ports.clock.now();
    let summary = match &outbox {
        Ok(outbox) => summary(outbox.clone(), &ports.clock).await,
        Err(code) => Some(closed(code)),
    };
    let unacknowledged = summary.as_ref().map(|summary| summary.unacknowledged.clone()).unwrap_or_default();
    let mut session = Session::new(unacknowledged);
    if let Some(Summary { picture, history, full, .. }) = summary {
        session.handle(now, Input::Outbox { picture, history, full });
    }
    let (picture, picture_receiver) = watch::channel(Arc::new(session.picture(now, 0, &around)));
    let outbox = outbox.ok();
    let shelf = Shelf::new(outbox.clone());
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
        delivers: watch::channel(None).0,
        ended: None,
        line: None,
        urgent: watch::channel(false).0,
        case_task: None,
        reports: report_sender,
        media_events: media_sender,
        ring_reports: ring_sender,
        wake: Arc::new(Notify::new()),
        changed: Arc::new(Notify::new()),
        looking: false,
        look_again: false,
        picture,
        outbox,
        ports,
    };
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let inbox = Inbox { orders, reports, media, ring, tick, stop: stop.clone() };
    driver.begin(&stop);
    tokio::spawn(driver.run(inbox));
    Ok(Handle { orders: order_sender, picture: picture_receiver, shelf, stop })
}

/// The outbox key, and what the screen must say if the system has no keyring.
async fn open_keyring(ports: &mut Ports) -> (OutboxKey, Option<String>) {
    let keyring = ports.keyring.clone();
    let loaded = tokio::task::spawn_blocking(move || OutboxKey::load(keyring.as_ref())).await;
    match loaded {
        Ok(Ok(key)) => (key, None),
        Ok(Err(error)) => {
            tracing::warn!(?error, "no keyring: secrets live as long as this program");
            ports.keyring = Arc::new(RunKeyring::default());
            (OutboxKey::random(), Some("keyring_unavailable".to_owned()))
        }
        Err(_) => (OutboxKey::random(), Some("keyring_unavailable".to_owned())),
    }
}

/// An outbox that takes nothing.
fn closed(code: &str) -> Summary {
    let state = match code {
        "disk_full" => "disk_full",
        "key_lost" => "key_lost",
        "outbox_damaged" => "damaged",
        "outbox_in_use" => "in_use",
        _ => "unusable",
    };
    let picture = OutboxPicture { can_begin_anew: state == "damaged", ..OutboxPicture::only(state) };
    Summary { picture, history: Vec::new(), full: true, unacknowledged: Vec::new() }
}

async fn summary(outbox: Outbox, clock: &Arc<dyn Clock>) -> Option<Summary> {
    let now = clock.now().wall;
    let midnight = jiff::Timestamp::from(now)
        .to_zoned(clock.zone())
        .start_of_day()
        .map_or(now, |start| Timestamp::from(start.timestamp()));
    let read = tokio::task::spawn_blocking(move || outbox.summary(midnight, now)).await;
    match read {
        Ok(Ok(summary)) => Some(summary),
        Ok(Err(error)) => {
            tracing::error!(?error, "the outbox cannot be read");
            Some(closed(error_state(&error)))
        }
        Err(_) => None,
    }
}

fn error_state(error: &OutboxError) -> &'static str {
    error.code()
}

impl Driver {
    /// Courier, devices, kept session.
    fn begin(&self, stop: &CancellationToken) {
        if let (Some(outbox), Some(api)) = (self.outbox.clone(), self.api.clone()) {
            let courier = Courier {
                outbox,
                api,
                session: self.delivers.subscribe(),
                wake: self.wake.clone(),
                changed: self.changed.clone(),
                clock: self.ports.clock.clone(),
            };
            tokio::spawn(courier.run(stop.clone()));
        }
        let (media, reports) = (self.ports.media.clone(), self.reports.clone());
        let (looked, look) = oneshot::channel::<()>();
        tokio::spawn(async move {
            let checked = tokio::task::spawn_blocking(move || media.check_devices()).await;
            if let Ok(devices) = checked {
                let _ = reports.send(Report::Input(Input::Devices { devices })).await;
            }
            let _ = looked.send(()); // The kept session may not have waited for it.
        });
        let reports = self.reports.clone();
        let (keyring, server) = (self.ports.keyring.clone(), self.around.server_url.clone());
        tokio::spawn(async move {
            let kept =
                tokio::task::spawn_blocking(move || keys::load_session(keyring.as_ref(), &server)).await;
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

    async fn run(mut self, mut inbox: Inbox) {
        loop {
            let event = self.next(&mut inbox).await;
            if matches!(event, Event::Stop) {
                break;
            }
            self.take(event);
            let is_urgent = self.session.is_urgent();
            self.urgent.send_if_modified(|urgent| std::mem::replace(urgent, is_urgent) != is_urgent);
            self.publish();
        }
        if let Some(key) = self.session.media_key() {
            self.ports.media.stop(key);
        }
        self.ports.ring.end();
        if let Some(line) = self.line.take() {
            line.stop.cancel();
        }
    }

    async fn next(&mut self, inbox: &mut Inbox) -> Event {
        let line = async {
            match &mut self.line {
                Some(line) => line.events.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = inbox.stop.cancelled() => Event::Stop,
            // Every handle is gone: the shell has ended.
            order = inbox.orders.recv() => order.map_or(Event::Stop, Event::Order),
            Some(report) = inbox.reports.recv() => Event::Report(report),
            Some(event) = line => Event::Link(event),
            Some((key, event)) = inbox.media.recv() => Event::Media(key, event),
            Some(report) = inbox.ring.recv() => Event::Ring(report),
            () = self.changed.notified() => Event::OutboxChanged,
            _ = inbox.tick.tick() => Event::Tick,
        }
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Order(order) => self.order(order),
            Event::Report(Report::Input(input)) => self.input(input),
            Event::Report(Report::Outbox(summary)) => self.outbox_looked_at(summary),
            Event::Report(Report::Kept { signed_in }) => self.resume(*signed_in),
            Event::Report(Report::Closed { session_id, reason }) => {
                if self.signed_in.borrow().as_ref().is_some_and(|live| live.session_id == session_id) {
                    self.input(Input::SessionClosed { reason });
                }
            }
            // Whoever has signed in by hand meanwhile is not thrown out by a former run's session.
            Event::Report(Report::SignedIn { .. }) if !self.session.is_signing_in() => {}
            Event::Report(Report::SignedIn { signed_in, warning }) => {
                let (agent, session_id) = (signed_in.agent.clone(), signed_in.session_id);
                let signed_in = Arc::<SignedIn>::from(signed_in);
                self.delivers.send_replace(Some(signed_in.clone()));
                self.ended = None; // The keyring holds this one now.
                self.signed_in.send_replace(Some(signed_in));
                self.input(Input::SignedIn { agent, session_id, warning });
            }
            Event::Report(Report::Ended { signed_in, code }) => {
                let signed_in = Arc::<SignedIn>::from(signed_in);
                self.delivers.send_replace(Some(signed_in.clone()));
                self.wake.notify_one();
                self.forget_once_delivered(signed_in);
                self.input(Input::SignedOut { error: Some(code.to_owned()) });
            }
            Event::Link(event) => self.link(event),
            Event::Media(key, event) => self.input(Input::Media { key, event }),
            Event::Ring(RingReport::WindowMapped(offer)) => self.input(Input::RingWindowMapped { offer }),
            Event::Ring(RingReport::Sound { offer, started }) => {
                self.input(Input::RingSound { offer, started });
            }
            Event::OutboxChanged => self.look_at_outbox(),
            Event::Tick => self.tick(),
            Event::Stop => {}
        }
    }

    fn input(&mut self, input: Input) {
        let effects = self.session.handle(self.ports.clock.now(), input);
        self.perform(effects);
    }

    fn order(&mut self, Order { command, answer }: Order) {
        if let Command::PlaceVideo { stream, rect, holes } = command {
            self.ports.surfaces.place(stream, rect, holes);
            let _ = answer.send(Ok(())); // The page may have gone on.
            return;
        }
        let result = self.session.command(self.ports.clock.now(), command);
        let taken = result.map(|effects| self.perform(effects));
        let _ = answer.send(taken); // As above.
    }

    fn tick(&mut self) {
        if let Some(key) = self.session.media_key()
            && let Some(snapshot) = self.ports.media.snapshot(key)
        {
            self.input(Input::MediaSnapshot { key, snapshot });
        }
        self.input(Input::Tick);
    }

    /// Publishes the picture if anything in it changed.
    fn publish(&self) {
        let seq = self.picture.borrow().seq;
        let picture = self.session.picture(self.ports.clock.now(), seq, &self.around);
        if picture != **self.picture.borrow() {
            self.picture.send_replace(Arc::new(Picture { seq: seq + 1, ..picture }));
        }
    }
}

//! Runs the session: the only place where its inputs come together and its effects are carried out. One
//! task, no locks around the state; what takes time runs beside it and reports back. Publishes the
//! [`Picture`] after every change.

mod begin;
mod delivery;
mod effects;
mod enrol;
mod line;
mod shelf;
mod tasks;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use chinhchu_evidence::key::PublicKey;
use chinhchu_protocol::agent::{AgentToServer, SessionCloseReason, SignedIn};
use chinhchu_protocol::ids::{SessionId, WorkstationId};
use thiserror::Error;
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use self::begin::Place;
pub use self::begin::start;
use self::delivery::Kept;
pub use self::shelf::{Shelf, Shown};
use crate::link::TlsError;
use crate::link::api::Api;
use crate::link::socket::LinkEvent;
use crate::outbox::{Outbox, Summary};
use crate::picture::{Command, Picture, VerdictPicture, VideoPlan};
use crate::ports::{Ports, RingReport};
use crate::session::{CallKey, Input, MediaInput, Refusal, Session, Surroundings};
use crate::settings::{Settings, SettingsError};
use crate::signing::Signing;

/// How often time passes for the session, and media is measured.
const TICK: Duration = Duration::from_millis(250);
/// How long closing waits for a seal: a capture is tried three times.
const CLOSE: Duration = Duration::from_secs(5);
/// How long a kept session waits for the look at the devices.
const DEVICES_FIRST: Duration = Duration::from_millis(500);
/// Between two looks at the free space of the disk.
const LOOK_EVERY_MS: u64 = 5_000;
/// Between two samples of the video's quality.
const SAMPLE_EVERY_MS: u64 = 5_000;
/// Agents who sign in at one desk while one program runs, and whose evidence may still wait.
const MOST_CARRIERS: usize = 16;
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
        /// By password just now, not taken up from a former run.
        fresh: bool,
    },
    /// A new outbox stands where the damaged one was, or why none does.
    NewOutbox(Result<Outbox, &'static str>),
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
    /// The sign-in of a former run is over, and has evidence to deliver.
    Delivers {
        signed_in: Box<SignedIn>,
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
    /// Whose sign-ins carry evidence, newest first: the last one of each agent, also after it has ended, because
    /// the server takes what was sealed in it for some time.
    carriers: watch::Sender<Vec<Arc<SignedIn>>>,
    /// Agents of whom the keyring keeps a sign-in that is over.
    kept: Kept,
    line: Option<Line>,
    /// A call is on or rings; the link watches it.
    urgent: watch::Sender<bool>,
    case_task: Option<tokio::task::AbortHandle>,
    enrol_task: Option<tokio::task::AbortHandle>,
    /// One-time code of IT, from the settings.
    enrolment_code: Option<String>,
    /// The server's key as IT has set it.
    server_key: Option<String>,
    /// The server's key, once it is held on to.
    pinned: Arc<watch::Sender<Option<PublicKey>>>,
    /// None without an outbox that counts.
    signing: Option<Signing>,
    place: Place,
    reports: mpsc::Sender<Report>,
    media_events: mpsc::Sender<(CallKey, MediaInput)>,
    ring_reports: mpsc::Sender<RingReport>,
    wake: Arc<Notify>,
    changed: Arc<Notify>,
    /// The sign-in at hand was by password: what it said of the workstation is new.
    fresh_sign_in: bool,
    /// Of the server, as the outbox was told.
    incarnation: Option<u32>,
    /// The disk had no room for an outbox: it is tried again.
    reopen: bool,
    look: Look,
    /// The disk is filled by others too.
    next_look_mono_ms: u64,
    next_sample_mono_ms: u64,
    /// Stops the courier alone.
    courier: CancellationToken,
    stop: CancellationToken,
    picture: watch::Sender<Arc<Picture>>,
}

/// One look at the outbox at a time.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    /// Nobody looks.
    Idle,
    /// It is being read.
    Reading,
    /// It is being read, and has changed since.
    Overtaken,
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

impl Driver {
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
        if let Some(outbox) = self.outbox.take() {
            // Whoever starts next may have it at once. Beside the runtime: a write may be under way.
            let _ = tokio::task::spawn_blocking(move || outbox.close()).await;
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
            Event::Report(Report::Delivers { signed_in }) => self.carry_on_with(*signed_in),
            Event::Report(Report::Closed { session_id, reason }) => {
                if self.signed_in.borrow().as_ref().is_some_and(|live| live.session_id == session_id) {
                    self.input(Input::SessionClosed { reason });
                }
            }
            // Whoever has signed in by hand meanwhile is not thrown out by a former run's session.
            Event::Report(Report::SignedIn { .. }) if !self.session.is_signing_in() => {}
            Event::Report(Report::NewOutbox(opened)) => self.new_outbox(opened),
            Event::Report(Report::SignedIn { signed_in, warning, fresh }) => {
                self.fresh_sign_in = fresh;
                let (agent, session_id) = (signed_in.agent.clone(), signed_in.session_id);
                let signed_in = Arc::<SignedIn>::from(signed_in);
                self.carry_with(signed_in.clone());
                self.signed_in.send_replace(Some(signed_in));
                self.input(Input::SignedIn { agent, session_id, warning });
            }
            Event::Report(Report::Ended { signed_in, code }) => {
                let signed_in = Arc::<SignedIn>::from(signed_in);
                self.carry_with(signed_in.clone());
                self.wake.notify_one();
                self.ended(signed_in);
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
        let now_ms = self.ports.clock.now().mono_ms;
        if now_ms >= self.next_look_mono_ms {
            self.next_look_mono_ms = now_ms + LOOK_EVERY_MS;
            self.look_at_outbox();
        }
        if let Some(key) = self.session.media_key()
            && now_ms >= self.next_sample_mono_ms
            && let Some(quality) = self.ports.media.quality(key)
        {
            self.next_sample_mono_ms = now_ms + SAMPLE_EVERY_MS;
            self.input(Input::Quality { key, quality });
        }
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

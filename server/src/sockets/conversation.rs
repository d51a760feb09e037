//! What the page's and the workstation's conversations have in common: the loop, signals and their
//! acknowledgements, pings, heartbeats, and who is still the newest.
//!
//! An [`End`] says what only it knows: how its frames read, what its view is, what it may ask for. It is told
//! and asked nothing once another socket has taken its place.

use std::time::Duration;

use axum::extract::ws::WebSocketUpgrade;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use chinhchu_protocol::agent::LostSide;
use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::problem::{ErrorCode, Problem};
use chinhchu_protocol::signal::Signal;
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::{Input, Refusal};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::watch;

use super::mailbox::{Mailbox, Sender};
use super::origin;
use super::wire::{HELLO_TIME, Incoming, Pace, Wire, sized};
use crate::http::{ApiError, App};
use crate::store::StoreError;
use crate::switchboard::{DriveError, Snapshot};

/// Heartbeats in a call, and looks at the queue, come so often.
const BEAT: Duration = Duration::from_millis(500);

/// One of the two ends of a call.
pub trait End: Sized + Send + 'static {
    /// What it sends.
    type In: DeserializeOwned + Send;
    /// What it is sent.
    type Out: Serialize + Send + Sync;
    /// What it says beyond what both ends say.
    type Own: Send;
    /// Whose signals it sends.
    const SENDER: Sender;

    /// Reads a frame.
    fn sort(&self, frame: Self::In) -> Said<Self::Own>;
    /// Writes a frame.
    fn frame(told: Told) -> Self::Out;
    /// Call and assignment for which it negotiates media; none if another socket took its place.
    fn current(&self, snapshot: &Snapshot) -> Option<(CallId, u32)>;
    /// Sends its view; false if the conversation is over.
    fn show(&mut self, line: &mut Line) -> impl Future<Output = bool> + Send;
    /// Shows a change of the queue, if it concerns this end.
    fn queue_moved(&mut self, line: &mut Line) -> impl Future<Output = bool> + Send;
    /// Does what only it asks for.
    fn own(&mut self, line: &mut Line, own: Self::Own) -> impl Future<Output = bool> + Send;
    /// The core refused its input.
    fn refused(&mut self, line: &mut Line, refusal: Refusal) -> impl Future<Output = bool> + Send;
    /// Before its signal is stored.
    fn signals(
        &mut self,
        line: &mut Line,
        call: CallId,
        assignment: u32,
        signal: &Signal,
    ) -> impl Future<Output = bool> + Send;
    /// After the other end's signals: what else waits for this one.
    fn waits(&mut self, line: &mut Line, call: CallId, assignment: u32) -> impl Future<Output = bool> + Send;
    /// It is gone.
    fn leaves(&self, last_heard: Timestamp) -> Input;
}

/// What an end says.
pub enum Said<Own> {
    /// Hello, a second time.
    Hello,
    /// A ping.
    Ping(Timestamp),
    /// A heartbeat with the age of the other end's media.
    Heartbeat(CallId, u32, Option<u32>),
    /// Signal `n` of a call's assignment.
    Signal(CallId, u32, u32, Signal),
    /// The other end's signals are taken up to `n`.
    SignalAck(CallId, u32, u32),
    /// For the core.
    Ask(Box<Input>),
    /// Not as agreed.
    Wrong(&'static str),
    /// Anything else.
    Own(Own),
}

/// What both ends are told.
pub enum Told {
    /// Answer to a ping.
    Pong { sent_at: Timestamp, now: Timestamp },
    /// How old the end's own media is at the other end.
    Heartbeat { call: CallId, assignment: u32, media_age_ms: Option<u32>, now: Timestamp },
    /// A signal of the other end.
    Signal { call: CallId, assignment: u32, n: u32, signal: Signal },
    /// Its own signals are stored up to `n`.
    SignalAck { call: CallId, assignment: u32, n: u32 },
    /// Something is wrong.
    Problem(Problem),
}

/// What an end speaks over.
pub struct Line {
    pub app: App,
    pub wire: Wire,
    /// [`chinhchu_protocol::VERSION`] of the other end.
    pub version: u32,
    /// Call and assignment of the last view that was sent.
    pub shown: Option<(CallId, u32)>,
}

impl Line {
    /// Sends a problem; false if nobody reads any more.
    pub async fn problem<E: End>(&mut self, code: ErrorCode, detail: &str) -> bool {
        self.wire.send(&E::frame(Told::Problem(Problem::new(code, detail)))).await
    }

    /// Says why the conversation does not take place.
    pub async fn refuse<E: End>(mut self, code: ErrorCode, detail: &str) {
        self.problem::<E>(code, detail).await;
        self.wire.close().await;
    }
}

/// Opens the socket if its page may and there is a place; `converse` then begins with the first frame.
pub fn open<E, C, F>(app: App, headers: &HeaderMap, upgrade: WebSocketUpgrade, converse: C) -> Response
where
    E: End,
    C: FnOnce(Line, E::In) -> F + Send + 'static,
    F: Future<Output = ()> + Send,
{
    // A socket comes over HTTP/1.1: it names its host in a header.
    if !origin::allowed(&app, headers, None) {
        return ApiError::forbidden("Open this socket from this server's own page.").into_response();
    }
    let Some(place) = app.hub.place() else {
        return ApiError::new(ErrorCode::Unavailable, "Too many connections.").retry_after(5).into_response();
    };
    sized(upgrade).on_upgrade(move |socket| async move {
        let wire = Wire::new(socket, app.clock.clone());
        let mut line = Line { app, wire, version: 0, shown: None };
        match tokio::time::timeout(HELLO_TIME, line.wire.next::<E::In>()).await {
            Ok(Incoming::Frame(hello)) => converse(line, hello).await,
            Ok(Incoming::Gone) => {}
            Ok(_) | Err(_) => line.refuse::<E>(ErrorCode::RequestInvalid, "Say hello first.").await,
        }
        drop(place);
    })
}

/// One end, connected.
pub struct Conversation<E> {
    line: Line,
    end: E,
    changes: watch::Receiver<u64>,
    queues: watch::Receiver<u64>,
    /// New signals of the call at hand.
    mail: Option<(CallId, watch::Receiver<u64>)>,
    /// Call, assignment, and the last of its signals sent here.
    sent: Option<(CallId, u32, u32)>,
}

impl<E: End> Conversation<E> {
    /// Just connected; `changes` tells when its view changes.
    pub fn new(line: Line, end: E, changes: watch::Receiver<u64>) -> Self {
        let queues = line.app.switchboard.topics().queues();
        Self { line, end, changes, queues, mail: None, sent: None }
    }

    /// Until one side closes, or is silent.
    pub async fn run(mut self) {
        self.changes.mark_unchanged();
        let mut open = self.end.show(&mut self.line).await && self.deliver().await;
        let mut beat = tokio::time::interval(BEAT);
        beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let closing = self.line.app.hub.closing.clone();
        while open {
            open = tokio::select! {
                incoming = self.line.wire.next::<E::In>() => self.came(incoming).await,
                changed = self.changes.changed() => changed.is_ok() && self.changed().await,
                () = mail_came(&mut self.mail) => self.deliver().await,
                _ = beat.tick() => self.beat().await,
                () = closing.cancelled() => false,
            };
        }
        let Line { app, wire, .. } = self.line;
        app.switchboard.leave(self.end.leaves(wire.last_heard)).await;
        wire.close().await;
    }

    async fn came(&mut self, incoming: Incoming<E::In>) -> bool {
        match incoming {
            Incoming::Frame(frame) => self.take(frame).await,
            Incoming::Unreadable => {
                self.problem(ErrorCode::RequestInvalid, "This frame cannot be read.").await
            }
            Incoming::TooMany => {
                self.problem(ErrorCode::RateLimited, "Too many frames.").await;
                false
            }
            Incoming::Gone => false,
        }
    }

    async fn changed(&mut self) -> bool {
        self.end.show(&mut self.line).await && self.deliver().await
    }

    /// In a call, how old the end's media is at the other; outside, what moved in the queue.
    async fn beat(&mut self) -> bool {
        let current = self.current();
        self.line.wire.set_pace(if current.is_some() { Pace::InCall } else { Pace::Idle });
        if let Some((call, assignment)) = current {
            if !chinhchu_protocol::supports_heartbeat(self.line.version) {
                return true;
            }
            let (side, now) = (E::SENDER.side(), self.line.app.clock.now());
            let media_age_ms = self.line.app.switchboard.media_age_ms(call, assignment, side);
            return self.tell(Told::Heartbeat { call, assignment, media_age_ms, now }).await;
        }
        if !self.queues.has_changed().unwrap_or(false) {
            return true;
        }
        self.queues.mark_unchanged();
        self.end.queue_moved(&mut self.line).await
    }

    async fn take(&mut self, frame: E::In) -> bool {
        match self.end.sort(frame) {
            Said::Hello => self.problem(ErrorCode::RequestInvalid, "Hello was said.").await,
            Said::Wrong(detail) => self.problem(ErrorCode::RequestInvalid, detail).await,
            Said::Ping(sent_at) => {
                let now = self.line.app.clock.now();
                self.tell(Told::Pong { sent_at, now }).await
            }
            Said::Heartbeat(call, assignment, media_age_ms) => {
                if self.current() == Some((call, assignment)) {
                    let switchboard = &self.line.app.switchboard;
                    switchboard.heartbeat(E::SENDER.side(), call, assignment, media_age_ms);
                }
                true
            }
            Said::Signal(call, assignment, n, signal) => self.put(call, assignment, n, signal).await,
            Said::SignalAck(call, assignment, n) => {
                if self.current() != Some((call, assignment)) {
                    return true;
                }
                let (_, theirs) = boxes::<E>(call, assignment);
                self.line.app.db.write(move |tx| theirs.acknowledge(tx, n)).await.map_err(log).is_ok()
            }
            Said::Ask(input) => ask(&mut self.end, &mut self.line, *input).await,
            Said::Own(own) => self.end.own(&mut self.line, own).await,
        }
    }

    async fn put(&mut self, call: CallId, assignment: u32, n: u32, signal: Signal) -> bool {
        if self.current() != Some((call, assignment)) {
            return true;
        }
        if !self.end.signals(&mut self.line, call, assignment, &signal).await {
            return false;
        }
        let (mine, _) = boxes::<E>(call, assignment);
        let (app, keys) = (self.line.app.clone(), self.line.app.keys.clone());
        // Another socket may have taken its place meanwhile.
        if self.current() != Some((call, assignment)) {
            return true;
        }
        let Ok(n) = app.db.write(move |tx| mine.put(tx, &keys, n, &signal)).await.map_err(log) else {
            return false;
        };
        app.hub.mail_came(call);
        self.tell(Told::SignalAck { call, assignment, n }).await
    }

    /// Sends what the other end has signalled and this one has not acknowledged. A new assignment, and a new
    /// socket, begin with the number of the last signal of this side.
    async fn deliver(&mut self) -> bool {
        let Some((call, assignment)) = self.current() else {
            (self.mail, self.sent) = (None, None);
            return true;
        };
        // The view that shows the assignment goes out before its signals; the change that brings it is on its
        // way, and leads here again.
        if self.line.shown != Some((call, assignment)) {
            return true;
        }
        if self.mail.as_ref().is_none_or(|(of, _)| *of != call) {
            self.mail = Some((call, self.line.app.hub.mail(call)));
        }
        let (mine, theirs) = boxes::<E>(call, assignment);
        let db = self.line.app.db.clone();
        let after = match self.sent {
            Some((of, number, n)) if (of, number) == (call, assignment) => n,
            Some(_) | None => {
                let Ok(n) = db.read(move |connection| mine.stored(connection)).await.map_err(log) else {
                    return false;
                };
                if !self.tell(Told::SignalAck { call, assignment, n }).await {
                    return false;
                }
                0
            }
        };
        let keys = self.line.app.keys.clone();
        let read = db.read(move |connection| theirs.waiting(connection, &keys, after));
        let Ok(waiting) = read.await.map_err(log) else { return false };
        self.sent = Some((call, assignment, after));
        for (n, signal) in waiting {
            if !self.tell(Told::Signal { call, assignment, n, signal }).await {
                return false;
            }
            self.sent = Some((call, assignment, n));
        }
        self.end.waits(&mut self.line, call, assignment).await
    }

    fn current(&self) -> Option<(CallId, u32)> {
        self.end.current(&self.line.app.switchboard.snapshot())
    }

    async fn tell(&mut self, told: Told) -> bool {
        self.line.wire.send(&E::frame(told)).await
    }

    async fn problem(&mut self, code: ErrorCode, detail: &str) -> bool {
        self.line.problem::<E>(code, detail).await
    }
}

impl Sender {
    /// Which side of a call sends them.
    pub const fn side(self) -> LostSide {
        match self {
            Self::Caller => LostSide::Caller,
            Self::Agent => LostSide::Agent,
        }
    }

    const fn other(self) -> Self {
        match self {
            Self::Caller => Self::Agent,
            Self::Agent => Self::Caller,
        }
    }
}

/// Hands an input to the core and tells the end if it was not taken; false if the conversation is over.
pub async fn ask<E: End>(end: &mut E, line: &mut Line, input: Input) -> bool {
    match line.app.switchboard.drive(input).await {
        Ok(_) => true,
        Err(DriveError::Refused(refusal)) => end.refused(line, refusal).await,
        Err(error) => {
            tracing::warn!(%error, "an input of a socket was not taken");
            line.problem::<E>(ErrorCode::Unavailable, "Not available now.").await
        }
    }
}

/// The end's own signals, and those for it.
fn boxes<E: End>(call: CallId, assignment: u32) -> (Mailbox, Mailbox) {
    let of = |sender| Mailbox { call, assignment, sender };
    (of(E::SENDER), of(E::SENDER.other()))
}

async fn mail_came(mail: &mut Option<(CallId, watch::Receiver<u64>)>) {
    if let Some((_, receiver)) = mail
        && receiver.changed().await.is_ok()
    {
        return;
    }
    std::future::pending::<()>().await;
}

/// The store failed a socket; it closes, and its client comes back.
#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
pub fn log(error: StoreError) {
    if matches!(error, StoreError::Closed) {
        return tracing::info!("a socket ends with its server");
    }
    tracing::error!(%error, "the store failed a socket");
}

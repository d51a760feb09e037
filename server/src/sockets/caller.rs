//! The call page's conversation (S11).

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::{WebSocket, WebSocketUpgrade};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use chinhchu_protocol::call::CallState;
use chinhchu_protocol::caller::{CallerToServer, ServerToCaller};
use chinhchu_protocol::case::Consent;
use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::problem::{ErrorCode, Problem};
use chinhchu_routing::{CallerSocket, Event, Input, Refusal};
use tokio::sync::watch;

use super::mailbox::{Mailbox, Sender};
use super::origin;
use super::pages::{self, FirstPage, GivenHere};
use super::wire::{HELLO_TIME, Incoming, Wire, sized};
use crate::cases;
use crate::http::{ApiError, App};
use crate::store::StoreError;
use crate::switchboard::{CallTokenFault, DriveError, Side};
use crate::views;

/// Changes of other calls in the queue are shown at most this often.
const QUEUE_PAUSE: Duration = Duration::from_millis(500);
const MAX_SECRET: usize = 128;

/// `GET /v1/caller/socket`.
pub async fn upgrade(State(app): State<App>, headers: HeaderMap, upgrade: WebSocketUpgrade) -> Response {
    if !origin::allowed(&app, &headers) {
        return ApiError::forbidden("Open this socket from the call page.").into_response();
    }
    let Some(place) = app.hub.place() else {
        return ApiError::new(ErrorCode::Unavailable, "Too many connections.").retry_after(5).into_response();
    };
    sized(upgrade).on_upgrade(move |socket| async move {
        converse(app, socket).await;
        drop(place);
    })
}

async fn converse(app: App, socket: WebSocket) {
    let mut wire = Wire::new(socket, app.clock.clone());
    let hello = tokio::time::timeout(HELLO_TIME, wire.next::<CallerToServer>()).await;
    let (token, secret) = match hello {
        Ok(Incoming::Frame(CallerToServer::Hello { call_token, device_secret, .. }))
            if (16..=MAX_SECRET).contains(&device_secret.len()) =>
        {
            (call_token, device_secret)
        }
        Ok(Incoming::Gone) => return,
        Ok(_) | Err(_) => return refuse(wire, ErrorCode::RequestInvalid, "Say hello first.").await,
    };
    let call = match app.switchboard.open_call_token(&token).await {
        Ok(call) => call,
        Err(CallTokenFault::Invalid) => {
            return refuse(wire, ErrorCode::TokenInvalid, "Open the page anew from the app.").await;
        }
        Err(CallTokenFault::Expired) => {
            return refuse(wire, ErrorCode::TokenExpired, "This call is long over.").await;
        }
        Err(CallTokenFault::Store(error)) => {
            tracing::error!(%error, "a call token could not be checked");
            return refuse(wire, ErrorCode::Unavailable, "Not available now.").await;
        }
    };
    match connect(&app, call, &secret).await {
        Ok(epoch) => {
            let (changes, queues, mail) =
                (app.switchboard.topics().call(call), app.switchboard.topics().queues(), app.hub.mail(call));
            let page = Page {
                app: app.clone(),
                wire,
                from: CallerSocket { call, epoch },
                changes,
                queues,
                mail,
                told: None,
                sent: (0, 0),
            };
            page.run().await;
        }
        Err(DriveError::Refused(_)) => {
            // The call is over: the page is told how it ended.
            if let Some(view) = draw(&app, call).await {
                wire.send(&view).await;
            }
            wire.close().await;
        }
        Err(error) => {
            tracing::warn!(%error, "a page could not connect");
            refuse(wire, ErrorCode::Unavailable, "Not available now.").await;
        }
    }
}

async fn refuse(mut wire: Wire, code: ErrorCode, detail: &str) {
    wire.send(&ServerToCaller::Problem { problem: Problem::new(code, detail) }).await;
    wire.close().await;
}

async fn connect(app: &App, call: CallId, secret: &str) -> Result<u32, DriveError> {
    let page = FirstPage::new(call, secret);
    let (hash, read) = (page.hash, |error: StoreError| DriveError::NotWritten(error.to_string()));
    let same_device =
        app.db.read(move |connection| FirstPage { call, hash }.is_same_device(connection)).await;
    let input = Input::CallerConnected { call, same_device: same_device.map_err(read)? };
    let done = app.switchboard.drive_with(input, Some(Arc::new(page))).await?;
    let epoch = done.facts.iter().find_map(|fact| match fact.event {
        Event::CallerConnected { epoch, .. } => Some(epoch),
        // Only that fact numbers the socket.
        _ => None,
    });
    epoch.ok_or(DriveError::Refused(Refusal::CallEnded))
}

async fn draw(app: &App, call: CallId) -> Option<ServerToCaller> {
    let (snapshot, now) = (app.switchboard.snapshot(), app.clock.now());
    let (seq, keys, ice) = (snapshot.head.seq, app.keys.clone(), app.config.ice_servers.clone());
    let read =
        app.db.read(move |connection| views::caller::view(connection, &keys, &snapshot, &ice, call, now));
    match read.await {
        Ok(view) => view.map(|view| ServerToCaller::View {
            incarnation: app.switchboard.incarnation(),
            seq,
            now,
            view,
        }),
        Err(error) => {
            tracing::error!(%error, "a view could not be drawn");
            None
        }
    }
}

struct Page {
    app: App,
    wire: Wire,
    from: CallerSocket,
    changes: watch::Receiver<u64>,
    queues: watch::Receiver<u64>,
    mail: watch::Receiver<u64>,
    /// State and place last told.
    told: Option<(CallState, Option<u32>)>,
    /// Assignment, and the last of its signals sent here.
    sent: (u32, u32),
}

impl Page {
    async fn run(mut self) {
        self.changes.mark_unchanged();
        let mut open = self.show().await && self.deliver().await;
        let mut look_at_queue = tokio::time::interval(QUEUE_PAUSE);
        while open {
            let closing = self.app.hub.closing.clone();
            open = tokio::select! {
                incoming = self.wire.next::<CallerToServer>() => match incoming {
                    Incoming::Frame(frame) => self.take(frame).await,
                    Incoming::Unreadable => self.problem(ErrorCode::RequestInvalid, "This frame cannot be read.").await,
                    Incoming::TooMany => {
                        self.problem(ErrorCode::RateLimited, "Too many frames.").await;
                        false
                    }
                    Incoming::Gone => false,
                },
                changed = self.changes.changed() => changed.is_ok() && self.show().await && self.deliver().await,
                changed = self.mail.changed() => changed.is_ok() && self.deliver().await,
                _ = look_at_queue.tick() => self.queue_moved().await,
                () = closing.cancelled() => false,
            };
        }
        let last_heard = self.wire.last_heard;
        let input = Input::CallerDisconnected { from: self.from, last_heard };
        self.app.switchboard.leave(input).await;
        self.wire.close().await;
    }

    /// Sends the view; false if this page is no longer the call's newest, or gone.
    async fn show(&mut self) -> bool {
        let snapshot = self.app.switchboard.snapshot();
        if snapshot.state.call(self.from.call).is_some_and(|status| status.caller_epoch > self.from.epoch) {
            self.wire.send(&ServerToCaller::Replaced).await;
            return false;
        }
        let Some(frame) = draw(&self.app, self.from.call).await else { return false };
        if let ServerToCaller::View { view, .. } = &frame {
            self.told = Some((view.state, view.queue.map(|queue| queue.position)));
        }
        self.wire.send(&frame).await
    }

    /// While waiting, the place may change with other calls.
    async fn queue_moved(&mut self) -> bool {
        if !self.queues.has_changed().unwrap_or(false) {
            return true;
        }
        self.queues.mark_unchanged();
        let place = self.app.switchboard.snapshot().place(self.from.call).map(|queue| queue.position);
        match self.told {
            Some((CallState::Waiting, told)) if told != place => self.show().await,
            Some(_) | None => true,
        }
    }

    /// Sends what the workstation has signalled and the page has not acknowledged. A new assignment begins
    /// with the number of the last signal of this side.
    async fn deliver(&mut self) -> bool {
        let call = self.from.call;
        let Some(assignment) = current(&self.app, call) else { return true };
        let (mine, theirs) = boxes(call, assignment);
        if self.sent.0 != assignment {
            self.sent = (assignment, 0);
            let Ok(n) = self.app.db.read(move |connection| mine.stored(connection)).await.map_err(log) else {
                return false;
            };
            if !self.wire.send(&ServerToCaller::SignalAck { assignment, n }).await {
                return false;
            }
        }
        let after = self.sent.1;
        let Ok(waiting) =
            self.app.db.read(move |connection| theirs.waiting(connection, after)).await.map_err(log)
        else {
            return false;
        };
        for (n, signal) in waiting {
            if !self.wire.send(&ServerToCaller::Signal { assignment, n, signal }).await {
                return false;
            }
            self.sent.1 = n;
        }
        true
    }

    async fn take(&mut self, frame: CallerToServer) -> bool {
        let from = self.from;
        match frame {
            CallerToServer::Hello { .. } => self.problem(ErrorCode::RequestInvalid, "Hello was said.").await,
            CallerToServer::Ready { consent } => self.ready(consent).await,
            CallerToServer::Ping { sent_at } => {
                let now = self.app.clock.now();
                self.wire.send(&ServerToCaller::Pong { sent_at, now }).await
            }
            CallerToServer::HangUp => self.drive(Input::CallerHungUp { from }, None).await,
            CallerToServer::Heartbeat { assignment, media_age_ms } => {
                self.app.switchboard.caller_heartbeat(from.call, assignment, media_age_ms);
                true
            }
            CallerToServer::Signal { assignment, n, signal } => {
                if current(&self.app, from.call) != Some(assignment) {
                    return true;
                }
                let (mine, _) = boxes(from.call, assignment);
                let Ok(n) = self.app.db.write(move |tx| mine.put(tx, n, &signal)).await.map_err(log) else {
                    return false;
                };
                self.app.hub.mail_came(from.call);
                self.wire.send(&ServerToCaller::SignalAck { assignment, n }).await
            }
            CallerToServer::SignalAck { assignment, n } => {
                let (_, theirs) = boxes(from.call, assignment);
                self.app.db.write(move |tx| theirs.acknowledge(tx, n)).await.map_err(log).is_ok()
            }
        }
    }

    async fn ready(&mut self, consent: Option<Consent>) -> bool {
        let (call, keys, now) = (self.from.call, self.app.keys.clone(), self.app.clock.now());
        let given = consent.clone();
        let read = self.app.db.read(move |connection| {
            if let Some(consent) = given {
                return pages::knows_text(connection, &consent.text_version, now);
            }
            let case = cases::sql::read(connection, &keys, call)?;
            Ok(case.is_some_and(|stored| stored.case.consent.is_some())
                || pages::consented(connection, call)?)
        });
        match read.await.map_err(log) {
            Err(()) => false,
            Ok(false) => self.problem(ErrorCode::ConsentMissing, "The customer has to agree first.").await,
            Ok(true) => {
                let side = consent.map(|consent| Arc::new(GivenHere { call, consent }) as Arc<dyn Side>);
                self.drive(Input::CallerReady { from: self.from }, side).await
            }
        }
    }

    async fn drive(&mut self, input: Input, side: Option<Arc<dyn Side>>) -> bool {
        match self.app.switchboard.drive_with(input, side).await {
            Ok(_) => true,
            Err(DriveError::Refused(Refusal::EpochStale)) => {
                self.wire.send(&ServerToCaller::Replaced).await;
                false
            }
            Err(DriveError::Refused(Refusal::CallEnded | Refusal::CallUnknown)) => {
                self.problem(ErrorCode::CallEnded, "The call is over.").await
            }
            Err(DriveError::Refused(Refusal::QueueFull)) => {
                self.problem(ErrorCode::QueueFull, "Too many calls wait; try again.").await
            }
            Err(DriveError::Refused(_)) => self.problem(ErrorCode::RequestInvalid, "Not possible now.").await,
            Err(error) => {
                tracing::warn!(%error, "a page's input was not taken");
                self.problem(ErrorCode::Unavailable, "Not available now.").await
            }
        }
    }

    async fn problem(&mut self, code: ErrorCode, detail: &str) -> bool {
        self.wire.send(&ServerToCaller::Problem { problem: Problem::new(code, detail) }).await
    }
}

/// The assignment for which media is negotiated.
fn current(app: &App, call: CallId) -> Option<u32> {
    let status = app.switchboard.snapshot().state.call(call)?;
    match status.state {
        CallState::Connecting | CallState::InCall | CallState::Reconnecting => {
            status.assignment.map(|assignment| assignment.assignment)
        }
        CallState::Preparing
        | CallState::Waiting
        | CallState::Offering
        | CallState::AwaitingEvidence
        | CallState::Ended => None,
    }
}

fn boxes(call: CallId, assignment: u32) -> (Mailbox, Mailbox) {
    let of = |sender| Mailbox { call, assignment, sender };
    (of(Sender::Caller), of(Sender::Agent))
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn log(error: StoreError) {
    tracing::error!(%error, "the store failed a page");
}

//! The call page's end (S11).

use std::sync::Arc;

use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::http::HeaderMap;
use axum::response::Response;
use chinhchu_protocol::call::{CallState, QueuePlace};
use chinhchu_protocol::caller::{CallerToServer, ServerToCaller};
use chinhchu_protocol::case::Consent;
use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::problem::ErrorCode;
use chinhchu_protocol::signal::Signal;
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::{CallerSocket, Event, Input, Refusal};

use super::conversation::{Conversation, End, Line, Said, Told, log, open};
use super::fingerprint;
use super::mailbox::Sender;
use super::pages::{self, GivenHere, NewestPage, Standing};
use crate::cases;
use crate::evidence::witness;
use crate::http::App;
use crate::switchboard::{CallTokenFault, DriveError, Side, Snapshot};
use crate::views;

const MAX_SECRET: usize = 128;

/// `GET /v1/caller/socket`.
pub async fn upgrade(State(app): State<App>, headers: HeaderMap, upgrade: WebSocketUpgrade) -> Response {
    open::<Page, _, _>(app, &headers, upgrade, converse)
}

async fn converse(mut line: Line, hello: CallerToServer) {
    let (token, secret, load) = match hello {
        CallerToServer::Hello { version, call_token, device_secret, page_id }
            if (16..=MAX_SECRET).contains(&device_secret.len()) && page_id.len() <= MAX_SECRET =>
        {
            line.version = version;
            (call_token, device_secret, page_id)
        }
        // Anything else is no hello.
        _ => return line.refuse::<Page>(ErrorCode::RequestInvalid, "Say hello first.").await,
    };
    let call = match line.app.switchboard.open_call_token(&token).await {
        Ok(call) => call,
        Err(CallTokenFault::Invalid) => {
            return line.refuse::<Page>(ErrorCode::TokenInvalid, "Open the page anew from the app.").await;
        }
        Err(CallTokenFault::Expired) => {
            return line.refuse::<Page>(ErrorCode::TokenExpired, "This call is long over.").await;
        }
        Err(CallTokenFault::Store(error)) => {
            tracing::error!(%error, "a call token could not be checked");
            return line.refuse::<Page>(ErrorCode::Unavailable, "Not available now.").await;
        }
    };
    match connect(&line.app, NewestPage::new(call, &secret, &load), call).await {
        Ok(None) => {
            line.wire.send(&ServerToCaller::Replaced).await;
            line.wire.close().await;
        }
        Ok(Some(epoch)) => {
            let changes = line.app.switchboard.topics().call(call);
            let page = Page { from: CallerSocket { call, epoch }, told: None, asked: None };
            Conversation::new(line, page, changes).run().await;
        }
        Err(DriveError::Refused(_)) => {
            // The call is over: the page is told how it ended.
            if let Some(view) = draw(&line.app, call).await {
                line.wire.send(&view).await;
            }
            line.wire.close().await;
        }
        Err(error) => {
            tracing::warn!(%error, "a page could not connect");
            line.refuse::<Page>(ErrorCode::Unavailable, "Not available now.").await;
        }
    }
}

/// The number of the page's socket; none if a newer load of the page has the call.
async fn connect(app: &App, page: NewestPage, call: CallId) -> Result<Option<u32>, DriveError> {
    // What is read here must still hold when it is written: two pages at once, and one of them is another device's.
    let _turn = app.hub.turn(call).await;
    let standing = app.db.read(move |connection| page.standing(connection)).await;
    let same_device = match standing.map_err(|error| DriveError::NotWritten(error.to_string()))? {
        Standing::SameDevice => true,
        Standing::OtherDevice => false,
        Standing::Replaced => return Ok(None),
    };
    let input = Input::CallerConnected { call, same_device };
    let done = app.switchboard.drive_with(input, Some(Arc::new(page))).await?;
    let epoch = done.facts.iter().find_map(|fact| match fact.event {
        Event::CallerConnected { epoch, .. } => Some(epoch),
        // Only that fact numbers the socket.
        _ => None,
    });
    epoch.map(Some).ok_or(DriveError::Refused(Refusal::CallEnded))
}

async fn draw(app: &App, call: CallId) -> Option<ServerToCaller> {
    let (snapshot, now) = (app.switchboard.snapshot(), app.clock.now());
    let (seq, keys, ice) = (snapshot.head.seq, app.keys.clone(), app.config.ice.clone());
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
            log(error);
            None
        }
    }
}

struct Page {
    from: CallerSocket,
    /// State and place last told.
    told: Option<(CallState, Option<QueuePlace>)>,
    /// Nonce of the witness frame that this socket was asked for.
    asked: Option<String>,
}

impl Page {
    async fn ready(&mut self, line: &mut Line, consent: Option<Consent>) -> bool {
        let (call, keys, now) = (self.from.call, line.app.keys.clone(), line.app.clock.now());
        let given = consent.clone();
        let read = line.app.db.read(move |connection| {
            if let Some(consent) = given {
                return pages::knows_text(connection, &consent.text_version, now);
            }
            let case = cases::sql::read(connection, &keys, call)?;
            Ok(case.is_some_and(|stored| stored.case.consent.is_some())
                || pages::consented(connection, call)?)
        });
        match read.await.map_err(log) {
            Err(()) => return false,
            Ok(false) => {
                return line
                    .problem::<Self>(ErrorCode::ConsentMissing, "The customer has to agree first.")
                    .await;
            }
            Ok(true) => {}
        }
        let side = consent.map(|consent| Arc::new(GivenHere { call, consent }) as Arc<dyn Side>);
        match line.app.switchboard.drive_with(Input::CallerReady { from: self.from }, side).await {
            Ok(_) => true,
            Err(DriveError::Refused(refusal)) => self.refused(line, refusal).await,
            Err(error) => {
                tracing::warn!(%error, "a page's readiness was not taken");
                line.problem::<Self>(ErrorCode::Unavailable, "Not available now.").await
            }
        }
    }
}

impl End for Page {
    type In = CallerToServer;
    type Out = ServerToCaller;
    /// Ready, with the consent given on the page.
    type Own = Option<Consent>;
    const SENDER: Sender = Sender::Caller;

    fn sort(&self, frame: CallerToServer) -> Said<Option<Consent>> {
        let call = self.from.call;
        match frame {
            CallerToServer::Hello { .. } => Said::Hello,
            CallerToServer::Ping { sent_at } => Said::Ping(sent_at),
            CallerToServer::Ready { consent } => Said::Own(consent),
            CallerToServer::HangUp => Said::Ask(Box::new(Input::CallerHungUp { from: self.from })),
            CallerToServer::Heartbeat { assignment, media_age_ms } => {
                Said::Heartbeat(call, assignment, media_age_ms)
            }
            CallerToServer::Signal { assignment, n, signal } => Said::Signal(call, assignment, n, signal),
            CallerToServer::SignalAck { assignment, n } => Said::SignalAck(call, assignment, n),
        }
    }

    fn frame(told: Told) -> ServerToCaller {
        match told {
            Told::Pong { sent_at, now } => ServerToCaller::Pong { sent_at, now },
            Told::Heartbeat { assignment, media_age_ms, now, .. } => {
                ServerToCaller::Heartbeat { assignment, media_age_ms, now }
            }
            Told::Signal { assignment, n, signal, .. } => ServerToCaller::Signal { assignment, n, signal },
            Told::SignalAck { assignment, n, .. } => ServerToCaller::SignalAck { assignment, n },
            Told::Problem(problem) => ServerToCaller::Problem { problem },
        }
    }

    fn current(&self, snapshot: &Snapshot) -> Option<(CallId, u32)> {
        let status =
            snapshot.state.call(self.from.call).filter(|call| call.caller_epoch == self.from.epoch)?;
        match status.state {
            CallState::Connecting | CallState::InCall | CallState::Reconnecting => {
                status.assignment.map(|assignment| (self.from.call, assignment.assignment))
            }
            CallState::Preparing
            | CallState::Waiting
            | CallState::Offering
            | CallState::AwaitingEvidence
            | CallState::Ended => None,
        }
    }

    async fn show(&mut self, line: &mut Line) -> bool {
        let snapshot = line.app.switchboard.snapshot();
        if snapshot.state.call(self.from.call).is_some_and(|status| status.caller_epoch > self.from.epoch) {
            line.wire.send(&ServerToCaller::Replaced).await;
            return false;
        }
        let Some(frame) = draw(&line.app, self.from.call).await else { return false };
        if let ServerToCaller::View { view, .. } = &frame {
            self.told = Some((view.state, view.queue));
            line.shown = view.assignment.as_ref().map(|assignment| (self.from.call, assignment.n));
        }
        line.wire.send(&frame).await
    }

    /// While waiting, place and expected wait change with other calls and with the agents.
    async fn queue_moved(&mut self, line: &mut Line) -> bool {
        let place = line.app.switchboard.snapshot().place(self.from.call);
        match self.told {
            Some((CallState::Waiting, told)) if told != place => self.show(line).await,
            Some(_) | None => true,
        }
    }

    async fn own(&mut self, line: &mut Line, consent: Option<Consent>) -> bool {
        self.ready(line, consent).await
    }

    async fn refused(&mut self, line: &mut Line, refusal: Refusal) -> bool {
        let (code, detail) = match refusal {
            Refusal::EpochStale => {
                line.wire.send(&ServerToCaller::Replaced).await;
                return false;
            }
            Refusal::CallEnded | Refusal::CallUnknown => (ErrorCode::CallEnded, "The call is over."),
            Refusal::QueueFull => (ErrorCode::QueueFull, "Too many calls wait; try again."),
            _ => (ErrorCode::RequestInvalid, "Not possible now."),
        };
        line.problem::<Self>(code, detail).await
    }

    /// Another DTLS fingerprint than that of the offer before: perhaps another person. Told before it is kept,
    /// and both before the offer is stored, so that a crash in between repeats it rather than leaves it out.
    async fn signals(&mut self, line: &mut Line, call: CallId, assignment: u32, signal: &Signal) -> bool {
        let Signal::Offer { sdp, .. } = signal else { return true };
        let Some(fingerprint) = fingerprint::of(sdp) else { return true };
        let hash = line.app.keys.fingerprint(call, &fingerprint);
        let same = line.app.db.read(move |db| pages::is_same_fingerprint(db, call, hash)).await;
        let Ok(same) = same.map_err(log) else { return false };
        if !same {
            let status = line.app.switchboard.snapshot().state.call(call);
            let after = status.and_then(|status| status.assignment).map_or(0, |live| live.changes);
            let changed = Input::CallerChanged { call, assignment, after };
            match line.app.switchboard.drive(changed).await {
                Ok(_) => {}
                // The assignment is over and the offer goes nowhere: nobody was told of this fingerprint, so it is
                // still a new one.
                Err(DriveError::Refused(_)) => return true,
                Err(error) => {
                    tracing::warn!(%error, "a change of the caller was not written");
                    return false;
                }
            }
        }
        line.app.db.write(move |tx| pages::keep_fingerprint(tx, call, hash)).await.map_err(log).is_ok()
    }

    /// The frame of its own camera, if the workstation has asked for it and it is not here.
    async fn waits(&mut self, line: &mut Line, call: CallId, assignment: u32) -> bool {
        if !chinhchu_protocol::supports_witness(line.version) {
            return true;
        }
        let read = line.app.db.read(move |connection| witness::wanted(connection, call, assignment)).await;
        match read.map_err(log) {
            Err(()) => false,
            Ok(Some(nonce)) if self.asked.as_ref() != Some(&nonce) => {
                self.asked = Some(nonce.clone());
                line.wire.send(&ServerToCaller::Witness { assignment, nonce }).await
            }
            Ok(_) => true,
        }
    }

    fn leaves(&self, last_heard: Timestamp) -> Input {
        Input::CallerDisconnected { from: self.from, last_heard }
    }
}

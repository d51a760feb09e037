//! The workstation's conversation.

use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::{WebSocket, WebSocketUpgrade};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use chinhchu_protocol::agent::{AgentToServer, ServerToAgent, SessionCloseReason, WantedStatus};
use chinhchu_protocol::call::CallState;
use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::problem::{ErrorCode, Problem};
use chinhchu_routing::{Activity, AgentSocket, Event, Input, Refusal};
use tokio::sync::watch;

use super::mailbox::{Mailbox, Sender};
use super::origin;
use super::wire::{HELLO_TIME, Incoming, Wire, sized};
use crate::agents::{AgentSession, sql};
use crate::http::{ApiError, App};
use crate::store::StoreError;
use crate::switchboard::DriveError;
use crate::views;

/// Changes of the queue are shown at most this often.
const QUEUE_PAUSE: Duration = Duration::from_millis(500);

/// `GET /v1/agent/socket`.
pub async fn upgrade(
    State(app): State<App>,
    session: AgentSession,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if !origin::allowed(&app, &headers) {
        return ApiError::forbidden("Open this socket from the workstation.").into_response();
    }
    let Some(place) = app.hub.place() else {
        return ApiError::new(ErrorCode::Unavailable, "Too many connections.").retry_after(5).into_response();
    };
    sized(upgrade).on_upgrade(move |socket| async move {
        converse(app, session, socket).await;
        drop(place);
    })
}

async fn converse(app: App, session: AgentSession, socket: WebSocket) {
    let mut wire = Wire::new(socket, app.clock.clone());
    let hello = tokio::time::timeout(HELLO_TIME, wire.next::<AgentToServer>()).await;
    match hello {
        Ok(Incoming::Frame(AgentToServer::Hello { .. })) => {}
        Ok(Incoming::Gone) => return,
        Ok(_) | Err(_) => return refuse(wire, ErrorCode::RequestInvalid, "Say hello first.").await,
    }
    let (agent, id) = (session.agent.agent_id, session.session_id);
    let done = match app.switchboard.drive(Input::AgentConnected { agent, session: id }).await {
        Ok(done) => done,
        Err(DriveError::Refused(_)) => {
            let reason = close_reason(&app, &session).await;
            wire.send(&ServerToAgent::SessionClosed { reason }).await;
            return wire.close().await;
        }
        Err(error) => {
            tracing::warn!(%error, "a workstation could not connect");
            return refuse(wire, ErrorCode::Unavailable, "Not available now.").await;
        }
    };
    let epoch = done.facts.iter().find_map(|fact| match fact.event {
        Event::AgentConnected { epoch, .. } => Some(epoch),
        // Only that fact numbers the socket.
        _ => None,
    });
    let Some(epoch) = epoch else { return refuse(wire, ErrorCode::Internal, "The server failed.").await };
    let (changes, queues) = (app.switchboard.topics().agent(agent), app.switchboard.topics().queues());
    let from = AgentSocket { agent, session: id, epoch };
    Workstation { app, session, wire, from, changes, queues, mail: None, sent: None, told_queue: 0 }
        .run()
        .await;
}

async fn refuse(mut wire: Wire, code: ErrorCode, detail: &str) {
    wire.send(&ServerToAgent::Problem { problem: Problem::new(code, detail) }).await;
    wire.close().await;
}

async fn close_reason(app: &App, session: &AgentSession) -> SessionCloseReason {
    let id = session.session_id;
    let read: Result<_, StoreError> = app.db.read(move |connection| sql::closed(connection, id)).await;
    read.ok().flatten().unwrap_or(SessionCloseReason::Forced)
}

struct Workstation {
    app: App,
    session: AgentSession,
    wire: Wire,
    from: AgentSocket,
    changes: watch::Receiver<u64>,
    queues: watch::Receiver<u64>,
    /// Signals of the call at hand.
    mail: Option<(CallId, watch::Receiver<u64>)>,
    /// Call, assignment, and the last of its signals sent here.
    sent: Option<(CallId, u32, u32)>,
    /// Depth of the queue last told.
    told_queue: u32,
}

impl Workstation {
    async fn run(mut self) {
        self.changes.mark_unchanged();
        let mut open = self.show().await && self.deliver().await;
        let mut look_at_queue = tokio::time::interval(QUEUE_PAUSE);
        while open {
            let closing = self.app.hub.closing.clone();
            open = tokio::select! {
                incoming = self.wire.next::<AgentToServer>() => match incoming {
                    Incoming::Frame(frame) => self.take(frame).await,
                    Incoming::Unreadable => self.problem(ErrorCode::RequestInvalid, "This frame cannot be read.").await,
                    Incoming::TooMany => {
                        self.problem(ErrorCode::RateLimited, "Too many frames.").await;
                        false
                    }
                    Incoming::Gone => false,
                },
                changed = self.changes.changed() => changed.is_ok() && self.show().await && self.deliver().await,
                () = mail_came(&mut self.mail) => self.deliver().await,
                _ = look_at_queue.tick() => self.queue_moved().await,
                () = closing.cancelled() => false,
            };
        }
        let input = Input::AgentDisconnected { from: self.from, last_heard: self.wire.last_heard };
        self.app.switchboard.leave(input).await;
        self.wire.close().await;
    }

    /// Sends the view; false if the session or this socket of it is over.
    async fn show(&mut self) -> bool {
        let (agent, now) = (self.from.agent, self.app.clock.now());
        let snapshot = self.app.switchboard.snapshot();
        let standing = snapshot.state.agent(agent).and_then(|status| status.session);
        let Some(standing) = standing.filter(|standing| standing.session == self.from.session) else {
            let reason = close_reason(&self.app, &self.session).await;
            self.wire.send(&ServerToAgent::SessionClosed { reason }).await;
            return false;
        };
        if standing.epoch > self.from.epoch {
            return false;
        }
        let (seq, depth) =
            (snapshot.head.seq, snapshot.state.queue_summary(&self.session.agent.company).depth);
        let (keys, ice) = (self.app.keys.clone(), self.app.config.ice_servers.clone());
        let read = self
            .app
            .db
            .read(move |connection| views::agent::view(connection, &keys, &snapshot, &ice, agent, now));
        let Ok(Some(view)) = read.await.map_err(log) else { return false };
        self.told_queue = depth;
        let incarnation = self.app.switchboard.incarnation();
        self.wire.send(&ServerToAgent::View { incarnation, seq, now, view }).await
    }

    async fn queue_moved(&mut self) -> bool {
        if !self.queues.has_changed().unwrap_or(false) {
            return true;
        }
        self.queues.mark_unchanged();
        let depth = self.app.switchboard.snapshot().state.queue_summary(&self.session.agent.company).depth;
        depth == self.told_queue || self.show().await
    }

    /// Sends what the page has signalled and the workstation has not acknowledged.
    async fn deliver(&mut self) -> bool {
        let Some((call, assignment)) = self.current() else {
            (self.mail, self.sent) = (None, None);
            return true;
        };
        if self.mail.as_ref().is_none_or(|(of, _)| *of != call) {
            self.mail = Some((call, self.app.hub.mail(call)));
        }
        let (mine, theirs) = boxes(call, assignment);
        let after = match self.sent {
            Some((of, number, n)) if (of, number) == (call, assignment) => n,
            Some(_) | None => {
                let Ok(n) = self.app.db.read(move |connection| mine.stored(connection)).await.map_err(log)
                else {
                    return false;
                };
                if !self.wire.send(&ServerToAgent::SignalAck { call_id: call, assignment, n }).await {
                    return false;
                }
                0
            }
        };
        let Ok(waiting) =
            self.app.db.read(move |connection| theirs.waiting(connection, after)).await.map_err(log)
        else {
            return false;
        };
        self.sent = Some((call, assignment, after));
        for (n, signal) in waiting {
            if !self.wire.send(&ServerToAgent::Signal { call_id: call, assignment, n, signal }).await {
                return false;
            }
            self.sent = Some((call, assignment, n));
        }
        true
    }

    async fn take(&mut self, frame: AgentToServer) -> bool {
        let from = self.from;
        let input = match frame {
            AgentToServer::Hello { .. } => {
                return self.problem(ErrorCode::RequestInvalid, "Hello was said.").await;
            }
            AgentToServer::Ping { sent_at } => {
                let now = self.app.clock.now();
                return self.wire.send(&ServerToAgent::Pong { sent_at, now }).await;
            }
            AgentToServer::SignalAck { call_id, assignment, n } => {
                return self.acknowledge(call_id, assignment, n).await;
            }
            AgentToServer::Signal { call_id, assignment, n, signal } => {
                if self.current() != Some((call_id, assignment)) {
                    return true;
                }
                let (mine, _) = boxes(call_id, assignment);
                let Ok(n) = self.app.db.write(move |tx| mine.put(tx, n, &signal)).await.map_err(log) else {
                    return false;
                };
                self.app.hub.mail_came(call_id);
                return self.wire.send(&ServerToAgent::SignalAck { call_id, assignment, n }).await;
            }
            AgentToServer::Heartbeat { call_id, assignment, media_age_ms } => {
                if self.current() == Some((call_id, assignment)) {
                    self.app.switchboard.agent_heartbeat(call_id, assignment, media_age_ms);
                }
                return true;
            }
            AgentToServer::Compared { .. } => {
                return self.problem(ErrorCode::RequestInvalid, "Not possible now.").await;
            }
            AgentToServer::SetStatus { status } => Input::SetStatus { from, status },
            AgentToServer::Rang { call_id: call, offer, proof } => Input::Rang { from, call, offer, proof },
            AgentToServer::Accept { call_id: call, offer } => Input::Accept { from, call, offer },
            AgentToServer::Decline { call_id: call, offer } => Input::Decline { from, call, offer },
            AgentToServer::Pass { call_id: call, offer } => Input::Pass { from, call, offer },
            AgentToServer::VerdictSealed { call_id: call, assignment, decision, manifest_sha256 } => {
                if !is_hash(&manifest_sha256) {
                    return self.problem(ErrorCode::RequestInvalid, "Not a hash.").await;
                }
                Input::VerdictSealed { from, call, assignment, decision, manifest_sha256 }
            }
            AgentToServer::WrapUpDone => Input::WrapUpDone { from },
        };
        self.drive(input).await
    }

    async fn acknowledge(&mut self, call: CallId, assignment: u32, n: u32) -> bool {
        if self.current() != Some((call, assignment)) {
            return true;
        }
        let (_, theirs) = boxes(call, assignment);
        self.app.db.write(move |tx| theirs.acknowledge(tx, n)).await.map_err(log).is_ok()
    }

    async fn drive(&mut self, input: Input) -> bool {
        if let Input::SetStatus { status: WantedStatus::Paused { reason }, .. } = &input
            && (reason.is_empty() || reason.len() > 32)
        {
            let detail = "The reason is a code of at most 32 characters.";
            return self.problem(ErrorCode::RequestInvalid, detail).await;
        }
        match self.app.switchboard.drive(input).await {
            Ok(_) => true,
            // The view that follows (or the next round of `show`) tells what holds instead.
            Err(DriveError::Refused(Refusal::EpochStale)) => false,
            Err(DriveError::Refused(Refusal::SessionStale)) => self.show().await,
            Err(DriveError::Refused(
                Refusal::CallEnded | Refusal::CallUnknown | Refusal::OfferOver | Refusal::AssignmentOver,
            )) => self.problem(ErrorCode::CallEnded, "That offer or call is over.").await,
            Err(DriveError::Refused(Refusal::VerdictDiffers)) => {
                self.problem(ErrorCode::EvidenceConflict, "Another verdict stands for this assignment.").await
            }
            Err(DriveError::Refused(_)) => self.problem(ErrorCode::RequestInvalid, "Not possible now.").await,
            Err(error) => {
                tracing::warn!(%error, "a workstation's input was not taken");
                self.problem(ErrorCode::Unavailable, "Not available now.").await
            }
        }
    }

    /// Call and assignment for which this agent negotiates media.
    fn current(&self) -> Option<(CallId, u32)> {
        let snapshot = self.app.switchboard.snapshot();
        let activity = snapshot.state.agent(self.from.agent)?.activity;
        let Activity::OnCall { call, assignment } = activity else { return None };
        let state = snapshot.state.call(call)?.state;
        let negotiates = matches!(state, CallState::Connecting | CallState::InCall | CallState::Reconnecting);
        negotiates.then_some((call, assignment))
    }

    async fn problem(&mut self, code: ErrorCode, detail: &str) -> bool {
        self.wire.send(&ServerToAgent::Problem { problem: Problem::new(code, detail) }).await
    }
}

async fn mail_came(mail: &mut Option<(CallId, watch::Receiver<u64>)>) {
    if let Some((_, receiver)) = mail
        && receiver.changed().await.is_ok()
    {
        return;
    }
    std::future::pending::<()>().await;
}

fn boxes(call: CallId, assignment: u32) -> (Mailbox, Mailbox) {
    let of = |sender| Mailbox { call, assignment, sender };
    (of(Sender::Agent), of(Sender::Caller))
}

fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn log(error: StoreError) {
    tracing::error!(%error, "the store failed a workstation");
}

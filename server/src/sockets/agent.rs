//! The workstation's end.

use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::http::HeaderMap;
use axum::response::Response;
use chinhchu_protocol::agent::{
    AgentActivity, AgentToServer, AgentView, ServerToAgent, SessionCloseReason, WantedStatus,
};
use chinhchu_protocol::call::CallState;
use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::problem::ErrorCode;
use chinhchu_protocol::signal::Signal;
use chinhchu_protocol::time::Timestamp;
use chinhchu_protocol::workstation::WorkstationState;
use chinhchu_routing::{Activity, AgentSocket, Event, Input, Refusal};

use super::conversation::{Conversation, End, Line, Said, Told, ask, log, open};
use super::mailbox::Sender;
use crate::agents::{AgentSession, AtWork, sql};
use crate::evidence::witness;
use crate::http::App;
use crate::store::StoreError;
use crate::switchboard::{DriveError, Snapshot};
use crate::{views, workstations};

/// `GET /v1/agent/socket`.
pub async fn upgrade(
    State(app): State<App>,
    AtWork(session): AtWork,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    open::<Workstation, _, _>(app, &headers, upgrade, move |line, hello| converse(line, session, hello))
}

async fn converse(mut line: Line, session: AgentSession, hello: AgentToServer) {
    let AgentToServer::Hello { version, .. } = hello else {
        return line.refuse::<Workstation>(ErrorCode::RequestInvalid, "Say hello first.").await;
    };
    line.version = version;
    let (agent, id) = (session.agent.agent_id, session.session_id);
    let done = match line.app.switchboard.drive(Input::AgentConnected { agent, session: id }).await {
        Ok(done) => done,
        Err(DriveError::Refused(_)) => {
            let reason = close_reason(&line.app, &session).await;
            line.wire.send(&ServerToAgent::SessionClosed { reason }).await;
            return line.wire.close().await;
        }
        Err(error) => {
            tracing::warn!(%error, "a workstation could not connect");
            return line.refuse::<Workstation>(ErrorCode::Unavailable, "Not available now.").await;
        }
    };
    let epoch = done.facts.iter().find_map(|fact| match fact.event {
        Event::AgentConnected { epoch, .. } => Some(epoch),
        // Only that fact numbers the socket.
        _ => None,
    });
    let Some(epoch) = epoch else {
        return line.refuse::<Workstation>(ErrorCode::Internal, "The server failed.").await;
    };
    let changes = line.app.switchboard.topics().agent(agent);
    let from = AgentSocket { agent, session: id, epoch };
    Conversation::new(line, Workstation { session, from, told_queue: 0 }, changes).run().await;
}

async fn close_reason(app: &App, session: &AgentSession) -> SessionCloseReason {
    let id = session.session_id;
    let read: Result<_, StoreError> = app.db.read(move |connection| sql::closed(connection, id)).await;
    read.ok().flatten().unwrap_or(SessionCloseReason::Forced)
}

/// What only a workstation says.
enum Own {
    /// What needs an approved workstation.
    Work(Box<Input>),
    /// The page shall take its witness frame.
    Witness { call: CallId, assignment: u32, nonce: String },
}

struct Workstation {
    session: AgentSession,
    from: AgentSocket,
    /// Depth of the queue last told.
    told_queue: u32,
}

impl Workstation {
    fn depth(&self, snapshot: &Snapshot) -> u32 {
        snapshot.state.queue_summary(&self.session.agent.company).depth
    }

    /// Hands an input to the core if the workstation may verify.
    async fn work(&mut self, line: &mut Line, input: Input) -> bool {
        let id = self.session.session_id;
        let read = line.app.db.read(move |c| workstations::sql::state_of_session(c, id));
        let Ok(state) = read.await.map_err(log) else { return false };
        match workstations::refusal(state) {
            None => ask(self, line, input).await,
            Some((code, detail)) => line.problem::<Self>(code, detail).await,
        }
    }

    /// A workstation that may not verify (any more) gets no calls: its agent is paused, now or after the ring
    /// or call at hand.
    async fn rest(&self, app: &App, view: &AgentView) {
        let works = match &view.activity {
            AgentActivity::Paused { .. } => false,
            AgentActivity::Available { .. }
            | AgentActivity::Ringing { .. }
            | AgentActivity::Connecting { .. }
            | AgentActivity::InCall { .. }
            | AgentActivity::Reconnecting { .. }
            | AgentActivity::WrapUp { .. } => true,
        };
        if works && view.workstation != WorkstationState::Approved {
            let status = WantedStatus::Paused { reason: workstations::PAUSE.to_owned() };
            match app.switchboard.drive(Input::SetStatus { from: self.from, status }).await {
                Ok(_) | Err(DriveError::Refused(_)) => {}
                Err(error) => tracing::warn!(%error, "an agent without a workstation was not paused"),
            }
        }
    }

    fn input(&self, frame: AgentToServer) -> Said<Own> {
        let from = self.from;
        Said::Ask(Box::new(match frame {
            AgentToServer::Hello { .. } => return Said::Hello,
            AgentToServer::Ping { sent_at } => return Said::Ping(sent_at),
            AgentToServer::SignalAck { call_id, assignment, n } => {
                return Said::SignalAck(call_id, assignment, n);
            }
            AgentToServer::Signal { call_id, assignment, n, signal } => {
                return Said::Signal(call_id, assignment, n, signal);
            }
            AgentToServer::Heartbeat { call_id, assignment, media_age_ms } => {
                return Said::Heartbeat(call_id, assignment, media_age_ms);
            }
            AgentToServer::Compared { call_id: call, assignment, change } => {
                Input::Compared { from, call, assignment, change }
            }
            AgentToServer::SetStatus { status: WantedStatus::Paused { reason } }
                if reason.is_empty() || reason.len() > 32 =>
            {
                return Said::Wrong("The reason is a code of at most 32 characters.");
            }
            AgentToServer::SetStatus { status: WantedStatus::Available } => {
                let status = WantedStatus::Available;
                return Said::Own(Own::Work(Box::new(Input::SetStatus { from, status })));
            }
            AgentToServer::SetStatus { status } => Input::SetStatus { from, status },
            AgentToServer::Rang { call_id: call, offer, proof } => Input::Rang { from, call, offer, proof },
            AgentToServer::Accept { call_id: call, offer } => {
                return Said::Own(Own::Work(Box::new(Input::Accept { from, call, offer })));
            }
            AgentToServer::Decline { call_id: call, offer } => Input::Decline { from, call, offer },
            AgentToServer::Pass { call_id: call, offer } => Input::Pass { from, call, offer },
            AgentToServer::VerdictSealed { call_id: call, assignment, decision, manifest_sha256 } => {
                if !is_hash(&manifest_sha256) {
                    return Said::Wrong("Not a hash.");
                }
                Input::VerdictSealed { from, call, assignment, decision, manifest_sha256 }
            }
            AgentToServer::Witness { nonce, .. } if !witness::is_nonce(&nonce) => {
                return Said::Wrong("The nonce has 32 hex digits.");
            }
            AgentToServer::Witness { call_id: call, assignment, nonce } => {
                return Said::Own(Own::Witness { call, assignment, nonce });
            }
            AgentToServer::WrapUpDone => Input::WrapUpDone { from },
            AgentToServer::GiveUp { call_id: call, assignment, reason } => {
                Input::GivenUp { from, call, assignment, reason }
            }
        }))
    }
}

impl End for Workstation {
    type In = AgentToServer;
    type Out = ServerToAgent;
    type Own = Own;
    const SENDER: Sender = Sender::Agent;

    fn sort(&self, frame: AgentToServer) -> Said<Own> {
        self.input(frame)
    }

    fn frame(told: Told) -> ServerToAgent {
        match told {
            Told::Pong { sent_at, now } => ServerToAgent::Pong { sent_at, now },
            Told::Heartbeat { call: call_id, assignment, media_age_ms, now } => {
                ServerToAgent::Heartbeat { call_id, assignment, media_age_ms, now }
            }
            Told::Signal { call: call_id, assignment, n, signal } => {
                ServerToAgent::Signal { call_id, assignment, n, signal }
            }
            Told::SignalAck { call: call_id, assignment, n } => {
                ServerToAgent::SignalAck { call_id, assignment, n }
            }
            Told::Problem(problem) => ServerToAgent::Problem { problem },
        }
    }

    fn current(&self, snapshot: &Snapshot) -> Option<(CallId, u32)> {
        let status = snapshot.state.agent(self.from.agent)?;
        let newest = status
            .session
            .is_some_and(|session| (session.session, session.epoch) == (self.from.session, self.from.epoch));
        let Activity::OnCall { call, assignment } = status.activity else { return None };
        let state = snapshot.state.call(call)?.state;
        let negotiates = matches!(state, CallState::Connecting | CallState::InCall | CallState::Reconnecting);
        (newest && negotiates).then_some((call, assignment))
    }

    async fn show(&mut self, line: &mut Line) -> bool {
        let (agent, now, app) = (self.from.agent, line.app.clock.now(), line.app.clone());
        let snapshot = app.switchboard.snapshot();
        let standing = snapshot.state.agent(agent).and_then(|status| status.session);
        let Some(standing) = standing.filter(|standing| standing.session == self.from.session) else {
            let reason = close_reason(&app, &self.session).await;
            line.wire.send(&ServerToAgent::SessionClosed { reason }).await;
            return false;
        };
        if standing.epoch > self.from.epoch {
            return false;
        }
        let (seq, depth, shown) = (snapshot.head.seq, self.depth(&snapshot), self.current(&snapshot));
        let (keys, ice, session) = (app.keys.clone(), app.config.ice.clone(), self.session.clone());
        let read = app
            .db
            .read(move |connection| views::agent::view(connection, &keys, &snapshot, &ice, &session, now));
        let Ok(Some(view)) = read.await.map_err(log) else { return false };
        (self.told_queue, line.shown) = (depth, shown);
        self.rest(&app, &view).await;
        let incarnation = app.switchboard.incarnation();
        line.wire.send(&ServerToAgent::View { incarnation, seq, now, view }).await
    }

    async fn queue_moved(&mut self, line: &mut Line) -> bool {
        self.depth(&line.app.switchboard.snapshot()) == self.told_queue || self.show(line).await
    }

    async fn own(&mut self, line: &mut Line, own: Own) -> bool {
        match own {
            Own::Work(input) => self.work(line, *input).await,
            Own::Witness { call, assignment, nonce } => {
                if self.current(&line.app.switchboard.snapshot()) != Some((call, assignment)) {
                    return true;
                }
                let (app, now) = (line.app.clone(), line.app.clock.now());
                let asked = app.db.write(move |tx| witness::ask(tx, call, assignment, &nonce, now)).await;
                let Ok(()) = asked.map_err(log) else { return false };
                app.hub.mail_came(call);
                true
            }
        }
    }

    async fn refused(&mut self, line: &mut Line, refusal: Refusal) -> bool {
        let (code, detail) = match refusal {
            // The view that follows (or the next round of `show`) tells what holds instead.
            Refusal::EpochStale => return false,
            Refusal::SessionStale => return self.show(line).await,
            Refusal::CallEnded | Refusal::CallUnknown | Refusal::OfferOver | Refusal::AssignmentOver => {
                (ErrorCode::CallEnded, "That offer or call is over.")
            }
            Refusal::VerdictDiffers => {
                (ErrorCode::EvidenceConflict, "Another verdict stands for this assignment.")
            }
            _ => (ErrorCode::RequestInvalid, "Not possible now."),
        };
        line.problem::<Self>(code, detail).await
    }

    async fn signals(&mut self, _line: &mut Line, _call: CallId, _assignment: u32, _signal: &Signal) -> bool {
        true
    }

    async fn waits(&mut self, _line: &mut Line, _call: CallId, _assignment: u32) -> bool {
        true
    }

    fn leaves(&self, last_heard: Timestamp) -> Input {
        Input::AgentDisconnected { from: self.from, last_heard }
    }
}

fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

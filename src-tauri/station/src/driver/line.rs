//! What the link reports, as inputs of the session.

use chinhchu_protocol::agent::{ServerToAgent, SessionCloseReason};

use super::{Driver, Report, tasks};
use crate::link::socket::LinkEvent;
use crate::session::{CallKey, Input};

impl Driver {
    pub(super) async fn link(&mut self, event: LinkEvent) {
        match event {
            LinkEvent::Open => {
                self.line_is_back().await;
                self.input(Input::SocketOpen);
            }
            LinkEvent::Closed => self.input(Input::SocketClosed),
            LinkEvent::Measured { round_trip_ms, clock_offset_ms } => {
                self.input(Input::LinkMeasured { round_trip_ms, clock_offset_ms });
            }
            LinkEvent::Unauthorized => self.ask_why(),
            LinkEvent::Frame { frame, heard_mono_ms } => self.frame(*frame, heard_mono_ms),
        }
    }

    fn frame(&mut self, frame: ServerToAgent, heard_mono_ms: u64) {
        let key = |call_id, assignment| CallKey { call_id, assignment };
        let input = match frame {
            ServerToAgent::View { incarnation, seq, now, view } => {
                Input::View { incarnation, seq, now, heard_mono_ms, view: Box::new(view) }
            }
            ServerToAgent::Signal { call_id, assignment, n, signal } => {
                Input::Signal { key: key(call_id, assignment), n, signal }
            }
            ServerToAgent::SignalAck { call_id, assignment, n } => {
                Input::SignalAck { key: key(call_id, assignment), n }
            }
            ServerToAgent::Heartbeat { call_id, assignment, media_age_ms, now: _ } => {
                Input::Heartbeat { key: key(call_id, assignment), media_age_ms }
            }
            ServerToAgent::SessionClosed { reason } => Input::SessionClosed { reason },
            ServerToAgent::Problem { problem } => {
                tracing::warn!(code = problem.code.name(), "the server did not take a frame");
                return;
            }
            ServerToAgent::Pong { .. } => return, // Taken by the link itself.
        };
        self.input(input);
    }

    /// The socket was refused for its token: the other interface knows why, and the screen tells it.
    fn ask_why(&mut self) {
        let (Some(api), Some(session)) = (self.api.clone(), self.signed_in.borrow().clone()) else {
            self.input(Input::SessionClosed { reason: SessionCloseReason::Expired });
            return;
        };
        self.spawn(async move {
            let reason = tasks::why_closed(&api, &session.session_token).await;
            Report::Closed { session_id: session.session_id, reason }
        });
    }

    /// Whatever waits for the network is due at once.
    async fn line_is_back(&self) {
        if let Some(outbox) = self.outbox.clone() {
            let due = tokio::task::spawn_blocking(move || outbox.all_due()).await;
            if !matches!(due, Ok(Ok(()))) {
                tracing::warn!("the outbox could not be told that the line is back");
            }
        }
        self.wake.notify_one();
    }
}

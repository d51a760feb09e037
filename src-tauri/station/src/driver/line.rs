//! What the link reports, as inputs of the session.

use chinhchu_protocol::agent::{ServerToAgent, SessionCloseReason};
use chinhchu_protocol::problem::ErrorCode;

use super::{Driver, Look, Report, tasks};
use crate::link::socket::LinkEvent;
use crate::outbox::Summary;
use crate::session::{CallKey, Input};

impl Driver {
    pub(super) fn link(&mut self, event: LinkEvent) {
        match event {
            LinkEvent::Open => {
                self.input(Input::SocketOpen);
                self.line_is_back();
            }
            LinkEvent::Closed => self.input(Input::SocketClosed),
            LinkEvent::Measured { round_trip_ms, clock_offset_ms, offset_rtt_ms } => {
                self.input(Input::LinkMeasured { round_trip_ms, clock_offset_ms, offset_rtt_ms });
            }
            LinkEvent::Unauthorized => self.ask_why(),
            LinkEvent::Frame { frame, heard_mono_ms } => self.frame(*frame, heard_mono_ms),
        }
    }

    fn frame(&mut self, frame: ServerToAgent, heard_mono_ms: u64) {
        let key = |call_id, assignment| CallKey { call_id, assignment };
        let input = match frame {
            ServerToAgent::View { incarnation, seq, now, view } => {
                self.server_is(incarnation);
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
                // Any other no is final: the same frame again would come to the same.
                if !matches!(problem.code, ErrorCode::Unavailable | ErrorCode::RateLimited) {
                    return;
                }
                Input::NotTaken
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

    /// Tells the outbox which server this is: one that was restored may have lost what it has signed for.
    fn server_is(&mut self, incarnation: u32) {
        let Some(outbox) = self.outbox.clone().filter(|_| self.incarnation != Some(incarnation)) else {
            return;
        };
        self.incarnation = Some(incarnation);
        let (wake, changed) = (self.wake.clone(), self.changed.clone());
        let (server, now) = (self.around.server_url.clone(), self.ports.clock.now().wall);
        tokio::task::spawn_blocking(move || match outbox.server_is(&server, incarnation, now) {
            Ok(0) => {}
            Ok(again) => {
                tracing::warn!(
                    again,
                    "the server was restored from a backup: what it may have lost is sent again"
                );
                wake.notify_one();
                changed.notify_one();
            }
            Err(error) => tracing::error!(?error, "which server it is cannot be written down"),
        });
    }

    /// Whatever waits for the network is due at once. Beside the driver: the disk may be slow.
    fn line_is_back(&self) {
        let wake = self.wake.clone();
        let Some(outbox) = self.outbox.clone() else { return };
        tokio::task::spawn_blocking(move || {
            if let Err(error) = outbox.all_due() {
                tracing::warn!(?error, "the outbox could not be told that the line is back");
            }
            wake.notify_one();
        });
    }

    /// Reads the outbox for the screen, beside the driver: while a seal is being synced the file is busy, and the
    /// call's heartbeats must not wait for it. One look at a time; what changes meanwhile is looked at afterwards.
    pub(super) fn look_at_outbox(&mut self) {
        if self.look != Look::Idle {
            self.look = Look::Overtaken;
            return;
        }
        let Some(outbox) = self.outbox.clone() else {
            self.open_again();
            return;
        };
        self.look = Look::Reading;
        let (clock, place) = (self.ports.clock.clone(), self.place.clone());
        self.spawn(async move { Report::Outbox(super::begin::summary(outbox, &place, &clock).await) });
    }

    pub(super) fn outbox_looked_at(&mut self, summary: Option<Summary>) {
        let again = std::mem::replace(&mut self.look, Look::Idle) == Look::Overtaken;
        self.forget_if_delivered();
        if let Some(Summary { picture, history, full, unacknowledged }) = summary {
            self.session.remember_sealed(unacknowledged);
            self.input(Input::Outbox { picture, history, full });
        }
        if again {
            self.look_at_outbox();
        }
    }
}

//! Time: what falls due, and spans that don't count.

use chinhchu_protocol::agent::LostSide;
use chinhchu_protocol::call::EndReason;
use chinhchu_protocol::ids::{AgentId, CallId};
use chinhchu_protocol::time::Timestamp;

use super::{Draft, Rules};
use crate::agent::Link;
use crate::call::{Assignment, Contact, Line, Offer, Stage};
use crate::fact::{Event, OfferOutcome};
use crate::pause;
use crate::refusal::Refusal;
use crate::settings::Settings;
use crate::state::Subject;
use crate::status::Activity;

/// A tick fires no more deadlines than this; the rest is due at once again. A limit on everything.
const MAX_FIRED: usize = 10_000;

impl Draft<'_> {
    pub(super) fn tick(&mut self) {
        for _ in 0..MAX_FIRED {
            match self.state.first_deadline().filter(|(at, _)| *at <= self.now) {
                Some((_, Subject::Call(id))) => self.call_due(id),
                Some((_, Subject::Agent(id))) => self.agent_due(id),
                None => break,
            }
        }
    }

    fn is_due(&self, at: Timestamp) -> bool {
        at <= self.now
    }

    fn call_due(&mut self, id: CallId) {
        let Ok(call) = self.live(id) else { return };
        let away_for_too_long = call.caller.away_until().is_some_and(|at| self.is_due(at));
        match call.stage.clone() {
            Stage::Preparing { .. } => self.end(id, EndReason::Cancelled),
            Stage::Waiting { line } => self.waiting_due(id, &line, away_for_too_long),
            Stage::Offering { .. } if away_for_too_long => {
                self.close_offer(id, OfferOutcome::CallerAway);
                self.end(id, EndReason::CallerLost);
            }
            Stage::Offering { offer, .. } => self.offer_due(id, &offer),
            Stage::Assigned { assignment } if self.is_due(assignment.end_by) => {
                self.length_due(id, &assignment);
            }
            Stage::Assigned { assignment } => self.contact_due(id, &assignment),
            Stage::AwaitingEvidence { .. } => self.end(id, EndReason::Failed),
        }
    }

    fn waiting_due(&mut self, id: CallId, line: &Line, away_for_too_long: bool) {
        if away_for_too_long {
            self.end(id, EndReason::CallerLost);
        } else if self.is_due(line.wait_until) {
            let sends_away =
                self.state.settings.get(&line.serving).is_some_and(|it| !it.serve_queue_after_close);
            if sends_away && !line.front {
                self.tell_if_closed(id, &line.serving);
            }
            self.end(id, if line.front { EndReason::AgentLost } else { EndReason::NoAgent });
        } else if let Ok(call) = self.live(id) {
            let due = |until: Option<Timestamp>| until.is_some_and(|until| self.is_due(until));
            let spared: Vec<AgentId> =
                call.spared.iter().filter(|(_, spared)| due(spared.until)).map(|(agent, _)| *agent).collect();
            for agent in spared {
                self.emit(Event::AgentSparedEnough { call: id, agent });
            }
            let now = self.now;
            for step in line.overflow.iter().filter(|step| step.at <= now) {
                self.emit(Event::CallOverflowed { call: id, to: step.to.clone() });
            }
        }
    }

    fn offer_due(&mut self, id: CallId, offer: &Offer) {
        let connected = self.is_connected(offer.agent);
        let outcome = match (connected, offer.rang) {
            (false, _) => OfferOutcome::AgentAway,
            (true, false) => OfferOutcome::NeverRang,
            (true, true) => OfferOutcome::Missed,
        };
        self.close_offer(id, outcome);
    }

    fn is_connected(&self, agent: AgentId) -> bool {
        self.state.agents.get(&agent).is_some_and(crate::agent::Agent::is_connected)
    }

    /// The longest length. If the agent can't be heard, its verdict may lie sealed on its disk.
    fn length_due(&mut self, id: CallId, live: &Assignment) {
        if live.media_since.is_some() && !self.is_connected(live.agent) {
            self.conversation_over(id, live);
        } else {
            self.end(id, EndReason::Failed);
            self.release(live.agent, id, Some(EndReason::Failed), false);
        }
    }

    fn contact_due(&mut self, id: CallId, live: &Assignment) {
        match (live.contact, live.media_since) {
            (Contact::Flowing, _) => {}
            (Contact::Connecting { .. }, _) | (Contact::Unwitnessed { .. }, None) => {
                self.end(id, EndReason::Failed);
                self.release(live.agent, id, Some(EndReason::Failed), true);
            }
            (Contact::Lost { side: LostSide::Caller, .. }, _) => {
                self.end(id, EndReason::CallerLost);
                self.release(live.agent, id, Some(EndReason::CallerLost), true);
            }
            (Contact::Lost { side: LostSide::Agent, .. }, _) => {
                self.void(id);
                self.pause_lost(live.agent);
            }
            (Contact::Unwitnessed { .. }, Some(_)) => self.conversation_over(id, live),
        }
    }

    fn conversation_over(&mut self, id: CallId, live: &Assignment) {
        let Ok(call) = self.live(id) else { return };
        let evidence_by = self.after(self.state.settings_of(&call.company).evidence_ms);
        self.emit(Event::ConversationOver { call: id, assignment: live.number, evidence_by });
        self.release(live.agent, id, None, false);
    }

    fn agent_due(&mut self, id: AgentId) {
        let Some(agent) = self.state.agents.get(&id) else { return };
        let link = agent.session.as_ref().map_or(Link::Never, |session| session.link);
        let gone = link.away_until().is_some_and(|at| self.is_due(at));
        match agent.activity.clone() {
            Activity::Ringing { call, .. } if gone => {
                self.close_offer(call, OfferOutcome::AgentAway);
                self.pause_lost(id);
            }
            Activity::Available { .. } | Activity::WrapUp { .. } if gone => self.pause_lost(id),
            Activity::WrapUp { .. } => self.end_wrap_up(id),
            Activity::Available { .. }
            | Activity::Ringing { .. }
            | Activity::SignedOut
            | Activity::Paused { .. }
            | Activity::OnCall { .. } => {}
        }
    }

    fn pause_lost(&mut self, id: AgentId) {
        let Some(agent) = self.state.agents.get(&id) else { return };
        if matches!(agent.activity, Activity::Paused { .. }) && self.rules() != Rules::V1 {
            // By its own wish, as the ring closed.
            return;
        }
        let reason = self.pause_of(agent, pause::CONNECTION_LOST);
        self.emit(Event::AgentPaused { agent: id, reason });
    }

    pub(super) fn outage(&mut self, from: Timestamp, to: Timestamp) -> Result<(), Refusal> {
        if to <= from {
            return Err(Refusal::OutageEmpty);
        }
        // What was counted out already is not counted out twice.
        let from = from.max(self.state.resumed_at);
        if from < to {
            self.emit(Event::Outage { from, to });
        }
        Ok(())
    }

    pub(super) fn started(&mut self) {
        if self.state.rules != self.adopts {
            self.emit(Event::RulesAdopted { version: self.adopts });
        }
        self.emit(Event::Restarted { back_by: self.after(Settings::default().reconnect_ms) });
    }
}

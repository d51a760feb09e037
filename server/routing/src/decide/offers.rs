//! An offer from its ring to its end: F1, F2, F5, I7.

use chinhchu_protocol::agent::RingProof;
use chinhchu_protocol::call::EndReason;
use chinhchu_protocol::ids::CallId;

use super::{Draft, Known, Rules};
use crate::agent::Agent;
use crate::call::{Call, Offer};
use crate::fact::{Event, OfferOutcome, WhyNot};
use crate::input::AgentSocket;
use crate::pause;
use crate::refusal::Refusal;

impl Draft<'_> {
    pub(super) fn rang(
        &mut self,
        from: AgentSocket,
        id: CallId,
        offer: u32,
        proof: RingProof,
    ) -> Result<(), Refusal> {
        self.agent_at(from)?;
        let live = pending(self.live(id)?, from, offer).ok_or(Refusal::OfferOver)?;
        if !live.rang {
            self.emit(Event::Rang { call: id, offer, agent: from.agent, proof });
        }
        Ok(())
    }

    /// F1. An accept proves the ring, should its confirmation have been overtaken.
    pub(super) fn accept(&mut self, from: AgentSocket, id: CallId, offer: u32) -> Result<(), Refusal> {
        let company = self.agent_at(from)?.company.clone();
        let call = self.live(id)?;
        if pending(call, from, offer).is_none() {
            let again = call.assignment().is_some_and(|live| live.offer == offer && live.agent == from.agent);
            return if again { Ok(()) } else { Err(Refusal::OfferOver) };
        }
        let settings = self.state.settings_of(&call.company);
        let assignment = call.latest().saturating_add(1);
        let had_it = call.assigned.contains(&from.agent);
        let compare_again = had_it && call.changed && self.rules() != Rules::V1;
        self.emit(Event::CallAccepted {
            call: id,
            offer,
            assignment,
            agent: from.agent,
            serving: company,
            connect_by: self.after(settings.connecting_ms),
            end_by: self.after(settings.max_call_ms),
            compare_again,
        });
        Ok(())
    }

    /// F2, or F5 where the home company wants it so.
    pub(super) fn decline(&mut self, from: AgentSocket, id: CallId, offer: u32) -> Result<(), Refusal> {
        self.agent_at(from)?;
        let call = match self.known(id)? {
            Known::Live(call) => call,
            Known::Ended(ended) => {
                let again =
                    ended.reason == EndReason::Declined && ended.last_offer == Some((offer, from.agent));
                return if again { Ok(()) } else { Err(Refusal::CallEnded) };
            }
        };
        if !self.state.settings_of(&call.company).decline_ends {
            return self.pass(from, id, offer);
        }
        pending(call, from, offer).ok_or(Refusal::OfferOver)?;
        self.close_offer(id, OfferOutcome::Declined);
        self.end(id, EndReason::Declined);
        Ok(())
    }

    /// F5.
    pub(super) fn pass(&mut self, from: AgentSocket, id: CallId, offer: u32) -> Result<(), Refusal> {
        self.agent_at(from)?;
        let call = self.live(id)?;
        if pending(call, from, offer).is_none() {
            let spared = call.spared.get(&from.agent);
            let again = spared.is_some_and(|had| had.offer == offer && had.why == WhyNot::PassedBefore);
            return if again { Ok(()) } else { Err(Refusal::OfferOver) };
        }
        self.close_offer(id, OfferOutcome::Passed);
        Ok(())
    }

    /// Closes the live offer, if there is one, and sees to its agent.
    pub(super) fn close_offer(&mut self, id: CallId, outcome: OfferOutcome) {
        let Ok(call) = self.live(id) else { return };
        let Some(Offer { number: offer, agent, .. }) = call.offer().cloned() else { return };
        let spared_until = match outcome {
            OfferOutcome::Passed | OfferOutcome::Missed => {
                Some(self.after(self.state.settings_of(&call.company).reoffer_after_ms))
            }
            OfferOutcome::Declined
            | OfferOutcome::NeverRang
            | OfferOutcome::CallerAway
            | OfferOutcome::CallOver
            | OfferOutcome::AgentAway => None,
        };
        self.emit(Event::OfferClosed { call: id, offer, agent, outcome, spared_until });
        let Some(freed) = self.state.agents.get(&agent) else { return };
        let too_many = self.state.settings_of(&freed.company).pause_after_missed;
        let reason = match outcome {
            OfferOutcome::NeverRang => Some(self.pause_of(freed, pause::NEVER_RANG)),
            OfferOutcome::Missed if too_many > 0 && freed.missed_in_row >= too_many => {
                Some(pause::MISSED_RINGS.to_owned())
            }
            OfferOutcome::Missed
            | OfferOutcome::Declined
            | OfferOutcome::Passed
            | OfferOutcome::CallerAway
            | OfferOutcome::CallOver
            | OfferOutcome::AgentAway => freed.pause_wished.clone(),
        };
        if let Some(reason) = reason {
            self.emit(Event::AgentPaused { agent, reason });
        }
    }
}

impl Draft<'_> {
    /// Reason of a pause that the server makes. A pause that the agent wished for goes before it since version
    /// 2: it must not be lifted by a mere reconnect.
    pub(super) fn pause_of(&self, agent: &Agent, reason: &str) -> String {
        let wished = agent.pause_wished.clone().filter(|_| self.rules() != Rules::V1);
        wished.unwrap_or_else(|| reason.to_owned())
    }
}

fn pending(call: &Call, from: AgentSocket, offer: u32) -> Option<&Offer> {
    call.offer().filter(|live| live.number == offer && live.agent == from.agent)
}

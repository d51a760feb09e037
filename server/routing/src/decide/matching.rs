//! Who gets which call. One function, run after every input, whatever freed an agent or queued a call (I4).
//!
//! Calls: highest priority first, then the longest waiting; a call whose caller is away is skipped.
//! Agents: of the serving company (C1), connected and available, the longest idle first; who passed, missed
//! or lost this call, or where it never rang, comes after everybody else who is available, and not before its
//! time to be spared (I2).

use chinhchu_protocol::ids::{AgentId, CallId, CompanyCode};

use super::Draft;
use crate::agent::{Agent, Link};
use crate::call::Call;
use crate::fact::{Considered, Event, WhyNot};
use crate::settings::MAX_CONSIDERED;
use crate::status::Activity;

/// Of a large staff not everybody is asked why it is busy.
const MAX_LOOKED_AT: usize = 64;

impl Draft<'_> {
    pub(super) fn match_waiting(&mut self) {
        let companies: Vec<CompanyCode> =
            self.state.settings.iter().map(|(company, _)| company.clone()).collect();
        for company in companies {
            while let Some((call, agent)) = self.next_match(&company) {
                self.make_offer(call, agent, &company);
            }
        }
    }

    fn next_match(&self, company: &CompanyCode) -> Option<(CallId, AgentId)> {
        self.state.idle_agents(company).next()?;
        self.state.waiting(company).find_map(|id| {
            let call = self.state.calls.get(&id).filter(|call| call.caller == Link::Up)?;
            self.choose(call, company).map(|agent| (id, agent))
        })
    }

    fn choose(&self, call: &Call, company: &CompanyCode) -> Option<AgentId> {
        let fresh = self.state.idle_agents(company).find(|agent| !call.spared.contains_key(agent));
        fresh.or_else(|| {
            let spared_enough =
                |agent: &AgentId| call.spared.get(agent).is_some_and(|spared| spared.until.is_none());
            self.state.idle_agents(company).find(spared_enough)
        })
    }

    fn make_offer(&mut self, id: CallId, chosen: AgentId, company: &CompanyCode) {
        let Some(call) = self.state.calls.get(&id) else { return };
        let Some(session) = self.state.agents.get(&chosen).and_then(|agent| agent.session.as_ref()) else {
            return;
        };
        let (considered, more) = self.considered(call, chosen, company);
        let settings = self.state.settings_of(company);
        self.emit(Event::Offered {
            call: id,
            offer: call.last_offer.map_or(1, |(offer, _)| offer.saturating_add(1)),
            agent: chosen,
            session: session.id,
            rang_by: self.after(settings.ring_confirm_ms),
            answer_by: self.after(settings.ring_timeout_ms),
            considered,
            more,
        });
    }

    /// Who else there was, for `explain`: the available ones first, then the others on duty.
    fn considered(&self, call: &Call, chosen: AgentId, company: &CompanyCode) -> (Vec<Considered>, bool) {
        let before = |agent: &AgentId| call.spared.get(agent).map(|spared| spared.why);
        let available = self.state.idle_agents(company).filter(|agent| *agent != chosen);
        let available = available
            .map(|agent| Considered { agent, why_not: before(&agent).unwrap_or(WhyNot::IdleForLess) });
        let busy = self.state.staff(company).take(MAX_LOOKED_AT).filter_map(|id| {
            let agent = self.state.agents.get(&id).filter(|agent| agent.idle_since().is_none())?;
            Some(Considered { agent: id, why_not: why_busy(agent) })
        });
        let mut considered: Vec<Considered> = available.chain(busy).take(MAX_CONSIDERED + 1).collect();
        let more = considered.len() > MAX_CONSIDERED;
        considered.truncate(MAX_CONSIDERED);
        (considered, more)
    }
}

fn why_busy(agent: &Agent) -> WhyNot {
    if !agent.is_connected() {
        return WhyNot::Away;
    }
    match &agent.activity {
        Activity::Ringing { .. } => WhyNot::Ringing,
        Activity::OnCall { .. } => WhyNot::InCall,
        Activity::WrapUp { .. } => WhyNot::WrapUp,
        Activity::Paused { .. } => WhyNot::Paused,
        // Available and connected is idle and not asked here; without a session there is no duty.
        Activity::Available { .. } | Activity::SignedOut => WhyNot::Away,
    }
}

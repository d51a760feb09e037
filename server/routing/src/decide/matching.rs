//! Who gets which call. One function, run after every input, whatever freed an agent or queued a call (I4).
//!
//! Of the waiting calls that a free agent may take, the one of the highest priority that waits for the longest
//! time goes first; a call whose caller is away is skipped, and so is one that nobody free may take: it blocks
//! nobody behind it. [`super::choice`] says who gets it.

use std::collections::BTreeSet;
use std::iter::Peekable;

use chinhchu_protocol::ids::{AgentId, CallId, CompanyCode};

use super::choice::Barren;
use super::{Draft, Rules};
use crate::agent::Link;
use crate::call::Call;
use crate::fact::Event;
use crate::state::Place;

impl Draft<'_> {
    pub(super) fn match_waiting(&mut self) {
        // Mostly nobody waits, or nobody is free.
        if self.state.queue.first().is_none() || self.state.idle.first().is_none() {
            return;
        }
        match self.rules() {
            Rules::V1 => self.match_by_company(),
            Rules::V2 => self.match_in_order(),
        }
    }

    /// Version 1: company by company.
    fn match_by_company(&mut self) {
        let companies: Vec<CompanyCode> =
            self.state.settings.iter().map(|(company, _)| company.clone()).collect();
        for company in companies {
            while let Some((call, agent)) = self.next_of(&company) {
                self.make_offer(call, agent);
            }
        }
    }

    fn next_of(&self, company: &CompanyCode) -> Option<(CallId, AgentId)> {
        self.state.idle_agents(company).next()?;
        self.state.waiting(company).find_map(|id| self.match_for(id, &mut Barren::new()))
    }

    /// Version 2: all companies in one order, since a call may wait for agents of several.
    fn match_in_order(&mut self) {
        let mut barren = BTreeSet::new();
        while let Some((call, agent)) = self.next_in_order(&mut barren) {
            self.make_offer(call, agent);
        }
    }

    fn next_in_order(&self, barren: &mut Barren) -> Option<(CallId, AgentId)> {
        let companies = self.state.settings.iter().map(|(company, _)| company);
        let mut queues: Vec<_> = companies
            .filter(|company| self.state.idle_agents(company).next().is_some())
            .map(|company| self.state.places(company).peekable())
            .collect();
        while let Some(place) = next_place(&mut queues) {
            let found = place.2.and_then(|id| self.match_for(id, barren));
            if found.is_some() {
                return found;
            }
        }
        None
    }

    fn match_for(&self, id: CallId, barren: &mut Barren) -> Option<(CallId, AgentId)> {
        let call: &Call = self.state.calls.get(&id).filter(|call| call.caller == Link::Up)?;
        self.choose(call, barren).map(|agent| (id, agent))
    }

    fn make_offer(&mut self, id: CallId, chosen: AgentId) {
        let Some(call) = self.state.calls.get(&id) else { return };
        let Some(agent) = self.state.agents.get(&chosen) else { return };
        let Some(session) = agent.session.as_ref().map(|session| session.id) else { return };
        let (considered, more) = self.considered(call, chosen, agent);
        let settings = self.state.settings_of(&agent.company);
        self.emit(Event::Offered {
            call: id,
            offer: call.last_offer.map_or(1, |(offer, _)| offer.saturating_add(1)),
            agent: chosen,
            session,
            rang_by: self.after(settings.ring_confirm_ms),
            answer_by: self.after(settings.ring_timeout_ms),
            considered,
            more,
        });
    }
}

/// Takes the next place out of the queues: a call that waits in several is met once for each.
fn next_place<'p, I: Iterator<Item = &'p Place>>(queues: &mut [Peekable<I>]) -> Option<&'p Place> {
    let heads = queues.iter_mut().enumerate().filter_map(|(n, queue)| Some((*queue.peek()?, n)));
    let (_, first) = heads.min()?;
    queues.get_mut(first)?.next()
}

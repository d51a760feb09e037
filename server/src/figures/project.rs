//! Feeds facts, in the order of the log, to the rows of calls and offers.

use std::collections::BTreeMap;

use chinhchu_protocol::evidence::VerdictStanding;
use chinhchu_protocol::ids::{AgentId, CallId};
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::{Event, Fact, call_of};
use rusqlite::Connection;

use super::call::CallFigures;
use super::duty_rows;
use super::given::{self, Given};
use super::offer::{Employer, OfferFigures};
use super::sql;
use crate::objects::Keys;
use crate::store::StoreError;

/// Takes facts into the rows; what changed is written by [`Self::write`].
pub struct Projector<'a> {
    tx: &'a Connection,
    keys: &'a Keys,
    calls: BTreeMap<CallId, CallFigures>,
    offers: BTreeMap<(CallId, u32), OfferFigures>,
}

impl<'a> Projector<'a> {
    /// On a transaction that holds every row of earlier facts.
    pub const fn new(tx: &'a Connection, keys: &'a Keys) -> Self {
        Self { tx, keys, calls: BTreeMap::new(), offers: BTreeMap::new() }
    }

    /// Takes in the next fact.
    pub fn take(&mut self, fact: &Fact) -> Result<(), StoreError> {
        self.about_agents(fact)?;
        self.about_duty(fact)?;
        self.about_offers(fact)?;
        match &fact.event {
            Event::ServingSet { home, serving } => {
                sql::put_serving(self.tx, home, serving)?;
                // Those in hand must be in the store, to be found there.
                self.write()?;
                for mut call in sql::in_line(self.tx, home)? {
                    call.serving.clone_from(serving);
                    self.calls.insert(call.call_id, call);
                }
            }
            Event::CallTakenIn { call, company, .. } => {
                let serving = sql::serving(self.tx, company)?.unwrap_or_else(|| company.clone());
                let given = self.given(*call)?;
                let new = CallFigures::taken_in(*call, company.clone(), serving, fact.at, given);
                self.calls.insert(*call, new);
            }
            _ => {
                let Some(id) = call_of(fact) else { return Ok(()) };
                let told = matches!(
                    &fact.event,
                    Event::EvidenceTaken { standing: VerdictStanding::Counts | VerdictStanding::Late, .. }
                );
                let given = if told { Some(self.given(id)?) } else { None };
                let answered_by = self.employer_at_accept(fact)?;
                let Some(call) = self.call(id)? else { return Ok(()) };
                call.fold(fact);
                if let Some(given) = given {
                    call.given = given;
                }
                if let Some(employer) = answered_by {
                    call.partner = employer.partner;
                }
            }
        }
        Ok(())
    }

    /// Writes what changed.
    pub fn write(&mut self) -> Result<(), StoreError> {
        for call in std::mem::take(&mut self.calls).values() {
            sql::put_call(self.tx, call)?;
        }
        for offer in std::mem::take(&mut self.offers).values() {
            sql::put_offer(self.tx, offer)?;
        }
        Ok(())
    }

    fn given(&self, call: CallId) -> Result<Given, StoreError> {
        match given::of(self.tx, call)? {
            Some(given) => Ok(given),
            None => given::recover(self.tx, self.keys, call),
        }
    }

    fn about_agents(&mut self, fact: &Fact) -> Result<(), StoreError> {
        match &fact.event {
            Event::AgentSet { agent, company, partner, .. } => {
                let employer = Employer { company: company.clone(), partner: partner.clone() };
                sql::put_agent(self.tx, *agent, &employer)
            }
            Event::WrapUpStarted { agent, call, open: false, .. } => {
                self.wrapped_up(*agent, fact.at)?;
                sql::put_wrap_up(self.tx, *agent, Some((*call, fact.at)))
            }
            Event::AgentSignedIn { agent, .. }
            | Event::AgentSignedOut { agent, .. }
            | Event::AgentAvailable { agent }
            | Event::AgentPaused { agent, .. }
            | Event::Offered { agent, .. }
            | Event::CallAccepted { agent, .. } => self.wrapped_up(*agent, fact.at),
            // No other fact begins or ends a wrap-up; an open one has nothing to wrap up.
            _ => Ok(()),
        }
    }

    /// On duty is who is signed in and connected, or comes back while signed in.
    fn about_duty(&self, fact: &Fact) -> Result<(), StoreError> {
        let (tx, at) = (self.tx, fact.at);
        match &fact.event {
            Event::AgentSignedIn { agent, session, replaced, .. } => {
                if let Some(replaced) = replaced {
                    duty_rows::end(tx, *replaced, at)?;
                }
                match sql::agent(tx, *agent)? {
                    Some(known) => duty_rows::begin(tx, *session, *agent, &known.employer, at),
                    None => Ok(()),
                }
            }
            Event::AgentSignedOut { session, .. } => duty_rows::end(tx, *session, at),
            Event::AgentConnected { session, .. } => duty_rows::set_lost(tx, *session, None),
            Event::AgentDisconnected { session, .. } => duty_rows::set_lost(tx, *session, Some(at)),
            Event::Outage { from, to } => duty_rows::put_outage(tx, *from, *to),
            Event::Restarted { .. } => duty_rows::all_lost(tx, at),
            // No other fact is about who is there.
            _ => Ok(()),
        }
    }

    fn wrapped_up(&mut self, agent: AgentId, at: Timestamp) -> Result<(), StoreError> {
        let wraps_up = sql::agent(self.tx, agent)?.and_then(|known| known.wraps_up);
        let Some((call, since)) = wraps_up else { return Ok(()) };
        if let Some(call) = self.call(call)? {
            call.wrapped_up(at.ms_since(since));
        }
        sql::put_wrap_up(self.tx, agent, None)
    }

    fn about_offers(&mut self, fact: &Fact) -> Result<(), StoreError> {
        match &fact.event {
            Event::Offered { call, offer, agent, .. } => {
                let Some(known) = sql::agent(self.tx, *agent)? else { return Ok(()) };
                let (call_id, employer) = (*call, known.employer);
                let (rang, done) = (None, None);
                let made =
                    OfferFigures { call_id, offer: *offer, agent: *agent, employer, at: fact.at, rang, done };
                self.offers.insert((call_id, *offer), made);
            }
            Event::Rang { call, offer, .. }
            | Event::OfferClosed { call, offer, .. }
            | Event::CallAccepted { call, offer, .. } => {
                if let Some(offer) = self.offer(*call, *offer)? {
                    offer.fold(fact);
                }
            }
            // No other fact is about an offer.
            _ => {}
        }
        Ok(())
    }

    fn employer_at_accept(&mut self, fact: &Fact) -> Result<Option<Employer>, StoreError> {
        match &fact.event {
            Event::CallAccepted { call, offer, .. } => {
                Ok(self.offer(*call, *offer)?.map(|offer| offer.employer.clone()))
            }
            // Only an accept changes who answered.
            _ => Ok(None),
        }
    }

    fn call(&mut self, id: CallId) -> Result<Option<&mut CallFigures>, StoreError> {
        if !self.calls.contains_key(&id)
            && let Some(found) = sql::call(self.tx, id)?
        {
            self.calls.insert(id, found);
        }
        Ok(self.calls.get_mut(&id))
    }

    fn offer(&mut self, call: CallId, offer: u32) -> Result<Option<&mut OfferFigures>, StoreError> {
        let key = (call, offer);
        if !self.offers.contains_key(&key)
            && let Some(found) = sql::offer(self.tx, call, offer)?
        {
            self.offers.insert(key, found);
        }
        Ok(self.offers.get_mut(&key))
    }
}

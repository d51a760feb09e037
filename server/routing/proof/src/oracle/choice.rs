//! Who gets which call: I2, I4 and the pool's order of agents. Eligibility is a function of data and settings.
//!
//! Not judged here: shares of partners. Where a company has them, any agent of the right company and skills
//! may be the first.

use std::cmp::Reverse;

use chinhchu_protocol::ids::{AgentId, CallId, CompanyCode};
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::settings::{Selection, SkillRule};

use super::Oracle;
use super::book::{AgentBook, CallBook, Line, Link, Stage};
use crate::rule::{Broken, Rule, ensure};

impl Oracle {
    /// An offer is about to be made of a waiting call to an agent.
    pub(super) fn may_be_offered(&self, id: CallId, chosen: AgentId) -> Result<(), Broken> {
        let call = self.live_call(id, Rule::I3, "offered")?;
        let (Stage::Waiting, Some(line)) = (&call.stage, &call.line) else {
            return Err(Broken::call(Rule::I1, id, format!("offered while {:?}", call.stage)).and(chosen));
        };
        ensure(call.link == Link::Up, || Broken::call(Rule::I4, id, "offered though its caller is away"))?;
        let Some(agent) = self.agents.get(&chosen) else {
            return Err(Broken::call(Rule::Choice, id, "offered to nobody").and(chosen));
        };
        ensure(agent.free_since().is_some(), || {
            let what = format!("offered to an agent who is {:?}, {:?}", agent.doing, agent.link);
            Broken::call(Rule::I1, id, what).and(chosen)
        })?;
        ensure(self.is_eligible(call, line, agent), || {
            Broken::call(Rule::Choice, id, "offered to an agent who may not serve it").and(chosen)
        })?;
        self.had_its_chance(id, call, line, chosen)?;
        self.is_first_asked(id, call, line, (chosen, agent))?;
        self.nobody_is_passed_over(id, call, line, chosen)
    }

    /// The agent's company takes the call by now (C1, overflow), and the agent can do what that asks for.
    fn is_eligible(&self, call: &CallBook, line: &Line, agent: &AgentBook) -> bool {
        let strict = self.settings.get(&agent.company).map(|settings| settings.skills);
        let able = strict != Some(SkillRule::Require) || agent.skills.meet(&call.needs);
        able && line.companies().any(|company| *company == agent.company)
    }

    fn free<'s>(
        &'s self,
        call: &'s CallBook,
        line: &'s Line,
        company: &CompanyCode,
    ) -> impl Iterator<Item = (Timestamp, AgentId, &'s AgentBook)> {
        let free = self.pools.get(company).map(|pool| pool.free.iter()).into_iter().flatten();
        let known = free.filter_map(|(since, id)| Some((*since, *id, self.agents.get(id)?)));
        known.filter(|(_, _, agent)| self.is_eligible(call, line, agent))
    }

    /// I2: who had its chance comes after everybody who had not, and not before its time to be spared.
    fn had_its_chance(
        &self,
        id: CallId,
        call: &CallBook,
        line: &Line,
        chosen: AgentId,
    ) -> Result<(), Broken> {
        let Some(until) = call.spared.get(&chosen) else { return Ok(()) };
        ensure(until.is_none(), || {
            Broken::call(Rule::I2, id, format!("asked again before {until:?}")).and(chosen)
        })?;
        let mut all = line.companies().flat_map(|company| self.free(call, line, company));
        let fresh = all.find(|(_, other, _)| !call.spared.contains_key(other)).map(|(_, other, _)| other);
        let rule = if call.refused.contains(&chosen) { Rule::I2 } else { Rule::Choice };
        ensure(fresh.is_none(), || {
            let what = format!("its agent had its chance, and {fresh:?} is available");
            Broken::call(rule, id, what).and(chosen)
        })
    }

    /// Nearest company, then skills (if they are preferred), then the company's way to choose.
    fn is_first_asked(
        &self,
        id: CallId,
        call: &CallBook,
        line: &Line,
        (chosen, agent): (AgentId, &AgentBook),
    ) -> Result<(), Broken> {
        let like_chosen = |other: &AgentId| match (call.spared.get(&chosen), call.spared.get(other)) {
            (None, None) | (Some(_), Some(None)) => true,
            (None, Some(_)) | (Some(_), Some(Some(_)) | None) => false,
        };
        for company in line.companies().take_while(|company| **company != agent.company) {
            let nearer = self.free(call, line, company).find(|(_, other, _)| like_chosen(other));
            ensure(nearer.is_none(), || {
                let what = format!("overflows though {:?} is nearer", nearer.map(|it| it.1));
                Broken::call(Rule::Choice, id, what).and(chosen)
            })?;
        }
        let Some(settings) = self.settings.get(&agent.company).filter(|it| it.partner_shares.is_empty())
        else {
            return Ok(());
        };
        let lacks = |it: &AgentBook| settings.skills == SkillRule::Prefer && !it.skills.meet(&call.needs);
        let rank = |it: &AgentBook| match settings.selection {
            Selection::LongestIdle => (lacks(it), 0),
            Selection::LeastCalls => (lacks(it), i64::from(it.accepted)),
            Selection::RoundRobin => (lacks(it), it.asked_at.map_or(i64::MIN, Timestamp::ms)),
        };
        let mine = (rank(agent), agent.free_since(), chosen);
        let sooner = |(since, other, book): &(Timestamp, AgentId, &AgentBook)| {
            like_chosen(other) && (rank(book), Some(*since), *other) < mine
        };
        let mut free = self.free(call, line, &agent.company);
        let plain = settings.selection == Selection::LongestIdle && settings.skills != SkillRule::Prefer;
        // The free are in the order of their idleness: mostly the first one is the one.
        let before = if plain {
            free.find(|(_, other, _)| like_chosen(other)).filter(&sooner)
        } else {
            free.find(&sooner)
        };
        ensure(before.is_none(), || {
            let what = format!("{:?} is to be asked before", before.map(|it| it.1));
            Broken::call(Rule::Choice, id, what).and(chosen)
        })
    }

    /// I4: no call that goes before this one could have been offered to anybody.
    fn nobody_is_passed_over(
        &self,
        id: CallId,
        call: &CallBook,
        line: &Line,
        chosen: AgentId,
    ) -> Result<(), Broken> {
        let place = (Reverse((line.front, call.priority)), line.since, id);
        for pool in line.companies().filter_map(|company| self.pools.get(company)) {
            for (_, _, ahead) in pool.waiting.range(..place) {
                ensure(!self.has_choice(*ahead), || {
                    let what = format!("offered, though {ahead} goes before it and somebody may take that");
                    Broken::call(Rule::I4, id, what).and(chosen)
                })?;
            }
        }
        Ok(())
    }

    /// I4: when all is decided, no call waits that a free agent may take.
    pub(super) fn nobody_waits_in_vain(&self, company: &CompanyCode) -> Result<(), Broken> {
        let Some(pool) = self.pools.get(company).filter(|pool| !pool.free.is_empty()) else { return Ok(()) };
        for (_, _, call) in &pool.waiting {
            ensure(!self.has_choice(*call), || {
                Broken::call(Rule::I4, *call, format!("waits, though one of {:?} may take it", pool.free))
            })?;
        }
        Ok(())
    }

    fn has_choice(&self, id: CallId) -> bool {
        let Some(call) = self.calls.get(&id).filter(|call| call.link == Link::Up) else { return false };
        let Some(line) = &call.line else { return false };
        let may = |agent: &AgentId| call.spared.get(agent).is_none_or(Option::is_none);
        let mut free = line.companies().flat_map(|company| self.free(call, line, company));
        free.any(|(_, agent, _)| may(&agent))
    }
}

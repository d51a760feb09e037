//! Who gets which call: I2, I4 and the pool's order of agents. Eligibility is a function of data and settings.

use std::cmp::Reverse;

use chinhchu_protocol::ids::{AgentId, CallId, CompanyCode};

use super::book::{CallBook, Link, Stage};
use super::{Oracle, Pool};
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
        let Some(since) = agent.free_since() else {
            let what = format!("offered to an agent who is {:?}, {:?}", agent.doing, agent.link);
            return Err(Broken::call(Rule::I1, id, what).and(chosen));
        };
        ensure(agent.company == line.serving, || {
            Broken::call(Rule::Choice, id, "offered to an agent of another company (C1)").and(chosen)
        })?;
        let none = Pool::default();
        let pool = self.pools.get(&line.serving).unwrap_or(&none);
        self.is_nearest(id, call, chosen, pool)?;
        let before = pool.free.range(..(since, chosen)).find(|(_, other)| {
            call.spared.get(other).copied().map(|until| until.is_none())
                == call.spared.get(&chosen).map(|_| true)
        });
        ensure(before.is_none(), || {
            Broken::call(Rule::Choice, id, format!("{before:?} is idle for longer")).and(chosen)
        })?;
        self.nobody_is_passed_over(id, call, &line.serving, chosen, pool)
    }

    /// I2: who had its chance comes after everybody who had not, and not before its time to be spared.
    fn is_nearest(&self, id: CallId, call: &CallBook, chosen: AgentId, pool: &Pool) -> Result<(), Broken> {
        let Some(until) = call.spared.get(&chosen) else { return Ok(()) };
        ensure(until.is_none(), || {
            Broken::call(Rule::I2, id, format!("asked again before {until:?}")).and(chosen)
        })?;
        let fresh = pool.free.iter().find(|(_, other)| !call.spared.contains_key(other));
        ensure(fresh.is_none() || !call.refused.contains(&chosen), || {
            Broken::call(Rule::I2, id, format!("asked again though {fresh:?} is available")).and(chosen)
        })?;
        ensure(fresh.is_none(), || {
            Broken::call(Rule::Choice, id, format!("lost it before, and {fresh:?} is available")).and(chosen)
        })
    }

    /// I4: no call that goes before this one could have been offered to anybody.
    fn nobody_is_passed_over(
        &self,
        id: CallId,
        call: &CallBook,
        serving: &CompanyCode,
        chosen: AgentId,
        pool: &Pool,
    ) -> Result<(), Broken> {
        let Some(line) = &call.line else { return Ok(()) };
        let place = (Reverse((line.front, call.priority)), line.since, id);
        for (_, _, ahead) in pool.waiting.range(..place) {
            ensure(!self.has_choice(*ahead, serving), || {
                let what = format!("offered, though {ahead} goes before it and somebody may take that");
                Broken::call(Rule::I4, id, what).and(chosen)
            })?;
        }
        Ok(())
    }

    /// I4: when all is decided, no call waits that a free agent may take.
    pub(super) fn nobody_waits_in_vain(&self, serving: &CompanyCode) -> Result<(), Broken> {
        let Some(pool) = self.pools.get(serving).filter(|pool| !pool.free.is_empty()) else { return Ok(()) };
        for (_, _, call) in &pool.waiting {
            ensure(!self.has_choice(*call, serving), || {
                Broken::call(Rule::I4, *call, format!("waits, though one of {:?} may take it", pool.free))
            })?;
        }
        Ok(())
    }

    fn has_choice(&self, id: CallId, serving: &CompanyCode) -> bool {
        let Some(call) = self.calls.get(&id).filter(|call| call.link == Link::Up) else { return false };
        let may = |agent: &AgentId| call.spared.get(agent).is_none_or(Option::is_none);
        self.pools.get(serving).is_some_and(|pool| pool.free.iter().any(|(_, agent)| may(agent)))
    }
}

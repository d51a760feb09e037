//! Decides a batch of inputs on a copy of the state. Pure but for catching panics.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use chinhchu_protocol::ids::{AgentId, CallId};
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::{Event, Fact, Input, RULES_VERSION, Refusal, Switchboard, agent_of, call_of};

use super::record::{Head, Record};
use super::row::CallRow;
use crate::store::StoreError;

/// Rows of calls in hand.
pub type Rows = BTreeMap<CallId, Arc<CallRow>>;

/// What a batch comes to.
pub struct Decided {
    /// The state after it.
    pub state: Switchboard,
    /// The rows of live calls after it.
    pub rows: Rows,
    /// The log's end after it.
    pub head: Head,
    /// One per input, in order.
    pub verdicts: Vec<Verdict>,
    /// Records to write.
    pub records: Vec<Record>,
    /// Calls to write, as of each record: every one is an event of its call.
    pub changed: Vec<Arc<CallRow>>,
    /// Facts with the row of their call right after their record, for outgoing messages.
    pub told: Vec<(u64, Fact, Option<Arc<CallRow>>)>,
    /// Agents whose view changed.
    pub agents: BTreeSet<AgentId>,
    /// Calls whose view changed.
    pub calls: BTreeSet<CallId>,
}

/// What became of one input.
#[derive(Clone, PartialEq, Debug)]
pub enum Verdict {
    /// Decided; no facts if it had taken effect before.
    Facts(Vec<Fact>),
    /// Refused.
    Refused(Refusal),
    /// The core panicked on it.
    Panicked(String),
}

/// Decides inputs in order. One that panics is left out, and the rest is decided as if it had never come.
pub fn decide(
    state: &Switchboard,
    rows: &Rows,
    head: Head,
    now: Timestamp,
    inputs: &[&Input],
) -> Result<Decided, StoreError> {
    decide_by(&Switchboard::decide, state, rows, head, now, inputs)
}

/// How the core decides one input; a test puts a core in that panics.
type Core<'a> = dyn Fn(&Switchboard, Timestamp, &Input) -> Result<Vec<Fact>, Refusal> + 'a;

fn decide_by(
    core: &Core<'_>,
    state: &Switchboard,
    rows: &Rows,
    head: Head,
    now: Timestamp,
    inputs: &[&Input],
) -> Result<Decided, StoreError> {
    let mut left_out: BTreeMap<usize, String> = BTreeMap::new();
    loop {
        let mut work = Work::new(state.clone(), rows.clone(), head);
        let mut panicked = None;
        for (n, input) in inputs.iter().enumerate() {
            if let Some(reason) = left_out.get(&n) {
                work.out.verdicts.push(Verdict::Panicked(reason.clone()));
                continue;
            }
            match catch_unwind(AssertUnwindSafe(|| work.one(core, now, input))) {
                Ok(done) => done?,
                Err(panic) => {
                    panicked = Some((n, panic_text(&*panic)));
                    break;
                }
            }
        }
        match panicked {
            Some((n, reason)) => left_out.insert(n, reason),
            None => return Ok(work.out),
        };
    }
}

struct Work {
    out: Decided,
}

impl Work {
    fn new(state: Switchboard, rows: Rows, head: Head) -> Self {
        let (verdicts, records, changed, told) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (agents, calls) = (BTreeSet::new(), BTreeSet::new());
        Self { out: Decided { state, rows, head, verdicts, records, changed, told, agents, calls } }
    }

    fn one(&mut self, core: &Core<'_>, now: Timestamp, input: &Input) -> Result<(), StoreError> {
        let out = &mut self.out;
        let facts = match core(&out.state, now, input) {
            Ok(facts) => facts,
            Err(refusal) => {
                out.verdicts.push(Verdict::Refused(refusal));
                return Ok(());
            }
        };
        if !facts.is_empty() {
            let record = out.head.next(now, rules_of(&out.state, &facts), input, &facts)?;
            out.head = out.head.follow(&record)?;
            out.records.push(record);
            self.apply(&facts);
        }
        self.out.verdicts.push(Verdict::Facts(facts));
        Ok(())
    }

    fn apply(&mut self, facts: &[Fact]) {
        let out = &mut self.out;
        let calls: BTreeSet<CallId> = facts.iter().filter_map(call_of).collect();
        for call in &calls {
            out.agents.extend(agents_of(&out.state, *call));
        }
        for fact in facts {
            out.state.apply(fact);
            out.agents.extend(agent_of(fact));
            if matches!(fact.event, Event::Outage { .. } | Event::Restarted { .. }) {
                // Deadlines moved: every view shows one.
                out.calls.extend(out.state.live_calls());
            }
            if let Some(row) = call_of(fact).and_then(|call| row_for(&mut out.rows, call, fact)) {
                row.fold(fact);
            }
        }
        for call in calls {
            out.agents.extend(agents_of(&out.state, call));
            out.calls.insert(call);
            if let Some(row) = out.rows.get_mut(&call) {
                let (status, record) = (out.state.call(call), out.state.ended(call));
                Arc::make_mut(row).settle(out.head.seq, status.as_ref(), record);
                out.changed.push(row.clone());
            }
        }
        for fact in facts {
            let row = call_of(fact).and_then(|call| out.rows.get(&call).cloned());
            out.told.push((out.head.seq, fact.clone(), row));
        }
    }
}

/// The version that decided: the state's, or the one that the facts adopt.
fn rules_of(state: &Switchboard, facts: &[Fact]) -> u32 {
    let adopted = facts.iter().find_map(|fact| match fact.event {
        Event::RulesAdopted { version } => Some(version),
        // Only that fact changes the rules.
        _ => None,
    });
    adopted.unwrap_or_else(|| if state.rules() == 0 { RULES_VERSION } else { state.rules() })
}

fn row_for<'a>(rows: &'a mut Rows, call: CallId, fact: &Fact) -> Option<&'a mut CallRow> {
    if let Event::CallTakenIn { company, .. } = &fact.event {
        rows.insert(call, Arc::new(CallRow::new(call, company.clone(), fact.at)));
    }
    rows.get_mut(&call).map(Arc::make_mut)
}

fn agents_of(state: &Switchboard, call: CallId) -> impl Iterator<Item = AgentId> {
    let status = state.call(call);
    let assigned = status.as_ref().and_then(|status| status.assignment).map(|assignment| assignment.agent);
    let offered = status.as_ref().and_then(|status| status.offer).map(|offer| offer.agent);
    assigned.into_iter().chain(offered)
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("panic").to_owned()
}

#[cfg(test)]
mod tests {
    use chinhchu_protocol::ids::CompanyCode;
    use chinhchu_routing::Settings;

    use super::*;

    fn company(code: &str) -> Input {
        Input::SetCompany { company: CompanyCode(code.to_owned()), settings: Settings::default() }
    }

    #[test]
    fn an_input_that_makes_the_core_panic_is_left_out_alone() {
        let (state, rows, now) = (Switchboard::default(), Rows::new(), Timestamp::from_ms(1));
        let (one, bad, two) = (company("1"), company("bad"), company("2"));
        let core = |state: &Switchboard, now, input: &Input| {
            assert!(*input != company("bad"), "a fault of the core");
            state.decide(now, input)
        };
        let with = decide_by(&core, &state, &rows, Head::EMPTY, now, &[&one, &bad, &two]).expect("decided");
        let without = decide_by(&core, &state, &rows, Head::EMPTY, now, &[&one, &two]).expect("decided");
        assert!(matches!(&with.verdicts[1], Verdict::Panicked(reason) if reason.contains("a fault")));
        assert_eq!([&with.verdicts[0], &with.verdicts[2]], [&without.verdicts[0], &without.verdicts[1]]);
        assert_eq!((with.head, with.records), (without.head, without.records));
    }
}

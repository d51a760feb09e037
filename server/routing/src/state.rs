//! Everything that lives, with the indexes by which decisions find it in a few steps.
//!
//! Indexes are never written by hand: `update_call` and `update_agent` derive them before and after a change.

use std::cmp::Reverse;

use chinhchu_protocol::ids::{AgentId, CallId, CompanyCode};
use chinhchu_protocol::time::Timestamp;

use crate::agent::Agent;
use crate::call::{Call, Stage};
use crate::ended::EndedCall;
use crate::settings::Settings;
use crate::table::Table;

/// Where a waiting call stands: company, front and priority (higher first), since, id (I4).
/// `None` in the place of an id sorts before every id: the start of a range.
pub(crate) type QueueKey = (CompanyCode, Reverse<(bool, u8)>, Timestamp, Option<CallId>);
/// Company, idle since, id.
pub(crate) type IdleKey = (CompanyCode, Timestamp, Option<AgentId>);
/// Company, id.
pub(crate) type StaffKey = (CompanyCode, Option<AgentId>);

/// What a deadline belongs to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Subject {
    Call(CallId),
    Agent(AgentId),
}

/// The state, or a layer over it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct State<'a> {
    /// Version of the rules in force.
    pub(crate) rules: u32,
    /// Time of the newest fact: time never runs backwards.
    pub(crate) clock: Timestamp,
    /// End of the last outage or restart: nothing heard before it starts a timer earlier.
    pub(crate) resumed_at: Timestamp,
    pub(crate) settings: Table<'a, CompanyCode, Settings>,
    pub(crate) serving: Table<'a, CompanyCode, CompanyCode>,
    /// Recent handling times by serving company, ms, oldest first.
    pub(crate) handling: Table<'a, CompanyCode, Vec<i64>>,
    pub(crate) calls: Table<'a, CallId, Call>,
    pub(crate) agents: Table<'a, AgentId, Agent>,
    pub(crate) ended: Table<'a, CallId, EndedCall>,
    pub(crate) queue: Table<'a, QueueKey, ()>,
    pub(crate) idle: Table<'a, IdleKey, ()>,
    /// Agents with a session.
    pub(crate) staff: Table<'a, StaffKey, ()>,
    /// How many of them work (connected, not paused).
    pub(crate) working: Table<'a, CompanyCode, u32>,
    pub(crate) deadlines: Table<'a, (Timestamp, Subject), ()>,
    pub(crate) forget: Table<'a, (Timestamp, CallId), ()>,
}

const BEGINNING: Timestamp = Timestamp::from_ms(i64::MIN);

impl Default for State<'_> {
    fn default() -> Self {
        Self {
            rules: 0,
            clock: BEGINNING,
            resumed_at: BEGINNING,
            settings: Table::default(),
            serving: Table::default(),
            handling: Table::default(),
            calls: Table::default(),
            agents: Table::default(),
            ended: Table::default(),
            queue: Table::default(),
            idle: Table::default(),
            staff: Table::default(),
            working: Table::default(),
            deadlines: Table::default(),
            forget: Table::default(),
        }
    }
}

impl State<'_> {
    /// A layer to decide on.
    pub(crate) fn layer(&self) -> State<'_> {
        State {
            rules: self.rules,
            clock: self.clock,
            resumed_at: self.resumed_at,
            settings: self.settings.layer(),
            serving: self.serving.layer(),
            handling: self.handling.layer(),
            calls: self.calls.layer(),
            agents: self.agents.layer(),
            ended: self.ended.layer(),
            queue: self.queue.layer(),
            idle: self.idle.layer(),
            staff: self.staff.layer(),
            working: self.working.layer(),
            deadlines: self.deadlines.layer(),
            forget: self.forget.layer(),
        }
    }

    /// Changes a call; nothing if there is none.
    pub(crate) fn update_call(&mut self, id: CallId, change: impl FnOnce(&mut Call)) {
        if let Some(mut call) = self.take_call(id) {
            change(&mut call);
            self.put_call(id, call);
        }
    }

    /// Takes a call out of the state and of every index.
    pub(crate) fn take_call(&mut self, id: CallId) -> Option<Call> {
        let call = self.calls.take(&id)?;
        self.deadlines.take(&(call.deadline(), Subject::Call(id)));
        if let Some(key) = queue_key(id, &call) {
            self.queue.take(&key);
        }
        Some(call)
    }

    /// Puts a call in, and into every index; one of the same id goes out of them.
    pub(crate) fn put_call(&mut self, id: CallId, call: Call) {
        self.take_call(id);
        self.deadlines.insert((call.deadline(), Subject::Call(id)), ());
        if let Some(key) = queue_key(id, &call) {
            self.queue.insert(key, ());
        }
        self.calls.insert(id, call);
    }

    /// Changes an agent; nothing if there is none.
    pub(crate) fn update_agent(&mut self, id: AgentId, change: impl FnOnce(&mut Agent)) {
        let Some(mut agent) = self.agents.take(&id) else { return };
        if let Some(at) = agent.deadline() {
            self.deadlines.take(&(at, Subject::Agent(id)));
        }
        if let Some(since) = agent.idle_since() {
            self.idle.take(&(agent.company.clone(), since, Some(id)));
        }
        if agent.session.is_some() {
            self.staff.take(&(agent.company.clone(), Some(id)));
        }
        if agent.is_working() {
            self.count_working(&agent.company, false);
        }
        change(&mut agent);
        self.put_agent(id, agent);
    }

    /// Puts an agent in, and into every index.
    pub(crate) fn put_agent(&mut self, id: AgentId, agent: Agent) {
        if let Some(at) = agent.deadline() {
            self.deadlines.insert((at, Subject::Agent(id)), ());
        }
        if let Some(since) = agent.idle_since() {
            self.idle.insert((agent.company.clone(), since, Some(id)), ());
        }
        if agent.session.is_some() {
            self.staff.insert((agent.company.clone(), Some(id)), ());
        }
        if agent.is_working() {
            self.count_working(&agent.company, true);
        }
        self.agents.insert(id, agent);
    }

    fn count_working(&mut self, company: &CompanyCode, more: bool) {
        let before = self.working.get(company).copied().unwrap_or(0);
        let after = if more { before.saturating_add(1) } else { before.saturating_sub(1) };
        self.working.insert(company.clone(), after);
    }

    /// Waiting calls of a queue, next one first; those whose caller is away too.
    pub(crate) fn waiting(&self, serving: &CompanyCode) -> impl Iterator<Item = CallId> {
        let start: QueueKey = (serving.clone(), Reverse((true, u8::MAX)), BEGINNING, None);
        let serving = serving.clone();
        self.queue.range(start..).map_while(move |(key, ())| if key.0 == serving { key.3 } else { None })
    }

    /// Agents of a company who can take a call, longest idle first.
    pub(crate) fn idle_agents(&self, company: &CompanyCode) -> impl Iterator<Item = AgentId> {
        let start: IdleKey = (company.clone(), BEGINNING, None);
        let company = company.clone();
        self.idle.range(start..).map_while(move |(key, ())| if key.0 == company { key.2 } else { None })
    }

    /// Agents of a company who have a session.
    pub(crate) fn staff(&self, company: &CompanyCode) -> impl Iterator<Item = AgentId> {
        let start: StaffKey = (company.clone(), None);
        let company = company.clone();
        self.staff.range(start..).map_while(move |(key, ())| if key.0 == company { key.1 } else { None })
    }

    /// Earliest deadline, and whose it is.
    pub(crate) fn first_deadline(&self) -> Option<(Timestamp, Subject)> {
        self.deadlines.first().copied()
    }

    /// Settings of a company, or the defaults.
    pub(crate) fn settings_of(&self, company: &CompanyCode) -> Settings {
        self.settings.get(company).cloned().unwrap_or_default()
    }
}

fn queue_key(id: CallId, call: &Call) -> Option<QueueKey> {
    match &call.stage {
        Stage::Waiting { line } => {
            Some((line.serving.clone(), Reverse((line.front, call.priority)), line.since, Some(id)))
        }
        Stage::Preparing { .. }
        | Stage::Offering { .. }
        | Stage::Assigned { .. }
        | Stage::AwaitingEvidence { .. } => None,
    }
}

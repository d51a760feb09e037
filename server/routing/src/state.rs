//! Everything that lives, with the indexes by which decisions find it in a few steps.
//!
//! Indexes are never written by hand: `update_call` and `update_agent` derive them before and after a change.

use std::cmp::Reverse;

use chinhchu_protocol::ids::{AgentId, CallId, CompanyCode};
use chinhchu_protocol::time::Timestamp;

use crate::agent::Agent;
use crate::call::{Call, Line, Stage};
use crate::ended::EndedCall;
use crate::settings::{Selection, Settings, SkillRule};
use crate::shares::Shares;
use crate::table::Table;

/// Order among waiting calls: front and priority (higher first), since, id (I4).
/// `None` in the place of an id sorts before every id: the start of a range.
pub(crate) type Place = (Reverse<(bool, u8)>, Timestamp, Option<CallId>);
/// Company whose agents may take the call, and its place.
pub(crate) type QueueKey = (CompanyCode, Place);
/// Company, rank by its [`Selection`] (lower is asked first), idle since, id.
pub(crate) type IdleKey = (CompanyCode, i64, Timestamp, Option<AgentId>);
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
    /// Waiting calls, once for each company whose agents may take them.
    pub(crate) queue: Table<'a, QueueKey, ()>,
    /// How many wait, by home company.
    pub(crate) queued: Table<'a, CompanyCode, u32>,
    /// Calls whose callers know that nobody is on duty for them.
    pub(crate) forlorn: Table<'a, CallId, ()>,
    /// Agents who can take a call.
    pub(crate) idle: Table<'a, IdleKey, ()>,
    /// Agents with a session.
    pub(crate) staff: Table<'a, StaffKey, ()>,
    /// How many of them work (connected, not paused).
    pub(crate) working: Table<'a, CompanyCode, u32>,
    /// What was lately offered to whom, where a company shares its calls among partners.
    pub(crate) shares: Table<'a, CompanyCode, Shares>,
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
            queued: Table::default(),
            forlorn: Table::default(),
            idle: Table::default(),
            staff: Table::default(),
            working: Table::default(),
            shares: Table::default(),
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
            queued: self.queued.layer(),
            forlorn: self.forlorn.layer(),
            idle: self.idle.layer(),
            staff: self.staff.layer(),
            working: self.working.layer(),
            shares: self.shares.layer(),
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
        if let Stage::Waiting { line } = &call.stage {
            for key in queue_keys(id, &call, line) {
                self.queue.take(&key);
            }
            count(&mut self.queued, &call.company, false);
        }
        if call.line().is_some_and(|line| line.nobody_told) {
            self.forlorn.take(&id);
        }
        Some(call)
    }

    /// Puts a call in, and into every index; one of the same id goes out of them.
    pub(crate) fn put_call(&mut self, id: CallId, call: Call) {
        self.take_call(id);
        self.deadlines.insert((call.deadline(), Subject::Call(id)), ());
        if let Stage::Waiting { line } = &call.stage {
            for key in queue_keys(id, &call, line) {
                self.queue.insert(key, ());
            }
            count(&mut self.queued, &call.company, true);
        }
        if call.line().is_some_and(|line| line.nobody_told) {
            self.forlorn.insert(id, ());
        }
        self.calls.insert(id, call);
    }

    /// Changes an agent; nothing if there is none.
    pub(crate) fn update_agent(&mut self, id: AgentId, change: impl FnOnce(&mut Agent)) {
        let Some(mut agent) = self.agents.take(&id) else { return };
        if let Some(at) = agent.deadline() {
            self.deadlines.take(&(at, Subject::Agent(id)));
        }
        if let Some(key) = self.idle_key(id, &agent) {
            self.idle.take(&key);
        }
        if agent.session.is_some() {
            self.staff.take(&(agent.company.clone(), Some(id)));
        }
        if agent.is_working() {
            count(&mut self.working, &agent.company, false);
        }
        change(&mut agent);
        self.put_agent(id, agent);
    }

    /// Puts an agent in, and into every index.
    pub(crate) fn put_agent(&mut self, id: AgentId, agent: Agent) {
        if let Some(at) = agent.deadline() {
            self.deadlines.insert((at, Subject::Agent(id)), ());
        }
        if let Some(key) = self.idle_key(id, &agent) {
            self.idle.insert(key, ());
        }
        if agent.session.is_some() {
            self.staff.insert((agent.company.clone(), Some(id)), ());
        }
        if agent.is_working() {
            count(&mut self.working, &agent.company, true);
        }
        self.agents.insert(id, agent);
    }

    /// Changes a company's settings, and the order in which its idle agents are asked.
    pub(crate) fn set_company(&mut self, company: &CompanyCode, settings: Settings) {
        let idle: Vec<AgentId> = self.idle_agents(company).collect();
        for id in &idle {
            if let Some(key) = self.agents.get(id).and_then(|agent| self.idle_key(*id, agent)) {
                self.idle.take(&key);
            }
        }
        self.settings.insert(company.clone(), settings);
        for id in &idle {
            if let Some(key) = self.agents.get(id).and_then(|agent| self.idle_key(*id, agent)) {
                self.idle.insert(key, ());
            }
        }
    }

    fn idle_key(&self, id: AgentId, agent: &Agent) -> Option<IdleKey> {
        let since = agent.idle_since()?;
        let rank = match self.settings.get(&agent.company).map(|settings| settings.selection) {
            Some(Selection::LeastCalls) => i64::from(agent.accepted),
            Some(Selection::RoundRobin) => agent.asked_at.map_or(i64::MIN, Timestamp::ms),
            Some(Selection::LongestIdle) | None => 0,
        };
        Some((agent.company.clone(), rank, since, Some(id)))
    }

    /// Places of the calls that wait for agents of a company, next one first; those whose caller is away too.
    pub(crate) fn places(&self, company: &CompanyCode) -> impl Iterator<Item = &Place> {
        let start: QueueKey = (company.clone(), (Reverse((true, u8::MAX)), BEGINNING, None));
        let company = company.clone();
        self.queue.range(start..).map_while(move |(key, ())| (key.0 == company).then_some(&key.1))
    }

    /// Waiting calls that agents of a company may take, next one first; those whose caller is away too.
    pub(crate) fn waiting(&self, company: &CompanyCode) -> impl Iterator<Item = CallId> {
        self.places(company).filter_map(|place| place.2)
    }

    /// Agents of a company who can take a call, in the order in which they are asked.
    pub(crate) fn idle_agents(&self, company: &CompanyCode) -> impl Iterator<Item = AgentId> {
        let start: IdleKey = (company.clone(), i64::MIN, BEGINNING, None);
        let company = company.clone();
        self.idle.range(start..).map_while(move |(key, ())| if key.0 == company { key.3 } else { None })
    }

    /// Agents of a company who have a session.
    pub(crate) fn staff(&self, company: &CompanyCode) -> impl Iterator<Item = AgentId> {
        let start: StaffKey = (company.clone(), None);
        let company = company.clone();
        self.staff.range(start..).map_while(move |(key, ())| if key.0 == company { key.1 } else { None })
    }

    /// The agent has the skills that the call needs, or its company does not ask for them.
    pub(crate) fn may_serve(&self, agent: &Agent, call: &Call) -> bool {
        match self.settings.get(&agent.company).map(|settings| settings.skills) {
            Some(SkillRule::Require) => agent.skills.meet(&call.needs),
            Some(SkillRule::Off | SkillRule::Prefer) | None => true,
        }
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

fn queue_keys(id: CallId, call: &Call, line: &Line) -> impl Iterator<Item = QueueKey> {
    let place = call.place(id, line);
    line.companies().map(move |company| (company.clone(), place))
}

fn count(table: &mut Table<'_, CompanyCode, u32>, company: &CompanyCode, more: bool) {
    let before = table.get(company).copied().unwrap_or(0);
    let after = if more { before.saturating_add(1) } else { before.saturating_sub(1) };
    table.insert(company.clone(), after);
}

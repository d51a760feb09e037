//! The oracle: says of every input and its facts whether the rules were kept.
//!
//! It reads inputs, facts and heartbeats only and keeps its own books of who rings, who has whom and what is
//! due; deadlines it reckons itself, from settings and inputs. It never looks into the switchboard.

mod agents;
mod book;
mod calls;
mod choice;
mod contact;
mod ends;
mod hours;
mod inputs;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use chinhchu_protocol::agent::LostSide;
use chinhchu_protocol::ids::{AgentId, CallId, CompanyCode};
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::liveness::SILENT_AFTER_MS;
use chinhchu_routing::{Event, Fact, Input, Refusal, Settings};

use crate::rule::{Broken, Rule, ensure};
use book::{AgentBook, CallBook, Doing, EndedBook, Link, Stage};

/// As long may a change of silence go untold: the driver polls every 250 ms, the simulations every 500 ms.
const TOLD_WITHIN_MS: i64 = 1_000;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Subject {
    Call(CallId),
    Agent(AgentId),
}

/// Front and priority (higher first), since when, which: the order of I4.
type Place = (Reverse<(bool, u8)>, Timestamp, CallId);

/// Waiting calls in their order, and free agents, of a company.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
struct Pool {
    waiting: BTreeSet<Place>,
    free: BTreeSet<(Timestamp, AgentId)>,
}

/// A time that is never after now, and of which no more matters: it makes no two books different.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Unhashed(Timestamp);

impl std::hash::Hash for Unhashed {
    fn hash<H: std::hash::Hasher>(&self, _to: &mut H) {}
}

/// The books.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Oracle {
    clock: Unhashed,
    /// Time of the input judged last.
    judged_at: Unhashed,
    resumed_at: Timestamp,
    settings: BTreeMap<CompanyCode, Settings>,
    serving: BTreeMap<CompanyCode, CompanyCode>,
    agents: BTreeMap<AgentId, AgentBook>,
    calls: BTreeMap<CallId, CallBook>,
    ended: BTreeMap<CallId, EndedBook>,
    pools: BTreeMap<CompanyCode, Pool>,
    dues: BTreeSet<(Timestamp, Subject)>,
    /// Agents whose call or ring ended in the facts of the present input: they must go on to something.
    freed: Vec<AgentId>,
    /// Pools in which something changed.
    dirty: BTreeSet<CompanyCode>,
}

impl Default for Oracle {
    fn default() -> Self {
        let beginning = Timestamp::from_ms(i64::MIN);
        Self {
            clock: Unhashed(beginning),
            judged_at: Unhashed(beginning),
            resumed_at: beginning,
            settings: BTreeMap::new(),
            serving: BTreeMap::new(),
            agents: BTreeMap::new(),
            calls: BTreeMap::new(),
            ended: BTreeMap::new(),
            pools: BTreeMap::new(),
            dues: BTreeSet::new(),
            freed: Vec::new(),
            dirty: BTreeSet::new(),
        }
    }
}

/// The input being judged, and its time.
#[derive(Clone, Copy)]
struct Moment<'a> {
    at: Timestamp,
    input: &'a Input,
}

impl Oracle {
    /// Judges an input and what the switchboard made of it. The facts must have been committed.
    pub fn judge(
        &mut self,
        now: Timestamp,
        input: &Input,
        answer: &Result<Vec<Fact>, Refusal>,
    ) -> Result<(), Broken> {
        self.nothing_forgotten(now, input)?;
        self.judged_at = Unhashed(now);
        if let Ok(facts) = answer {
            let moment = Moment { at: now.max(self.clock.0), input };
            if !facts.is_empty() {
                self.may_act(moment)?;
            }
            if let Input::Outage { from, to } = input {
                let counts = (*from).max(self.resumed_at) < *to;
                let told = facts.iter().any(|fact| matches!(fact.event, Event::Outage { .. }));
                ensure(told || !counts, || Broken::all(Rule::I8, "an outage does not move the deadlines"))?;
            }
            for fact in facts {
                ensure(fact.at == moment.at, || {
                    Broken::all(Rule::I3, "a fact has another time than its decision")
                })?;
                self.clock = Unhashed(fact.at);
                self.take(moment, &fact.event)?;
            }
            self.everybody_went_on()?;
            self.acknowledged(input)?;
        }
        let dirty = std::mem::take(&mut self.dirty);
        for pool in &dirty {
            self.nobody_waits_in_vain(pool)?;
        }
        if matches!(input, Input::Tick) {
            let left = self.first_due().filter(|(at, _)| *at <= now);
            ensure(left.is_none(), || self.overdue("a tick left it", now))?;
        }
        Ok(())
    }

    /// A heartbeat on the newest socket of a side of a call, and how old the other side's media is there.
    pub fn heartbeat(
        &mut self,
        now: Timestamp,
        call: CallId,
        assignment: u32,
        from: LostSide,
        media_age_ms: Option<u32>,
    ) {
        let live = self.calls.get_mut(&call).and_then(CallBook::live_mut);
        let Some(live) = live.filter(|live| live.number == assignment) else { return };
        let (socket, media) = match from {
            LostSide::Caller => (&mut live.life.caller_socket, &mut live.life.agent_media),
            LostSide::Agent => (&mut live.life.agent_socket, &mut live.life.caller_media),
        };
        *socket = now.max(*socket);
        if let Some(age) = media_age_ms {
            *media = now.plus_ms(-i64::from(age)).max(*media);
        }
    }

    /// Earliest deadline by the oracle's own reckoning.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.first_due().map(|(at, _)| at)
    }

    /// At the end of everything: every call that was ever taken in has ended (I3, I5).
    pub fn all_over(&self) -> Result<(), Broken> {
        match self.calls.iter().next() {
            None => Ok(()),
            Some((call, book)) => {
                Err(Broken::call(Rule::I3, *call, format!("never ended: {:?}", book.stage)))
            }
        }
    }

    fn first_due(&self) -> Option<(Timestamp, Subject)> {
        self.dues.first().copied()
    }

    /// I3: time has not run past a deadline. Only an outage may explain that (it comes first).
    fn nothing_forgotten(&self, now: Timestamp, input: &Input) -> Result<(), Broken> {
        if matches!(input, Input::Outage { .. }) {
            return Ok(());
        }
        // A deadline may be set in the past (last heard long ago): then it is due at once.
        let past = self.first_due().filter(|(at, _)| (*at).max(self.judged_at.0) < now);
        ensure(past.is_none(), || self.overdue("time ran past it", now))
    }

    fn overdue(&self, how: &str, now: Timestamp) -> Broken {
        match self.first_due() {
            Some((at, Subject::Call(call))) => {
                let what = format!(
                    "was due {at}, {how} ({now}): {:?}",
                    self.calls.get(&call).map(|call| &call.stage)
                );
                let agent = self.calls.get(&call).and_then(|call| call.assigned.last().copied());
                agent.map_or(Broken::call(Rule::I3, call, &what), |agent| {
                    Broken::call(Rule::I3, call, &what).and(agent)
                })
            }
            Some((at, Subject::Agent(agent))) => {
                Broken::agent(Rule::I3, agent, format!("was due {at}, {how} ({now})"))
            }
            None => Broken::all(Rule::I3, how),
        }
    }

    /// Whose call or ring ended has something else to do, or is free (I1, I3).
    fn everybody_went_on(&mut self) -> Result<(), Broken> {
        for agent in std::mem::take(&mut self.freed) {
            let Some(book) = self.agents.get(&agent) else { continue };
            let stuck = match book.doing {
                Doing::OnCall { call, assignment } => {
                    let live = self.calls.get(&call).and_then(CallBook::live);
                    live.is_none_or(|live| live.agent != agent || live.number != assignment)
                }
                Doing::Ringing { call, offer, .. } => {
                    let live = self.calls.get(&call).and_then(CallBook::offer);
                    live.is_none_or(|live| live.agent != agent || live.number != offer)
                }
                Doing::Out | Doing::Paused | Doing::Free { .. } | Doing::WrapUp { .. } => false,
            };
            ensure(!stuck, || {
                Broken::agent(Rule::I1, agent, format!("its call is over, and it is {:?}", book.doing))
            })?;
        }
        Ok(())
    }

    fn settings_of(&self, company: &CompanyCode) -> Settings {
        self.settings.get(company).cloned().unwrap_or_default()
    }

    fn live_call(&self, call: CallId, rule: Rule, what: &str) -> Result<&CallBook, Broken> {
        let ended = if self.ended.contains_key(&call) { "an ended call" } else { "an unknown call" };
        self.calls.get(&call).ok_or_else(|| Broken::call(rule, call, format!("{what}: {ended}")))
    }

    // Every change of a book goes through these two, so that dues and pools are never stale.

    fn on_call(&mut self, id: CallId, change: impl FnOnce(&mut CallBook)) {
        let Some(mut call) = self.calls.remove(&id) else { return };
        self.unlist(id, &call);
        change(&mut call);
        self.list(id, call);
    }

    fn unlist(&mut self, id: CallId, call: &CallBook) {
        self.dues.remove(&(call.due(), Subject::Call(id)));
        if let (Stage::Waiting, Some(line)) = (&call.stage, &call.line) {
            let key = (Reverse((line.front, call.priority)), line.since, id);
            for company in line.companies() {
                self.pool(company).waiting.remove(&key);
            }
        }
    }

    fn list(&mut self, id: CallId, call: CallBook) {
        self.dues.insert((call.due(), Subject::Call(id)));
        if let (Stage::Waiting, Some(line)) = (&call.stage, &call.line) {
            let key = (Reverse((line.front, call.priority)), line.since, id);
            for company in line.companies() {
                self.pool(company).waiting.insert(key);
            }
        }
        self.calls.insert(id, call);
    }

    fn on_agent(&mut self, id: AgentId, change: impl FnOnce(&mut AgentBook)) {
        let Some(mut agent) = self.agents.remove(&id) else { return };
        if let Some(at) = agent.due() {
            self.dues.remove(&(at, Subject::Agent(id)));
        }
        if let Some(since) = agent.free_since() {
            self.pool(&agent.company).free.remove(&(since, id));
        }
        change(&mut agent);
        self.put_agent(id, agent);
    }

    fn put_agent(&mut self, id: AgentId, agent: AgentBook) {
        if let Some(at) = agent.due() {
            self.dues.insert((at, Subject::Agent(id)));
        }
        if let Some(since) = agent.free_since() {
            self.pool(&agent.company).free.insert((since, id));
        }
        self.agents.insert(id, agent);
    }

    fn pool(&mut self, company: &CompanyCode) -> &mut Pool {
        if !self.dirty.contains(company) {
            self.dirty.insert(company.clone());
        }
        self.pools.entry(company.clone()).or_default()
    }

    /// A sign of life can't be in the future; what was before an outage or a restart starts no timer.
    fn heard(&self, at: Timestamp, last_heard: Timestamp) -> Timestamp {
        last_heard.max(self.resumed_at).min(at)
    }

    fn take(&mut self, moment: Moment<'_>, event: &Event) -> Result<(), Broken> {
        match event {
            Event::RulesAdopted { .. } | Event::NobodyOnDuty { .. } => Ok(()),
            Event::CompanySet { company, settings } => {
                self.settings.insert(company.clone(), settings.clone());
                Ok(())
            }
            Event::ServingSet { home, serving } => {
                self.serving_set(home, serving);
                Ok(())
            }
            Event::Outage { from, to } => self.outage(moment, *from, *to),
            Event::Restarted { back_by } => self.restarted(moment, *back_by),
            Event::AgentSet { .. }
            | Event::AgentSignedIn { .. }
            | Event::AgentSignedOut { .. }
            | Event::AgentConnected { .. }
            | Event::AgentDisconnected { .. }
            | Event::AgentAvailable { .. }
            | Event::AgentPaused { .. }
            | Event::AgentWished { .. }
            | Event::WrapUpStarted { .. } => self.take_agents(moment, event),
            Event::CallTakenIn { .. }
            | Event::CallerConnected { .. }
            | Event::CallerDisconnected { .. }
            | Event::CallQueued { .. }
            | Event::PoolClosed { .. }
            | Event::Offered { .. }
            | Event::Rang { .. }
            | Event::OfferClosed { .. }
            | Event::AgentSparedEnough { .. }
            | Event::CallAccepted { .. }
            | Event::VideoConnected { .. }
            | Event::SideLost { .. }
            | Event::SideBack { .. }
            | Event::Unwitnessed { .. }
            | Event::WitnessedAgain { .. }
            | Event::CompareAgain { .. }
            | Event::Compared { .. }
            | Event::CallOverflowed { .. }
            | Event::OverflowPlanned { .. }
            | Event::AssignmentVoided { .. } => self.take_calls(moment, event),
            Event::ConversationOver { .. }
            | Event::VerdictSealed { .. }
            | Event::EvidenceTaken { .. }
            | Event::CallEnded { .. }
            | Event::CallRecalled { .. } => self.take_ends(moment, event),
        }
    }

    fn serving_set(&mut self, home: &CompanyCode, serving: &CompanyCode) {
        self.serving.insert(home.clone(), serving.clone());
        let moved: Vec<CallId> =
            self.calls.iter().filter(|(_, call)| call.company == *home).map(|(id, _)| *id).collect();
        for id in moved {
            self.on_call(id, |call| {
                if let Some(line) = &mut call.line {
                    line.serving = serving.clone();
                }
            });
        }
    }

    /// Every deadline moves by the span that was not counted out yet.
    fn outage(&mut self, moment: Moment<'_>, from: Timestamp, to: Timestamp) -> Result<(), Broken> {
        let Input::Outage { from: told_from, to: told_to } = moment.input else {
            return Err(Broken::all(Rule::I8, "an outage that nobody told of"));
        };
        let right = (from, to) == ((*told_from).max(self.resumed_at), *told_to);
        ensure(right, || Broken::all(Rule::I8, "the outage has another span than was told"))?;
        self.resumed_at = self.resumed_at.max(to);
        let ms = to.ms_since(from);
        self.each(|call| call.shift(ms), |agent| agent.shift(ms));
        Ok(())
    }

    /// I6: every session that the restart cut has its full 15 s.
    fn restarted(&mut self, moment: Moment<'_>, back_by: Timestamp) -> Result<(), Broken> {
        let full = moment.at.plus_ms(i64::from(Settings::default().reconnect_ms));
        ensure(back_by == full, || Broken::all(Rule::I6, "sessions don't get their full 15 s"))?;
        self.resumed_at = self.resumed_at.max(moment.at);
        self.each(
            |call| call.restart(moment.at, full),
            |agent| {
                if agent.session.is_some() {
                    agent.link = Link::Away(full);
                }
            },
        );
        Ok(())
    }

    fn each(&mut self, on_call: impl Fn(&mut CallBook), on_agent: impl Fn(&mut AgentBook)) {
        for id in self.calls.keys().copied().collect::<Vec<_>>() {
            self.on_call(id, &on_call);
        }
        for id in self.agents.keys().copied().collect::<Vec<_>>() {
            self.on_agent(id, &on_agent);
        }
    }

    /// Whether a sign of life is older than the patience with silence.
    fn is_silent(at: Timestamp, heard: Timestamp) -> bool {
        at.ms_since(heard) >= SILENT_AFTER_MS
    }
}

//! A small world around a switchboard: it plays the driver, keeps the log, and checks the invariants after
//! every fact.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use chinhchu_protocol::agent::{RingProof, WantedStatus};
use chinhchu_protocol::call::{CallState, Decision, EndReason};
use chinhchu_protocol::ids::{AgentId, CallId, CompanyCode, SessionId, WorkstationId};
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::fact::WhyNot;
use chinhchu_routing::settings::SkillRule;
use chinhchu_routing::{
    Activity, AgentSocket, AgentStatus, CallerSocket, Event, Fact, Input, Logged, Needs, OfferOutcome,
    Refusal, Settings, Skills, Switchboard, replay,
};
use uuid::Uuid;

/// 2026-11-23T02:00:00Z.
pub const START: Timestamp = Timestamp::from_ms(1_795_399_200_000);

pub fn company(code: &str) -> CompanyCode {
    CompanyCode::parse(code).expect("a valid code")
}

pub fn call_id(n: u128) -> CallId {
    CallId(Uuid::from_u128(0xca11_0000 + n))
}

pub fn agent_id(n: u128) -> AgentId {
    AgentId(Uuid::from_u128(0xa6e0_0000 + n))
}

pub fn session_id(n: u128) -> SessionId {
    SessionId(Uuid::from_u128(0x5e55_0000 + n))
}

pub fn workstation_id(n: u128) -> WorkstationId {
    WorkstationId(Uuid::from_u128(0x3045_0000 + n))
}

/// A hash as it could be, different for each `n`.
pub fn sha(n: u32) -> String {
    format!("{n:064x}")
}

#[derive(Clone)]
pub struct World {
    pub board: Switchboard,
    pub now: Timestamp,
    pub facts: Vec<Fact>,
    /// Every step, with what became of it.
    pub steps: Vec<(Timestamp, Input, Result<Vec<Fact>, Refusal>)>,
    watcher: Watcher,
}

impl World {
    /// Companies 1 and 2 with agents, 4 served by 1; no agents yet.
    pub fn new() -> Self {
        Self::with(&Settings::default())
    }

    pub fn with(settings: &Settings) -> Self {
        let (board, facts, watcher) = (Switchboard::default(), Vec::new(), Watcher::default());
        let mut world = Self { board, now: START, facts, steps: Vec::new(), watcher };
        world.must(&Input::Started);
        for code in ["1", "2", "4"] {
            world.must(&Input::SetCompany { company: company(code), settings: settings.clone() });
        }
        for (home, serving) in [("1", "1"), ("2", "2"), ("4", "1")] {
            world.must(&Input::SetServing { home: company(home), serving: company(serving) });
        }
        world
    }

    /// Decides, applies, checks.
    pub fn step(&mut self, input: &Input) -> Result<Vec<Event>, Refusal> {
        let before = self.board.clone();
        let decided = self.board.decide(self.now, input);
        assert!(self.board == before, "decide changes nothing");
        self.steps.push((self.now, input.clone(), decided.clone()));
        let facts = decided?;
        for fact in &facts {
            self.watcher.before(&self.board, fact);
            self.board.apply(fact);
        }
        self.facts.extend(facts.iter().cloned());
        self.check_invariants();
        Ok(facts.into_iter().map(|fact| fact.event).collect())
    }

    pub fn must(&mut self, input: &Input) -> Vec<Event> {
        self.step(input).unwrap_or_else(|refusal| panic!("{input:?} refused: {refusal}"))
    }

    /// Lets time run, firing each deadline when it is due.
    pub fn pass_ms(&mut self, ms: i64) -> Vec<Event> {
        let until = self.now.plus_ms(ms);
        let mut events = Vec::new();
        while let Some(due) = self.board.next_deadline().filter(|due| *due <= until) {
            self.now = self.now.max(due);
            events.extend(self.must(&Input::Tick));
            let next = self.board.next_deadline();
            assert!(next.is_none_or(|next| next > self.now), "a tick leaves nothing due");
        }
        self.now = until;
        events
    }

    // The caller's side.

    pub fn call(&mut self, n: u128, code: &str) -> CallId {
        let call = call_id(n);
        self.must(&Input::TakeIn { call, company: company(code), priority: 0, needs: Needs::default() });
        call
    }

    /// A call whose page is there and ready.
    pub fn ready_call(&mut self, n: u128, code: &str) -> CallId {
        let call = self.call(n, code);
        self.page(call);
        self.must(&Input::CallerReady { from: self.caller(call) });
        call
    }

    pub fn page(&mut self, call: CallId) {
        self.must(&Input::CallerConnected { call, same_device: true });
    }

    pub fn caller(&self, call: CallId) -> CallerSocket {
        CallerSocket { call, epoch: self.board.call(call).map_or(0, |call| call.caller_epoch) }
    }

    pub fn page_gone(&mut self, call: CallId) -> Vec<Event> {
        self.must(&Input::CallerDisconnected { from: self.caller(call), last_heard: self.now })
    }

    // The agent's side.

    /// An agent of a company, signed in, connected and available.
    pub fn agent(&mut self, n: u128, code: &str) -> AgentId {
        self.agent_of(n, code, None, Skills::default())
    }

    /// The same, of a partner, with skills.
    pub fn agent_of(&mut self, n: u128, code: &str, partner: Option<&str>, skills: Skills) -> AgentId {
        let agent = agent_id(n);
        let (company, partner) = (company(code), partner.map(str::to_owned));
        self.must(&Input::SetAgent { agent, company, partner, active: true, skills });
        self.must(&Input::SignIn { agent, session: session_id(n), workstation: workstation_id(n) });
        self.must(&Input::AgentConnected { agent, session: session_id(n) });
        self.available(agent);
        agent
    }

    /// Changes the settings of a company.
    pub fn set(&mut self, code: &str, change: impl FnOnce(&mut Settings)) {
        let company = company(code);
        let mut settings = self.board.settings(&company).cloned().unwrap_or_default();
        change(&mut settings);
        self.must(&Input::SetCompany { company, settings });
    }

    /// A waiting call that needs something.
    pub fn needy_call(&mut self, n: u128, code: &str, needs: Needs) -> CallId {
        let call = call_id(n);
        self.must(&Input::TakeIn { call, company: company(code), priority: 0, needs });
        self.page(call);
        self.must(&Input::CallerReady { from: self.caller(call) });
        call
    }

    /// Why each other agent did not get the last offer.
    pub fn why_not(&self) -> Vec<(AgentId, WhyNot)> {
        let considered = self.facts.iter().rev().find_map(|fact| match &fact.event {
            Event::Offered { considered, .. } => Some(considered),
            _ => None,
        });
        considered.into_iter().flatten().map(|other| (other.agent, other.why_not)).collect()
    }

    pub fn available(&mut self, agent: AgentId) {
        self.must(&Input::SetStatus { from: self.station(agent), status: WantedStatus::Available });
    }

    pub fn station(&self, agent: AgentId) -> AgentSocket {
        let session = self.board.agent(agent).and_then(|agent| agent.session);
        let (id, epoch) = session.map_or((session_id(0), 0), |session| (session.session, session.epoch));
        AgentSocket { agent, session: id, epoch }
    }

    pub fn station_gone(&mut self, agent: AgentId) -> Vec<Event> {
        self.must(&Input::AgentDisconnected { from: self.station(agent), last_heard: self.now })
    }

    pub fn station_back(&mut self, agent: AgentId) -> Vec<Event> {
        let session = self.station(agent).session;
        self.must(&Input::AgentConnected { agent, session })
    }

    /// Agent and number of the live offer.
    pub fn offer(&self, call: CallId) -> Option<(AgentId, u32)> {
        self.board.call(call).and_then(|call| call.offer).map(|offer| (offer.agent, offer.offer))
    }

    fn offered(&self, call: CallId) -> (AgentSocket, u32) {
        let (agent, offer) = self.offer(call).expect("an offer is out");
        (self.station(agent), offer)
    }

    pub fn rang(&mut self, call: CallId) -> Vec<Event> {
        let (from, offer) = self.offered(call);
        self.must(&Input::Rang { from, call, offer, proof: RingProof::Sound })
    }

    pub fn accept(&mut self, call: CallId) -> Vec<Event> {
        let (from, offer) = self.offered(call);
        self.must(&Input::Accept { from, call, offer })
    }

    pub fn pass(&mut self, call: CallId) -> Vec<Event> {
        let (from, offer) = self.offered(call);
        self.must(&Input::Pass { from, call, offer })
    }

    pub fn decline(&mut self, call: CallId) -> Vec<Event> {
        let (from, offer) = self.offered(call);
        self.must(&Input::Decline { from, call, offer })
    }

    /// A call in conversation, with the agent who has it.
    pub fn in_call(&mut self, n: u128, code: &str) -> (CallId, AgentId) {
        let call = self.ready_call(n, code);
        let (agent, _) = self.offer(call).expect("an agent is available");
        self.rang(call);
        self.accept(call);
        self.must(&Input::MediaFlowing { call, assignment: 1 });
        (call, agent)
    }

    pub fn seal(&mut self, call: CallId, assignment: u32, agent: AgentId) -> Vec<Event> {
        let (from, decision) = (self.station(agent), Decision::Confirmed);
        self.must(&Input::VerdictSealed {
            from,
            call,
            assignment,
            decision,
            manifest_sha256: sha(assignment),
        })
    }

    pub fn evidence(&mut self, call: CallId, assignment: u32, agent: AgentId) -> Vec<Event> {
        let (decision, manifest_sha256) = (Decision::Confirmed, sha(assignment));
        self.must(&Input::EvidenceStored { call, assignment, agent, decision, manifest_sha256 })
    }

    // Looking.

    pub fn state(&self, call: CallId) -> CallState {
        self.board.call(call).map_or(CallState::Ended, |call| call.state)
    }

    /// Why the call ended, by the log.
    pub fn end_reason(&self, call: CallId) -> Option<EndReason> {
        self.watcher.ended.get(&call).copied()
    }

    pub fn activity(&self, agent: AgentId) -> Activity {
        self.board.agent(agent).expect("a known agent").activity
    }

    pub fn is_available(&self, agent: AgentId) -> bool {
        matches!(self.activity(agent), Activity::Available { .. })
    }

    /// I6: the log, folded anew, gives the same state.
    pub fn check_replay(&self) {
        let mut again = Switchboard::default();
        for fact in &self.facts {
            let json = serde_json::to_string(fact).expect("a fact is JSON");
            again.apply(&serde_json::from_str(&json).expect("a fact reads back"));
        }
        assert!(again == self.board, "the facts alone give the state");
        let decided = self.steps.iter().zip(1_u64..).filter_map(|((at, input, decided), seq)| {
            let facts = decided.clone().ok()?;
            Some(Logged { seq, at: *at, input: input.clone(), facts })
        });
        assert_eq!(replay(decided), None, "the inputs, decided again, give the same facts");
    }

    /// I1 and I3, from the state alone.
    fn check_invariants(&self) {
        let mut held: BTreeMap<AgentId, CallId> = BTreeMap::new();
        for id in self.board.live_calls() {
            let call = self.board.call(id).expect("a live call");
            assert!(call.deadline.is_some(), "I3: {id} in {:?} has a deadline", call.state);
            let offer = call.offer.map(|offer| (offer.agent, Some(offer.offer), None));
            let assignment = call.assignment.map(|live| (live.agent, None, Some(live.assignment)));
            assert!(offer.is_none() || assignment.is_none(), "I1: {id} is offered and assigned at once");
            let Some((agent, offer, assignment)) = offer.or(assignment) else { continue };
            let other = held.insert(agent, id);
            assert!(other.is_none(), "I1: {agent} has {id} and {other:?}");
            match self.activity(agent) {
                Activity::Ringing { call, offer: number, .. } => {
                    assert_eq!((call, Some(number)), (id, offer), "I1: {agent} rings for its offer");
                }
                Activity::OnCall { call, assignment: number } => {
                    assert_eq!((call, Some(number)), (id, assignment), "I1: {agent} has its call");
                }
                other => panic!("I1: {agent} has {id} and is {other:?}"),
            }
        }
        for agent in self.board.agents() {
            let busy = matches!(self.activity(agent), Activity::Ringing { .. } | Activity::OnCall { .. });
            assert_eq!(busy, held.contains_key(&agent), "I1: {agent} is busy exactly with a live call");
        }
    }
}

/// Watches the facts go by: I2, I3 (one end reason), I4, I7.
#[derive(Clone, Default)]
struct Watcher {
    ended: BTreeMap<CallId, EndReason>,
    refused: BTreeMap<CallId, BTreeSet<AgentId>>,
    rang: BTreeSet<(CallId, u32)>,
    /// Greater goes first: an agent was lost, priority, waits since.
    places: BTreeMap<CallId, (bool, u8, Reverse<Timestamp>)>,
    needs: BTreeMap<CallId, Needs>,
    /// Other companies whose agents may take a call by now.
    overflowed: BTreeMap<CallId, BTreeSet<CompanyCode>>,
}

impl Watcher {
    fn before(&mut self, board: &Switchboard, fact: &Fact) {
        match &fact.event {
            Event::Offered { call, agent, .. } => self.check_offer(board, *call, *agent),
            Event::CallEnded { call, reason, .. } => {
                let other = self.ended.insert(*call, *reason);
                assert!(other.is_none(), "I3: {call} ended {reason:?} after {other:?}");
            }
            Event::CallTakenIn { call, priority, needs, .. } => {
                self.needs.insert(*call, needs.clone());
                self.places.insert(*call, (false, *priority, Reverse(fact.at)));
            }
            Event::CallQueued { call, .. } => {
                self.places.entry(*call).and_modify(|place| place.2 = Reverse(fact.at));
            }
            Event::AssignmentVoided { call, .. } => {
                self.overflowed.remove(call);
                self.places.entry(*call).and_modify(|place| place.0 = true);
            }
            Event::OverflowPlanned { call, .. } => {
                self.overflowed.remove(call);
            }
            Event::CallOverflowed { call, to } => {
                self.overflowed.entry(*call).or_default().insert(to.clone());
            }
            Event::Rang { call, offer, .. } => {
                self.rang.insert((*call, *offer));
            }
            Event::OfferClosed { call, offer, agent, outcome, .. } => {
                if matches!(outcome, OfferOutcome::Passed | OfferOutcome::Missed | OfferOutcome::NeverRang) {
                    self.refused.entry(*call).or_default().insert(*agent);
                }
                let rang = self.rang.contains(&(*call, *offer));
                assert!(*outcome != OfferOutcome::Missed || rang, "I7: only a ring can be missed");
                assert!(*outcome != OfferOutcome::NeverRang || !rang, "I7: a ring was confirmed");
            }
            _ => {}
        }
    }

    fn check_offer(&self, board: &Switchboard, id: CallId, chosen: AgentId) {
        let call = board.call(id).expect("a live call is offered");
        assert_eq!(call.state, CallState::Waiting, "I1: {id} is offered while it waits");
        assert!(call.caller_connected, "{id} is offered though its caller is away");
        let free = |agent: AgentId| {
            let status = board.agent(agent).expect("a known agent");
            let connected = status.session.is_some_and(|session| session.connected);
            let idle =
                matches!(status.activity, Activity::Available { .. } | Activity::WrapUp { open: true, .. });
            connected && idle && self.may_serve(board, id, &status)
        };
        assert!(free(chosen), "I1, C1: {chosen} is free and may serve {id}");
        let no_refusals = BTreeSet::new();
        let refused = self.refused.get(&id).unwrap_or(&no_refusals);
        if refused.contains(&chosen) {
            let other = board.agents().find(|agent| free(*agent) && !refused.contains(agent));
            // Who was lost in the call is spared too, so an agent that only lost it is no other choice.
            let lost = |agent: &AgentId| call.assigned.contains(agent);
            assert!(
                other.is_none_or(|agent| lost(&agent)),
                "I2: {chosen} refused {id}, {other:?} is available"
            );
        }
        self.check_order(board, id, chosen);
    }

    /// C1, overflow and skills, by the log.
    fn may_serve(&self, board: &Switchboard, id: CallId, agent: &AgentStatus) -> bool {
        let Some(call) = board.call(id) else { return false };
        let near = board.serving(&call.company) == Some(&agent.company)
            || self.overflowed.get(&id).is_some_and(|to| to.contains(&agent.company));
        let rule = board.settings(&agent.company).map(|settings| settings.skills);
        let needs = self.needs.get(&id).cloned().unwrap_or_default();
        near && (rule != Some(SkillRule::Require) || agent.skills.meet(&needs))
    }

    /// I4: no call that goes before this one, by the log, could have been offered to this agent, who never
    /// refused it.
    fn check_order(&self, board: &Switchboard, id: CallId, chosen: AgentId) {
        let agent = board.agent(chosen).expect("a known agent");
        let place = |call: &CallId| self.places.get(call).copied();
        for ahead in board.live_calls().filter(|ahead| place(ahead) > place(&id)) {
            let call = board.call(ahead).expect("a live call");
            let same_queue = call.state == CallState::Waiting && self.may_serve(board, ahead, &agent);
            let refused = self.refused.get(&ahead).is_some_and(|agents| agents.contains(&chosen));
            let may_take =
                same_queue && call.caller_connected && !refused && !call.assigned.contains(&chosen);
            assert!(!may_take, "I4: {ahead} goes before {id} and {chosen} may take it");
        }
    }
}

//! The call centre of a replay: callers and agents as the routing core meets them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use chinhchu_protocol::agent::{RingProof, WantedStatus};
use chinhchu_protocol::call::Decision;
use chinhchu_protocol::ids::{AgentId, CallId, CompanyCode, SessionId, WorkstationId};
use chinhchu_protocol::time::Timestamp;
use chinhchu_protocol::vietnam::{self, DAY_MS, OFFSET_MS};
use chinhchu_routing::{
    AgentSocket, CallerSocket, Event, Input, Needs, Settings, Skills, Switchboard, input::SignOutReason,
};
use uuid::Uuid;

use super::dice;
use super::{Past, SlotOutcome};
use crate::fit::{PastCall, day_of, slot_of};
use crate::plan::SLOTS;

const SLOT_MS: i64 = 1_800_000;
const POOL: &str = "pool";
/// Ids of calls begin above those of agents.
const CALLS_FROM: u128 = 1 << 64;

/// What happens at a time; in this order when at the same.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Act {
    Staff { slot: usize },
    Finish { call: usize, agent: u32 },
    PickUp { call: usize, offer: u32, agent: u32 },
    GiveUp { call: usize },
    Arrive { call: usize },
}

struct Caller {
    at_ms: i64,
    patience_ms: Option<i64>,
    handle_ms: i64,
    in_line: bool,
}

/// One replay.
pub struct Floor {
    board: Switchboard,
    now_ms: i64,
    acts: BinaryHeap<Reverse<(i64, Act)>>,
    callers: Vec<Caller>,
    agents: [u32; SLOTS],
    /// Those at the calls, and since when the busy ones are.
    present: BTreeMap<u32, Option<i64>>,
    /// Agents known to the core.
    known: u32,
    sessions: BTreeMap<u32, u128>,
    session: u128,
    wanted: u32,
    slots: Vec<SlotOutcome>,
    busy_ms: [i64; SLOTS],
    staffed_ms: [i64; SLOTS],
    /// Days with calls: agents who sat there on another day, or after the last call's day, do not count.
    days: BTreeSet<i64>,
    within_ms: f64,
    pick_up_ms: i64,
}

impl Floor {
    /// Plays the whole period.
    pub fn play(past: &Past<'_>, within_s: f64, agents: &[u32; SLOTS]) -> Vec<SlotOutcome> {
        let mut floor = Self {
            board: Switchboard::default(),
            now_ms: 0,
            acts: BinaryHeap::new(),
            callers: callers(past),
            agents: *agents,
            present: BTreeMap::new(),
            known: 0,
            sessions: BTreeMap::new(),
            session: 0,
            wanted: 0,
            slots: vec![SlotOutcome::default(); SLOTS],
            busy_ms: [0; SLOTS],
            staffed_ms: [0; SLOTS],
            days: past.calls.iter().map(|call| day_of(call.queued_ms)).collect(),
            within_ms: within_s * 1_000.0,
            pick_up_ms: i64::from(past.pick_up_ms),
        };
        floor.open(past.settings);
        while let Some(Reverse((at_ms, act))) = floor.next() {
            floor.now_ms = floor.now_ms.max(at_ms);
            match act {
                Some(act) => floor.act(act),
                None => floor.drive(&Input::Tick),
            }
        }
        for ((slot, busy), staffed) in floor.slots.iter_mut().zip(floor.busy_ms).zip(floor.staffed_ms) {
            slot.occupancy = if staffed > 0 { (seconds(busy) / seconds(staffed)).min(1.0) } else { 0.0 };
        }
        floor.slots
    }

    fn open(&mut self, settings: &Settings) {
        let Some(first) = self.callers.iter().map(|caller| caller.at_ms).min() else { return };
        let last = self.callers.iter().map(|caller| caller.at_ms).max().unwrap_or(first);
        self.now_ms = vietnam::midnight(day_of(first)).ms();
        let (mut at_ms, mut slot) = (self.now_ms, 0);
        while at_ms <= last + DAY_MS / 2 {
            self.acts.push(Reverse((at_ms, Act::Staff { slot })));
            (at_ms, slot) = (at_ms + SLOT_MS, (slot + 1) % SLOTS);
        }
        for (call, caller) in self.callers.iter().enumerate() {
            self.acts.push(Reverse((caller.at_ms, Act::Arrive { call })));
        }
        let pool = CompanyCode(POOL.to_owned());
        // Overflow and shares are about other pools and partners, and skills about who has them: not known here.
        // The hours of today are not those of then: who got into the line then gets into it here.
        let settings = Settings {
            hours: None,
            serve_queue_after_close: true,
            overflow: Vec::new(),
            partner_shares: BTreeMap::new(),
            skills: chinhchu_routing::settings::SkillRule::Off,
            ..settings.clone()
        };
        self.drive(&Input::Started);
        self.drive(&Input::SetCompany { company: pool.clone(), settings });
        self.drive(&Input::SetServing { home: pool.clone(), serving: pool });
    }

    /// The next act, or a deadline of the core if that is sooner.
    fn next(&mut self) -> Option<Reverse<(i64, Option<Act>)>> {
        let due = self.board.next_deadline().map(Timestamp::ms);
        let next = self.acts.peek().map(|Reverse((at, _))| *at);
        match (due, next) {
            (Some(due), Some(at)) if due <= at => Some(Reverse((due, None))),
            (_, Some(_)) => self.acts.pop().map(|Reverse((at, act))| Reverse((at, Some(act)))),
            // Nobody calls any more: what the core still remembers does not count.
            (_, None) => None,
        }
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Staff { slot } => self.staff(slot),
            Act::Arrive { call } => self.arrive(call),
            Act::GiveUp { call } => {
                if self.leave_line(call) {
                    self.gone(call);
                    self.drive(&Input::CallerHungUp { from: CallerSocket { call: id(call), epoch: 1 } });
                }
            }
            Act::PickUp { call, offer, agent } => {
                let from = self.socket(agent);
                self.drive(&Input::Accept { from, call: id(call), offer });
            }
            Act::Finish { call, agent } => self.finish(call, agent),
        }
    }

    fn arrive(&mut self, call: usize) {
        let company = CompanyCode(POOL.to_owned());
        let id = id(call);
        self.drive(&Input::TakeIn { call: id, company, priority: 0, needs: Needs::default() });
        self.drive(&Input::CallerConnected { call: id, same_device: true });
        self.callers[call].in_line = true;
        let slot = slot_of(self.now_ms);
        self.slots[slot].offered += 1;
        if let Some(patience) = self.callers[call].patience_ms {
            self.acts.push(Reverse((self.now_ms + patience, Act::GiveUp { call })));
        }
        self.drive(&Input::CallerReady { from: CallerSocket { call: id, epoch: 1 } });
    }

    fn staff(&mut self, slot: usize) {
        self.wanted = self.agents[slot];
        if self.days.contains(&day_of(self.now_ms)) {
            self.staffed_ms[slot] += i64::from(self.wanted) * SLOT_MS;
        }
        let present = u32::try_from(self.present.len()).unwrap_or(u32::MAX);
        let leaving: Vec<u32> = self
            .present
            .iter()
            .rev()
            .filter(|(_, busy)| busy.is_none())
            .map(|(agent, _)| *agent)
            .take(present.saturating_sub(self.wanted) as usize)
            .collect();
        for agent in leaving {
            self.go(agent);
        }
        let mut agent = 0;
        while u32::try_from(self.present.len()).is_ok_and(|present| present < self.wanted) {
            agent += 1;
            if !self.present.contains_key(&agent) {
                self.come(agent);
            }
        }
    }

    fn come(&mut self, agent: u32) {
        let id = agent_id(agent);
        while self.known < agent {
            self.known += 1;
            let (agent, company) = (agent_id(self.known), CompanyCode(POOL.to_owned()));
            let skills = Skills::default();
            self.drive(&Input::SetAgent { agent, company, partner: None, active: true, skills });
        }
        self.session += 1;
        self.sessions.insert(agent, self.session);
        let session = SessionId(Uuid::from_u128(self.session));
        self.present.insert(agent, None);
        self.drive(&Input::SignIn { agent: id, session, workstation: WorkstationId(id.0) });
        self.drive(&Input::AgentConnected { agent: id, session });
        let from = self.socket(agent);
        self.drive(&Input::SetStatus { from, status: WantedStatus::Available });
    }

    fn go(&mut self, agent: u32) {
        self.present.remove(&agent);
        let session = self.socket(agent).session;
        self.drive(&Input::SignOut { agent: agent_id(agent), session, why: SignOutReason::Agent });
    }

    fn finish(&mut self, call: usize, agent: u32) {
        let (from, id) = (self.socket(agent), id(call));
        let (decision, manifest_sha256) = (Decision::Confirmed, "0".repeat(64));
        self.free(agent);
        let stays = u32::try_from(self.present.len()).is_ok_and(|present| present <= self.wanted);
        if !stays {
            let status = WantedStatus::Paused { reason: "end".to_owned() };
            self.drive(&Input::SetStatus { from, status });
        }
        let sealed = manifest_sha256.clone();
        let assignment = 1;
        self.drive(&Input::VerdictSealed { from, call: id, assignment, decision, manifest_sha256: sealed });
        let agent_id = agent_id(agent);
        self.drive(&Input::EvidenceStored {
            call: id,
            assignment,
            agent: agent_id,
            decision,
            manifest_sha256,
        });
        // The wrap-up is part of the handling time of the past.
        self.drive(&Input::WrapUpDone { from });
        if !stays {
            self.go(agent);
        }
    }

    /// Counts the busy time in the half hours in which it was.
    fn free(&mut self, agent: u32) {
        let Some(since) = self.present.get_mut(&agent).and_then(Option::take) else { return };
        let mut from = since;
        while from < self.now_ms {
            let end = ((from + OFFSET_MS).div_euclid(SLOT_MS) + 1) * SLOT_MS - OFFSET_MS;
            let to = end.min(self.now_ms);
            if self.days.contains(&day_of(from)) {
                self.busy_ms[slot_of(from)] += to - from;
            }
            from = to;
        }
    }

    fn drive(&mut self, input: &Input) {
        // Who comes too late (an offer withdrawn in the same moment) is refused, as in life.
        let Ok(facts) = self.board.decide(Timestamp::from_ms(self.now_ms), input) else { return };
        for fact in &facts {
            self.board.apply(fact);
        }
        for fact in facts {
            self.happened(&fact.event);
        }
    }

    fn happened(&mut self, event: &Event) {
        if let Event::Offered { call, offer, agent, .. } = event {
            let (call, offer, agent) = (index(*call), *offer, number(*agent));
            if let Some(busy) = self.present.get_mut(&agent) {
                *busy = Some(self.now_ms);
            }
            let from = self.socket(agent);
            self.drive(&Input::Rang { from, call: id(call), offer, proof: RingProof::Sound });
            let at = self.now_ms + self.pick_up_ms;
            self.acts.push(Reverse((at, Act::PickUp { call, offer, agent })));
        } else if let Event::OfferClosed { agent, .. } = event {
            self.free(number(*agent));
        } else if let Event::CallAccepted { call, agent, assignment, .. } = event {
            let (call, agent) = (index(*call), number(*agent));
            if self.leave_line(call) {
                self.answered(call);
            }
            self.drive(&Input::MediaFlowing { call: id(call), assignment: *assignment });
            let at = self.now_ms + self.callers[call].handle_ms;
            self.acts.push(Reverse((at, Act::Finish { call, agent })));
        } else if let Event::CallEnded { call, .. } = event {
            let call = index(*call);
            if self.leave_line(call) {
                self.waited(call);
            }
        }
    }

    fn leave_line(&mut self, call: usize) -> bool {
        std::mem::take(&mut self.callers[call].in_line)
    }

    fn answered(&mut self, call: usize) {
        let in_time = self.waited(call) <= self.within_ms;
        let slot = &mut self.slots[slot_of(self.callers[call].at_ms)];
        slot.answered += 1;
        slot.answered_in_time += u32::from(in_time);
    }

    fn gone(&mut self, call: usize) {
        let in_time = self.waited(call) <= self.within_ms;
        let slot = &mut self.slots[slot_of(self.callers[call].at_ms)];
        slot.abandoned += 1;
        slot.abandoned_in_time += u32::from(in_time);
    }

    fn waited(&mut self, call: usize) -> f64 {
        let at_ms = self.callers[call].at_ms;
        let waited_s = seconds(self.now_ms - at_ms);
        self.slots[slot_of(at_ms)].waited_s += waited_s;
        waited_s * 1_000.0
    }

    fn socket(&self, agent: u32) -> AgentSocket {
        let session = SessionId(Uuid::from_u128(self.sessions.get(&agent).copied().unwrap_or(0)));
        AgentSocket { agent: agent_id(agent), session, epoch: 1 }
    }
}

/// The most agents that can be of use in each half hour: as many as calls can be there, those of the half hour
/// before included, who may be late.
pub fn most_useful(past: &Past<'_>) -> [u32; SLOTS] {
    let mut calls: BTreeMap<i64, u32> = BTreeMap::new();
    for caller in callers(past) {
        let number = |at_ms: i64| (at_ms + OFFSET_MS).div_euclid(SLOT_MS);
        let over_ms = caller.at_ms + i64::from(past.pick_up_ms) + caller.handle_ms;
        for slot in number(caller.at_ms)..=number(over_ms) + 1 {
            *calls.entry(slot).or_default() += 1;
        }
    }
    let mut most = [0; SLOTS];
    for (number, calls) in calls {
        let slot = slot_of(number * SLOT_MS - OFFSET_MS);
        most[slot] = calls.max(most[slot]);
    }
    most
}

fn callers(past: &Past<'_>) -> Vec<Caller> {
    let known: Vec<i64> = past.calls.iter().filter_map(|call| call.handled_ms).map(i64::from).collect();
    let handle_of = |call: &PastCall, n: u64| {
        let drawn = || {
            let count = u64::try_from(known.len()).unwrap_or(1).max(1);
            let index = usize::try_from(dice::number(past.seed, n * 2) % count).unwrap_or(0);
            known.get(index).copied().unwrap_or(0)
        };
        call.handled_ms.map_or_else(drawn, i64::from)
    };
    let patience_of = |call: &PastCall, n: u64| {
        let waited = i64::from(call.waited_ms);
        if call.hung_up {
            return Some(waited);
        }
        let mean_s = past.patience_s?;
        let more_s = (-dice::share(past.seed, n * 2 + 1).ln() * mean_s).min(86_400.0);
        // At most a day, in ms: fits.
        #[expect(clippy::cast_possible_truncation, reason = "0 to 86,400,000")]
        let more = (more_s * 1_000.0) as i64;
        Some(waited + more)
    };
    (0_u64..)
        .zip(past.calls)
        .map(|(n, call)| Caller {
            at_ms: call.queued_ms,
            patience_ms: patience_of(call, n),
            handle_ms: handle_of(call, n),
            in_line: false,
        })
        .collect()
}

fn seconds(ms: i64) -> f64 {
    // Sums of busy time pass 2^31 ms, but not 2^31 s.
    let whole = i32::try_from(ms / 1_000).map_or(f64::from(i32::MAX), f64::from);
    let rest = i32::try_from(ms % 1_000).map_or(0.0, f64::from);
    whole + rest / 1_000.0
}

fn id(call: usize) -> CallId {
    CallId(Uuid::from_u128(CALLS_FROM + call as u128))
}

fn index(call: CallId) -> usize {
    usize::try_from(call.0.as_u128() - CALLS_FROM).unwrap_or(0)
}

fn agent_id(agent: u32) -> AgentId {
    AgentId(Uuid::from_u128(u128::from(agent)))
}

fn number(agent: AgentId) -> u32 {
    u32::try_from(agent.0.as_u128()).unwrap_or(0)
}

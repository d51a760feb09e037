//! Seeded random walks through small worlds: losses, ghosts, repeats, restarts, outages. The world checks the
//! invariants after every fact; here is checked that everything ends (I3), that the log replays (I6), and
//! that no input, sensible or not, makes the switchboard panic. A failure prints its seed.

use chinhchu_protocol::agent::{RingProof, WantedStatus};
use chinhchu_protocol::call::{CallState, Decision};
use chinhchu_protocol::case::CustomerType;
use chinhchu_protocol::ids::{AgentId, CallId};
use chinhchu_routing::{Activity, AgentSocket, CallerSocket, Fact, Input, Needs, Settings, SignOutReason};

use crate::dice::{Dice, partner, richer, skills};
use crate::world::{World, agent_id, call_id, company, session_id, sha, workstation_id};

pub struct Walk {
    pub world: World,
    dice: Dice,
    calls: u128,
    sessions: u128,
    /// Inputs that were sent before: repeated later, stale by then.
    sent: Vec<Input>,
}

const AGENTS: u32 = 3;

impl Walk {
    pub fn new(seed: u64) -> Self {
        let mut dice = Dice(seed);
        let settings = Settings {
            decline_ends: dice.one_in(2),
            pause_after_missed: dice.below(3),
            reoffer_after_ms: [0, 5_000][dice.below(2) as usize],
            max_queue_len: [2, 200][dice.below(2) as usize],
            ..Settings::default()
        };
        let mut world = World::with(&settings);
        for code in ["1", "2", "4"] {
            let settings = richer(&mut dice, &settings);
            world.must(&Input::SetCompany { company: company(code), settings });
        }
        for n in 1..=AGENTS.into() {
            let code = if n == u128::from(AGENTS) { "2" } else { "1" };
            world.must(&Input::SetAgent {
                agent: agent_id(n),
                company: company(code),
                partner: partner(&mut dice),
                active: true,
                skills: skills(&mut dice),
            });
        }
        Self { world, dice, calls: 0, sessions: 0, sent: Vec::new() }
    }

    fn some_call(&mut self) -> CallId {
        let live: Vec<CallId> = self.world.board.live_calls().collect();
        match self.dice.pick(&live) {
            Some(call) if !self.dice.one_in(6) => call,
            // One of the last: ended, perhaps, or not there yet.
            _ => call_id((self.calls + 1).saturating_sub(u128::from(self.dice.below(6)))),
        }
    }

    fn some_agent(&mut self) -> AgentId {
        agent_id(1 + u128::from(self.dice.below(AGENTS)))
    }

    fn caller(&mut self, call: CallId) -> CallerSocket {
        let mut from = self.world.caller(call);
        from.epoch = from.epoch.saturating_sub(u32::from(self.dice.one_in(10)));
        from
    }

    fn station(&mut self, agent: AgentId) -> AgentSocket {
        let mut from = self.world.station(agent);
        from.epoch = from.epoch.saturating_sub(u32::from(self.dice.one_in(10)));
        from
    }

    /// Answers a live offer, mostly rightly.
    fn about_offer(&mut self) -> Input {
        let call = self.some_call();
        let (agent, offer) = self.world.offer(call).unwrap_or((self.some_agent(), 1));
        let offer = if self.dice.one_in(15) { offer + 1 } else { offer };
        let from = self.station(agent);
        match self.dice.below(7) {
            0..3 => Input::Rang { from, call, offer, proof: RingProof::Sound },
            3 | 4 => Input::Accept { from, call, offer },
            5 => Input::Pass { from, call, offer },
            _ => Input::Decline { from, call, offer },
        }
    }

    /// Something about an assignment, mostly the live one.
    fn about_assignment(&mut self) -> Input {
        let call = self.some_call();
        let assigned = self.world.board.call(call).map(|call| call.assigned).unwrap_or_default();
        let latest = u32::try_from(assigned.len()).expect("few");
        let assignment = if self.dice.one_in(8) { 1 + self.dice.below(3) } else { latest.max(1) };
        let owner = assigned.get(assignment as usize - 1).copied();
        let agent = if self.dice.one_in(15) { self.some_agent() } else { owner.unwrap_or(agent_id(1)) };
        let last_heard = self.world.now.plus_ms(-i64::from(self.dice.below(4_000)));
        let decision = if self.dice.one_in(20) { Decision::Rejected } else { Decision::Confirmed };
        let manifest_sha256 = sha(assignment);
        let from = self.station(agent);
        match self.dice.below(14) {
            13 => Input::Compared { from, call, assignment, change: self.changes(call) },
            0..4 => Input::MediaFlowing { call, assignment },
            4 => Input::CallerSilent { call, assignment, last_heard },
            5 => Input::CallerHeard { call, assignment },
            6 => Input::AgentSilent { call, assignment, last_heard },
            7 => Input::AgentHeard { call, assignment },
            8 => Input::BothSilent { call, assignment, last_heard },
            9 => Input::CallerChanged { call, assignment, after: self.changes(call) },
            10 | 11 => Input::VerdictSealed { from, call, assignment, decision, manifest_sha256 },
            _ => Input::EvidenceStored { call, assignment, agent, decision, manifest_sha256 },
        }
    }

    /// As a driver or a workstation knows it: mostly the newest, sometimes an older one.
    fn changes(&mut self, call: CallId) -> u32 {
        let live = self.world.board.call(call).and_then(|call| call.assignment);
        live.map_or(0, |live| live.changes.saturating_sub(u32::from(self.dice.one_in(6))))
    }

    fn about_caller(&mut self) -> Input {
        let call = self.some_call();
        let from = self.caller(call);
        match self.dice.below(12) {
            0..3 => self.take_in(),
            3..6 => Input::CallerConnected { call, same_device: !self.dice.one_in(5) },
            6..9 => Input::CallerReady { from },
            9 => Input::CallerDisconnected { from, last_heard: self.world.now },
            10 => Input::CallerHungUp { from },
            _ => Input::Cancel { call },
        }
    }

    fn take_in(&mut self) -> Input {
        self.calls += 1;
        let home = ["1", "2", "4"][self.dice.below(3) as usize];
        let priority = u8::from(self.dice.one_in(4));
        let needs = Needs {
            customer_type: self.dice.pick(&[None, None, Some(CustomerType::Enterprise)]).flatten(),
            language: self.dice.pick(&[None, None, Some("en"), Some("ko")]).flatten().map(str::to_owned),
        };
        Input::TakeIn { call: call_id(self.calls), company: company(home), priority, needs }
    }

    fn sign_in(&mut self, agent: AgentId) -> Input {
        self.sessions += 1;
        let n = 100 + self.sessions;
        Input::SignIn { agent, session: session_id(n), workstation: workstation_id(n) }
    }

    fn about_agent(&mut self) -> Input {
        let agent = self.some_agent();
        let from = self.station(agent);
        let session = from.session;
        match self.dice.below(16) {
            0 => self.sign_in(agent),
            1 => Input::SignOut { agent, session, why: SignOutReason::Agent },
            2 if self.dice.one_in(2) => Input::SignOut { agent, session, why: SignOutReason::Forced },
            2..6 => Input::AgentConnected { agent, session },
            6 => Input::AgentDisconnected { from, last_heard: self.world.now },
            7..13 => Input::SetStatus { from, status: WantedStatus::Available },
            13 => Input::SetStatus { from, status: WantedStatus::Paused { reason: "break".to_owned() } },
            14 => {
                let code = if self.dice.one_in(2) { "1" } else { "2" };
                let active = !self.dice.one_in(4);
                Input::SetAgent {
                    agent,
                    company: company(code),
                    partner: partner(&mut self.dice),
                    active,
                    skills: skills(&mut self.dice),
                }
            }
            _ => Input::WrapUpDone { from },
        }
    }

    fn rare(&mut self) -> Input {
        match self.dice.below(5) {
            4 => {
                let code = company(["1", "2", "4"][self.dice.below(3) as usize]);
                let had = self.world.board.settings(&code).expect("a known company").clone();
                Input::SetCompany { company: code, settings: richer(&mut self.dice, &had) }
            }
            0 => Input::Started,
            1 => {
                let from = self.world.now;
                self.world.now = from.plus_ms(i64::from(self.dice.below(3_600_000)));
                Input::Outage { from, to: self.world.now }
            }
            2 => {
                let serving = if self.dice.one_in(2) { "1" } else { "2" };
                Input::SetServing { home: company("4"), serving: company(serving) }
            }
            _ => Input::Tick,
        }
    }

    /// What a well-behaved page or workstation would do next.
    fn sensible(&mut self) -> Input {
        let live: Vec<CallId> = self.world.board.live_calls().collect();
        if live.len() < 3 && self.dice.one_in(3) {
            return self.take_in();
        }
        match self.dice.pick(&live) {
            Some(call) if !self.dice.one_in(3) => self.sensible_for_call(call),
            _ => self.sensible_for_agent(),
        }
    }

    fn sensible_for_call(&mut self, call: CallId) -> Input {
        let status = self.world.board.call(call).expect("a live call");
        if !status.caller_connected {
            return Input::CallerConnected { call, same_device: true };
        }
        let assignment = u32::try_from(status.assigned.len()).expect("few");
        match status.state {
            CallState::Preparing => Input::CallerReady { from: self.world.caller(call) },
            CallState::Offering => {
                let (agent, offer) = self.world.offer(call).expect("an offer");
                let from = self.world.station(agent);
                let rang = status.offer.is_some_and(|offer| offer.rang);
                match (rang, self.dice.below(8)) {
                    (false, _) => Input::Rang { from, call, offer, proof: RingProof::Visual },
                    (true, 0) => Input::Pass { from, call, offer },
                    (true, 1) => Input::Decline { from, call, offer },
                    (true, 2) => Input::Tick,
                    (true, _) => Input::Accept { from, call, offer },
                }
            }
            CallState::Connecting => Input::MediaFlowing { call, assignment },
            CallState::InCall if self.dice.one_in(20) => {
                Input::AgentSilent { call, assignment, last_heard: self.world.now }
            }
            CallState::InCall if self.dice.one_in(3) => self.verdict(call, assignment, &status.assigned),
            CallState::AwaitingEvidence => self.verdict(call, assignment, &status.assigned),
            CallState::Waiting | CallState::InCall | CallState::Reconnecting | CallState::Ended => {
                self.sensible_for_agent()
            }
        }
    }

    fn verdict(&mut self, call: CallId, assignment: u32, assigned: &[AgentId]) -> Input {
        let late = assignment > 1 && self.dice.one_in(3);
        let assignment = if late { assignment - 1 } else { assignment };
        let agent = assigned[assignment as usize - 1];
        let (decision, manifest_sha256) = (Decision::Confirmed, sha(assignment));
        if self.dice.one_in(2) {
            let from = self.world.station(agent);
            Input::VerdictSealed { from, call, assignment, decision, manifest_sha256 }
        } else {
            Input::EvidenceStored { call, assignment, agent, decision, manifest_sha256 }
        }
    }

    fn sensible_for_agent(&mut self) -> Input {
        let agent = self.some_agent();
        let status = self.world.board.agent(agent).expect("a known agent");
        let from = self.world.station(agent);
        match (status.session, status.activity) {
            (None, _) if !status.active => Input::SetAgent {
                agent,
                company: status.company,
                partner: status.partner,
                active: true,
                skills: status.skills,
            },
            (None, _) => self.sign_in(agent),
            (Some(session), _) if !session.connected => {
                Input::AgentConnected { agent, session: session.session }
            }
            (_, Activity::Paused { .. }) => Input::SetStatus { from, status: WantedStatus::Available },
            (_, Activity::WrapUp { .. }) => Input::WrapUpDone { from },
            (
                _,
                Activity::SignedOut
                | Activity::Available { .. }
                | Activity::Ringing { .. }
                | Activity::OnCall { .. },
            ) => Input::Tick,
        }
    }

    fn chaos(&mut self) -> Input {
        match self.dice.below(100) {
            0..20 => self.about_caller(),
            20..40 => self.about_offer(),
            40..70 => self.about_assignment(),
            70..85 => self.about_agent(),
            85..97 => {
                let at = self.dice.below(u32::try_from(self.sent.len().max(1)).expect("few")) as usize;
                match self.sent.get(at) {
                    // The driver never gives an id twice.
                    Some(Input::TakeIn { call, .. }) if self.world.end_reason(*call).is_some() => Input::Tick,
                    Some(sent) => sent.clone(),
                    None => Input::Tick,
                }
            }
            _ => self.rare(),
        }
    }

    pub fn run(&mut self, steps: u32) {
        for _ in 0..steps {
            let input = if self.dice.one_in(3) { self.chaos() } else { self.sensible() };
            let done = self.world.step(&input);
            if done.is_ok() && !matches!(input, Input::Outage { .. }) {
                self.check_repeat(&input);
            }
            self.sent.push(input);
            let ms = [0, 0, 0, 0, 10, 40, 300, 900, 2_500, 16_000][self.dice.below(10) as usize];
            self.world.pass_ms(ms);
        }
    }

    /// What took effect does nothing a second time. (Connecting again is a new socket, a restart a new one.)
    fn check_repeat(&mut self, input: &Input) {
        let anew = matches!(
            input,
            Input::CallerConnected { .. }
                | Input::AgentConnected { .. }
                | Input::Started
                | Input::SetServing { .. }
        );
        if !anew {
            let again = self.world.board.decide(self.world.now, input);
            assert!(again.as_ref().map_or(true, Vec::is_empty), "{input:?} again: {again:?}");
        }
    }

    /// I3: when everybody falls silent and time runs on, every call ends.
    pub fn finish(&mut self) {
        self.world.pass_ms(3 * 86_400_000);
        let left: Vec<CallId> = self.world.board.live_calls().collect();
        assert_eq!(left, [], "I3: every call ends");
        for n in 1..=self.calls {
            let known =
                self.world.facts.iter().any(|fact| chinhchu_routing::call_of(fact) == Some(call_id(n)));
            assert_eq!(self.world.end_reason(call_id(n)).is_some(), known, "I3: one reason for {n}");
        }
        self.world.check_replay();
    }
}

fn walk(seed: u64, steps: u32) {
    let result = std::panic::catch_unwind(|| {
        let mut walk = Walk::new(seed);
        walk.run(steps);
        walk.finish();
    });
    if let Err(panic) = result {
        eprintln!("seed {seed} fails: WALK_SEED={seed} cargo test -p chinhchu-routing walk");
        std::panic::resume_unwind(panic);
    }
}

/// `WALK_SEED` replays one walk, `WALK_COUNT` runs more of them.
fn number_from_env(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

#[test]
fn i1_to_i4_i6_and_i7_hold_on_every_walk() {
    if let Some(seed) = number_from_env("WALK_SEED") {
        return walk(seed, 400);
    }
    for seed in 0..number_from_env("WALK_COUNT").unwrap_or(40) {
        walk(seed, 400);
    }
}

/// `apply` is total: facts in any order, some twice, some missing, never panic, and leave no state in which
/// `decide` panics or a tick goes on for ever.
#[test]
fn facts_in_any_order_fold_without_panic() {
    for seed in 2_000..2_010 {
        let mut walk = Walk::new(seed);
        walk.run(200);
        let facts = walk.world.facts.clone();
        let mut board = chinhchu_routing::Switchboard::default();
        for _ in 0..2 * facts.len() {
            let at = walk.dice.below(u32::try_from(facts.len()).expect("few")) as usize;
            board.apply(&facts[at]);
            if walk.dice.one_in(8) {
                let now = walk.world.now.plus_ms(walk.dice.below(1_000_000).into());
                let input = if walk.dice.one_in(2) { Input::Tick } else { walk.chaos() };
                let _refused_or_not = board.decide(now, &input);
            }
        }
        let far = walk.world.now.plus_ms(30 * 86_400_000);
        for fact in board.decide(far, &Input::Tick).expect("a tick is never refused") {
            board.apply(&fact);
        }
        assert!(board.next_deadline().is_none_or(|due| due > far), "seed {seed}: a tick leaves nothing due");
    }
}

/// What walks and golden logs must have seen.
pub const WANTED: [&str; 38] = [
    "call_ended completed",
    "call_ended declined",
    "call_ended cancelled",
    "call_ended no_agent",
    "call_ended caller_lost",
    "call_ended agent_lost",
    "call_ended failed",
    "offer_closed declined",
    "offer_closed passed",
    "offer_closed missed",
    "offer_closed never_rang",
    "offer_closed caller_away",
    "offer_closed call_over",
    "offer_closed agent_away",
    "evidence_taken counts",
    "evidence_taken late",
    "evidence_taken superseded",
    "assignment_voided ",
    "conversation_over ",
    "unwitnessed ",
    "witnessed_again ",
    "side_lost ",
    "side_back ",
    "compare_again ",
    "agent_spared_enough ",
    "agent_paused missed_rings",
    "agent_paused never_rang",
    "agent_paused connection_lost",
    "agent_paused break",
    "wrap_up_started ",
    "agent_wished ",
    "agent_signed_out ",
    "restarted ",
    "outage ",
    "nobody_on_duty ",
    "verdict_sealed ",
    "video_connected ",
    "serving_set ",
];

/// Since version 2 of the rules.
pub const WANTED_SINCE_2: [&str; 13] = [
    "compared ",
    "call_overflowed ",
    "overflow_planned ",
    "company_set ",
    "not chosen idle_for_less",
    "not chosen more_calls",
    "not chosen asked_more_recently",
    "not chosen partner_over_share",
    "not chosen skill_missing",
    "not chosen other_company",
    "not chosen passed_before",
    "not chosen missed_before",
    "not chosen lost_before",
];

/// What a fact is, with its detail, and why others were not chosen.
pub fn kinds_of(fact: &Fact) -> Vec<String> {
    let json = serde_json::to_value(fact).expect("JSON");
    let detail = json.get("reason").or(json.get("outcome")).or(json.get("standing"));
    let detail = detail.and_then(|detail| detail.as_str()).unwrap_or_default();
    let kind = format!("{} {detail}", json["event"].as_str().expect("an event"));
    let others = json["considered"].as_array().into_iter().flatten();
    let why = others.map(|other| format!("not chosen {}", other["why_not"].as_str().expect("a reason")));
    std::iter::once(kind).chain(why).collect()
}

/// The walks are worth something only if they get everywhere.
#[test]
fn the_walks_reach_every_kind_of_fact() {
    let mut seen = std::collections::BTreeSet::new();
    for seed in 1_000..1_150 {
        let mut walk = Walk::new(seed);
        walk.run(400);
        walk.finish();
        for fact in &walk.world.facts {
            seen.extend(kinds_of(fact));
        }
    }
    for wanted in WANTED.iter().chain(&WANTED_SINCE_2) {
        assert!(seen.iter().any(|kind| kind.starts_with(wanted)), "no walk reaches {wanted:?}");
    }
}

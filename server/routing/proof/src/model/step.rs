//! How a step changes a state.

use std::sync::Arc;

use chinhchu_protocol::agent::{LostSide, RingProof, WantedStatus};
use chinhchu_protocol::call::Decision;
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::{AgentSocket, CallerSocket, Event, Fact, Input, Liveness, Refusal};

use super::acts::{Act, NOTICED_MS, Way};
use super::snap::{Log, Snap, Talk};
use crate::board::Board;
use crate::names;
use crate::rule::{Broken, Rule};
use crate::trace::Trace;

const DOWN_MS: i64 = 20_000;
const JUMP_MS: i64 = 30_000;
const STEP_MS: i64 = 1_000;
/// Within so many steps it shows whether somebody is silent.
const STEPS_AHEAD: i64 = 11;

type Noted<'t> = &'t mut Option<Trace>;

impl<B: Board> Snap<B> {
    /// Does it.
    pub fn act(&mut self, act: Act, trace: Noted<'_>) {
        self.news.clear();
        match act {
            Act::Advance => self.advance(trace),
            Act::Open(call) => self.open(call, trace),
            Act::Ready(call) => self.say_ready(call, trace),
            Act::HangUp(call, way) => {
                self.left.hang_ups -= 1;
                if let Some(from) = self.caller(call) {
                    self.send(&Input::CallerHungUp { from }, way, trace);
                }
            }
            Act::Cancel(call) => {
                self.left.hang_ups -= 1;
                self.tell(&Input::Cancel { call: names::call(call) }, trace);
            }
            Act::Rang(agent) => self.rang(agent, trace),
            Act::Accept(agent, way) => self.answer(agent, way, trace, |from, call, offer| Input::Accept {
                from,
                call: names::call(call),
                offer,
            }),
            Act::Pass(agent, way) => self.answer(agent, way, trace, |from, call, offer| Input::Pass {
                from,
                call: names::call(call),
                offer,
            }),
            Act::Decline(agent, way) => self.answer(agent, way, trace, |from, call, offer| Input::Decline {
                from,
                call: names::call(call),
                offer,
            }),
            Act::Media(call) => self.start_media(call, trace),
            Act::Seal(agent, way) => self.seal(agent, way, trace),
            Act::Store(agent, again) => self.store(agent, again, trace),
            Act::WrapUpDone(agent) => {
                if let Some(from) = self.socket(agent) {
                    self.tell(&Input::WrapUpDone { from }, trace);
                }
            }
            Act::Available(agent) => self.say_status(agent, WantedStatus::Available, trace),
            Act::Pause(agent, way) => {
                self.left.pauses -= 1;
                if let Some(from) = self.socket(agent) {
                    let status = WantedStatus::Paused { reason: "break".to_owned() };
                    self.send(&Input::SetStatus { from, status }, way, trace);
                }
            }
            Act::CutPage(call) => {
                self.left.cuts -= 1;
                (self.pages[call].net, self.pages[call].heard) = (false, Some(self.now));
            }
            Act::PageBack(call) => (self.pages[call].net, self.pages[call].heard) = (true, None),
            Act::NoticePage(call) => self.page_gone(call, trace),
            Act::BreakPage(call) => {
                self.left.cuts -= 1;
                self.pages[call].heard = Some(self.now);
                self.page_gone(call, trace);
            }
            Act::CutStation(agent) => {
                self.left.cuts -= 1;
                (self.stations[agent].net, self.stations[agent].heard) = (false, Some(self.now));
            }
            Act::StationBack(agent) => {
                (self.stations[agent].net, self.stations[agent].heard) = (true, None);
            }
            Act::NoticeStation(agent) => {
                let station = &mut self.stations[agent];
                if let Some((session, epoch)) = station.session.zip(station.socket.take()) {
                    let last_heard = station.heard.take().unwrap_or(self.now);
                    let from = AgentSocket { agent: names::agent(agent), session, epoch };
                    self.tell(&Input::AgentDisconnected { from, last_heard }, trace);
                }
            }
            Act::Connect(agent) => self.connect(agent, trace),
            Act::SignIn(agent) => {
                self.left.sign_ins -= 1;
                self.sign_in(agent, trace);
            }
            Act::Arrive(letter) => {
                let input = self.flight.remove(letter);
                self.tell(&input, trace);
            }
            Act::Restart => self.restart(trace),
            Act::Outage => {
                self.left.outages -= 1;
                let from = self.now;
                self.now = from.plus_ms(JUMP_MS);
                self.tell(&Input::Outage { from, to: self.now }, trace);
            }
        }
    }

    /// The driver: decide, judge, commit, and let the clients learn.
    pub(super) fn tell(&mut self, input: &Input, trace: Noted<'_>) -> Option<Result<Vec<Fact>, Refusal>> {
        if self.broken.is_some() {
            return None;
        }
        let answer = self.board.decide(self.now, input);
        if let Some(trace) = trace {
            trace.note(self.now, input, &answer);
        }
        if let Err(broken) = self.oracle.judge(self.now, input, &answer) {
            self.broken = Some(broken);
            return None;
        }
        if let Ok(facts) = &answer
            && !facts.is_empty()
        {
            for fact in facts {
                self.board.apply(fact);
                self.liveness.follow(fact);
            }
            self.log = Some(Arc::new(Log { facts: facts.clone(), before: self.log.take() }));
            for fact in facts {
                self.learn(fact);
            }
        }
        Some(answer)
    }

    fn send(&mut self, input: &Input, way: Way, trace: Noted<'_>) {
        match way {
            Way::Now => {}
            Way::Late => self.left.late -= 1,
            Way::Twice => self.left.twice -= 1,
        }
        if way != Way::Now {
            self.flight.push(input.clone());
            self.flight.sort_by_cached_key(|input| format!("{input:?}"));
        }
        if way != Way::Late {
            self.tell(input, trace);
        }
    }

    fn caller(&self, call: usize) -> Option<CallerSocket> {
        self.pages[call].socket.map(|epoch| CallerSocket { call: names::call(call), epoch })
    }

    fn socket(&self, agent: usize) -> Option<AgentSocket> {
        let (session, epoch) = self.stations[agent].session.zip(self.stations[agent].socket)?;
        Some(AgentSocket { agent: names::agent(agent), session, epoch })
    }

    // Time.

    /// To when time goes on, if it does: to the next deadline, second by second while it shows who is silent.
    pub(super) fn step_to(&self) -> Option<Timestamp> {
        let due = self.board.next_deadline().map(|due| due.max(self.now));
        let unsettled = self.is_unsettled().then(|| self.now.plus_ms(STEP_MS));
        let pages =
            self.pages.iter().filter(|page| !page.net && page.socket.is_some()).map(|page| page.heard);
        let stations = self.stations.iter().filter(|it| !it.net && it.socket.is_some()).map(|it| it.heard);
        let noticed = pages.chain(stations).flatten().map(|heard| heard.plus_ms(NOTICED_MS)).min();
        if noticed.is_some_and(|by| by <= self.now) {
            // The server notices first.
            return None;
        }
        [due, unsettled, noticed].into_iter().flatten().min()
    }

    fn is_unsettled(&self) -> bool {
        if self.talks.iter().all(Option::is_none) {
            return false;
        }
        let mut ahead = self.liveness.clone();
        (1..=STEPS_AHEAD).any(|step| {
            let at = self.now.plus_ms(step * STEP_MS);
            self.heartbeats(at, |call, assignment, from, age| {
                beat(&mut ahead, at, (call, assignment), from, age);
            });
            !ahead.poll(at).is_empty()
        })
    }

    /// Every end that can be heard at a moment, and how old the other's media is there.
    fn heartbeats(&self, at: Timestamp, mut heard: impl FnMut(usize, u32, LostSide, Option<u32>)) {
        for (call, talk) in self.talks.iter().enumerate() {
            let Some(talk) = talk else { continue };
            let (page, station) = (&self.pages[call], &self.stations[talk.agent]);
            let seen = if self.flows(call, talk) { Some(at) } else { talk.seen };
            let age = seen.and_then(|seen| u32::try_from(at.ms_since(seen)).ok());
            if page.net && page.socket.is_some() {
                heard(call, talk.assignment, LostSide::Caller, age);
            }
            if station.net && station.socket.is_some() && station.talk == Some((call, talk.assignment)) {
                heard(call, talk.assignment, LostSide::Agent, age);
            }
        }
    }

    fn flows(&self, call: usize, talk: &Talk) -> bool {
        let station = &self.stations[talk.agent];
        let there = station.net && station.talk == Some((call, talk.assignment));
        talk.media && self.pages[call].net && there
    }

    fn advance(&mut self, trace: Noted<'_>) {
        let Some(at) = self.step_to() else { return };
        self.now = at;
        self.beat(trace, true);
    }

    /// Heartbeats, then what is due, then what they tell.
    fn beat(&mut self, trace: Noted<'_>, tick: bool) {
        let at = self.now;
        let mut beats = Vec::new();
        self.heartbeats(at, |call, assignment, from, age| beats.push((call, assignment, from, age)));
        for (call, assignment, from, age) in beats {
            self.oracle.heartbeat(at, names::call(call), assignment, from, age);
            beat(&mut self.liveness, at, (call, assignment), from, age);
        }
        for call in 0..self.talks.len() {
            if let Some(talk) = self.talks[call].filter(|talk| self.flows(call, talk)) {
                self.stations[talk.agent].seen = Some(at);
                self.talks[call] = Some(Talk { seen: Some(at), ..talk });
            }
        }
        if tick && self.board.next_deadline().is_some_and(|due| due <= at) {
            self.tell(&Input::Tick, trace);
        }
        for input in self.liveness.poll(at) {
            self.tell(&input, trace);
        }
    }

    fn restart(&mut self, trace: Noted<'_>) {
        self.left.restarts -= 1;
        let mut stretches = Vec::new();
        let mut next = self.log.as_ref();
        while let Some(stretch) = next {
            stretches.push(stretch);
            next = stretch.before.as_ref();
        }
        let log: Vec<Fact> =
            stretches.into_iter().rev().flat_map(|stretch| stretch.facts.iter().cloned()).collect();
        let mut folded = self.empty.clone();
        folded.fold(&log);
        if folded != self.board {
            self.broken = Some(Broken::all(Rule::I6, "the log gives another state than the server had"));
            return;
        }
        self.board = folded;
        for page in &mut self.pages {
            page.socket = None;
        }
        for station in &mut self.stations {
            station.socket = None;
        }
        let from = self.now;
        self.now = from.plus_ms(DOWN_MS);
        self.liveness = self.board.liveness(self.now);
        self.tell(&Input::Outage { from, to: self.now }, trace);
        self.tell(&Input::Started, trace);
    }

    // The caller's side.

    pub(super) fn open(&mut self, call: usize, trace: Noted<'_>) {
        let input = Input::CallerConnected { call: names::call(call), same_device: true };
        match self.tell(&input, trace) {
            Some(Ok(facts)) => {
                let epoch = facts.iter().find_map(|fact| match fact.event {
                    Event::CallerConnected { epoch, .. } => Some(epoch),
                    _ => None,
                });
                (self.pages[call].socket, self.pages[call].heard) = (epoch, None);
            }
            Some(Err(_)) => self.pages[call].over = true,
            None => {}
        }
    }

    pub(super) fn say_ready(&mut self, call: usize, trace: Noted<'_>) {
        if let Some(from) = self.caller(call) {
            self.tell(&Input::CallerReady { from }, trace);
        }
    }

    fn page_gone(&mut self, call: usize, trace: Noted<'_>) {
        let Some(from) = self.caller(call) else { return };
        self.pages[call].socket = None;
        let last_heard = self.pages[call].heard.take().unwrap_or(self.now);
        self.tell(&Input::CallerDisconnected { from, last_heard }, trace);
    }

    pub(super) fn start_media(&mut self, call: usize, trace: Noted<'_>) {
        if let Some(talk) = &mut self.talks[call] {
            talk.media = true;
        }
        self.beat(trace, false);
    }

    // The agent's side.

    pub(super) fn sign_in(&mut self, agent: usize, trace: Noted<'_>) {
        self.sessions += 1;
        let (session, workstation) = (names::session(self.sessions), names::workstation(self.sessions));
        self.tell(&Input::SignIn { agent: names::agent(agent), session, workstation }, trace);
        let station = &mut self.stations[agent];
        (station.session, station.socket, station.net) = (Some(session), None, true);
        (station.talk, station.ring, station.seen) = (None, None, None);
    }

    pub(super) fn connect(&mut self, agent: usize, trace: Noted<'_>) {
        let Some(session) = self.stations[agent].session else { return };
        match self.tell(&Input::AgentConnected { agent: names::agent(agent), session }, trace) {
            Some(Ok(facts)) => {
                let epoch = facts.iter().find_map(|fact| match fact.event {
                    Event::AgentConnected { epoch, .. } => Some(epoch),
                    _ => None,
                });
                let station = &mut self.stations[agent];
                (station.socket, station.heard) = (epoch, None);
                station.talk = station.talk_told;
                station.ring = station.ring_told.map(|(call, offer)| (call, offer, false));
            }
            Some(Err(_)) => self.stations[agent].session = None,
            None => {}
        }
    }

    pub(super) fn say_status(&mut self, agent: usize, status: WantedStatus, trace: Noted<'_>) {
        if let Some(from) = self.socket(agent) {
            self.tell(&Input::SetStatus { from, status }, trace);
        }
    }

    fn rang(&mut self, agent: usize, trace: Noted<'_>) {
        let Some((from, (call, offer, _))) = self.socket(agent).zip(self.stations[agent].ring) else {
            return;
        };
        self.stations[agent].ring = Some((call, offer, true));
        self.tell(&Input::Rang { from, call: names::call(call), offer, proof: RingProof::Sound }, trace);
    }

    /// In the set-up: whoever the call rings at.
    pub(super) fn say_rang(&mut self, call: usize, trace: Noted<'_>) {
        let rings = |it: &super::snap::Station| it.ring.is_some_and(|ring| ring.0 == call);
        if let Some(agent) = self.stations.iter().position(rings) {
            self.rang(agent, trace);
        }
    }

    pub(super) fn say_accept(&mut self, call: usize, trace: Noted<'_>) {
        let rings = |it: &super::snap::Station| it.ring.is_some_and(|ring| ring.0 == call);
        if let Some(agent) = self.stations.iter().position(rings) {
            self.act(Act::Accept(agent, Way::Now), trace);
        }
    }

    fn answer(
        &mut self,
        agent: usize,
        way: Way,
        trace: Noted<'_>,
        what: impl Fn(AgentSocket, usize, u32) -> Input,
    ) {
        let Some((from, (call, offer, _))) = self.socket(agent).zip(self.stations[agent].ring) else {
            return;
        };
        self.stations[agent].ring = None;
        self.send(&what(from, call, offer), way, trace);
    }

    fn seal(&mut self, agent: usize, way: Way, trace: Noted<'_>) {
        let Some((call, assignment)) = self.stations[agent].talk.take() else { return };
        self.stations[agent].sealed = Some((call, assignment));
        if let Some(from) = self.socket(agent).filter(|_| self.stations[agent].net) {
            let (decision, manifest_sha256) = (Decision::Confirmed, names::sha(call, assignment));
            let call = names::call(call);
            self.send(
                &Input::VerdictSealed { from, call, assignment, decision, manifest_sha256 },
                way,
                trace,
            );
        }
    }

    fn store(&mut self, agent: usize, again: bool, trace: Noted<'_>) {
        let Some((call, assignment)) = self.stations[agent].sealed else { return };
        let input = Input::EvidenceStored {
            call: names::call(call),
            assignment,
            agent: names::agent(agent),
            decision: Decision::Confirmed,
            manifest_sha256: names::sha(call, assignment),
        };
        let mut answer = self.tell(&input, trace);
        if let (Some(Err(Refusal::CallUnknown)), Some(record)) = (&answer, self.records[call].clone()) {
            self.tell(&Input::Recall { record }, trace);
            answer = self.tell(&input, trace);
        }
        match answer {
            Some(Ok(_)) if again => self.left.twice -= 1,
            Some(Ok(_)) => self.stations[agent].sealed = None,
            Some(Err(refusal)) => {
                let broken =
                    Broken::call(Rule::I5, names::call(call), format!("evidence is refused: {refusal}"));
                self.broken = Some(broken.and(names::agent(agent)));
            }
            None => {}
        }
    }
}

fn beat(to: &mut Liveness, at: Timestamp, of: (usize, u32), from: LostSide, age: Option<u32>) {
    let call = names::call(of.0);
    match from {
        LostSide::Caller => to.caller_heartbeat(at, call, of.1, age),
        LostSide::Agent => to.agent_heartbeat(at, call, of.1, age),
    }
}

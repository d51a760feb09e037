//! The server: decides, commits, dies, folds its log again, stands still, and goes on.

use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::{Event, Fact, Input, Liveness, Refusal, call_of};

use super::plan::{Plan, SERVING, STAFFED};
use super::{Day, StationAct, Todo};
use crate::board::Board;
use crate::names;
use crate::rule::{Broken, Rule, ensure};

/// The driver marks so often that it lives.
const MARK_EVERY_MS: i64 = 5_000;
const BEAT_MS: i64 = 1_000;
/// A call of which not all evidence is known is asked about for so long.
const MOST_TICKS: usize = 100_000;

impl<B: Board> Day<B> {
    pub(super) fn clock(&self) -> Timestamp {
        self.now.plus_ms(self.ahead_ms)
    }

    pub(super) fn set_up(&mut self) -> Result<(), Broken> {
        self.must(&Input::Started)?;
        for (home, _) in SERVING {
            let (company, settings) = (names::company(home), Plan::settings(home));
            self.must(&Input::SetCompany { company, settings })?;
        }
        for (home, serving) in SERVING {
            let (home, serving) = (names::company(home), names::company(serving));
            self.must(&Input::SetServing { home, serving })?;
        }
        for n in 0..self.stations.len() {
            let company = names::company(self.stations[n].company);
            self.must(&names::set_agent(n, company, Plan::partner(n), Plan::skills(n)))?;
        }
        Ok(())
    }

    /// Deadlines and heartbeats up to a moment of the world.
    pub(super) fn run_server_until(&mut self, until: Timestamp) -> Result<(), Broken> {
        for _ in 0..MOST_TICKS {
            if !self.up || self.stands_until.is_some_and(|end| end > until) {
                break;
            }
            if let Some(end) = self.stands_until {
                self.now = end.max(self.now);
                self.wake()?;
            }
            let due = self.board.next_deadline().map(|at| at.plus_ms(-self.ahead_ms).max(self.now));
            let beat = (!self.talks.is_empty()).then(|| self.next_beat.max(self.now));
            match (due, beat) {
                (Some(due), beat) if due <= until && beat.is_none_or(|beat| due <= beat) => {
                    self.now = due;
                    self.must(&Input::Tick)?;
                }
                (_, Some(beat)) if beat <= until => {
                    self.now = beat;
                    self.next_beat = beat.plus_ms(BEAT_MS);
                    self.beat()?;
                }
                (_, _) => break,
            }
        }
        if self.up && self.stands_until.is_none() {
            let mark = Timestamp::from_ms(self.clock().ms() / MARK_EVERY_MS * MARK_EVERY_MS);
            self.last_mark = self.last_mark.max(mark);
        }
        Ok(())
    }

    pub(super) fn must(&mut self, input: &Input) -> Result<Vec<Fact>, Broken> {
        match self.tell(input)? {
            Some(Ok(facts)) => Ok(facts),
            Some(Err(_)) | None => Ok(Vec::new()),
        }
    }

    /// Tells the server something; `None`: there is no answer, for the server is away or dies over it.
    pub(super) fn tell(&mut self, input: &Input) -> Result<Option<Result<Vec<Fact>, Refusal>>, Broken> {
        if self.stands_until.is_some() {
            // It waits in the server's queue until the machine goes on.
            let wait = self.stands_until.map_or(0, |end| end.ms_since(self.now));
            self.mail(wait + 1, input.clone());
            return Ok(None);
        }
        if !self.up {
            return Ok(None);
        }
        if self.dies == Some(false) {
            self.die();
            return Ok(None);
        }
        let answer = self.commit(input)?;
        if self.dies == Some(true) {
            self.die();
            return Ok(None);
        }
        Ok(Some(answer))
    }

    fn commit(&mut self, input: &Input) -> Result<Result<Vec<Fact>, Refusal>, Broken> {
        let now = self.clock();
        self.report.inputs += 1;
        let answer = self.board.decide(now, input);
        self.trace.note(now, input, &answer);
        self.oracle.judge(now, input, &answer)?;
        if let Ok(facts) = &answer {
            for fact in facts {
                self.board.apply(fact);
                self.liveness.follow(fact);
                self.report.count(fact);
                self.log.push(fact.clone());
            }
            for fact in facts {
                self.remember(fact);
                self.react(fact);
            }
        }
        Ok(answer)
    }

    /// The driver stores what the state will forget.
    fn remember(&mut self, fact: &Fact) {
        if matches!(
            fact.event,
            Event::CallEnded { .. } | Event::EvidenceTaken { .. } | Event::CallRecalled { .. }
        ) {
            let record = call_of(fact).and_then(|call| self.board.ended(call).cloned());
            if let Some(record) = record {
                self.records.insert(record.call, record);
            }
        }
    }

    /// Evidence for a call that the state has forgotten: its record is brought back first.
    pub(super) fn recall(&mut self, call: CallId) -> Result<bool, Broken> {
        let Some(record) = self.records.get(&call).cloned() else { return Ok(false) };
        Ok(self.tell(&Input::Recall { record })?.is_some())
    }

    pub(super) fn kill(&mut self) {
        if self.up && self.stands_until.is_none() && self.dies.is_none() {
            self.dies = Some(self.dice.permille(500));
        }
    }

    /// Every socket breaks; what was not written was never so.
    fn die(&mut self) {
        self.report.kills += 1;
        (self.dies, self.up) = (None, false);
        for page in &mut self.pages {
            page.socket = None;
        }
        for station in &mut self.stations {
            station.socket = None;
        }
        let away = if self.dice.permille(300) {
            self.dice.between(16_000, 90_000)
        } else {
            self.dice.between(500, 9_000)
        };
        self.later(away, Todo::Start);
    }

    /// I6: the log alone gives the state that the server had.
    pub(super) fn check_fold(&mut self) -> Result<(), Broken> {
        let every = self.plan.json_every.max(1);
        for (n, fact) in self.log.iter_mut().enumerate().filter(|(n, _)| n % every == 0) {
            let json = serde_json::to_string(fact).ok();
            let back: Option<Fact> = json.and_then(|json| serde_json::from_str(&json).ok());
            ensure(back.as_ref() == Some(fact), || {
                Broken::all(Rule::I6, format!("fact {n} does not read back: {fact:?}"))
            })?;
        }
        let log = std::mem::take(&mut self.log);
        self.folded.fold(&log);
        ensure(self.folded == self.board, || {
            Broken::all(Rule::I6, "the log gives another state than the server had")
        })
    }

    pub(super) fn start(&mut self) -> Result<(), Broken> {
        self.check_fold()?;
        self.board = self.folded.clone();
        self.up = true;
        // Since the last restart the clock may have been set right again.
        let last = self.last_mark.max(self.liveness_clock());
        let now = self.clock();
        self.liveness = self.board.liveness(now);
        if now > last {
            self.must(&Input::Outage { from: last, to: now })?;
        }
        self.must(&Input::Started)?;
        self.next_beat = self.now;
        self.everybody_comes_back();
        Ok(())
    }

    fn liveness_clock(&self) -> Timestamp {
        self.report.last_fact
    }

    fn everybody_comes_back(&mut self) {
        for n in 0..self.stations.len() {
            if self.stations[n].session.is_some() && self.stations[n].on {
                let wait = self.dice.between(50, 6_000);
                self.later(wait, Todo::Station(n, StationAct::Connect));
            }
        }
        let open: Vec<usize> = self.open_pages();
        for call in open {
            let wait = self.dice.between(50, 6_000);
            self.later(wait, Todo::PageConnect { call, other: false });
        }
    }

    /// The machine stands still for a while, or the clock jumps ahead.
    pub(super) fn pause(&mut self) -> Result<(), Broken> {
        if !self.up || self.stands_until.is_some() || self.dies.is_some() {
            return Ok(());
        }
        self.report.pauses += 1;
        if self.dice.permille(500) {
            let from = self.clock();
            self.ahead_ms += self.dice.between(5_000, 900_000);
            self.must(&Input::Outage { from, to: self.clock() })?;
        } else {
            let span = self.dice.between(5_000, 40_000);
            self.last_mark = self.clock();
            self.stands_until = Some(self.now.plus_ms(span));
        }
        Ok(())
    }

    /// The machine goes on: the span in which it stood still does not count.
    fn wake(&mut self) -> Result<(), Broken> {
        self.stands_until = None;
        let (from, to) = (self.last_mark, self.clock());
        self.must(&Input::Outage { from, to })?;
        Ok(())
    }

    /// Data changes without a restart (C1).
    pub(super) fn admin(&mut self) -> Result<(), Broken> {
        let home = [4, 6, 7][usize::try_from(self.dice.below(3)).unwrap_or(0)];
        let (serving, _) = STAFFED[usize::try_from(self.dice.below(6)).unwrap_or(0)];
        self.must(&Input::SetServing { home: names::company(home), serving: names::company(serving) })?;
        let mut settings = Plan::settings(3);
        settings.decline_ends = self.dice.permille(500);
        self.must(&Input::SetCompany { company: names::company(3), settings })?;
        Ok(())
    }

    pub(super) fn liveness(&self) -> &Liveness {
        &self.liveness
    }
}

//! Dealers and their pages.

use chinhchu_protocol::call::Decision;
use chinhchu_routing::{CallerSocket, Event, Fact, Input, Refusal};

use super::{Day, PageAct, Plan, StationAct, Talk, Todo};
use crate::board::Board;
use crate::names;
use crate::rule::Broken;

impl<B: Board> Day<B> {
    /// S10; asked again until it is acknowledged.
    pub(super) fn arrive(&mut self, n: usize) -> Result<(), Broken> {
        let urgent = n % 20 == 7;
        let input = names::take_in(n, self.pages[n].home, u8::from(urgent), Plan::needs(n));
        let wait = self.dice.between(1_000, 4_000);
        match self.tell(&input)? {
            None => self.later(wait, Todo::Arrive(n)),
            Some(Ok(_)) if self.pages[n].taken_in => {}
            Some(Ok(_)) => {
                self.pages[n].taken_in = true;
                if self.dice.permille(985) {
                    self.later(wait, Todo::PageConnect { call: n, other: false });
                }
                if self.dice.permille(10) {
                    self.later(3 * wait, Todo::Arrive(n));
                }
            }
            Some(Err(_)) => self.report.refused_at_intake += 1,
        }
        Ok(())
    }

    pub(super) fn page_connect(&mut self, n: usize, other: bool) -> Result<(), Broken> {
        let page = &self.pages[n];
        if page.over || page.socket.is_some() {
            return Ok(());
        }
        let first = page.heard.is_none();
        let wait = self.dice.between(500, 3_000);
        if !self.pages[n].net {
            self.later(wait, Todo::PageConnect { call: n, other });
            return Ok(());
        }
        let input = Input::CallerConnected { call: names::call(n), same_device: !other };
        match self.tell(&input)? {
            None => self.later(wait, Todo::PageConnect { call: n, other }),
            Some(Err(_)) => self.pages[n].over = true,
            Some(Ok(facts)) => {
                let epoch = facts.iter().find_map(|fact| match fact.event {
                    Event::CallerConnected { epoch, .. } => Some(epoch),
                    _ => None,
                });
                let clock = self.clock();
                let page = &mut self.pages[n];
                (page.socket, page.open, page.heard) = (epoch, true, Some(clock));
                if first && self.dice.permille(985) {
                    let ready = self.dice.about(5_000);
                    self.later(ready, Todo::Page(n, PageAct::Ready));
                }
                if first {
                    self.what_befalls_a_waiting_page(n);
                }
            }
        }
        Ok(())
    }

    fn what_befalls_a_waiting_page(&mut self, n: usize) {
        let at = 6_000 + self.dice.about(30_000);
        let act = match self.dice.below(1_000) {
            0..20 => PageAct::SocketCut,
            20..30 => PageAct::NetCut(self.dice.between(1_000, 25_000)),
            30..38 => PageAct::Killed(self.dice.between(2_000, 30_000)),
            38..60 => PageAct::HangUp,
            60..65 => PageAct::Cancel,
            _ => return,
        };
        self.later(at, Todo::Page(n, act));
    }

    fn caller(&self, n: usize) -> Option<CallerSocket> {
        self.pages[n].socket.map(|epoch| CallerSocket { call: names::call(n), epoch })
    }

    pub(super) fn page(&mut self, n: usize, act: PageAct) -> Result<(), Broken> {
        if self.pages[n].over {
            return Ok(());
        }
        match act {
            PageAct::Ready => match self.caller(n) {
                Some(from) => {
                    self.send(Input::CallerReady { from });
                    // A page says it again until its view shows it; once is enough to show here.
                    if self.dice.permille(300) {
                        self.later(4_000, Todo::Page(n, PageAct::Ready));
                    }
                }
                None if self.dice.permille(50) => {}
                None => self.later(2_000, Todo::Page(n, PageAct::Ready)),
            },
            PageAct::HangUp => {
                if let Some(from) = self.caller(n) {
                    self.send(Input::CallerHungUp { from });
                }
            }
            PageAct::Cancel => {
                self.tell(&Input::Cancel { call: names::call(n) })?;
            }
            PageAct::NetCut(ms) => {
                self.pages[n].net = false;
                if let Some(epoch) = self.pages[n].socket {
                    self.later(3_000, Todo::Page(n, PageAct::Noticed(epoch)));
                }
                self.later(ms, Todo::Page(n, PageAct::NetBack));
            }
            PageAct::NetBack => {
                self.pages[n].net = true;
                if self.pages[n].socket.is_none() && self.pages[n].open {
                    let wait = self.dice.between(100, 1_500);
                    self.later(wait, Todo::PageConnect { call: n, other: false });
                }
            }
            PageAct::SocketCut => {
                self.page_socket_gone(n)?;
                let long = self.dice.permille(200);
                let wait =
                    if long { self.dice.between(8_000, 25_000) } else { self.dice.between(200, 3_000) };
                self.later(wait, Todo::PageConnect { call: n, other: false });
            }
            PageAct::Killed(ms) => {
                self.pages[n].open = false;
                let other = self.dice.permille(150);
                match (self.pages[n].socket, self.dice.permille(700)) {
                    (Some(epoch), false) => self.later(3_000, Todo::Page(n, PageAct::Noticed(epoch))),
                    _ => self.page_socket_gone(n)?,
                }
                self.later(ms.max(3_500), Todo::PageConnect { call: n, other });
            }
            PageAct::Noticed(epoch) => {
                let silent = !self.pages[n].net || !self.pages[n].open;
                if silent && self.pages[n].socket == Some(epoch) {
                    self.page_socket_gone(n)?;
                }
            }
            PageAct::MediaCut(ms) => {
                self.pages[n].media_broken = true;
                self.later(ms, Todo::Page(n, PageAct::MediaBack));
            }
            PageAct::MediaBack => self.pages[n].media_broken = false,
        }
        Ok(())
    }

    fn page_socket_gone(&mut self, n: usize) -> Result<(), Broken> {
        let Some(from) = self.caller(n) else { return Ok(()) };
        self.pages[n].socket = None;
        // Outside a call a page pings.
        let ping = self.clock().plus_ms(-self.dice.between(0, 3_000));
        let heard = self.pages[n].heard.filter(|_| self.talks.contains_key(&n));
        let last_heard = heard.unwrap_or(ping);
        self.tell(&Input::CallerDisconnected { from, last_heard })?;
        Ok(())
    }

    pub(super) fn open_pages(&self) -> Vec<usize> {
        let open = |n: &usize| {
            let page = &self.pages[*n];
            page.open && !page.over && page.taken_in && page.socket.is_none()
        };
        (0..self.pages.len()).filter(open).collect()
    }

    /// What clients learn from a fact, and do then.
    pub(super) fn react(&mut self, fact: &Fact) {
        match &fact.event {
            Event::CallAccepted { call, assignment, agent, .. } => {
                let (n, agent) = (names::call_n(*call), names::agent_n(*agent));
                let connects = self.dice.permille(985);
                let soon = if connects { self.dice.between(400, 3_000) } else { 86_400_000 };
                let media_from = self.now.plus_ms(soon);
                let (caller_seen, agent_seen) = (None, None);
                let talk = Talk { agent, assignment: *assignment, media_from, caller_seen, agent_seen };
                self.talks.insert(n, talk);
                self.pages[n].media_broken = false;
                self.learn_talk(agent, Some((n, *assignment)));
                self.what_befalls_a_talk(n, agent);
            }
            Event::VideoConnected { call, assignment } => {
                let n = names::call_n(*call);
                if let Some(agent) = self.talks.get(&n).map(|talk| talk.agent) {
                    let length = self.dice.about(80_000);
                    self.later(length, Todo::Station(agent, StationAct::Verdict(n, *assignment)));
                }
            }
            Event::CallEnded { call, .. } => {
                let n = names::call_n(*call);
                self.talk_over(n);
                if self.pages[n].socket.is_some() {
                    self.pages[n].over = true;
                }
            }
            Event::ConversationOver { call, .. }
            | Event::AssignmentVoided { call, .. }
            | Event::VerdictSealed { call, .. } => self.talk_over(names::call_n(*call)),
            _ => self.react_station(fact),
        }
    }

    fn talk_over(&mut self, n: usize) {
        if let Some(talk) = self.talks.remove(&n) {
            self.learn_talk(talk.agent, None);
        }
    }

    fn what_befalls_a_talk(&mut self, n: usize, agent: usize) {
        let at = 1_000 + self.dice.about(45_000);
        let (page, station) = (|act| Todo::Page(n, act), |act| Todo::Station(agent, act));
        let todo = match self.dice.below(1_000) {
            0..30 => page(PageAct::NetCut(self.dice.between(500, 10_000))),
            30..45 => page(PageAct::NetCut(self.dice.between(14_000, 40_000))),
            45..55 => page(PageAct::SocketCut),
            55..65 => page(PageAct::MediaCut(self.dice.between(1_000, 20_000))),
            65..77 => page(PageAct::Killed(self.dice.between(2_000, 12_000))),
            77..80 => page(PageAct::Killed(self.dice.between(16_000, 60_000))),
            80..86 => station(StationAct::NetCut(self.dice.between(500, 30_000))),
            86..90 => station(StationAct::Killed(self.dice.between(4_000, 30_000))),
            90..95 => station(StationAct::SocketCut),
            95..100 => page(PageAct::HangUp),
            100..102 => page(PageAct::Cancel),
            102..105 => {
                let ms = self.dice.between(4_000, 200_000);
                self.later(at, page(PageAct::NetCut(ms)));
                station(StationAct::NetCut(ms))
            }
            105..107 => station(StationAct::SignIn),
            107..109 => {
                let call = names::call(n);
                self.mail(at, Input::CallerChanged { call, assignment: 1, after: 0 });
                return;
            }
            _ => return,
        };
        self.later(at, todo);
    }

    /// The sealed verdict's evidence, as the outbox uploads it.
    pub(super) fn upload(&mut self, agent: usize, n: usize, assignment: u32) -> Result<(), Broken> {
        let input = Input::EvidenceStored {
            call: names::call(n),
            assignment,
            agent: names::agent(agent),
            decision: decision(n),
            manifest_sha256: names::sha(n, assignment),
        };
        let again = Todo::Station(agent, StationAct::Upload(n, assignment));
        let wait = self.dice.between(3_000, 8_000);
        if !(self.stations[agent].on && self.stations[agent].net) {
            self.later(wait, again);
            return Ok(());
        }
        let mut answer = self.tell(&input)?;
        if matches!(answer, Some(Err(Refusal::CallUnknown))) && self.recall(names::call(n))? {
            answer = self.tell(&input)?;
        }
        match answer {
            None => self.later(wait, again),
            // The answer is lost on the way: asked again.
            Some(Ok(_)) if self.dice.permille(30) => self.later(wait, again),
            Some(Ok(_)) => {
                self.stations[agent].outbox.remove(&(n, assignment));
                if self.dice.permille(10) {
                    let later = self.dice.between(30_000, 3_600_000);
                    self.later(later, again);
                }
            }
            Some(Err(refusal)) => {
                let what = format!("evidence is refused: {refusal}");
                return Err(Broken::call(crate::Rule::I5, names::call(n), what).and(names::agent(agent)));
            }
        }
        Ok(())
    }
}

pub(super) fn decision(call: usize) -> Decision {
    if call % 7 == 3 { Decision::Rejected } else { Decision::Confirmed }
}

//! Agents and their workstations.

use chinhchu_protocol::agent::{RingProof, WantedStatus};
use chinhchu_routing::{AgentSocket, Event, Fact, Input, Refusal, SignOutReason, pause};

use super::callers::decision;
use super::{Day, StationAct, Todo};
use crate::board::Board;
use crate::names;
use crate::rule::Broken;

impl<B: Board> Day<B> {
    fn socket(&self, n: usize) -> Option<AgentSocket> {
        let station = &self.stations[n];
        let (session, epoch) = station.session.zip(station.socket)?;
        (station.on && station.net).then_some(AgentSocket { agent: names::agent(n), session, epoch })
    }

    pub(super) fn station(&mut self, n: usize, act: StationAct) -> Result<(), Broken> {
        match act {
            StationAct::SignIn => self.sign_in(n)?,
            StationAct::Connect => self.connect(n)?,
            StationAct::Available => match self.socket(n) {
                Some(from) if !self.stations[n].going_home => {
                    self.stations[n].wants = true;
                    self.send(Input::SetStatus { from, status: WantedStatus::Available });
                }
                _ => {}
            },
            StationAct::Break => {
                if let Some(from) = self.socket(n) {
                    let reason = "break".to_owned();
                    self.send(Input::SetStatus { from, status: WantedStatus::Paused { reason } });
                    let length = self.dice.between(60_000, 600_000);
                    self.later(length, Todo::Station(n, StationAct::Available));
                }
            }
            StationAct::SignOut => self.sign_out(n)?,
            StationAct::Rings(call, offer) => {
                if let Some(from) = self.socket(n) {
                    let proof = RingProof::Sound;
                    self.send(Input::Rang { from, call: names::call(call), offer, proof });
                }
            }
            StationAct::Answer(call, offer, how) => {
                if let Some(from) = self.socket(n) {
                    let call = names::call(call);
                    self.send(match how {
                        0 => Input::Accept { from, call, offer },
                        1 => Input::Pass { from, call, offer },
                        _ => Input::Decline { from, call, offer },
                    });
                }
            }
            StationAct::WrapUpDone => {
                if let Some(from) = self.socket(n) {
                    self.send(Input::WrapUpDone { from });
                }
            }
            StationAct::Verdict(call, assignment) => self.decide(n, call, assignment),
            StationAct::Upload(call, assignment) => self.upload(n, call, assignment)?,
            StationAct::NetCut(ms) => {
                self.stations[n].net = false;
                if let Some(epoch) = self.stations[n].socket {
                    self.later(3_000, Todo::Station(n, StationAct::Noticed(epoch)));
                }
                self.later(ms, Todo::Station(n, StationAct::NetBack));
            }
            StationAct::NetBack => {
                (self.stations[n].net, self.stations[n].on) = (true, true);
                if self.stations[n].socket.is_none() {
                    let wait = self.dice.between(100, 1_500);
                    self.later(wait, Todo::Station(n, StationAct::Connect));
                }
            }
            StationAct::SocketCut => {
                self.station_socket_gone(n)?;
                let wait = self.dice.between(200, 4_000);
                self.later(wait, Todo::Station(n, StationAct::Connect));
            }
            StationAct::Killed(ms) => {
                (self.stations[n].on, self.stations[n].talk) = (false, None);
                match (self.stations[n].socket, self.dice.permille(700)) {
                    (Some(epoch), false) => self.later(3_000, Todo::Station(n, StationAct::Noticed(epoch))),
                    _ => self.station_socket_gone(n)?,
                }
                self.later(ms.max(3_500), Todo::Station(n, StationAct::NetBack));
            }
            StationAct::Noticed(epoch) => {
                let silent = !self.stations[n].net || !self.stations[n].on;
                if silent && self.stations[n].socket == Some(epoch) {
                    self.station_socket_gone(n)?;
                }
            }
        }
        Ok(())
    }

    fn sign_in(&mut self, n: usize) -> Result<(), Broken> {
        if self.stations[n].going_home {
            return Ok(());
        }
        self.sessions += 1;
        let session = names::session(self.sessions);
        let workstation = names::workstation(self.sessions);
        match self.tell(&Input::SignIn { agent: names::agent(n), session, workstation })? {
            None => self.later(3_000, Todo::Station(n, StationAct::SignIn)),
            Some(Ok(_)) => {
                let station = &mut self.stations[n];
                (station.session, station.socket, station.wants) = (Some(session), None, true);
                (station.on, station.net, station.talk) = (true, true, None);
                let wait = self.dice.between(50, 1_500);
                self.later(wait, Todo::Station(n, StationAct::Connect));
            }
            Some(Err(_)) => {}
        }
        Ok(())
    }

    fn connect(&mut self, n: usize) -> Result<(), Broken> {
        let station = &self.stations[n];
        let Some(session) = station.session.filter(|_| station.on && station.socket.is_none()) else {
            return Ok(());
        };
        let wait = self.dice.between(500, 3_000);
        if !self.stations[n].net {
            self.later(wait, Todo::Station(n, StationAct::Connect));
            return Ok(());
        }
        match self.tell(&Input::AgentConnected { agent: names::agent(n), session })? {
            None => self.later(wait, Todo::Station(n, StationAct::Connect)),
            Some(Err(_)) => (self.stations[n].session, self.stations[n].talk) = (None, None),
            Some(Ok(facts)) => {
                let epoch = facts.iter().find_map(|fact| match fact.event {
                    Event::AgentConnected { epoch, .. } => Some(epoch),
                    _ => None,
                });
                let clock = self.clock();
                let station = &mut self.stations[n];
                (station.socket, station.heard) = (epoch, Some(clock));
                station.talk = station.talk_told;
                if let (Some(epoch), true) = (epoch.filter(|epoch| *epoch > 1), self.dice.permille(200)) {
                    // What was on its way on the old socket comes after all.
                    let from = AgentSocket { agent: names::agent(n), session, epoch: epoch - 1 };
                    let status = WantedStatus::Paused { reason: "ghost".to_owned() };
                    let late = self.dice.between(400, 3_000);
                    self.mail(late, Input::SetStatus { from, status });
                }
                let station = &self.stations[n];
                let (wants, ring) = (station.wants && station.talk.is_none(), station.ring_told);
                if wants {
                    self.later(300, Todo::Station(n, StationAct::Available));
                }
                if let Some((call, offer)) = ring {
                    self.ring_and_answer(n, call, offer);
                }
            }
        }
        Ok(())
    }

    fn sign_out(&mut self, n: usize) -> Result<(), Broken> {
        let station = &mut self.stations[n];
        (station.going_home, station.wants) = (true, false);
        let Some(session) = station.session else { return Ok(()) };
        let why = if self.dice.permille(20) { SignOutReason::Forced } else { SignOutReason::Agent };
        match self.tell(&Input::SignOut { agent: names::agent(n), session, why })? {
            None | Some(Err(Refusal::InCall)) => self.later(20_000, Todo::Station(n, StationAct::SignOut)),
            Some(Ok(_) | Err(_)) => {
                let station = &mut self.stations[n];
                (station.session, station.socket, station.talk) = (None, None, None);
            }
        }
        Ok(())
    }

    fn station_socket_gone(&mut self, n: usize) -> Result<(), Broken> {
        let station = &mut self.stations[n];
        let Some((session, epoch)) = station.session.zip(station.socket.take()) else { return Ok(()) };
        let last_heard = station.heard.unwrap_or(self.now);
        let from = AgentSocket { agent: names::agent(n), session, epoch };
        let last_heard =
            if self.talks.values().any(|talk| talk.agent == n) { last_heard } else { self.clock() };
        self.tell(&Input::AgentDisconnected { from, last_heard })?;
        Ok(())
    }

    /// The agent decides: allowed while the server answers, or media is younger than 2 s.
    fn decide(&mut self, n: usize, call: usize, assignment: u32) {
        if self.stations[n].talk != Some((call, assignment)) || !self.stations[n].on {
            return;
        }
        let seen = self.talks.get(&call).filter(|talk| talk.assignment == assignment);
        let seen = seen.and_then(|talk| talk.caller_seen).is_some_and(|at| self.now.ms_since(at) < 2_000);
        if !seen && self.socket(n).is_none() {
            self.later(4_000, Todo::Station(n, StationAct::Verdict(call, assignment)));
            return;
        }
        self.stations[n].outbox.insert((call, assignment));
        self.stations[n].talk = None;
        if let Some(from) = self.socket(n) {
            self.send(Input::VerdictSealed {
                from,
                call: names::call(call),
                assignment,
                decision: decision(call),
                manifest_sha256: names::sha(call, assignment),
            });
        }
        let offline = self.dice.permille(6);
        let wait =
            if offline { self.dice.between(900_000, 2_400_000) } else { self.dice.between(800, 10_000) };
        self.later(wait, Todo::Station(n, StationAct::Upload(call, assignment)));
    }

    pub(super) fn learn_talk(&mut self, n: usize, talk: Option<(usize, u32)>) {
        let station = &mut self.stations[n];
        station.talk_told = talk;
        if station.socket.is_some() && station.net && station.on {
            station.talk = talk;
        }
    }

    fn ring_and_answer(&mut self, n: usize, call: usize, offer: u32) {
        if self.dice.permille(988) {
            let soon = self.dice.between(30, 400);
            self.later(soon, Todo::Station(n, StationAct::Rings(call, offer)));
        }
        let how = match self.dice.below(1_000) {
            0..905 => 0,
            905..945 => 1,
            945..960 => 2,
            _ => return,
        };
        let wait = 600 + self.dice.about(4_500);
        self.later(wait, Todo::Station(n, StationAct::Answer(call, offer, how)));
    }

    pub(super) fn react_station(&mut self, fact: &Fact) {
        match &fact.event {
            Event::Offered { call, offer, agent, .. } => {
                let (n, call) = (names::agent_n(*agent), names::call_n(*call));
                self.stations[n].ring_told = Some((call, *offer));
                if self.socket(n).is_some() {
                    self.ring_and_answer(n, call, *offer);
                }
            }
            Event::OfferClosed { agent, .. } => self.stations[names::agent_n(*agent)].ring_told = None,
            Event::WrapUpStarted { agent, .. } => {
                let n = names::agent_n(*agent);
                let wait = self.dice.between(1_500, 18_000);
                match self.dice.below(100) {
                    0..70 => self.later(wait, Todo::Station(n, StationAct::WrapUpDone)),
                    70..73 => self.later(wait, Todo::Station(n, StationAct::Break)),
                    _ => {}
                }
            }
            Event::AgentPaused { agent, reason } if reason != "break" && reason != pause::SIGNED_IN => {
                let wait = self.dice.between(5_000, 60_000);
                self.later(wait, Todo::Station(names::agent_n(*agent), StationAct::Available));
            }
            _ => {}
        }
    }
}

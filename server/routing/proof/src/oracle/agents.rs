//! Facts about agents: an agent with a live ring or call is nothing else (I1); only confirmed rings count as
//! missed (I7).

use chinhchu_protocol::ids::AgentId;
use chinhchu_routing::{Event, Input, pause};

use super::book::{AgentBook, CallBook, Doing, Link};
use super::{Moment, Oracle};
use crate::rule::{Broken, Rule, ensure};

impl Oracle {
    pub(super) fn take_agents(&mut self, moment: Moment<'_>, event: &Event) -> Result<(), Broken> {
        let at = moment.at;
        match event {
            Event::AgentSet { agent, company, skills, .. } => {
                let (company, skills) = (company.clone(), skills.clone());
                if self.agents.contains_key(agent) {
                    self.on_agent(*agent, |book| (book.company, book.skills) = (company, skills));
                } else {
                    let book = AgentBook {
                        company,
                        session: None,
                        epoch: 0,
                        link: Link::Never,
                        doing: Doing::Out,
                        missed: 0,
                        skills,
                        accepted: 0,
                        asked_at: None,
                    };
                    self.put_agent(*agent, book);
                }
            }
            Event::AgentSignedIn { agent, session, .. } => {
                self.has_no_work(*agent, "signed in")?;
                self.on_agent(*agent, |book| {
                    (book.session, book.epoch, book.link) = (Some(*session), 0, Link::Never);
                    (book.doing, book.missed, book.accepted) = (Doing::Paused, 0, 0);
                });
            }
            Event::AgentSignedOut { agent, .. } => {
                self.has_no_work(*agent, "signed out")?;
                self.on_agent(*agent, |book| {
                    (book.session, book.doing, book.missed) = (None, Doing::Out, 0);
                    book.link = Link::Never;
                });
            }
            Event::AgentConnected { agent, session, epoch } => {
                let next = self.agents.get(agent).map(|book| (book.session, book.epoch.saturating_add(1)));
                ensure(next == Some((Some(*session), *epoch)), || {
                    Broken::agent(Rule::Ghost, *agent, "a socket of another session or number")
                })?;
                self.on_agent(*agent, |book| (book.link, book.epoch) = (Link::Up, *epoch));
                self.heard_agent(*agent, at);
            }
            Event::AgentDisconnected { agent, back_by, .. } => {
                let Input::AgentDisconnected { last_heard, .. } = moment.input else {
                    return Err(Broken::agent(Rule::I8, *agent, "away, though nobody said so"));
                };
                let company = self.agents.get(agent).map(|book| book.company.clone());
                let Some(company) = company else { return Ok(()) };
                let by =
                    self.heard(at, *last_heard).plus_ms(i64::from(self.settings_of(&company).reconnect_ms));
                ensure(*back_by == by, || {
                    Broken::agent(Rule::I8, *agent, format!("has until {back_by}, not {by}"))
                })?;
                self.on_agent(*agent, |book| book.link = Link::Away(by));
            }
            Event::AgentAvailable { agent } => {
                self.has_no_work(*agent, "made available")?;
                self.on_agent(*agent, |book| book.doing = Doing::Free { since: at });
            }
            Event::AgentPaused { agent, reason } => {
                self.may_be_paused(*agent, reason)?;
                self.on_agent(*agent, |book| (book.doing, book.missed) = (Doing::Paused, 0));
            }
            Event::WrapUpStarted { agent, until, open, .. } => {
                self.has_no_work(*agent, "wraps up")?;
                let Some(company) = self.agents.get(agent).map(|book| book.company.clone()) else {
                    return Ok(());
                };
                let due = at.plus_ms(i64::from(self.settings_of(&company).wrap_up_ms));
                ensure(*until == due, || Broken::agent(Rule::I3, *agent, "another time to wrap up"))?;
                self.on_agent(*agent, |book| {
                    book.doing = Doing::WrapUp { until: due, open: *open, since: at }
                });
            }
            // What an agent will be later is no matter of the invariants.
            _ => {}
        }
        Ok(())
    }

    /// I1: it has no live ring or call that it would leave behind.
    fn has_no_work(&self, agent: AgentId, what: &str) -> Result<(), Broken> {
        let left = match self.agents.get(&agent).map(|book| book.doing) {
            Some(Doing::Ringing { call, offer, .. }) => {
                let live = self.calls.get(&call).and_then(CallBook::offer);
                live.filter(|live| live.agent == agent && live.number == offer).map(|_| call)
            }
            Some(Doing::OnCall { call, assignment }) => {
                let live = self.calls.get(&call).and_then(CallBook::live);
                live.filter(|live| live.agent == agent && live.number == assignment).map(|_| call)
            }
            Some(Doing::Out | Doing::Paused | Doing::Free { .. } | Doing::WrapUp { .. }) | None => None,
        };
        match left {
            None => Ok(()),
            Some(call) => Err(Broken::call(Rule::I1, call, format!("its agent is {what}")).and(agent)),
        }
    }

    fn may_be_paused(&self, agent: AgentId, reason: &str) -> Result<(), Broken> {
        self.has_no_work(agent, "paused")?;
        let Some(book) = self.agents.get(&agent) else { return Ok(()) };
        let most = self.settings_of(&book.company).pause_after_missed;
        if reason == pause::MISSED_RINGS {
            ensure(most > 0 && book.missed >= most, || {
                Broken::agent(
                    Rule::I7,
                    agent,
                    format!("paused after {} missed rings, not {most}", book.missed),
                )
            })?;
        }
        Ok(())
    }

    /// Its socket came up: a sign of life in its call.
    fn heard_agent(&mut self, agent: AgentId, at: chinhchu_protocol::time::Timestamp) {
        let Some(Doing::OnCall { call, .. }) = self.agents.get(&agent).map(|book| book.doing) else { return };
        if let Some(live) = self.calls.get_mut(&call).and_then(CallBook::live_mut) {
            live.life.agent_socket = at.max(live.life.agent_socket);
        }
    }
}

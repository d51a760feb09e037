//! Facts about a call from its intake to the end of its assignment: I1, I2, I4, I7, I8, and every deadline.

use chinhchu_protocol::ids::{AgentId, CallId, CompanyCode};
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::fact::OverflowDue;
use chinhchu_routing::{Event, Input, OfferOutcome, Settings};

use super::book::{AssignmentBook, CallBook, Contact, Doing, Life, Line, Link, OfferBook, Stage};
use super::{Moment, Oracle};
use crate::rule::{Broken, Rule, ensure};

pub(super) fn after(at: Timestamp, ms: u32) -> Timestamp {
    at.plus_ms(i64::from(ms))
}

/// The deadline in a fact is the one that follows from the settings.
pub(super) fn due(call: CallId, what: &str, told: Timestamp, reckoned: Timestamp) -> Result<(), Broken> {
    ensure(told == reckoned, || {
        Broken::call(Rule::I3, call, format!("{what} by {told}; by the settings {reckoned}"))
    })
}

impl Oracle {
    #[expect(clippy::too_many_lines, reason = "one arm for each fact, so that none is forgotten")]
    pub(super) fn take_calls(&mut self, moment: Moment<'_>, event: &Event) -> Result<(), Broken> {
        let at = moment.at;
        match event {
            Event::CallTakenIn { call, company, priority, needs, ready_by } => {
                let known = self.calls.contains_key(call) || self.ended.contains_key(call);
                ensure(!known, || Broken::call(Rule::I5, *call, "taken in twice"))?;
                let by = after(at, self.settings_of(company).preparing_ms);
                due(*call, "ready", *ready_by, by)?;
                let book = CallBook {
                    company: company.clone(),
                    priority: *priority,
                    needs: needs.clone(),
                    epoch: 0,
                    link: Link::Never,
                    line: None,
                    queued_at: None,
                    offers: 0,
                    assigned: Vec::new(),
                    spared: std::collections::BTreeMap::new(),
                    refused: std::collections::BTreeSet::new(),
                    verdicts: std::collections::BTreeMap::new(),
                    stage: Stage::Preparing { by },
                };
                self.list(*call, book);
            }
            Event::CallerConnected { call, epoch, .. } => {
                let next = self.live_call(*call, Rule::I3, "its page came")?.epoch.saturating_add(1);
                ensure(*epoch == next, || Broken::call(Rule::Ghost, *call, "a page has an old number"))?;
                self.on_call(*call, |book| {
                    (book.epoch, book.link) = (next, Link::Up);
                    if let Some(live) = book.live_mut() {
                        live.life.caller_socket = at.max(live.life.caller_socket);
                    }
                });
            }
            Event::CallerDisconnected { call, back_by, .. } => {
                let Input::CallerDisconnected { last_heard, .. } = moment.input else {
                    return Err(Broken::call(Rule::I8, *call, "its page is away, though nobody said so"));
                };
                let by = after(self.heard(at, *last_heard), self.home(*call, "its page left")?.reconnect_ms);
                due(*call, "its page is to be back", *back_by, by)?;
                self.on_call(*call, |book| book.link = Link::Away(by));
            }
            Event::CallQueued { call, serving, wait_until, overflow } => {
                let book = self.live_call(*call, Rule::I3, "queued")?;
                let preparing = matches!(book.stage, Stage::Preparing { .. });
                ensure(preparing, || Broken::call(Rule::I5, *call, "queued twice"))?;
                let wait_by = after(at, self.settings_of(&book.company).max_wait_ms);
                ensure(self.is_open(serving, at), || {
                    Broken::call(Rule::Choice, *call, "waits though closed")
                })?;
                let wait_by = self.sent_away(serving, at, wait_by);
                due(*call, "waits", *wait_until, wait_by)?;
                let right = self.serving.get(&book.company) == Some(serving);
                ensure(right, || Broken::call(Rule::Choice, *call, "waits in another company's line (C1)"))?;
                let plan = self.plan(*call, at, serving, overflow)?;
                let line = Line {
                    serving: serving.clone(),
                    since: at,
                    front: false,
                    wait_until: wait_by,
                    overflowed: Vec::new(),
                    overflow: plan,
                };
                self.on_call(*call, |book| {
                    book.queued_at = Some(at);
                    (book.stage, book.line) = (Stage::Waiting, Some(line));
                });
            }
            Event::Offered { call, offer, agent, session, rang_by, answer_by, .. } => {
                self.offered(at, (*call, *offer), *agent, (*rang_by, *answer_by))?;
                let current = self.agents.get(agent).and_then(|book| book.session);
                ensure(current == Some(*session), || {
                    Broken::call(Rule::Ghost, *call, "offered to an old session").and(*agent)
                })?;
            }
            Event::Rang { call, offer, agent, .. } => {
                self.the_offer(*call, *offer, *agent, "rang")?;
                self.on_call(*call, |book| {
                    if let Stage::Offering(live) = &mut book.stage {
                        live.rang = true;
                    }
                });
            }
            Event::OfferClosed { call, offer, agent, outcome, spared_until } => {
                self.closed(moment, (*call, *offer), *agent, *outcome, *spared_until)?;
            }
            Event::AgentSparedEnough { call, agent } => {
                let until = self.live_call(*call, Rule::I3, "spared")?.spared.get(agent).copied().flatten();
                ensure(until.is_some_and(|until| until <= at), || {
                    Broken::call(Rule::I2, *call, "may be asked again before its time").and(*agent)
                })?;
                self.on_call(*call, |book| {
                    book.spared.insert(*agent, None);
                });
            }
            Event::CallAccepted { call, offer, assignment, agent, connect_by, end_by, .. } => {
                self.the_offer(*call, *offer, *agent, "accepted")?;
                ensure(matches!(moment.input, Input::Accept { .. }), || {
                    Broken::call(Rule::I1, *call, "accepted, though nobody did").and(*agent)
                })?;
                let home = self.home(*call, "accepted")?;
                due(*call, "media flows", *connect_by, after(at, home.connecting_ms))?;
                due(*call, "ends", *end_by, after(at, home.max_call_ms))?;
                let count = self.live_call(*call, Rule::I3, "accepted")?.assigned.len();
                ensure(usize::try_from(*assignment) == Ok(count + 1), || {
                    Broken::call(Rule::I1, *call, format!("assignment {assignment} after {count}"))
                        .and(*agent)
                })?;
                let live = AssignmentBook {
                    number: *assignment,
                    offer: *offer,
                    agent: *agent,
                    accepted_at: at,
                    media: false,
                    end_by: after(at, home.max_call_ms),
                    contact: Contact::Connecting { by: after(at, home.connecting_ms) },
                    life: Life::all(at),
                };
                self.on_call(*call, |book| {
                    book.assigned.push(*agent);
                    (book.stage, book.line) = (Stage::Assigned(live), None);
                });
                let doing = Doing::OnCall { call: *call, assignment: *assignment };
                self.on_agent(*agent, |book| {
                    (book.doing, book.missed, book.accepted) = (doing, 0, book.accepted + 1);
                });
            }
            Event::VideoConnected { call, assignment } => {
                self.the_assignment(*call, *assignment, "connected")?;
                self.on_live(*call, |live| (live.media, live.contact) = (true, Contact::Flowing));
            }
            Event::SideLost { call, assignment, side, last_heard, back_by } => {
                self.lost(at, (*call, *assignment), *side, *last_heard, *back_by)?;
            }
            Event::SideBack { call, assignment, connect_by, .. }
            | Event::WitnessedAgain { call, assignment, connect_by } => {
                self.the_assignment(*call, *assignment, "heard again")?;
                let by = after(at, self.home(*call, "heard again")?.connecting_ms);
                due(*call, "media flows", *connect_by, by)?;
                self.on_live(*call, |live| {
                    live.contact = if live.media { Contact::Flowing } else { Contact::Connecting { by } };
                });
            }
            Event::Unwitnessed { call, assignment, heard_by } => {
                self.unwitnessed(moment, (*call, *assignment), *heard_by)?;
            }
            Event::CompareAgain { call, .. } => {
                self.live_call(*call, Rule::I3, "to compare again")?;
            }
            Event::Compared { call, assignment } => {
                self.the_assignment(*call, *assignment, "compared")?;
            }
            Event::PoolClosed { call, serving, opens_at } => {
                self.closed_out(*call, serving, at, *opens_at)?;
            }
            Event::CallOverflowed { call, to } => {
                let line = self.live_call(*call, Rule::I3, "overflows")?.line.as_ref();
                let due =
                    line.is_some_and(|line| line.overflow.iter().any(|step| step.0 <= at && step.1 == *to));
                ensure(due, || {
                    Broken::call(Rule::Choice, *call, format!("overflows to {to} before its time"))
                })?;
                self.on_call(*call, |book| {
                    if let Some(line) = &mut book.line {
                        line.overflow.retain(|step| step.1 != *to);
                        line.overflowed.push(to.clone());
                    }
                });
            }
            Event::OverflowPlanned { call, overflow } => {
                let line = self.live_call(*call, Rule::I3, "overflow planned")?.line.as_ref();
                let Some(serving) = line.map(|line| line.serving.clone()) else { return Ok(()) };
                let plan = self.plan(*call, at, &serving, overflow)?;
                self.on_call(*call, |book| {
                    if let Some(line) = &mut book.line {
                        (line.overflow, line.overflowed) = (plan, Vec::new());
                    }
                });
            }
            Event::AssignmentVoided {
                call, assignment, agent, wait_until, spared_until, overflow, ..
            } => {
                self.voided(moment, (*call, *assignment), *agent, (*wait_until, *spared_until), overflow)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// When agents of which other companies may take a call, by the settings of who serves it.
    pub(super) fn plan(
        &self,
        call: CallId,
        at: Timestamp,
        serving: &CompanyCode,
        told: &[OverflowDue],
    ) -> Result<Vec<(Timestamp, CompanyCode)>, Broken> {
        let mut seen = vec![serving.clone()];
        let mut plan = Vec::new();
        for step in self.settings_of(serving).overflow {
            if self.settings.contains_key(&step.to) && !seen.contains(&step.to) {
                seen.push(step.to.clone());
                plan.push((after(at, step.after_ms), step.to));
            }
        }
        plan.sort_by_key(|step| step.0);
        let same = told.iter().map(|step| (step.at, &step.to)).eq(plan.iter().map(|step| (step.0, &step.1)));
        ensure(same, || {
            Broken::call(Rule::I3, call, format!("overflows {told:?}, by the settings {plan:?}"))
        })?;
        Ok(plan)
    }

    pub(super) fn home(&self, call: CallId, what: &str) -> Result<Settings, Broken> {
        Ok(self.settings_of(&self.live_call(call, Rule::I3, what)?.company))
    }

    pub(super) fn on_live(&mut self, call: CallId, change: impl FnOnce(&mut AssignmentBook)) {
        self.on_call(call, |book| {
            if let Some(live) = book.live_mut() {
                change(live);
            }
        });
    }

    fn the_offer(&self, call: CallId, offer: u32, agent: AgentId, what: &str) -> Result<OfferBook, Broken> {
        let live = self.live_call(call, Rule::I3, what)?.offer().copied();
        let live = live.filter(|live| live.number == offer && live.agent == agent);
        live.ok_or_else(|| {
            Broken::call(Rule::I1, call, format!("{what}: offer {offer} is not live")).and(agent)
        })
    }

    pub(super) fn the_assignment(
        &self,
        call: CallId,
        assignment: u32,
        what: &str,
    ) -> Result<AssignmentBook, Broken> {
        let live = self.live_call(call, Rule::I3, what)?.live().copied();
        let live = live.filter(|live| live.number == assignment);
        live.ok_or_else(|| {
            Broken::call(Rule::I1, call, format!("{what}: assignment {assignment} is not live"))
        })
    }

    fn offered(
        &mut self,
        at: Timestamp,
        (id, number): (CallId, u32),
        agent: AgentId,
        (rang_by, answer_by): (Timestamp, Timestamp),
    ) -> Result<(), Broken> {
        self.may_be_offered(id, agent)?;
        let call = self.live_call(id, Rule::I3, "offered")?;
        ensure(number == call.offers.saturating_add(1), || {
            Broken::call(Rule::I1, id, format!("offer {number} after {}", call.offers)).and(agent)
        })?;
        let ring = self.agents.get(&agent).map(|book| self.settings_of(&book.company)).unwrap_or_default();
        due(id, "its ring is confirmed", rang_by, after(at, ring.ring_confirm_ms))?;
        due(id, "is answered", answer_by, after(at, ring.ring_timeout_ms))?;
        self.on_call(id, |book| {
            book.offers = number;
            book.stage = Stage::Offering(OfferBook { number, agent, rang: false, rang_by, answer_by });
        });
        self.on_agent(agent, |book| {
            let since = book.free_since().unwrap_or(at);
            (book.doing, book.asked_at) = (Doing::Ringing { call: id, offer: number, since }, Some(at));
        });
        Ok(())
    }

    fn closed(
        &mut self,
        moment: Moment<'_>,
        (id, number): (CallId, u32),
        agent: AgentId,
        outcome: OfferOutcome,
        spared_until: Option<Timestamp>,
    ) -> Result<(), Broken> {
        let at = moment.at;
        let offer = self.the_offer(id, number, agent, "closed")?;
        self.may_close(moment, id, &offer, outcome)?;
        let spare = after(at, self.home(id, "closed")?.reoffer_after_ms);
        let spared = match outcome {
            OfferOutcome::Passed | OfferOutcome::Missed => Some(Some(spare)),
            OfferOutcome::NeverRang => Some(None),
            OfferOutcome::Declined
            | OfferOutcome::CallerAway
            | OfferOutcome::CallOver
            | OfferOutcome::AgentAway => None,
        };
        ensure(spared.flatten() == spared_until, || {
            Broken::call(Rule::I2, id, format!("is spared until {spared_until:?}, not {spared:?}")).and(agent)
        })?;
        self.on_call(id, |book| {
            book.stage = Stage::Waiting;
            if let Some(until) = spared {
                book.spared.insert(agent, until);
                book.refused.insert(agent);
            }
        });
        self.on_agent(agent, |book| {
            let since = match (book.doing, outcome) {
                (
                    Doing::Ringing { since, .. },
                    OfferOutcome::CallerAway | OfferOutcome::CallOver | OfferOutcome::AgentAway,
                ) => since,
                _ => at,
            };
            match outcome {
                OfferOutcome::Missed => book.missed += 1,
                OfferOutcome::Declined | OfferOutcome::Passed => book.missed = 0,
                OfferOutcome::NeverRang
                | OfferOutcome::CallerAway
                | OfferOutcome::CallOver
                | OfferOutcome::AgentAway => {}
            }
            book.doing = Doing::Free { since };
        });
        self.freed.push(agent);
        Ok(())
    }

    /// A ring ends for a reason, and not before its time (I7).
    fn may_close(
        &self,
        moment: Moment<'_>,
        id: CallId,
        offer: &OfferBook,
        outcome: OfferOutcome,
    ) -> Result<(), Broken> {
        let book = self.agents.get(&offer.agent);
        let (at, input) = (moment.at, moment.input);
        let away = book.is_none_or(|book| book.link != Link::Up);
        let justified = match outcome {
            OfferOutcome::Missed => {
                ensure(offer.rang, || {
                    Broken::call(Rule::I7, id, "missed, though no ring was confirmed").and(offer.agent)
                })?;
                matches!(input, Input::Tick) && offer.answer_by <= at
            }
            OfferOutcome::NeverRang => {
                ensure(!offer.rang, || {
                    Broken::call(Rule::I7, id, "«never rang», though the ring was confirmed").and(offer.agent)
                })?;
                matches!(input, Input::Tick) && offer.due() <= at
            }
            OfferOutcome::Declined => matches!(input, Input::Decline { .. }),
            OfferOutcome::Passed => matches!(input, Input::Pass { .. } | Input::Decline { .. }),
            OfferOutcome::CallerAway => match input {
                Input::CallerDisconnected { from, .. } => from.call == id,
                input => matches!(input, Input::Tick) && self.page_due(id, at),
            },
            OfferOutcome::CallOver => matches!(
                input,
                Input::CallerHungUp { .. }
                    | Input::Cancel { .. }
                    | Input::VerdictSealed { .. }
                    | Input::EvidenceStored { .. }
            ),
            OfferOutcome::AgentAway => match input {
                Input::AgentDisconnected { from, .. } => from.agent == offer.agent,
                Input::SignIn { agent, .. }
                | Input::SignOut { agent, .. }
                | Input::SetAgent { agent, .. } => *agent == offer.agent,
                input => matches!(input, Input::Tick) && away,
            },
        };
        ensure(justified, || {
            let what = format!("its ring closes {outcome:?} too early, or for no reason");
            Broken::call(Rule::I8, id, what).and(offer.agent)
        })
    }

    pub(super) fn page_due(&self, call: CallId, at: Timestamp) -> bool {
        self.calls.get(&call).and_then(|call| call.link.due()).is_some_and(|by| by <= at)
    }
}

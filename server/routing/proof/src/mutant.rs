//! Deliberately broken switchboards: each must be caught, with the invariant that it breaks.
//!
//! They are made around the real one, by changing inputs and facts on their way, so that the product carries
//! nothing for them.

use std::collections::BTreeMap;

use chinhchu_protocol::call::EndReason;
use chinhchu_protocol::evidence::VerdictStanding;
use chinhchu_protocol::ids::{AgentId, CallId};
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::fact::{Considered, WhyNot};
use chinhchu_routing::{
    AgentSocket, EndedCall, Event, Fact, Input, Liveness, OfferOutcome, Refusal, Switchboard,
};

use crate::board::Board;
use crate::rule::Rule;

/// What is broken.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Fault {
    /// A call rings at two agents.
    DoubleOffer,
    /// A lost side is waited for for ever.
    ForgottenDeadline,
    /// A message on an old socket counts.
    StaleEpoch,
    /// A verdict of an older assignment, or after the end, is the result.
    LateVerdictCounts,
    /// Time without a server fires deadlines instead of moving them.
    OutageFires,
    /// A freed agent gets the newest call.
    NewestFirst,
    /// A ring that was never confirmed counts as missed.
    MissedUnconfirmed,
    /// To decline an ended call opens it again.
    DeclineReopens,
    /// A restart forgets what rings.
    RestartLosesOffer,
    /// A repeated intake makes a second call.
    TakeInTwice,
    /// The same agent rings again although another is free.
    SameAgentAgain,
    /// The caller's socket is away, and the call ends.
    SocketAwayEnds,
    /// A lost side has 10 s.
    ShortPatience,
    /// A sealed verdict is acknowledged and forgotten.
    VerdictForgotten,
    /// The agent of an ended call is not freed.
    AgentNotFreed,
}

impl Fault {
    /// Every fault, and the rule that it breaks.
    pub const ALL: [(Self, Rule); 15] = [
        (Self::DoubleOffer, Rule::I1),
        (Self::ForgottenDeadline, Rule::I3),
        (Self::StaleEpoch, Rule::Ghost),
        (Self::LateVerdictCounts, Rule::Verdict),
        (Self::OutageFires, Rule::I8),
        (Self::NewestFirst, Rule::I4),
        (Self::MissedUnconfirmed, Rule::I7),
        (Self::DeclineReopens, Rule::I3),
        (Self::RestartLosesOffer, Rule::I6),
        (Self::TakeInTwice, Rule::I5),
        (Self::SameAgentAgain, Rule::I2),
        (Self::SocketAwayEnds, Rule::I8),
        (Self::ShortPatience, Rule::I8),
        (Self::VerdictForgotten, Rule::I5),
        (Self::AgentNotFreed, Rule::I1),
    ];
}

/// A switchboard with a fault.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Mutant {
    inner: Switchboard,
    fault: Fault,
    /// How many offers each live call had: the wrapper's own count.
    offers: BTreeMap<CallId, u32>,
}

impl Mutant {
    /// A new one, broken so.
    pub fn new(fault: Fault) -> Self {
        Self { inner: Switchboard::default(), fault, offers: BTreeMap::new() }
    }

    /// The input as the fault lets it through.
    fn disturbed(&self, input: &Input) -> Input {
        let mut input = input.clone();
        if self.fault == Fault::StaleEpoch {
            match &mut input {
                Input::Rang { from, .. }
                | Input::Accept { from, .. }
                | Input::Decline { from, .. }
                | Input::Pass { from, .. }
                | Input::SetStatus { from, .. }
                | Input::WrapUpDone { from }
                | Input::AgentDisconnected { from, .. }
                | Input::VerdictSealed { from, .. } => self.renew(from),
                _ => {}
            }
        }
        input
    }

    fn renew(&self, from: &mut AgentSocket) {
        let session = self.inner.agent(from.agent).and_then(|agent| agent.session);
        if let Some(session) = session.filter(|session| session.session == from.session) {
            from.epoch = session.epoch;
        }
    }

    fn broken(&self, now: Timestamp, input: &Input) -> Result<Vec<Fact>, Refusal> {
        match (self.fault, input) {
            (Fault::OutageFires, Input::Outage { .. }) => return self.inner.decide(now, &Input::Tick),
            (Fault::VerdictForgotten, Input::VerdictSealed { .. }) => return Ok(Vec::new()),
            _ => {}
        }
        let answer = self.inner.decide(now, &self.disturbed(input));
        match (self.fault, input, &answer) {
            (Fault::TakeInTwice, Input::TakeIn { call, company, priority, needs }, Ok(facts))
                if facts.is_empty() =>
            {
                let settings = self.inner.settings(company).cloned().unwrap_or_default();
                let event = Event::CallTakenIn {
                    call: *call,
                    company: company.clone(),
                    priority: *priority,
                    needs: needs.clone(),
                    ready_by: now.plus_ms(i64::from(settings.preparing_ms)),
                };
                return Ok(vec![Fact { at: now, event }]);
            }
            (Fault::DeclineReopens, Input::Decline { call, .. }, _) => {
                if let Some(ended) = self.inner.ended(*call) {
                    let event = Event::CallQueued {
                        call: *call,
                        serving: ended.company.clone(),
                        wait_until: now.plus_ms(600_000),
                        overflow: Vec::new(),
                    };
                    return Ok(vec![Fact { at: now, event }]);
                }
            }
            _ => {}
        }
        let mut facts = answer?;
        self.spoil(now, input, &mut facts);
        Ok(facts)
    }

    fn spoil(&self, now: Timestamp, input: &Input, facts: &mut Vec<Fact>) {
        match self.fault {
            Fault::DoubleOffer => self.offer_twice(facts),
            Fault::NewestFirst => self.offer_newest(facts),
            Fault::SameAgentAgain => self.offer_again(facts),
            Fault::LateVerdictCounts => {
                for fact in facts {
                    if let Event::EvidenceTaken { standing, .. } = &mut fact.event {
                        *standing = VerdictStanding::Counts;
                    }
                }
            }
            Fault::MissedUnconfirmed => {
                for fact in facts {
                    if let Event::OfferClosed { outcome, spared_until, .. } = &mut fact.event
                        && *outcome == OfferOutcome::NeverRang
                    {
                        (*outcome, *spared_until) = (OfferOutcome::Missed, Some(now.plus_ms(5_000)));
                    }
                }
            }
            Fault::ShortPatience => {
                for fact in facts {
                    if let Event::SideLost { back_by, .. } = &mut fact.event {
                        *back_by = back_by.plus_ms(-5_000);
                    }
                }
            }
            Fault::AgentNotFreed => {
                facts.retain(|fact| !matches!(fact.event, Event::WrapUpStarted { open: true, .. }));
            }
            Fault::SocketAwayEnds => {
                if let (Input::CallerDisconnected { from, .. }, false) = (input, facts.is_empty()) {
                    let status = self.inner.call(from.call);
                    if status.is_some_and(|status| status.assignment.is_some()) {
                        let forget_at = now.plus_ms(60_000);
                        let reason = EndReason::CallerLost;
                        let event = Event::CallEnded { call: from.call, reason, forget_at };
                        facts.push(Fact { at: now, event });
                    }
                }
            }
            Fault::ForgottenDeadline
            | Fault::StaleEpoch
            | Fault::OutageFires
            | Fault::DeclineReopens
            | Fault::RestartLosesOffer
            | Fault::TakeInTwice
            | Fault::VerdictForgotten => {}
        }
    }

    fn offer_twice(&self, facts: &mut Vec<Fact>) {
        let second = facts.iter().find_map(|fact| {
            let Event::Offered { considered, .. } = &fact.event else { return None };
            let free = |it: &&Considered| it.why_not == WhyNot::IdleForLess;
            let other = considered.iter().find(free)?.agent;
            self.offered_to(fact, other, 1)
        });
        facts.extend(second);
    }

    /// The same offer, to somebody else.
    fn offered_to(&self, fact: &Fact, other: AgentId, more: u32) -> Option<Fact> {
        let mut fact = fact.clone();
        let at_other = self.inner.agent(other)?.session?.session;
        if let Event::Offered { agent, session, offer, .. } = &mut fact.event {
            (*agent, *session) = (other, at_other);
            *offer += more;
        }
        Some(fact)
    }

    fn offer_newest(&self, facts: &mut [Fact]) {
        if facts.iter().filter(|fact| matches!(fact.event, Event::Offered { .. })).count() != 1 {
            return;
        }
        for fact in facts {
            let Event::Offered { call, offer, agent, .. } = &mut fact.event else { continue };
            let Some(company) = self.inner.agent(*agent).map(|agent| agent.company) else { continue };
            let there = |id: &CallId| self.inner.call(*id).is_some_and(|call| call.caller_connected);
            let newest = self.inner.queue(&company).into_iter().rfind(there);
            if let Some(newest) = newest.filter(|newest| newest != call) {
                *offer = self.offers.get(&newest).copied().unwrap_or(0) + 1;
                *call = newest;
                break;
            }
        }
    }

    fn offer_again(&self, facts: &mut [Fact]) {
        let closed = facts.iter().find_map(|fact| match &fact.event {
            Event::OfferClosed {
                agent, call, outcome: OfferOutcome::Passed | OfferOutcome::Missed, ..
            } => Some((*agent, *call)),
            _ => None,
        });
        let Some((before, call)) = closed else { return };
        for fact in facts {
            if matches!(&fact.event, Event::Offered { call: it, .. } if *it == call)
                && let Some(again) = self.offered_to(fact, before, 0)
            {
                *fact = again;
            }
        }
    }
}

impl Board for Mutant {
    fn decide(&self, now: Timestamp, input: &Input) -> Result<Vec<Fact>, Refusal> {
        self.broken(now, input)
    }

    fn apply(&mut self, fact: &Fact) {
        match &fact.event {
            Event::Offered { call, offer, .. } => {
                self.offers.insert(*call, *offer);
            }
            Event::CallEnded { call, .. } => {
                self.offers.remove(call);
            }
            _ => {}
        }
        let mut fact = fact.clone();
        if let (Fault::ForgottenDeadline, Event::SideLost { back_by, .. }) = (self.fault, &mut fact.event) {
            *back_by = back_by.plus_ms(86_400_000);
        }
        self.inner.apply(&fact);
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        self.inner.next_deadline()
    }

    fn fold(&mut self, log: &[Fact]) {
        let closes = |call: CallId, fact: &Fact| match &fact.event {
            Event::OfferClosed { call: it, .. } | Event::CallAccepted { call: it, .. } => *it == call,
            _ => false,
        };
        for (n, fact) in log.iter().enumerate() {
            let lost = matches!(&fact.event, Event::Offered { call, .. }
                if !log[n..].iter().any(|later| closes(*call, later)));
            if !(self.fault == Fault::RestartLosesOffer && lost) {
                self.apply(fact);
            }
        }
    }

    fn ended(&self, call: CallId) -> Option<&EndedCall> {
        self.inner.ended(call)
    }

    fn liveness(&self, now: Timestamp) -> Liveness {
        Liveness::resume(&self.inner, now)
    }
}

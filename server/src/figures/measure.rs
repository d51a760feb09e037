//! What one call counts for: the call as a whole, or the part that some agents had in it. Pure; the words for it
//! stand in docs/reports.md.

use chinhchu_protocol::call::{Decision, EndReason};
use chinhchu_routing::OfferOutcome;

use super::call::EvidenceState;
use super::offer::Outcome;
use super::pack::{Entry, NONE, OfferEntry};

/// How a call went.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Fate {
    /// Not ended yet.
    Open,
    /// With a verdict and its evidence.
    Completed,
    /// Declined (F2).
    Declined,
    /// The dealer gave up before it waited.
    LeftBefore,
    /// The dealer gave up while it waited.
    Abandoned,
    /// The dealer gave up after an accept.
    HungUp,
    /// Nobody took it in time.
    NoAgent,
    /// Turned away outside opening hours.
    Closed,
    /// The caller was lost (F4).
    CallerLost,
    /// The agent was lost.
    AgentLost,
    /// No verdict or evidence, or a fault.
    Failed,
}

impl Fate {
    fn of(entry: &Entry) -> Self {
        match entry.end {
            None => Self::Open,
            Some(EndReason::Completed) => Self::Completed,
            Some(EndReason::Declined) => Self::Declined,
            Some(EndReason::Cancelled) if entry.answered => Self::HungUp,
            Some(EndReason::Cancelled) if entry.queued => Self::Abandoned,
            Some(EndReason::Cancelled) => Self::LeftBefore,
            Some(EndReason::NoAgent) if entry.closed => Self::Closed,
            Some(EndReason::NoAgent) => Self::NoAgent,
            Some(EndReason::CallerLost) => Self::CallerLost,
            Some(EndReason::AgentLost) => Self::AgentLost,
            Some(EndReason::Failed) => Self::Failed,
        }
    }
}

/// What a call counts for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a figure of its own")]
pub struct Measured {
    /// Joined the queue; of agents: rang at one of them.
    pub offered: bool,
    /// Accepted; by them.
    pub answered: bool,
    /// Declined; by them.
    pub declined: bool,
    /// Offered on; by them.
    pub redirected: bool,
    /// How it went; none if others had it last.
    pub fate: Option<Fate>,
    /// Offers made.
    pub offers: u32,
    /// Offers passed on.
    pub passed: u32,
    /// Offers that rang unanswered.
    pub missed: u32,
    /// Offers whose ring was never confirmed.
    pub never_rang: u32,
    /// From the queue (of agents: from the first ring at them) to the accept, or to the end; ms.
    pub wait: Option<u32>,
    /// From the queue to the first accept, ms; of agents: if that was theirs.
    pub queue_wait: Option<u32>,
    /// Handling time, ms.
    pub handle: Option<u32>,
    /// The verdict.
    pub decision: Option<Decision>,
    /// Number of its reason's name.
    pub reason: u32,
    /// Its evidence came after the end.
    pub late: bool,
    /// Evidence should be here, and whether it is.
    pub evidence: Option<bool>,
}

/// The call as a whole.
pub fn whole(entry: &Entry, offers: &[OfferEntry]) -> Measured {
    let fate = Fate::of(entry);
    let mut measured = verdict_of(entry, fate);
    measured.offered = entry.queued;
    measured.answered = entry.answered;
    measured.declined = fate == Fate::Declined;
    measured.redirected = entry.redirected;
    measured.wait = there(entry.wait);
    measured.queue_wait = measured.wait.filter(|_| entry.answered);
    for offer in offers {
        measured.count(offer);
    }
    measured
}

/// The part in it of some agents; none if it was not offered to any of them. An offer that never rang (I7) is none of
/// their doing: it is no chance to answer.
pub fn part(entry: &Entry, offers: &[OfferEntry], mine: impl Fn(u32) -> bool) -> Option<Measured> {
    offers.iter().find(|offer| mine(offer.person))?;
    let rang = offers.iter().filter(|offer| mine(offer.person)).find_map(|offer| there(offer.rang));
    let accepted = |offer: &&OfferEntry| offer.outcome == Some(Outcome::Accepted);
    let last_accept = offers.iter().rev().find(accepted);
    let had_it_last = last_accept.is_some_and(|offer| mine(offer.person));
    let fate = Fate::of(entry);
    let mut measured =
        if had_it_last { verdict_of(entry, fate) } else { Measured { fate: None, ..nothing() } };
    measured.offered = rang.is_some();
    let since_ring = |ms: u32| Some(there(ms)?.saturating_sub(rang?));
    for offer in offers.iter().filter(|offer| mine(offer.person)) {
        measured.count(offer);
        match offer.outcome {
            Some(Outcome::Accepted) if !measured.answered => {
                measured.answered = true;
                measured.wait = since_ring(offer.done);
            }
            Some(Outcome::Not(OfferOutcome::Declined)) => measured.declined = true,
            Some(Outcome::Not(
                OfferOutcome::Passed
                | OfferOutcome::Missed
                | OfferOutcome::NeverRang
                | OfferOutcome::AgentAway,
            )) => measured.redirected = true,
            Some(Outcome::Accepted | Outcome::Not(OfferOutcome::CallerAway | OfferOutcome::CallOver))
            | None => {}
        }
    }
    if offers.iter().find(accepted).is_some_and(|offer| mine(offer.person)) {
        measured.queue_wait = there(entry.wait);
    }
    if last_accept.is_none() {
        let last = offers.last().filter(|last| mine(last.person) && there(last.rang).is_some());
        if let Some(last) = last.filter(|last| ends_at_ring(fate, last)) {
            measured.fate = Some(fate);
            measured.wait = since_ring(last.done);
        }
    }
    Some(measured)
}

/// Nobody ever accepted: whether whose ring was the last has how it ended.
const fn ends_at_ring(fate: Fate, last: &OfferEntry) -> bool {
    let rang_to_the_end = match last.outcome {
        Some(Outcome::Not(OfferOutcome::CallerAway | OfferOutcome::CallOver | OfferOutcome::Declined))
        | None => true,
        Some(
            Outcome::Accepted
            | Outcome::Not(
                OfferOutcome::Passed
                | OfferOutcome::Missed
                | OfferOutcome::NeverRang
                | OfferOutcome::AgentAway,
            ),
        ) => false,
    };
    match fate {
        Fate::Abandoned | Fate::Declined | Fate::Open | Fate::CallerLost => rang_to_the_end,
        Fate::Completed
        | Fate::LeftBefore
        | Fate::HungUp
        | Fate::NoAgent
        | Fate::Closed
        | Fate::AgentLost
        | Fate::Failed => false,
    }
}

fn nothing() -> Measured {
    Measured {
        offered: false,
        answered: false,
        declined: false,
        redirected: false,
        fate: None,
        offers: 0,
        passed: 0,
        missed: 0,
        never_rang: 0,
        wait: None,
        queue_wait: None,
        handle: None,
        decision: None,
        reason: 0,
        late: false,
        evidence: None,
    }
}

/// How it went and what came of it.
fn verdict_of(entry: &Entry, fate: Fate) -> Measured {
    let evidence = match entry.evidence {
        // What is awaited is not owed yet.
        EvidenceState::None | EvidenceState::Due => None,
        EvidenceState::Complete => Some(true),
        EvidenceState::Missing => Some(false),
    };
    Measured {
        fate: Some(fate),
        handle: there(entry.handle),
        decision: entry.decision,
        reason: entry.reason,
        late: entry.late,
        evidence,
        ..nothing()
    }
}

impl Measured {
    fn count(&mut self, offer: &OfferEntry) {
        self.offers += 1;
        match offer.outcome {
            Some(Outcome::Not(OfferOutcome::Passed)) => self.passed += 1,
            Some(Outcome::Not(OfferOutcome::Missed)) => self.missed += 1,
            Some(Outcome::Not(OfferOutcome::NeverRang)) => self.never_rang += 1,
            Some(
                Outcome::Accepted
                | Outcome::Not(
                    OfferOutcome::Declined
                    | OfferOutcome::CallerAway
                    | OfferOutcome::CallOver
                    | OfferOutcome::AgentAway,
                ),
            )
            | None => {}
        }
    }
}

fn there(ms: u32) -> Option<u32> {
    (ms != NONE).then_some(ms)
}

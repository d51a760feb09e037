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
    /// Joined the queue; of agents: was offered to them.
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
    /// From the queue (of agents: from the first offer to them) to the accept, or to the end; ms.
    pub wait: Option<u32>,
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
    for offer in offers {
        measured.count(offer);
    }
    measured
}

/// The part in it of some agents; none if it was not offered to any of them.
pub fn part(entry: &Entry, offers: &[OfferEntry], mine: impl Fn(u32) -> bool) -> Option<Measured> {
    let first = offers.iter().find(|offer| mine(offer.person))?;
    let last_accept = offers.iter().rev().find(|offer| offer.outcome == Some(Outcome::Accepted));
    let had_it_last = last_accept.is_some_and(|offer| mine(offer.person));
    let fate = Fate::of(entry);
    let mut measured =
        if had_it_last { verdict_of(entry, fate) } else { Measured { fate: None, ..nothing() } };
    measured.offered = true;
    for offer in offers.iter().filter(|offer| mine(offer.person)) {
        measured.count(offer);
        match offer.outcome {
            Some(Outcome::Accepted) if !measured.answered => {
                measured.answered = true;
                measured.wait = there(offer.done).map(|done| done.saturating_sub(first.at));
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
    if last_accept.is_none() {
        end_at_ring(&mut measured, fate, offers, first, mine);
    }
    Some(measured)
}

/// Nobody ever accepted: whose ring was the last has how it ended.
fn end_at_ring(
    measured: &mut Measured,
    fate: Fate,
    offers: &[OfferEntry],
    first: &OfferEntry,
    mine: impl Fn(u32) -> bool,
) {
    let Some(last) = offers.last().filter(|last| mine(last.person)) else { return };
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
    let counts = match fate {
        Fate::Abandoned | Fate::Declined | Fate::Open | Fate::CallerLost => rang_to_the_end,
        Fate::Completed
        | Fate::LeftBefore
        | Fate::HungUp
        | Fate::NoAgent
        | Fate::Closed
        | Fate::AgentLost
        | Fate::Failed => false,
    };
    if counts {
        measured.fate = Some(fate);
        measured.wait = there(last.done).map(|done| done.saturating_sub(first.at));
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

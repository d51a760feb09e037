//! One offer in figures, folded from its facts. Pure.

use chinhchu_protocol::ids::{AgentId, CallId, CompanyCode};
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::{Event, Fact, OfferOutcome};

/// How an offer closed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Outcome {
    /// Accepted (F1).
    Accepted,
    /// Without an accept.
    Not(OfferOutcome),
}

impl Outcome {
    /// As stored.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Not(OfferOutcome::Declined) => "declined",
            Self::Not(OfferOutcome::Passed) => "passed",
            Self::Not(OfferOutcome::Missed) => "missed",
            Self::Not(OfferOutcome::NeverRang) => "never_rang",
            Self::Not(OfferOutcome::CallerAway) => "caller_away",
            Self::Not(OfferOutcome::CallOver) => "call_over",
            Self::Not(OfferOutcome::AgentAway) => "agent_away",
        }
    }
}

/// Whose an agent is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Employer {
    /// Company.
    pub company: CompanyCode,
    /// Partner, if any.
    pub partner: Option<String>,
}

/// One offer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OfferFigures {
    /// The call.
    pub call_id: CallId,
    /// Number in its call, from 1.
    pub offer: u32,
    /// To whom.
    pub agent: AgentId,
    /// Whose agent that was.
    pub employer: Employer,
    /// When.
    pub at: Timestamp,
    /// The ring was confirmed (I7).
    pub rang: Option<Timestamp>,
    /// Closed.
    pub done: Option<(Timestamp, Outcome)>,
}

impl OfferFigures {
    /// Takes in a fact about this offer.
    pub fn fold(&mut self, fact: &Fact) {
        match &fact.event {
            Event::Rang { .. } => {
                self.rang.get_or_insert(fact.at);
            }
            Event::CallAccepted { .. } => self.done = Some((fact.at, Outcome::Accepted)),
            Event::OfferClosed { outcome, .. } => self.done = Some((fact.at, Outcome::Not(*outcome))),
            // No other fact is about an offer that was made.
            _ => {}
        }
    }
}

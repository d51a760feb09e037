//! Who gets which call, and when it ends: a pure switchboard over a log of facts.

mod agent;
pub mod announce;
mod call;
mod decide;
pub mod ended;
pub mod fact;
mod fold;
pub mod input;
pub mod liveness;
mod read;
pub mod refusal;
pub mod settings;
mod state;
pub mod status;
mod table;

use chinhchu_protocol::time::Timestamp;
use state::State;

pub use announce::{agent_of, call_of, notice_of, webhooks_of};
pub use ended::{EndedCall, Verdict};
pub use fact::{Event, Fact, OfferOutcome};
pub use input::{AgentSocket, CallerSocket, Input, SignOutReason};
pub use liveness::Liveness;
pub use refusal::Refusal;
pub use settings::Settings;
pub use status::{Activity, AgentStatus, AssignmentStatus, CallStatus, OfferStatus, SessionStatus};

/// Version of the rules by which [`Switchboard::decide`] decides; grows with every change that would decide
/// an old input otherwise.
pub const RULES_VERSION: u32 = 1;

/// Codes of pauses that the server makes by itself.
pub mod pause {
    /// After sign-in, until the agent says that it is available.
    pub const SIGNED_IN: &str = "signed_in";
    /// No ring was confirmed (I7); lifted when the workstation reconnects or the agent is available again.
    pub const NEVER_RANG: &str = "never_rang";
    /// Too many missed rings in a row.
    pub const MISSED_RINGS: &str = "missed_rings";
    /// The workstation was away for too long; lifted when it reconnects.
    pub const CONNECTION_LOST: &str = "connection_lost";
}

/// The state of everything that lives, and the two functions over it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Switchboard(State<'static>);

impl Switchboard {
    /// What an input makes so, at a time. Changes nothing; a time before that of the newest fact counts as
    /// that time. An input that took effect before gives no facts.
    pub fn decide(&self, now: Timestamp, input: &Input) -> Result<Vec<Fact>, Refusal> {
        decide::decide(&self.0, now, input)
    }

    /// Takes a fact into the state. Total: any fact, in any order, folds without panic.
    pub fn apply(&mut self, fact: &Fact) {
        self.0.apply(fact);
    }

    /// When [`Input::Tick`] has something to do. After a tick it lies in the future.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.0.first_deadline().map(|(at, _)| at)
    }
}

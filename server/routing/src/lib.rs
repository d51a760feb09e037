//! Who gets which call, and when it ends: a pure switchboard over a log of facts.

pub mod announce;
pub mod ended;
pub mod fact;
pub mod input;
pub mod refusal;
pub mod settings;
pub mod status;

use chinhchu_protocol::agent::QueueSummary;
use chinhchu_protocol::evidence::VerdictStanding;
use chinhchu_protocol::ids::{AgentId, CallId, CompanyCode};
use chinhchu_protocol::time::Timestamp;

pub use announce::{agent_of, call_of, notice_of, webhooks_of};
pub use ended::{EndedCall, Verdict};
pub use fact::{Event, Fact, OfferOutcome, QueueCause};
pub use input::{AgentSocket, CallerSocket, Input, SignOutReason};
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
pub struct Switchboard {}

// The bodies below are being written; the signatures are final.
#[expect(unused_variables, reason = "signatures for the driver first")]
impl Switchboard {
    /// What an input makes so, at a time. Changes nothing.
    pub fn decide(&self, now: Timestamp, input: &Input) -> Result<Vec<Fact>, Refusal> {
        Ok(Vec::new())
    }

    /// Takes a fact into the state. Total: any fact, in any order, folds without panic.
    pub fn apply(&mut self, fact: &Fact) {}

    /// When [`Input::Tick`] has something to do.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        None
    }

    /// A live call, or one that ended a short time ago.
    pub fn call(&self, call: CallId) -> Option<CallStatus> {
        None
    }

    /// What is remembered of an ended call.
    pub fn ended(&self, call: CallId) -> Option<&EndedCall> {
        None
    }

    /// An agent.
    pub fn agent(&self, agent: AgentId) -> Option<AgentStatus> {
        None
    }

    /// Waiting calls that the agents of a company may take.
    pub fn queue_summary(&self, serving: &CompanyCode) -> QueueSummary {
        QueueSummary::default()
    }

    /// Waiting calls that the agents of a company may take, next one first.
    pub fn queue(&self, serving: &CompanyCode) -> Vec<CallId> {
        Vec::new()
    }

    /// Agents of a company that have a session, in the order of their ids.
    pub fn on_duty(&self, company: &CompanyCode) -> Vec<AgentId> {
        Vec::new()
    }

    /// Every live call (not the ended ones).
    pub fn live_calls(&self) -> Vec<CallId> {
        Vec::new()
    }

    /// Settings of a company.
    pub fn settings(&self, company: &CompanyCode) -> Option<&Settings> {
        None
    }

    /// Company whose agents serve the calls of a company (C1).
    pub fn serving(&self, home: &CompanyCode) -> Option<&CompanyCode> {
        None
    }

    /// What became of the verdict of an assignment.
    pub fn standing(&self, call: CallId, assignment: u32) -> Option<VerdictStanding> {
        None
    }
}

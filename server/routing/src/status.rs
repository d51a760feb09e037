//! What the driver reads out of the switchboard to draw views. Plain copies; no personal data.

use chinhchu_protocol::agent::LostSide;
use chinhchu_protocol::call::{CallState, EndReason, QueuePlace};
use chinhchu_protocol::ids::{AgentId, CallId, CompanyCode, SessionId, WorkstationId};
use chinhchu_protocol::time::Timestamp;

use crate::skills::Skills;

/// A call that lives, or ended a short time ago.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CallStatus {
    /// Where it stands.
    pub state: CallState,
    /// Home company.
    pub company: CompanyCode,
    /// Company that serves it; `None` while no agent has accepted.
    pub serving: Option<CompanyCode>,
    /// When it joined the queue first.
    pub waiting_since: Option<Timestamp>,
    /// Place in the queue while `waiting`.
    pub queue: Option<QueuePlace>,
    /// The live offer.
    pub offer: Option<OfferStatus>,
    /// The live assignment, from `connecting` to `reconnecting`.
    pub assignment: Option<AssignmentStatus>,
    /// Who had assignment 1, 2, … (the last one is the latest, also after its end).
    pub assigned: Vec<AgentId>,
    /// Number of the caller's newest socket, 0 before the first.
    pub caller_epoch: u32,
    /// Whether that socket is up.
    pub caller_connected: bool,
    /// When the present state runs out by itself.
    pub deadline: Option<Timestamp>,
    /// Why it ended.
    pub end_reason: Option<EndReason>,
}

/// The live offer of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OfferStatus {
    /// Number in its call, from 1.
    pub offer: u32,
    /// Where it rings.
    pub agent: AgentId,
    /// When it was made.
    pub since: Timestamp,
    /// The ring is confirmed (I7).
    pub rang: bool,
    /// When the ring ends by itself.
    pub answer_by: Timestamp,
}

/// The assignment of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AssignmentStatus {
    /// Number in its call, from 1.
    pub assignment: u32,
    /// Who has it.
    pub agent: AgentId,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// When media first flowed both ways.
    pub media_since: Option<Timestamp>,
    /// Who is away, if the call is `reconnecting`.
    pub lost: Option<LostSide>,
    /// The server hears neither side.
    pub unwitnessed: bool,
    /// The caller may be another person than before.
    pub compare_again: bool,
    /// How often that was so in this assignment.
    pub changes: u32,
}

/// An agent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AgentStatus {
    /// Employer's company.
    pub company: CompanyCode,
    /// Partner, if any.
    pub partner: Option<String>,
    /// May sign in.
    pub active: bool,
    /// Whom it can serve.
    pub skills: Skills,
    /// The session; `None`: signed out.
    pub session: Option<SessionStatus>,
    /// What the agent does.
    pub activity: Activity,
}

/// A sign-in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SessionStatus {
    /// Its id.
    pub session: SessionId,
    /// Where.
    pub workstation: WorkstationId,
    /// Number of its newest socket, 0 before the first.
    pub epoch: u32,
    /// Whether that socket is up.
    pub connected: bool,
}

/// What an agent does; I1: at most one offer or call.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Activity {
    /// Has no session.
    SignedOut,
    /// Sẵn sàng.
    Available {
        /// Idle since; the longest idle is asked first.
        since: Timestamp,
    },
    /// Tạm nghỉ.
    Paused {
        /// Since when.
        since: Timestamp,
        /// Code; [`crate::pause`] names those of the server.
        reason: String,
    },
    /// A call is offered.
    Ringing {
        /// Which call.
        call: CallId,
        /// Number of the offer.
        offer: u32,
        /// Idle since, before the ring.
        idle_since: Timestamp,
    },
    /// Has a call: connecting, in call or reconnecting, as the call says.
    OnCall {
        /// Which call.
        call: CallId,
        /// Number of the assignment.
        assignment: u32,
    },
    /// After a call.
    WrapUp {
        /// Which call it was.
        call: CallId,
        /// Since when.
        since: Timestamp,
        /// Available by itself then.
        until: Timestamp,
        /// The call ended without this agent's verdict, and why.
        ended: Option<EndReason>,
        /// A next call may ring at once.
        open: bool,
    },
}

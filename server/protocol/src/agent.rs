//! The workstation's side: sign-in over HTTPS, then the socket `GET /v1/agent/socket` (text frames of JSON,
//! the session token in `Authorization`).
//!
//! The server sends the whole [`AgentView`] after hello and after every change; the workstation's screens
//! are a picture of it. Who the customer is never goes through the socket: the case and its pictures are
//! fetched from `GET /v1/agent/calls/{id}` and `…/images/{kind}` by the agent who has the call.

mod sign_in;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::call::{Decision, ImageRef};
use crate::case::{Case, CustomerType, Payment};
use crate::ids::{CallId, CompanyCode};
use crate::policy::CallPolicy;
use crate::problem::Problem;
use crate::signal::{IceServer, Signal};
use crate::time::Timestamp;
use crate::workstation::WorkstationState;

pub use sign_in::{AgentProfile, SignIn, SignedIn, WorkstationInfo};

/// Workstation to server.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
#[ts(export)]
pub enum AgentToServer {
    /// First frame, within 10 s of the upgrade.
    Hello {
        /// [`crate::VERSION`] of the workstation.
        version: u32,
        /// Whether rings can be heard; without, a ring is confirmed as [`RingProof::Visual`].
        ring_device: bool,
    },
    /// Every 5 s, for the clock offset and to be known alive.
    Ping {
        /// The workstation's clock.
        sent_at: Timestamp,
    },
    /// Sẵn sàng or Tạm nghỉ.
    SetStatus {
        /// What the agent wants to be.
        status: WantedStatus,
    },
    /// The ring window is mapped and its sound started (I7).
    Rang {
        /// Offered call.
        call_id: CallId,
        /// Number of the offer in its call.
        offer: u32,
        /// What was proven.
        proof: RingProof,
    },
    /// The agent takes the call (F1).
    Accept {
        /// Offered call.
        call_id: CallId,
        /// Number of the offer in its call.
        offer: u32,
    },
    /// The agent declines: by default the call ends (F2).
    Decline {
        /// Offered call.
        call_id: CallId,
        /// Number of the offer in its call.
        offer: u32,
    },
    /// The agent passes: the call goes to the next (F5).
    Pass {
        /// Offered call.
        call_id: CallId,
        /// Number of the offer in its call.
        offer: u32,
    },
    /// One signal for the caller page.
    Signal {
        /// The call.
        call_id: CallId,
        /// Assignment it belongs to.
        assignment: u32,
        /// From 1, without gaps, per assignment.
        n: u32,
        /// The signal.
        signal: Signal,
    },
    /// All signals of the page up to `n` are taken.
    SignalAck {
        /// The call.
        call_id: CallId,
        /// Assignment it belongs to.
        assignment: u32,
        /// Last one taken.
        n: u32,
    },
    /// Every 0.5 s from `connecting` to the end of the call.
    Heartbeat {
        /// The call.
        call_id: CallId,
        /// Assignment it belongs to.
        assignment: u32,
        /// Age of the last media packet received from the caller, ms; null before the first.
        media_age_ms: Option<u32>,
    },
    /// The verdict is sealed on the workstation's disk: caller and agent may part, evidence follows by HTTPS.
    VerdictSealed {
        /// The call.
        call_id: CallId,
        /// Assignment it belongs to.
        assignment: u32,
        /// Confirmed or rejected.
        decision: Decision,
        /// Hash of the manifest that will be uploaded, lower-case hex.
        manifest_sha256: String,
    },
    /// The agent has compared again, because [`AgentCall::compare_again`] was set: the verdict may open.
    Compared {
        /// The call.
        call_id: CallId,
        /// Assignment it belongs to.
        assignment: u32,
        /// As in [`AgentCall::changes`]: a change after that one has to be compared too.
        change: u32,
    },
    /// Sent just before the capture: the page takes a picture of its own camera at the same moment.
    Witness {
        /// The call.
        call_id: CallId,
        /// Assignment it belongs to.
        assignment: u32,
        /// Random, 32 hex digits; stands in the manifest. The newest counts until the page has answered.
        nonce: String,
    },
    /// Wrap-up is done before its time.
    WrapUpDone,
    /// The agent cannot decide this call and has waited long enough: it ends as failed, and the dealer may call again.
    GiveUp {
        /// The call.
        call_id: CallId,
        /// Assignment it belongs to.
        assignment: u32,
        /// What is in the way.
        reason: GiveUpReason,
    },
}

/// What keeps an agent from deciding a call; the log keeps it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum GiveUpReason {
    /// The customer's picture does not come, or not any more.
    NoPicture,
    /// The case cannot be had.
    NoCase,
    /// The workstation cannot keep a verdict.
    NoOutbox,
}

/// What an agent can wish to be.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, TS)]
#[serde(tag = "status", rename_all = "snake_case")]
#[ts(export)]
pub enum WantedStatus {
    /// Sẵn sàng.
    Available,
    /// Tạm nghỉ.
    Paused {
        /// Code of the reason, such as `break`; at most 32 characters.
        reason: String,
    },
}

/// What the workstation can prove about a ring.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum RingProof {
    /// Window mapped and sound started.
    Sound,
    /// Window mapped; there is no ring device.
    Visual,
}

/// Server to workstation.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
#[ts(export)]
#[expect(clippy::large_enum_variant, reason = "a message lives for one send; nothing keeps many of them")]
pub enum ServerToAgent {
    /// The whole state, after hello and after every change.
    View {
        /// Grows when the server's log begins anew (failover, restore).
        incarnation: u32,
        /// Grows with every change.
        #[ts(type = "number")]
        seq: u64,
        /// Server time when sent.
        now: Timestamp,
        /// The state.
        view: AgentView,
    },
    /// Answer to a ping: with the round trip it gives the clock offset.
    Pong {
        /// As sent.
        sent_at: Timestamp,
        /// The server's clock.
        now: Timestamp,
    },
    /// One signal of the caller page.
    Signal {
        /// The call.
        call_id: CallId,
        /// Assignment it belongs to.
        assignment: u32,
        /// From 1, per assignment.
        n: u32,
        /// The signal.
        signal: Signal,
    },
    /// All signals of the workstation up to `n` are stored.
    SignalAck {
        /// The call.
        call_id: CallId,
        /// Assignment it belongs to.
        assignment: u32,
        /// Last one stored.
        n: u32,
    },
    /// Every 0.5 s while the call is connecting, in call or reconnecting, to workstations of version 2.
    Heartbeat {
        /// The call.
        call_id: CallId,
        /// Assignment it belongs to.
        assignment: u32,
        /// How old, at the page, the newest media packet of *this workstation* is, as the page last reported,
        /// ms; null if it never had one, or has reported nothing for 2 s. So each end learns that its own way
        /// out is broken.
        media_age_ms: Option<u32>,
        /// The server's clock.
        now: Timestamp,
    },
    /// The same account signed in elsewhere, or an administrator ended the session. Do not come back.
    SessionClosed {
        /// Why.
        reason: SessionCloseReason,
    },
    /// The last frame was not taken, or (before a close) why the socket ends.
    Problem {
        /// What was wrong.
        problem: Problem,
    },
}

/// Why a session was closed from the server's side.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum SessionCloseReason {
    /// The same account signed in again.
    SignedInElsewhere,
    /// Forced by a supervisor or administrator.
    Forced,
    /// Its time is over.
    Expired,
}

/// What the workstation needs to know, complete.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct AgentView {
    /// Who.
    pub agent: AgentProfile,
    /// What the agent is doing, in the server's eyes.
    pub activity: AgentActivity,
    /// The calls that this agent may serve and that wait.
    pub queue: QueueSummary,
    /// Today's own figures.
    pub today: AgentToday,
    /// Reasons offered for a rejection, in order.
    pub reject_reasons: Vec<ReasonOption>,
    /// Reasons offered for a pause, in order.
    pub pause_reasons: Vec<ReasonOption>,
    /// Whether the workstation may verify; changes at the moment of an approval.
    pub workstation: WorkstationState,
}

/// What an agent is doing; I1: at most one offer or call.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, TS)]
#[serde(tag = "state", rename_all = "snake_case")]
#[ts(export)]
pub enum AgentActivity {
    /// Sẵn sàng.
    Available {
        /// Since when.
        since: Timestamp,
    },
    /// Tạm nghỉ.
    Paused {
        /// Since when.
        since: Timestamp,
        /// Code of the reason; `missed_rings` when the server did it.
        reason: String,
    },
    /// A call is offered.
    Ringing {
        /// What is offered.
        offer: OfferView,
    },
    /// Accepted; media is being negotiated.
    Connecting {
        /// The call.
        call: AgentCall,
    },
    /// Both sides have each other's media.
    InCall {
        /// The call.
        call: AgentCall,
        /// When media first flowed.
        since: Timestamp,
    },
    /// One side is away.
    Reconnecting {
        /// The call.
        call: AgentCall,
        /// Which side.
        lost: LostSide,
        /// When the call ends or moves on if nothing changes.
        deadline: Timestamp,
    },
    /// After the call.
    WrapUp {
        /// Which call it was.
        call_id: CallId,
        /// When the agent becomes available by itself.
        until: Timestamp,
        /// Whether the call ended without this agent's verdict, and why.
        ended: Option<crate::call::EndReason>,
    },
}

/// Who is away.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum LostSide {
    /// The caller.
    Caller,
    /// The agent.
    Agent,
}

/// A ringing call. No personal data of the customer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct OfferView {
    /// The call.
    pub call_id: CallId,
    /// Number of the offer in its call, from 1.
    pub offer: u32,
    /// Home company.
    pub company: CompanyCode,
    /// Dealer's shown name.
    pub dealer_name: String,
    /// Prepaid or postpaid.
    pub payment: Payment,
    /// Subscriber type, if any.
    pub sub_type: Option<String>,
    /// Whose subscription.
    pub customer_type: CustomerType,
    /// Since when the caller waits.
    pub waiting_since: Timestamp,
    /// When the ring ends by itself.
    pub expires_at: Timestamp,
}

/// The call that an agent has.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct AgentCall {
    /// The call.
    pub call_id: CallId,
    /// Number of the assignment, from 1; every message about the call carries it.
    pub assignment: u32,
    /// STUN and TURN.
    pub ice_servers: Vec<IceServer>,
    /// Caller's page is another device or person than before: compare again before the verdict.
    pub compare_again: bool,
    /// How often that happened in this assignment.
    pub changes: u32,
    /// When the agent accepted, by the server's clock; stands in the manifest.
    pub accepted_at: Timestamp,
    /// 32 hex digits that only this assignment has; stand in the manifest, so that it cannot have been made
    /// before the accept.
    pub challenge: String,
}

/// Waiting calls, as far as this agent may serve them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct QueueSummary {
    /// How many wait.
    pub depth: u32,
    /// Since when the oldest waits.
    pub oldest_since: Option<Timestamp>,
}

/// An agent's own figures since local midnight.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct AgentToday {
    /// Offers that rang.
    pub offered: u32,
    /// Calls accepted.
    pub accepted: u32,
    /// Verdicts that confirmed.
    pub confirmed: u32,
    /// Verdicts that rejected.
    pub rejected: u32,
    /// Rings not answered.
    pub missed: u32,
}

/// A choice in a list of reasons.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct ReasonOption {
    /// Stable code.
    pub code: String,
    /// Vietnamese words.
    pub text: String,
}

/// Answer to `GET /v1/agent/calls/{id}`: what the agent compares. For the agent who has the call, only.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct AgentCase {
    /// The call.
    pub call_id: CallId,
    /// Home company.
    pub company: CompanyCode,
    /// As eKYC sent it.
    pub case: Case,
    /// The rule that held at intake.
    pub policy: CallPolicy,
    /// Pictures, `url` relative to the server, fetched with the session token.
    pub images: Vec<ImageRef>,
    /// N2, word for word.
    pub greeting: String,
}

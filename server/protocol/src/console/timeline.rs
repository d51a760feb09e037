//! A call told from the log: what happened, and why each offer went where it went. Codes, no words: those are the
//! screens'.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::calls::{AgentNamed, OfferEnd};
use crate::agent::LostSide;
use crate::call::{Decision, EndReason};
use crate::evidence::VerdictStanding;
use crate::ids::{CallId, CompanyCode};
use crate::time::Timestamp;

/// What happened in a call, as a code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum TimelineCode {
    /// Taken in (S10); its page has until `deadline`.
    CallTakenIn,
    /// A page has the call; `changed`: another device than the first.
    CallerConnected,
    /// The page is away; a call that waits ends at `deadline`.
    CallerDisconnected,
    /// In the queue of `company`, until `deadline`.
    CallQueued,
    /// Outside the opening hours of `company`, which opens at `deadline`.
    PoolClosed,
    /// Agents of `company` may take it, too.
    CallOverflowed,
    /// Another company serves it now: its overflow begins anew.
    OverflowPlanned,
    /// Nobody who may serve it is there.
    NobodyOnDuty,
    /// Offered to `agent`, until `deadline`.
    Offered,
    /// It rings there.
    Rang,
    /// The offer ended by `outcome`.
    OfferClosed,
    /// The agent may be asked again.
    AgentSparedEnough,
    /// Accepted (F1); media by `deadline`.
    CallAccepted,
    /// Both see each other.
    VideoConnected,
    /// `side` is away (F3), and has until `deadline`.
    SideLost,
    /// `side` is back.
    SideBack,
    /// The server hears neither side, until `deadline`.
    Unwitnessed,
    /// One side is heard again.
    WitnessedAgain,
    /// The caller may be another person.
    CompareAgain,
    /// The agent compared again.
    Compared,
    /// The agent lost the call; it waits for another until `deadline`.
    AssignmentVoided,
    /// The conversation is over without a verdict; evidence by `deadline`.
    ConversationOver,
    /// The verdict is on the workstation's disk; evidence by `deadline`.
    VerdictSealed,
    /// The evidence is here (S16).
    EvidenceTaken,
    /// Over, for `end_reason`.
    CallEnded,
    /// Brought back for late evidence.
    CallRecalled,
    /// The agent wraps up until `deadline`.
    WrapUpStarted,
}

/// One thing that happened, from the log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct TimelineEntry {
    /// Record of the log.
    #[ts(type = "number")]
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// By which version of the rules.
    pub rules_version: u32,
    /// What.
    pub code: TimelineCode,
    /// When the state that this began runs out by itself.
    pub deadline: Option<Timestamp>,
    /// Number of the offer.
    pub offer: Option<u32>,
    /// Number of the assignment.
    pub assignment: Option<u32>,
    /// Who.
    pub agent: Option<AgentNamed>,
    /// A company.
    pub company: Option<CompanyCode>,
    /// Which side.
    pub side: Option<LostSide>,
    /// How an offer ended.
    pub outcome: Option<OfferEnd>,
    /// The verdict.
    pub decision: Option<Decision>,
    /// What it counts for.
    pub standing: Option<VerdictStanding>,
    /// Why the call ended.
    pub end_reason: Option<EndReason>,
    /// The page is on another device than before.
    pub changed: bool,
}

/// `GET /v1/console/calls/{id}/timeline`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct Timeline {
    /// The call.
    pub call_id: CallId,
    /// Oldest first, at most 1,000.
    pub entries: Vec<TimelineEntry>,
    /// There are more than are listed.
    pub more: bool,
}

/// Why an agent was not chosen.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum NotChosen {
    /// Available, but idle for a shorter time.
    IdleForLess,
    /// Available, but has accepted more calls since its sign-in.
    MoreCalls,
    /// Available, but was asked more recently.
    AskedMoreRecently,
    /// Available, but its partner has had more of its share.
    PartnerOverShare,
    /// Available, but lacks a skill that the call needs.
    SkillMissing,
    /// Available, but of a company that is asked only when nobody nearer is available.
    OtherCompany,
    /// Passed this call before (I2).
    PassedBefore,
    /// Missed this call before (I2).
    MissedBefore,
    /// Its workstation never rang for this call before.
    NeverRangBefore,
    /// Was lost in this call before.
    LostBefore,
    /// Another call rings there.
    Ringing,
    /// In a call.
    InCall,
    /// Wraps up.
    WrapUp,
    /// Paused.
    Paused,
    /// The workstation is not connected.
    Away,
}

/// Somebody who was looked at and not asked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct NotAsked {
    /// Who; null for an agent of another company or partner.
    pub agent: Option<AgentNamed>,
    /// Why not.
    pub why_not: NotChosen,
}

/// One offer, and why it went there.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct OfferExplained {
    /// Number in its call, from 1.
    pub offer: u32,
    /// When.
    pub at: Timestamp,
    /// By which version of the rules.
    pub rules_version: u32,
    /// To whom.
    pub agent: Option<AgentNamed>,
    /// When the ring was confirmed.
    pub rang_at: Option<Timestamp>,
    /// How it ended; null while it rings.
    pub outcome: Option<OfferEnd>,
    /// When.
    pub done_at: Option<Timestamp>,
    /// Who else was looked at.
    pub considered: Vec<NotAsked>,
    /// There were more than are listed.
    pub more: bool,
}

/// `GET /v1/console/calls/{id}/explain`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct CallExplained {
    /// The call.
    pub call_id: CallId,
    /// Oldest first.
    pub offers: Vec<OfferExplained>,
}

//! What facts say about offers: how one closed, who else was looked at, and where a call goes next.

use chinhchu_protocol::ids::{AgentId, CompanyCode};
use chinhchu_protocol::time::Timestamp;
use serde::{Deserialize, Serialize};

/// From when on agents of another company may take a call.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct OverflowDue {
    /// From when on.
    pub at: Timestamp,
    /// Whose agents.
    pub to: CompanyCode,
}

/// How an offer closed without an accept.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfferOutcome {
    /// The agent declined, and that ends the call (F2).
    Declined,
    /// The agent passed, or declined where that redirects (F5).
    Passed,
    /// It rang, and nobody answered (F5).
    Missed,
    /// No ring was confirmed in time: the agent is suspect, not to blame (I7).
    NeverRang,
    /// Withdrawn: the caller is away.
    CallerAway,
    /// Withdrawn: the call is over.
    CallOver,
    /// Withdrawn: the agent is away or signed out.
    AgentAway,
}

/// An agent who was looked at for an offer and not chosen.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Considered {
    /// Who.
    pub agent: AgentId,
    /// Why not.
    pub why_not: WhyNot,
}

/// Why an agent was not chosen.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyNot {
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

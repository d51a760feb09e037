//! Who needs a call (P1–P3).

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::ids::RuleId;

/// Whether a video call must be made.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum VideoCall {
    /// Y.
    Mandatory,
    /// N.
    NotMandatory,
}

/// The rule that held for a call at intake.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct CallPolicy {
    /// Whether the call was mandatory.
    pub video_call: VideoCall,
    /// By which rule.
    pub rule_id: RuleId,
}

/// The operator's activation systems (P3).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum Channel {
    /// mSale, the only one that may activate a mandatory profile.
    Msale,
    /// TC&QLKH.
    Tcqlkh,
    /// ĐTHGD.
    Dthgd,
    /// CSKH.
    Cskh,
}

/// May this channel activate?
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum Activation {
    /// Yes, under `requires`.
    Allowed,
    /// No: see `use`.
    Blocked,
}

/// What must have happened before activation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum Requirement {
    /// A call with a confirmed verdict.
    ConfirmedCall,
}

/// Answer to `GET /v1/policy/decision`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct PolicyDecision {
    /// Whether a call is mandatory.
    pub video_call: VideoCall,
    /// Whether the asking channel may activate.
    pub activation: Activation,
    /// What the activation needs; null if nothing.
    pub requires: Option<Requirement>,
    /// Where to go instead, when blocked.
    #[serde(rename = "use")]
    pub use_channel: Option<Channel>,
    /// By which rule.
    pub rule_id: RuleId,
    /// First day of the rule, `YYYY-MM-DD`.
    pub valid_from: String,
    /// Last day of the rule; null while open.
    pub valid_to: Option<String>,
}

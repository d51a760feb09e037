//! The second look at a sample of verdicts (auditor). A review says what somebody thinks; it never changes a
//! verdict.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::calls::AgentNamed;
use crate::call::Decision;
use crate::ids::{CallId, CompanyCode, PersonId};
use crate::time::Timestamp;

/// Most characters of a reviewer's note.
pub const MAX_REVIEW_NOTE: usize = 1_000;

/// What the second person thinks of the verdict.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum ReviewOutcome {
    /// The same.
    Agrees,
    /// The other verdict would have been right.
    Disagrees,
    /// The evidence does not show it.
    Unclear,
}

impl ReviewOutcome {
    /// Every outcome.
    pub const ALL: [Self; 3] = [Self::Agrees, Self::Disagrees, Self::Unclear];

    /// As it stands on the wire and in the store.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Agrees => "agrees",
            Self::Disagrees => "disagrees",
            Self::Unclear => "unclear",
        }
    }

    /// Reads [`Self::name`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == text)
    }
}

/// Why a call is to be reviewed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum ReviewBecause {
    /// The sample hit it.
    Sample,
    /// All verdicts of its reason are reviewed.
    Reason,
}

/// What a second person said about a call's verdict.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct ReviewShown {
    /// Their outcome.
    pub outcome: ReviewOutcome,
    /// Code of the reason; null if they agree.
    pub reason: Option<String>,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: PersonId,
    /// Their name.
    pub by_name: String,
}

/// A call that is, or was, to be reviewed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct ReviewListed {
    /// The call.
    pub call_id: CallId,
    /// The assignment whose verdict counts.
    pub assignment: u32,
    /// Home company.
    pub home: CompanyCode,
    /// Whose agents served it.
    pub serving: CompanyCode,
    /// Who verified.
    pub agent: Option<AgentNamed>,
    /// The agent's partner then.
    pub partner: Option<String>,
    /// The verdict.
    pub decision: Decision,
    /// Why it was drawn.
    pub because: ReviewBecause,
    /// When: with the verdict's evidence.
    pub drawn_at: Timestamp,
    /// Who looks at it now, until `claimed_until`.
    pub claimed_by: Option<PersonId>,
    /// Until when.
    pub claimed_until: Option<Timestamp>,
    /// What was said; null while it waits.
    pub review: Option<ReviewShown>,
    /// The note, in the answer to its own reviewer and in `GET /v1/console/reviews/{call}` only.
    pub note: Option<String>,
}

/// Answer to `POST /v1/console/reviews/next`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct ReviewNext {
    /// The oldest that this person may review, theirs for 30 minutes; null if there is none.
    pub review: Option<ReviewListed>,
    /// How many wait for this person, with this one.
    pub waiting: u32,
}

/// Body of `POST /v1/console/reviews/{call}`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct ReviewGiven {
    /// What the reviewer thinks.
    pub outcome: ReviewOutcome,
    /// Code, 1–64 of `a-z 0-9 _`; needed unless the reviewer agrees.
    #[serde(default)]
    #[ts(optional)]
    pub reason: Option<String>,
    /// Free words, at most 1,000 characters; sealed with the case.
    #[serde(default)]
    #[ts(optional)]
    pub note: Option<String>,
}

/// How much is reviewed, from a moment on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct ReviewSetting {
    /// The serving company; null for all that have none of their own.
    pub company: Option<CompanyCode>,
    /// Of 1,000 verdicts.
    pub share_per_mille: u32,
    /// Verdicts with one of these reasons are all reviewed.
    pub all_of_reasons: Vec<String>,
    /// From when on.
    pub valid_from: Timestamp,
    /// Who set it.
    pub changed_by: String,
    /// Why.
    pub change_reason: String,
}

/// Body of `PUT /v1/console/reviews/settings`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct ReviewSettingGiven {
    /// The serving company; null for all that have none of their own.
    #[serde(default)]
    #[ts(optional)]
    pub company: Option<CompanyCode>,
    /// 0 to 1,000.
    pub share_per_mille: u32,
    /// Codes of reasons, at most 32.
    #[serde(default)]
    #[ts(optional, as = "Option<Vec<String>>")]
    pub all_of_reasons: Vec<String>,
    /// Not in the past; now, if missing.
    #[serde(default)]
    #[ts(optional)]
    pub valid_from: Option<Timestamp>,
    /// Why: 1–200 characters, nothing personal.
    pub reason: String,
}

/// How often second persons agreed with somebody.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct Agreement {
    /// The agent; null in a line of a partner.
    pub agent: Option<AgentNamed>,
    /// The partner; null for agents of the company itself.
    pub partner: Option<String>,
    /// Drawn in the span.
    pub drawn: u32,
    /// Of these, reviewed.
    pub reviewed: u32,
    /// Agreed.
    pub agrees: u32,
    /// Disagreed.
    pub disagrees: u32,
    /// Unclear.
    pub unclear: u32,
    /// Agreed ÷ (agreed + disagreed), per mille; null without either.
    pub agreement_per_mille: Option<u32>,
}

/// `GET /v1/console/reviews/figures`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct ReviewFigures {
    /// From.
    pub from: Timestamp,
    /// To, not included.
    pub to: Timestamp,
    /// By agent, most disagreed first, at most 500.
    pub agents: Vec<Agreement>,
    /// By partner; null stands for the companies' own agents.
    pub partners: Vec<Agreement>,
}

//! Companies and their settings in the console: dated data. Each change has a moment from which it holds, who made
//! it and why; it is listed before and after, and withdrawn while it waits. The operator's words are dated, too.
//!
//! Times of day are minutes of Vietnam's time, days are `YYYY-MM-DD` there.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;

use crate::ids::{ChangeId, CompanyCode};
use crate::time::Timestamp;

/// A company with what holds for it now and what is to come.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct Company {
    /// Its code.
    pub code: CompanyCode,
    /// Its name.
    pub name: String,
    /// Whose agents take its calls; null if nobody's do.
    pub served_by: Option<CompanyCode>,
    /// Whose calls its agents take, its own included.
    pub serves: Vec<CompanyCode>,
    /// Accounts of its agents that may sign in.
    pub agents: u32,
    /// Every setting as it holds now.
    pub settings: CompanySettings,
    /// Names of those that differ from the defaults.
    pub set: Vec<String>,
    /// Whether the calls that it serves are taken in now.
    pub open: bool,
    /// If closed: when it opens; null if not within the year.
    pub opens_at: Option<Timestamp>,
    /// If open: when it closes; null if never.
    pub closes_at: Option<Timestamp>,
    /// Changes that wait for their moment, in their order.
    pub pending: Vec<CompanyChange>,
}

/// Every setting of a company, ms unless a name says otherwise.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[expect(clippy::struct_excessive_bools, reason = "settings, each by its own name")]
#[ts(export)]
pub struct CompanySettings {
    /// Consent must come with the case.
    pub require_consent: bool,
    /// The reference to the biometric match must come with the case.
    pub require_biometric_match: bool,
    /// How long a workstation rings before the call goes on.
    pub ring_timeout_ms: u32,
    /// How long a workstation has to confirm that it rings.
    pub ring_confirm_ms: u32,
    /// Longest wait of a call.
    pub max_wait_ms: u32,
    /// How many calls of the company may wait.
    pub max_queue_len: u32,
    /// Whether *decline* ends the call; otherwise it goes on like *pass*.
    pub decline_ends: bool,
    /// Wrap-up after a call.
    pub wrap_up_ms: u32,
    /// After how many missed rings in a row an agent is paused; 0: never.
    pub pause_after_missed: u32,
    /// Time of the page from intake to *ready*.
    pub preparing_ms: u32,
    /// Time of media from accept to the first packet both ways.
    pub connecting_ms: u32,
    /// Time of a lost side to come back.
    pub reconnect_ms: u32,
    /// How long a call goes on when the server hears neither side.
    pub unwitnessed_ms: u32,
    /// How long an ended conversation waits for its evidence.
    pub evidence_ms: u32,
    /// Longest call.
    pub max_call_ms: u32,
    /// How long an agent who passed or missed a call is spared it.
    pub reoffer_after_ms: u32,
    /// Which free agent is asked first.
    pub selection: AgentSelection,
    /// What an agent's skills mean.
    pub skills: SkillUse,
    /// Weights of partners; the empty name stands for own staff.
    pub partner_shares: BTreeMap<String, u32>,
    /// To whom waiting calls overflow, and after how long.
    pub overflow: Vec<OverflowTo>,
    /// When the calls that it serves are taken in; null: always.
    pub hours: Option<OpeningHours>,
    /// Whether who waits at closing time is served until the longest wait.
    pub serve_queue_after_close: bool,
    /// Days for which pictures are kept.
    pub retention_pictures_days: u32,
    /// Days for which whatever identifies the person is kept.
    pub retention_case_days: u32,
}

/// Which free agent is asked first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum AgentSelection {
    /// Who is idle for the longest time.
    LongestIdle,
    /// Who has accepted the fewest calls since the sign-in.
    LeastCalls,
    /// Who was asked the longest ago.
    RoundRobin,
}

/// What skills mean.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum SkillUse {
    /// Nothing.
    Off,
    /// Who has them is asked first.
    Prefer,
    /// Who does not have them is not asked.
    Require,
}

/// One step of an overflow.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct OverflowTo {
    /// Time in line.
    pub after_ms: u32,
    /// Whose agents may take the call from then on, too.
    pub to: CompanyCode,
}

/// Opening hours.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct OpeningHours {
    /// Spans of Monday, Tuesday, … Sunday.
    pub weekly: Vec<Vec<OpenSpan>>,
    /// Days that have other spans than their weekday; an empty list: closed all day.
    #[serde(default)]
    pub holidays: BTreeMap<String, Vec<OpenSpan>>,
}

/// Minutes from midnight: `from` (0 to 1439) is open, `to` is not. `to` above 1440 lies on the next day.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct OpenSpan {
    /// First open minute.
    pub from: u16,
    /// First closed minute.
    pub to: u16,
}

/// A change of a company's settings.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct CompanyChange {
    /// Names it.
    pub change_id: ChangeId,
    /// Whose settings.
    pub company: CompanyCode,
    /// What: names with new values; null takes the default again. `served_by` is the code of a company.
    #[ts(type = "Record<string, unknown>")]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub changes: Map<String, Value>,
    /// From when on it holds.
    pub effective_at: Timestamp,
    /// Why.
    pub reason: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// By whom: `person:<id>`, `cli:<account>`, `server`.
    pub made_by: String,
    /// What became of it.
    pub state: ChangeState,
    /// When it was applied, withdrawn or refused.
    pub done_at: Option<Timestamp>,
    /// Who withdrew it.
    pub done_by: Option<String>,
    /// Why it could not be applied at its moment.
    pub refusal: Option<String>,
}

/// What became of a change.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum ChangeState {
    /// Waits for its moment.
    Pending,
    /// Holds, or held until another one.
    Applied,
    /// Taken back before its moment.
    Withdrawn,
    /// Did not fit what held at its moment.
    Refused,
}

/// `PATCH /v1/console/companies/{code}`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct CompanyChangeRequest {
    /// Names with new values; null takes the default again.
    #[ts(type = "Record<string, unknown>")]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub changes: Map<String, Value>,
    /// From when on; now, if missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub effective_at: Option<Timestamp>,
    /// Why, 1 to 500 characters; kept for ever, so no personal data.
    pub reason: String,
}

/// What held for a company at a moment, or what is planned for one that lies ahead.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct CompanyThen {
    /// The company.
    pub company: CompanyCode,
    /// The moment that was asked for.
    pub at: Timestamp,
    /// Whose agents took its calls.
    pub served_by: Option<CompanyCode>,
    /// Every setting.
    pub settings: CompanySettings,
    /// Since when this held.
    pub since: Timestamp,
    /// The change that brought it; null for what the installation began with.
    pub change_id: Option<ChangeId>,
    /// The moment lies ahead: what is planned now, and may be changed until then.
    pub planned: bool,
}

/// A version of a text of the operator.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct TextVersion {
    /// Which text.
    pub name: TextName,
    /// Name of the version, as it stands with a consent.
    pub version: String,
    /// The words.
    pub body: String,
    /// From when on it holds.
    pub valid_from: Timestamp,
    /// Whether it holds now.
    pub state: WordState,
}

/// Texts of the operator.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum TextName {
    /// N2, what the agent reads.
    Greeting,
    /// What the customer is asked to agree to.
    Consent,
}

/// Where a version of words stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum WordState {
    /// Another one has followed, or it was ended.
    Past,
    /// Holds.
    Current,
    /// Holds later.
    Ahead,
}

/// `POST /v1/console/texts`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct TextRequest {
    /// Which text.
    pub name: TextName,
    /// Name of the version, 1 to 32 visible ASCII characters, new for this text.
    pub version: String,
    /// The words, at most 4,000 characters.
    pub body: String,
    /// From when on; now, if missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub valid_from: Option<Timestamp>,
    /// Why, 1 to 500 characters.
    pub reason: String,
}

/// A version of a reason that agents choose from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct ReasonVersion {
    /// For what.
    pub kind: ReasonKind,
    /// Stable code, as it stands in verdicts and reports.
    pub code: String,
    /// Place in the list.
    pub position: u16,
    /// The words.
    pub body: String,
    /// From when on.
    pub valid_from: Timestamp,
    /// Until when; null: open.
    pub valid_to: Option<Timestamp>,
    /// Whether it holds now.
    pub state: WordState,
}

/// What reasons are for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum ReasonKind {
    /// Of a rejected verification.
    Reject,
    /// Of a pause.
    Pause,
}

/// `POST /v1/console/reasons`: a new reason, or other words or another place for one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct ReasonRequest {
    /// For what.
    pub kind: ReasonKind,
    /// 1 to 32 of `a-z 0-9 _`.
    pub code: String,
    /// Place in the list, 1 to 999.
    pub position: u16,
    /// The words, at most 200 characters.
    pub body: String,
    /// From when on; now, if missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub valid_from: Option<Timestamp>,
    /// Why, 1 to 500 characters.
    pub reason: String,
}

/// `POST /v1/console/reasons/{kind}/{code}/end`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct ReasonEnd {
    /// When agents no longer choose it; now, if missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub at: Option<Timestamp>,
    /// Why, 1 to 500 characters.
    pub reason: String,
}

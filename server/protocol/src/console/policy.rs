//! The catalogue in the console (P1–P3): what holds, what was known when, previews, changes, what-if.
//!
//! Days are days of Vietnam, `YYYY-MM-DD`; a last day of null is open. What is «known» is told by moments:
//! nothing is ever overwritten, so that every list can be asked for «as known at».

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::case::{CustomerType, Payment};
use crate::ids::{CallId, CompanyCode, RuleId};
use crate::policy::VideoCall;
use crate::time::Timestamp;

/// The catalogue's two columns: VI2 is an enterprise type ruled like an individual (P1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum PolicyCustomers {
    /// KHCN and VI2.
    IndividualVi2,
    /// KHDN.
    Enterprise,
}

/// One entry: what the catalogue says about a subscriber type and its customers, in a period of validity, as
/// it was known for a time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct PolicyEntry {
    /// Names the answer from its first day on; with the time it was known it names the entry.
    pub rule_id: RuleId,
    /// Prepaid or postpaid.
    pub payment: Payment,
    /// Subscriber type; `*` for postpaid.
    pub sub_type: String,
    /// For whom.
    pub customers: PolicyCustomers,
    /// The operator's name of the type.
    pub name: String,
    /// ICC profile; may be empty.
    pub icc_profile: String,
    /// Column TYPE of the operator's table; may be empty.
    #[serde(rename = "type")]
    pub kind: String,
    /// Y or N.
    pub video_call: VideoCall,
    /// First day.
    pub valid_from: String,
    /// Last day; null while open.
    pub valid_to: Option<String>,
    /// Since when this is known.
    pub known_from: Timestamp,
    /// Until when (exclusive); null while it is what is known.
    pub known_to: Option<Timestamp>,
    /// Number of the change that wrote it.
    pub change: u32,
    /// Number of the change that took its place.
    pub closed_by: Option<u32>,
}

/// One line of the catalogue on a day: a subscriber type with both answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct PolicyLine {
    /// Prepaid or postpaid.
    pub payment: Payment,
    /// Subscriber type; `*` for postpaid.
    pub sub_type: String,
    /// For individuals and VI2.
    pub individual_vi2: PolicyEntry,
    /// For enterprises.
    pub enterprise: PolicyEntry,
    /// First day of the next change that is planned for this line already.
    pub next_change_on: Option<String>,
}

/// Everything that was ever known about one subscriber type.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct PolicyTimeline {
    /// Prepaid or postpaid.
    pub payment: Payment,
    /// Subscriber type; `*` for postpaid.
    pub sub_type: String,
    /// What is known now, by first day; then what was known before, newest first. At most 1,000.
    pub entries: Vec<PolicyEntry>,
    /// The changes that wrote or closed these entries, newest first.
    pub changes: Vec<PolicyChange>,
}

/// Where a change came from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum PolicySource {
    /// The plan's table, at installation.
    Installation,
    /// A CSV file.
    Import,
    /// Single changes in the console.
    Single,
}

/// One change of the catalogue: who, when, why (P2).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct PolicyChange {
    /// Number, from 1.
    pub change: u32,
    /// Since when it is known.
    pub known_at: Timestamp,
    /// Who: `person:<id>`, `cli:<account>` or `installation`.
    pub by: String,
    /// Name of the person, if it was one.
    pub by_name: Option<String>,
    /// Why.
    pub reason: String,
    /// Where it came from.
    pub source: PolicySource,
    /// First day on which it holds.
    pub valid_from: String,
    /// Last day, if it was given.
    pub valid_to: Option<String>,
    /// Its first day was past when it was made.
    pub backdated: bool,
    /// Types that the file did not name were ended.
    pub complete: bool,
    /// Changes that were planned for later fell away.
    pub replace_planned: bool,
    /// Lines that began.
    pub added: u32,
    /// Lines that became others.
    pub changed: u32,
    /// Lines that ended.
    pub ended: u32,
}

/// What shall be known from now on. Exactly one of `csv_base64` and `changes` is given.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct PolicyDraft {
    /// First day on which it holds.
    pub valid_from: String,
    /// Last day. Without it a line holds until the next change that is planned for it already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub valid_to: Option<String>,
    /// Ends the types that the file does not name (files only).
    #[serde(default)]
    #[ts(optional, as = "Option<bool>")]
    pub complete: bool,
    /// Needed when the first day is past.
    #[serde(default)]
    #[ts(optional, as = "Option<bool>")]
    pub backdated: bool,
    /// Lets later changes that are planned already fall away.
    #[serde(default)]
    #[ts(optional, as = "Option<bool>")]
    pub replace_planned: bool,
    /// The file's bytes as they are, base64: at most 256 KiB and 2,000 lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub csv_base64: Option<String>,
    /// Single changes, at most 200.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub changes: Option<Vec<PolicySingle>>,
}

/// One line that shall change; what is not given stays as it is on the first day.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct PolicySingle {
    /// Prepaid or postpaid.
    pub payment: Payment,
    /// Subscriber type; `*` for postpaid.
    pub sub_type: String,
    /// The line ends before the first day; nothing else is given then.
    #[serde(default)]
    #[ts(optional, as = "Option<bool>")]
    pub end: bool,
    /// The operator's name; needed for a new type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub name: Option<String>,
    /// ICC profile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub icc_profile: Option<String>,
    /// Column TYPE.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub kind: Option<String>,
    /// For individuals and VI2; needed for a new type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub individual_vi2: Option<VideoCall>,
    /// For enterprises; needed for a new type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub enterprise: Option<VideoCall>,
}

/// What a draft would do. Nothing is stored.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct PolicyPreview {
    /// Names exactly this effect on exactly this catalogue; the commit hands it back.
    pub digest: String,
    /// Number of the newest change when this was reckoned.
    pub base: u32,
    /// First day.
    pub valid_from: String,
    /// Last day, if it was given.
    pub valid_to: Option<String>,
    /// The first day is past.
    pub backdated: bool,
    /// Lines that begin.
    pub added: u32,
    /// Lines that become others.
    pub changed: u32,
    /// Lines that end.
    pub ended: u32,
    /// Lines that stay as they are.
    pub unchanged: u32,
    /// Every line: added, changed and ended first.
    pub rows: Vec<PolicyPreviewRow>,
    /// What was odd in the file and taken all the same: `byte_order_mark`, `windows_line_ends`,
    /// `semicolons`, `empty_rows`, `letters_composed`.
    pub notes: Vec<String>,
}

/// What happens to a line.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum PolicyEffect {
    /// It begins.
    Added,
    /// It becomes another.
    Changed,
    /// It ends.
    Ended,
    /// It stays.
    Unchanged,
}

/// A line's values.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct PolicyValues {
    /// The operator's name of the type.
    pub name: String,
    /// ICC profile.
    pub icc_profile: String,
    /// Column TYPE.
    #[serde(rename = "type")]
    pub kind: String,
    /// For individuals and VI2.
    pub individual_vi2: VideoCall,
    /// For enterprises.
    pub enterprise: VideoCall,
}

/// One line of a preview.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct PolicyPreviewRow {
    /// What happens.
    pub effect: PolicyEffect,
    /// Line of the file, or number of the single change, from 1; null for a type the file does not name.
    pub line: Option<u32>,
    /// Prepaid or postpaid.
    pub payment: Payment,
    /// Subscriber type; `*` for postpaid.
    pub sub_type: String,
    /// On the first day, as known now.
    pub before: Option<PolicyValues>,
    /// On the first day, afterwards.
    pub after: Option<PolicyValues>,
    /// Which values differ.
    pub fields: Vec<String>,
    /// Last day on which it holds; null if it is open.
    pub until: Option<String>,
    /// Changes planned for later that stay.
    pub planned: Vec<PolicyPlanned>,
    /// Changes planned for later that fall away.
    pub falls_away: Vec<PolicyPlanned>,
}

/// A change that is planned already.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct PolicyPlanned {
    /// First day.
    pub from: String,
    /// What holds from then on; null if the line ends.
    pub values: Option<PolicyValues>,
}

/// Makes a previewed draft known.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct PolicyCommit {
    /// As previewed.
    pub draft: PolicyDraft,
    /// Of the preview.
    pub digest: String,
    /// Why; 1–500 characters.
    pub reason: String,
}

/// Asks what a draft would have meant for the calls of a past period.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct PolicyWhatIfRequest {
    /// First day of the period.
    pub from: String,
    /// Last day of the period; at most 400 days in all.
    pub to: String,
    /// The draft; its days do not count: it is taken as if it had held all the time.
    pub draft: PolicyDraft,
    /// Calls to list, 1–500; 50 if missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub limit: Option<u32>,
    /// `next` of the part before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub after: Option<String>,
}

/// How many calls a draft would have ruled otherwise. Subscribers who were activated without a call are not
/// known to the server and not counted.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct PolicyWhatIfCounts {
    /// Calls taken in.
    pub calls: u32,
    /// Not mandatory then, mandatory by the draft.
    pub became_mandatory: u32,
    /// Mandatory then, not by the draft.
    pub became_not_mandatory: u32,
    /// No rule by the draft: the type is ended.
    pub without_rule: u32,
    /// Ruled the same.
    pub unchanged: u32,
}

/// The counts of one sub-type, customer type or home company.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct PolicyWhatIfGroup {
    /// Which: `MC`, `*` (postpaid), `individual`, `1` …
    pub name: String,
    /// How many.
    pub counts: PolicyWhatIfCounts,
}

/// A call that would have been ruled otherwise.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct PolicyWhatIfCall {
    /// Which call.
    pub call_id: CallId,
    /// When it was taken in.
    pub created_at: Timestamp,
    /// Its home company.
    pub company: CompanyCode,
    /// Prepaid or postpaid.
    pub payment: Payment,
    /// Subscriber type, if it was told.
    pub sub_type: Option<String>,
    /// Customer type, if it is known still.
    pub customer_type: Option<CustomerType>,
    /// As ruled then.
    pub was: VideoCall,
    /// By the draft; null: no rule.
    pub would_be: Option<VideoCall>,
}

/// Answer to a what-if.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct PolicyWhatIf {
    /// First day.
    pub from: String,
    /// Last day.
    pub to: String,
    /// All calls that the asking person may see.
    pub counts: PolicyWhatIfCounts,
    /// By subscriber type; most calls ruled otherwise first.
    pub by_sub_type: Vec<PolicyWhatIfGroup>,
    /// By customer type.
    pub by_customer_type: Vec<PolicyWhatIfGroup>,
    /// By home company.
    pub by_company: Vec<PolicyWhatIfGroup>,
    /// The calls ruled otherwise, oldest first: this part of them.
    pub items: Vec<PolicyWhatIfCall>,
    /// Where the list goes on; null at its end.
    pub next: Option<String>,
}

/// Which rule held for a call, as known then, and what would be said of the same subscriber and day now (P2).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct PolicyForCall {
    /// Which call.
    pub call_id: CallId,
    /// Day of the intake in Vietnam.
    pub day: String,
    /// The newest change that was known at the intake.
    pub known_at: Timestamp,
    /// The rule that held, as known then.
    pub then: PolicyEntry,
    /// The change that had written it: who and why.
    pub then_change: PolicyChange,
    /// What is known now about the same day; null: no rule.
    pub now: Option<PolicyEntry>,
    /// The change that wrote that.
    pub now_change: Option<PolicyChange>,
    /// Whether a call is as mandatory by `now` as it was by `then`.
    pub same_answer: bool,
}

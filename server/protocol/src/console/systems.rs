//! Other systems and machines in the console: tokens, service credentials, webhooks and their deliveries,
//! workstations; and who did what.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;

use crate::ids::{AgentId, CallId, CompanyCode, CredentialId, DeliveryId, TokenId, WebhookId, WorkstationId};
use crate::time::Timestamp;
use crate::workstation::WorkstationState;

/// A company token, without its secret.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct ConsoleToken {
    /// Names it.
    pub token_id: TokenId,
    /// Whose it is.
    pub company: CompanyCode,
    /// Who issued it: `person:<id>`, `service:<name>`, `cli:<account>`.
    pub issued_by: String,
    /// When.
    pub created_at: Timestamp,
    /// When it stops working.
    pub expires_at: Timestamp,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
    /// Whether it works now.
    pub valid: bool,
}

/// `POST /v1/console/tokens`; the answer is `TokenIssued`, shown once.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct ConsoleTokenRequest {
    /// Whose dealers will call.
    pub company: CompanyCode,
    /// Life in seconds, 60 to 31,536,000; 90 days if missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub expires_in_s: Option<u32>,
}

/// A credential of another system, without its secret.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct ConsoleCredential {
    /// Names it.
    pub credential_id: CredentialId,
    /// Which system.
    pub name: String,
    /// When it was issued.
    pub created_at: Timestamp,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
}

/// `POST /v1/console/service-credentials`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct CredentialRequest {
    /// Which system, 1 to 64 visible ASCII characters; each name once.
    pub name: String,
}

/// A fresh credential; `credential` is shown this once.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct CredentialIssued {
    /// The secret, for the `Authorization` header.
    pub credential: String,
    /// Names it.
    pub credential_id: CredentialId,
    /// Which system.
    pub name: String,
}

/// Who listens to a webhook.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum WebhookAudience {
    /// The operator's sales system.
    Msale,
    /// eKYC's server.
    Ekyc,
}

/// An endpoint.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct ConsoleWebhook {
    /// Names it.
    pub webhook_id: WebhookId,
    /// Where events go; who may only read sees scheme and host.
    pub url: String,
    /// Who listens.
    #[serde(rename = "for")]
    pub audience: WebhookAudience,
    /// One company's calls only; null for all.
    pub company: Option<CompanyCode>,
    /// Names of the events.
    pub events: Vec<String>,
    /// When it was added.
    pub created_at: Timestamp,
    /// Deliveries that wait to be acknowledged.
    pub waiting: u32,
    /// Deliveries that were given up.
    pub given_up: u32,
    /// When the last delivery was acknowledged.
    pub last_delivered_at: Option<Timestamp>,
}

/// `POST /v1/console/webhooks`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct WebhookRequest {
    /// `https://…`, on loopback also `http://…`.
    pub url: String,
    /// Who listens.
    #[serde(rename = "for")]
    pub audience: WebhookAudience,
    /// Only calls of this company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub company: Option<CompanyCode>,
    /// Events; all of calls if missing. `audit.root` is for mSale of all companies only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub events: Option<Vec<String>>,
}

/// A new endpoint; `secret` is shown this once.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct WebhookAdded {
    /// The endpoint.
    pub webhook: ConsoleWebhook,
    /// `whsec_…`: by it the receiver verifies signatures.
    pub secret: String,
}

/// A test message is on its way: follow it in the deliveries.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct WebhookPinged {
    /// The delivery.
    pub delivery_id: DeliveryId,
}

/// Something that is, was or could not be told to an endpoint. Never its body: that holds personal data.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct ConsoleDelivery {
    /// `webhook-id`, the same at every try.
    pub delivery_id: DeliveryId,
    /// To whom.
    pub webhook_id: WebhookId,
    /// Who listens there.
    #[serde(rename = "for")]
    pub audience: WebhookAudience,
    /// About which call; null for a test or a day root.
    pub call_id: Option<CallId>,
    /// Home company of that call.
    pub company: Option<CompanyCode>,
    /// `call.result`, …
    pub event: String,
    /// When it was written.
    pub created_at: Timestamp,
    /// Tries so far.
    pub attempts: u32,
    /// When it is tried next; null if not.
    pub next_at: Option<Timestamp>,
    /// HTTP status of the last try; null if there was no answer, or no try.
    pub last_status: Option<u16>,
    /// When it was acknowledged first.
    pub delivered_at: Option<Timestamp>,
    /// How often a person sent it again.
    pub resends: u32,
    /// Where it stands.
    pub state: DeliveryState,
}

/// Where a delivery stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum DeliveryState {
    /// Will be tried (again).
    Waiting,
    /// Acknowledged.
    Delivered,
    /// Tried too often, or its case was erased.
    GivenUp,
    /// Its endpoint was removed.
    Dropped,
}

/// `POST /v1/console/webhooks/deliveries/resend`: everything given up in a period.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct ResendRequest {
    /// Written at this moment or later.
    pub from: Timestamp,
    /// Written before this moment.
    pub to: Timestamp,
    /// Of one endpoint only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub webhook_id: Option<WebhookId>,
}

/// What a resend of a period came to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct Resent {
    /// Sent again.
    pub resent: u32,
    /// Still given up in the period: ask again.
    pub left: u32,
}

/// A key that a workstation has named.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct ConsoleWorkstation {
    /// The workstation.
    pub workstation_id: WorkstationId,
    /// By which IT knows it.
    pub name: String,
    /// What became of the key.
    pub state: WorkstationState,
    /// As the workstation's screen shows it.
    pub fingerprint: String,
    /// Names the key.
    pub key_id: String,
    /// When it was named.
    pub requested_at: Timestamp,
    /// In whose sign-in.
    pub requested_by: AgentId,
    /// User name of that agent.
    pub username: Option<String>,
    /// Company of that agent.
    pub company: Option<CompanyCode>,
    /// When it was last decided on.
    pub decided_at: Option<Timestamp>,
    /// By whom.
    pub decided_by: Option<String>,
    /// Why, for a key that was taken back.
    pub reason: Option<String>,
}

/// `POST /v1/console/workstations/{id}/approve`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct ApproveRequest {
    /// As the workstation's screen shows it.
    pub fingerprint: String,
}

/// `POST /v1/console/workstations/{id}/revoke`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct RevokeRequest {
    /// Why, 1 to 200 characters.
    pub reason: String,
}

/// What was taken back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct KeysRevoked {
    /// How many keys.
    pub keys_revoked: u32,
}

/// `POST /v1/console/workstations/codes`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct InviteRequest {
    /// Life in seconds, 300 to 2,592,000; a day if missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub expires_in_s: Option<u32>,
}

/// A one-time code that enrols one workstation, shown once.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct Invited {
    /// The code.
    pub enrolment_code: String,
    /// Until when it holds.
    pub expires_at: Timestamp,
}

/// A deed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct AuditEntry {
    /// Number in the chain.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Who: `person:<id>`, `cli:<account>`, `service:<name>`, `agent:<id>`, `server`, …
    pub actor: String,
    /// By which people know that one: the sign-in name of an agent or person.
    pub actor_name: Option<String>,
    /// What, `thing.deed`.
    pub action: String,
    /// To what, `kind:id`.
    pub subject: String,
    /// What else is known.
    #[ts(type = "Record<string, unknown>")]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub detail: Map<String, Value>,
    /// Hash of the record, hex.
    pub hash: String,
}

/// `GET` and `POST /v1/console/audit/verify`: the last check, or the one that runs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct AuditCheck {
    /// Where it stands.
    pub state: AuditCheckState,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// What was found.
    pub report: Option<AuditReport>,
}

/// Where a check stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum AuditCheckState {
    /// None since the server's start.
    None,
    /// Runs.
    Running,
    /// Ended; see the report.
    Done,
    /// Could not be finished within its limit, or the store could not be read.
    Failed,
}

/// What a check found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct AuditReport {
    /// Nothing is broken.
    pub sound: bool,
    /// Records of the log.
    pub log_records: u64,
    /// Records of the audit.
    pub audit_records: u64,
    /// Day roots.
    pub roots: u64,
    /// Day of the newest root.
    pub newest_root_day: Option<String>,
    /// By which somebody else can hold it.
    pub newest_root_sha256: Option<String>,
    /// Records that no root covers yet.
    pub not_yet_rooted: u64,
    /// Erased calls.
    pub tombstones: u64,
    /// How many breaks.
    pub broken: u64,
    /// The first of them.
    pub breaks: Vec<AuditBreak>,
}

/// A place where something is not as it was written.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct AuditBreak {
    /// Stable.
    pub code: String,
    /// First bad record, if it is one of records.
    pub seq: Option<u64>,
    /// The day whose root tells.
    pub day: Option<String>,
    /// In Vietnamese.
    pub words_vi: String,
    /// In English.
    pub words_en: String,
}

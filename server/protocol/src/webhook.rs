//! Results pushed to mSale and eKYC, signed the Standard Webhooks way.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::call::CallBody;
use crate::time::Timestamp;

/// What happened.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum WebhookEventType {
    /// F1.
    #[serde(rename = "call.accepted")]
    CallAccepted,
    /// F2.
    #[serde(rename = "call.declined")]
    CallDeclined,
    /// Over, for whatever reason.
    #[serde(rename = "call.ended")]
    CallEnded,
    /// A verdict counts and its evidence is here (S16).
    #[serde(rename = "call.result")]
    CallResult,
}

/// The body of a webhook.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct WebhookEvent {
    /// What happened.
    #[serde(rename = "type")]
    pub event_type: WebhookEventType,
    /// When.
    pub timestamp: Timestamp,
    /// The call as `GET /v1/calls/{id}` gives it.
    pub data: CallBody,
    /// In `call.result`: hash of the evidence manifest, lower-case hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub manifest_sha256: Option<String>,
    /// In `call.result`: the log's head when the result was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub log_head: Option<LogHead>,
}

/// A point of the log: whoever keeps it can prove later that history was not rewritten.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct LogHead {
    /// Number of the record.
    #[ts(type = "number")]
    pub seq: u64,
    /// Its hash, lower-case hex.
    pub hash: String,
}

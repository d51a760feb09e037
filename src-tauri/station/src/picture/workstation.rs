//! What the screens show of the workstation's own key.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Whether this workstation may verify.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct WorkstationPicture {
    /// Where its key stands.
    pub state: EnrolmentState,
    /// Five groups of four hex digits that IT compares with what the server shows; null before the key is made.
    pub fingerprint: Option<String>,
    /// With [`EnrolmentState::Failed`]: stable code (`enrolment_code_invalid`, `server_key_changed`,
    /// `server_unreachable`, `outbox_in_use`, or any code of the server).
    pub error: Option<String>,
    /// A former key of this profile that is used no more, until the new one is approved: what was signed with
    /// it ends there.
    pub closed: Option<ClosedStream>,
}

impl Default for WorkstationPicture {
    fn default() -> Self {
        Self { state: EnrolmentState::Unknown, fingerprint: None, error: None, closed: None }
    }
}

/// Where the workstation's key stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum EnrolmentState {
    /// Nobody has asked the server yet.
    Unknown,
    /// The server is being told the key.
    Enrolling,
    /// IT has to approve: no calls until then.
    Pending,
    /// Calls may come.
    Approved,
    /// The key was taken back: no calls; [`super::Command::RenewKey`] begins anew.
    Revoked,
    /// The key has signed two manifests with one number: no calls; [`super::Command::RenewKey`] begins anew.
    Quarantined,
    /// The server could not be told: no calls; tried again by itself.
    Failed,
}

/// A key that is used no more.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ClosedStream {
    /// Its id, 32 hex digits.
    pub key_id: String,
    /// Number of the last manifest signed with it; null if that is not known any more.
    pub last: Option<u32>,
    /// `key_lost` (the keyring was emptied), `outbox_lost` (the outbox was set aside or deleted), `renewed`.
    pub why: String,
}

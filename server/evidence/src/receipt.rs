//! The server's receipt: it held this manifest at that time. It closes the time of a manifest from above.

use chinhchu_protocol::evidence::VerdictStanding;
use chinhchu_protocol::ids::{CallId, WorkstationId};
use chinhchu_protocol::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::dsse;
use crate::key::KeyId;
use crate::signed::Signed;

/// `format` of a receipt.
pub const FORMAT: &str = "chinhchu-receipt/1";

/// What the server signs when evidence is durable.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// [`FORMAT`].
    pub format: String,
    /// The call.
    pub call_id: CallId,
    /// Its assignment.
    pub assignment: u32,
    /// Hash of the manifest's statement, hex.
    pub manifest_sha256: String,
    /// Whose manifest.
    pub workstation_id: WorkstationId,
    /// Under which key.
    pub key_id: KeyId,
    /// Number under that key.
    pub counter: u32,
    /// When it became durable, by the server's clock.
    pub received_at: Timestamp,
    /// Whether the verdict counts.
    pub standing: VerdictStanding,
    /// The newest record of the log that stood before this receipt was given.
    pub log: LogPlace,
}

/// A record of the log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogPlace {
    /// Number, from 1; 0 before the first.
    pub seq: u64,
    /// Its hash, hex.
    pub hash: String,
}

impl Signed for Receipt {
    const TYPE: &'static str = dsse::RECEIPT;
    const FORMAT: &'static str = FORMAT;

    fn format(&self) -> &str {
        &self.format
    }
}

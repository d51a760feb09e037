//! The server's word about the witness frame: the caller's page sent this picture, answering this nonce, then.
//! It comes from another machine and by another way than the workstation's own pictures.

use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::dsse;
use crate::signed::Signed;

/// `format` of a witness.
pub const FORMAT: &str = "chinhchu-witness/1";

/// What the server signs when a witness frame arrives.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Witness {
    /// [`FORMAT`].
    pub format: String,
    /// The call.
    pub call_id: CallId,
    /// Its assignment.
    pub assignment: u32,
    /// As the workstation made it; its manifest names the same.
    pub nonce: String,
    /// Of the picture, hex.
    pub sha256: String,
    /// Of the picture.
    pub bytes: u32,
    /// When, by the server's clock.
    pub received_at: Timestamp,
}

impl Signed for Witness {
    const TYPE: &'static str = dsse::WITNESS;
    const FORMAT: &'static str = FORMAT;

    fn format(&self) -> &str {
        &self.format
    }
}

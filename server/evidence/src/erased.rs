//! The server's word that the case of a call is erased: what a workstation still has of it must be destroyed, also
//! what the server never had. Signed, for nobody in between may have evidence destroyed.

use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::dsse;
use crate::signed::Signed;

/// `format` of the word.
pub const FORMAT: &str = "chinhchu-erased/1";

/// What the server signs when evidence of an erased case comes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Erased {
    /// [`FORMAT`].
    pub format: String,
    /// The call.
    pub call_id: CallId,
    /// Its assignment.
    pub assignment: u32,
    /// When it says so.
    pub said_at: Timestamp,
}

impl Signed for Erased {
    const TYPE: &'static str = dsse::ERASED;
    const FORMAT: &'static str = FORMAT;

    fn format(&self) -> &str {
        &self.format
    }
}

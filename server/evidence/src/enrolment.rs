//! The server's word that a key is a workstation's: who approved it, and when.

use chinhchu_protocol::ids::WorkstationId;
use chinhchu_protocol::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::dsse;
use crate::key::{KeyId, PublicKey};
use crate::signed::Signed;

/// `format` of an enrolment.
pub const FORMAT: &str = "chinhchu-enrolment/1";

/// What the server signs when a workstation's key is approved.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enrolment {
    /// [`FORMAT`].
    pub format: String,
    /// The workstation.
    pub workstation_id: WorkstationId,
    /// How people call it.
    pub name: String,
    /// Its key.
    pub public_key: PublicKey,
    /// [`PublicKey::id`] of it.
    pub key_id: KeyId,
    /// When.
    pub approved_at: Timestamp,
    /// By whom: `cli:<account>`, or `code` for a one-time code of IT.
    pub approved_by: String,
}

impl Signed for Enrolment {
    const TYPE: &'static str = dsse::ENROLMENT;
    const FORMAT: &'static str = FORMAT;

    fn format(&self) -> &str {
        &self.format
    }
}

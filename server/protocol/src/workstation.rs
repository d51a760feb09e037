//! Which workstations may verify: each has a signing key of its own, whose public half IT approves.
//!
//! `GET /v1/agent/workstation` tells where this workstation stands, `PUT` tells the server its key and proves
//! that it holds the other half. Until the key is approved (`chinhchu-server workstation approve`, or a
//! one-time code of IT in the `PUT`) its agent cannot become available, and no evidence of it is taken.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::ids::WorkstationId;

/// First part of what a workstation signs to prove that it holds its key.
pub const ENROL_CONTEXT: &str = "chinhchu-enrol/1";

/// Where a workstation stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum WorkstationState {
    /// The server knows no key of it.
    Unknown,
    /// Its key waits for approval.
    Pending,
    /// Its agents may verify.
    Approved,
    /// Its key was taken back: it needs a new one.
    Revoked,
    /// Its key signed two manifests with one number: an administrator has to look, and it needs a new key.
    Quarantined,
}

/// What the server says about a workstation: part of the answer to a sign-in, and the answer to `GET` and
/// `PUT /v1/agent/workstation`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct WorkstationStanding {
    /// Where it stands.
    pub state: WorkstationState,
    /// Id of the key that this is about; null if none is known. Another key than the workstation's own: tell
    /// the server yours.
    pub key_id: Option<String>,
    /// To be signed in the proof; of this sign-in.
    pub nonce: String,
    /// The server's public key, `ed25519:…`: receipts are signed with it.
    pub server_key: String,
}

/// Body of `PUT /v1/agent/workstation`. The same key again changes nothing.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct WorkstationEnrol {
    /// By which IT knows it; 1 to 64 characters.
    pub name: String,
    /// `ed25519:<base64 of 32 bytes>`.
    pub public_key: String,
    /// Of the sign-in, or of the last standing.
    pub nonce: String,
    /// Base64 of the Ed25519 signature over [`enrol_proof`].
    pub proof: String,
    /// A one-time code of IT (`workstation invite`): approves at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub enrolment_code: Option<String>,
}

/// The exact bytes that a workstation signs to prove that it holds the key.
pub fn enrol_proof(nonce: &str, workstation: WorkstationId, public_key: &str) -> Vec<u8> {
    [ENROL_CONTEXT, nonce, &workstation.to_string(), public_key].join("\0").into_bytes()
}

/// Answer to `GET /v1/server-key`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct ServerKey {
    /// `ed25519:<base64 of 32 bytes>`: what `evidence verify --trust` wants.
    pub public_key: String,
    /// First 32 hex digits of its SHA-256.
    pub key_id: String,
    /// For people to compare: five groups of four hex digits.
    pub fingerprint: String,
}

/// Answer to `PUT …/evidence/chunks/{sha256}/{offset}`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct ChunkTaken {
    /// Bytes of the picture that the server holds; go on from there.
    #[ts(type = "number")]
    pub received: u64,
}

/// Answer to `GET …/evidence/chunks`: what the server holds of pictures that are not uploaded whole yet.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct ChunksHeld {
    /// One entry per picture.
    pub chunks: Vec<ChunkHeld>,
}

/// How far a picture has come.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct ChunkHeld {
    /// Of the whole picture, lower-case hex.
    pub sha256: String,
    /// Bytes held, from its beginning.
    #[ts(type = "number")]
    pub received: u64,
}

/// Largest chunk, bytes.
pub const MAX_CHUNK_BYTES: usize = 256 * 1024;

/// Most bytes of chunks for one assignment.
pub const MAX_CHUNKS_BYTES: u64 = 24 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_signed_to_prove_a_key_is_spelled_out() {
        let id = WorkstationId(uuid::Uuid::from_u128(1));
        let bytes = enrol_proof("aa", id, "ed25519:x");
        assert_eq!(bytes, b"chinhchu-enrol/1\0aa\x0000000000-0000-0000-0000-000000000001\0ed25519:x");
    }
}

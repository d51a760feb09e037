//! Sealing a manifest at the workstation, and opening it anywhere.
//!
//! What is signed is a short statement: which call and assignment, whose key, which number under it, which
//! statement before it, and the Merkle root over all fields. Its SHA-256 is the `manifest_sha256` of receipts,
//! log, webhooks and of the next manifest.

use chinhchu_protocol::evidence::{MANIFEST_FORMAT, Manifest};
use chinhchu_protocol::ids::{CallId, WorkstationId};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use crate::dsse::{self, Envelope};
use crate::fault::Fault;
use crate::hex;
use crate::key::{KeyId, PublicKey, SigningKey};
use crate::leaves::Leaves;

/// Fields that say what the evidence is of; a bundle that hid them would prove nothing.
pub const ALWAYS_SHOWN: [&str; 6] =
    ["format", "call_id", "assignment", "workstation_id", "counter", "previous_sha256"];

/// What a workstation signs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// [`MANIFEST_FORMAT`].
    pub format: String,
    /// The call.
    pub call_id: CallId,
    /// Its assignment.
    pub assignment: u32,
    /// Whose key.
    pub workstation_id: WorkstationId,
    /// The key.
    pub key_id: KeyId,
    /// Number under that key, from 1, without gaps.
    pub counter: u32,
    /// `manifest_sha256` of the one before under that key; null for the first.
    pub previous_sha256: Option<String>,
    /// How many leaves.
    pub leaves: u32,
    /// Merkle root over them, hex.
    pub root: String,
}

/// A manifest ready for the outbox.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedManifest {
    /// The DSSE envelope, as it is uploaded.
    pub envelope: Vec<u8>,
    /// The leaves, as they are uploaded.
    pub leaves: Vec<u8>,
    /// SHA-256 of the exact bytes of the statement, hex.
    pub manifest_sha256: String,
}

/// A manifest whose signature and leaves fit.
#[derive(Clone, PartialEq, Eq)]
pub struct OpenedManifest {
    /// What was signed.
    pub statement: Statement,
    /// Its exact bytes.
    pub statement_bytes: Vec<u8>,
    /// Their hash, hex.
    pub manifest_sha256: String,
    /// The fields.
    pub leaves: Leaves,
}

/// Takes a manifest apart into salted leaves and signs their root.
pub fn seal(
    manifest: &Manifest,
    key: &SigningKey,
    rng: &mut impl CryptoRng,
) -> Result<SealedManifest, Fault> {
    let value = serde_json::to_value(manifest).map_err(|_| Fault::Unreadable)?;
    let leaves = Leaves::of(&value, rng)?;
    let statement = Statement {
        format: manifest.format.clone(),
        call_id: manifest.call_id,
        assignment: manifest.assignment,
        workstation_id: manifest.workstation_id,
        key_id: key.public().id(),
        counter: manifest.counter,
        previous_sha256: manifest.previous_sha256.clone(),
        leaves: u32::try_from(leaves.count()).map_err(|_| Fault::NotLeaves)?,
        root: hex::encode(&leaves.root()),
    };
    let bytes = serde_json::to_vec(&statement).map_err(|_| Fault::Unreadable)?;
    Ok(SealedManifest {
        envelope: Envelope::sign(dsse::MANIFEST, &bytes, key).to_bytes(),
        leaves: leaves.to_bytes()?,
        manifest_sha256: hex::sha256_hex(&bytes),
    })
}

/// Reads who signed and what, without believing it: to find the key to [`open`] it with.
pub fn claimed(envelope: &[u8]) -> Result<Statement, Fault> {
    use base64::Engine;
    let envelope = Envelope::parse(envelope)?;
    let payload = base64::engine::general_purpose::STANDARD.decode(&envelope.payload);
    serde_json::from_slice(&payload.map_err(|_| Fault::NotAnEnvelope)?).map_err(|_| Fault::Unreadable)
}

/// Opens a sealed manifest: signature, leaves and statement must fit together.
pub fn open(envelope: &[u8], leaves: &[u8], key: &PublicKey) -> Result<OpenedManifest, Fault> {
    let opened = open_statement(envelope, key)?;
    let leaves = Leaves::parse(leaves)?;
    opened.fits(&leaves)?;
    let OpenedStatement { statement, statement_bytes, manifest_sha256 } = opened;
    Ok(OpenedManifest { statement, statement_bytes, manifest_sha256, leaves })
}

/// A statement whose signature fits; its leaves are still to be checked.
pub struct OpenedStatement {
    /// What was signed.
    pub statement: Statement,
    /// Its exact bytes.
    pub statement_bytes: Vec<u8>,
    /// Their hash, hex.
    pub manifest_sha256: String,
}

impl OpenedStatement {
    /// Whether these are the leaves that were signed, and say what the statement says.
    pub fn fits(&self, leaves: &Leaves) -> Result<(), Fault> {
        let signed = usize::try_from(self.statement.leaves) == Ok(leaves.count())
            && self.statement.root == hex::encode(&leaves.root());
        if !signed {
            return Err(Fault::RootDiffers);
        }
        if self.statement.contradicts(leaves)? { Err(Fault::Contradiction) } else { Ok(()) }
    }
}

/// Opens the envelope alone.
pub fn open_statement(envelope: &[u8], key: &PublicKey) -> Result<OpenedStatement, Fault> {
    let statement_bytes = Envelope::parse(envelope)?.open(dsse::MANIFEST, key)?;
    let statement: Statement = serde_json::from_slice(&statement_bytes).map_err(|_| Fault::Unreadable)?;
    if statement.format != MANIFEST_FORMAT {
        return Err(Fault::WrongFormat);
    }
    if statement.key_id != key.id() {
        return Err(Fault::WrongKey);
    }
    let manifest_sha256 = hex::sha256_hex(&statement_bytes);
    Ok(OpenedStatement { statement, statement_bytes, manifest_sha256 })
}

impl Statement {
    fn contradicts(&self, leaves: &Leaves) -> Result<bool, Fault> {
        let signed = serde_json::to_value(self).map_err(|_| Fault::Unreadable)?;
        for name in ALWAYS_SHOWN {
            let shown = leaves.get(name).ok_or(Fault::MustBeShown)?;
            if signed.get(name) != Some(&shown) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl OpenedManifest {
    /// The manifest, if nothing of it is hidden.
    pub fn manifest(&self) -> Result<Manifest, Fault> {
        serde_json::from_value(self.leaves.to_value()?).map_err(|_| Fault::Unreadable)
    }
}

/// The leaves without the named fields (see [`Leaves::withhold`]); fields of [`ALWAYS_SHOWN`] stay.
pub fn withhold(leaves: &Leaves, names: &[&str]) -> Result<Leaves, Fault> {
    if names.iter().any(|name| ALWAYS_SHOWN.contains(name)) {
        return Err(Fault::MustBeShown);
    }
    leaves.withhold(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{manifest, rng, station_key};

    #[test]
    fn a_sealed_manifest_opens_whole() {
        let sealed = seal(&manifest(), &station_key(), &mut rng()).expect("seals");
        let opened = open(&sealed.envelope, &sealed.leaves, &station_key().public()).expect("opens");
        assert_eq!(opened.manifest(), Ok(manifest()));
        assert_eq!(opened.manifest_sha256, sealed.manifest_sha256);
        assert_eq!(hex::sha256_hex(&opened.statement_bytes), sealed.manifest_sha256);
        assert_eq!(claimed(&sealed.envelope).expect("reads"), opened.statement);
    }

    #[test]
    fn each_binding_field_must_agree_with_its_leaf() {
        let sealed = seal(&manifest(), &station_key(), &mut rng()).expect("seals");
        let statement = claimed(&sealed.envelope).expect("reads");
        let changes: [fn(&mut Statement); 5] = [
            |s| s.call_id = CallId(uuid::Uuid::from_u128(99)),
            |s| s.assignment += 1,
            |s| s.counter += 1,
            |s| s.previous_sha256 = None,
            |s| s.workstation_id = WorkstationId(uuid::Uuid::from_u128(99)),
        ];
        for change in changes {
            let mut other = statement.clone();
            change(&mut other);
            let bytes = serde_json::to_vec(&other).expect("json");
            // Signed by the right key, even so.
            let envelope = Envelope::sign(dsse::MANIFEST, &bytes, &station_key()).to_bytes();
            let opened = open(&envelope, &sealed.leaves, &station_key().public());
            assert_eq!(opened.err(), Some(Fault::Contradiction));
        }
    }

    #[test]
    fn other_leaves_another_key_and_another_format_are_refused() {
        let sealed = seal(&manifest(), &station_key(), &mut rng()).expect("seals");
        let public = station_key().public();
        let mut changed = manifest();
        changed.note = Some("otherwise".into());
        let other = seal(&changed, &station_key(), &mut rng()).expect("seals");
        assert_eq!(open(&sealed.envelope, &other.leaves, &public).err(), Some(Fault::RootDiffers));
        let stranger = SigningKey::from_bytes(&[9; 32]);
        assert_eq!(open(&sealed.envelope, &sealed.leaves, &stranger.public()).err(), Some(Fault::WrongKey));
        changed.format = "chinhchu-manifest/1".into();
        let old = seal(&changed, &station_key(), &mut rng()).expect("seals");
        assert_eq!(open(&old.envelope, &old.leaves, &public).err(), Some(Fault::WrongFormat));
    }

    #[test]
    fn what_the_evidence_is_of_cannot_be_hidden() {
        let sealed = seal(&manifest(), &station_key(), &mut rng()).expect("seals");
        let leaves = Leaves::parse(&sealed.leaves).expect("parses");
        assert_eq!(withhold(&leaves, &["call_id"]).err(), Some(Fault::MustBeShown));
        // Nor by someone who does not ask this crate.
        let forced = leaves.withhold(&["call_id"]).expect("hides").to_bytes().expect("json");
        let opened = open(&sealed.envelope, &forced, &station_key().public());
        assert_eq!(opened.err(), Some(Fault::MustBeShown));
        let hidden = withhold(&leaves, &["case.id_number", "note"]).expect("hides");
        let bytes = hidden.to_bytes().expect("json");
        let opened = open(&sealed.envelope, &bytes, &station_key().public()).expect("opens");
        assert_eq!(opened.manifest(), Err(Fault::Withheld));
        assert_eq!(opened.leaves.withheld().collect::<Vec<_>>(), ["case.id_number", "note"]);
    }
}

//! One record of the audit, and the chain over all of them.

use chinhchu_protocol::time::Timestamp;
use sha2::{Digest, Sha256};

use super::Entry;
use crate::store::StoreError;
use crate::switchboard::Hash;

/// Keeps the hashes of this chain apart from those of the log's.
const DOMAIN: &[u8] = b"chinhchu-audit/1";
const GENESIS: Hash = [0; 32];

/// A record, as stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditRecord {
    /// From 1, without gaps.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// To what.
    pub subject: String,
    /// JSON, exact bytes.
    pub detail: Vec<u8>,
    /// Hash of the record before.
    pub prev_hash: Hash,
    /// Hash of this one.
    pub hash: Hash,
}

/// The end of the audit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AuditHead {
    /// Number of the last record, 0 before the first.
    pub seq: u64,
    /// Its time.
    pub at: Timestamp,
    /// Its hash.
    pub hash: Hash,
}

impl AuditHead {
    /// Before the first record.
    pub const EMPTY: Self = Self { seq: 0, at: Timestamp::from_ms(0), hash: GENESIS };

    /// The record that follows.
    pub fn next(&self, at: Timestamp, entry: &Entry<'_>) -> Result<AuditRecord, StoreError> {
        let mut record = AuditRecord {
            seq: self.seq + 1,
            at,
            actor: entry.actor.to_owned(),
            action: entry.action.to_owned(),
            subject: entry.subject.to_owned(),
            detail: serde_json::to_vec(entry.detail)?,
            prev_hash: self.hash,
            hash: GENESIS,
        };
        record.hash = record.reckon();
        Ok(record)
    }

    /// Steps over a stored record, if it is the one that follows.
    pub fn follow(&self, record: &AuditRecord) -> Option<Self> {
        let fits =
            record.seq == self.seq + 1 && record.prev_hash == self.hash && record.hash == record.reckon();
        fits.then_some(Self { seq: record.seq, at: record.at, hash: record.hash })
    }
}

impl AuditRecord {
    fn reckon(&self) -> Hash {
        let mut sha = Sha256::new()
            .chain_update(DOMAIN)
            .chain_update(self.prev_hash)
            .chain_update(self.seq.to_be_bytes())
            .chain_update(self.at.ms().to_be_bytes());
        for part in [self.actor.as_bytes(), self.action.as_bytes(), self.subject.as_bytes(), &self.detail] {
            sha.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            sha.update(part);
        }
        sha.finalize().into()
    }
}

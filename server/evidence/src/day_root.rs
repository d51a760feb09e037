//! One signed root a day over the log and the audit, each naming the one before. Once it has gone out (to mSale,
//! to a time-stamping authority), nothing of that day can be changed unseen, not even by the operator.

use chinhchu_protocol::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::dsse;
use crate::fault::Fault;
use crate::hex::{self, Hash};
use crate::merkle;
use crate::signed::Signed;

/// `format` of a day's root.
pub const FORMAT: &str = "chinhchu-day-root/1";

/// What the server signs about a day.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DayRoot {
    /// [`FORMAT`].
    pub format: String,
    /// `YYYY-MM-DD`, the day in Vietnam.
    pub day: String,
    /// Whether the day was over. A root made earlier (for an export) covers the records up to then.
    pub complete: bool,
    /// When it was made.
    pub made_at: Timestamp,
    /// The log's records of the day.
    pub log: Span,
    /// The audit's records of the day.
    pub audit: Span,
    /// [`root_over`] the hashes of the log's records, hex.
    pub log_root: String,
    /// [`root_over`] the hashes of the audit's records, hex.
    pub audit_root: String,
    /// [`crate::signed::statement_sha256`] of the root of the day before; null for the first.
    pub previous_sha256: Option<String>,
}

/// Records `from_seq` to `to_seq`, both included; none if `from_seq` is `to_seq + 1`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// First.
    pub from_seq: u64,
    /// Last.
    pub to_seq: u64,
    /// Hash of record `to_seq`, hex (64 zeros before the first record of all).
    pub head_hash: String,
}

impl Span {
    /// How many records.
    pub fn count(&self) -> u64 {
        (self.to_seq + 1).saturating_sub(self.from_seq)
    }

    /// Place of a record in the span's tree.
    pub fn place(&self, seq: u64) -> Option<u64> {
        (self.from_seq..=self.to_seq).contains(&seq).then(|| seq - self.from_seq)
    }
}

/// Merkle root over hashes of records: each 32-byte hash is the data of one leaf.
pub fn root_over(hashes: &[Hash]) -> Hash {
    merkle::root(&leaves(hashes))
}

/// The way from record `index` of a span to its root, as hex.
pub fn prove(hashes: &[Hash], index: usize) -> Option<Vec<String>> {
    Some(merkle::prove(&leaves(hashes), index)?.iter().map(|hash| hex::encode(hash)).collect())
}

/// Whether a record's hash is number `index` of `count` under `root`.
pub fn proven(hash: &Hash, index: u64, count: u64, path: &[String], root: &str) -> Result<bool, Fault> {
    let path: Option<Vec<Hash>> = path.iter().map(|hash| hex::decode(hash)).collect();
    let (Some(path), Some(root)) = (path, hex::decode(root)) else { return Err(Fault::Unreadable) };
    Ok(merkle::verify(&merkle::leaf_hash(hash), index, count, &path, &root))
}

fn leaves(hashes: &[Hash]) -> Vec<Hash> {
    hashes.iter().map(|hash| merkle::leaf_hash(hash)).collect()
}

impl Signed for DayRoot {
    const TYPE: &'static str = dsse::DAY_ROOT;
    const FORMAT: &'static str = FORMAT;

    fn format(&self) -> &str {
        &self.format
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_counts_and_places_its_records() {
        let span = Span { from_seq: 5, to_seq: 7, head_hash: String::new() };
        assert_eq!((span.count(), span.place(5), span.place(7), span.place(8)), (3, Some(0), Some(2), None));
        let none = Span { from_seq: 5, to_seq: 4, head_hash: String::new() };
        assert_eq!((none.count(), none.place(4), none.place(5)), (0, None, None));
    }

    #[test]
    fn a_record_is_proven_in_its_place_only() {
        let hashes: Vec<Hash> = (0..5_u8).map(|n| [n; 32]).collect();
        let root = hex::encode(&root_over(&hashes));
        let path = prove(&hashes, 3).expect("record");
        assert_eq!(proven(&hashes[3], 3, 5, &path, &root), Ok(true));
        assert_eq!(proven(&hashes[3], 2, 5, &path, &root), Ok(false));
        assert_eq!(proven(&hashes[2], 3, 5, &path, &root), Ok(false));
        assert_eq!(prove(&hashes, 5), None);
    }
}

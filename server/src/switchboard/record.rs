//! One record of the log, and the chain over all of them.

use chinhchu_evidence::chain::record_hash;
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::{Fact, Input};

use crate::store::StoreError;

/// Stands before the first record.
pub const GENESIS: Hash = [0; 32];

/// SHA-256.
pub type Hash = [u8; 32];

/// A record, as stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// From 1, without gaps.
    pub seq: u64,
    /// When it was decided.
    pub at: Timestamp,
    /// By which rules.
    pub rules_version: u32,
    /// JSON of the input.
    pub input: Vec<u8>,
    /// JSON of the facts.
    pub facts: Vec<u8>,
    /// Hash of the record before.
    pub prev_hash: Hash,
    /// Hash of this one.
    pub hash: Hash,
}

/// The end of the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Head {
    /// Number of the last record, 0 before the first.
    pub seq: u64,
    /// Its time.
    pub at: Timestamp,
    /// Its hash.
    pub hash: Hash,
}

impl Head {
    /// Before the first record.
    pub const EMPTY: Self = Self { seq: 0, at: Timestamp::from_ms(0), hash: GENESIS };

    /// The record that follows.
    pub fn next(
        &self,
        at: Timestamp,
        rules_version: u32,
        input: &Input,
        facts: &[Fact],
    ) -> Result<Record, StoreError> {
        let mut record = Record {
            seq: self.seq + 1,
            at,
            rules_version,
            input: serde_json::to_vec(input)?,
            facts: serde_json::to_vec(facts)?,
            prev_hash: self.hash,
            hash: GENESIS,
        };
        record.hash = record.reckon();
        Ok(record)
    }

    /// Steps over a stored record, if it is the one that follows.
    pub fn follow(&self, record: &Record) -> Result<Self, StoreError> {
        let fits =
            record.seq == self.seq + 1 && record.prev_hash == self.hash && record.hash == record.reckon();
        if fits {
            Ok(Self { seq: record.seq, at: record.at.max(self.at), hash: record.hash })
        } else {
            Err(StoreError::Corrupt("the log's chain of hashes"))
        }
    }
}

impl Record {
    /// The facts, read back.
    pub fn facts(&self) -> Result<Vec<Fact>, StoreError> {
        Ok(serde_json::from_slice(&self.facts)?)
    }

    fn reckon(&self) -> Hash {
        // One place for it: bundles of evidence reckon it offline.
        record_hash(&self.prev_hash, self.seq, self.at.ms(), self.rules_version, &self.input, &self.facts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_a_record_is_the_one_that_logs_in_the_field_carry() {
        let record = Record {
            seq: 7,
            at: Timestamp::from_ms(1_795_000_000_123),
            rules_version: 3,
            input: br#""tick""#.to_vec(),
            facts: b"[]".to_vec(),
            prev_hash: [9; 32],
            hash: GENESIS,
        };
        let wanted = "c975383d6988adbac432915a3a125d320f45b2dba13d53217636ee457167dbb2";
        assert_eq!(crate::cases::hex(&record.reckon()), wanted);
    }

    #[test]
    fn a_changed_record_breaks_the_chain() {
        let first = Head::EMPTY.next(Timestamp::from_ms(1), 1, &Input::Tick, &[]).expect("record");
        let head = Head::EMPTY.follow(&first).expect("follows");
        let second = head.next(Timestamp::from_ms(2), 1, &Input::Started, &[]).expect("record");
        head.follow(&second).expect("follows");
        assert!(Head::EMPTY.follow(&second).is_err(), "a gap");
        for change in [|r: &mut Record| r.at = Timestamp::from_ms(3), |r: &mut Record| r.facts.push(b' ')] {
            let mut changed = second.clone();
            change(&mut changed);
            assert!(head.follow(&changed).is_err());
        }
    }
}

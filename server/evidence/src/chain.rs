//! Records of the server's log, as a bundle carries them: exact bytes, each proven in the root of its day. The
//! hash of a record is reckoned exactly as the server's log does (`server/src/switchboard/record.rs`).

use chinhchu_protocol::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::day_root::{self, DayRoot};
use crate::fault::Fault;
use crate::hex::{self, Hash};

/// `format` of the records.
pub const FORMAT: &str = "chinhchu-chain/1";

/// The records of a call, and those of the server's outages meanwhile.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chain {
    /// [`FORMAT`].
    pub format: String,
    /// In order.
    pub records: Vec<ProvenRecord>,
    /// The record that the receipt names, without what it says: it may be of another call.
    pub receipt: Option<ProvenHash>,
}

/// A record of which only the hash is shown.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProvenHash {
    /// Number in the log.
    pub seq: u64,
    /// Its hash, hex.
    pub hash: String,
    /// In the root of which day it stands.
    pub day: String,
    /// From its leaf to that root, hex.
    pub path: Vec<String>,
}

impl ProvenHash {
    /// Whether it stands in its place under the root.
    pub fn stands_in(&self, root: &DayRoot) -> Result<bool, Fault> {
        let hash = hex::decode(&self.hash).ok_or(Fault::Unreadable)?;
        stands(&hash, self.seq, &self.path, root)
    }
}

fn stands(hash: &Hash, seq: u64, path: &[String], root: &DayRoot) -> Result<bool, Fault> {
    let Some(place) = root.log.place(seq) else { return Ok(false) };
    let last = seq != root.log.to_seq || hex::encode(hash) == root.log.head_hash;
    Ok(last && day_root::proven(hash, place, root.log.count(), path, &root.log_root)?)
}

/// One record and its way to a root.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProvenRecord {
    /// Number in the log.
    pub seq: u64,
    /// When, ms since 1970.
    pub at_ms: i64,
    /// By which rules.
    pub rules_version: u32,
    /// JSON of the input, exact bytes.
    pub input: String,
    /// JSON of the facts, exact bytes.
    pub facts: String,
    /// Hash of the record before, hex.
    pub prev_hash: String,
    /// In the root of which day it stands.
    pub day: String,
    /// From its leaf to that root, hex.
    pub path: Vec<String>,
}

impl ProvenRecord {
    /// The record's hash.
    pub fn hash(&self) -> Result<Hash, Fault> {
        let prev = hex::decode(&self.prev_hash).ok_or(Fault::Unreadable)?;
        let (input, facts) = (self.input.as_bytes(), self.facts.as_bytes());
        Ok(record_hash(&prev, self.seq, self.at_ms, self.rules_version, input, facts))
    }

    /// Whether it stands in its place under the root.
    pub fn stands_in(&self, root: &DayRoot) -> Result<bool, Fault> {
        stands(&self.hash()?, self.seq, &self.path, root)
    }

    /// The facts, read.
    pub fn facts(&self) -> Result<Vec<Value>, Fault> {
        serde_json::from_str(&self.facts).map_err(|_| Fault::Unreadable)
    }
}

/// Spans that the server's clock went over at once, or did not look (fact `outage`), in a record's facts.
pub fn outages(facts: &[Value]) -> Vec<(Timestamp, Timestamp)> {
    let time = |fact: &Value, name: &str| fact[name].as_str().and_then(|at| at.parse().ok());
    let told = facts.iter().filter(|fact| fact["event"] == "outage");
    told.filter_map(|fact| time(fact, "from").zip(time(fact, "to"))).collect()
}

/// How much of a span of the server's time lies in outages, ms: so much less another clock may have counted.
pub fn lost_ms(outages: &[(Timestamp, Timestamp)], from: Timestamp, to: Timestamp) -> i64 {
    let inside = |(begin, end): &(Timestamp, Timestamp)| (*end).min(to).ms_since((*begin).max(from)).max(0);
    outages.iter().map(inside).sum()
}

/// The hash of a record of the log.
pub fn record_hash(
    prev: &Hash,
    seq: u64,
    at_ms: i64,
    rules_version: u32,
    input: &[u8],
    facts: &[u8],
) -> Hash {
    let length = |bytes: &[u8]| u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes();
    Sha256::new()
        .chain_update(prev)
        .chain_update(seq.to_be_bytes())
        .chain_update(at_ms.to_be_bytes())
        .chain_update(rules_version.to_be_bytes())
        .chain_update(length(input))
        .chain_update(input)
        .chain_update(length(facts))
        .chain_update(facts)
        .finalize()
        .into()
}

impl Chain {
    /// Reads the records; only exactly as [`Self::to_bytes`] writes them.
    pub fn parse(bytes: &[u8]) -> Result<Self, Fault> {
        let chain: Self = serde_json::from_slice(bytes).map_err(|_| Fault::Unreadable)?;
        if chain.format != FORMAT {
            return Err(Fault::WrongFormat);
        }
        if chain.to_bytes()? == bytes { Ok(chain) } else { Err(Fault::Unreadable) }
    }

    /// JSON without spaces.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Fault> {
        serde_json::to_vec(self).map_err(|_| Fault::Unreadable)
    }

    /// Whether records that follow each other are chained, and all stand in order.
    pub fn is_chained(&self) -> Result<bool, Fault> {
        for pair in self.records.windows(2) {
            let follows = pair[1].seq == pair[0].seq + 1;
            if pair[1].seq <= pair[0].seq || (follows && pair[1].prev_hash != hex::encode(&pair[0].hash()?)) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

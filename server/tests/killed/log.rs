//! The log, read from the file without any of the server's code: the chain of hashes, and what it says.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, params};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::model::Model;

/// Opens the store of a folder for reading only.
pub fn open(folder: &Path) -> Connection {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(folder.join("chinhchu.db"), flags).expect("store");
    connection.busy_timeout(Duration::from_secs(10)).expect("patience");
    connection
}

/// How far the log was read, and what it came to.
#[derive(Clone)]
pub struct Log {
    pub seq: u64,
    hash: Vec<u8>,
    pub model: Model,
}

impl Default for Log {
    fn default() -> Self {
        Self { seq: 0, hash: vec![0; 32], model: Model::default() }
    }
}

impl Log {
    /// Reads what is new; gives every fault. What was read before must still be there.
    pub fn read_on(&mut self, connection: &Connection) -> Vec<String> {
        let mut faults = Vec::new();
        if self.seq > 0 {
            let sql = "SELECT hash FROM log WHERE seq = ?1";
            let hash: Option<Vec<u8>> =
                connection.query_row(sql, [self.seq.cast_signed()], |row| row.get(0)).ok();
            if hash.as_ref() != Some(&self.hash) {
                faults.push(format!("log: record {}, seen before, is gone or another", self.seq));
                return faults;
            }
        }
        let sql = "SELECT seq, at_ms, rules_version, input, facts, prev_hash, hash FROM log WHERE seq > ?1 ORDER BY seq";
        let mut statement = connection.prepare(sql).expect("statement");
        let mut rows = statement.query(params![self.seq.cast_signed()]).expect("log");
        while let Some(row) = rows.next().expect("row") {
            let seq: u64 = row.get::<_, i64>(0).expect("seq").cast_unsigned();
            let (at, rules): (i64, u32) = (row.get(1).expect("at"), row.get(2).expect("rules"));
            let [input, facts, before, hash]: [Vec<u8>; 4] = [3, 4, 5, 6].map(|n| row.get(n).expect("bytes"));
            if seq != self.seq + 1 {
                faults.push(format!("log: record {seq} follows {}", self.seq));
            }
            if before != self.hash || reckon(&before, seq, at, rules, &input, &facts) != hash {
                faults.push(format!("log: the chain breaks at record {seq}"));
            }
            (self.seq, self.hash) = (seq, hash);
            match serde_json::from_slice::<Vec<Value>>(&facts) {
                Ok(facts) => self.model.record(seq, &facts, &mut faults),
                Err(error) => faults.push(format!("log: record {seq}: {error}")),
            }
        }
        faults
    }
}

/// SHA-256 over the hash before, number, time and rules (big endian), and both texts with their lengths.
fn reckon(before: &[u8], seq: u64, at: i64, rules: u32, input: &[u8], facts: &[u8]) -> Vec<u8> {
    let mut hasher = Sha256::new();
    hasher.update(before);
    hasher.update(seq.to_be_bytes());
    hasher.update(at.to_be_bytes());
    hasher.update(rules.to_be_bytes());
    for text in [input, facts] {
        hasher.update(u64::try_from(text.len()).expect("length").to_be_bytes());
        hasher.update(text);
    }
    hasher.finalize().to_vec()
}

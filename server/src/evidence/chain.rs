//! What each key has signed, by its own numbers. A number used for two manifests, or two manifests that disagree
//! about the one before, prove that the key signed twice in parallel (a restored disk, a copied key): the later
//! one is kept aside, and the key signs nothing more until an administrator has looked.

use chinhchu_evidence::Statement;
use chinhchu_protocol::ids::AgentId;
use chinhchu_protocol::time::Timestamp;
use rusqlite::{Connection, params};
use serde_json::json;

use crate::objects::CaseKey;
use crate::store::{StoreError, rows};
use crate::workstations::decide;
use crate::workstations::sql::StoredKey;

const LEAVES: &[u8] = b"leaves of a conflict";
const REASON: &str = "two manifests with one number";

/// Whether a manifest contradicts what its key has signed before.
pub fn contradicts(
    connection: &Connection,
    key_id: &str,
    counter: u32,
    manifest_sha256: [u8; 32],
    previous_sha256: Option<[u8; 32]>,
) -> Result<bool, StoreError> {
    let same = hash_of(connection, key_id, counter)?;
    let before = counter.checked_sub(1).map(|n| hash_of(connection, key_id, n)).transpose()?.flatten();
    let after = match counter.checked_add(1) {
        Some(next) => {
            let sql = "SELECT previous_sha256 FROM manifest_counters WHERE key_id = ?1 AND counter = ?2";
            rows::first(connection, sql, params![key_id, next], |row| row.get::<_, Option<[u8; 32]>>(0))?
        }
        None => None,
    };
    Ok(same.is_some_and(|hash| hash != manifest_sha256)
        || before.is_some_and(|hash| Some(hash) != previous_sha256)
        || after.is_some_and(|named| named != Some(manifest_sha256)))
}

fn hash_of(connection: &Connection, key_id: &str, counter: u32) -> Result<Option<[u8; 32]>, StoreError> {
    let sql = "SELECT manifest_sha256 FROM manifest_counters WHERE key_id = ?1 AND counter = ?2";
    rows::first(connection, sql, params![key_id, counter], |row| row.get(0))
}

/// Writes a manifest into its key's chain; fails with a conflict if the number was used.
pub fn insert(
    tx: &Connection,
    statement: &Statement,
    manifest_sha256: [u8; 32],
    previous_sha256: Option<[u8; 32]>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO manifest_counters
                 (key_id, counter, manifest_sha256, previous_sha256, call_id, assignment, received_ms)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let (key, call) = (statement.key_id.to_string(), statement.call_id.0.as_bytes());
    let (counter, assignment) = (statement.counter, statement.assignment);
    rows::run(tx, sql, params![key, counter, manifest_sha256, previous_sha256, call, assignment, now.ms()])?;
    Ok(())
}

/// A manifest that contradicts its key's chain.
pub struct Conflict<'a> {
    /// What was signed.
    pub statement: &'a Statement,
    /// Its hash.
    pub manifest_sha256: [u8; 32],
    /// As uploaded.
    pub envelope: &'a str,
    /// As uploaded.
    pub leaves: &'a [u8],
    /// Who uploaded it.
    pub agent: AgentId,
}

/// Keeps it for a person to look at, and puts its key in quarantine; the same one again changes nothing.
pub fn keep(
    tx: &Connection,
    case_key: &CaseKey,
    signer: &StoredKey,
    conflict: &Conflict<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT OR IGNORE INTO counter_conflicts
                 (manifest_sha256, key_id, counter, call_id, assignment, agent_id, envelope, leaves_sealed, received_ms)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let Statement { counter, call_id, assignment, .. } = conflict.statement;
    let (call, agent) = (call_id.0.as_bytes(), conflict.agent.0.as_bytes());
    let leaves = case_key.seal(LEAVES, conflict.leaves);
    let hash = conflict.manifest_sha256;
    let kept = rows::run(
        tx,
        sql,
        params![hash, signer.key_id, counter, call, assignment, agent, conflict.envelope, leaves, now.ms()],
    )?;
    if kept == 0 {
        return Ok(());
    }
    let detail =
        json!({ "key_id": signer.key_id, "counter": counter, "call_id": call_id, "assignment": assignment });
    decide::quarantine(tx, signer, REASON, &detail, now)
}

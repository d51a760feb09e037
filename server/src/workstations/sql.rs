//! Rows of workstations' keys and of enrolment codes.

use chinhchu_protocol::ids::{AgentId, SessionId, WorkstationId};
use chinhchu_protocol::time::Timestamp;
use chinhchu_protocol::workstation::WorkstationState;
use rusqlite::{Connection, Row, params};

use crate::store::{StoreError, rows};

/// A key that a workstation has named.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredKey {
    /// First 32 hex digits of the key's SHA-256.
    pub key_id: String,
    /// Whose.
    pub workstation_id: WorkstationId,
    /// By which IT knows it.
    pub name: String,
    /// `ed25519:…`.
    pub public_key: String,
    /// What became of it.
    pub state: WorkstationState,
    /// When it was first named.
    pub requested_at: Timestamp,
    /// In whose sign-in.
    pub requested_by: AgentId,
    /// When it was last decided on.
    pub decided_at: Option<Timestamp>,
    /// By whom.
    pub decided_by: Option<String>,
    /// Why, for a key that was taken back.
    pub reason: Option<String>,
    /// The signed approval (DSSE, JSON).
    pub enrolment: Option<String>,
    /// Closed only because the workstation has another key now.
    pub replaced: bool,
}

/// A decision on a key.
pub struct Decision<'a> {
    /// What it is from now on.
    pub state: WorkstationState,
    /// By whom.
    pub by: &'a str,
    /// Why.
    pub reason: Option<&'a str>,
    /// The signed approval, for an approval; an earlier one stays otherwise.
    pub enrolment: Option<&'a str>,
    /// Closed only because another key has followed.
    pub replaced: bool,
}

/// Stores a key that waits for approval.
pub fn insert(tx: &Connection, key: &StoredKey) -> Result<(), StoreError> {
    let sql = "INSERT INTO workstation_keys
                 (key_id, workstation_id, name, public_key, state, requested_ms, requested_by)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let (id, by) = (key.workstation_id.0.as_bytes(), key.requested_by.0.as_bytes());
    let at = key.requested_at.ms();
    rows::run(tx, sql, params![key.key_id, id, key.name, key.public_key, name(key.state), at, by])?;
    Ok(())
}

/// Writes down what was decided on a key.
pub fn decide(
    tx: &Connection,
    key_id: &str,
    decision: &Decision<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "UPDATE workstation_keys SET state = ?2, decided_by = ?3, reason = ?4,
                 enrolment = coalesce(?5, enrolment), decided_ms = ?6, replaced = ?7 WHERE key_id = ?1";
    let Decision { state, by, reason, enrolment, replaced } = decision;
    let values = params![key_id, name(*state), by, reason, enrolment, now.ms(), replaced];
    let changed = rows::run(tx, sql, values)?;
    if changed == 1 { Ok(()) } else { Err(StoreError::Corrupt("a workstation's key")) }
}

/// A key.
pub fn key(connection: &Connection, key_id: &str) -> Result<Option<StoredKey>, StoreError> {
    rows::first(connection, "SELECT * FROM workstation_keys WHERE key_id = ?1", [key_id], stored)
}

/// Every key of a workstation, newest first.
pub fn keys_of(connection: &Connection, id: WorkstationId) -> Result<Vec<StoredKey>, StoreError> {
    let sql = "SELECT * FROM workstation_keys WHERE workstation_id = ?1 ORDER BY requested_ms DESC, key_id";
    rows::all(connection, sql, [id.0.as_bytes()], stored)
}

/// Every key, oldest first.
pub fn keys(connection: &Connection) -> Result<Vec<StoredKey>, StoreError> {
    rows::all(connection, "SELECT * FROM workstation_keys ORDER BY requested_ms, key_id", [], stored)
}

/// The key that a sign-in stands for: the one that was proven in it. A workstation's id is no secret (every
/// manifest names it): before a proof a sign-in stands for none.
pub fn key_of_session(connection: &Connection, session: SessionId) -> Result<Option<StoredKey>, StoreError> {
    let sql =
        "SELECT k.* FROM agent_sessions s JOIN workstation_keys k USING (key_id) WHERE s.session_id = ?1";
    rows::first(connection, sql, [session.0.as_bytes()], stored)
}

/// Where the workstation of a sign-in stands.
pub fn state_of_session(connection: &Connection, session: SessionId) -> Result<WorkstationState, StoreError> {
    let key = key_of_session(connection, session)?;
    Ok(key.map_or(WorkstationState::Unknown, |key| key.state))
}

/// A key was proven in a sign-in.
pub fn prove(tx: &Connection, session: SessionId, key_id: &str) -> Result<(), StoreError> {
    let sql = "UPDATE agent_sessions SET key_id = ?2 WHERE session_id = ?1";
    rows::run(tx, sql, params![session.0.as_bytes(), key_id])?;
    Ok(())
}

/// Stores a one-time code.
pub fn insert_code(
    tx: &Connection,
    code_hash: [u8; 32],
    issued_by: &str,
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql =
        "INSERT INTO enrolment_codes (code_hash, issued_by, created_ms, expires_ms) VALUES (?1, ?2, ?3, ?4)";
    rows::run(tx, sql, params![code_hash, issued_by, now.ms(), expires_at.ms()])?;
    Ok(())
}

/// Uses a one-time code up; gives who issued it, or nothing if it does not hold.
pub fn use_code(
    tx: &Connection,
    code_hash: [u8; 32],
    key_id: &str,
    now: Timestamp,
) -> Result<Option<String>, StoreError> {
    let sql = "UPDATE enrolment_codes SET used_ms = ?3, used_by = ?2
               WHERE code_hash = ?1 AND used_ms IS NULL AND expires_ms > ?3 RETURNING issued_by";
    rows::first(tx, sql, params![code_hash, key_id, now.ms()], |row| row.get(0))
}

fn stored(row: &Row<'_>) -> rusqlite::Result<StoredKey> {
    let state: String = row.get("state")?;
    Ok(StoredKey {
        key_id: row.get("key_id")?,
        workstation_id: WorkstationId(rows::id(row, "workstation_id")?),
        name: row.get("name")?,
        public_key: row.get("public_key")?,
        state: parse(&state).ok_or(rusqlite::Error::InvalidQuery)?,
        requested_at: rows::time(row, "requested_ms")?,
        requested_by: AgentId(rows::id(row, "requested_by")?),
        decided_at: rows::time_or_null(row, "decided_ms")?,
        decided_by: row.get("decided_by")?,
        reason: row.get("reason")?,
        enrolment: row.get("enrolment")?,
        replaced: row.get("replaced")?,
    })
}

/// A state's name in rows, as on the wire.
pub const fn name(state: WorkstationState) -> &'static str {
    match state {
        WorkstationState::Unknown => "unknown",
        WorkstationState::Pending => "pending",
        WorkstationState::Approved => "approved",
        WorkstationState::Revoked => "revoked",
        WorkstationState::Quarantined => "quarantined",
    }
}

fn parse(text: &str) -> Option<WorkstationState> {
    const STORED: [WorkstationState; 4] = [
        WorkstationState::Pending,
        WorkstationState::Approved,
        WorkstationState::Revoked,
        WorkstationState::Quarantined,
    ];
    STORED.into_iter().find(|state| name(*state) == text)
}

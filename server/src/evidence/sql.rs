//! Rows of evidence. The manifest's exact bytes are sealed: its note is a person's words about a person.

use chinhchu_protocol::evidence::{EvidenceReceipt, Manifest, VerdictStanding};
use chinhchu_protocol::ids::{AgentId, CallId, SessionId, WorkstationId};
use chinhchu_protocol::time::Timestamp;
use rusqlite::{Connection, params};

use crate::cases::hex;
use crate::objects::CaseKey;
use crate::store::{StoreError, rows};

const MANIFEST: &[u8] = b"manifest";

/// Evidence to be stored.
pub struct NewEvidence<'a> {
    /// The call.
    pub call: CallId,
    /// Its assignment.
    pub assignment: u32,
    /// Who gave the verdict.
    pub agent: AgentId,
    /// In which sign-in.
    pub session: SessionId,
    /// Over the exact bytes.
    pub manifest_sha256: [u8; 32],
    /// The exact bytes.
    pub manifest: &'a [u8],
    /// What the core made of it.
    pub standing: VerdictStanding,
}

/// Stores evidence; fails with a conflict if there is some for the assignment.
pub fn insert(
    tx: &Connection,
    key: &CaseKey,
    new: &NewEvidence<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql =
        "INSERT INTO evidence (call_id, assignment, agent_id, session_id, manifest_sha256, manifest_sealed,
                 standing, received_ms)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let (call, agent, session) = (new.call.0.as_bytes(), new.agent.0.as_bytes(), new.session.0.as_bytes());
    let sealed = key.seal(MANIFEST, new.manifest);
    let standing = match new.standing {
        VerdictStanding::Counts => "counts",
        VerdictStanding::Late => "late",
        VerdictStanding::Superseded => "superseded",
    };
    let hash = new.manifest_sha256;
    rows::run(tx, sql, params![call, new.assignment, agent, session, hash, sealed, standing, now.ms()])?;
    Ok(())
}

/// What was answered to an upload.
pub fn receipt(
    connection: &Connection,
    call: CallId,
    assignment: u32,
) -> Result<Option<EvidenceReceipt>, StoreError> {
    let sql =
        "SELECT manifest_sha256, standing, received_ms FROM evidence WHERE call_id = ?1 AND assignment = ?2";
    rows::first(connection, sql, params![call.0.as_bytes(), assignment], |row| {
        let standing: String = row.get("standing")?;
        Ok(EvidenceReceipt {
            call_id: call,
            assignment,
            manifest_sha256: hex(&row.get::<_, [u8; 32]>("manifest_sha256")?),
            received_at: rows::time(row, "received_ms")?,
            standing: match standing.as_str() {
                "counts" => VerdictStanding::Counts,
                "late" => VerdictStanding::Late,
                _ => VerdictStanding::Superseded,
            },
            envelope: serde_json::Value::Null, // Not countersigned yet.
        })
    })
}

/// Assignments of a call that left evidence, oldest first.
pub fn assignments(connection: &Connection, call: CallId) -> Result<Vec<u32>, StoreError> {
    let sql = "SELECT assignment FROM evidence WHERE call_id = ?1 ORDER BY assignment";
    rows::all(connection, sql, params![call.0.as_bytes()], |row| row.get(0))
}

/// The manifest of an assignment, opened.
pub fn manifest(
    connection: &Connection,
    key: &CaseKey,
    call: CallId,
    assignment: u32,
) -> Result<Option<Manifest>, StoreError> {
    let bytes = manifest_bytes(connection, key, call, assignment)?;
    Ok(bytes.map(|bytes| serde_json::from_slice(&bytes)).transpose()?)
}

/// The exact bytes of the manifest of an assignment.
pub fn manifest_bytes(
    connection: &Connection,
    key: &CaseKey,
    call: CallId,
    assignment: u32,
) -> Result<Option<Vec<u8>>, StoreError> {
    let sql = "SELECT manifest_sealed FROM evidence WHERE call_id = ?1 AND assignment = ?2";
    let sealed: Option<Vec<u8>> =
        rows::first(connection, sql, params![call.0.as_bytes(), assignment], |row| row.get(0))?;
    let Some(sealed) = sealed else { return Ok(None) };
    key.open(MANIFEST, &sealed).map(Some).map_err(|_| StoreError::Corrupt("manifest"))
}

/// Workstation of a session of this agent, however long ago.
pub fn workstation(
    connection: &Connection,
    agent: AgentId,
    session: SessionId,
) -> Result<Option<WorkstationId>, StoreError> {
    let sql = "SELECT workstation_id FROM agent_sessions WHERE session_id = ?1 AND agent_id = ?2";
    rows::first(connection, sql, params![session.0.as_bytes(), agent.0.as_bytes()], |row| {
        rows::id(row, "workstation_id").map(WorkstationId)
    })
}

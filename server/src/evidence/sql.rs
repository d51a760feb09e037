//! Rows of evidence. The manifest's fields are sealed: its note is a person's words about a person. The signed
//! envelope and the receipt hold ids and hashes only.

use chinhchu_protocol::evidence::{EvidenceReceipt, VerdictStanding};
use chinhchu_protocol::ids::{AgentId, CallId, SessionId, WorkstationId};
use chinhchu_protocol::time::Timestamp;
use rusqlite::{Connection, params};
use serde::Deserialize;

use crate::cases::hex;
use crate::objects::CaseKey;
use crate::store::{StoreError, rows};

const MANIFEST: &[u8] = b"manifest";
const LEAVES: &[u8] = b"leaves";

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
    /// Of the signed statement.
    pub manifest_sha256: [u8; 32],
    /// The fields as JSON, for reading.
    pub manifest: &'a [u8],
    /// As uploaded.
    pub envelope: &'a str,
    /// As uploaded.
    pub leaves: &'a [u8],
    /// Whose key signed.
    pub key_id: &'a str,
    /// Number under that key.
    pub counter: u32,
    /// The countersigned receipt (DSSE, JSON).
    pub receipt: &'a str,
    /// What the core made of it.
    pub standing: VerdictStanding,
}

/// What the operator's screens tell of a manifest.
#[derive(Deserialize)]
pub struct Words {
    /// Code of the reason.
    pub reason: Option<String>,
    /// Free words.
    pub note: Option<String>,
}

/// Signed evidence as stored, opened.
pub struct StoredEvidence {
    /// The fields as JSON.
    pub manifest: Vec<u8>,
    /// As uploaded.
    pub envelope: String,
    /// As uploaded.
    pub leaves: Vec<u8>,
    /// Whose key signed.
    pub key_id: String,
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
                 standing, received_ms, envelope, leaves_sealed, receipt, key_id, counter)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
    rows::run(
        tx,
        sql,
        params![
            new.call.0.as_bytes(),
            new.assignment,
            new.agent.0.as_bytes(),
            new.session.0.as_bytes(),
            new.manifest_sha256,
            key.seal(MANIFEST, new.manifest),
            name(new.standing),
            now.ms(),
            new.envelope,
            key.seal(LEAVES, new.leaves),
            new.receipt,
            new.key_id,
            new.counter
        ],
    )?;
    Ok(())
}

const fn name(standing: VerdictStanding) -> &'static str {
    match standing {
        VerdictStanding::Counts => "counts",
        VerdictStanding::Late => "late",
        VerdictStanding::Superseded => "superseded",
    }
}

/// What was answered to an upload. Evidence of the first form has no countersigned receipt.
pub fn receipt(
    connection: &Connection,
    call: CallId,
    assignment: u32,
) -> Result<Option<EvidenceReceipt>, StoreError> {
    let sql = "SELECT manifest_sha256, standing, received_ms, receipt FROM evidence
               WHERE call_id = ?1 AND assignment = ?2";
    let found = rows::first(connection, sql, params![call.0.as_bytes(), assignment], |row| {
        let standing: String = row.get("standing")?;
        let envelope: Option<String> = row.get("receipt")?;
        let receipt = EvidenceReceipt {
            call_id: call,
            assignment,
            manifest_sha256: hex(&row.get::<_, [u8; 32]>("manifest_sha256")?),
            received_at: rows::time(row, "received_ms")?,
            standing: match standing.as_str() {
                "counts" => VerdictStanding::Counts,
                "late" => VerdictStanding::Late,
                _ => VerdictStanding::Superseded,
            },
            envelope: serde_json::Value::Null,
        };
        Ok((receipt, envelope))
    })?;
    let Some((mut receipt, envelope)) = found else { return Ok(None) };
    if let Some(text) = envelope {
        receipt.envelope = serde_json::from_str(&text)?;
    }
    Ok(Some(receipt))
}

/// Assignments of a call that left evidence, oldest first.
pub fn assignments(connection: &Connection, call: CallId) -> Result<Vec<u32>, StoreError> {
    let sql = "SELECT assignment FROM evidence WHERE call_id = ?1 ORDER BY assignment";
    rows::all(connection, sql, params![call.0.as_bytes()], |row| row.get(0))
}

/// Reason and note of an assignment's verdict; the same in every form of the manifest.
pub fn words(
    connection: &Connection,
    key: &CaseKey,
    call: CallId,
    assignment: u32,
) -> Result<Option<Words>, StoreError> {
    let sql = "SELECT manifest_sealed FROM evidence WHERE call_id = ?1 AND assignment = ?2";
    let sealed: Option<Vec<u8>> =
        rows::first(connection, sql, params![call.0.as_bytes(), assignment], |row| row.get(0))?;
    let Some(sealed) = sealed else { return Ok(None) };
    let plain = key.open(MANIFEST, &sealed).map_err(|_| StoreError::Corrupt("manifest"))?;
    Ok(Some(serde_json::from_slice(&plain)?))
}

/// Signed evidence of an assignment; none for the first form, which was not signed.
pub fn evidence(
    connection: &Connection,
    key: &CaseKey,
    call: CallId,
    assignment: u32,
) -> Result<Option<StoredEvidence>, StoreError> {
    let sql = "SELECT manifest_sealed, envelope, leaves_sealed, key_id FROM evidence
               WHERE call_id = ?1 AND assignment = ?2 AND envelope IS NOT NULL";
    let found = rows::first(connection, sql, params![call.0.as_bytes(), assignment], |row| {
        let sealed: (Vec<u8>, Vec<u8>) = (row.get("manifest_sealed")?, row.get("leaves_sealed")?);
        Ok((sealed, row.get("envelope")?, row.get("key_id")?))
    })?;
    let Some(((manifest, leaves), envelope, key_id)) = found else { return Ok(None) };
    let open =
        |context, sealed: Vec<u8>| key.open(context, &sealed).map_err(|_| StoreError::Corrupt("evidence"));
    Ok(Some(StoredEvidence {
        manifest: open(MANIFEST, manifest)?,
        leaves: open(LEAVES, leaves)?,
        envelope,
        key_id,
    }))
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

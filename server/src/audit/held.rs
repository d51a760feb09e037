//! Whether the evidence that the log tells of is in the store as it was taken, and every receipt and approval
//! still holds. No case is opened: envelopes, receipts and approvals have ids and hashes only.
//!
//! Receipts reach further than the roots of days: each names the log's end of its moment, so that what was written
//! since the last root cannot be rewritten either without the server's key.

use std::collections::BTreeSet;

use chinhchu_evidence::signed::{Signed as _, statement_sha256};
use chinhchu_evidence::{Enrolment, Envelope, PublicKey, Receipt};
use chinhchu_protocol::ids::CallId;
use chinhchu_routing::Event;
use rusqlite::{Connection, Row, params};

use super::findings::Break;
use super::look;
use super::verify::Checker;
use crate::cases::hex;
use crate::store::{StoreError, rows};
use crate::switchboard::{Hash, Record};

/// What such a record has in its facts, whatever else.
const TAKEN: &[u8] = b"evidence_taken";

/// Evidence that a record tells of, against what is stored; gives how much.
pub fn taken(connection: &Connection, record: &Record, checker: &mut Checker) -> Result<u64, StoreError> {
    let mut count = 0;
    for (call, assignment, sha256) in facts(record) {
        count += 1;
        let sql = "SELECT manifest_sha256, envelope FROM evidence WHERE call_id = ?1 AND assignment = ?2";
        let found = rows::first(connection, sql, params![call.0.as_bytes(), assignment], |row| {
            Ok((row.get::<_, Hash>(0)?, row.get::<_, Option<String>>(1)?))
        })?;
        let code = match found {
            None => "evidence_missing",
            Some((hash, envelope)) if hex(&hash) == sha256 && signs(envelope.as_deref(), &sha256) => continue,
            Some(_) => "evidence_changed",
        };
        checker.found(Break::evidence(code, &call.to_string(), assignment));
    }
    Ok(count)
}

/// Call, assignment and hash of the evidence that a record took. One that cannot be read was changed: its chain
/// tells.
fn facts(record: &Record) -> Vec<(CallId, u32, String)> {
    if !record.facts.windows(TAKEN.len()).any(|window| window == TAKEN) {
        return Vec::new();
    }
    let facts = record.facts().unwrap_or_default().into_iter();
    let taken = facts.filter_map(|fact| match fact.event {
        Event::EvidenceTaken { call, assignment, manifest_sha256, .. } => {
            Some((call, assignment, manifest_sha256))
        }
        // Only that fact is of evidence.
        _ => None,
    });
    taken.collect()
}

/// The signed envelope is there and is of this manifest.
fn signs(envelope: Option<&str>, sha256: &str) -> bool {
    let Some(text) = envelope else { return false };
    let named = Envelope::parse(text.as_bytes()).and_then(|envelope| statement_sha256(&envelope));
    named.is_ok_and(|named| named == sha256)
}

/// Evidence as stored, without what is sealed.
struct Stored {
    call: CallId,
    assignment: u32,
    manifest_sha256: Hash,
    receipt: Option<String>,
}

impl Stored {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            call: CallId(rows::id(row, "call_id")?),
            assignment: row.get("assignment")?,
            manifest_sha256: row.get("manifest_sha256")?,
            receipt: row.get("receipt")?,
        })
    }

    /// The receipt that went out is of this evidence, and names a record that is in the log.
    fn receipted(&self, connection: &Connection, trusted: &[PublicKey]) -> Result<bool, StoreError> {
        let Some(text) = &self.receipt else { return Ok(false) };
        let opened = Envelope::parse(text.as_bytes()).and_then(|one| Receipt::open_any(&one, trusted));
        let Ok((receipt, _)) = opened else { return Ok(false) };
        let of_this = (receipt.call_id, receipt.assignment) == (self.call, self.assignment)
            && receipt.manifest_sha256 == hex(&self.manifest_sha256);
        if !of_this || receipt.log.seq == 0 {
            return Ok(of_this);
        }
        let sql = "SELECT hash FROM log WHERE seq = ?1";
        let hash: Option<Hash> =
            rows::first(connection, sql, [receipt.log.seq.cast_signed()], |row| row.get(0))?;
        Ok(hash.is_some_and(|hash| hex(&hash) == receipt.log.hash))
    }
}

/// Every receipt, and evidence that the log does not know: there are more rows than it tells of.
pub fn receipts(connection: &Connection, told: u64, checker: &mut Checker) -> Result<(), StoreError> {
    let sql =
        "SELECT call_id, assignment, manifest_sha256, receipt FROM evidence ORDER BY call_id, assignment";
    let mut statement = connection.prepare(sql)?;
    let mut stored = statement.query([])?;
    let mut count = 0_u64;
    while let Some(row) = stored.next()? {
        let one = Stored::read(row)?;
        count += 1;
        if !one.receipted(connection, checker.trusted())? {
            checker.found(Break::evidence("receipt_differs", &one.call.to_string(), one.assignment));
        }
    }
    if count > told {
        added(connection, checker)?;
    }
    checker.evidence(count);
    Ok(())
}

/// Names what is here although no record tells of it. Only asked when the numbers differ: it holds every call of
/// the log in memory.
fn added(connection: &Connection, checker: &mut Checker) -> Result<(), StoreError> {
    let mut told = BTreeSet::new();
    look::each_log(connection, |record| {
        told.extend(facts(&record).into_iter().map(|(call, assignment, _)| (call, assignment)));
        Ok::<_, StoreError>(())
    })?;
    let sql = "SELECT call_id, assignment FROM evidence ORDER BY call_id, assignment";
    let mut statement = connection.prepare(sql)?;
    let mut stored = statement.query([])?;
    while let Some(row) = stored.next()? {
        let (call, assignment) = (CallId(rows::id(row, "call_id")?), row.get("assignment")?);
        if !told.contains(&(call, assignment)) {
            checker.found(Break::evidence("evidence_added", &call.to_string(), assignment));
        }
    }
    Ok(())
}

/// Every approval of a workstation's key.
pub fn approvals(connection: &Connection, checker: &mut Checker) -> Result<(), StoreError> {
    let sql = "SELECT key_id, enrolment FROM workstation_keys WHERE enrolment IS NOT NULL ORDER BY key_id";
    let keys = rows::all(connection, sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for (key_id, enrolment) in keys {
        let (key_id, enrolment): (String, String) = (key_id, enrolment);
        let opened = Envelope::parse(enrolment.as_bytes())
            .and_then(|envelope| Enrolment::open_any(&envelope, checker.trusted()));
        let sound = opened
            .is_ok_and(|(one, _)| one.key_id.to_string() == key_id && one.public_key.id() == one.key_id);
        if !sound {
            checker.found(Break::approval_unsigned(&key_id));
        }
    }
    Ok(())
}

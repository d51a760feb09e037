//! Destroying what identifies a person: the key of the case goes, and with it everything that was sealed under
//! it, wherever copies of it lie. What stays: that there was a call, its log, and the hashes of its evidence.
//!
//! Pictures' files are queued (`doomed_objects`) in the same transaction and removed afterwards; without the
//! key they say nothing even before that.

use chinhchu_protocol::ids::{CallId, CompanyCode};
use chinhchu_protocol::time::Timestamp;
use rusqlite::{Connection, params};
use serde_json::json;

use super::tombstones::{Laid, TombstoneError, Tombstones};
use crate::audit::{self, Entry};
use crate::objects::{Keys, ObjectId};
use crate::retention::sql::Hold;
use crate::store::{Db, StoreError, rows};

/// Why a case was destroyed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Why {
    /// Somebody asked for it.
    Erasure,
    /// Its time was over.
    Retention,
}

impl Why {
    const fn name(self) -> &'static str {
        match self {
            Self::Erasure => "erasure",
            Self::Retention => "retention",
        }
    }
}

/// Where a case stands that is to be destroyed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Standing {
    /// The call.
    pub call_id: CallId,
    /// Home company.
    pub home: CompanyCode,
    /// When it was taken in.
    pub created_at: Timestamp,
    /// When it was over.
    pub ended_at: Option<Timestamp>,
    /// When and why its key was destroyed, if it was.
    pub destroyed: Option<(Timestamp, Why)>,
    /// The legal hold that keeps it.
    pub hold: Option<Hold>,
}

/// Destroys a case; `false` if that was done before, or there is no such case.
pub fn destroy(tx: &Connection, call: CallId, why: Why, now: Timestamp) -> Result<bool, StoreError> {
    let id = call.0.as_bytes();
    let sql = "UPDATE cases SET key_wrapped = NULL, case_sealed = x'', msisdn_hash = NULL,
                 external_hash = NULL, destroyed_ms = ?2, destroyed_for = ?3 WHERE call_id = ?1 AND destroyed_ms IS NULL";
    if rows::run(tx, sql, params![id, now.ms(), why.name()])? == 0 {
        return Ok(false);
    }
    doom_pictures(tx, call, now)?;
    let sql = "INSERT OR IGNORE INTO doomed_objects (object_id, doomed_ms)
               SELECT object_id, ?2 FROM evidence_chunks WHERE call_id = ?1";
    rows::run(tx, sql, params![id, now.ms()])?;
    // What lay under the key says nothing any more; it goes all the same.
    for sql in [
        "DELETE FROM pending_objects WHERE object_id IN (SELECT object_id FROM evidence_chunks WHERE call_id = ?1)",
        "DELETE FROM evidence_chunks WHERE call_id = ?1",
        "DELETE FROM mailbox WHERE call_id = ?1",
        "DELETE FROM mailbox_marks WHERE call_id = ?1",
        "DELETE FROM caller_pages WHERE call_id = ?1",
        "DELETE FROM idempotency WHERE call_id = ?1",
        "UPDATE webhook_deliveries SET payload_sealed = x'', next_ms = NULL WHERE call_id = ?1",
        "UPDATE evidence SET manifest_sealed = x'', leaves_sealed = NULL WHERE call_id = ?1",
        "UPDATE counter_conflicts SET leaves_sealed = x'' WHERE call_id = ?1",
        "UPDATE reviews SET note_sealed = NULL WHERE call_id = ?1",
    ] {
        rows::run(tx, sql, [id])?;
    }
    Ok(true)
}

/// Destroys the pictures of a call and leaves its case: their files are removed, the case's key stays.
pub fn destroy_pictures(tx: &Connection, call: CallId, now: Timestamp) -> Result<bool, StoreError> {
    let sql = "UPDATE cases SET pictures_destroyed_ms = ?2
               WHERE call_id = ?1 AND pictures_destroyed_ms IS NULL AND destroyed_ms IS NULL";
    if rows::run(tx, sql, params![call.0.as_bytes(), now.ms()])? == 0 {
        return Ok(false);
    }
    doom_pictures(tx, call, now)?;
    Ok(true)
}

fn doom_pictures(tx: &Connection, call: CallId, now: Timestamp) -> Result<(), StoreError> {
    let sql = "INSERT OR IGNORE INTO doomed_objects (object_id, doomed_ms)
               SELECT object_id, ?2 FROM pictures WHERE call_id = ?1
               UNION SELECT display_object_id, ?2 FROM pictures
                 WHERE call_id = ?1 AND display_object_id IS NOT NULL";
    rows::run(tx, sql, params![call.0.as_bytes(), now.ms()])?;
    rows::run(tx, "DELETE FROM pictures WHERE call_id = ?1", [call.0.as_bytes()])?;
    Ok(())
}

/// Files to remove, oldest first.
pub fn doomed(connection: &Connection, most: u32) -> Result<Vec<ObjectId>, StoreError> {
    let sql = "SELECT object_id FROM doomed_objects ORDER BY doomed_ms LIMIT ?1";
    rows::all(connection, sql, [most], |row| rows::id(row, "object_id").map(ObjectId))
}

/// These files are gone.
pub fn removed(tx: &Connection, objects: &[ObjectId]) -> Result<(), StoreError> {
    for object in objects {
        rows::run(tx, "DELETE FROM doomed_objects WHERE object_id = ?1", [object.0.as_bytes()])?;
    }
    Ok(())
}

/// Before serving: destroys again what tombstones name and a restored store still holds. Gives how many.
pub fn apply_tombstones(
    db: &Db,
    keys: &Keys,
    tombstones: &Tombstones,
    now: Timestamp,
) -> Result<usize, EraseError> {
    let (file, key) = (tombstones.clone(), keys.signing().public());
    let laid = db.read_blocking(move |c| file.whole(c, &key))?;
    let mut erased = 0;
    for some in laid.chunks(256) {
        let some = some.to_vec();
        erased += db.write_blocking(move |tx| {
            let mut erased = 0;
            for one in &some {
                let detail = json!({ "tombstone": one.sha256, "n": one.tombstone.n });
                erased += usize::from(erase_one(tx, one, "server", "case.erased_again", &detail, now)?);
            }
            Tombstones::note_newest(tx, &some)?;
            Ok::<_, StoreError>(erased)
        })?;
    }
    if erased > 0 {
        db.truncate_wal()?;
    }
    Ok(erased)
}

/// Destroys the case that a tombstone names, with an entry in the audit.
pub(super) fn erase_one(
    tx: &Connection,
    laid: &Laid,
    actor: &str,
    action: &str,
    detail: &serde_json::Value,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let call = laid.tombstone.call_id;
    if !destroy(tx, call, Why::Erasure, now)? {
        return Ok(false);
    }
    let subject = audit::call_subject(call);
    audit::append(tx, now, &Entry { actor, action, subject: &subject, detail })?;
    Ok(true)
}

/// Why nothing, or not all, was erased.
#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file of tombstones refused.
    #[error(transparent)]
    Tombstones(#[from] TombstoneError),
}

/// Where a case stands, if there is one.
pub fn standing(connection: &Connection, call: CallId) -> Result<Option<Standing>, StoreError> {
    let sql = "SELECT company, created_ms, destroyed_ms, destroyed_for, placed_ms, placed_by, reason,
                 (SELECT ended_ms FROM calls WHERE calls.call_id = cases.call_id) AS ended_ms
               FROM cases LEFT JOIN legal_holds USING (call_id) WHERE call_id = ?1";
    rows::first(connection, sql, [call.0.as_bytes()], |row| {
        let why = if row.get::<_, Option<String>>("destroyed_for")?.as_deref() == Some(Why::Retention.name())
        {
            Why::Retention
        } else {
            Why::Erasure
        };
        let held = rows::time_or_null(row, "placed_ms")?;
        let (placed_by, reason): (Option<String>, Option<String>) =
            (row.get("placed_by")?, row.get("reason")?);
        Ok(Standing {
            call_id: call,
            home: CompanyCode(row.get("company")?),
            created_at: rows::time(row, "created_ms")?,
            ended_at: rows::time_or_null(row, "ended_ms")?,
            destroyed: rows::time_or_null(row, "destroyed_ms")?.map(|at| (at, why)),
            hold: held.map(|placed_at| Hold {
                call_id: call,
                placed_at,
                placed_by: placed_by.unwrap_or_default(),
                reason: reason.unwrap_or_default(),
            }),
        })
    })
}

/// Pictures and records of verdicts that an erasure of the call would destroy.
pub fn content(connection: &Connection, call: CallId) -> Result<(u32, u32), StoreError> {
    let sql = "SELECT (SELECT count(*) FROM pictures WHERE call_id = ?1) AS pictures,
                 (SELECT count(*) FROM evidence WHERE call_id = ?1 AND manifest_sealed <> x'') AS evidence";
    let read = |row: &rusqlite::Row<'_>| Ok((row.get("pictures")?, row.get("evidence")?));
    Ok(rows::first(connection, sql, [call.0.as_bytes()], read)?.unwrap_or_default())
}

/// Whether the pictures of a call were destroyed while its case stays.
pub fn pictures_destroyed(connection: &Connection, call: CallId) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM cases WHERE call_id = ?1 AND pictures_destroyed_ms IS NOT NULL";
    Ok(rows::first(connection, sql, [call.0.as_bytes()], |_| Ok(()))?.is_some())
}

//! Rows of the audit.

use chinhchu_protocol::time::Timestamp;
use rusqlite::{Connection, Row, params};

use super::{AuditHead, AuditRecord};
use crate::store::{StoreError, rows};

/// The end of the audit.
pub fn head(connection: &Connection) -> Result<AuditHead, StoreError> {
    let sql = "SELECT seq, at_ms, hash FROM audit ORDER BY seq DESC LIMIT 1";
    let found = rows::first(connection, sql, [], |row| {
        Ok(AuditHead {
            seq: row.get::<_, i64>("seq")?.cast_unsigned(),
            at: rows::time(row, "at_ms")?,
            hash: row.get("hash")?,
        })
    })?;
    Ok(found.unwrap_or(AuditHead::EMPTY))
}

/// Appends.
pub(super) fn insert(tx: &Connection, record: &AuditRecord) -> Result<(), StoreError> {
    let sql = "INSERT INTO audit (seq, at_ms, actor, action, subject, detail, prev_hash, hash)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    rows::run(
        tx,
        sql,
        params![
            record.seq.cast_signed(),
            record.at.ms(),
            record.actor,
            record.action,
            record.subject,
            record.detail,
            record.prev_hash,
            record.hash
        ],
    )?;
    Ok(())
}

/// Records after a number, oldest first, at most `most`.
pub fn records_after(connection: &Connection, after: u64, most: u32) -> Result<Vec<AuditRecord>, StoreError> {
    let sql = "SELECT * FROM audit WHERE seq > ?1 ORDER BY seq LIMIT ?2";
    rows::all(connection, sql, params![after.cast_signed(), most], record)
}

/// The newest records that fit, newest first.
pub fn newest(connection: &Connection, filter: &Filter, most: u32) -> Result<Vec<AuditRecord>, StoreError> {
    let sql = "SELECT * FROM audit
               WHERE (?1 IS NULL OR subject = ?1) AND (?2 IS NULL OR actor = ?2)
                 AND (?3 IS NULL OR action = ?3 OR action LIKE ?3 || '.%') AND (?4 IS NULL OR at_ms >= ?4)
               ORDER BY seq DESC LIMIT ?5";
    let since = filter.since.map(Timestamp::ms);
    let wanted = params![filter.subject, filter.actor, filter.action, since, most];
    rows::all(connection, sql, wanted, record)
}

/// Which records are wanted; all of them if nothing is named.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this subject.
    pub subject: Option<String>,
    /// By this actor.
    pub actor: Option<String>,
    /// This action, or all of a thing (`workstation`).
    pub action: Option<String>,
    /// Not older.
    pub since: Option<Timestamp>,
}

fn record(row: &Row<'_>) -> rusqlite::Result<AuditRecord> {
    Ok(AuditRecord {
        seq: row.get::<_, i64>("seq")?.cast_unsigned(),
        at: rows::time(row, "at_ms")?,
        actor: row.get("actor")?,
        action: row.get("action")?,
        subject: row.get("subject")?,
        detail: row.get("detail")?,
        prev_hash: row.get("prev_hash")?,
        hash: row.get("hash")?,
    })
}

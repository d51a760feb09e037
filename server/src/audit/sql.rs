//! Rows of the audit.

use chinhchu_protocol::time::Timestamp;
use rusqlite::types::ToSql;
use rusqlite::{Connection, Row, params, params_from_iter};

use super::root::StoredRoot;
use super::{AuditHead, AuditRecord};
use crate::cases::hex;
use crate::store::{StoreError, rows};
use crate::switchboard::Hash;

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

/// The newest records that fit, newest first. Only the conditions that are named stand in the statement, so that
/// each finds its index.
pub fn newest(connection: &Connection, filter: &Filter, most: u32) -> Result<Vec<AuditRecord>, StoreError> {
    let mut wanted = String::from("1");
    let mut values: Vec<Box<dyn ToSql>> = Vec::new();
    let mut also = |condition: &str, value: Box<dyn ToSql>| {
        wanted.push_str(" AND ");
        wanted.push_str(condition);
        values.push(value);
    };
    if let Some(subject) = &filter.subject {
        also("subject = ?", Box::new(subject.clone()));
    }
    if let Some(actor) = &filter.actor {
        also("actor = ?", Box::new(actor.clone()));
    }
    if let Some(action) = &filter.action {
        // `/` follows the full stop.
        also("(action = ? OR (action > ?", Box::new(action.clone()));
        values.push(Box::new(format!("{action}.")));
        wanted.push_str(" AND action < ?))");
        values.push(Box::new(format!("{action}/")));
    }
    for (condition, value) in [
        ("at_ms >= ?", filter.since.map(Timestamp::ms)),
        ("at_ms < ?", filter.until.map(Timestamp::ms)),
        ("seq < ?", filter.before.map(u64::cast_signed)),
    ] {
        if let Some(value) = value {
            wanted.push_str(" AND ");
            wanted.push_str(condition);
            values.push(Box::new(value));
        }
    }
    let sql = format!("SELECT * FROM audit WHERE {wanted} ORDER BY seq DESC LIMIT {most}");
    rows::all(connection, &sql, params_from_iter(values), record)
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
    /// Older.
    pub until: Option<Timestamp>,
    /// Before this number.
    pub before: Option<u64>,
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

/// One of the two chains that a day root covers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Chain {
    /// What happened to calls and agents.
    Log,
    /// Who did what.
    Audit,
}

/// When the first record of either chain was written.
pub fn first_at(connection: &Connection) -> Result<Option<Timestamp>, StoreError> {
    let sql = "SELECT min(at_ms) FROM (SELECT at_ms FROM log WHERE seq = 1
                 UNION ALL SELECT at_ms FROM audit WHERE seq = 1)";
    let first = rows::first(connection, sql, [], |row| row.get::<_, Option<i64>>(0))?;
    Ok(first.flatten().map(Timestamp::from_ms))
}

/// Number of the last record after `after` that is older than `until`; `after` if there is none. Times in a
/// chain never run back, so the number is found by halving.
pub fn last_before(
    connection: &Connection,
    chain: Chain,
    after: u64,
    until: Timestamp,
) -> Result<u64, StoreError> {
    let (last, at) = match chain {
        Chain::Log => ("SELECT max(seq) FROM log", "SELECT at_ms FROM log WHERE seq = ?1"),
        Chain::Audit => ("SELECT max(seq) FROM audit", "SELECT at_ms FROM audit WHERE seq = ?1"),
    };
    let last: Option<Option<i64>> = rows::first(connection, last, [], |row| row.get(0))?;
    let (mut low, mut high) = (after, last.flatten().map_or(0, i64::cast_unsigned));
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        let found: Option<i64> = rows::first(connection, at, [middle.cast_signed()], |row| row.get(0))?;
        if found.is_some_and(|ms| ms < until.ms()) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    Ok(low)
}

/// Hashes of records, in order, both ends included.
pub fn hashes(connection: &Connection, chain: Chain, from: u64, to: u64) -> Result<Vec<Hash>, StoreError> {
    let sql = match chain {
        Chain::Log => "SELECT hash FROM log WHERE seq BETWEEN ?1 AND ?2 ORDER BY seq",
        Chain::Audit => "SELECT hash FROM audit WHERE seq BETWEEN ?1 AND ?2 ORDER BY seq",
    };
    rows::all(connection, sql, [from.cast_signed(), to.cast_signed()], |row| row.get(0))
}

/// Stores a root; `false` if its day has one.
pub(super) fn insert_root(tx: &Connection, root: &StoredRoot, now: Timestamp) -> Result<bool, StoreError> {
    let sql = "INSERT OR IGNORE INTO day_roots (day, sha256, envelope, made_ms) VALUES (?1, ?2, ?3, ?4)";
    let hash = chinhchu_evidence::hex::decode::<32>(&root.sha256).ok_or(StoreError::Corrupt("day root"))?;
    Ok(rows::run(tx, sql, params![root.day, hash, root.envelope.as_bytes(), now.ms()])? == 1)
}

/// The root of the newest day.
pub fn newest_root(connection: &Connection) -> Result<Option<StoredRoot>, StoreError> {
    rows::first(connection, "SELECT * FROM day_roots ORDER BY day DESC LIMIT 1", [], stored_root)
}

/// The root of a day.
pub fn root_of(connection: &Connection, day: &str) -> Result<Option<StoredRoot>, StoreError> {
    rows::first(connection, "SELECT * FROM day_roots WHERE day = ?1", [day], stored_root)
}

/// Every root, oldest first.
pub fn roots(connection: &Connection) -> Result<Vec<StoredRoot>, StoreError> {
    rows::all(connection, "SELECT * FROM day_roots ORDER BY day", [], stored_root)
}

fn stored_root(row: &Row<'_>) -> rusqlite::Result<StoredRoot> {
    let envelope: Vec<u8> = row.get("envelope")?;
    Ok(StoredRoot {
        day: row.get("day")?,
        sha256: hex(&row.get::<_, Hash>("sha256")?),
        // What is no text is no envelope either: it is told as such when it is opened.
        envelope: String::from_utf8_lossy(&envelope).into_owned(),
    })
}

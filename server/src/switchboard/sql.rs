//! Rows of the log, of calls and of what was quarantined.

use chinhchu_protocol::call::CallState;
use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::time::Timestamp;
use rusqlite::{Connection, Row, params};

use super::record::{Hash, Record};
use super::row::CallRow;
use crate::store::{StoreError, rows};

/// Appends a record.
pub fn append(tx: &Connection, record: &Record) -> Result<(), StoreError> {
    let sql = "INSERT INTO log (seq, at_ms, rules_version, input, facts, prev_hash, hash)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let values = params![
        record.seq.cast_signed(),
        record.at.ms(),
        record.rules_version,
        record.input,
        record.facts,
        record.prev_hash,
        record.hash
    ];
    rows::run(tx, sql, values)?;
    Ok(())
}

/// Records after a number, in order, at most `limit`.
pub fn records_after(connection: &Connection, seq: u64, limit: u32) -> Result<Vec<Record>, StoreError> {
    let sql = "SELECT * FROM log WHERE seq > ?1 ORDER BY seq LIMIT ?2";
    rows::all(connection, sql, params![seq.cast_signed(), limit], record)
}

fn record(row: &Row<'_>) -> rusqlite::Result<Record> {
    Ok(Record {
        seq: row.get::<_, i64>("seq")?.cast_unsigned(),
        at: rows::time(row, "at_ms")?,
        rules_version: row.get("rules_version")?,
        input: row.get("input")?,
        facts: row.get("facts")?,
        prev_hash: row.get::<_, Hash>("prev_hash")?,
        hash: row.get::<_, Hash>("hash")?,
    })
}

/// Stores a call as it is now, and as an event of its own.
pub fn put_call(tx: &Connection, row: &CallRow) -> Result<(), StoreError> {
    let sql = "INSERT INTO calls (call_id, company, created_ms, state, ended_ms, end_reason, body, seq)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
               ON CONFLICT (call_id) DO UPDATE SET state = excluded.state, ended_ms = excluded.ended_ms,
                 end_reason = excluded.end_reason, body = excluded.body, seq = excluded.seq";
    let body = serde_json::to_string(row)?;
    let (call, seq) = (row.call_id.0.as_bytes(), row.seq.cast_signed());
    let (ended, reason) = match row.ended {
        Some((at, reason)) => (Some(at.ms()), Some(wire_name(&reason)?)),
        None => (None, None),
    };
    let state = wire_name(&row.state)?;
    rows::run(tx, sql, params![call, row.company.0, row.created_at.ms(), state, ended, reason, body, seq])?;
    let sql = "INSERT OR REPLACE INTO call_events (call_id, seq, body) VALUES (?1, ?2, ?3)";
    rows::run(tx, sql, params![call, seq, body])?;
    Ok(())
}

/// A call as last decided.
pub fn call(connection: &Connection, call: CallId) -> Result<Option<CallRow>, StoreError> {
    let sql = "SELECT body FROM calls WHERE call_id = ?1";
    let body: Option<String> = rows::first(connection, sql, [call.0.as_bytes()], |row| row.get(0))?;
    body.map(|body| Ok(serde_json::from_str(&body)?)).transpose()
}

/// Every call that has not ended.
pub fn live_calls(connection: &Connection) -> Result<Vec<CallRow>, StoreError> {
    let bodies: Vec<String> =
        rows::all(connection, "SELECT body FROM calls WHERE ended_ms IS NULL", [], |row| row.get(0))?;
    bodies.iter().map(|body| Ok(serde_json::from_str(body)?)).collect()
}

/// States of a call after a number of the log, oldest first, at most `limit`.
pub fn events_after(
    connection: &Connection,
    call: CallId,
    seq: u64,
    limit: u32,
) -> Result<Vec<CallRow>, StoreError> {
    let sql = "SELECT body FROM call_events WHERE call_id = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3";
    let values = params![call.0.as_bytes(), seq.cast_signed(), limit];
    let bodies: Vec<String> = rows::all(connection, sql, values, |row| row.get(0))?;
    bodies.iter().map(|body| Ok(serde_json::from_str(body)?)).collect()
}

/// Keeps an input that made the core panic.
pub fn quarantine(tx: &Connection, at: Timestamp, input: &[u8], reason: &str) -> Result<(), StoreError> {
    let sql = "INSERT INTO quarantine (at_ms, input, reason) VALUES (?1, ?2, ?3)";
    rows::run(tx, sql, params![at.ms(), input, reason])?;
    Ok(())
}

/// The signals of a call are personal data: they go with the conversation.
pub fn clear_mailbox(tx: &Connection, row: &CallRow) -> Result<(), StoreError> {
    match row.state {
        CallState::AwaitingEvidence | CallState::Ended => {
            rows::run(tx, "DELETE FROM mailbox WHERE call_id = ?1", [row.call_id.0.as_bytes()])?;
            rows::run(tx, "DELETE FROM mailbox_marks WHERE call_id = ?1", [row.call_id.0.as_bytes()])?;
        }
        CallState::Preparing
        | CallState::Waiting
        | CallState::Offering
        | CallState::Connecting
        | CallState::InCall
        | CallState::Reconnecting => {}
    }
    Ok(())
}

/// A named value of the installation.
pub fn meta(connection: &Connection, name: &str) -> Result<Option<String>, StoreError> {
    rows::first(connection, "SELECT value FROM meta WHERE name = ?1", [name], |row| row.get(0))
}

/// Sets a named value of the installation.
pub fn set_meta(tx: &Connection, name: &str, value: &str) -> Result<(), StoreError> {
    let sql = "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    rows::run(tx, sql, [name, value])?;
    Ok(())
}

fn wire_name(value: &impl serde::Serialize) -> Result<String, StoreError> {
    match serde_json::to_value(value)? {
        serde_json::Value::String(name) => Ok(name),
        _ => Err(StoreError::Corrupt("a name")),
    }
}

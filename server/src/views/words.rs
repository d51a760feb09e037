//! The operator's words: dated data, the newest that is in force holds.

use chinhchu_protocol::agent::ReasonOption;
use chinhchu_protocol::caller::ConsentText;
use chinhchu_protocol::time::Timestamp;
use rusqlite::{Connection, params};

use crate::store::{StoreError, rows};

/// N2.
pub fn greeting(connection: &Connection, now: Timestamp) -> Result<String, StoreError> {
    let (_, body) = text(connection, "greeting", now)?;
    Ok(body)
}

/// What the customer is asked to agree to.
pub fn consent(connection: &Connection, now: Timestamp) -> Result<ConsentText, StoreError> {
    let (version, text) = text(connection, "consent", now)?;
    Ok(ConsentText { version, text })
}

/// Reasons for a rejection.
pub fn reject_reasons(connection: &Connection, now: Timestamp) -> Result<Vec<ReasonOption>, StoreError> {
    reasons(connection, "reject", now)
}

/// Reasons for a pause.
pub fn pause_reasons(connection: &Connection, now: Timestamp) -> Result<Vec<ReasonOption>, StoreError> {
    reasons(connection, "pause", now)
}

fn text(connection: &Connection, name: &str, now: Timestamp) -> Result<(String, String), StoreError> {
    let sql = "SELECT version, body FROM texts WHERE name = ?1 AND valid_from_ms <= ?2
               ORDER BY valid_from_ms DESC LIMIT 1";
    let found = rows::first(connection, sql, params![name, now.ms()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    found.ok_or(StoreError::Corrupt("a text in force"))
}

fn reasons(connection: &Connection, kind: &str, now: Timestamp) -> Result<Vec<ReasonOption>, StoreError> {
    let sql = "SELECT code, body FROM reasons
               WHERE kind = ?1 AND valid_from_ms <= ?2 AND (valid_to_ms IS NULL OR valid_to_ms > ?2)
               ORDER BY position";
    rows::all(connection, sql, params![kind, now.ms()], |row| {
        Ok(ReasonOption { code: row.get(0)?, text: row.get(1)? })
    })
}

//! Rows of objects that are not named yet.

use chinhchu_protocol::time::Timestamp;
use rusqlite::{Connection, params};
use uuid::Uuid;

use super::ObjectId;
use crate::store::{StoreError, rows};

/// Before the file is written.
pub fn insert_pending(tx: &Connection, ids: &[ObjectId], now: Timestamp) -> Result<(), StoreError> {
    for id in ids {
        let sql = "INSERT INTO pending_objects (object_id, created_ms) VALUES (?1, ?2)";
        rows::run(tx, sql, params![id.0.as_bytes(), now.ms()])?;
    }
    Ok(())
}

/// In the transaction that names the object. Fails if it was swept, so that nothing names a missing file.
pub fn name(tx: &Connection, id: ObjectId) -> Result<(), StoreError> {
    match rows::run(tx, "DELETE FROM pending_objects WHERE object_id = ?1", [id.0.as_bytes()])? {
        1 => Ok(()),
        _ => Err(StoreError::Corrupt("an object that is not pending")),
    }
}

/// Takes the rows that are too old; their objects can no longer be named.
pub fn take_pending(tx: &Connection, before: Timestamp) -> Result<Vec<ObjectId>, StoreError> {
    let sql = "DELETE FROM pending_objects WHERE created_ms < ?1 RETURNING object_id";
    rows::all(tx, sql, [before.ms()], |row| rows::id(row, "object_id").map(|id: Uuid| ObjectId(id)))
}

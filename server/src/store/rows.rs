//! How ids and times stand in rows.

use chinhchu_protocol::time::Timestamp;
use rusqlite::{OptionalExtension, Params, Row};
use uuid::Uuid;

use super::StoreError;

/// A time column.
pub fn time(row: &Row<'_>, column: &str) -> rusqlite::Result<Timestamp> {
    row.get(column).map(Timestamp::from_ms)
}

/// A time column that may be null.
pub fn time_or_null(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<Timestamp>> {
    row.get::<_, Option<i64>>(column).map(|ms| ms.map(Timestamp::from_ms))
}

/// An id column: 16 bytes.
pub fn id(row: &Row<'_>, column: &str) -> rusqlite::Result<Uuid> {
    row.get::<_, [u8; 16]>(column).map(Uuid::from_bytes)
}

/// The first row of a cached statement, if there is one.
pub fn first<T>(
    connection: &rusqlite::Connection,
    sql: &str,
    params: impl Params,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Option<T>, StoreError> {
    Ok(connection.prepare_cached(sql)?.query_row(params, read).optional()?)
}

/// Every row of a cached statement.
pub fn all<T>(
    connection: &rusqlite::Connection,
    sql: &str,
    params: impl Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params, read)?.collect::<rusqlite::Result<Vec<T>>>()?;
    Ok(rows)
}

/// Runs a cached statement and says how many rows it changed.
pub fn run(connection: &rusqlite::Connection, sql: &str, params: impl Params) -> Result<usize, StoreError> {
    Ok(connection.prepare_cached(sql)?.execute(params)?)
}

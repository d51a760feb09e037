//! What is over, and what is held.

use chinhchu_protocol::ids::{CallId, CompanyCode};
use chinhchu_protocol::time::Timestamp;
use rusqlite::{Connection, Row, params};
use serde::Serialize;

use super::{Kind, RetentionRules};
use crate::store::{StoreError, rows};

/// The rules of every company, closed ones too: their cases go on ageing.
pub fn rules(connection: &Connection) -> Result<Vec<(CompanyCode, RetentionRules)>, StoreError> {
    let sql = "SELECT code, settings FROM companies ORDER BY code";
    let found: Vec<(String, String)> = rows::all(connection, sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    found
        .into_iter()
        .map(|(code, settings)| Ok((CompanyCode(code), serde_json::from_str(&settings)?)))
        .collect()
}

/// Calls of a company that ended at `cutoff` or before, are not held and still have what is to go.
pub fn due(
    connection: &Connection,
    company: &CompanyCode,
    kind: Kind,
    cutoff: Timestamp,
    most: u32,
) -> Result<Vec<CallId>, StoreError> {
    let sql = match kind {
        Kind::Case => {
            "SELECT call_id FROM cases c JOIN calls USING (call_id)
             WHERE c.company = ?1 AND c.destroyed_ms IS NULL AND c.created_ms <= ?2 AND calls.ended_ms <= ?2
               AND NOT EXISTS (SELECT 1 FROM legal_holds h WHERE h.call_id = c.call_id)
             ORDER BY c.created_ms LIMIT ?3"
        }
        Kind::Pictures => {
            "SELECT call_id FROM cases c JOIN calls USING (call_id)
             WHERE c.company = ?1 AND c.destroyed_ms IS NULL AND c.pictures_destroyed_ms IS NULL
               AND c.created_ms <= ?2 AND calls.ended_ms <= ?2
               AND NOT EXISTS (SELECT 1 FROM legal_holds h WHERE h.call_id = c.call_id)
             ORDER BY c.created_ms LIMIT ?3"
        }
    };
    let wanted = params![company.0, cutoff.ms(), most];
    rows::all(connection, sql, wanted, |row| rows::id(row, "call_id").map(CallId))
}

/// A call that retention and erasure must not touch.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Hold {
    /// The call.
    pub call_id: CallId,
    /// Since when.
    pub placed_at: Timestamp,
    /// By whom, as in the audit.
    pub placed_by: String,
    /// Such as a file number.
    pub reason: String,
}

/// Places a hold; `false` if there is one.
pub fn place(tx: &Connection, hold: &Hold) -> Result<bool, StoreError> {
    let sql =
        "INSERT OR IGNORE INTO legal_holds (call_id, placed_ms, placed_by, reason) VALUES (?1, ?2, ?3, ?4)";
    let call = hold.call_id.0.as_bytes();
    Ok(rows::run(tx, sql, params![call, hold.placed_at.ms(), hold.placed_by, hold.reason])? == 1)
}

/// Lifts a hold; `false` if there is none.
pub fn lift(tx: &Connection, call: CallId) -> Result<bool, StoreError> {
    Ok(rows::run(tx, "DELETE FROM legal_holds WHERE call_id = ?1", [call.0.as_bytes()])? == 1)
}

/// Every hold, oldest first.
pub fn holds(connection: &Connection) -> Result<Vec<Hold>, StoreError> {
    rows::all(connection, "SELECT * FROM legal_holds ORDER BY placed_ms", [], hold)
}

/// Holds on customers of these companies (a JSON list; none: of all), oldest first, from behind a cursor.
pub fn some(
    connection: &Connection,
    companies: Option<&str>,
    after: Option<(Timestamp, CallId)>,
    most: u32,
) -> Result<Vec<Hold>, StoreError> {
    let sql = "SELECT h.* FROM legal_holds h JOIN cases c USING (call_id)
               WHERE (?1 IS NULL OR c.company IN (SELECT value FROM json_each(?1)))
                 AND (?2 IS NULL OR (h.placed_ms, h.call_id) > (?2, ?3))
               ORDER BY h.placed_ms, h.call_id LIMIT ?4";
    let (at, call) = after.unzip();
    let wanted = params![companies, at.map(Timestamp::ms), call.map(|call| call.0.into_bytes()), most];
    rows::all(connection, sql, wanted, hold)
}

fn hold(row: &Row<'_>) -> rusqlite::Result<Hold> {
    Ok(Hold {
        call_id: CallId(rows::id(row, "call_id")?),
        placed_at: rows::time(row, "placed_ms")?,
        placed_by: row.get("placed_by")?,
        reason: row.get("reason")?,
    })
}

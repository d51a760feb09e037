//! Which server it was: a server that was restored from a backup tells another incarnation, and may have lost what
//! it had signed for. Remembered in the file, for the workstation may be off when it happens.

use chinhchu_protocol::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::{KEEP_DELIVERED_MS, OutboxError};

/// Beside the tables of a file of any age.
const TABLE: &str = "CREATE TABLE IF NOT EXISTS servers (
  address TEXT PRIMARY KEY,
  incarnation INTEGER NOT NULL
) STRICT";

/// Notes it; another than the one known makes due what it may have lost or refused for another reason. A server seen
/// for the first time has lost nothing.
pub(super) fn is(
    connection: &mut Connection,
    address: &str,
    incarnation: u32,
    now: Timestamp,
) -> Result<usize, OutboxError> {
    if known(connection, address)? == Some(incarnation) {
        return Ok(0); // The rule: nothing is written.
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute(TABLE, [])?;
    let before = known(&transaction, address)?;
    let mut due = 0;
    if before.is_some() {
        due += transaction.execute(
            "UPDATE verdicts SET state = 'waiting', attempts = 0, next_try_at_ms = 0
             WHERE state = 'delivered' AND settled_at_ms >= ?1",
            [now.plus_ms(-KEEP_DELIVERED_MS).ms()],
        )?;
        let refused = "UPDATE verdicts SET next_try_at_ms = 0 WHERE state = 'refused'";
        due += transaction.execute(refused, [])?;
    }
    transaction.execute(
        "INSERT INTO servers (address, incarnation) VALUES (?1, ?2)
         ON CONFLICT (address) DO UPDATE SET incarnation = excluded.incarnation",
        params![address, incarnation],
    )?;
    transaction.commit()?;
    Ok(due)
}

fn known(connection: &Connection, address: &str) -> Result<Option<u32>, OutboxError> {
    let is_there: bool = connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'servers')",
        [],
        |row| row.get(0),
    )?;
    if !is_there {
        return Ok(None);
    }
    let sql = "SELECT incarnation FROM servers WHERE address = ?1";
    Ok(connection.query_row(sql, [address], |row| row.get(0)).optional()?)
}

//! Whose manifests are counted here: one chain per signing key. A key signs only while its chain is open in
//! this very file, so that no number is ever used twice: a key whose file is gone, and a file whose key is
//! gone, both end, and a new key begins at 1.

use chinhchu_protocol::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::{ChainLink, OutboxError};
use crate::picture::ClosedStream;

/// Why a chain goes on no more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Closing {
    /// The keyring no longer has the key.
    KeyLost,
    /// The key is there, but the file that counted for it is not.
    OutboxLost,
    /// A new key took its place because this one was revoked or quarantined.
    Renewed,
}

impl Closing {
    const fn name(self) -> &'static str {
        match self {
            Self::KeyLost => "key_lost",
            Self::OutboxLost => "outbox_lost",
            Self::Renewed => "renewed",
        }
    }
}

pub(super) fn is_open(connection: &Connection, key_id: &str) -> Result<bool, OutboxError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM chains WHERE key_id = ?1 AND closed IS NULL)";
    Ok(connection.query_row(sql, [key_id], |row| row.get(0))?)
}

/// The chain of a fresh key begins, every other one ends.
pub(super) fn begin(
    connection: &mut Connection,
    key_id: &str,
    why: Closing,
    now: Timestamp,
) -> Result<(), OutboxError> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    // A key that never signed has left nothing to tell.
    transaction.execute("DELETE FROM chains WHERE closed IS NULL AND counter = 0", [])?;
    transaction.execute("UPDATE chains SET closed = ?1 WHERE closed IS NULL", [why.name()])?;
    transaction.execute(
        "INSERT INTO chains (key_id, begun_at_ms, counter) VALUES (?1, ?2, 0)",
        params![key_id, now.ms()],
    )?;
    transaction.commit()?;
    Ok(())
}

/// A key that signed under another file: nobody here knows how far.
pub(super) fn close_unknown(
    connection: &Connection,
    key_id: &str,
    now: Timestamp,
) -> Result<(), OutboxError> {
    connection.execute(
        "INSERT INTO chains (key_id, begun_at_ms, closed) VALUES (?1, ?2, 'outbox_lost')
         ON CONFLICT (key_id) DO NOTHING",
        params![key_id, now.ms()],
    )?;
    Ok(())
}

/// The last one that has ended.
pub(super) fn closed(connection: &Connection) -> Result<Option<ClosedStream>, OutboxError> {
    let sql = "SELECT key_id, counter, closed FROM chains WHERE closed IS NOT NULL
               ORDER BY begun_at_ms DESC, rowid DESC LIMIT 1";
    let found = connection.query_row(sql, [], |row| {
        Ok(ClosedStream { key_id: row.get(0)?, last: row.get(1)?, why: row.get(2)? })
    });
    Ok(found.optional()?)
}

pub(super) fn next_link(connection: &Connection, key_id: &str) -> Result<ChainLink, OutboxError> {
    let sql = "SELECT counter, manifest_sha256 FROM chains WHERE key_id = ?1 AND closed IS NULL";
    let link = connection.query_row(sql, [key_id], |row| {
        Ok(ChainLink { counter: row.get::<_, u32>(0)? + 1, previous_sha256: row.get(1)? })
    });
    link.optional()?.ok_or(OutboxError::ChainClosed)
}

pub(super) fn moved(
    connection: &Connection,
    key_id: &str,
    counter: u32,
    manifest_sha256: &str,
) -> Result<(), OutboxError> {
    connection.execute(
        "UPDATE chains SET counter = ?2, manifest_sha256 = ?3 WHERE key_id = ?1",
        params![key_id, counter, manifest_sha256],
    )?;
    Ok(())
}

//! The file: how it is opened, checked and shaped.

use std::path::Path;

use rusqlite::Connection;

use super::OutboxError;

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS chain (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  counter INTEGER NOT NULL,
  manifest_sha256 TEXT
) STRICT;
INSERT OR IGNORE INTO chain (only_row, counter, manifest_sha256) VALUES (1, 0, NULL);
CREATE TABLE IF NOT EXISTS verdicts (
  counter INTEGER PRIMARY KEY,
  call_id TEXT NOT NULL,
  assignment INTEGER NOT NULL,
  agent_id TEXT NOT NULL,
  key_id TEXT NOT NULL,
  manifest_sha256 TEXT NOT NULL,
  sealed_at_ms INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  state TEXT NOT NULL DEFAULT 'waiting'
    CHECK (state IN ('waiting', 'uploading', 'delivered', 'refused', 'key_lost', 'damaged')),
  attempts INTEGER NOT NULL DEFAULT 0,
  next_try_at_ms INTEGER NOT NULL DEFAULT 0,
  reached INTEGER NOT NULL DEFAULT 1,
  settled_at_ms INTEGER,
  delivered_at_ms INTEGER,
  standing TEXT,
  refused_code TEXT,
  UNIQUE (call_id, assignment)
) STRICT;
CREATE TABLE IF NOT EXISTS parts (
  counter INTEGER NOT NULL REFERENCES verdicts (counter) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  content_type TEXT NOT NULL,
  record BLOB NOT NULL,
  PRIMARY KEY (counter, kind)
) STRICT;
";

pub(super) fn open(path: &Path) -> Result<Connection, OutboxError> {
    let connection = Connection::open(path)?;
    // One workstation per profile; a second one waits a little and then fails loudly.
    connection.busy_timeout(std::time::Duration::from_secs(2))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "secure_delete", "ON")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict != "ok" {
        let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
        return Err(OutboxError::Damaged(rusqlite::Error::SqliteFailure(code, None)));
    }
    connection.execute_batch(SCHEMA)?;
    // An upload that a crash cut off is repeated: the server takes the same manifest twice as one.
    connection.execute(
        "UPDATE verdicts SET state = 'waiting', next_try_at_ms = 0 WHERE state IN ('uploading', 'key_lost')",
        [],
    )?;
    Ok(connection)
}

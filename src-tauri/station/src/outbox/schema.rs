//! The file: how it is opened, checked and shaped.

use std::path::Path;

use rusqlite::Connection;

use super::OutboxError;

/// Shape of the tables, in `user_version`.
const VERSION: i64 = 2;

/// SQLite's log is carried over into the file when it holds so much.
pub(super) const LONG_LOG_BYTES: u64 = 4 * 1024 * 1024;

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS chains (
  key_id TEXT PRIMARY KEY,
  begun_at_ms INTEGER NOT NULL,
  counter INTEGER,
  manifest_sha256 TEXT,
  closed TEXT CHECK (closed IN ('key_lost', 'outbox_lost', 'renewed'))
) STRICT;
CREATE TABLE IF NOT EXISTS verdicts (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  signer TEXT NOT NULL REFERENCES chains (key_id),
  counter INTEGER NOT NULL,
  call_id TEXT NOT NULL,
  assignment INTEGER NOT NULL,
  agent_id TEXT NOT NULL,
  key_id TEXT NOT NULL,
  manifest_sha256 TEXT NOT NULL,
  sealed_at_ms INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  state TEXT NOT NULL DEFAULT 'waiting'
    CHECK (state IN ('waiting', 'delivered', 'refused', 'key_lost', 'damaged')),
  attempts INTEGER NOT NULL DEFAULT 0,
  next_try_at_ms INTEGER NOT NULL DEFAULT 0,
  reached INTEGER NOT NULL DEFAULT 1,
  settled_at_ms INTEGER,
  delivered_at_ms INTEGER,
  log_seq INTEGER,
  standing TEXT,
  refused_code TEXT,
  UNIQUE (signer, counter),
  UNIQUE (call_id, assignment)
) STRICT;
CREATE TABLE IF NOT EXISTS parts (
  verdict INTEGER NOT NULL REFERENCES verdicts (id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  content_type TEXT NOT NULL,
  record BLOB NOT NULL,
  PRIMARY KEY (verdict, kind)
) STRICT;
";

/// Opens or makes the file. What is damaged, or of another version, is left exactly as it is.
pub(super) fn open(path: &Path) -> Result<Connection, OutboxError> {
    if is_foreign(path) {
        return Err(damaged()); // Without touching it: SQLite would already begin to recover it.
    }
    let connection = Connection::open(path)?;
    connection.busy_timeout(std::time::Duration::from_secs(2))?;
    // Until it is known to be sound, closing it must not write its log into it.
    keep_log(&connection, true)?;
    // One program alone, and no shared memory on the disk, whose growth a full disk would refuse.
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // By the courier instead: `Outbox::carry_log_over`.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "secure_delete", "ON")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict != "ok" {
        return Err(damaged());
    }
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let tables: u32 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    match (version, tables) {
        (0, 0) => {
            connection.execute_batch(&format!("BEGIN; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;"))?;
        }
        (VERSION, _) => {}
        // An older program's unsigned verdicts, or a newer one's: not ours to judge.
        _ => return Err(damaged()),
    }
    keep_log(&connection, false)?;
    // A key that was lost may be there again, and a server that refused may be another. On a full disk that has to
    // wait for another start.
    let sql = "UPDATE verdicts SET state = 'waiting', next_try_at_ms = 0 WHERE state = 'key_lost';
               UPDATE verdicts SET next_try_at_ms = 0 WHERE state = 'refused';";
    match connection.execute_batch(sql).map_err(OutboxError::from) {
        Ok(()) | Err(OutboxError::DiskFull) => {}
        Err(error) => return Err(error),
    }
    Ok(connection)
}

/// Whether another program has the file; looks, and changes nothing.
pub(super) fn is_in_use(path: &Path) -> bool {
    if is_foreign(path) || !path.exists() {
        return false;
    }
    let look = || {
        let connection = Connection::open(path)?;
        keep_log(&connection, true)?;
        connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
    };
    look().is_err_and(|error: rusqlite::Error| matches!(OutboxError::from(error), OutboxError::InUse))
}

/// How long the log is.
pub(super) fn log_bytes(path: &Path) -> u64 {
    std::fs::metadata(path.with_extension("sqlite-wal")).map_or(0, |log| log.len())
}

/// Whether closing the file leaves its log as it is.
pub(super) fn keep_log(connection: &Connection, keep: bool) -> rusqlite::Result<bool> {
    connection.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep)
}

/// There is a file with something in it, and it does not begin as an SQLite file does.
fn is_foreign(path: &Path) -> bool {
    let mut start = [0; 16];
    let read = std::fs::File::open(path).and_then(|mut file| std::io::Read::read(&mut file, &mut start));
    read.is_ok_and(|read| read > 0 && start != *b"SQLite format 3\0")
}

fn damaged() -> OutboxError {
    let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
    OutboxError::Damaged(rusqlite::Error::SqliteFailure(code, None))
}

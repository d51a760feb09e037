//! Rows that belong to one's own account.

use chinhchu_protocol::console::account::{ConsoleSession, SignInWay};
use chinhchu_protocol::ids::{PersonId, PersonSessionId};
use chinhchu_protocol::time::Timestamp;
use rusqlite::{Connection, params};

use crate::console::session::IDLE_MS;
use crate::store::{StoreError, rows};

/// The sessions of a person that stand, newest first, at most 200.
pub fn sessions(
    connection: &Connection,
    person: PersonId,
    asking: Option<PersonSessionId>,
    now: Timestamp,
) -> Result<Vec<ConsoleSession>, StoreError> {
    let sql = "SELECT session_id, way, program, created_ms, used_ms, expires_ms FROM person_sessions
               WHERE person_id = ?1 AND ended_ms IS NULL AND expires_ms > ?2 AND used_ms > ?3
               ORDER BY session_id DESC LIMIT 200";
    let idle = now.plus_ms(-IDLE_MS).ms();
    rows::all(connection, sql, params![person.0.as_bytes(), now.ms(), idle], |row| {
        let session_id = PersonSessionId(rows::id(row, "session_id")?);
        let way: String = row.get("way")?;
        Ok(ConsoleSession {
            session_id,
            way: if way == "directory" { SignInWay::Directory } else { SignInWay::Password },
            program: row.get("program")?,
            created_at: rows::time(row, "created_ms")?,
            used_at: rows::time(row, "used_ms")?,
            expires_at: rows::time(row, "expires_ms")?,
            current: asking == Some(session_id),
        })
    })
}

/// Stores a password.
pub fn set_password(
    tx: &Connection,
    person: PersonId,
    hash: &str,
    temporary: bool,
) -> Result<(), StoreError> {
    let sql = "UPDATE people SET password_hash = ?2, password_temporary = ?3 WHERE person_id = ?1";
    rows::run(tx, sql, params![person.0.as_bytes(), hash, temporary])?;
    Ok(())
}

/// Stores one's own new password, unless the one that was checked is not the one of now: a reset by an administrator,
/// or a disabling, that came in between counts.
pub fn change_password(
    tx: &Connection,
    person: PersonId,
    checked: Option<&str>,
    hash: &str,
) -> Result<bool, StoreError> {
    let sql = "UPDATE people SET password_hash = ?3, password_temporary = 0
               WHERE person_id = ?1 AND password_hash = ?2 AND disabled_ms IS NULL";
    Ok(rows::run(tx, sql, params![person.0.as_bytes(), checked, hash])? == 1)
}

/// Whether a person is still active, with the password that was checked, if one was.
pub fn is_still(
    connection: &Connection,
    person: PersonId,
    checked: Option<&str>,
) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM people
               WHERE person_id = ?1 AND disabled_ms IS NULL AND (?2 IS NULL OR password_hash = ?2)";
    Ok(rows::first(connection, sql, params![person.0.as_bytes(), checked], |_| Ok(()))?.is_some())
}

/// Ends a session of this person; `false` if it has none such that stands.
pub fn end_own(
    tx: &Connection,
    person: PersonId,
    session: PersonSessionId,
    reason: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "UPDATE person_sessions SET ended_ms = ?3, end_reason = ?4
               WHERE session_id = ?1 AND person_id = ?2 AND ended_ms IS NULL";
    let ids = (session.0.as_bytes(), person.0.as_bytes());
    Ok(rows::run(tx, sql, params![ids.0, ids.1, now.ms(), reason])? == 1)
}

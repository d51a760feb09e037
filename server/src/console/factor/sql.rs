//! Rows of second factors.

use chinhchu_protocol::ids::{PersonId, PersonSessionId};
use chinhchu_protocol::time::Timestamp;
use rusqlite::{Connection, params};

use crate::store::{StoreError, rows};

/// Stores a secret that waits for its first code.
pub fn set_next(tx: &Connection, person: PersonId, sealed: &[u8]) -> Result<(), StoreError> {
    let sql = "UPDATE people SET totp_next = ?2 WHERE person_id = ?1";
    rows::run(tx, sql, params![person.0.as_bytes(), sealed])?;
    Ok(())
}

/// The secret that waits.
pub fn next(connection: &Connection, person: PersonId) -> Result<Option<Vec<u8>>, StoreError> {
    let sql = "SELECT totp_next FROM people WHERE person_id = ?1";
    let found: Option<Option<Vec<u8>>> =
        rows::first(connection, sql, [person.0.as_bytes()], |row| row.get(0))?;
    Ok(found.flatten())
}

/// The waiting secret is in use from now on, if it is still this one; the code of `step` is used up.
pub fn adopt_next(
    tx: &Connection,
    person: PersonId,
    sealed: &[u8],
    step: u64,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "UPDATE people SET totp_sealed = totp_next, totp_next = NULL, totp_on_ms = ?3, totp_step = ?4
               WHERE person_id = ?1 AND totp_next = ?2";
    let changed = rows::run(tx, sql, params![person.0.as_bytes(), sealed, now.ms(), step.cast_signed()])?;
    Ok(changed == 1)
}

/// Uses a code up; `false` if it, or a later one, was used before.
pub fn use_step(tx: &Connection, person: PersonId, step: u64) -> Result<bool, StoreError> {
    let sql = "UPDATE people SET totp_step = ?2 WHERE person_id = ?1 AND totp_step < ?2";
    Ok(rows::run(tx, sql, params![person.0.as_bytes(), step.cast_signed()])? == 1)
}

/// Forgets the second factor and its recovery codes.
pub fn forget(tx: &Connection, person: PersonId) -> Result<(), StoreError> {
    let sql =
        "UPDATE people SET totp_sealed = NULL, totp_next = NULL, totp_on_ms = NULL WHERE person_id = ?1";
    rows::run(tx, sql, [person.0.as_bytes()])?;
    rows::run(tx, "DELETE FROM recovery_codes WHERE person_id = ?1", [person.0.as_bytes()])?;
    Ok(())
}

/// These recovery codes instead of all older ones.
pub fn set_recovery_codes(tx: &Connection, person: PersonId, hashes: &[[u8; 32]]) -> Result<(), StoreError> {
    rows::run(tx, "DELETE FROM recovery_codes WHERE person_id = ?1", [person.0.as_bytes()])?;
    for hash in hashes {
        let sql = "INSERT INTO recovery_codes (person_id, code_hash) VALUES (?1, ?2)";
        rows::run(tx, sql, params![person.0.as_bytes(), hash])?;
    }
    Ok(())
}

/// Uses a recovery code up; `false` if there is none such, or it was used before.
pub fn use_recovery_code(
    tx: &Connection,
    person: PersonId,
    hash: [u8; 32],
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "UPDATE recovery_codes SET used_ms = ?3
               WHERE person_id = ?1 AND code_hash = ?2 AND used_ms IS NULL";
    Ok(rows::run(tx, sql, params![person.0.as_bytes(), hash, now.ms()])? == 1)
}

/// The session has shown its second factor: another token, and its full life. `false` if it is over.
pub fn promote(
    tx: &Connection,
    session: PersonSessionId,
    token_hash: [u8; 32],
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "UPDATE person_sessions SET token_hash = ?2, expires_ms = ?3, factor_ms = ?4, used_ms = ?4
               WHERE session_id = ?1 AND ended_ms IS NULL";
    let id = session.0.as_bytes();
    Ok(rows::run(tx, sql, params![id, token_hash, expires_at.ms(), now.ms()])? == 1)
}

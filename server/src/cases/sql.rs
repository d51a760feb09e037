//! Rows of cases and pictures.

use chinhchu_protocol::call::ImageKind;
use chinhchu_protocol::case::Case;
use chinhchu_protocol::ids::{CallId, CompanyCode};
use chinhchu_protocol::policy::CallPolicy;
use chinhchu_protocol::time::Timestamp;
use rusqlite::{Connection, Row, params};

use super::{NewPicture, StoredCase, StoredPicture, find};
use crate::audit::{self, Entry};
use crate::objects::{self, CaseKey, Keys, ObjectId};
use crate::store::{StoreError, rows};

const CASE: &[u8] = b"case";

/// Stores a new case.
pub fn insert(tx: &Connection, keys: &Keys, case: &StoredCase) -> Result<(), StoreError> {
    let sql =
        "INSERT INTO cases (call_id, company, key_wrapped, case_sealed, policy, created_ms, msisdn_hash,
                 external_hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let sealed = case.key.seal(CASE, &serde_json::to_vec(&case.case)?);
    let policy = serde_json::to_string(&case.policy)?;
    let wrapped = keys.wrap(case.call_id, &case.key);
    let call = case.call_id.0.as_bytes();
    let (created, subscriber) = (case.created_at.ms(), find::hash_of(keys, &case.case.subscriber.msisdn));
    let transaction = keys.transaction(&case.case.external_id);
    let values = params![call, case.company.0, wrapped, sealed, policy, created, subscriber, transaction];
    rows::run(tx, sql, values)?;
    Ok(())
}

/// The case of a call, if there is one and its key was not destroyed.
pub fn read(connection: &Connection, keys: &Keys, call: CallId) -> Result<Option<StoredCase>, StoreError> {
    let sql = "SELECT company, key_wrapped, case_sealed, policy, created_ms FROM cases
               WHERE call_id = ?1 AND key_wrapped IS NOT NULL";
    let found = rows::first(connection, sql, [call.0.as_bytes()], |row| {
        let sealed: (Vec<u8>, Vec<u8>) = (row.get("key_wrapped")?, row.get("case_sealed")?);
        Ok((row.get("company")?, sealed, row.get::<_, String>("policy")?, rows::time(row, "created_ms")?))
    })?;
    let Some((company, (wrapped, sealed), policy, created_at)) = found else { return Ok(None) };
    let key = keys.unwrap(call, &wrapped).map_err(|_| StoreError::Corrupt("key of a case"))?;
    let plain = key.open(CASE, &sealed).map_err(|_| StoreError::Corrupt("case"))?;
    let case: Case = serde_json::from_slice(&plain)?;
    let policy: CallPolicy = serde_json::from_str(&policy)?;
    Ok(Some(StoredCase { call_id: call, company: CompanyCode(company), case, policy, created_at, key }))
}

/// The key of a case alone.
pub fn read_key(connection: &Connection, keys: &Keys, call: CallId) -> Result<Option<CaseKey>, StoreError> {
    let sql = "SELECT key_wrapped FROM cases WHERE call_id = ?1 AND key_wrapped IS NOT NULL";
    let wrapped: Option<Vec<u8>> = rows::first(connection, sql, [call.0.as_bytes()], |row| row.get(0))?;
    wrapped
        .map(|bytes| keys.unwrap(call, &bytes).map_err(|_| StoreError::Corrupt("key of a case")))
        .transpose()
}

/// Home company and time of intake of a call, without opening its case.
pub fn origin(connection: &Connection, call: CallId) -> Result<Option<(CompanyCode, Timestamp)>, StoreError> {
    let sql = "SELECT company, created_ms FROM cases WHERE call_id = ?1";
    rows::first(connection, sql, [call.0.as_bytes()], |row| {
        Ok((CompanyCode(row.get("company")?), rows::time(row, "created_ms")?))
    })
}

/// Names a picture: its objects are no longer pending.
pub fn insert_picture(
    tx: &Connection,
    call: CallId,
    assignment: u32,
    picture: &NewPicture,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO pictures (call_id, assignment, kind, object_id, display_object_id, sha256,
                 content_type, display_type, bytes, width, height, created_ms)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
    objects::sql::name(tx, picture.object_id)?;
    if let Some(display) = picture.display_object_id {
        objects::sql::name(tx, display)?;
    }
    let display = picture.display_object_id.map(|id| *id.0.as_bytes());
    rows::run(
        tx,
        sql,
        params![
            call.0.as_bytes(),
            assignment,
            picture.kind.name(),
            picture.object_id.0.as_bytes(),
            display,
            picture.sha256,
            picture.content_type,
            picture.display_type,
            picture.bytes,
            picture.width,
            picture.height,
            now.ms()
        ],
    )?;
    Ok(())
}

/// Pictures of a call that may be shown: the intake's, and those of one assignment's evidence.
pub fn pictures(
    connection: &Connection,
    call: CallId,
    assignment: Option<u32>,
) -> Result<Vec<StoredPicture>, StoreError> {
    let sql = "SELECT * FROM pictures WHERE call_id = ?1 AND (assignment = 0 OR assignment = ?2)";
    let mut found = rows::all(connection, sql, params![call.0.as_bytes(), assignment], picture)?;
    found.sort_by_key(|picture| picture.kind);
    Ok(found)
}

/// A row of `pictures`.
pub fn picture(row: &Row<'_>) -> rusqlite::Result<StoredPicture> {
    let kind: String = row.get("kind")?;
    let display: Option<[u8; 16]> = row.get("display_object_id")?;
    Ok(StoredPicture {
        kind: ImageKind::parse(&kind).ok_or(rusqlite::Error::InvalidQuery)?,
        assignment: row.get("assignment")?,
        object_id: ObjectId(rows::id(row, "object_id")?),
        display_object_id: display.map(|bytes| ObjectId(uuid::Uuid::from_bytes(bytes))),
        sha256: row.get("sha256")?,
        content_type: row.get("content_type")?,
        display_type: row.get("display_type")?,
    })
}

/// Somebody looked at a case, or at one of its pictures (`what`).
pub fn log_access(
    tx: &Connection,
    call: CallId,
    actor: &str,
    what: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO case_access (at_ms, call_id, actor, what) VALUES (?1, ?2, ?3, ?4)";
    rows::run(tx, sql, params![now.ms(), call.0.as_bytes(), actor, what])?;
    let detail = serde_json::json!({ "what": what });
    let subject = audit::call_subject(call);
    audit::append(tx, now, &Entry { actor, action: "case.looked_at", subject: &subject, detail: &detail })?;
    Ok(())
}

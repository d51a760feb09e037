//! Rows of people and their sessions.

use std::collections::BTreeSet;

use chinhchu_protocol::console::people::Role;
use chinhchu_protocol::ids::{CompanyCode, PersonId, PersonSessionId};
use chinhchu_protocol::time::Timestamp;
use rusqlite::{Connection, Row, params};

use super::Scope;
use crate::store::{StoreError, rows};

/// A session that is over is kept so long, so that its owner is told why.
const KEPT_MS: i64 = 7 * 24 * 60 * 60_000;

/// A person as stored.
#[derive(Clone)]
pub struct StoredPerson {
    /// Names the person.
    pub person_id: PersonId,
    /// Sign-in name.
    pub username: String,
    /// Name.
    pub name: String,
    /// Role.
    pub role: Role,
    /// What the person sees.
    pub scope: Scope,
    /// PHC string; none for who signs in by the directory alone.
    pub password_hash: Option<String>,
    /// The password was made by somebody else.
    pub password_temporary: bool,
    /// The directory's own name for the person.
    pub directory_id: Option<String>,
    /// The second factor's secret, sealed.
    pub totp_sealed: Option<Vec<u8>>,
    /// Since when it is in use; none while it waits for its first code.
    pub totp_on: Option<Timestamp>,
    /// The last time step whose code was taken.
    pub totp_step: u64,
    /// When the person was added.
    pub created_at: Timestamp,
    /// Since when the person may not sign in.
    pub disabled_at: Option<Timestamp>,
}

impl StoredPerson {
    /// May sign in.
    pub fn is_active(&self) -> bool {
        self.disabled_at.is_none()
    }
}

/// How a session came about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// User name and password, then the second factor of this installation.
    Password,
    /// The operator's directory.
    Directory,
}

impl Way {
    /// As stored and listed.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Directory => "directory",
        }
    }
}

/// A session, standing or over.
#[derive(Clone)]
pub struct FoundSession {
    /// Names it.
    pub session_id: PersonSessionId,
    /// Whose.
    pub person: StoredPerson,
    /// How it came about.
    pub way: Way,
    /// Since when.
    pub created_at: Timestamp,
    /// Last request, within a minute.
    pub used_at: Timestamp,
    /// Ends at the latest.
    pub expires_at: Timestamp,
    /// When the second factor was shown.
    pub factor_at: Option<Timestamp>,
    /// It was ended, and why.
    pub ended_for: Option<String>,
}

/// A session to be stored.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// Names it.
    pub session_id: PersonSessionId,
    /// Whose.
    pub person_id: PersonId,
    /// SHA-256 of the token.
    pub token_hash: [u8; 32],
    /// How it came about.
    pub way: Way,
    /// Browser and system, in two words.
    pub program: String,
    /// Ends at the latest.
    pub expires_at: Timestamp,
    /// When the second factor was shown.
    pub factor_at: Option<Timestamp>,
}

/// Stores a new person; fails with a conflict if the user name (or the directory's name) is taken.
pub fn insert_person(tx: &Connection, person: &StoredPerson) -> Result<(), StoreError> {
    let sql = "INSERT INTO people (person_id, username, name, role, companies, partner, password_hash,
                 password_temporary, directory_id, created_ms)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    let id = person.person_id.0.as_bytes();
    let StoredPerson { username, name, role, scope, password_hash, directory_id, .. } = person;
    rows::run(
        tx,
        sql,
        params![
            id,
            username,
            name,
            role.name(),
            scope.companies_json(),
            scope.partner,
            password_hash,
            person.password_temporary,
            directory_id,
            person.created_at.ms()
        ],
    )?;
    Ok(())
}

/// A person by user name.
pub fn person_by_name(connection: &Connection, username: &str) -> Result<Option<StoredPerson>, StoreError> {
    rows::first(connection, "SELECT * FROM people WHERE username = ?1", [username], person)
}

/// A person by id.
pub fn person_by_id(connection: &Connection, id: PersonId) -> Result<Option<StoredPerson>, StoreError> {
    rows::first(connection, "SELECT * FROM people WHERE person_id = ?1", [id.0.as_bytes()], person)
}

/// The person whom the operator's directory calls so.
pub fn person_by_directory(connection: &Connection, named: &str) -> Result<Option<StoredPerson>, StoreError> {
    rows::first(connection, "SELECT * FROM people WHERE directory_id = ?1", [named], person)
}

/// Everybody, by user name: the installation's own people are few.
pub fn people(connection: &Connection) -> Result<Vec<StoredPerson>, StoreError> {
    rows::all(connection, "SELECT * FROM people ORDER BY username LIMIT 10000", [], person)
}

/// People after a user name, at most `most`.
pub fn people_after(
    connection: &Connection,
    after: &str,
    most: u32,
) -> Result<Vec<StoredPerson>, StoreError> {
    let sql =
        "SELECT * FROM people WHERE username > ?1 COLLATE NOCASE ORDER BY username COLLATE NOCASE LIMIT ?2";
    rows::all(connection, sql, params![after, most], person)
}

/// Stores a second factor, in use since `on` or waiting for its first code.
pub fn set_totp(
    tx: &Connection,
    id: PersonId,
    sealed: &[u8],
    on: Option<Timestamp>,
) -> Result<(), StoreError> {
    let sql = "UPDATE people SET totp_sealed = ?2, totp_on_ms = ?3, totp_step = 0 WHERE person_id = ?1";
    rows::run(tx, sql, params![id.0.as_bytes(), sealed, on.map(Timestamp::ms)])?;
    Ok(())
}

/// Stores a session.
pub fn insert_session(tx: &Connection, session: &NewSession, now: Timestamp) -> Result<(), StoreError> {
    let sql = "INSERT INTO person_sessions
                 (session_id, person_id, token_hash, way, program, created_ms, used_ms, expires_ms, factor_ms)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7, ?8)";
    let (id, person) = (session.session_id.0.as_bytes(), session.person_id.0.as_bytes());
    let NewSession { token_hash, way, program, expires_at, factor_at, .. } = session;
    let factor = factor_at.map(Timestamp::ms);
    rows::run(
        tx,
        sql,
        params![id, person, token_hash, way.name(), program, now.ms(), expires_at.ms(), factor],
    )?;
    Ok(())
}

const SESSION: &str = "SELECT people.*, session_id, way, program, person_sessions.created_ms AS since_ms,
    used_ms, expires_ms, factor_ms, ended_ms, end_reason FROM person_sessions JOIN people USING (person_id)";

/// The session behind a token.
pub fn session_by_token(
    connection: &Connection,
    token_hash: [u8; 32],
) -> Result<Option<FoundSession>, StoreError> {
    rows::first(connection, &format!("{SESSION} WHERE token_hash = ?1"), [token_hash], session)
}

/// A session by its id.
pub fn session_by_id(
    connection: &Connection,
    id: PersonSessionId,
) -> Result<Option<FoundSession>, StoreError> {
    rows::first(connection, &format!("{SESSION} WHERE session_id = ?1"), [id.0.as_bytes()], session)
}

/// The session was used.
pub fn touch(tx: &Connection, id: PersonSessionId, now: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE person_sessions SET used_ms = max(used_ms, ?2) WHERE session_id = ?1";
    rows::run(tx, sql, params![id.0.as_bytes(), now.ms()])?;
    Ok(())
}

/// Ends a session; one that is over stays as it is.
pub fn end_session(
    tx: &Connection,
    id: PersonSessionId,
    reason: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "UPDATE person_sessions SET ended_ms = ?2, end_reason = ?3
               WHERE session_id = ?1 AND ended_ms IS NULL";
    Ok(rows::run(tx, sql, params![id.0.as_bytes(), now.ms(), reason])? == 1)
}

/// Ends every session of a person but one; gives how many there were.
pub fn end_sessions(
    tx: &Connection,
    person: PersonId,
    but: Option<PersonSessionId>,
    reason: &str,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let sql = "UPDATE person_sessions SET ended_ms = ?3, end_reason = ?4
               WHERE person_id = ?1 AND ended_ms IS NULL AND (?2 IS NULL OR session_id <> ?2)";
    let but = but.map(|id| *id.0.as_bytes());
    rows::run(tx, sql, params![person.0.as_bytes(), but, now.ms(), reason])
}

/// Forgets sessions that are long over; gives how many. Who signed in when stays in the audit.
pub fn sweep(tx: &Connection, now: Timestamp) -> Result<usize, StoreError> {
    let sql = "DELETE FROM person_sessions WHERE expires_ms < ?1 OR ended_ms < ?1";
    rows::run(tx, sql, [now.plus_ms(-KEPT_MS).ms()])
}

fn person(row: &Row<'_>) -> rusqlite::Result<StoredPerson> {
    let role: String = row.get("role")?;
    let companies: Option<String> = row.get("companies")?;
    let companies: Option<BTreeSet<CompanyCode>> =
        companies.map(|text| serde_json::from_str(&text)).transpose().map_err(unreadable)?;
    Ok(StoredPerson {
        person_id: PersonId(rows::id(row, "person_id")?),
        username: row.get("username")?,
        name: row.get("name")?,
        role: Role::parse(&role).ok_or_else(|| unreadable("role"))?,
        scope: Scope { companies, partner: row.get("partner")? },
        password_hash: row.get("password_hash")?,
        password_temporary: row.get("password_temporary")?,
        directory_id: row.get("directory_id")?,
        totp_sealed: row.get("totp_sealed")?,
        totp_on: rows::time_or_null(row, "totp_on_ms")?,
        totp_step: row.get::<_, i64>("totp_step")?.cast_unsigned(),
        created_at: rows::time(row, "created_ms")?,
        disabled_at: rows::time_or_null(row, "disabled_ms")?,
    })
}

fn session(row: &Row<'_>) -> rusqlite::Result<FoundSession> {
    let way: String = row.get("way")?;
    Ok(FoundSession {
        session_id: PersonSessionId(rows::id(row, "session_id")?),
        person: person(row)?,
        way: match way.as_str() {
            "password" => Way::Password,
            "directory" => Way::Directory,
            _ => return Err(unreadable("way")),
        },
        created_at: rows::time(row, "since_ms")?,
        used_at: rows::time(row, "used_ms")?,
        expires_at: rows::time(row, "expires_ms")?,
        factor_at: rows::time_or_null(row, "factor_ms")?,
        ended_for: row.get("end_reason")?,
    })
}

/// A stored value of another shape than this program writes: never taken for a wider one.
fn unreadable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, error.into())
}

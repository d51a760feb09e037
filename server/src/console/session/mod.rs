//! Sign-in to the console, and how long it stands.
//!
//! A password alone opens a session for ten minutes in which only the second factor can be shown or set up;
//! showing it gives the session another token and its full life.

pub mod failures;
pub mod http;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chinhchu_protocol::console::people::{ConsoleSignIn, SecondFactor};
use chinhchu_protocol::ids::{PersonId, PersonSessionId};
use chinhchu_protocol::problem::ErrorCode;
use chinhchu_protocol::time::Timestamp;
use rusqlite::Connection;
use serde_json::json;

use self::failures::Step;
use super::account::sql::is_still;
use super::sql::{self, FoundSession, NewSession, Way};
use crate::audit::{self, Entry};
use crate::http::{ApiError, App};
use crate::store::StoreError;
use crate::tokens::secret::hash;

/// A session ends this long after its last request.
pub const IDLE_MS: i64 = 60 * 60_000;
/// And this long after the sign-in, however busy: a shift.
pub const LIFE_MS: i64 = 12 * 60 * 60_000;
/// Time between the password and the second factor.
pub const FACTOR_MS: i64 = 10 * 60_000;
/// A session's last use is written at most so often.
const TOUCH_MS: i64 = 60_000;
/// Says what the secret opens, so that scanners find leaked ones.
const PREFIX: &str = "ccp_";
const MAX_USERNAME: usize = 64;
/// Longest password in bytes.
pub const MAX_PASSWORD: usize = 256;

/// 256 random bits for a cookie.
pub fn fresh_token() -> String {
    format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()))
}

/// How a session stands with the second factor.
pub fn factor(found: &FoundSession) -> SecondFactor {
    match (found.way, found.factor_at, found.person.totp_on) {
        (Way::Directory, ..) => SecondFactor::Off,
        (Way::Password, _, None) => SecondFactor::ToSetUp,
        (Way::Password, None, Some(_)) => SecondFactor::Wanted,
        (Way::Password, Some(_), Some(_)) => SecondFactor::On,
    }
}

/// Refuses a session that is over, and says why.
pub fn standing(found: &FoundSession, now: Timestamp) -> Result<(), ApiError> {
    let why = if found.ended_for.is_some() {
        "ended"
    } else if now >= found.expires_at {
        "expired"
    } else if now.ms_since(found.used_at) >= IDLE_MS {
        "idle"
    } else {
        return Ok(());
    };
    Err(over().with("session", why))
}

/// The session is not known any more.
pub fn over() -> ApiError {
    ApiError::new(ErrorCode::SessionOver, "The session is over; sign in again.")
}

/// Notes that a session was used.
pub async fn touch(app: &App, found: &FoundSession, now: Timestamp) -> Result<(), ApiError> {
    if now.ms_since(found.used_at) < TOUCH_MS {
        return Ok(());
    }
    let id = found.session_id;
    let written = app.db.write(move |tx| sql::touch(tx, id, now)).await;
    written.map_err(|error: StoreError| ApiError::unavailable(error))
}

/// A session that has begun, with its cookie's token.
pub struct Begun {
    /// For the cookie, this once.
    pub token: String,
    /// The session.
    pub session_id: PersonSessionId,
}

/// Checks user name and password.
pub async fn sign_in(app: &App, request: ConsoleSignIn, program: String) -> Result<Begun, ApiError> {
    check(&request)?;
    let ConsoleSignIn { username, password } = request;
    let wait = app.console.passwords.take(&username, app.clock.now());
    wait.map_err(|seconds| {
        ApiError::new(ErrorCode::RateLimited, "Too many wrong passwords; wait.").retry_after(seconds)
    })?;
    let name = username.clone();
    let stored = app.db.read(move |connection| sql::person_by_name(connection, &name)).await;
    let stored = stored.map_err(|error: StoreError| ApiError::unavailable(error))?;
    let checked = stored.as_ref().and_then(|person| person.password_hash.clone());
    let fits =
        app.hub.password_checks.verify(password, checked.clone()).await.map_err(ApiError::unavailable)?;
    let known = stored.as_ref().map(|person| person.person_id);
    let Some(person) = stored.filter(|person| fits && person.is_active()) else {
        failures::note_wrong(app, known, Step::Password);
        return Err(failed());
    };
    app.console.passwords.clear(&username);
    begin(app, person.person_id, Way::Password, checked, program).await
}

/// Opens a session: with a password, one that waits for its second factor; by the directory, a whole one. None if the
/// person was disabled or the password, of which the hash was `checked`, reset in the meantime.
pub async fn begin(
    app: &App,
    person_id: PersonId,
    way: Way,
    checked: Option<String>,
    program: String,
) -> Result<Begun, ApiError> {
    let (token, now) = (fresh_token(), app.clock.now());
    let session_id = PersonSessionId(app.clock.new_id());
    let life = match way {
        Way::Password => FACTOR_MS,
        Way::Directory => LIFE_MS,
    };
    let new = NewSession {
        session_id,
        person_id,
        token_hash: hash(&token),
        way,
        program,
        expires_at: now.plus_ms(life),
        factor_at: None,
    };
    let written = app.db.write(move |tx| {
        if !is_still(tx, person_id, checked.as_deref())? {
            return Ok(false);
        }
        sql::insert_session(tx, &new, now)?;
        match way {
            // Said when the second factor is shown: before, nothing was opened.
            Way::Password => {}
            Way::Directory => signed_in(tx, person_id, way, 0, now)?,
        }
        Ok(true)
    });
    let begun = written.await.map_err(|error: StoreError| ApiError::unavailable(error))?;
    if begun { Ok(Begun { token, session_id }) } else { Err(failed()) }
}

/// Writes down that somebody has signed in, and how many wrong tries before it no entry has told.
pub fn signed_in(
    tx: &Connection,
    person: PersonId,
    way: Way,
    wrong_before: u32,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut detail = json!({ "by": way.name() });
    if wrong_before > 0 {
        detail["wrong_before"] = wrong_before.into();
    }
    note(tx, person, "person.signed_in", &detail, now)
}

/// Writes down what a person did to the own account.
pub fn note(
    tx: &Connection,
    person: PersonId,
    action: &str,
    detail: &serde_json::Value,
    now: Timestamp,
) -> Result<(), StoreError> {
    let who = format!("person:{person}");
    audit::append(tx, now, &Entry { actor: &who, action, subject: &who, detail }).map(drop)
}

fn failed() -> ApiError {
    ApiError::new(ErrorCode::SignInFailed, "The user name or the password is wrong.")
}

fn check(request: &ConsoleSignIn) -> Result<(), ApiError> {
    let mut error = ApiError::new(ErrorCode::RequestInvalid, "The sign-in has faults.");
    let mut faulty = false;
    for (field, length, longest) in [
        ("username", request.username.len(), MAX_USERNAME),
        ("password", request.password.len(), MAX_PASSWORD),
    ] {
        let code = match length {
            0 => "missing",
            length if length > longest => "too_long",
            _ => continue,
        };
        (error, faulty) = (error.with(field, code), true);
    }
    if faulty { Err(error) } else { Ok(()) }
}

/// Browser and system in two words, from a header of any length: enough to know one's own sessions by.
pub fn program(user_agent: &str) -> String {
    // The names that come first hide in those that come later.
    let browsers = [
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    let systems = [
        ("Android", "Android"),
        ("iPhone", "iOS"),
        ("iPad", "iOS"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ];
    let find = |names: &[(&str, &'static str)]| {
        names.iter().find(|(mark, _)| user_agent.contains(mark)).map_or("?", |(_, name)| name)
    };
    format!("{}, {}", find(&browsers), find(&systems))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_known_by_two_words_and_nothing_else_of_its_header_is_kept() {
        let chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Safari/537.36";
        assert_eq!(program(chrome), "Chrome, Windows");
        assert_eq!(program("curl/8.0"), "?, ?");
    }
}

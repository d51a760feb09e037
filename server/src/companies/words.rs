//! Versions of the operator's words (N2, consent, reasons): dated, read by [`crate::views::words`]. A version is
//! never changed; another one follows from its moment on. What lies ahead can be taken back.

use chinhchu_protocol::console::settings::{
    ReasonKind, ReasonRequest, ReasonVersion, TextName, TextRequest, TextVersion, WordState,
};
use chinhchu_protocol::time::Timestamp;
use rusqlite::{Connection, params};
use serde_json::{Value, json};

use super::changes::{MAX_REASON, NOW_ENOUGH_MS};
use super::rules::{Fault, fault};
use crate::audit::{self, Entry};
use crate::store::{StoreError, rows};

/// Longest text, in characters.
const MAX_TEXT: usize = 4_000;
/// Longest reason that agents choose, in characters.
const MAX_WORDS: usize = 200;
/// Most versions listed.
const MOST: u32 = 500;

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum WordsError {
    /// Each fault.
    #[error("the words have faults")]
    Faults(Vec<Fault>),
    /// There is no such version, or it does not lie ahead.
    #[error("there is no such version ahead")]
    NoVersion,
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Name of a text in rows.
pub const fn text_name(name: TextName) -> &'static str {
    match name {
        TextName::Greeting => "greeting",
        TextName::Consent => "consent",
    }
}

/// Name of a kind in rows.
pub const fn kind_name(kind: ReasonKind) -> &'static str {
    match kind {
        ReasonKind::Reject => "reject",
        ReasonKind::Pause => "pause",
    }
}

/// Every version of every text, newest first.
pub fn texts(connection: &Connection, now: Timestamp) -> Result<Vec<TextVersion>, StoreError> {
    let mut found = Vec::new();
    for name in [TextName::Greeting, TextName::Consent] {
        let sql = "SELECT version, body, valid_from_ms FROM texts WHERE name = ?1
                   ORDER BY valid_from_ms DESC LIMIT ?2";
        let mut versions = rows::all(connection, sql, params![text_name(name), MOST], |row| {
            let (version, body) = (row.get(0)?, row.get(1)?);
            let valid_from = rows::time(row, "valid_from_ms")?;
            Ok(TextVersion { name, version, body, valid_from, state: WordState::Past })
        })?;
        for ahead in versions.iter_mut().take_while(|version| version.valid_from > now) {
            ahead.state = WordState::Ahead;
        }
        if let Some(current) = versions.iter_mut().find(|version| version.state == WordState::Past) {
            current.state = WordState::Current;
        }
        found.extend(versions);
    }
    Ok(found)
}

/// Adds a version of a text.
pub fn add_text(
    tx: &Connection,
    wanted: &TextRequest,
    actor: &str,
    now: Timestamp,
) -> Result<TextVersion, WordsError> {
    let (mut faults, name) = (Vec::new(), text_name(wanted.name));
    let at = moment("valid_from", wanted.valid_from, now, &mut faults);
    why(&wanted.reason, &mut faults);
    body(&wanted.body, MAX_TEXT, &mut faults);
    let version = &wanted.version;
    if version.is_empty() || version.len() > 32 || !version.bytes().all(|byte| byte.is_ascii_graphic()) {
        faults.push(fault("version", "out_of_range", "1 to 32 visible ASCII characters"));
    }
    let sql = "SELECT 1 FROM texts WHERE name = ?1 AND version = ?2";
    if rows::first(tx, sql, params![name, version], |_| Ok(()))?.is_some() {
        faults.push(fault("version", "taken", "a version of this name exists"));
    }
    let sql = "SELECT 1 FROM texts WHERE name = ?1 AND valid_from_ms = ?2";
    if rows::first(tx, sql, params![name, at.ms()], |_| Ok(()))?.is_some() {
        faults.push(fault("valid_from", "taken", "another version begins at this moment"));
    }
    if !faults.is_empty() {
        return Err(WordsError::Faults(faults));
    }
    let sql = "INSERT INTO texts (name, valid_from_ms, version, body) VALUES (?1, ?2, ?3, ?4)";
    rows::run(tx, sql, params![name, at.ms(), version, wanted.body])?;
    let detail = json!({ "version": version, "valid_from": at, "reason": wanted.reason });
    leave(tx, actor, "text.added", &format!("text:{name}"), &detail, now)?;
    let state = if at > now { WordState::Ahead } else { WordState::Current };
    Ok(TextVersion {
        name: wanted.name,
        version: version.clone(),
        body: wanted.body.clone(),
        valid_from: at,
        state,
    })
}

/// Takes a version of a text back that lies ahead.
pub fn remove_text(
    tx: &Connection,
    name: TextName,
    version: &str,
    actor: &str,
    now: Timestamp,
) -> Result<(), WordsError> {
    let name = text_name(name);
    let sql = "DELETE FROM texts WHERE name = ?1 AND version = ?2 AND valid_from_ms > ?3";
    if rows::run(tx, sql, params![name, version, now.ms()])? == 0 {
        return Err(WordsError::NoVersion);
    }
    leave(tx, actor, "text.withdrawn", &format!("text:{name}"), &json!({ "version": version }), now)?;
    Ok(())
}

/// Every version of every reason, in the order in which agents see them, newest first of each.
pub fn reasons(connection: &Connection, now: Timestamp) -> Result<Vec<ReasonVersion>, StoreError> {
    let mut found = Vec::new();
    for kind in [ReasonKind::Reject, ReasonKind::Pause] {
        let sql =
            "SELECT * FROM reasons WHERE kind = ?1 ORDER BY position, code, valid_from_ms DESC LIMIT ?2";
        found.extend(rows::all(connection, sql, params![kind_name(kind), MOST], |row| {
            let (valid_from, valid_to) =
                (rows::time(row, "valid_from_ms")?, rows::time_or_null(row, "valid_to_ms")?);
            let state = if valid_from > now {
                WordState::Ahead
            } else if valid_to.is_some_and(|to| to <= now) {
                WordState::Past
            } else {
                WordState::Current
            };
            let (code, position, body) = (row.get("code")?, row.get("position")?, row.get("body")?);
            Ok(ReasonVersion { kind, code, position, body, valid_from, valid_to, state })
        })?);
    }
    Ok(found)
}

/// Adds a reason, or a version of one: the version of before ends then.
pub fn add_reason(
    tx: &Connection,
    wanted: &ReasonRequest,
    actor: &str,
    now: Timestamp,
) -> Result<(), WordsError> {
    let (mut faults, kind, code) = (Vec::new(), kind_name(wanted.kind), wanted.code.as_str());
    let at = moment("valid_from", wanted.valid_from, now, &mut faults);
    why(&wanted.reason, &mut faults);
    body(&wanted.body, MAX_WORDS, &mut faults);
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if code.is_empty() || code.len() > 32 || !code.bytes().all(plain) {
        faults.push(fault("code", "out_of_range", "1 to 32 of a-z 0-9 _"));
    }
    if !(1..=999).contains(&wanted.position) {
        faults.push(fault("position", "out_of_range", "1 to 999"));
    }
    let sql = "SELECT 1 FROM reasons WHERE kind = ?1 AND code = ?2 AND valid_from_ms >= ?3";
    if rows::first(tx, sql, params![kind, code, at.ms()], |_| Ok(()))?.is_some() {
        faults.push(fault("valid_from", "taken", "a version begins at this moment or later"));
    }
    if !faults.is_empty() {
        return Err(WordsError::Faults(faults));
    }
    close(tx, kind, code, at)?;
    let sql = "INSERT INTO reasons (kind, code, position, body, valid_from_ms) VALUES (?1, ?2, ?3, ?4, ?5)";
    rows::run(tx, sql, params![kind, code, wanted.position, wanted.body, at.ms()])?;
    let detail = json!({ "valid_from": at, "reason": wanted.reason });
    Ok(leave(tx, actor, "reason.added", &format!("reason:{kind}.{code}"), &detail, now)?)
}

/// Ends a reason: agents no longer choose it from then on. A version that lies ahead of that goes. Where a version
/// ahead begins at this very moment, that one is taken back: the one before goes on as if nothing had been planned.
pub fn end_reason(
    tx: &Connection,
    (kind, code): (ReasonKind, &str),
    at: Option<Timestamp>,
    reason: &str,
    actor: &str,
    now: Timestamp,
) -> Result<(), WordsError> {
    let (mut faults, kind) = (Vec::new(), kind_name(kind));
    let at = moment("at", at, now, &mut faults);
    why(reason, &mut faults);
    if !faults.is_empty() {
        return Err(WordsError::Faults(faults));
    }
    let sql =
        "DELETE FROM reasons WHERE kind = ?1 AND code = ?2 AND valid_from_ms >= ?3 AND valid_from_ms > ?4";
    let begins = "SELECT 1 FROM reasons WHERE kind = ?1 AND code = ?2 AND valid_from_ms = ?3 AND ?3 > ?4";
    let taken_back = rows::first(tx, begins, params![kind, code, at.ms(), now.ms()], |_| Ok(()))?.is_some();
    let ahead = rows::run(tx, sql, params![kind, code, at.ms(), now.ms()])?;
    let action = if taken_back {
        let sql = "UPDATE reasons SET valid_to_ms = NULL WHERE kind = ?1 AND code = ?2 AND valid_to_ms = ?3";
        rows::run(tx, sql, params![kind, code, at.ms()])?;
        "reason.withdrawn"
    } else if ahead + close(tx, kind, code, at)? == 0 {
        return Err(WordsError::NoVersion);
    } else {
        "reason.ended"
    };
    let detail = json!({ "at": at, "reason": reason });
    Ok(leave(tx, actor, action, &format!("reason:{kind}.{code}"), &detail, now)?)
}

/// Takes back whatever is planned for a reason from a moment ahead on: versions that begin then or later, and an end.
/// What holds just before goes on.
pub fn withdraw_reason(
    tx: &Connection,
    (kind, code): (ReasonKind, &str),
    from: Timestamp,
    actor: &str,
    now: Timestamp,
) -> Result<(), WordsError> {
    let kind = kind_name(kind);
    if from <= now {
        return Err(WordsError::NoVersion);
    }
    let sql = "DELETE FROM reasons WHERE kind = ?1 AND code = ?2 AND valid_from_ms >= ?3";
    let versions = rows::run(tx, sql, params![kind, code, from.ms()])?;
    let sql = "UPDATE reasons SET valid_to_ms = NULL WHERE kind = ?1 AND code = ?2 AND valid_to_ms >= ?3";
    if versions + rows::run(tx, sql, params![kind, code, from.ms()])? == 0 {
        return Err(WordsError::NoVersion);
    }
    let detail = json!({ "from": from });
    Ok(leave(tx, actor, "reason.withdrawn", &format!("reason:{kind}.{code}"), &detail, now)?)
}

/// Ends what holds at a moment.
fn close(tx: &Connection, kind: &str, code: &str, at: Timestamp) -> Result<usize, StoreError> {
    let sql = "UPDATE reasons SET valid_to_ms = ?3 WHERE kind = ?1 AND code = ?2 AND valid_from_ms < ?3
                 AND (valid_to_ms IS NULL OR valid_to_ms > ?3)";
    rows::run(tx, sql, params![kind, code, at.ms()])
}

fn moment(field: &str, wanted: Option<Timestamp>, now: Timestamp, faults: &mut Vec<Fault>) -> Timestamp {
    let at = wanted.unwrap_or(now);
    if at.ms_since(now) < -NOW_ENOUGH_MS {
        faults.push(fault(field, "in_the_past", "now or later"));
    }
    at.max(now)
}

fn why(reason: &str, faults: &mut Vec<Fault>) {
    if reason.trim().is_empty() || reason.chars().count() > MAX_REASON || reason.chars().any(char::is_control)
    {
        faults.push(fault("reason", "out_of_range", format!("1 to {MAX_REASON} characters")));
    }
}

fn body(text: &str, most: usize, faults: &mut Vec<Fault>) {
    let strange = |c: char| c.is_control() && c != '\n';
    if text.trim().is_empty() || text.chars().count() > most || text.chars().any(strange) {
        faults.push(fault("body", "out_of_range", format!("1 to {most} characters")));
    }
}

fn leave(
    tx: &Connection,
    actor: &str,
    action: &str,
    subject: &str,
    detail: &Value,
    now: Timestamp,
) -> Result<(), StoreError> {
    audit::append(tx, now, &Entry { actor, action, subject, detail }).map(drop)
}

//! Dated changes in the store: made, applied at their moment, withdrawn, listed; and what held when.

use chinhchu_protocol::console::settings::{ChangeState, CompanyChange};
use chinhchu_protocol::ids::{ChangeId, CompanyCode};
use chinhchu_protocol::time::Timestamp;
use rusqlite::{Connection, Row, params};
use serde_json::{Map, Value, json};

use super::dated::{self, Holding, Planned, World};
use super::rules::{Fault, fault};
use crate::audit::{self, Entry};
use crate::store::{StoreError, rows};

/// Most changes of one company that wait.
const MOST_PENDING: usize = 100;
/// Longest reason, in characters.
pub const MAX_REASON: usize = 500;
/// How far ahead a change may lie: five years.
const FURTHEST_MS: i64 = 5 * 366 * 86_400_000;
/// A moment that is past by no more than this is meant as now: clocks differ.
pub const NOW_ENOUGH_MS: i64 = 60_000;

/// What somebody wants.
pub struct Ask {
    /// Whose settings.
    pub company: CompanyCode,
    /// What.
    pub changes: Map<String, Value>,
    /// From when on; now, if none.
    pub effective_at: Option<Timestamp>,
    /// Why.
    pub reason: String,
    /// Who, as in the audit.
    pub actor: String,
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// No open company has the code.
    #[error("there is no such company")]
    NoCompany,
    /// The change itself is wrong.
    #[error("{}", told(.0))]
    Faults(Vec<Fault>),
    /// A change that waits would become impossible.
    #[error("the change {change} that waits would become impossible: {}", told(.faults))]
    Conflict {
        /// That one.
        change: ChangeId,
        /// Why.
        faults: Vec<Fault>,
    },
    /// The company has no such change.
    #[error("there is no such change")]
    NoChange,
    /// Applied, withdrawn or refused before.
    #[error("this change waits no longer")]
    NotPending,
    /// Who does not see every company that takes the calls cannot move them.
    #[error("the calls are, or would be, taken by a company that is not yours")]
    Elsewhere,
    /// Too many wait.
    #[error("at most {MOST_PENDING} changes of a company may wait")]
    TooMany,
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn told(faults: &[Fault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

struct Stored {
    seq: i64,
    change: CompanyChange,
}

/// Makes a change, in the transaction of its audit entry; one that holds at once is applied in it.
pub fn propose(
    tx: &Connection,
    ask: &Ask,
    id: ChangeId,
    now: Timestamp,
) -> Result<CompanyChange, ChangeError> {
    let at = checked(ask, now)?;
    // What is due goes first, whoever would have applied it.
    apply_due(tx, now)?;
    let (world, pending) = (world(tx)?, pending(tx)?);
    if !world.contains_key(&ask.company) {
        return Err(ChangeError::NoCompany);
    }
    let of_this = pending.iter().filter(|other| other.change.company == ask.company).count();
    if at > now && of_this >= MOST_PENDING {
        return Err(ChangeError::TooMany);
    }
    let place = pending.partition_point(|other| other.change.effective_at <= at);
    let mut line: Vec<_> = pending.iter().map(|other| planned(&other.change)).collect();
    line.insert(place, Planned { id, company: &ask.company, changes: &ask.changes });
    dated::walk(world, line).map_err(|(wrong, faults)| {
        if wrong == id {
            ChangeError::Faults(faults)
        } else {
            ChangeError::Conflict { change: wrong, faults }
        }
    })?;
    insert(tx, ask, id, at, now)?;
    let at_once = at <= now;
    let action = if at_once { "company.rules_changed" } else { "company.change_planned" };
    let detail = json!({ "change_id": id, "changes": ask.changes, "effective_at": at, "reason": ask.reason });
    leave(tx, &ask.actor, action, &ask.company, &detail, now)?;
    if at_once {
        apply_due(tx, now)?;
    }
    change(tx, &ask.company, id)
}

/// The moment of a change that is formally sound.
fn checked(ask: &Ask, now: Timestamp) -> Result<Timestamp, ChangeError> {
    let mut faults = Vec::new();
    let length = ask.reason.chars().count();
    if ask.reason.trim().is_empty() || length > MAX_REASON || ask.reason.chars().any(char::is_control) {
        faults.push(fault("reason", "out_of_range", format!("1 to {MAX_REASON} characters")));
    }
    if ask.changes.is_empty() {
        faults.push(fault("changes", "missing", "nothing is changed"));
    }
    let at = ask.effective_at.unwrap_or(now);
    if at.ms_since(now) < -NOW_ENOUGH_MS {
        faults.push(fault("effective_at", "in_the_past", "now or later: what held is never changed"));
    } else if at.ms_since(now) > FURTHEST_MS {
        faults.push(fault("effective_at", "too_far", "at most five years ahead"));
    }
    if faults.is_empty() { Ok(at.max(now)) } else { Err(ChangeError::Faults(faults)) }
}

/// Applies what is due, in its order; gives how many were looked at. Whoever comes first does it: a change is
/// pending until then, so nothing is skipped and nothing applied twice.
pub fn apply_due(tx: &Connection, now: Timestamp) -> Result<usize, StoreError> {
    let due: Vec<Stored> =
        pending(tx)?.into_iter().filter(|waits| waits.change.effective_at <= now).collect();
    if due.is_empty() {
        return Ok(0);
    }
    let mut world = world(tx)?;
    for Stored { seq, change } in &due {
        let planned_before = change.effective_at > change.made_at;
        match dated::step(&world, &change.company, &change.changes) {
            Ok(holding) => {
                hold(tx, &change.company, &holding, Some(change.change_id), now)?;
                world.insert(change.company.clone(), holding);
                done(tx, *seq, ChangeState::Applied, "server", None, now)?;
                if planned_before {
                    let detail = json!({ "change_id": change.change_id, "changes": change.changes });
                    leave(tx, "server", "company.rules_changed", &change.company, &detail, now)?;
                }
            }
            Err(faults) => {
                let why = told(&faults);
                tracing::error!(change_id = %change.change_id, "a dated change does not fit what holds now");
                done(tx, *seq, ChangeState::Refused, "server", Some(&why), now)?;
                let detail = json!({ "change_id": change.change_id, "refusal": why });
                leave(tx, "server", "company.change_refused", &change.company, &detail, now)?;
            }
        }
    }
    Ok(due.len())
}

/// Takes a change back before its moment.
pub fn withdraw(
    tx: &Connection,
    company: &CompanyCode,
    id: ChangeId,
    actor: &str,
    now: Timestamp,
) -> Result<CompanyChange, ChangeError> {
    apply_due(tx, now)?;
    match change(tx, company, id)?.state {
        ChangeState::Pending => {}
        ChangeState::Applied | ChangeState::Withdrawn | ChangeState::Refused => {
            return Err(ChangeError::NotPending);
        }
    }
    let pending = pending(tx)?;
    let rest =
        pending.iter().filter(|other| other.change.change_id != id).map(|other| planned(&other.change));
    dated::walk(world(tx)?, rest).map_err(|(change, faults)| ChangeError::Conflict { change, faults })?;
    if let Some(row) = pending.iter().find(|row| row.change.change_id == id) {
        done(tx, row.seq, ChangeState::Withdrawn, actor, None, now)?;
    }
    leave(tx, actor, "company.change_withdrawn", company, &json!({ "change_id": id }), now)?;
    change(tx, company, id)
}

fn planned(change: &CompanyChange) -> Planned<'_, ChangeId> {
    Planned { id: change.change_id, company: &change.company, changes: &change.changes }
}

/// A new company: what holds for it from now on.
pub fn begin(tx: &Connection, company: &CompanyCode, now: Timestamp) -> Result<(), StoreError> {
    let holding = Holding { settings: json!({}), served_by: Some(company.clone()) };
    hold(tx, company, &holding, None, now)
}

/// Writes down what holds from now on.
fn hold(
    tx: &Connection,
    company: &CompanyCode,
    holding: &Holding,
    change: Option<ChangeId>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let settings = holding.settings.to_string();
    let serving = holding.served_by.as_ref().map(|code| code.0.as_str());
    rows::run(tx, "UPDATE companies SET settings = ?2 WHERE code = ?1", params![company.0, settings])?;
    if let Some(serving) = serving {
        let sql = "INSERT INTO serves (home, serving) VALUES (?1, ?2)
                   ON CONFLICT (home) DO UPDATE SET serving = excluded.serving";
        rows::run(tx, sql, params![company.0, serving])?;
    }
    // The clock of a command may be behind the server's: what held does not overlap.
    let sql = "INSERT INTO company_states (company, from_ms, settings, serving, change_id)
               SELECT ?1, max(?2, coalesce(max(from_ms), ?2)), ?3, ?4, ?5 FROM company_states WHERE company = ?1";
    let change = change.map(|id| id.0.into_bytes());
    rows::run(tx, sql, params![company.0, now.ms(), settings, serving, change])?;
    Ok(())
}

/// What holds now for every open company.
pub fn world(connection: &Connection) -> Result<World, StoreError> {
    let sql = "SELECT code, settings, serving FROM companies LEFT JOIN serves ON home = code
               WHERE closed_ms IS NULL ORDER BY code LIMIT 1000";
    let found: Vec<(String, String, Option<String>)> =
        rows::all(connection, sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    found
        .into_iter()
        .map(|(code, settings, serving)| {
            let served_by = serving.map(CompanyCode);
            Ok((CompanyCode(code), Holding { settings: serde_json::from_str(&settings)?, served_by }))
        })
        .collect()
}

/// What is to hold at a moment ahead, without one of the changes that wait, and the company's last change until
/// then. One that does not fit is passed over, as it will be at its moment.
pub fn ahead(
    connection: &Connection,
    company: &CompanyCode,
    at: Timestamp,
    without: Option<ChangeId>,
) -> Result<Option<(Holding, Option<CompanyChange>)>, StoreError> {
    let mut world = world(connection)?;
    let mut last = None;
    for Stored { change, .. } in pending(connection)? {
        if change.effective_at > at || Some(change.change_id) == without {
            continue;
        }
        if let Ok(holding) = dated::step(&world, &change.company, &change.changes) {
            world.insert(change.company.clone(), holding);
            if change.company == *company {
                last = Some(change);
            }
        }
    }
    Ok(world.remove(company).map(|holding| (holding, last)))
}

/// What held, or is to hold, for a company at a moment.
pub struct Held {
    /// That.
    pub holding: Holding,
    /// Since when.
    pub since: Timestamp,
    /// The change that brought or brings it.
    pub change_id: Option<ChangeId>,
    /// The moment lies ahead: until then something else may be planned.
    pub planned: bool,
}

/// What held for a company at a moment, or what is planned for one that lies ahead. The first known answers for
/// before.
pub fn then(
    connection: &Connection,
    company: &CompanyCode,
    at: Timestamp,
    now: Timestamp,
) -> Result<Option<Held>, StoreError> {
    let planned = at > now;
    if planned && let Some((holding, Some(last))) = ahead(connection, company, at, None)? {
        let (since, change_id) = (last.effective_at, Some(last.change_id));
        return Ok(Some(Held { holding, since, change_id, planned }));
    }
    let sql = "SELECT * FROM company_states WHERE company = ?1 AND from_ms <= ?2
               ORDER BY from_ms DESC, seq DESC LIMIT 1";
    let found = rows::first(connection, sql, params![company.0, at.ms()], |row| {
        let change: Option<[u8; 16]> = row.get("change_id")?;
        let settings: String = row.get("settings")?;
        let serving: Option<String> = row.get("serving")?;
        Ok((settings, serving, rows::time(row, "from_ms")?, change))
    })?;
    let Some((settings, serving, since, change)) = found else { return Ok(None) };
    let holding = Holding { settings: serde_json::from_str(&settings)?, served_by: serving.map(CompanyCode) };
    let change_id = change.map(|id| ChangeId(uuid::Uuid::from_bytes(id)));
    Ok(Some(Held { holding, since, change_id, planned }))
}

/// Everything that waits, in the order of its moments.
fn pending(connection: &Connection) -> Result<Vec<Stored>, StoreError> {
    let sql = "SELECT * FROM company_changes WHERE state = 'pending' ORDER BY effective_ms, seq";
    rows::all(connection, sql, [], row)
}

/// What waits, in its order.
pub fn waiting(connection: &Connection) -> Result<Vec<CompanyChange>, StoreError> {
    Ok(pending(connection)?.into_iter().map(|row| row.change).collect())
}

/// The moment of the first change that waits.
pub fn next_due(connection: &Connection) -> Result<Option<Timestamp>, StoreError> {
    let sql = "SELECT min(effective_ms) FROM company_changes WHERE state = 'pending'";
    let next = rows::first(connection, sql, [], |row| row.get::<_, Option<i64>>(0))?;
    Ok(next.flatten().map(Timestamp::from_ms))
}

/// Changes of a company, newest first, those before a number; each with its number.
pub fn history(
    connection: &Connection,
    company: &CompanyCode,
    before: Option<i64>,
    most: u32,
) -> Result<Vec<(i64, CompanyChange)>, StoreError> {
    let sql = "SELECT * FROM company_changes WHERE company = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3";
    let found = rows::all(connection, sql, params![company.0, before.unwrap_or(i64::MAX), most], row)?;
    Ok(found.into_iter().map(|row| (row.seq, row.change)).collect())
}

/// A change of a company.
pub fn change(
    connection: &Connection,
    company: &CompanyCode,
    id: ChangeId,
) -> Result<CompanyChange, ChangeError> {
    let sql = "SELECT * FROM company_changes WHERE change_id = ?1 AND company = ?2";
    let found = rows::first(connection, sql, params![id.0.as_bytes(), company.0], row)?;
    found.map(|row| row.change).ok_or(ChangeError::NoChange)
}

fn insert(tx: &Connection, ask: &Ask, id: ChangeId, at: Timestamp, now: Timestamp) -> Result<(), StoreError> {
    let sql =
        "INSERT INTO company_changes (change_id, company, changes, effective_ms, reason, made_ms, made_by)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let changes = Value::Object(ask.changes.clone()).to_string();
    let (id, company) = (id.0.as_bytes(), &ask.company.0);
    rows::run(tx, sql, params![id, company, changes, at.ms(), ask.reason, now.ms(), ask.actor])?;
    Ok(())
}

fn done(
    tx: &Connection,
    seq: i64,
    state: ChangeState,
    by: &str,
    refusal: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql =
        "UPDATE company_changes SET state = ?2, done_ms = ?3, done_by = ?4, refusal = ?5 WHERE seq = ?1";
    rows::run(tx, sql, params![seq, name(state), now.ms(), by, refusal])?;
    Ok(())
}

fn leave(
    tx: &Connection,
    actor: &str,
    action: &str,
    company: &CompanyCode,
    detail: &Value,
    now: Timestamp,
) -> Result<(), StoreError> {
    let subject = format!("company:{company}");
    audit::append(tx, now, &Entry { actor, action, subject: &subject, detail }).map(drop)
}

const fn name(state: ChangeState) -> &'static str {
    match state {
        ChangeState::Pending => "pending",
        ChangeState::Applied => "applied",
        ChangeState::Withdrawn => "withdrawn",
        ChangeState::Refused => "refused",
    }
}

fn row(row: &Row<'_>) -> rusqlite::Result<Stored> {
    let (changes, state): (String, String) = (row.get("changes")?, row.get("state")?);
    let states = [ChangeState::Pending, ChangeState::Applied, ChangeState::Withdrawn, ChangeState::Refused];
    let state = states.into_iter().find(|known| name(*known) == state);
    let changes = serde_json::from_str(&changes).ok();
    Ok(Stored {
        seq: row.get("seq")?,
        change: CompanyChange {
            change_id: ChangeId(rows::id(row, "change_id")?),
            company: CompanyCode(row.get("company")?),
            changes: changes.ok_or(rusqlite::Error::InvalidQuery)?,
            effective_at: rows::time(row, "effective_ms")?,
            reason: row.get("reason")?,
            made_at: rows::time(row, "made_ms")?,
            made_by: row.get("made_by")?,
            state: state.ok_or(rusqlite::Error::InvalidQuery)?,
            done_at: rows::time_or_null(row, "done_ms")?,
            done_by: row.get("done_by")?,
            refusal: row.get("refusal")?,
        },
    })
}

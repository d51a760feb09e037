//! Who reviews what, and what they say.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use chinhchu_protocol::console::Page;
use chinhchu_protocol::console::people::Right;
use chinhchu_protocol::console::review::{
    MAX_REVIEW_NOTE, ReviewGiven, ReviewListed, ReviewNext, ReviewOutcome,
};
use chinhchu_protocol::ids::{CallId, PersonId};
use chinhchu_protocol::problem::{ErrorCode, Problem};
use chinhchu_protocol::time::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, named_params, params};
use serde_json::json;

use super::sql::{self, COLUMNS, Stored, open_note, seal_note};
use crate::audit::{self, Entry};
use crate::cases;
use crate::console::calls::filter::cursor;
use crate::console::calls::store_away;
use crate::console::names::Names;
use crate::console::session::http::NO_STORE;
use crate::console::{Person, Scope};
use crate::http::{ApiError, App};
use crate::objects::Keys;
use crate::store::{StoreError, rows};

/// How long a call is one reviewer's.
const CLAIM_MS: i64 = 30 * 60 * 1_000;
const MOST: u32 = 100;
const DEFAULT: u32 = 50;
const MAX_REASON: usize = 64;

/// What this person may review: open, of its companies, verified by somebody else, and never by somebody of its
/// own partner; free, or theirs already.
/// More that wait are told as so many.
const MOST_COUNTED: u32 = 1_000;

const FREE: &str = "outcome IS NULL
    AND (:companies IS NULL OR home IN (SELECT value FROM json_each(:companies))
         OR serving IN (SELECT value FROM json_each(:companies)))
    AND (:partner IS NULL OR (r.partner IS NOT :partner AND EXISTS (
         SELECT 1 FROM offer_figures o WHERE o.call_id = r.call_id AND +o.partner = :partner)))
    AND NOT EXISTS (SELECT 1 FROM agents a JOIN people me ON me.username = a.username COLLATE NOCASE
                    WHERE a.agent_id = r.agent_id AND me.person_id = :me)
    AND EXISTS (SELECT 1 FROM cases c WHERE c.call_id = r.call_id AND c.destroyed_ms IS NULL)
    AND (claimed_by IS NULL OR claimed_by = :me OR claimed_until_ms <= :now)";

/// Verdicts that were drawn, newest first.
#[utoipa::path(get, path = "/v1/console/reviews", tag = "console",
    params(("state" = Option<String>, Query, description = "`open`, `done` or `disagreed`"),
           ("after" = Option<String>, Query), ("limit" = Option<u32>, Query, description = "1 to 100")),
    responses((status = 200, body = Page<ReviewListed>), (status = "4XX", body = Problem)))]
pub async fn list(
    State(app): State<App>,
    person: Person,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    person.may(Right::Review)?;
    let wanted = Wanted::read(query.as_deref().unwrap_or(""))?;
    let read = app.db.read(move |connection| listed(connection, &person.scope, &wanted)).await;
    Ok((NO_STORE, Json(read.map_err(store_away)?)).into_response())
}

/// Take the oldest verdict that this person may review, for 30 minutes; the same one again until it is reviewed.
#[utoipa::path(post, path = "/v1/console/reviews/next", tag = "console",
    responses((status = 200, body = ReviewNext), (status = "4XX", body = Problem)))]
pub async fn next(State(app): State<App>, person: Person) -> Result<Response, ApiError> {
    person.may(Right::Review)?;
    let now = app.clock.now();
    // Counted beside the writer: looking through many must hold up no call.
    let asker = person.clone();
    let waiting = app.db.read(move |c| count_free(c, &asker, now)).await.map_err(store_away)?;
    let claimed = app.db.write(move |tx| claim(tx, &person, waiting, now)).await;
    Ok((NO_STORE, Json(claimed.map_err(store_away)?)).into_response())
}

/// A review with its note. The look is recorded.
#[utoipa::path(get, path = "/v1/console/reviews/{call_id}", tag = "console",
    params(("call_id" = String, Path, description = "Our id of the call")),
    responses((status = 200, body = ReviewListed), (status = "4XX", body = Problem)))]
pub async fn read(
    State(app): State<App>,
    person: Person,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    person.may(Right::Review)?;
    let call: CallId = id.parse().map_err(|_| ApiError::call_not_found())?;
    let (keys, now) = (app.keys.clone(), app.clock.now());
    let read = app.db.write(move |tx| whole(tx, &keys, &person, call, now)).await;
    let found = read.map_err(store_away)?.ok_or_else(ApiError::call_not_found)?;
    Ok((NO_STORE, Json(found)).into_response())
}

/// Say what the reviewer thinks. It is said once; the same again changes nothing.
#[utoipa::path(post, path = "/v1/console/reviews/{call_id}", tag = "console", request_body = ReviewGiven,
    params(("call_id" = String, Path, description = "Our id of the call")),
    responses((status = 200, body = ReviewListed),
              (status = 409, description = "`review_not_claimed`, `review_given`", body = Problem),
              (status = "4XX", body = Problem)))]
pub async fn give(
    State(app): State<App>,
    person: Person,
    Path(id): Path<String>,
    body: Result<Json<ReviewGiven>, JsonRejection>,
) -> Result<Response, ApiError> {
    person.may(Right::Review)?;
    let call: CallId = id.parse().map_err(|_| ApiError::call_not_found())?;
    // The text of the rejection may repeat the note.
    let Json(given) = body.map_err(|_| ApiError::new(ErrorCode::BodyMalformed, "Send a review as JSON."))?;
    check(&given)?;
    let (keys, now) = (app.keys.clone(), app.clock.now());
    let taken = app.db.write(move |tx| take(tx, &keys, &person, call, &given, now)).await;
    let stored = taken.map_err(store_away)??;
    Ok((NO_STORE, Json(stored)).into_response())
}

struct Wanted {
    condition: &'static str,
    after: Option<(Timestamp, CallId)>,
    limit: u32,
}

impl Wanted {
    fn read(query: &str) -> Result<Self, ApiError> {
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
        let mut wanted = Self { condition: "1", after: None, limit: DEFAULT };
        let mut problem = Problem::new(ErrorCode::RequestInvalid, "Correct the named parameters.");
        for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
            match (name.as_str(), value.as_str()) {
                ("state", "open") => wanted.condition = "outcome IS NULL",
                ("state", "done") => wanted.condition = "outcome IS NOT NULL",
                ("state", "disagreed") => wanted.condition = "outcome = 'disagrees'",
                ("after", value) => {
                    let cut = value.split_once('.');
                    wanted.after = cut
                        .and_then(|(ms, id)| Some((Timestamp::from_ms(ms.parse().ok()?), id.parse().ok()?)));
                    if wanted.after.is_none() {
                        problem = problem.with("after", "unknown_value");
                    }
                }
                ("limit", value) => match value.parse() {
                    Ok(limit) if (1..=MOST).contains(&limit) => wanted.limit = limit,
                    Ok(_) | Err(_) => problem = problem.with("limit", "out_of_range"),
                },
                ("state", _) => problem = problem.with("state", "unknown_value"),
                (_, _) => problem = problem.with("query", "unknown_field"),
            }
        }
        if problem.errors.is_empty() { Ok(wanted) } else { Err(problem.into()) }
    }
}

fn listed(connection: &Connection, scope: &Scope, wanted: &Wanted) -> Result<Page<ReviewListed>, StoreError> {
    let (at, call) = match wanted.after {
        Some((at, call)) => (Value::from(at.ms()), Value::Blob(call.0.as_bytes().to_vec())),
        None => (Value::Null, Value::Null),
    };
    let sql = format!(
        "{COLUMNS} WHERE {condition}
           AND (:companies IS NULL OR home IN (SELECT value FROM json_each(:companies))
                OR serving IN (SELECT value FROM json_each(:companies)))
           AND (:partner IS NULL OR EXISTS (
                SELECT 1 FROM offer_figures o WHERE o.call_id = r.call_id AND +o.partner = :partner))
           AND (:at IS NULL OR (drawn_ms, call_id) < (:at, :call))
         ORDER BY drawn_ms DESC, call_id DESC LIMIT :most",
        condition = wanted.condition
    );
    let (companies, partner) = (scope.companies_json(), &scope.partner);
    let values = named_params! {
        ":companies": companies, ":partner": partner, ":at": at, ":call": call, ":most": wanted.limit + 1,
    };
    let mut found = rows::all(connection, &sql, values, Stored::read)?;
    let limit = usize::try_from(wanted.limit).unwrap_or(usize::MAX);
    let more = found.len() > limit;
    found.truncate(limit);
    let last = found.last().filter(|_| more);
    let next = last.map(|last| cursor(last.listed.drawn_at, last.listed.call_id));
    let mut names = Names::new(scope);
    let items = found.into_iter().map(|stored| stored.named(connection, &mut names));
    Ok(Page { items: items.collect::<Result<_, _>>()?, next })
}

fn count_free(connection: &Connection, person: &Person, now: Timestamp) -> Result<u32, StoreError> {
    let (me, companies) = (person.person_id.0.as_bytes(), person.scope.companies_json());
    let partner = &person.scope.partner;
    let who = named_params! {":companies": companies, ":partner": partner, ":me": me, ":now": now.ms()};
    let count = format!("SELECT count(*) FROM (SELECT 1 FROM reviews r WHERE {FREE} LIMIT {MOST_COUNTED})");
    Ok(rows::first(connection, &count, who, |row| row.get::<_, u32>(0))?.unwrap_or(0))
}

fn claim(tx: &Connection, person: &Person, waiting: u32, now: Timestamp) -> Result<ReviewNext, StoreError> {
    let (me, companies) = (person.person_id.0.as_bytes(), person.scope.companies_json());
    let partner = &person.scope.partner;
    let who = named_params! {":companies": companies, ":partner": partner, ":me": me, ":now": now.ms()};
    // What is theirs already, else the oldest: each found in the order of time, without looking at all that is open.
    let oldest = |which: &str| format!("{COLUMNS} WHERE {which} {FREE} ORDER BY drawn_ms, call_id LIMIT 1");
    let theirs = oldest("claimed_by IS :me AND claimed_until_ms > :now AND");
    let found = match rows::first(tx, &theirs, who, Stored::read)? {
        Some(found) => Some(found),
        None => rows::first(tx, &oldest(""), who, Stored::read)?,
    };
    let Some(mut found) = found else {
        return Ok(ReviewNext { review: None, waiting });
    };
    let until = now.plus_ms(CLAIM_MS);
    if !is_claimed(&found, person.person_id, now) {
        let call = found.listed.call_id;
        let sql = "UPDATE reviews SET claimed_by = ?2, claimed_until_ms = ?3 WHERE call_id = ?1";
        rows::run(tx, sql, params![call.0.as_bytes(), me, until.ms()])?;
        (found.listed.claimed_by, found.listed.claimed_until) = (Some(person.person_id), Some(until));
        note_down(tx, person, call, "review.claimed", &json!({ "until": until }), now)?;
    }
    let review = found.named(tx, &mut Names::new(&person.scope))?;
    Ok(ReviewNext { review: Some(review), waiting })
}

fn is_claimed(stored: &Stored, by: PersonId, now: Timestamp) -> bool {
    let until = stored.listed.claimed_until;
    stored.listed.claimed_by == Some(by) && until.is_some_and(|until| until > now)
}

fn whole(
    tx: &Connection,
    keys: &Keys,
    person: &Person,
    call: CallId,
    now: Timestamp,
) -> Result<Option<ReviewListed>, StoreError> {
    let Some(stored) = seen(tx, &person.scope, call)? else { return Ok(None) };
    let note = match (&stored.note_sealed, cases::sql::read_key(tx, keys, call)?) {
        (Some(sealed), Some(key)) => {
            cases::sql::log_access(tx, call, &person.actor(), "review", now)?;
            Some(open_note(&key, sealed)?)
        }
        (_, _) => None,
    };
    let listed = stored.named(tx, &mut Names::new(&person.scope))?;
    Ok(Some(ReviewListed { note, ..listed }))
}

fn seen(connection: &Connection, scope: &Scope, call: CallId) -> Result<Option<Stored>, StoreError> {
    let Some(stored) = sql::of_call(connection, call)? else { return Ok(None) };
    let partners = crate::console::calls::sql::partners(connection, call)?;
    Ok(scope.sees_call(&stored.listed.home, &stored.listed.serving, &partners).then_some(stored))
}

type Taken = Result<ReviewListed, ApiError>;

fn take(
    tx: &Connection,
    keys: &Keys,
    person: &Person,
    call: CallId,
    given: &ReviewGiven,
    now: Timestamp,
) -> Result<Taken, StoreError> {
    let Some(stored) = seen(tx, &person.scope, call)? else { return Ok(Err(ApiError::call_not_found())) };
    let mut names = Names::new(&person.scope);
    if let Some(before) = &stored.listed.review {
        let same =
            before.by == person.person_id && before.outcome == given.outcome && before.reason == given.reason;
        if same {
            return Ok(Ok(stored.named(tx, &mut names)?));
        }
        let told = "This verdict was reviewed already.";
        return Ok(Err(ApiError::new(ErrorCode::ReviewGiven, told)));
    }
    if !is_claimed(&stored, person.person_id, now) {
        let told = "Take the call with POST /v1/console/reviews/next first; it is yours for 30 minutes.";
        return Ok(Err(ApiError::new(ErrorCode::ReviewNotClaimed, told)));
    }
    let Some(key) = cases::sql::read_key(tx, keys, call)? else { return Ok(Err(ApiError::case_erased())) };
    let note = given.note.as_deref().filter(|note| !note.is_empty()).map(|note| seal_note(&key, note));
    let sql = "UPDATE reviews SET outcome = ?2, reason = ?3, note_sealed = ?4, reviewer = ?5, done_ms = ?6,
                 claimed_by = NULL, claimed_until_ms = NULL WHERE call_id = ?1";
    let (id, me) = (call.0.as_bytes(), person.person_id.0.as_bytes());
    rows::run(tx, sql, params![id, given.outcome.name(), given.reason, note, me, now.ms()])?;
    let detail = json!({
        "outcome": given.outcome,
        "reason": given.reason,
        "assignment": stored.listed.assignment,
    });
    note_down(tx, person, call, "review.given", &detail, now)?;
    let written = sql::of_call(tx, call)?.ok_or(StoreError::Corrupt("a review"))?;
    let listed = written.named(tx, &mut names)?;
    Ok(Ok(ReviewListed { note: given.note.clone(), ..listed }))
}

fn note_down(
    tx: &Connection,
    person: &Person,
    call: CallId,
    action: &'static str,
    detail: &serde_json::Value,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (actor, subject) = (person.actor(), audit::call_subject(call));
    audit::append(tx, now, &Entry { actor: &actor, action, subject: &subject, detail }).map(drop)
}

fn check(given: &ReviewGiven) -> Result<(), ApiError> {
    let mut problem = Problem::new(ErrorCode::RequestInvalid, "Correct the named fields.");
    match (&given.reason, given.outcome) {
        (None, ReviewOutcome::Agrees) => {}
        (None, ReviewOutcome::Disagrees | ReviewOutcome::Unclear) => {
            problem = problem.with("reason", "missing");
        }
        (Some(reason), _) if is_code(reason) => {}
        (Some(_), _) => problem = problem.with("reason", "not_a_code"),
    }
    if given.note.as_ref().is_some_and(|note| note.chars().count() > MAX_REVIEW_NOTE) {
        problem = problem.with("note", "too_long");
    }
    if problem.errors.is_empty() { Ok(()) } else { Err(problem.into()) }
}

/// Codes of reasons: never a sentence, which could be about somebody.
pub fn is_code(text: &str) -> bool {
    let allowed = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_');
    (1..=MAX_REASON).contains(&text.len()) && text.bytes().all(allowed)
}

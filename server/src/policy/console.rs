//! `/v1/console/policy…`: the catalogue for the operator's people.
//!
//! The catalogue is the installation's: whoever may read it sees all of it. Calls ([`what_if`], for-call) are
//! seen as everywhere: a company's by its own people, a partner's by its own.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chinhchu_protocol::console::Page;
use chinhchu_protocol::console::people::Right;
use chinhchu_protocol::console::policy::{
    PolicyChange, PolicyCommit, PolicyDraft, PolicyForCall, PolicyLine, PolicyPreview, PolicyTimeline,
    PolicyWhatIf, PolicyWhatIfRequest,
};
use chinhchu_protocol::ids::{CallId, PersonId};
use chinhchu_protocol::problem::{ErrorCode, Problem};
use chinhchu_protocol::time::Timestamp;
use jiff::civil::Date;
use rusqlite::Connection;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::catalogue::LineKey;
use super::commit::{Author, CommitError, commit, preview};
use super::fault::Fault;
use super::what_if::{Asked, Seen, sees, what_if};
use super::{draft, encoding, export, for_call, sql, vietnam_day, words};
use crate::console::{Person, Scope, sql as people};
use crate::http::{ApiError, App};
use crate::intake::walk::read_date;
use crate::store::StoreError;
use crate::tokens::auth::store_away;

/// A file as base64, with what stands around it.
const MAX_BODY: usize = encoding::MAX_BYTES * 4 / 3 + 256 * 1024;
const DEFAULT_ITEMS: usize = 100;
const MAX_ITEMS: usize = 500;
/// Entries of one timeline.
const MAX_ENTRIES: u32 = 1_000;

/// Routes of this module.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(timeline))
        .routes(routes!(look_ahead))
        .routes(routes!(changes, make_known))
        .routes(routes!(export_csv))
        .routes(routes!(ask_what_if))
        .routes(routes!(ask_for_call))
        .layer(DefaultBodyLimit::max(MAX_BODY))
}

/// Which day, as known when.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct OnDay {
    /// Day in Vietnam, `YYYY-MM-DD`; today if missing.
    on: Option<String>,
    /// As known at this moment (RFC 3339); now if missing.
    known_at: Option<String>,
    /// `next` of the part before.
    after: Option<String>,
    /// At most so many, 1 to 500; 100 if missing.
    limit: Option<usize>,
    /// `export.csv` only: begin with a byte order mark, which Excel wants.
    #[serde(default)]
    bom: bool,
}

impl OnDay {
    fn read(&self, app: &App) -> Result<(Date, Timestamp), ApiError> {
        let day = self.on.as_deref().map_or_else(|| Some(vietnam_day(app.clock.now())), read_date);
        // An unescaped `+` of an offset arrives as a space.
        let at = self.known_at.as_deref().map(|text| text.replace(' ', "+").parse().ok());
        // The newest change may be a moment ahead of this clock.
        let at = at.unwrap_or(Some(Timestamp::from_ms(i64::MAX)));
        let mut problem = Problem::new(ErrorCode::RequestInvalid, "Correct the named parameters.");
        if day.is_none() {
            problem = problem.with("on", "not_a_date");
        }
        if at.is_none() {
            problem = problem.with("known_at", "not_a_time");
        }
        day.zip(at).ok_or_else(|| problem.into())
    }
}

fn items(limit: Option<usize>) -> usize {
    limit.unwrap_or(DEFAULT_ITEMS).clamp(1, MAX_ITEMS)
}

/// The lines that hold on a day, as known at a moment, in the order of the operator's table.
#[utoipa::path(get, path = "/v1/console/policy", tag = "console", params(OnDay),
    responses((status = 200, body = Page<PolicyLine>), (status = "4XX", body = Problem)))]
async fn list(
    State(app): State<App>,
    person: Person,
    Query(query): Query<OnDay>,
) -> Result<Json<Page<PolicyLine>>, ApiError> {
    person.may(Right::PolicyRead)?;
    let (day, known_at) = query.read(&app)?;
    let lines = app.db.read(move |c| export::lines(c, day, known_at)).await.map_err(store_away)?;
    let name = |line: &PolicyLine| format!("{}.{}", words::payment(line.payment), line.sub_type);
    let from = match &query.after {
        None => 0,
        Some(after) => lines.iter().position(|line| name(line) == *after).map_or(lines.len(), |at| at + 1),
    };
    let most = items(query.limit);
    let items: Vec<PolicyLine> = lines.iter().skip(from).take(most).cloned().collect();
    let next = items.last().map(name).filter(|_| from + most < lines.len());
    Ok(Json(Page { items, next }))
}

/// Everything that was ever known about one subscriber type.
#[utoipa::path(get, path = "/v1/console/policy/entries/{payment}/{sub_type}", tag = "console",
    params(("payment" = String, Path, description = "`prepaid` or `postpaid`"),
           ("sub_type" = String, Path, description = "Subscriber type; `*` for postpaid")),
    responses((status = 200, body = PolicyTimeline), (status = "4XX", body = Problem)))]
async fn timeline(
    State(app): State<App>,
    person: Person,
    Path((payment, sub_type)): Path<(String, String)>,
) -> Result<Json<PolicyTimeline>, ApiError> {
    person.may(Right::PolicyRead)?;
    let unknown =
        || ApiError::new(ErrorCode::SubTypeUnknown, "The catalogue never had this subscriber type.");
    let key = LineKey { payment: words::read_payment(&payment).ok_or_else(unknown)?, sub_type };
    let found = app.db.read(move |c| {
        let entries = sql::entries_of(c, &key, MAX_ENTRIES)?;
        let mut numbers: Vec<u32> =
            entries.iter().flat_map(|entry| [Some(entry.change), entry.closed_by]).flatten().collect();
        numbers.sort_unstable_by(|a, b| b.cmp(a));
        numbers.dedup();
        let mut changes = Vec::with_capacity(numbers.len());
        for number in numbers {
            changes.extend(sql::change_of(c, number)?);
        }
        name_people(c, &mut changes)?;
        Ok(PolicyTimeline { payment: key.payment, sub_type: key.sub_type, entries, changes })
    });
    let found: PolicyTimeline = found.await.map_err(store_away)?;
    if found.entries.is_empty() { Err(unknown()) } else { Ok(Json(found)) }
}

/// What a draft would change. Nothing is stored.
#[utoipa::path(post, path = "/v1/console/policy/preview", tag = "console", request_body = PolicyDraft,
    responses((status = 200, body = PolicyPreview), (status = 422, description = "`policy_invalid`: every fault by line and column", body = Problem),
              (status = "4XX", body = Problem)))]
async fn look_ahead(
    State(app): State<App>,
    person: Person,
    body: Bytes,
) -> Result<Json<PolicyPreview>, ApiError> {
    person.may(Right::PolicyRead)?;
    let sent: PolicyDraft = read_json(&body)?;
    let now = app.clock.now();
    let found = app.db.read(move |c| {
        let sent = draft::read(&known_now(c)?, &sent).map_err(CommitError::Faults)?;
        preview(c, &sent.draft, now)
    });
    Ok(Json(found.await.map_err(refused)?.1))
}

/// Makes a previewed draft known: with the preview's digest, so that what was previewed is what is written.
#[utoipa::path(post, path = "/v1/console/policy/changes", tag = "console", request_body = PolicyCommit,
    responses((status = 201, body = PolicyChange), (status = 409, description = "`policy_changed`: look at a new preview", body = Problem),
              (status = "4XX", body = Problem)))]
async fn make_known(State(app): State<App>, person: Person, body: Bytes) -> Result<Response, ApiError> {
    person.may(Right::PolicyWrite)?;
    let PolicyCommit { draft: sent, digest, reason } = read_json(&body)?;
    let (now, actor) = (app.clock.now(), person.actor());
    let done = app.db.write(move |tx| {
        let read = draft::read(&known_now(tx)?, &sent).map_err(CommitError::Faults)?;
        draft::reason(&reason).map_err(|fault| CommitError::Faults(vec![fault]))?;
        let author = Author {
            actor,
            reason,
            source: read.source,
            file_sha256: read.file_sha256,
            backdated: sent.backdated,
            digest: Some(digest),
        };
        let (change, _) = commit(tx, &read.draft, &author, now)?;
        let nothing = || CommitError::Faults(vec![Fault::of_draft("changes", "nothing_changes")]);
        let mut change = [change.ok_or_else(nothing)?];
        name_people(tx, &mut change)?;
        let [change] = change;
        Ok::<_, CommitError>(change)
    });
    let change = done.await.map_err(refused)?;
    tracing::info!(change = change.change, "the catalogue was changed");
    Ok((StatusCode::CREATED, Json(change)).into_response())
}

/// Which changes.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ChangesQuery {
    /// `next` of the part before.
    after: Option<u32>,
    /// At most so many, 1 to 500; 100 if missing.
    limit: Option<usize>,
}

/// Every change, newest first: who, when, why.
#[utoipa::path(get, path = "/v1/console/policy/changes", tag = "console", params(ChangesQuery),
    responses((status = 200, body = Page<PolicyChange>), (status = "4XX", body = Problem)))]
async fn changes(
    State(app): State<App>,
    person: Person,
    Query(query): Query<ChangesQuery>,
) -> Result<Json<Page<PolicyChange>>, ApiError> {
    person.may(Right::PolicyRead)?;
    let most = items(query.limit);
    let found = app.db.read(move |c| {
        let more = u32::try_from(most + 1).unwrap_or(u32::MAX);
        let mut list = sql::changes(c, query.after, more)?;
        name_people(c, &mut list)?;
        Ok(list)
    });
    let mut items: Vec<PolicyChange> = found.await.map_err(store_away)?;
    let next = (items.len() > most).then(|| {
        items.truncate(most);
        items.last().map(|last| last.change.to_string())
    });
    Ok(Json(Page { items, next: next.flatten() }))
}

/// The catalogue of a day as the operator's CSV; it imports again unchanged.
#[utoipa::path(get, path = "/v1/console/policy/export.csv", tag = "console", params(OnDay),
    responses((status = 200, content_type = "text/csv"), (status = "4XX", body = Problem)))]
async fn export_csv(
    State(app): State<App>,
    person: Person,
    Query(query): Query<OnDay>,
) -> Result<Response, ApiError> {
    person.may(Right::PolicyRead)?;
    let (day, known_at) = query.read(&app)?;
    let table = app.db.read(move |c| export::csv(c, day, known_at)).await.map_err(store_away)?;
    let table = if query.bom { format!("\u{feff}{table}") } else { table };
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"policy-{day}.csv\"")),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, table).into_response())
}

/// What a draft would have meant for the calls of a past period.
#[utoipa::path(post, path = "/v1/console/policy/what-if", tag = "console", request_body = PolicyWhatIfRequest,
    responses((status = 200, body = PolicyWhatIf), (status = "4XX", body = Problem)))]
async fn ask_what_if(
    State(app): State<App>,
    person: Person,
    body: Bytes,
) -> Result<Json<PolicyWhatIf>, ApiError> {
    person.may(Right::PolicyRead)?;
    let sent: PolicyWhatIfRequest = read_json(&body)?;
    let seen = seen(&person.scope);
    let found = app.db.read(move |c| {
        let read = draft::read(&known_now(c)?, &sent.draft).map_err(CommitError::Faults)?;
        let days = read_date(&sent.from).zip(read_date(&sent.to));
        let (from, to) =
            days.ok_or_else(|| CommitError::Faults(vec![Fault::of_draft("from", "not_a_day")]))?;
        let asked = Asked {
            from,
            to,
            wishes: read.draft.wishes,
            complete: read.draft.complete,
            limit: sent.limit.unwrap_or(50),
            after: sent.after,
        };
        what_if(c, &asked, &seen)
    });
    Ok(Json(found.await.map_err(refused)?))
}

/// Which rule held for a call, as known then, and what would be said now.
#[utoipa::path(get, path = "/v1/console/policy/for-call/{call_id}", tag = "console",
    params(("call_id" = String, Path, description = "The call")),
    responses((status = 200, body = PolicyForCall), (status = "4XX", body = Problem)))]
async fn ask_for_call(
    State(app): State<App>,
    person: Person,
    Path(call): Path<String>,
) -> Result<Json<PolicyForCall>, ApiError> {
    person.may(Right::PolicyRead)?;
    let unknown = || ApiError::new(ErrorCode::CallNotFound, "There is no such call.");
    let call: CallId = call.parse().map_err(|_| unknown())?;
    let seen = seen(&person.scope);
    let found = app.db.read(move |c| {
        let Some(mut found) = for_call::for_call(c, call)? else { return Ok(None) };
        if !sees(c, call, &seen)? {
            return Ok(None);
        }
        name_people(c, std::slice::from_mut(&mut found.then_change))?;
        name_people(c, found.now_change.as_mut_slice())?;
        Ok(Some(found))
    });
    let found: Option<PolicyForCall> = found.await.map_err(store_away)?;
    found.map(Json).ok_or_else(unknown)
}

fn seen(scope: &Scope) -> Seen {
    Seen { companies: scope.companies_json(), partner: scope.partner.clone() }
}

fn known_now(connection: &Connection) -> Result<super::catalogue::Catalogue, StoreError> {
    sql::catalogue(connection, Timestamp::from_ms(i64::MAX))
}

/// Puts names beside the ids of people.
fn name_people(connection: &Connection, changes: &mut [PolicyChange]) -> Result<(), StoreError> {
    for change in changes {
        let person = change.by.strip_prefix("person:").and_then(|id| id.parse::<PersonId>().ok());
        if let Some(id) = person {
            change.by_name = people::person_by_id(connection, id)?.map(|person| person.name);
        }
    }
    Ok(())
}

fn read_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body)
        .map_err(|_| ApiError::new(ErrorCode::BodyMalformed, "The JSON does not have the documented shape."))
}

fn refused(error: CommitError) -> ApiError {
    match error {
        CommitError::Faults(faults) => {
            let mut problem = Problem::new(ErrorCode::PolicyInvalid, "Correct what is named and try again.");
            for fault in faults {
                problem = problem.with(fault.field(), fault.code);
            }
            problem.into()
        }
        CommitError::NotAsPreviewed => {
            ApiError::new(ErrorCode::PolicyChanged, "Look at a new preview first.")
        }
        CommitError::Store(error) => store_away(error),
    }
}

//! `POST /v1/reconciliation/{day}` for mSale, `GET /v1/console/reconciliation/{day}` for people.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use chinhchu_protocol::console::figures::{Reconciliation, ReconciliationPart, ReconciliationTaken};
use chinhchu_protocol::console::people::Right;
use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::problem::{ErrorCode, Problem};
use rusqlite::Connection;
use serde::Deserialize;
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{MAX_ITEMS, Page, compare, sql};
use crate::audit::{self, Entry};
use crate::console::{Person, Scope};
use crate::figures::period::{day_name, day_number, day_of};
use crate::figures::rebuild;
use crate::figures::sql::bytes_of;
use crate::http::{ApiError, App};
use crate::store::StoreError;
use crate::tokens::Credential;
use crate::tokens::auth::store_away;

/// Results in one part.
const MAX_RESULTS: usize = 5_000;
/// Parts of one day: a million results.
const MAX_PARTS: u32 = 200;
/// 5,000 results of some 200 bytes.
const MAX_BODY_BYTES: usize = 2 * 1024 * 1024;

/// Routes for mSale.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(take)).layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
}

/// Routes of the console.
pub fn console_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(look))
}

/// Tell which results of a day mSale holds: in parts of at most 5,000, numbered from 1; part 1 begins the day's
/// list anew, the same part again replaces itself (a list that was whole stays so). With the last part the
/// differences are answered.
#[utoipa::path(
    post, path = "/v1/reconciliation/{day}", tag = "mSale", security(("service_credential" = [])),
    params(("day" = String, Path, description = "Day of Vietnam on which the results became known, `YYYY-MM-DD`")),
    request_body = ReconciliationPart,
    responses(
        (status = 200, description = "Taken", body = ReconciliationTaken),
        (status = 403, description = "`forbidden`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`request_invalid`", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn take(
    State(app): State<App>,
    credential: Credential,
    Path(day): Path<String>,
    body: Bytes,
) -> Result<Json<ReconciliationTaken>, ApiError> {
    let name = credential.service()?.to_owned();
    let now = app.clock.now();
    let day =
        day_number(&day).filter(|day| *day <= day_of(now)).ok_or_else(|| invalid("day", "not_a_day"))?;
    let part: ReconciliationPart = serde_json::from_slice(&body)
        .map_err(|_| ApiError::new(ErrorCode::BodyMalformed, "Send part, last and results as JSON."))?;
    check(&part)?;
    let taken = app
        .db
        .write(move |tx| -> Result<_, StoreError> {
            if part.last {
                // The answer is counted from the figures: nothing is taken that cannot be answered.
                rebuild::whole(tx)?;
            }
            let known = sql::parts(tx, day)?.unwrap_or(0);
            if part.part > known + 1 {
                return Ok(None);
            }
            let whole = part.last.then_some(now);
            sql::put_part(tx, day, part.part, &name, &part.results, whole)?;
            let received = sql::received(tx, day)?;
            if part.last {
                let (actor, subject) = (format!("service:{name}"), format!("day:{}", day_name(day)));
                let detail = json!({ "results": received });
                let action = "reconciliation.received";
                audit::append(tx, now, &Entry { actor: &actor, action, subject: &subject, detail: &detail })?;
            }
            Ok(Some((received, part.last)))
        })
        .await
        .map_err(store_away)?;
    let (received, last) = taken.ok_or_else(|| invalid("part", "out_of_order"))?;
    let day = if last {
        let read = app
            .db
            .read(move |c| of_day(c, day, &Scope::default(), Page { after: None, most: MAX_ITEMS }))
            .await;
        Some(read.map_err(store_away)?)
    } else {
        None
    };
    Ok(Json(ReconciliationTaken { received, day }))
}

/// Where the list goes on.
#[derive(Deserialize)]
struct After {
    after: Option<CallId>,
}

/// The results of a day: delivered, waiting, given up, and what differs from mSale's list. Who sees not every
/// company is told of the results of its own calls.
#[utoipa::path(
    get, path = "/v1/console/reconciliation/{day}", tag = "console",
    params(
        ("day" = String, Path, description = "Day of Vietnam, `YYYY-MM-DD`"),
        ("after" = Option<String>, Query, description = "`next` of the answer before"),
    ),
    responses(
        (status = 200, description = "The day", body = Reconciliation),
        (status = 403, description = "`forbidden`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`request_invalid`", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn look(
    State(app): State<App>,
    person: Person,
    Path(day): Path<String>,
    after: Result<Query<After>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Reconciliation>, ApiError> {
    person.may(Right::Reports)?;
    let Query(After { after }) = after.map_err(|_| invalid("after", "unknown_value"))?;
    let day = day_number(&day).ok_or_else(|| invalid("day", "not_a_day"))?;
    let read = app.db.read(move |c| of_day(c, day, &person.scope, Page { after, most: MAX_ITEMS })).await;
    Ok(Json(read.map_err(store_away)?))
}

/// The reconciliation of a day, as of one moment.
pub fn of_day(
    connection: &Connection,
    day: i64,
    scope: &Scope,
    page: Page,
) -> Result<Reconciliation, StoreError> {
    let snapshot = connection.unchecked_transaction()?;
    rebuild::whole(&snapshot)?;
    let (ours, theirs) = (sql::ours(&snapshot, day, scope)?, sql::theirs(&snapshot, day)?);
    let whole = scope.companies.is_none() && scope.partner.is_none();
    Ok(compare(day, &ours, theirs.as_ref(), whole, page))
}

fn check(part: &ReconciliationPart) -> Result<(), ApiError> {
    if part.part == 0 || part.part > MAX_PARTS {
        return Err(invalid("part", "out_of_range"));
    }
    if part.results.len() > MAX_RESULTS {
        return Err(invalid("results", "too_many"));
    }
    for (n, held) in part.results.iter().enumerate() {
        let is_lower = !held.manifest_sha256.bytes().any(|byte| byte.is_ascii_uppercase());
        if bytes_of(&held.manifest_sha256).is_none() || !is_lower {
            return Err(invalid(&format!("results[{n}].manifest_sha256"), "not_a_hash"));
        }
    }
    Ok(())
}

fn invalid(field: &str, code: &str) -> ApiError {
    ApiError::new(ErrorCode::RequestInvalid, "Correct the named field.").with(field, code)
}

//! Legal holds: placed and lifted with a reason, listed. Doing the same again changes nothing and leaves no entry.

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chinhchu_protocol::console::Page;
use chinhchu_protocol::console::cases::{HoldReason, LegalHold};
use chinhchu_protocol::console::people::Right;
use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::problem::Problem;
use serde::Deserialize;

use super::{demand_of, found};
use crate::cases::demand::{self, Demand, Holding};
use crate::console::calls::filter;
use crate::console::session::http::NO_STORE;
use crate::console::{Person, asked};
use crate::http::{ApiError, App};
use crate::retention::sql as holds;
use crate::store::StoreError;

/// Every hold of the person's companies, oldest first.
#[utoipa::path(get, path = "/v1/console/holds", tag = "console",
    params(("after" = Option<String>, Query), ("limit" = Option<u32>, Query, description = "1 to 200")),
    responses((status = 200, body = Page<LegalHold>), (status = "4XX", body = Problem)))]
pub async fn list(
    State(app): State<App>,
    person: Person,
    query: Result<Query<HoldsQuery>, QueryRejection>,
) -> Result<Response, ApiError> {
    person.may(Right::CaseErase)?;
    let query = asked::query(query)?;
    let limit = asked::limit(query.limit.as_deref())?;
    let after = match query.after.as_deref() {
        Some(text) => Some(filter::after(text).ok_or_else(|| asked::invalid("after", "unknown_value"))?),
        None => None,
    };
    let companies = person.scope.companies_json();
    let read = app.db.read(move |connection| {
        let some = holds::some(connection, companies.as_deref(), after, limit + 1)?;
        let shown = some.into_iter().map(|hold| found::shown(connection, hold));
        shown.collect::<Result<Vec<_>, StoreError>>()
    });
    let items = read.await.map_err(asked::store_away)?;
    let page: Page<LegalHold> =
        asked::page(items, limit, |last: &LegalHold| filter::cursor(last.placed_at, last.call_id));
    Ok((NO_STORE, Json(page)).into_response())
}

#[derive(Deserialize)]
pub struct HoldsQuery {
    after: Option<String>,
    limit: Option<String>,
}

/// Keep the data of a call, running or over, from erasure and expiry. If it is kept already, that hold stays.
#[utoipa::path(post, path = "/v1/console/calls/{call_id}/hold", tag = "console", request_body = HoldReason,
    params(("call_id" = String, Path, description = "Our id of the call")),
    responses((status = 200, body = LegalHold), (status = 410, description = "`case_erased`", body = Problem),
              (status = "4XX", body = Problem)))]
pub async fn hold(
    State(app): State<App>,
    person: Person,
    Path(id): Path<String>,
    body: Result<Json<HoldReason>, JsonRejection>,
) -> Result<Response, ApiError> {
    let (call, demand) = about(&app, &person, &id, body).await?;
    let now = app.clock.now();
    let done = app.db.write(move |tx| {
        let holding = demand::hold(tx, call, &demand, now)?;
        Ok::<_, StoreError>(match holding {
            Holding::Placed(hold) | Holding::Stands(hold) => Ok(found::shown(tx, hold)?),
            Holding::Destroyed => Err(ApiError::case_erased()),
            Holding::NoCase => Err(ApiError::call_not_found()),
        })
    });
    let hold = done.await.map_err(asked::store_away)??;
    Ok((NO_STORE, Json(hold)).into_response())
}

/// End a hold: the data is kept as long as the company's rules say. If there is none, nothing is done.
#[utoipa::path(post, path = "/v1/console/calls/{call_id}/release", tag = "console", request_body = HoldReason,
    params(("call_id" = String, Path, description = "Our id of the call")),
    responses((status = 204), (status = "4XX", body = Problem)))]
pub async fn release(
    State(app): State<App>,
    person: Person,
    Path(id): Path<String>,
    body: Result<Json<HoldReason>, JsonRejection>,
) -> Result<StatusCode, ApiError> {
    let (call, demand) = about(&app, &person, &id, body).await?;
    let now = app.clock.now();
    let done = app.db.write(move |tx| demand::release(tx, call, &demand, now)).await;
    done.map_err(asked::store_away)?;
    Ok(StatusCode::NO_CONTENT)
}

/// The call, if the person may say what is kept of it; then the reason.
async fn about(
    app: &App,
    person: &Person,
    id: &str,
    body: Result<Json<HoldReason>, JsonRejection>,
) -> Result<(CallId, Demand), ApiError> {
    person.may(Right::CaseErase)?;
    let call: CallId = id.parse().map_err(|_| ApiError::call_not_found())?;
    let scope = person.scope.clone();
    let seen = app.db.read(move |connection| found::seen(connection, &scope, call)).await;
    seen.map_err(asked::store_away)?.ok_or_else(ApiError::call_not_found)?;
    let HoldReason { reason } = asked::body(body)?;
    Ok((call, demand_of(person, &reason)?))
}

//! `/v1/console/texts` and `/v1/console/reasons`: the operator's words with their moments. They are those of the
//! whole installation: who sees only some companies changes none.

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use chinhchu_protocol::console::Page;
use chinhchu_protocol::console::people::Right;
use chinhchu_protocol::console::settings::{
    ReasonEnd, ReasonKind, ReasonRequest, ReasonVersion, TextName, TextRequest, TextVersion,
};
use chinhchu_protocol::problem::{ErrorCode, Problem};
use chinhchu_protocol::time::Timestamp;
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::http::with_faults;
use super::words::{self, WordsError, kind_name, text_name};
use crate::console::{Person, asked};
use crate::http::{ApiError, App};

/// The routes of words.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(texts, add_text))
        .routes(routes!(remove_text))
        .routes(routes!(reasons, add_reason))
        .routes(routes!(end_reason))
        .routes(routes!(withdraw_reason))
}

#[derive(Deserialize)]
struct FromQuery {
    from: Option<String>,
}

/// Every version of every text, newest first of each.
#[utoipa::path(get, path = "/v1/console/texts", tag = "console",
    responses((status = 200, body = Page<TextVersion>), (status = "4XX", body = Problem)))]
async fn texts(State(app): State<App>, person: Person) -> Result<Json<Page<TextVersion>>, ApiError> {
    person.may(Right::CompaniesRead)?;
    let now = app.clock.now();
    let items = app.db.read(move |c| words::texts(c, now)).await.map_err(asked::store_away)?;
    Ok(Json(Page { items, next: None }))
}

/// Add a version of a text, from now on or from a moment ahead.
#[utoipa::path(post, path = "/v1/console/texts", tag = "console",
    request_body = TextRequest,
    responses((status = 201, body = TextVersion), (status = "4XX", body = Problem)))]
async fn add_text(
    State(app): State<App>,
    person: Person,
    body: Result<Json<TextRequest>, JsonRejection>,
) -> Result<(StatusCode, Json<TextVersion>), ApiError> {
    of_all(&person)?;
    let (wanted, actor, now) = (asked::body(body)?, person.actor(), app.clock.now());
    let added = app.db.write(move |tx| words::add_text(tx, &wanted, &actor, now)).await.map_err(refused)?;
    Ok((StatusCode::CREATED, Json(added)))
}

/// Take a version of a text back that lies ahead.
#[utoipa::path(delete, path = "/v1/console/texts/{name}/{version}", tag = "console", params(("name" = String, Path), ("version" = String, Path)),
    responses((status = 204), (status = "4XX", body = Problem)))]
async fn remove_text(
    State(app): State<App>,
    person: Person,
    Path((name, version)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    of_all(&person)?;
    let names = [TextName::Greeting, TextName::Consent];
    let name = names.into_iter().find(|known| text_name(*known) == name).ok_or_else(asked::nothing)?;
    let (actor, now) = (person.actor(), app.clock.now());
    let removed = app.db.write(move |tx| words::remove_text(tx, name, &version, &actor, now)).await;
    removed.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Every version of every reason.
#[utoipa::path(get, path = "/v1/console/reasons", tag = "console",
    responses((status = 200, body = Page<ReasonVersion>), (status = "4XX", body = Problem)))]
async fn reasons(State(app): State<App>, person: Person) -> Result<Json<Page<ReasonVersion>>, ApiError> {
    person.may(Right::CompaniesRead)?;
    let now = app.clock.now();
    let items = app.db.read(move |c| words::reasons(c, now)).await.map_err(asked::store_away)?;
    Ok(Json(Page { items, next: None }))
}

/// Add a reason, or other words or another place for one.
#[utoipa::path(post, path = "/v1/console/reasons", tag = "console",
    request_body = ReasonRequest, responses((status = 204), (status = "4XX", body = Problem)))]
async fn add_reason(
    State(app): State<App>,
    person: Person,
    body: Result<Json<ReasonRequest>, JsonRejection>,
) -> Result<StatusCode, ApiError> {
    of_all(&person)?;
    let (wanted, actor, now) = (asked::body(body)?, person.actor(), app.clock.now());
    app.db.write(move |tx| words::add_reason(tx, &wanted, &actor, now)).await.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

/// End a reason: agents no longer choose it. At the moment at which a version ahead begins: take that one back, the
/// one before goes on.
#[utoipa::path(post, path = "/v1/console/reasons/{kind}/{code}/end", tag = "console", params(("kind" = String, Path), ("code" = String, Path)),
    request_body = ReasonEnd, responses((status = 204), (status = "4XX", body = Problem)))]
async fn end_reason(
    State(app): State<App>,
    person: Person,
    Path((kind, code)): Path<(String, String)>,
    body: Result<Json<ReasonEnd>, JsonRejection>,
) -> Result<StatusCode, ApiError> {
    of_all(&person)?;
    let kind = kind_of(&kind)?;
    let (wanted, actor, now) = (asked::body(body)?, person.actor(), app.clock.now());
    let end = move |tx: &rusqlite::Transaction<'_>| {
        words::end_reason(tx, (kind, &code), wanted.at, &wanted.reason, &actor, now)
    };
    app.db.write(end).await.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take back whatever is planned for a reason from a moment on: versions to come and an end. What holds just
/// before goes on.
#[utoipa::path(delete, path = "/v1/console/reasons/{kind}/{code}/ahead", tag = "console",
    params(("kind" = String, Path), ("code" = String, Path), ("from" = String, Query)),
    responses((status = 204), (status = "4XX", body = Problem)))]
async fn withdraw_reason(
    State(app): State<App>,
    person: Person,
    Path((kind, code)): Path<(String, String)>,
    query: Result<Query<FromQuery>, QueryRejection>,
) -> Result<StatusCode, ApiError> {
    of_all(&person)?;
    let kind = kind_of(&kind)?;
    let from: Option<Timestamp> = asked::value("from", asked::query(query)?.from.as_deref())?;
    let from = from.ok_or_else(|| asked::invalid("from", "missing"))?;
    let (actor, now) = (person.actor(), app.clock.now());
    let withdraw =
        move |tx: &rusqlite::Transaction<'_>| words::withdraw_reason(tx, (kind, &code), from, &actor, now);
    app.db.write(withdraw).await.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

fn kind_of(name: &str) -> Result<ReasonKind, ApiError> {
    let kinds = [ReasonKind::Reject, ReasonKind::Pause];
    kinds.into_iter().find(|known| kind_name(*known) == name).ok_or_else(asked::nothing)
}

fn of_all(person: &Person) -> Result<(), ApiError> {
    person.may(Right::CompaniesWrite)?;
    match person.scope.companies {
        None => Ok(()),
        Some(_) => Err(ApiError::forbidden("These are the words of every company.")),
    }
}

fn refused(error: WordsError) -> ApiError {
    match error {
        WordsError::Faults(faults) => {
            with_faults(ErrorCode::RequestInvalid, "See each fault in `errors`.", &faults)
        }
        WordsError::NoVersion => ApiError::new(ErrorCode::NotFound, "There is no such version ahead."),
        WordsError::Store(error) => asked::store_away(error),
    }
}

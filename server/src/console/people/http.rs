//! `/v1/console/people…`.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chinhchu_protocol::console::Page;
use chinhchu_protocol::console::account::ConsoleSession;
use chinhchu_protocol::console::people::{PersonAdded, PersonChange, PersonListed, PersonNew, Right};
use chinhchu_protocol::ids::{PersonId, PersonSessionId};
use chinhchu_protocol::problem::{ErrorCode, Problem};
use rusqlite::Transaction;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::keep::{self, By, NewPerson};
use super::list;
use crate::console::account;
use crate::console::agents::http::fresh_password;
use crate::console::refused::Refused;
use crate::console::session::http::NO_STORE;
use crate::console::{Person, asked};
use crate::http::{ApiError, App};

const MAX_BODY: usize = 16 * 1024;
const DEFAULT_ITEMS: u32 = 50;
const MAX_ITEMS: u32 = 500;

/// People and their sessions.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_people, add))
        .routes(routes!(one, change))
        .routes(routes!(disable))
        .routes(routes!(enable))
        .routes(routes!(reset_password))
        .routes(routes!(reset_second_factor))
        .routes(routes!(sessions))
        .routes(routes!(end_session))
        .layer(DefaultBodyLimit::max(MAX_BODY))
}

/// A part of a list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct PartQuery {
    /// `next` of the part before.
    after: Option<String>,
    /// At most so many, 1 to 500; 50 if missing.
    limit: Option<u32>,
}

/// People by user name.
#[utoipa::path(get, path = "/v1/console/people", tag = "console", params(PartQuery),
    responses((status = 200, body = Page<PersonListed>), (status = "4XX", body = Problem)))]
async fn list_people(
    State(app): State<App>,
    person: Person,
    Query(query): Query<PartQuery>,
) -> Result<Response, ApiError> {
    person.may(Right::PeopleRead)?;
    let (after, most) = (query.after.unwrap_or_default(), query.limit.unwrap_or(DEFAULT_ITEMS));
    if !(1..=MAX_ITEMS).contains(&most) {
        return Err(ApiError::new(ErrorCode::RequestInvalid, "From 1 to 500.").with("limit", "out_of_range"));
    }
    let now = app.clock.now();
    let read = app.db.read(move |connection| list::people(connection, &after, most, now)).await;
    let (items, next) = read.map_err(asked::store_away)?;
    Ok((NO_STORE, Json(Page { items, next })).into_response())
}

/// Add a person. The password is shown this once; the second factor is set up at the first sign-in.
#[utoipa::path(post, path = "/v1/console/people", tag = "console", request_body = PersonNew,
    responses((status = 201, body = PersonAdded), (status = "4XX", body = Problem)))]
async fn add(
    State(app): State<App>,
    person: Person,
    body: Result<Json<PersonNew>, JsonRejection>,
) -> Result<Response, ApiError> {
    person.may(Right::People)?;
    let PersonNew { username, password, person: change } = asked::body(body)?;
    let made = if password { Some(fresh_password(&app).await?) } else { None };
    let (password, password_hash) = made.unzip();
    let (by, person_id) = (by(&app, &person), PersonId(app.clock.new_id()));
    let new = NewPerson { person_id, username, password_hash, person: change };
    app.db.write(move |tx| keep::add(tx, &by, new)).await?;
    let person = shown(&app, person_id).await?;
    Ok((StatusCode::CREATED, NO_STORE, Json(PersonAdded { person, password })).into_response())
}

/// One person.
#[utoipa::path(get, path = "/v1/console/people/{person_id}", tag = "console", params(("person_id" = String, Path)),
    responses((status = 200, body = PersonListed), (status = "4XX", body = Problem)))]
async fn one(State(app): State<App>, person: Person, id: Path<String>) -> Result<Response, ApiError> {
    person.may(Right::PeopleRead)?;
    let person = shown(&app, asked::id(id)?).await?;
    Ok((NO_STORE, Json(person)).into_response())
}

/// Change a person; counts with the next request.
#[utoipa::path(put, path = "/v1/console/people/{person_id}", tag = "console", params(("person_id" = String, Path)),
    request_body = PersonChange,
    responses((status = 200, body = PersonListed), (status = "4XX", body = Problem)))]
async fn change(
    State(app): State<App>,
    person: Person,
    id: Path<String>,
    body: Result<Json<PersonChange>, JsonRejection>,
) -> Result<Response, ApiError> {
    person.may(Right::People)?;
    let (id, change) = (asked::id(id)?, asked::body(body)?);
    deed(&app, &person, id, move |tx, by| keep::change(tx, by, id, &change)).await
}

/// Take a person's account out of use; every session ends.
#[utoipa::path(post, path = "/v1/console/people/{person_id}/disable", tag = "console",
    params(("person_id" = String, Path)),
    responses((status = 200, body = PersonListed), (status = "4XX", body = Problem)))]
async fn disable(State(app): State<App>, person: Person, id: Path<String>) -> Result<Response, ApiError> {
    person.may(Right::People)?;
    let id = asked::id(id)?;
    deed(&app, &person, id, move |tx, by| keep::disable(tx, by, id)).await
}

/// Take a person's account into use again.
#[utoipa::path(post, path = "/v1/console/people/{person_id}/enable", tag = "console",
    params(("person_id" = String, Path)),
    responses((status = 200, body = PersonListed), (status = "4XX", body = Problem)))]
async fn enable(State(app): State<App>, person: Person, id: Path<String>) -> Result<Response, ApiError> {
    person.may(Right::People)?;
    let id = asked::id(id)?;
    deed(&app, &person, id, move |tx, by| keep::enable(tx, by, id)).await
}

/// Make a new password, shown this once; every session ends.
#[utoipa::path(post, path = "/v1/console/people/{person_id}/reset-password", tag = "console",
    params(("person_id" = String, Path)),
    responses((status = 200, body = PersonAdded), (status = "4XX", body = Problem)))]
async fn reset_password(
    State(app): State<App>,
    person: Person,
    id: Path<String>,
) -> Result<Response, ApiError> {
    person.may(Right::People)?;
    let id = asked::id(id)?;
    // Before the work of a hash is done.
    shown(&app, id).await?;
    let (password, hash) = fresh_password(&app).await?;
    let by = by(&app, &person);
    app.db.write(move |tx| keep::reset_password(tx, &by, id, &hash)).await?;
    let person = shown(&app, id).await?;
    Ok((NO_STORE, Json(PersonAdded { person, password: Some(password) })).into_response())
}

/// Forget a person's second factor: it is set up anew at the next sign-in. Every session ends.
#[utoipa::path(post, path = "/v1/console/people/{person_id}/reset-second-factor", tag = "console",
    params(("person_id" = String, Path)),
    responses((status = 200, body = PersonListed), (status = "4XX", body = Problem)))]
async fn reset_second_factor(
    State(app): State<App>,
    person: Person,
    id: Path<String>,
) -> Result<Response, ApiError> {
    person.may(Right::People)?;
    let id = asked::id(id)?;
    deed(&app, &person, id, move |tx, by| keep::reset_factor(tx, by, id)).await
}

/// A person's sessions that stand, newest first.
#[utoipa::path(get, path = "/v1/console/people/{person_id}/sessions", tag = "console",
    params(("person_id" = String, Path)),
    responses((status = 200, body = Page<ConsoleSession>), (status = "4XX", body = Problem)))]
async fn sessions(State(app): State<App>, person: Person, id: Path<String>) -> Result<Response, ApiError> {
    person.may(Right::PeopleRead)?;
    let id = asked::id(id)?;
    shown(&app, id).await?;
    let (asking, now) = (person.session_id, app.clock.now());
    let read = app.db.read(move |connection| account::sql::sessions(connection, id, Some(asking), now)).await;
    let items = read.map_err(asked::store_away)?;
    Ok((NO_STORE, Json(Page { items, next: None })).into_response())
}

/// End a session of a person.
#[utoipa::path(delete, path = "/v1/console/people/{person_id}/sessions/{session_id}", tag = "console",
    params(("person_id" = String, Path), ("session_id" = String, Path)),
    responses((status = 204), (status = "4XX", body = Problem)))]
async fn end_session(
    State(app): State<App>,
    person: Person,
    Path((id, session)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    person.may(Right::People)?;
    let id: PersonId = asked::id(Path(id))?;
    let session: PersonSessionId = asked::id(Path(session))?;
    let by = by(&app, &person);
    app.db.write(move |tx| keep::end_session(tx, &by, id, session)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Changes one person and answers with the person as it is then.
async fn deed(
    app: &App,
    person: &Person,
    id: PersonId,
    change: impl FnOnce(&Transaction<'_>, &By) -> Result<(), Refused> + Send + 'static,
) -> Result<Response, ApiError> {
    let by = by(app, person);
    app.db.write(move |tx| change(tx, &by)).await?;
    let person = shown(app, id).await?;
    Ok((NO_STORE, Json(person)).into_response())
}

fn by(app: &App, person: &Person) -> By {
    By { actor: person.actor(), now: app.clock.now() }
}

async fn shown(app: &App, id: PersonId) -> Result<PersonListed, ApiError> {
    let now = app.clock.now();
    let read = app.db.read(move |connection| list::person(connection, id, now)).await;
    let found = read.map_err(asked::store_away)?;
    found.ok_or_else(no_person)
}

fn no_person() -> ApiError {
    Refused::NotFound("person").into()
}

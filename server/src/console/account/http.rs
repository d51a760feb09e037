//! `/v1/console/me/…`: one's own sessions and password.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chinhchu_protocol::console::Page;
use chinhchu_protocol::console::account::{ConsoleSession, PasswordChange};
use chinhchu_protocol::ids::PersonSessionId;
use chinhchu_protocol::problem::{ErrorCode, Problem};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{again, fit_for_use, read, sql};
use crate::console::person::{Arrived, Person};
use crate::console::session::http::NO_STORE;
use crate::console::session::{note, over};
use crate::console::sql::end_sessions;
use crate::http::{ApiError, App};
use crate::store::StoreError;

const MAX_BODY: usize = 8 * 1024;

/// `/me/sessions…`, `/me/password`.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_sessions))
        .routes(routes!(end_session))
        .routes(routes!(change_password))
        .layer(DefaultBodyLimit::max(MAX_BODY))
}

/// One's own sessions that stand, newest first.
#[utoipa::path(get, path = "/v1/console/me/sessions", tag = "console",
    responses((status = 200, body = Page<ConsoleSession>), (status = "4XX", body = Problem)))]
async fn list_sessions(State(app): State<App>, person: Person) -> Result<Response, ApiError> {
    let (id, asking, now) = (person.person_id, person.session_id, app.clock.now());
    let read = app.db.read(move |connection| sql::sessions(connection, id, Some(asking), now)).await;
    let items = read.map_err(|error: StoreError| ApiError::unavailable(error))?;
    Ok((NO_STORE, Json(Page { items, next: None })).into_response())
}

/// End one of one's own sessions.
#[utoipa::path(delete, path = "/v1/console/me/sessions/{session_id}", tag = "console",
    params(("session_id" = String, Path)),
    responses((status = 204), (status = "4XX", body = Problem)))]
async fn end_session(
    State(app): State<App>,
    person: Person,
    Path(session): Path<String>,
) -> Result<StatusCode, ApiError> {
    let session: PersonSessionId = session.parse().map_err(|_| no_session())?;
    let (id, now) = (person.person_id, app.clock.now());
    let ended = app.db.write(move |tx| {
        let ended = sql::end_own(tx, id, session, "revoked", now)?;
        if ended {
            note(tx, id, "person.session_ended", &json!({ "session_id": session }), now)?;
        }
        Ok(ended)
    });
    let ended = ended.await.map_err(|error: StoreError| ApiError::unavailable(error))?;
    if ended { Ok(StatusCode::NO_CONTENT) } else { Err(no_session()) }
}

/// Change one's own password; every other session ends.
#[utoipa::path(put, path = "/v1/console/me/password", tag = "console", request_body = PasswordChange,
    responses((status = 204), (status = "4XX", body = Problem)))]
async fn change_password(
    State(app): State<App>,
    arrived: Arrived,
    body: Result<Json<PasswordChange>, JsonRejection>,
) -> Result<StatusCode, ApiError> {
    let PasswordChange { old, new } = read(body)?;
    let person = arrived.shown()?;
    let stored = &arrived.found.person;
    if let Err(code) = fit_for_use(&new, &old, &stored.username) {
        let told = "Choose a password of at least 12 characters that is not the old one.";
        return Err(ApiError::new(ErrorCode::RequestInvalid, told).with("new", code));
    }
    again(&app, stored, Some(old)).await?;
    let hash = app.hub.password_checks.hash(new).await.map_err(ApiError::unavailable)?;
    let (id, session, now) = (person.person_id, person.session_id, app.clock.now());
    let checked = stored.password_hash.clone();
    let written = app.db.write(move |tx| {
        if !sql::change_password(tx, id, checked.as_deref(), &hash)? {
            return Ok(false);
        }
        end_sessions(tx, id, Some(session), "password_changed", now)?;
        note(tx, id, "person.password_changed", &json!({}), now)?;
        Ok(true)
    });
    let changed = written.await.map_err(|error: StoreError| ApiError::unavailable(error))?;
    if changed { Ok(StatusCode::NO_CONTENT) } else { Err(over()) }
}

/// No such session, or another's.
pub fn no_session() -> ApiError {
    ApiError::new(ErrorCode::NotFound, "There is no such session.")
}

//! `/v1/console/session` and `/v1/console/me`.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, FromRequestParts, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chinhchu_protocol::console::people::{ConsoleSignIn, Me};
use chinhchu_protocol::problem::{ErrorCode, Problem};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Begun, factor, note, program, sign_in};
use crate::console::person::{Arrived, from_own_page};
use crate::console::{cookie, sql};
use crate::http::client::ClientAddress;
use crate::http::{ApiError, App};
use crate::store::StoreError;

const MAX_BODY: usize = 8 * 1024;
/// For answers that hold secrets or persons.
pub const NO_STORE: [(HeaderName, &str); 1] = [(header::CACHE_CONTROL, "no-store")];

/// Sign-in, sign-out, who is signed in.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(begin, end))
        .routes(routes!(me))
        .layer(DefaultBodyLimit::max(MAX_BODY))
}

/// Stands in front of what has no session yet: only the console's own pages may ask.
pub struct OwnPage;

impl FromRequestParts<App> for OwnPage {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, app: &App) -> Result<Self, ApiError> {
        from_own_page(app, parts).map(|()| Self)
    }
}

/// Sign in. Until the second factor is shown, the session can do nothing else. Sets the cookie.
#[utoipa::path(post, path = "/v1/console/session", tag = "console", request_body = ConsoleSignIn,
    responses((status = 201, body = Me), (status = "4XX", body = Problem)))]
async fn begin(
    State(app): State<App>,
    _own: OwnPage,
    address: ClientAddress,
    headers: HeaderMap,
    body: Result<Json<ConsoleSignIn>, JsonRejection>,
) -> Result<Response, ApiError> {
    app.limits.sign_in.take(&address.0.to_string(), app.clock.now())?;
    // The text of the rejection may repeat the password.
    let Json(request) =
        body.map_err(|_| ApiError::new(ErrorCode::BodyMalformed, "Send a sign-in as JSON."))?;
    let begun = sign_in(&app, request, program_of(&headers)).await?;
    answer(&app, StatusCode::CREATED, &begun).await
}

/// Sign out.
#[utoipa::path(delete, path = "/v1/console/session", tag = "console",
    responses((status = 204), (status = "4XX", body = Problem)))]
async fn end(State(app): State<App>, arrived: Arrived) -> Result<Response, ApiError> {
    let (id, person, now) = (arrived.found.session_id, arrived.found.person.person_id, app.clock.now());
    let written = app.db.write(move |tx| {
        sql::end_session(tx, id, "signed_out", now)?;
        note(tx, person, "person.signed_out", &serde_json::json!({}), now)
    });
    written.await.map_err(|error: StoreError| ApiError::unavailable(error))?;
    let mut response = (StatusCode::NO_CONTENT, NO_STORE).into_response();
    if let Some(cleared) = cookie::clear(&app) {
        response.headers_mut().insert(header::SET_COOKIE, cleared);
    }
    Ok(response)
}

/// Who is signed in, and what that allows.
#[utoipa::path(get, path = "/v1/console/me", tag = "console",
    responses((status = 200, body = Me), (status = "4XX", body = Problem)))]
async fn me(arrived: Arrived) -> Response {
    (NO_STORE, Json(arrived.me())).into_response()
}

/// Who has just signed in, with the cookie.
pub async fn answer(app: &App, status: StatusCode, begun: &Begun) -> Result<Response, ApiError> {
    let (me, cookie) = arrival(app, begun).await?;
    let mut response = (status, NO_STORE, Json(me)).into_response();
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(response)
}

/// What the browser is told of a session that has begun, and its cookie.
pub async fn arrival(app: &App, begun: &Begun) -> Result<(Me, HeaderValue), ApiError> {
    let id = begun.session_id;
    let read = app.db.read(move |connection| sql::session_by_id(connection, id)).await;
    let found = read.map_err(|error: StoreError| ApiError::unavailable(error))?.ok_or_else(super::over)?;
    let factor = factor(&found);
    let cookie = cookie::set(app, &begun.token).ok_or_else(|| ApiError::internal("no cookie"))?;
    Ok((Arrived { found, factor }.me(), cookie))
}

/// Browser and system of a request.
pub fn program_of(headers: &HeaderMap) -> String {
    program(headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default())
}

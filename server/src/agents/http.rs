//! The agent's routes.

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chinhchu_protocol::agent::{AgentCase, AgentProfile, SignIn, SignedIn};
use chinhchu_protocol::call::ImageKind;
use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::problem::{ErrorCode, Problem};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{AgentSession, AtWork, case, session};
use crate::http::client::ClientAddress;
use crate::http::{ApiError, App};

const MAX_SIGN_IN_BYTES: usize = 8 * 1024;
const NO_STORE: [(HeaderName, &str); 1] = [(header::CACHE_CONTROL, "no-store")];

/// Sign-in, sign-out, and the case of the call at hand.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(sign_in))
        .routes(routes!(sign_out))
        .routes(routes!(me))
        .routes(routes!(read_case))
        .routes(routes!(read_picture))
        .layer(DefaultBodyLimit::max(MAX_SIGN_IN_BYTES))
}

/// Sign in. An older session of the same account is closed.
#[utoipa::path(post, path = "/v1/agent/sessions", tag = "agent", request_body = SignIn,
    responses((status = 201, body = SignedIn), (status = "4XX", body = Problem)))]
async fn sign_in(
    State(app): State<App>,
    address: ClientAddress,
    body: Result<Json<SignIn>, JsonRejection>,
) -> Result<Response, ApiError> {
    app.limits.sign_in.take(&address.0.to_string(), app.clock.now())?;
    // The text of the rejection may repeat the password.
    let Json(request) =
        body.map_err(|_| ApiError::new(ErrorCode::BodyMalformed, "Send a sign-in as JSON."))?;
    let signed_in = session::sign_in(&app, request).await?;
    Ok((StatusCode::CREATED, NO_STORE, Json(signed_in)).into_response())
}

/// Sign out; refused while in a call.
#[utoipa::path(delete, path = "/v1/agent/sessions/current", tag = "agent",
    responses((status = 204), (status = "4XX", body = Problem)))]
async fn sign_out(State(app): State<App>, session: AgentSession) -> Result<StatusCode, ApiError> {
    session::sign_out(&app, &session).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who is signed in.
#[utoipa::path(get, path = "/v1/agent/me", tag = "agent",
    responses((status = 200, body = AgentProfile), (status = "4XX", body = Problem)))]
async fn me(session: AgentSession) -> Response {
    (NO_STORE, Json(session.agent)).into_response()
}

/// The case, for the agent who has the call.
#[utoipa::path(get, path = "/v1/agent/calls/{call_id}", tag = "agent", params(("call_id" = String, Path)),
    responses((status = 200, body = AgentCase), (status = "4XX", body = Problem)))]
async fn read_case(
    State(app): State<App>,
    AtWork(session): AtWork,
    Path(call): Path<String>,
) -> Result<Response, ApiError> {
    let found = case::case(&app, &session, call_id(&call)?).await?;
    Ok((NO_STORE, Json(found)).into_response())
}

/// A picture of the case, for the agent who has the call.
#[utoipa::path(get, path = "/v1/agent/calls/{call_id}/images/{kind}", tag = "agent",
    params(("call_id" = String, Path), ("kind" = String, Path)),
    responses((status = 200, content_type = "image/*"), (status = "4XX", body = Problem)))]
async fn read_picture(
    State(app): State<App>,
    AtWork(session): AtWork,
    Path((call, kind)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let kind = ImageKind::parse(&kind)
        .ok_or_else(|| ApiError::new(ErrorCode::NotFound, "There is no such kind of picture."))?;
    let (content_type, bytes) = case::picture(&app, &session, call_id(&call)?, kind).await?;
    Ok((NO_STORE, [(header::CONTENT_TYPE, content_type)], Body::from(bytes)).into_response())
}

fn call_id(text: &str) -> Result<CallId, ApiError> {
    text.parse().map_err(|_| ApiError::call_not_found())
}

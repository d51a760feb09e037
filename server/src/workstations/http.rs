//! A workstation's routes, and the server's public key for everybody.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use chinhchu_protocol::problem::{ErrorCode, Problem};
use chinhchu_protocol::workstation::{ServerKey, WorkstationEnrol, WorkstationStanding};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{enrol, standing};
use crate::agents::AtWork;
use crate::http::{ApiError, App};

const MAX_BYTES: usize = 4 * 1024;
const NO_STORE: [(HeaderName, &str); 1] = [(header::CACHE_CONTROL, "no-store")];

/// Enrolment, and the server's key.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(read, name_key))
        .routes(routes!(server_key))
        .layer(DefaultBodyLimit::max(MAX_BYTES))
}

/// Where this workstation stands, and what it must sign to name a key.
#[utoipa::path(get, path = "/v1/agent/workstation", tag = "agent",
    responses((status = 200, body = WorkstationStanding), (status = "4XX", body = Problem)))]
async fn read(State(app): State<App>, AtWork(session): AtWork) -> Result<Response, ApiError> {
    Ok((NO_STORE, Json(standing(&app, &session).await?)).into_response())
}

/// Name this workstation's key and prove it. It waits for approval, or is approved by a one-time code.
#[utoipa::path(put, path = "/v1/agent/workstation", tag = "agent", request_body = WorkstationEnrol,
    responses((status = 200, body = WorkstationStanding), (status = "4XX", body = Problem)))]
async fn name_key(
    State(app): State<App>,
    AtWork(session): AtWork,
    body: Result<Json<WorkstationEnrol>, JsonRejection>,
) -> Result<Response, ApiError> {
    // The text of the rejection may repeat the code.
    let Json(request) =
        body.map_err(|_| ApiError::new(ErrorCode::BodyMalformed, "Send an enrolment as JSON."))?;
    Ok((NO_STORE, Json(enrol::enrol(&app, &session, request).await?)).into_response())
}

/// The key with which this server signs receipts, approvals and daily roots. Compare its fingerprint with
/// `chinhchu-server key show` before you trust it.
#[utoipa::path(get, path = "/v1/server-key", tag = "mSale",
    responses((status = 200, body = ServerKey)))]
async fn server_key(State(app): State<App>) -> Json<ServerKey> {
    Json(app.keys.server_key())
}

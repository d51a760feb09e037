//! What the sandbox's page and the server's webhooks call.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use chinhchu_protocol::call::ImageKind;
use chinhchu_protocol::ids::{CallId, CompanyCode};
use chinhchu_protocol::problem::ErrorCode;
use serde_json::{Value, json};

use super::msale::{Msale, MsaleError, SandboxResult};
use crate::calls::images::picture_response;
use crate::companies;
use crate::http::{ApiError, App};
use crate::tokens::auth::store_away;

/// Routes under `/sandbox/api`.
pub fn routes(msale: Arc<Msale>) -> Router<App> {
    Router::new()
        .route("/sandbox/api/companies", get(list_companies))
        .route("/sandbox/api/msale/token", post(token))
        .route("/sandbox/api/msale/webhook", post(webhook))
        .route("/sandbox/api/msale/results", get(results))
        .route("/sandbox/api/msale/results/{call_id}", get(result))
        .route("/sandbox/api/msale/results/{call_id}/images/{kind}", get(picture))
        .layer(Extension(msale))
}

/// A list to choose from, not part of anybody's API: mSale knows the companies by itself.
async fn list_companies(State(app): State<App>) -> Result<Json<Value>, ApiError> {
    let list = app.db.read(companies::sql::list).await.map_err(store_away)?;
    Ok(Json(json!({ "companies": list })))
}

#[derive(serde::Deserialize)]
struct TokenWanted {
    company: String,
}

async fn token(Extension(msale): Extension<Arc<Msale>>, body: Bytes) -> Result<Response, ApiError> {
    let invalid = || {
        ApiError::new(ErrorCode::RequestInvalid, "Send {\"company\":\"1\"}.").with("company", "unknown_value")
    };
    let wanted: TokenWanted = serde_json::from_slice(&body).map_err(|_| invalid())?;
    let company = CompanyCode::parse(&wanted.company).ok_or_else(invalid)?;
    match msale.token(&company).await {
        Ok(issued) => Ok(([(header::CACHE_CONTROL, "no-store")], Json(issued)).into_response()),
        Err(MsaleError::Refused(404)) => Err(invalid()),
        Err(error) => Err(ApiError::unavailable(error)),
    }
}

async fn webhook(
    State(app): State<App>,
    Extension(msale): Extension<Arc<Msale>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, ApiError> {
    match msale.receive(&headers, &body, app.clock.now()).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(MsaleError::Unsigned) => {
            Err(ApiError::new(ErrorCode::TokenInvalid, "The webhook's signature does not fit."))
        }
        Err(MsaleError::Unreadable) => {
            Err(ApiError::new(ErrorCode::BodyMalformed, "The body is no webhook event."))
        }
        Err(error @ (MsaleError::Unreachable(_) | MsaleError::Refused(_))) => {
            Err(ApiError::unavailable(error))
        }
    }
}

async fn results(Extension(msale): Extension<Arc<Msale>>) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(json!({ "results": msale.results() }))).into_response()
}

async fn result(
    Extension(msale): Extension<Arc<Msale>>,
    Path(call_id): Path<String>,
) -> Result<Json<SandboxResult>, ApiError> {
    let call: CallId = call_id.parse().map_err(|_| nothing())?;
    msale.result(call).map(Json).ok_or_else(nothing)
}

async fn picture(
    Extension(msale): Extension<Arc<Msale>>,
    Path((call_id, kind)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let call: CallId = call_id.parse().map_err(|_| nothing())?;
    let kind = ImageKind::parse(&kind).ok_or_else(nothing)?;
    let (content_type, bytes) = msale.picture(call, kind).ok_or_else(nothing)?;
    Ok(picture_response(bytes, &content_type))
}

fn nothing() -> ApiError {
    ApiError::new(ErrorCode::NotFound, "mSale has nothing about that (yet).")
}

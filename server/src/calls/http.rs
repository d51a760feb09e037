//! `GET /v1/calls/{id}` and `POST /v1/calls/{id}/cancel`.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use chinhchu_protocol::call::CallBody;
use chinhchu_protocol::ids::{CallId, CompanyCode};
use chinhchu_protocol::problem::{ErrorCode, Problem};
use chinhchu_routing::Refusal;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::cases;
use crate::http::{ApiError, App};
use crate::store::StoreError;
use crate::switchboard::DriveError;
use crate::tokens::Credential;
use crate::tokens::auth::store_away;

/// Routes of this module.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(read))
        .routes(routes!(cancel))
        .routes(routes!(super::events::events))
        .routes(routes!(super::images::image))
}

/// The call, if it exists for this credential; otherwise 404, whoever asks, and 410 once it was erased.
pub async fn known_call(
    app: &App,
    credential: &Credential,
    id: &str,
) -> Result<(CallId, CompanyCode), ApiError> {
    if let Credential::Company { company, .. } = credential {
        app.limits.company.take(&company.0, app.clock.now())?;
    }
    let call_id: CallId = id.parse().map_err(|_| ApiError::call_not_found())?;
    let read = move |c: &rusqlite::Connection| {
        Ok::<_, StoreError>(cases::sql::origin(c, call_id)?.zip(cases::erase::standing(c, call_id)?))
    };
    match app.db.read(read).await.map_err(store_away)? {
        Some(((home, _), case)) if credential.may_know(call_id, &home) => match case.destroyed {
            Some(_) => Err(ApiError::case_erased()),
            None => Ok((call_id, home)),
        },
        Some(_) | None => Err(ApiError::call_not_found()),
    }
}

/// Where a call stands.
#[utoipa::path(
    get, path = "/v1/calls/{call_id}", tag = "eKYC",
    security(("company_token" = []), ("service_credential" = []), ("call_token" = [])),
    params(("call_id" = String, Path, description = "Our id of the call")),
    responses(
        (status = 200, description = "The call", body = CallBody),
        (status = 404, description = "`call_not_found`", body = Problem, content_type = "application/problem+json"),
        (status = 410, description = "`case_erased`", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn read(
    State(app): State<App>,
    credential: Credential,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let (call_id, _) = known_call(&app, &credential, &id).await?;
    let body = app.switchboard.call_body(call_id).await.map_err(store_away)?;
    Ok(shown(body.ok_or_else(ApiError::call_not_found)?))
}

/// Cancel a call. Cancelling a cancelled call again gives the same answer.
#[utoipa::path(
    post, path = "/v1/calls/{call_id}/cancel", tag = "eKYC",
    security(("company_token" = []), ("service_credential" = []), ("call_token" = [])),
    params(("call_id" = String, Path, description = "Our id of the call")),
    responses(
        (status = 200, description = "Cancelled", body = CallBody),
        (status = 404, description = "`call_not_found`", body = Problem, content_type = "application/problem+json"),
        (status = 410, description = "`case_erased`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`call_ended`", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn cancel(
    State(app): State<App>,
    credential: Credential,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let (call_id, _) = known_call(&app, &credential, &id).await?;
    match app.switchboard.cancel(call_id).await {
        Ok(body) => Ok(shown(body.ok_or_else(ApiError::call_not_found)?)),
        Err(DriveError::Refused(Refusal::CallUnknown)) => Err(ApiError::call_not_found()),
        Err(DriveError::Refused(_)) => {
            Err(ApiError::new(ErrorCode::CallEnded, "The call is over; it cannot be cancelled."))
        }
        Err(
            error @ (DriveError::Full
            | DriveError::NotWritten(_)
            | DriveError::Quarantined
            | DriveError::Closed),
        ) => Err(ApiError::unavailable(error)),
    }
}

fn shown(body: CallBody) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

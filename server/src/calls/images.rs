//! `GET /v1/calls/{id}/images/{kind}`: for the call's own token or a service credential, never for a company
//! token (it may live on a dealer's phone). Every look is recorded.

use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use chinhchu_protocol::call::ImageKind;
use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::problem::{ErrorCode, Problem};

use super::http::known_call;
use super::sql;
use crate::cases;
use crate::http::{ApiError, App};
use crate::store::StoreError;
use crate::tokens::Credential;
use crate::tokens::auth::store_away;

/// A picture: its bytes as sent or captured, or with `?display=1` the upright copy without metadata.
#[utoipa::path(
    get, path = "/v1/calls/{call_id}/images/{kind}", tag = "eKYC",
    security(("service_credential" = []), ("call_token" = [])),
    params(
        ("call_id" = String, Path, description = "Our id of the call"),
        ("kind" = ImageKind, Path, description = "Which picture"),
        ("display" = Option<String>, Query, description = "`1`: the upright copy without metadata"),
    ),
    responses(
        (status = 200, description = "The picture", content_type = "image/*", body = String),
        (status = 403, description = "`forbidden`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`call_not_found`, `not_found`", body = Problem, content_type = "application/problem+json"),
        (status = 410, description = "`case_erased`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn image(
    State(app): State<App>,
    credential: Credential,
    Path((id, kind)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let (call_id, _) = known_call(&app, &credential, &id).await?;
    if !credential.may_see_pictures() {
        return Err(ApiError::forbidden("Pictures need the call's own token or a service credential."));
    }
    let kind = ImageKind::parse(&kind).ok_or_else(no_picture)?;
    // Only what the call shows: its intake's pictures and those of the verdict that stands.
    let body = app.switchboard.call_body(call_id).await.map_err(store_away)?;
    let shown = body.and_then(|body| body.images.into_iter().find(|image| image.kind == kind));
    let Some(shown) = shown else { return Err(missing(&app, call_id).await?) };
    let sha256 = shown.sha256;
    let display = query.is_some_and(|query| query.split('&').any(|pair| pair == "display=1"));
    let (bytes, content_type) = load(&app, call_id, kind, sha256, display).await?;
    record_access(&app, call_id, &credential, kind).await?;
    Ok(picture_response(bytes, &content_type))
}

async fn load(
    app: &App,
    call_id: CallId,
    kind: ImageKind,
    sha256: String,
    display: bool,
) -> Result<(Bytes, String), ApiError> {
    let keys = app.keys.clone();
    let found = app
        .db
        .read(move |c| {
            let key = cases::sql::read_key(c, &keys, call_id)?;
            Ok::<_, StoreError>(key.zip(sql::picture(c, call_id, kind, &sha256)?))
        })
        .await
        .map_err(store_away)?;
    let (key, picture) = found.ok_or_else(no_picture)?;
    let (object, content_type) = picture.display.filter(|_| display).unwrap_or(picture.original);
    let bytes = app.objects.get(&key, object).await.map_err(ApiError::internal)?;
    Ok((bytes, content_type))
}

async fn record_access(
    app: &App,
    call_id: CallId,
    credential: &Credential,
    kind: ImageKind,
) -> Result<(), ApiError> {
    let actor = match credential {
        Credential::Service { name } => format!("service:{name}"),
        Credential::Call { .. } => "call_token".to_owned(),
        Credential::Company { company, .. } => format!("company:{company}"),
    };
    let now = app.clock.now();
    app.db
        .write(move |tx| cases::sql::log_access(tx, call_id, &actor, kind.name(), now))
        .await
        .map_err(store_away)
}

/// A picture never stays in a cache and is never taken for anything but a picture.
pub fn picture_response(bytes: Bytes, content_type: &str) -> Response {
    let mut response = Response::new(Body::from(bytes));
    let headers = response.headers_mut();
    let content_type =
        HeaderValue::from_str(content_type).unwrap_or(HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_TYPE, content_type);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// Never there, or destroyed at the end of its time.
async fn missing(app: &App, call_id: CallId) -> Result<ApiError, ApiError> {
    let read = app.db.read(move |c| cases::erase::pictures_destroyed(c, call_id)).await;
    Ok(if read.map_err(store_away)? { ApiError::case_erased() } else { no_picture() })
}

fn no_picture() -> ApiError {
    ApiError::new(ErrorCode::NotFound, "The call has no such picture (yet).")
}

//! `/v1/console/sign-in-ways`, `/v1/console/directory`, `…/back`. The last two are visited by the browser itself:
//! whatever goes wrong ends on the sign-in page, with its code in the address.

use axum::Json;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chinhchu_protocol::console::account::SignInWays;
use chinhchu_protocol::problem::{ErrorCode, Problem};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{DirectoryFault, Flow, Oidc};
use crate::console::cookie;
use crate::console::session::begin;
use crate::console::session::http::{NO_STORE, arrival, program_of};
use crate::console::sql::{Way, person_by_directory};
use crate::http::client::ClientAddress;
use crate::http::{ApiError, App};
use crate::store::StoreError;

/// Where the browser comes back to.
pub const BACK: &str = "/v1/console/directory/back";
const FLOW_COOKIE: &str = "chinhchu-directory";
const FLOW_PATH: &str = "/v1/console/directory";
const MAX_CODE: usize = 4 * 1024;

/// How to sign in, and the directory's way.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(ways)).routes(routes!(leave)).routes(routes!(back))
}

/// How one can sign in here.
#[utoipa::path(get, path = "/v1/console/sign-in-ways", tag = "console",
    responses((status = 200, body = SignInWays), (status = "4XX", body = Problem)))]
async fn ways(State(app): State<App>) -> Response {
    let directory = app.config.directory.as_ref().map(|directory| directory.name.clone());
    (NO_STORE, Json(SignInWays { directory })).into_response()
}

/// Sign in by the operator's directory: sends the browser there.
#[utoipa::path(get, path = "/v1/console/directory", tag = "console",
    responses((status = 303, description = "To the directory"), (status = "4XX", body = Problem)))]
async fn leave(State(app): State<App>, address: ClientAddress) -> Result<Response, ApiError> {
    app.limits.sign_in.take(&address.0.to_string(), app.clock.now())?;
    let oidc = oidc(&app)?;
    match oidc.begin(app.clock.now()).await {
        Ok((url, flow)) => {
            let mut response = to(&url);
            let cookie = flow_cookie(&app, &flow.seal(&app.keys), "600");
            response.headers_mut().insert(header::SET_COOKIE, cookie.ok_or_else(no_cookie)?);
            Ok(response)
        }
        Err(fault) => Ok(refused(&app, fault)),
    }
}

/// What the directory sends back.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct BackQuery {
    /// Of the directory, to be traded in.
    code: Option<String>,
    /// As it left.
    state: Option<String>,
    /// The directory refused.
    error: Option<String>,
}

/// The browser comes back from the directory. Sets the session's cookie.
#[utoipa::path(get, path = "/v1/console/directory/back", tag = "console", params(BackQuery),
    responses((status = 303, description = "To the console"), (status = "4XX", body = Problem)))]
async fn back(
    State(app): State<App>,
    address: ClientAddress,
    headers: HeaderMap,
    Query(query): Query<BackQuery>,
) -> Result<Response, ApiError> {
    app.limits.sign_in.take(&address.0.to_string(), app.clock.now())?;
    let oidc = oidc(&app)?;
    match signed_in(&app, &oidc, &headers, query).await {
        Ok(begun) => {
            let (_, cookie) = arrival(&app, &begun).await?;
            let mut response = to("/console/");
            let headers = response.headers_mut();
            headers.append(header::SET_COOKIE, cookie);
            headers.append(header::SET_COOKIE, flow_cookie(&app, "", "0").ok_or_else(no_cookie)?);
            Ok(response)
        }
        Err(Stop::Fault(fault)) => Ok(refused(&app, fault)),
        Err(Stop::Error(error)) => Err(error),
    }
}

enum Stop {
    Fault(DirectoryFault),
    Error(ApiError),
}

impl From<DirectoryFault> for Stop {
    fn from(fault: DirectoryFault) -> Self {
        Self::Fault(fault)
    }
}

async fn signed_in(
    app: &App,
    oidc: &Oidc,
    headers: &HeaderMap,
    query: BackQuery,
) -> Result<crate::console::session::Begun, Stop> {
    let now = app.clock.now();
    let cookie = cookie::named(headers, FLOW_COOKIE).ok_or(DirectoryFault::Flow)?;
    let state = query.state.ok_or(DirectoryFault::Flow)?;
    let flow = Flow::open(&app.keys, cookie, &state, now)?;
    if query.error.is_some() {
        return Err(DirectoryFault::Denied.into());
    }
    let code = query.code.filter(|code| !code.is_empty() && code.len() <= MAX_CODE);
    let named = oidc.finish(flow, code.ok_or(DirectoryFault::Flow)?, now).await?;
    let read = app.db.read(move |connection| person_by_directory(connection, &named)).await;
    let person = read.map_err(|error: StoreError| Stop::Error(ApiError::unavailable(error)))?;
    let person =
        person.filter(crate::console::sql::StoredPerson::is_active).ok_or(DirectoryFault::Unknown)?;
    begin(app, person.person_id, Way::Directory, None, program_of(headers)).await.map_err(Stop::Error)
}

fn oidc(app: &App) -> Result<Oidc, ApiError> {
    let nothing = || ApiError::new(ErrorCode::NotFound, "No directory is set up here.");
    let directory = app.config.directory.clone().ok_or_else(nothing)?;
    let redirect = format!("{}{BACK}", app.public_url);
    Ok(Oidc::new(directory, redirect, app.console.client.clone()))
}

/// Back to the sign-in page, with the code of the refusal.
fn refused(app: &App, fault: DirectoryFault) -> Response {
    tracing::warn!(%fault, "the directory signed nobody in");
    let code = match fault {
        DirectoryFault::Away => ErrorCode::Unavailable,
        DirectoryFault::Flow
        | DirectoryFault::Denied
        | DirectoryFault::Code
        | DirectoryFault::Token(_)
        | DirectoryFault::Unknown => ErrorCode::DirectoryRefused,
    };
    let mut response = to(&format!("/console/?sign_in_error={}", code.name()));
    if let Some(cleared) = flow_cookie(app, "", "0") {
        response.headers_mut().append(header::SET_COOKIE, cleared);
    }
    response
}

fn to(address: &str) -> Response {
    let mut response = (StatusCode::SEE_OTHER, NO_STORE).into_response();
    match HeaderValue::from_str(address) {
        Ok(address) => drop(response.headers_mut().insert(header::LOCATION, address)),
        Err(_) => return ApiError::internal("an address that is no header").into_response(),
    }
    response
}

/// Lax: the browser comes back from another site and must bring it.
fn flow_cookie(app: &App, value: &str, max_age: &str) -> Option<HeaderValue> {
    let secure = if cookie::is_secure(app) { "; Secure" } else { "" };
    let text =
        format!("{FLOW_COOKIE}={value}; Path={FLOW_PATH}; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&text).ok()
}

fn no_cookie() -> ApiError {
    ApiError::internal("no cookie")
}

//! `/v1/console/agents…`, `/v1/console/partners`.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chinhchu_protocol::console::Page;
use chinhchu_protocol::console::agents::{
    AgentAdded, AgentChange, AgentListed, AgentNew, AgentSignOut, AgentStanding, PartnerListed,
};
use chinhchu_protocol::console::people::Right;
use chinhchu_protocol::ids::{AgentId, CompanyCode};
use chinhchu_protocol::problem::{ErrorCode, Problem};
use rusqlite::Transaction;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::keep::{self, By};
use super::list::{self, Wanted};
use crate::agents::password;
use crate::console::Person;
use crate::console::account::read;
use crate::console::refused::Refused;
use crate::console::session::http::NO_STORE;
use crate::http::{ApiError, App};
use crate::store::StoreError;

const MAX_BODY: usize = 16 * 1024;
const DEFAULT_ITEMS: usize = 50;
const MAX_ITEMS: usize = 500;
/// No partner, in a filter.
const NONE: &str = "none";

/// Agents one by one, their list, partners.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_agents, add))
        .routes(routes!(one, change))
        .routes(routes!(sign_out))
        .routes(routes!(disable))
        .routes(routes!(enable))
        .routes(routes!(reset_password))
        .routes(routes!(partners))
        .layer(DefaultBodyLimit::max(MAX_BODY))
}

/// Which agents.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct AgentQuery {
    /// Of this company.
    company: Option<String>,
    /// Of this partner; `none` for the companies' own staff.
    partner: Option<String>,
    /// `disabled`, `signed_out`, `available`, `paused`, `ringing`, `on_call` or `wrap_up`.
    state: Option<String>,
    /// Whose name or user name holds this.
    q: Option<String>,
    /// `next` of the part before.
    after: Option<String>,
    /// At most so many, 1 to 500; 50 if missing.
    limit: Option<usize>,
}

/// Agents by user name.
#[utoipa::path(get, path = "/v1/console/agents", tag = "console", params(AgentQuery),
    responses((status = 200, body = Page<AgentListed>), (status = "4XX", body = Problem)))]
async fn list_agents(
    State(app): State<App>,
    person: Person,
    Query(query): Query<AgentQuery>,
) -> Result<Response, ApiError> {
    person.may(Right::AgentsRead)?;
    let wanted = wanted(query)?;
    let (snapshot, scope) = (app.switchboard.snapshot(), person.scope);
    let read = app.db.read(move |connection| list::agents(connection, &snapshot, &scope, &wanted)).await;
    let (items, next) = read.map_err(|error: StoreError| ApiError::unavailable(error))?;
    Ok((NO_STORE, Json(Page { items, next })).into_response())
}

fn wanted(query: AgentQuery) -> Result<Wanted, ApiError> {
    let wrong = |field: &str, code: &str| {
        Err(ApiError::new(ErrorCode::RequestInvalid, "Correct the named parameter.").with(field, code))
    };
    let state = match query.state.as_deref() {
        None => None,
        Some(name) => match AgentStanding::ALL.into_iter().find(|state| state.name() == name) {
            Some(state) => Some(state),
            None => return wrong("state", "unknown_value"),
        },
    };
    let most = query.limit.unwrap_or(DEFAULT_ITEMS);
    if !(1..=MAX_ITEMS).contains(&most) {
        return wrong("limit", "out_of_range");
    }
    Ok(Wanted {
        company: query.company.map(CompanyCode),
        partner: query.partner.map(|partner| (partner != NONE).then_some(partner)),
        state,
        text: query.q.map(|text| text.trim().to_lowercase()).filter(|text| !text.is_empty()),
        after: query.after.unwrap_or_default(),
        most,
    })
}

/// Add an agent. The password is shown this once.
#[utoipa::path(post, path = "/v1/console/agents", tag = "console", request_body = AgentNew,
    responses((status = 201, body = AgentAdded), (status = "4XX", body = Problem)))]
async fn add(
    State(app): State<App>,
    person: Person,
    body: Result<Json<AgentNew>, JsonRejection>,
) -> Result<Response, ApiError> {
    person.may(Right::AgentsWrite)?;
    let new = read(body)?;
    let (password, hash) = fresh_password(&app).await?;
    let (by, id) = (by(&app, &person), AgentId(app.clock.new_id()));
    app.db.write(move |tx| keep::add(tx, &by, id, &new, &hash)).await?;
    told(&app).await?;
    let agent = shown(&app, &person, id).await?;
    Ok((StatusCode::CREATED, NO_STORE, Json(AgentAdded { agent, password })).into_response())
}

/// One agent.
#[utoipa::path(get, path = "/v1/console/agents/{agent_id}", tag = "console", params(("agent_id" = String, Path)),
    responses((status = 200, body = AgentListed), (status = "4XX", body = Problem)))]
async fn one(State(app): State<App>, person: Person, Path(id): Path<String>) -> Result<Response, ApiError> {
    person.may(Right::AgentsRead)?;
    let agent = shown(&app, &person, agent_id(&id)?).await?;
    Ok((NO_STORE, Json(agent)).into_response())
}

/// Change an agent; counts at once, a call at hand goes on.
#[utoipa::path(put, path = "/v1/console/agents/{agent_id}", tag = "console", params(("agent_id" = String, Path)),
    request_body = AgentChange,
    responses((status = 200, body = AgentListed), (status = "4XX", body = Problem)))]
async fn change(
    State(app): State<App>,
    person: Person,
    Path(id): Path<String>,
    body: Result<Json<AgentChange>, JsonRejection>,
) -> Result<Response, ApiError> {
    person.may(Right::AgentsWrite)?;
    let (id, change) = (agent_id(&id)?, read(body)?);
    deed(&app, &person, id, move |tx, by| keep::change(tx, by, id, &change)).await
}

/// End an agent's sign-in at once; a call goes first in line to another agent.
#[utoipa::path(post, path = "/v1/console/agents/{agent_id}/sign-out", tag = "console",
    params(("agent_id" = String, Path)), request_body(content = AgentSignOut, description = "May be empty"),
    responses((status = 200, body = AgentListed), (status = "4XX", body = Problem)))]
async fn sign_out(
    State(app): State<App>,
    person: Person,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, ApiError> {
    person.may(Right::AgentsWrite)?;
    let id = agent_id(&id)?;
    let request: AgentSignOut = if body.iter().all(u8::is_ascii_whitespace) {
        AgentSignOut::default()
    } else {
        serde_json::from_slice(&body)
            .map_err(|_| ApiError::new(ErrorCode::BodyMalformed, "Send `{\"reason\": …}` or nothing."))?
    };
    deed(&app, &person, id, move |tx, by| keep::sign_out(tx, by, id, request.reason.as_deref()).map(drop))
        .await
}

/// Take an agent's account out of use; an open sign-in ends. What the workstation has sealed is still taken.
#[utoipa::path(post, path = "/v1/console/agents/{agent_id}/disable", tag = "console",
    params(("agent_id" = String, Path)),
    responses((status = 200, body = AgentListed), (status = "4XX", body = Problem)))]
async fn disable(
    State(app): State<App>,
    person: Person,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    person.may(Right::AgentsWrite)?;
    let id = agent_id(&id)?;
    deed(&app, &person, id, move |tx, by| keep::disable(tx, by, id)).await
}

/// Take an agent's account into use again.
#[utoipa::path(post, path = "/v1/console/agents/{agent_id}/enable", tag = "console",
    params(("agent_id" = String, Path)),
    responses((status = 200, body = AgentListed), (status = "4XX", body = Problem)))]
async fn enable(
    State(app): State<App>,
    person: Person,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    person.may(Right::AgentsWrite)?;
    let id = agent_id(&id)?;
    deed(&app, &person, id, move |tx, by| keep::enable(tx, by, id)).await
}

/// Make a new password, shown this once; an open sign-in ends.
#[utoipa::path(post, path = "/v1/console/agents/{agent_id}/reset-password", tag = "console",
    params(("agent_id" = String, Path)),
    responses((status = 200, body = AgentAdded), (status = "4XX", body = Problem)))]
async fn reset_password(
    State(app): State<App>,
    person: Person,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    person.may(Right::AgentsWrite)?;
    let id = agent_id(&id)?;
    // Before the work of a hash is done.
    shown(&app, &person, id).await?;
    let (password, hash) = fresh_password(&app).await?;
    let by = by(&app, &person);
    app.db.write(move |tx| keep::reset_password(tx, &by, id, &hash)).await?;
    told(&app).await?;
    let agent = shown(&app, &person, id).await?;
    Ok((NO_STORE, Json(AgentAdded { agent, password })).into_response())
}

/// Partners through which agents are employed.
#[utoipa::path(get, path = "/v1/console/partners", tag = "console",
    responses((status = 200, body = Page<PartnerListed>), (status = "4XX", body = Problem)))]
async fn partners(State(app): State<App>, person: Person) -> Result<Response, ApiError> {
    person.may(Right::AgentsRead)?;
    let scope = person.scope;
    let read = app.db.read(move |connection| list::partners(connection, &scope)).await;
    let items = read.map_err(|error: StoreError| ApiError::unavailable(error))?;
    Ok((NO_STORE, Json(Page { items, next: None })).into_response())
}

/// Changes one agent, tells the core, and answers with the agent as it is then.
async fn deed(
    app: &App,
    person: &Person,
    id: AgentId,
    change: impl FnOnce(&Transaction<'_>, &By) -> Result<(), Refused> + Send + 'static,
) -> Result<Response, ApiError> {
    let by = by(app, person);
    app.db.write(move |tx| change(tx, &by)).await?;
    told(app).await?;
    let agent = shown(app, person, id).await?;
    Ok((NO_STORE, Json(agent)).into_response())
}

/// The routing core takes over what the store says.
pub async fn told(app: &App) -> Result<(), ApiError> {
    app.switchboard.configure().await.map_err(ApiError::unavailable)
}

/// Who changes something.
pub fn by(app: &App, person: &Person) -> By {
    By { actor: person.actor(), scope: person.scope.clone(), now: app.clock.now() }
}

async fn shown(app: &App, person: &Person, id: AgentId) -> Result<AgentListed, ApiError> {
    let (snapshot, scope) = (app.switchboard.snapshot(), person.scope.clone());
    let read = app.db.read(move |connection| list::agent(connection, &snapshot, &scope, id)).await;
    let found = read.map_err(|error: StoreError| ApiError::unavailable(error))?;
    found.ok_or_else(no_agent)
}

/// A fresh password and its hash.
pub async fn fresh_password(app: &App) -> Result<(String, String), ApiError> {
    let password = password::fresh();
    let hash = app.hub.password_checks.hash(password.clone()).await.map_err(ApiError::unavailable)?;
    Ok((password, hash))
}

fn agent_id(text: &str) -> Result<AgentId, ApiError> {
    text.parse().map_err(|_| no_agent())
}

fn no_agent() -> ApiError {
    Refused::NotFound("agent").into()
}

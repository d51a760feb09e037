//! `POST /v1/console/agents/import`: a preview, or the whole file in one transaction.

use std::collections::HashMap;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::response::{IntoResponse, Response};
use chinhchu_protocol::console::agents::{AgentImport, ImportDeed, ImportPassword};
use chinhchu_protocol::console::people::Right;
use chinhchu_protocol::ids::AgentId;
use chinhchu_protocol::problem::Problem;
use futures_util::future::try_join_all;
use rusqlite::Transaction;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::http::{by, fresh_password, told};
use super::import::{self, File, Plan};
use super::keep::{self, By};
use crate::console::Person;
use crate::console::refused::Refused;
use crate::console::session::http::NO_STORE;
use crate::http::{ApiError, App};
use crate::store::StoreError;

const MAX_BODY: usize = 256 * 1024;
/// Hashed side by side; the checks let fewer through at once.
const AT_ONCE: usize = 4;

/// The import.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(take)).layer(DefaultBodyLimit::max(MAX_BODY))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ImportQuery {
    /// Only say what the file would do.
    #[serde(default)]
    preview: bool,
}

/// Agents of a CSV file (`username,name,company[,partner][,customer_types][,languages]`, at most 500 rows): who is
/// known by the user name is changed, others are added. With a fault in any row nothing is taken.
#[utoipa::path(post, path = "/v1/console/agents/import", tag = "console", params(ImportQuery),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = AgentImport), (status = "4XX", body = Problem)))]
async fn take(
    State(app): State<App>,
    person: Person,
    Query(query): Query<ImportQuery>,
    body: Bytes,
) -> Result<Response, ApiError> {
    person.may(Right::AgentsWrite)?;
    let file = import::read(&body);
    let scope = person.scope.clone();
    let read = app.db.read(move |connection| {
        let plan = import::plan(connection, &scope, &file)?;
        Ok((file, plan))
    });
    let (file, plan) = read.await.map_err(|error: StoreError| ApiError::unavailable(error))?;
    if query.preview || !plan.faults.is_empty() {
        return Ok(answer(plan, false, Vec::new()));
    }
    let passwords = passwords(&app, &plan).await?;
    let (by, ids) = (by(&app, &person), passwords.keys().map(|_| AgentId(app.clock.new_id())).collect());
    let hashes: HashMap<String, String> =
        passwords.iter().map(|(name, (_, hash))| (name.clone(), hash.clone())).collect();
    let plan = app.db.write(move |tx| apply(tx, &by, &file, &hashes, ids)).await?;
    if !plan.faults.is_empty() {
        return Ok(answer(plan, false, Vec::new()));
    }
    told(&app).await?;
    let mut shown = Vec::new();
    for (row, ..) in plan.rows.iter().filter(|(row, ..)| row.deed == ImportDeed::Add) {
        if let Some((password, _)) = passwords.get(&row.username) {
            shown.push(ImportPassword { username: row.username.clone(), password: password.clone() });
        }
    }
    Ok(answer(plan, true, shown))
}

/// A password for every agent who is to be added, with its hash.
async fn passwords(app: &App, plan: &Plan) -> Result<HashMap<String, (String, String)>, ApiError> {
    let added = plan.rows.iter().filter(|(row, ..)| row.deed == ImportDeed::Add);
    let names: Vec<String> = added.map(|(row, ..)| row.username.clone()).collect();
    let mut made = HashMap::new();
    for some in names.chunks(AT_ONCE) {
        let hashed = try_join_all(some.iter().map(|_| fresh_password(app))).await?;
        made.extend(some.iter().cloned().zip(hashed));
    }
    Ok(made)
}

/// Takes the file in one transaction, by a plan made in it: what changed since the first look counts.
fn apply(
    tx: &Transaction<'_>,
    by: &By,
    file: &File,
    hashes: &HashMap<String, String>,
    mut ids: Vec<AgentId>,
) -> Result<Plan, Refused> {
    let plan = import::plan(tx, &by.scope, file)?;
    if !plan.faults.is_empty() {
        return Ok(plan);
    }
    for (row, new, known) in &plan.rows {
        match (row.deed, known) {
            (ImportDeed::Same, _) => {}
            (ImportDeed::Change, Some(id)) => keep::change(tx, by, *id, &new.agent)?,
            (ImportDeed::Add, _) | (ImportDeed::Change, None) => {
                // Somebody was taken away in between: the whole file is refused, nothing is half done.
                let hash = hashes.get(&row.username).ok_or(Refused::NameTaken)?;
                let id = ids.pop().ok_or(Refused::NameTaken)?;
                keep::add(tx, by, id, new, hash)?;
            }
        }
    }
    Ok(plan)
}

fn answer(plan: Plan, taken: bool, passwords: Vec<ImportPassword>) -> Response {
    let rows = plan.rows.into_iter().map(|(row, ..)| row).collect();
    (NO_STORE, Json(AgentImport { taken, rows, faults: plan.faults, passwords })).into_response()
}

//! `/v1/console/calls/{id}/timeline` and `…/explain`: a call told from the log, record by record, and for every
//! offer who was considered, who was not, and why. Agents of others are nobody.

mod entry;
mod explain;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use chinhchu_protocol::console::people::Right;
use chinhchu_protocol::console::timeline::{CallExplained, Timeline};
use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::problem::Problem;
use chinhchu_routing::{Fact, call_of};
use rusqlite::{Connection, params};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Person;
use super::calls::{known, store_away};
use super::names::Names;
use super::session::http::NO_STORE;
use crate::http::{ApiError, App};
use crate::store::{StoreError, rows};

/// Records that one answer tells at most; a call has a few dozen.
const MOST: u32 = 1_000;

/// Routes of this module.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(timeline)).routes(routes!(explain))
}

/// What happened in the call, oldest first, with deadlines.
#[utoipa::path(get, path = "/v1/console/calls/{call_id}/timeline", tag = "console",
    params(("call_id" = String, Path, description = "Our id of the call")),
    responses((status = 200, body = Timeline), (status = "4XX", body = Problem)))]
async fn timeline(
    State(app): State<App>,
    person: Person,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    person.may(Right::CallsRead)?;
    let (call, _) = known(&app, &person.scope, &id).await?;
    let read = app.db.read(move |connection| {
        let (told, more) = facts(connection, call)?;
        let mut names = Names::new(&person.scope);
        let mut entries = Vec::with_capacity(told.len());
        for one in &told {
            let Some((mut entry, agent)) = entry::of(one) else { continue };
            entry.agent = names.of_some(connection, agent)?;
            entries.push(entry);
        }
        Ok::<_, StoreError>(Timeline { call_id: call, entries, more })
    });
    Ok((NO_STORE, Json(read.await.map_err(store_away)?)).into_response())
}

/// Every offer of the call: who was considered, who was not, and why.
#[utoipa::path(get, path = "/v1/console/calls/{call_id}/explain", tag = "console",
    params(("call_id" = String, Path, description = "Our id of the call")),
    responses((status = 200, body = CallExplained), (status = "4XX", body = Problem)))]
async fn explain(
    State(app): State<App>,
    person: Person,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    person.may(Right::CallsRead)?;
    let (call, _) = known(&app, &person.scope, &id).await?;
    let read = app.db.read(move |connection| {
        let (told, _) = facts(connection, call)?;
        let mut names = Names::new(&person.scope);
        let offers = explain::offers(&told, &mut |agent| names.of(connection, agent))?;
        Ok::<_, StoreError>(CallExplained { call_id: call, offers })
    });
    Ok((NO_STORE, Json(read.await.map_err(store_away)?)).into_response())
}

/// A fact of the log, with its record.
struct Told {
    seq: u64,
    rules_version: u32,
    fact: Fact,
}

/// The facts of a call in order, and whether there are more. Every record that changes a call is an event of it.
fn facts(connection: &Connection, call: CallId) -> Result<(Vec<Told>, bool), StoreError> {
    let sql =
        "SELECT log.seq AS seq, rules_version, facts FROM call_events JOIN log ON log.seq = call_events.seq
               WHERE call_id = ?1 ORDER BY log.seq LIMIT ?2";
    let records = rows::all(connection, sql, params![call.0.as_bytes(), MOST + 1], |row| {
        let seq = row.get::<_, i64>("seq")?.cast_unsigned();
        Ok((seq, row.get::<_, u32>("rules_version")?, row.get::<_, Vec<u8>>("facts")?))
    })?;
    let most = usize::try_from(MOST).unwrap_or(usize::MAX);
    let (more, mut told) = (records.len() > most, Vec::new());
    for (seq, rules_version, facts) in records.into_iter().take(most) {
        let facts: Vec<Fact> = serde_json::from_slice(&facts)?;
        let own = facts.into_iter().filter(|fact| call_of(fact) == Some(call));
        told.extend(own.map(|fact| Told { seq, rules_version, fact }));
    }
    Ok((told, more))
}

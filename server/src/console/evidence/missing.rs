//! Evidence that is owed and not here, oldest first: ids and times, nothing personal.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use chinhchu_protocol::console::Page;
use chinhchu_protocol::console::calls::{CallOrder, EvidenceOwed, EvidenceStanding, OwedBecause};
use chinhchu_protocol::console::people::Right;
use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::problem::Problem;
use rusqlite::Connection;

use crate::console::calls::{filter, sql, store_away};
use crate::console::names::Names;
use crate::console::session::http::NO_STORE;
use crate::console::{Person, Scope};
use crate::evidence::missing::{self, Owed, Why};
use crate::http::{ApiError, App};
use crate::store::StoreError;

/// Assignments whose evidence is not here: `state=missing` of calls that have ended without it, `state=due` of calls
/// that wait for it still.
#[utoipa::path(get, path = "/v1/console/evidence/missing", tag = "console",
    params(("state" = Option<String>, Query, description = "`missing` (if not named) or `due`"),
           ("from" = Option<String>, Query), ("to" = Option<String>, Query),
           ("home" = Option<String>, Query), ("serving" = Option<String>, Query),
           ("after" = Option<String>, Query), ("limit" = Option<u32>, Query, description = "1 to 100 calls")),
    responses((status = 200, body = Page<EvidenceOwed>), (status = "4XX", body = Problem)))]
pub async fn list(
    State(app): State<App>,
    person: Person,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    person.may(Right::CallsRead)?;
    let query = query.unwrap_or_default();
    let (due, rest): (Vec<&str>, Vec<&str>) = query.split('&').partition(|pair| *pair == "state=due");
    let rest: Vec<&str> = rest.into_iter().filter(|pair| *pair != "state=missing").collect();
    let mut wanted = filter::of_query(&rest.join("&"))?;
    let standing = if due.is_empty() { EvidenceStanding::Missing } else { EvidenceStanding::Due };
    (wanted.evidence, wanted.order) = (Some(standing), CallOrder::Oldest);
    let read = app.db.read(move |connection| owed(connection, &person.scope, &wanted)).await;
    Ok((NO_STORE, Json(read.map_err(store_away)?)).into_response())
}

fn owed(
    connection: &Connection,
    scope: &Scope,
    wanted: &filter::Wanted,
) -> Result<Page<EvidenceOwed>, StoreError> {
    let calls = sql::list(connection, scope, wanted)?;
    let mut names = Names::new(scope);
    let mut items = Vec::new();
    for call in calls.items {
        items.extend(of_call(connection, &mut names, call.call_id)?);
    }
    Ok(Page { items, next: calls.next })
}

/// What one call owes.
pub fn of_call(
    connection: &Connection,
    names: &mut Names<'_>,
    call: CallId,
) -> Result<Vec<EvidenceOwed>, StoreError> {
    let Some((_, serving)) = sql::seen(connection, names.scope(), call)? else { return Ok(Vec::new()) };
    let told = |owed: Owed| {
        let agent = names.of(connection, owed.agent_id)?;
        Ok(EvidenceOwed {
            call_id: call,
            assignment: owed.assignment,
            serving: serving.clone(),
            workstation_id: owed.workstation_id,
            workstation: owed.workstation.filter(|_| agent.is_some()),
            agent,
            why: match owed.why {
                Why::Sealed => OwedBecause::Sealed,
                Why::ConversationOver => OwedBecause::ConversationOver,
            },
            since: owed.since,
            awaited: owed.awaited,
        })
    };
    missing::of_call(connection, call)?.into_iter().map(told).collect()
}

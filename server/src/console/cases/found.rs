//! Which calls somebody's data lies under, and whether it can be destroyed: what is looked at before an erasure. A
//! number is asked for in a body; that somebody asked stands in the audit, for whom does not.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::response::{IntoResponse, Response};
use chinhchu_protocol::console::Page;
use chinhchu_protocol::console::cases::{CaseFound, CaseSearch, CaseStanding, LegalHold};
use chinhchu_protocol::console::people::Right;
use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::problem::Problem;
use rusqlite::Connection;
use serde_json::json;

use crate::audit::{self, Entry, who};
use crate::cases::erase::{self, Standing, Why};
use crate::cases::find;
use crate::console::calls::filter;
use crate::console::session::http::NO_STORE;
use crate::console::{Person, Scope, asked};
use crate::http::{ApiError, App};
use crate::retention::sql::Hold;
use crate::store::StoreError;

const MOST: u32 = 100;

/// The calls of a subscriber whose data still stands, oldest first, or one call by its id.
#[utoipa::path(post, path = "/v1/console/cases/search", tag = "console", request_body = CaseSearch,
    responses((status = 200, body = Page<CaseFound>), (status = "4XX", body = Problem)))]
pub async fn search(
    State(app): State<App>,
    person: Person,
    body: Result<Json<CaseSearch>, JsonRejection>,
) -> Result<Response, ApiError> {
    person.may(Right::CaseErase)?;
    let wanted = asked::body(body)?;
    let limit = match wanted.limit.unwrap_or(asked::USUAL) {
        limit if (1..=MOST).contains(&limit) => limit,
        _ => return Err(asked::invalid("limit", "out_of_range")),
    };
    let after: Option<CallId> = asked::value("after", wanted.after.as_deref())?;
    let (scope, now) = (person.scope.clone(), app.clock.now());
    let page = match (wanted.msisdn, wanted.call_id) {
        (Some(number), None) => {
            if !filter::is_number(&number) {
                return Err(asked::invalid("msisdn", "not_a_number"));
            }
            let (keys, actor) = (app.keys.clone(), person.actor());
            let searched = app.db.write(move |tx| {
                let mut found = Vec::new();
                for call in find::of_subscriber(tx, &keys, &number)? {
                    found.extend(seen(tx, &scope, call)?);
                }
                let detail = json!({ "by": "msisdn", "found": found.len() });
                let entry =
                    Entry { actor: &actor, action: "cases.searched", subject: "cases", detail: &detail };
                audit::append(tx, now, &entry)?;
                part(tx, found, after, limit)
            });
            searched.await.map_err(asked::store_away)?
        }
        (None, Some(id)) => {
            // What cannot be an id names nothing.
            let call: Option<CallId> = id.parse().ok();
            let read = app.db.read(move |connection| {
                let found = call.map(|call| seen(connection, &scope, call)).transpose()?.flatten();
                part(connection, found.into_iter().collect(), after, limit)
            });
            read.await.map_err(asked::store_away)?
        }
        (None, None) => return Err(asked::invalid("msisdn", "missing")),
        (Some(_), Some(_)) => return Err(asked::invalid("call_id", "only_one")),
    };
    Ok((NO_STORE, Json(page)).into_response())
}

/// A case, if its customer is of a company that the person sees.
pub fn seen(connection: &Connection, scope: &Scope, call: CallId) -> Result<Option<Standing>, StoreError> {
    Ok(erase::standing(connection, call)?.filter(|case| scope.sees_company(&case.home)))
}

fn part(
    connection: &Connection,
    mut found: Vec<Standing>,
    after: Option<CallId>,
    limit: u32,
) -> Result<Page<CaseFound>, StoreError> {
    if let Some(at) = after.and_then(|after| found.iter().position(|case| case.call_id == after)) {
        found.drain(..=at);
    }
    let some = found.into_iter().take(limit as usize + 1).map(|case| told(connection, case));
    let items = some.collect::<Result<Vec<_>, StoreError>>()?;
    Ok(asked::page(items, limit, |last: &CaseFound| last.call_id.to_string()))
}

fn told(connection: &Connection, case: Standing) -> Result<CaseFound, StoreError> {
    let (pictures, evidence) = erase::content(connection, case.call_id)?;
    let standing = match (case.destroyed, &case.hold, case.ended_at) {
        (Some((_, Why::Erasure)), _, _) => CaseStanding::Erased,
        (Some((_, Why::Retention)), _, _) => CaseStanding::Expired,
        (None, Some(_), _) => CaseStanding::Held,
        (None, None, None) => CaseStanding::Running,
        (None, None, Some(_)) => CaseStanding::Erasable,
    };
    Ok(CaseFound {
        call_id: case.call_id,
        home: case.home,
        created_at: case.created_at,
        ended_at: case.ended_at,
        standing,
        hold: case.hold.map(|hold| shown(connection, hold)).transpose()?,
        pictures,
        evidence,
        destroyed_at: case.destroyed.map(|(at, _)| at),
    })
}

/// A hold, with the name of who placed it.
pub fn shown(connection: &Connection, hold: Hold) -> Result<LegalHold, StoreError> {
    let placed_by_name = who::name(connection, &hold.placed_by)?;
    let Hold { call_id, placed_at, placed_by, reason } = hold;
    Ok(LegalHold { call_id, placed_at, placed_by, placed_by_name, reason })
}

//! One call, as a supervisor sees it: its figures, whom it was offered to, who had it, how it stands now.

use chinhchu_protocol::console::calls::{AssignmentShown, CallShown, ContactNow, OfferEnd, OfferShown};
use chinhchu_protocol::evidence::VerdictStanding;
use chinhchu_protocol::ids::{AgentId, CallId, CompanyCode};
use chinhchu_protocol::policy::CallPolicy;
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::CallStatus;
use rusqlite::{Connection, Row, params};

use super::{sql, store_away};
use crate::console::names::Names;
use crate::console::{Scope, review};
use crate::http::{ApiError, App};
use crate::store::{StoreError, rows};
use crate::switchboard::row::CallRow;
use crate::switchboard::{self, Snapshot};
use crate::views;

/// The call and the log's record of its last change.
pub async fn call(app: &App, scope: &Scope, call: CallId) -> Result<(u64, CallShown), ApiError> {
    let (snapshot, scope) = (app.switchboard.snapshot(), scope.clone());
    let read = app.db.read(move |connection| shown(connection, &snapshot, &scope, call)).await;
    read.map_err(store_away)?.ok_or_else(ApiError::call_not_found)
}

fn shown(
    connection: &Connection,
    snapshot: &Snapshot,
    scope: &Scope,
    call: CallId,
) -> Result<Option<(u64, CallShown)>, StoreError> {
    let Some(listed) = sql::one(connection, scope, call)? else { return Ok(None) };
    let row = match snapshot.rows.get(&call) {
        Some(row) => Some((**row).clone()),
        None => switchboard::sql::call(connection, call)?,
    };
    let Some(row) = row else { return Ok(None) };
    let mut names = Names::new(scope);
    let status = snapshot.state.call(call).filter(|status| status.end_reason.is_none());
    let (erased_at, held) = sql::standing(connection, call)?;
    let shown = CallShown {
        call: listed,
        policy: policy(connection, call)?,
        queue: status.as_ref().and_then(|status| status.queue),
        deadline: status.as_ref().and_then(|status| status.deadline),
        caller_connected: status.as_ref().map(|status| status.caller_connected),
        notices: views::call::notices(&row),
        attempts: offers(connection, &mut names, call)?,
        assignments: assignments(connection, &mut names, &row)?,
        contact: status.as_ref().and_then(contact),
        erased_at,
        held,
        review: review::sql::shown(connection, call)?,
    };
    Ok(Some((row.seq, shown)))
}

fn policy(connection: &Connection, call: CallId) -> Result<Option<CallPolicy>, StoreError> {
    let sql = "SELECT policy FROM cases WHERE call_id = ?1";
    let text: Option<String> = rows::first(connection, sql, [call.0.as_bytes()], |row| row.get(0))?;
    text.map(|text| Ok(serde_json::from_str(&text)?)).transpose()
}

fn contact(status: &CallStatus) -> Option<ContactNow> {
    let live = status.assignment.as_ref()?;
    Some(ContactNow {
        assignment: live.assignment,
        media_since: live.media_since,
        lost: live.lost,
        unwitnessed: live.unwitnessed,
        compare_again: live.compare_again,
    })
}

struct Offer {
    shown: OfferShown,
    agent: AgentId,
}

fn offers(
    connection: &Connection,
    names: &mut Names<'_>,
    call: CallId,
) -> Result<Vec<OfferShown>, StoreError> {
    let sql = "SELECT * FROM offer_figures WHERE call_id = ?1 ORDER BY offer LIMIT 1000";
    let found = rows::all(connection, sql, [call.0.as_bytes()], offer)?;
    let told = |Offer { mut shown, agent }: Offer| {
        shown.agent = names.of(connection, agent)?;
        Ok(shown)
    };
    found.into_iter().map(told).collect()
}

fn offer(row: &Row<'_>) -> rusqlite::Result<Offer> {
    let shown = OfferShown {
        offer: row.get("offer")?,
        agent: None,
        company: CompanyCode(row.get("company")?),
        at: rows::time(row, "at_ms")?,
        rang_at: rows::time_or_null(row, "rang_ms")?,
        done_at: rows::time_or_null(row, "done_ms")?,
        outcome: sql::named::<OfferEnd>(row, "outcome")?,
    };
    Ok(Offer { shown, agent: AgentId(rows::id(row, "agent_id")?) })
}

fn assignments(
    connection: &Connection,
    names: &mut Names<'_>,
    row: &CallRow,
) -> Result<Vec<AssignmentShown>, StoreError> {
    let counted = (1..).zip(&row.assigned).map(|(n, agent)| (n, *agent));
    let counts = row.verdict.as_ref().map(|verdict| verdict.assignment);
    let told = |(n, agent): (u32, AgentId)| {
        let at = usize::try_from(n).unwrap_or(usize::MAX) - 1;
        Ok(AssignmentShown {
            assignment: n,
            agent: names.of(connection, agent)?,
            accepted_at: row.accepted.get(at).copied(),
            sealed_at: sealed(row, n),
            standing: standing(connection, row.call_id, n)?,
            counts: counts == Some(n),
        })
    };
    counted.map(told).collect()
}

fn sealed(row: &CallRow, assignment: u32) -> Option<Timestamp> {
    row.sealed.iter().find(|(n, _)| *n == assignment).map(|(_, at)| *at)
}

fn standing(
    connection: &Connection,
    call: CallId,
    assignment: u32,
) -> Result<Option<VerdictStanding>, StoreError> {
    let sql = "SELECT standing FROM evidence WHERE call_id = ?1 AND assignment = ?2";
    let found = rows::first(connection, sql, params![call.0.as_bytes(), assignment], |row| {
        sql::named::<VerdictStanding>(row, "standing")
    })?;
    Ok(found.flatten())
}

//! Rows of calls for the console: a projection of the log ([`crate::figures`]), filtered by what the person may see.

use chinhchu_protocol::call::{CallState, Decision, EndReason};
use chinhchu_protocol::case::{CustomerType, Payment};
use chinhchu_protocol::console::Page;
use chinhchu_protocol::console::calls::CallListed;
use chinhchu_protocol::ids::{AgentId, CallId, CompanyCode};
use chinhchu_protocol::time::Timestamp;
use rusqlite::{Connection, Row, params};
use serde::de::DeserializeOwned;

use super::filter::{Wanted, cursor};
use super::ways;
use crate::console::Scope;
use crate::console::names::Names;
use crate::store::{StoreError, rows};

/// Home and serving company.
pub type Line = (CompanyCode, CompanyCode);

const DISAGREED: &str = "EXISTS (SELECT 1 FROM reviews r WHERE r.call_id = f.call_id
    AND r.outcome = 'disagrees') AS disagreed";

/// The call, if the person may see it.
pub fn seen(connection: &Connection, scope: &Scope, call: CallId) -> Result<Option<Line>, StoreError> {
    let sql = "SELECT home, serving FROM call_figures WHERE call_id = ?1";
    let found = rows::first(connection, sql, [call.0.as_bytes()], |row| {
        Ok((CompanyCode(row.get("home")?), CompanyCode(row.get("serving")?)))
    })?;
    let Some((home, serving)) = found else { return Ok(None) };
    let partners = partners(connection, call)?;
    Ok(scope.sees_call(&home, &serving, &partners).then_some((home, serving)))
}

/// The partners to whose agents a call was offered.
pub fn partners(connection: &Connection, call: CallId) -> Result<Vec<Option<String>>, StoreError> {
    let sql = "SELECT DISTINCT partner FROM offer_figures WHERE call_id = ?1";
    rows::all(connection, sql, [call.0.as_bytes()], |row| row.get(0))
}

/// One call as in the list.
pub fn one(connection: &Connection, scope: &Scope, call: CallId) -> Result<Option<CallListed>, StoreError> {
    let sql = format!("SELECT f.*, {DISAGREED} FROM call_figures AS f WHERE f.call_id = ?1");
    let found = rows::first(connection, &sql, params![call.0.as_bytes()], Found::read)?;
    let mut names = Names::new(scope);
    found.map(|found| found.listed(connection, &mut names)).transpose()
}

/// Calls that fit, a part of the list.
pub fn list(connection: &Connection, scope: &Scope, wanted: &Wanted) -> Result<Page<CallListed>, StoreError> {
    list_by(connection, scope, wanted, ways::FEW)
}

/// [`list`] with another idea of what few calls are: the answer is the same.
pub fn list_by(
    connection: &Connection,
    scope: &Scope,
    wanted: &Wanted,
    few: u32,
) -> Result<Page<CallListed>, StoreError> {
    if ways::is_anothers(scope, wanted) {
        return Ok(Page { items: Vec::new(), next: None });
    }
    let (keys, values) = ways::keys(connection, scope, wanted, few)?;
    let direction = ways::direction(wanted.order);
    let sql = format!(
        "SELECT f.*, {DISAGREED} FROM ({keys}) AS k CROSS JOIN call_figures AS f ON f.call_id = k.call_id
         ORDER BY k.created_ms {direction}, k.call_id {direction}"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let found = statement.query_map(rusqlite::params_from_iter(values), Found::read)?;
    let mut found = found.collect::<rusqlite::Result<Vec<Found>>>()?;
    let limit = usize::try_from(wanted.limit).unwrap_or(usize::MAX);
    let more = found.len() > limit;
    found.truncate(limit);
    let last = found.last().filter(|_| more);
    let next = last.map(|last| cursor(last.call.created_at, last.call.call_id));
    let mut names = Names::new(scope);
    let items = found.into_iter().map(|one| one.listed(connection, &mut names));
    Ok(Page { items: items.collect::<Result<_, _>>()?, next })
}

/// A row, before it is known who may see its agent.
struct Found {
    call: CallListed,
    agent: Option<AgentId>,
}

impl Found {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let ms = |column| row.get::<_, Option<i64>>(column).map(|ms| ms.map(whole));
        let agent: Option<[u8; 16]> = row.get("agent_id")?;
        let call = CallListed {
            call_id: CallId(rows::id(row, "call_id")?),
            home: CompanyCode(row.get("home")?),
            serving: CompanyCode(row.get("serving")?),
            dealer: row.get("dealer")?,
            payment: named::<Payment>(row, "payment")?,
            sub_type: row.get("sub_type")?,
            customer_type: named::<CustomerType>(row, "customer_type")?,
            created_at: rows::time(row, "created_ms")?,
            queued_at: rows::time_or_null(row, "queued_ms")?,
            answered_at: rows::time_or_null(row, "answered_ms")?,
            ended_at: rows::time_or_null(row, "ended_ms")?,
            state: named::<CallState>(row, "state")?.ok_or(rusqlite::Error::InvalidQuery)?,
            end_reason: named::<EndReason>(row, "end_reason")?,
            decision: named::<Decision>(row, "decision")?,
            reason: row.get("reason")?,
            late: row.get("late")?,
            agent: None,
            partner: row.get("partner")?,
            offers: row.get("offers")?,
            wait_ms: ms("wait_ms")?,
            talk_ms: ms("talk_ms")?,
            handle_ms: ms("handle_ms")?,
            evidence: named(row, "evidence")?.ok_or(rusqlite::Error::InvalidQuery)?,
            disagreed: row.get("disagreed")?,
        };
        Ok(Self { call, agent: agent.map(|bytes| AgentId(uuid::Uuid::from_bytes(bytes))) })
    }

    fn listed(self, connection: &Connection, names: &mut Names<'_>) -> Result<CallListed, StoreError> {
        let mut call = self.call;
        call.agent = names.of_some(connection, self.agent)?;
        if call.agent.is_none() && !names.whole() {
            call.partner = None;
        }
        Ok(call)
    }
}

fn whole(ms: i64) -> u32 {
    u32::try_from(ms.max(0)).unwrap_or(u32::MAX)
}

/// A value stored by its name on the wire.
pub fn named<T: DeserializeOwned>(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<T>> {
    let Some(text) = row.get::<_, Option<String>>(column)? else { return Ok(None) };
    let read = serde_json::from_value(serde_json::Value::String(text));
    read.map(Some).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(error))
    })
}

/// When the key of a call's case was destroyed, and whether a dispute keeps it.
pub fn standing(connection: &Connection, call: CallId) -> Result<(Option<Timestamp>, bool), StoreError> {
    let found = crate::cases::erase::standing(connection, call)?;
    Ok(found.map_or((None, false), |case| (case.destroyed.map(|(at, _)| at), case.hold.is_some())))
}

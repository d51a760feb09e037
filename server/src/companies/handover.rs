//! Who may move calls from one serving company to another: who sees them both. Somebody with some companies could
//! otherwise take a company's calls away from agents of others, or leave its dealers without anybody.

use chinhchu_protocol::ids::{ChangeId, CompanyCode};
use chinhchu_protocol::time::Timestamp;
use rusqlite::Connection;
use serde_json::{Map, Value};

use super::changes::{self, Ask, ChangeError};
use super::dated::SERVED_BY;
use crate::console::Scope;

/// For a new change: who would have served at its moment is seen, and who will.
pub fn may_propose(tx: &Connection, scope: &Scope, ask: &Ask, now: Timestamp) -> Result<(), ChangeError> {
    let at = ask.effective_at.unwrap_or(now).max(now);
    both_seen(tx, scope, (&ask.company, &ask.changes), at, None)
}

/// For a change that waits: who will serve by it is seen, and who would without it.
pub fn may_withdraw(
    tx: &Connection,
    scope: &Scope,
    company: &CompanyCode,
    id: ChangeId,
) -> Result<(), ChangeError> {
    let waits = changes::change(tx, company, id)?;
    both_seen(tx, scope, (company, &waits.changes), waits.effective_at, Some(id))
}

fn both_seen(
    tx: &Connection,
    scope: &Scope,
    (company, changes): (&CompanyCode, &Map<String, Value>),
    at: Timestamp,
    without: Option<ChangeId>,
) -> Result<(), ChangeError> {
    let Some(wanted) = changes.get(SERVED_BY) else { return Ok(()) };
    // Null is the company itself; what is no code is refused later, by its field.
    let new = wanted.as_str().map(|code| CompanyCode(code.to_owned()));
    let old = changes::ahead(tx, company, at, without)?.and_then(|(holding, _)| holding.served_by);
    if [new, old].iter().flatten().all(|code| scope.sees_company(code)) {
        Ok(())
    } else {
        Err(ChangeError::Elsewhere)
    }
}

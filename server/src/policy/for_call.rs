//! «Which rule held for this call, as known then» (P2).

use chinhchu_protocol::console::policy::PolicyForCall;
use chinhchu_protocol::ids::{CallId, RuleId};
use chinhchu_protocol::time::Timestamp;
use jiff::civil::Date;
use rusqlite::Connection;

use super::catalogue::LineKey;
use super::sql;
use crate::store::{StoreError, rows};

/// The rule that the intake decided by, and what is known now of the same line and day; `None` if there is no
/// such call. Needs nothing of the case, so that it also answers for erased ones.
pub fn for_call(connection: &Connection, call: CallId) -> Result<Option<PolicyForCall>, StoreError> {
    let noted = "SELECT rule_id, day, known_ms FROM call_rules WHERE call_id = ?1";
    let noted = rows::first(connection, noted, [call.0.as_bytes()], |row| {
        Ok((RuleId(rows::id(row, "rule_id")?), row.get::<_, String>("day")?, rows::time(row, "known_ms")?))
    })?;
    let Some((rule, day_text, known_at)) = noted else { return Ok(None) };
    let day: Date = day_text.parse().map_err(|_| StoreError::Corrupt("the day of a call's rule"))?;
    let lost = || StoreError::Corrupt("the rule of a call");
    let then = sql::entry_of_rule(connection, rule, known_at)?.ok_or_else(lost)?;
    let then_change = sql::change_of(connection, then.change)?.ok_or_else(lost)?;
    let key = LineKey { payment: then.payment, sub_type: then.sub_type.clone() };
    let now = sql::entry_at(connection, &key, then.customers, day, Timestamp::from_ms(i64::MAX))?;
    let now_change = match &now {
        Some(entry) => sql::change_of(connection, entry.change)?,
        None => None,
    };
    Ok(Some(PolicyForCall {
        call_id: call,
        day: day_text,
        known_at,
        same_answer: now.as_ref().is_some_and(|now| now.video_call == then.video_call),
        then,
        then_change,
        now,
        now_change,
    }))
}

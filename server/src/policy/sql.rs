//! Entries and changes of the catalogue in the store.
//!
//! Everything is found by validity (a day) and by knowledge (a moment). What is known now has no `known_to_ms`.

use chinhchu_protocol::case::Payment;
use chinhchu_protocol::console::policy::{PolicyChange, PolicyCustomers, PolicyEntry};
use chinhchu_protocol::ids::RuleId;
use chinhchu_protocol::time::Timestamp;
use jiff::civil::Date;
use rusqlite::{Connection, Row, params};

use super::bitemporal::{Period, Span, Timeline};
use super::catalogue::{Catalogue, LineKey, Value};
use super::{Held, words};
use crate::store::{StoreError, rows};

/// Why no rule was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoRule {
    /// The catalogue, as known now, never has this subscriber type.
    SubTypeUnknown,
    /// No entry holds on that day.
    NotInForce,
}

/// The rule for a subscriber on a day, as known now. Postpaid is ruled by one entry, whatever the subscriber
/// type (P1). What the rule was known by comes from the same look at the store: no change slips in between.
pub fn rule_on(
    connection: &Connection,
    payment: Payment,
    sub_type: Option<&str>,
    customers: PolicyCustomers,
    day: Date,
) -> Result<Result<Held, NoRule>, StoreError> {
    let key = LineKey::ruling(payment, sub_type);
    let found = rows::first(
        connection,
        "SELECT *, (SELECT max(known_ms) FROM policy_changes) AS newest_ms FROM policy_entries
         WHERE payment = ?1 AND sub_type = ?2 AND customers = ?3 AND known_to_ms IS NULL
           AND valid_from <= ?4 AND (valid_to IS NULL OR valid_to >= ?4)",
        params![words::payment(payment), key.sub_type, words::customers(customers), day.to_string()],
        |row| Ok((entry(row)?, rows::time(row, "newest_ms")?)),
    )?;
    if let Some((entry, known_at)) = found {
        return Ok(Ok(Held { entry: entry?, day, known_at }));
    }
    let known = rows::first(
        connection,
        "SELECT 1 FROM policy_entries WHERE payment = ?1 AND sub_type = ?2 AND known_to_ms IS NULL LIMIT 1",
        params![words::payment(payment), key.sub_type],
        |_| Ok(()),
    )?;
    Ok(Err(if known.is_some() { NoRule::NotInForce } else { NoRule::SubTypeUnknown }))
}

/// Prepaid subscriber types that the catalogue knows, on whatever day.
pub fn sub_types(connection: &Connection) -> Result<std::collections::BTreeSet<String>, StoreError> {
    let sql =
        "SELECT DISTINCT sub_type FROM policy_entries WHERE payment = 'prepaid' AND known_to_ms IS NULL";
    Ok(rows::all(connection, sql, [], |row| row.get(0))?.into_iter().collect())
}

/// Every entry that holds on a day, as known at a moment, in the table's order.
pub fn entries_on(
    connection: &Connection,
    day: Date,
    known_at: Timestamp,
) -> Result<Vec<PolicyEntry>, StoreError> {
    let sql = "SELECT e.* FROM policy_entries e JOIN (SELECT payment, sub_type, min(entry) AS first
                 FROM policy_entries GROUP BY payment, sub_type) o USING (payment, sub_type)
               WHERE e.known_ms <= ?1 AND (e.known_to_ms IS NULL OR e.known_to_ms > ?1)
                 AND e.valid_from <= ?2 AND (e.valid_to IS NULL OR e.valid_to >= ?2)
               ORDER BY e.payment DESC, o.first, e.customers DESC";
    read_all(connection, sql, params![known_at.ms(), day.to_string()])
}

/// The one entry for a day, as known at a moment.
pub fn entry_at(
    connection: &Connection,
    key: &LineKey,
    customers: PolicyCustomers,
    day: Date,
    known_at: Timestamp,
) -> Result<Option<PolicyEntry>, StoreError> {
    let sql = "SELECT * FROM policy_entries
               WHERE payment = ?1 AND sub_type = ?2 AND customers = ?3 AND valid_from <= ?4
                 AND (valid_to IS NULL OR valid_to >= ?4) AND known_ms <= ?5
                 AND (known_to_ms IS NULL OR known_to_ms > ?5)";
    let (payment, customers) = (words::payment(key.payment), words::customers(customers));
    let values = params![payment, key.sub_type, customers, day.to_string(), known_at.ms()];
    rows::first(connection, sql, values, entry)?.transpose()
}

/// An entry by its rule, as known at a moment.
pub fn entry_of_rule(
    connection: &Connection,
    rule: RuleId,
    known_at: Timestamp,
) -> Result<Option<PolicyEntry>, StoreError> {
    let sql = "SELECT * FROM policy_entries WHERE rule_id = ?1 AND known_ms <= ?2
                 AND (known_to_ms IS NULL OR known_to_ms > ?2)";
    rows::first(connection, sql, params![rule.0.as_bytes(), known_at.ms()], entry)?.transpose()
}

/// Everything that was ever known of a line: what is known now by first day, then the rest, newest first.
pub fn entries_of(connection: &Connection, key: &LineKey, most: u32) -> Result<Vec<PolicyEntry>, StoreError> {
    let sql = "SELECT * FROM policy_entries WHERE payment = ?1 AND sub_type = ?2
               ORDER BY known_to_ms IS NOT NULL, coalesce(known_to_ms, 0) DESC, valid_from, customers DESC
               LIMIT ?3";
    read_all(connection, sql, params![words::payment(key.payment), key.sub_type, most])
}

/// The catalogue as known at a moment.
pub fn catalogue(connection: &Connection, known_at: Timestamp) -> Result<Catalogue, StoreError> {
    let sql =
        "SELECT * FROM policy_entries WHERE known_ms <= ?1 AND (known_to_ms IS NULL OR known_to_ms > ?1)
               ORDER BY valid_from";
    let known: Vec<PolicyEntry> = read_all(connection, sql, [known_at.ms()])?;
    let order = "SELECT payment, sub_type FROM policy_entries WHERE known_ms <= ?1
                 GROUP BY payment, sub_type ORDER BY payment DESC, min(entry)";
    let order: Vec<(String, String)> =
        rows::all(connection, order, [known_at.ms()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let newest = "SELECT max(number) FROM policy_changes WHERE known_ms <= ?1";
    let newest: Option<Option<u32>> = rows::first(connection, newest, [known_at.ms()], |row| row.get(0))?;
    let mut spans: std::collections::BTreeMap<(LineKey, PolicyCustomers), Vec<Span<Value>>> =
        std::collections::BTreeMap::new();
    for entry in known {
        let (key, customers, span) = parts(entry)?;
        spans.entry((key, customers)).or_default().push(span);
    }
    let mut catalogue = Catalogue { newest: newest.flatten().unwrap_or(0), ..Catalogue::default() };
    for ((key, customers), spans) in spans {
        let timeline = Timeline::of(spans).ok_or(StoreError::Corrupt("two entries hold on one day"))?;
        *catalogue.lines.entry(key).or_default().column_mut(customers) = timeline;
    }
    for (payment, sub_type) in order {
        let payment = words::read_payment(&payment).ok_or(UNREADABLE)?;
        catalogue.order.push(LineKey { payment, sub_type });
    }
    Ok(catalogue)
}

/// An entry as a span of its line's column.
fn parts(entry: PolicyEntry) -> Result<(LineKey, PolicyCustomers, Span<Value>), StoreError> {
    let day = |text: &str| text.parse::<Date>().map_err(|_| UNREADABLE);
    let to = entry.valid_to.as_deref().map(day).transpose()?;
    let period = Period { from: day(&entry.valid_from)?, to };
    let PolicyEntry { payment, sub_type, customers, name, icc_profile, kind, video_call, .. } = entry;
    let value = Value { name, icc_profile, kind, video_call };
    Ok((LineKey { payment, sub_type }, customers, Span { period, value }))
}

/// Changes, newest first; `before` leaves out that number and all after it.
pub fn changes(
    connection: &Connection,
    before: Option<u32>,
    most: u32,
) -> Result<Vec<PolicyChange>, StoreError> {
    let sql = "SELECT * FROM policy_changes WHERE ?1 IS NULL OR number < ?1 ORDER BY number DESC LIMIT ?2";
    rows::all(connection, sql, params![before, most], change)?.into_iter().collect()
}

/// One change.
pub fn change_of(connection: &Connection, number: u32) -> Result<Option<PolicyChange>, StoreError> {
    let sql = "SELECT * FROM policy_changes WHERE number = ?1";
    rows::first(connection, sql, [number], change)?.transpose()
}

const UNREADABLE: StoreError = StoreError::Corrupt("a policy rule");

fn read_all(
    connection: &Connection,
    sql: &str,
    values: impl rusqlite::Params,
) -> Result<Vec<PolicyEntry>, StoreError> {
    rows::all(connection, sql, values, entry)?.into_iter().collect()
}

pub(super) fn entry(row: &Row<'_>) -> rusqlite::Result<Result<PolicyEntry, StoreError>> {
    let text = |column: &str| row.get::<_, String>(column);
    let (Some(payment), Some(customers), Some(video_call)) = (
        words::read_payment(&text("payment")?),
        words::read_customers(&text("customers")?),
        words::read_video_call(&text("video_call")?),
    ) else {
        return Ok(Err(UNREADABLE));
    };
    Ok(Ok(PolicyEntry {
        rule_id: RuleId(rows::id(row, "rule_id")?),
        payment,
        sub_type: text("sub_type")?,
        customers,
        name: text("name")?,
        icc_profile: text("icc_profile")?,
        kind: text("kind")?,
        video_call,
        valid_from: text("valid_from")?,
        valid_to: row.get("valid_to")?,
        known_from: rows::time(row, "known_ms")?,
        known_to: rows::time_or_null(row, "known_to_ms")?,
        change: row.get("change")?,
        closed_by: row.get("closed_by")?,
    }))
}

fn change(row: &Row<'_>) -> rusqlite::Result<Result<PolicyChange, StoreError>> {
    let Some(source) = words::read_source(&row.get::<_, String>("source")?) else {
        return Ok(Err(StoreError::Corrupt("a change of the catalogue")));
    };
    Ok(Ok(PolicyChange {
        change: row.get("number")?,
        known_at: rows::time(row, "known_ms")?,
        by: row.get("actor")?,
        by_name: None,
        reason: row.get("reason")?,
        source,
        valid_from: row.get("valid_from")?,
        valid_to: row.get("valid_to")?,
        backdated: row.get("backdated")?,
        complete: row.get("complete")?,
        replace_planned: row.get("replace_planned")?,
        added: row.get("added")?,
        changed: row.get("changed")?,
        ended: row.get("ended")?,
    }))
}

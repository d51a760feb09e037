//! Rules in the store. An entry is never changed after it began to hold, save for its last day (P2).

use chinhchu_protocol::case::Payment;
use chinhchu_protocol::ids::RuleId;
use chinhchu_protocol::policy::VideoCall;
use chinhchu_protocol::time::Timestamp;
use jiff::civil::Date;
use rusqlite::{Connection, Row, params};

use super::{Customers, FIRST_VALID_FROM, Rule, catalogue};
use crate::store::{StoreError, rows};

/// Why no rule was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoRule {
    /// The catalogue has never had this subscriber type.
    SubTypeUnknown,
    /// No entry held on that day.
    NotInForce,
}

/// Loads the plan's catalogue into a store that has no rules yet; does nothing otherwise.
pub fn ensure_catalogue(tx: &Connection, now: Timestamp) -> Result<(), StoreError> {
    if rows::first(tx, "SELECT 1 FROM policy_rules LIMIT 1", [], |_| Ok(()))?.is_some() {
        return Ok(());
    }
    let rules = catalogue::read(catalogue::BUILT_IN, FIRST_VALID_FROM)
        .map_err(|_| StoreError::Corrupt("the built-in catalogue"))?;
    for rule in rules {
        rows::run(
            tx,
            "INSERT INTO policy_rules (rule_id, payment, sub_type, name, customers, video_call, valid_from,
             valid_to, changed_by, change_reason, created_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, NULL, 'installation', 'plan of 2021-10-01', ?8)",
            params![
                rule.rule_id.0.into_bytes(),
                rule.payment,
                rule.sub_type,
                rule.name,
                rule.customers.name(),
                video_call_name(rule.video_call),
                rule.valid_from,
                now.ms()
            ],
        )?;
    }
    Ok(())
}

/// The rule for a subscriber on a day. Postpaid is ruled by one entry, whatever the subscriber type (P1).
pub fn rule_on(
    connection: &Connection,
    payment: Payment,
    sub_type: Option<&str>,
    customers: Customers,
    day: Date,
) -> Result<Result<Rule, NoRule>, StoreError> {
    let (payment, sub_type) = match payment {
        Payment::Prepaid => ("prepaid", sub_type.unwrap_or("")),
        Payment::Postpaid => ("postpaid", "*"),
    };
    let day = day.to_string();
    let found = rows::first(
        connection,
        "SELECT * FROM policy_rules WHERE payment = ?1 AND sub_type = ?2 AND customers = ?3
         AND valid_from <= ?4 AND (valid_to IS NULL OR valid_to >= ?4) ORDER BY valid_from DESC LIMIT 1",
        params![payment, sub_type, customers.name(), day],
        rule,
    )?;
    if let Some(rule) = found {
        return Ok(Ok(rule?));
    }
    let known = rows::first(
        connection,
        "SELECT 1 FROM policy_rules WHERE payment = ?1 AND sub_type = ?2 LIMIT 1",
        params![payment, sub_type],
        |_| Ok(()),
    )?;
    Ok(Err(if known.is_some() { NoRule::NotInForce } else { NoRule::SubTypeUnknown }))
}

/// Every rule that holds on a day, ordered by type.
pub fn rules_on(connection: &Connection, day: Date) -> Result<Vec<Rule>, StoreError> {
    let rules = rows::all(
        connection,
        "SELECT * FROM policy_rules WHERE valid_from <= ?1 AND (valid_to IS NULL OR valid_to >= ?1)
         ORDER BY payment DESC, sub_type, customers DESC",
        [day.to_string()],
        rule,
    )?;
    rules.into_iter().collect()
}

/// Prepaid subscriber types that the catalogue knows.
pub fn sub_types(connection: &Connection) -> Result<std::collections::BTreeSet<String>, StoreError> {
    let list = rows::all(
        connection,
        "SELECT DISTINCT sub_type FROM policy_rules WHERE payment = 'prepaid'",
        [],
        |row| row.get(0),
    )?;
    Ok(list.into_iter().collect())
}

fn rule(row: &Row<'_>) -> rusqlite::Result<Result<Rule, StoreError>> {
    let payment: String = row.get("payment")?;
    let customers: String = row.get("customers")?;
    let video_call: String = row.get("video_call")?;
    let (Some(payment), Some(customers), Some(video_call)) =
        (read_payment(&payment), read_customers(&customers), read_video_call(&video_call))
    else {
        return Ok(Err(StoreError::Corrupt("a policy rule")));
    };
    Ok(Ok(Rule {
        rule_id: RuleId(rows::id(row, "rule_id")?),
        payment,
        sub_type: row.get("sub_type")?,
        name: row.get("name")?,
        customers,
        video_call,
        valid_from: row.get("valid_from")?,
        valid_to: row.get("valid_to")?,
    }))
}

fn read_payment(text: &str) -> Option<&'static str> {
    ["prepaid", "postpaid"].into_iter().find(|name| *name == text)
}

fn read_customers(text: &str) -> Option<Customers> {
    [Customers::IndividualVi2, Customers::Enterprise].into_iter().find(|c| c.name() == text)
}

/// As stored and as on the wire.
pub const fn video_call_name(video_call: VideoCall) -> &'static str {
    match video_call {
        VideoCall::Mandatory => "mandatory",
        VideoCall::NotMandatory => "not_mandatory",
    }
}

fn read_video_call(text: &str) -> Option<VideoCall> {
    [VideoCall::Mandatory, VideoCall::NotMandatory].into_iter().find(|v| video_call_name(*v) == text)
}

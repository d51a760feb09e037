//! What the log does not hold and the figures need: told by the intake (dealer, subscriber type, rule) and by
//! the evidence (reason). Kept beside the log, so that the figures can be made anew after the case is erased.

use chinhchu_protocol::case::{Case, CustomerType, Payment};
use chinhchu_protocol::ids::{CallId, RuleId};
use rusqlite::{Connection, Row, params};
use uuid::Uuid;

use crate::cases;
use crate::evidence;
use crate::objects::Keys;
use crate::store::{StoreError, rows};

/// What was told about a call; codes and ids as on the wire. All null for a case that was erased before the
/// figures were kept.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Given {
    /// Account of the dealer.
    pub dealer: Option<String>,
    /// `prepaid` or `postpaid`.
    pub payment: Option<String>,
    /// Subscriber type of the catalogue.
    pub sub_type: Option<String>,
    /// `individual`, `vi2` or `enterprise`.
    pub customer_type: Option<String>,
    /// The rule that held at intake.
    pub rule: Option<RuleId>,
    /// Code of the verdict's reason.
    pub reason: Option<String>,
}

impl Given {
    /// As the case tells it.
    pub fn of(case: &Case, rule: RuleId) -> Self {
        Self {
            dealer: Some(case.dealer.account.clone()),
            payment: Some(payment_name(case.subscriber.payment).to_owned()),
            sub_type: case.subscriber.sub_type.clone(),
            customer_type: Some(customer_type_name(case.subscriber.customer_type).to_owned()),
            rule: Some(rule),
            reason: None,
        }
    }

    /// Reads the columns of a row that has them.
    pub fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let rule: Option<[u8; 16]> = row.get("rule_id")?;
        Ok(Self {
            dealer: row.get("dealer")?,
            payment: row.get("payment")?,
            sub_type: row.get("sub_type")?,
            customer_type: row.get("customer_type")?,
            rule: rule.map(|bytes| RuleId(Uuid::from_bytes(bytes))),
            reason: row.get("reason")?,
        })
    }
}

/// As on the wire.
pub const fn payment_name(payment: Payment) -> &'static str {
    match payment {
        Payment::Prepaid => "prepaid",
        Payment::Postpaid => "postpaid",
    }
}

/// As on the wire.
pub const fn customer_type_name(customer_type: CustomerType) -> &'static str {
    match customer_type {
        CustomerType::Individual => "individual",
        CustomerType::Vi2 => "vi2",
        CustomerType::Enterprise => "enterprise",
    }
}

/// Keeps what the intake told.
pub fn insert(tx: &Connection, call: CallId, given: &Given) -> Result<(), StoreError> {
    let sql = "INSERT INTO call_given (call_id, dealer, payment, sub_type, customer_type, rule_id, reason)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let rule = given.rule.map(|rule| *rule.0.as_bytes());
    let Given { dealer, payment, sub_type, customer_type, rule: _, reason } = given;
    rows::run(tx, sql, params![call.0.as_bytes(), dealer, payment, sub_type, customer_type, rule, reason])?;
    Ok(())
}

/// Keeps the reason of the verdict that counts.
pub fn set_reason(tx: &Connection, call: CallId, reason: Option<&str>) -> Result<(), StoreError> {
    let sql = "UPDATE call_given SET reason = ?2 WHERE call_id = ?1";
    rows::run(tx, sql, params![call.0.as_bytes(), reason])?;
    Ok(())
}

/// What is known of a call.
pub fn of(connection: &Connection, call: CallId) -> Result<Option<Given>, StoreError> {
    rows::first(connection, "SELECT * FROM call_given WHERE call_id = ?1", [call.0.as_bytes()], Given::read)
}

/// What the sealed case and the sealed evidence tell of a call of before this was kept; remembers it. A case
/// that was erased tells nothing.
pub fn recover(tx: &Connection, keys: &Keys, call: CallId) -> Result<Given, StoreError> {
    let Some(case) = cases::sql::read(tx, keys, call)? else {
        insert(tx, call, &Given::default())?;
        return Ok(Given::default());
    };
    let mut given = Given::of(&case.case, case.policy.rule_id);
    for assignment in evidence::sql::assignments(tx, call)? {
        let standing = evidence::sql::receipt(tx, call, assignment)?.map(|receipt| receipt.standing);
        if standing.is_some_and(evidence::is_result)
            && let Some(words) = evidence::sql::words(tx, &case.key, call, assignment)?
        {
            given.reason = words.reason;
        }
    }
    insert(tx, call, &given)?;
    Ok(given)
}

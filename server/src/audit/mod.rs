//! Who did what: the append-only record of everything that people and other systems do to this installation
//! (commands, approvals, looks at pictures and cases, exports, erasures), chained by hashes as the log is.
//!
//! [`append`] is called in the transaction of the deed, so that neither stands without the other. Entries hold
//! ids and never persons (I9): `detail` says what was changed, not about whom.

mod chain;
pub mod export;
pub mod findings;
mod held;
pub mod http;
pub mod look;
pub mod root;
pub mod sql;
pub mod verify;
pub mod who;

use chinhchu_protocol::time::Timestamp;
use rusqlite::Connection;
use serde_json::Value;

pub use chain::{AuditHead, AuditRecord};

use crate::store::StoreError;

/// One deed.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// Who: `cli:<account>`, `agent:<id>`, `service:<name>`, `person:<id>`, `call_token`, `company:<code>` or `server`.
    pub actor: &'a str,
    /// What was done, `thing.deed`, such as `workstation.approved`.
    pub action: &'a str,
    /// To what: `kind:id`, such as `call:0192…`.
    pub subject: &'a str,
    /// What else is to be known, as a JSON object; never anything personal.
    pub detail: &'a Value,
}

/// Writes a deed down, in the transaction that does it; gives the record's number.
pub fn append(tx: &Connection, now: Timestamp, entry: &Entry<'_>) -> Result<u64, StoreError> {
    let head = sql::head(tx)?;
    // The clock of a command may be behind the server's: time in the chain never runs back.
    let record = head.next(now.max(head.at), entry)?;
    sql::insert(tx, &record)?;
    Ok(record.seq)
}

/// The subject of what is done to a call.
pub fn call_subject(call: chinhchu_protocol::ids::CallId) -> String {
    format!("call:{call}")
}

#[cfg(test)]
mod tests;

//! SDP and ICE between page and workstation: numbered, stored, acknowledged, re-sent after a reconnect, and
//! gone when the conversation is over. Addresses are personal data: signals are never in the log, and sealed
//! under the key of their case like everything about its person.

use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::signal::Signal;
use rusqlite::{Connection, params};

use crate::cases;
use crate::objects::Keys;
use crate::store::{StoreError, rows};

/// Signals of one sender in one assignment; a negotiation needs some dozens.
const MAX_SIGNALS: u32 = 2_000;

/// Who sent a signal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sender {
    /// The call page.
    Caller,
    /// The workstation.
    Agent,
}

impl Sender {
    const fn name(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::Agent => "agent",
        }
    }
}

/// One side's signals in one assignment.
#[derive(Clone, Copy, Debug)]
pub struct Mailbox {
    /// The call.
    pub call: CallId,
    /// Its assignment.
    pub assignment: u32,
    /// Whose signals.
    pub sender: Sender,
}

impl Mailbox {
    /// Stores signal `n` if it is the next one; gives the last number stored. A repeat and a gap change
    /// nothing.
    pub fn put(self, tx: &Connection, keys: &Keys, n: u32, signal: &Signal) -> Result<u32, StoreError> {
        let stored = self.stored(tx)?;
        if n != stored + 1 || n > MAX_SIGNALS {
            return Ok(stored);
        }
        let key =
            cases::sql::read_key(tx, keys, self.call)?.ok_or(StoreError::Corrupt("key of a live case"))?;
        let call = self.call.0.as_bytes();
        let sql =
            "INSERT INTO mailbox (call_id, assignment, sender, n, body_sealed) VALUES (?1, ?2, ?3, ?4, ?5)";
        let body = key.seal(&self.place(n), &serde_json::to_vec(signal)?);
        rows::run(tx, sql, params![call, self.assignment, self.sender.name(), n, body])?;
        let sql = "INSERT INTO mailbox_marks (call_id, assignment, sender, stored) VALUES (?1, ?2, ?3, ?4)
                   ON CONFLICT (call_id, assignment, sender) DO UPDATE SET stored = excluded.stored";
        rows::run(tx, sql, params![call, self.assignment, self.sender.name(), n])?;
        Ok(n)
    }

    /// The other side has taken everything up to `n`.
    pub fn acknowledge(self, tx: &Connection, n: u32) -> Result<(), StoreError> {
        let call = self.call.0.as_bytes();
        let sql = "DELETE FROM mailbox WHERE call_id = ?1 AND assignment = ?2 AND sender = ?3 AND n <= ?4";
        rows::run(tx, sql, params![call, self.assignment, self.sender.name(), n])?;
        Ok(())
    }

    /// Signals that the other side has not acknowledged, after number `after`.
    pub fn waiting(
        self,
        connection: &Connection,
        keys: &Keys,
        after: u32,
    ) -> Result<Vec<(u32, Signal)>, StoreError> {
        let sql = "SELECT n, body_sealed FROM mailbox
                   WHERE call_id = ?1 AND assignment = ?2 AND sender = ?3 AND n > ?4 ORDER BY n";
        let call = self.call.0.as_bytes();
        let found: Vec<(u32, Vec<u8>)> =
            rows::all(connection, sql, params![call, self.assignment, self.sender.name(), after], |row| {
                Ok((row.get("n")?, row.get("body_sealed")?))
            })?;
        if found.is_empty() {
            return Ok(Vec::new());
        }
        // Without its key, the case was destroyed, and its signals say nothing any more.
        let Some(key) = cases::sql::read_key(connection, keys, self.call)? else { return Ok(Vec::new()) };
        let open = |(n, body): (u32, Vec<u8>)| {
            let plain = key.open(&self.place(n), &body).map_err(|_| StoreError::Corrupt("a signal"))?;
            Ok((n, serde_json::from_slice(&plain)?))
        };
        found.into_iter().map(open).collect()
    }

    /// Where a signal opens: nowhere else.
    fn place(self, n: u32) -> Vec<u8> {
        format!("signal/{}/{}/{n}", self.assignment, self.sender.name()).into_bytes()
    }

    /// Number of the last signal stored, 0 before the first.
    pub fn stored(self, connection: &Connection) -> Result<u32, StoreError> {
        let sql = "SELECT stored FROM mailbox_marks WHERE call_id = ?1 AND assignment = ?2 AND sender = ?3";
        let call = self.call.0.as_bytes();
        let found =
            rows::first(connection, sql, params![call, self.assignment, self.sender.name()], |r| r.get(0))?;
        Ok(found.unwrap_or(0))
    }
}

/// Signals that came in while their call ended. Looks at the few signals that there are, not at all calls that ever
/// ended: the writer does nothing else meanwhile.
pub fn sweep(tx: &Connection) -> Result<(), StoreError> {
    for table in ["mailbox", "mailbox_marks"] {
        let sql = format!(
            "DELETE FROM {table} WHERE EXISTS
               (SELECT 1 FROM calls c WHERE c.call_id = {table}.call_id
                  AND (c.ended_ms IS NOT NULL OR c.state = 'awaiting_evidence'))"
        );
        rows::run(tx, &sql, [])?;
    }
    Ok(())
}

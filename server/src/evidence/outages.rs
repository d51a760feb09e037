//! Outages in the life of a call, as the log tells them: a server's clock that was set ahead, a suspend, a stop. By
//! these a workstation's counting and the server's time may honestly differ.

use chinhchu_evidence::chain;
use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::time::Timestamp;
use rusqlite::{Connection, params};
use serde_json::Value;

use crate::store::{StoreError, rows};
use crate::switchboard::Record;

/// How the fact is written.
const WORD: &[u8] = b"\"outage\"";

/// Whether a record tells of an outage.
pub fn tells(record: &Record) -> bool {
    record.facts.windows(WORD.len()).any(|window| window == WORD)
}

/// How much of this span of a call's life lay in outages, ms. Reads the log from the call's first record on: only for
/// evidence that nothing else explains.
pub fn lost_ms(
    connection: &Connection,
    call: CallId,
    from: Timestamp,
    to: Timestamp,
) -> Result<i64, StoreError> {
    let sql = "SELECT facts FROM log
               WHERE seq > (SELECT min(seq) FROM call_events WHERE call_id = ?1) AND instr(facts, ?2) > 0";
    let texts: Vec<Vec<u8>> = rows::all(connection, sql, params![call.0.as_bytes(), WORD], |row| row.get(0))?;
    let mut outages = Vec::new();
    for text in texts {
        outages.extend(chain::outages(&serde_json::from_slice::<Vec<Value>>(&text)?));
    }
    Ok(chain::lost_ms(&outages, from, to))
}

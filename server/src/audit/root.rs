//! Day roots: one signed statement a day over the log and the audit, each naming the one before. What has gone
//! out (`audit.root`, `audit root`) binds the operator, too: nothing of that day can be changed unseen.
//!
//! A root covers what follows the root before, up to the end of its day in Vietnam; a record that was written
//! in the last moment but committed after the root belongs to the next one. Days are never left out: those on
//! which no server ran get an empty root, made up later.

use chinhchu_evidence::day_root::{self, FORMAT, Span};
use chinhchu_evidence::signed::{Signed as _, statement_sha256};
use chinhchu_evidence::{DayRoot, Envelope};
use chinhchu_protocol::time::Timestamp;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use rusqlite::Connection;
use serde::Serialize;
use serde_json::json;

use super::{Entry, append, sql};
use crate::cases::hex;
use crate::objects::Keys;
use crate::policy::vietnam_day;
use crate::store::{Db, StoreError};
use crate::webhooks;

/// Name of the event that carries a root to mSale.
pub const EVENT: &str = "audit.root";
/// A root is made this long after midnight: what was decided before it is committed by then.
const AFTER_MIDNIGHT_MS: i64 = 60_000;
/// Most roots made at once; the rest follows at the next look.
const MOST: usize = 400;

/// A root as stored.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct StoredRoot {
    /// `YYYY-MM-DD`, the day in Vietnam.
    pub day: String,
    /// By which the next root, and whoever keeps it, names it.
    pub sha256: String,
    /// The exact bytes of its envelope.
    pub envelope: String,
}

/// Makes the roots of all days that are over and have none; gives those made.
pub fn make_due(db: &Db, keys: &Keys, now: Timestamp, actor: &str) -> Result<Vec<StoredRoot>, StoreError> {
    let today = vietnam_day(now.plus_ms(-AFTER_MIDNIGHT_MS));
    let mut made = Vec::new();
    while made.len() < MOST {
        let signer = keys.clone();
        let read = move |c: &Connection| next_due(c, &signer, today, now);
        let Some(root) = db.read_blocking(read)? else { break };
        let (stored, keys, actor) = (root.clone(), keys.clone(), actor.to_owned());
        let written = db.write_blocking(move |tx| {
            // Another process may have been faster; its root stands.
            if !sql::insert_root(tx, &stored, now)? {
                return Ok(false);
            }
            let detail = json!({ "sha256": stored.sha256 });
            let subject = format!("day:{}", stored.day);
            append(
                tx,
                now,
                &Entry { actor: &actor, action: "root.made", subject: &subject, detail: &detail },
            )?;
            webhooks::sql::announce(tx, &keys, EVENT, &body(&stored, now)?, now)?;
            Ok::<_, StoreError>(true)
        })?;
        if written {
            made.push(root);
        }
    }
    Ok(made)
}

/// The root of the first day that is over and has none.
fn next_due(
    connection: &Connection,
    keys: &Keys,
    today: Date,
    now: Timestamp,
) -> Result<Option<StoredRoot>, StoreError> {
    let newest = sql::newest_root(connection)?;
    let day = match &newest {
        Some(root) => read_day(&root.day)?.tomorrow().map_err(|_| StoreError::Corrupt("day of a root"))?,
        None => match sql::first_at(connection)? {
            Some(at) => vietnam_day(at),
            None => return Ok(None),
        },
    };
    if day >= today {
        return Ok(None);
    }
    let statement = statement(connection, newest.as_ref(), day, true, now)?;
    let unsigned = |_| StoreError::Corrupt("day root");
    let envelope = statement.sign(keys.signing()).map_err(unsigned)?;
    Ok(Some(StoredRoot {
        day: statement.day,
        sha256: statement_sha256(&envelope).map_err(unsigned)?,
        envelope: String::from_utf8(envelope.to_bytes()).map_err(|_| StoreError::Corrupt("day root"))?,
    }))
}

/// What is to be signed about a day, over all that follows the root before. With `complete` false: over the records
/// so far.
fn statement(
    connection: &Connection,
    previous: Option<&StoredRoot>,
    day: Date,
    complete: bool,
    now: Timestamp,
) -> Result<DayRoot, StoreError> {
    let before = previous.map(opened).transpose()?;
    let until = if complete { day_end(day)? } else { Timestamp::from_ms(i64::MAX) };
    let part = |table: sql::Chain, before: Option<&Span>| {
        let from_seq = before.map_or(1, |span| span.to_seq + 1);
        let to_seq = sql::last_before(connection, table, from_seq - 1, until)?;
        let hashes = sql::hashes(connection, table, from_seq, to_seq)?;
        let carried = before.map_or_else(|| hex(&[0; 32]), |span| span.head_hash.clone());
        let head_hash = hashes.last().map_or(carried, |hash| hex(hash));
        let root = day_root::root_over(&hashes);
        Ok::<_, StoreError>((Span { from_seq, to_seq, head_hash }, hex(&root)))
    };
    let (log, log_root) = part(sql::Chain::Log, before.as_ref().map(|root| &root.log))?;
    let (audit, audit_root) = part(sql::Chain::Audit, before.as_ref().map(|root| &root.audit))?;
    Ok(DayRoot {
        format: FORMAT.to_owned(),
        day: day.to_string(),
        complete,
        made_at: now,
        log,
        audit,
        log_root,
        audit_root,
        previous_sha256: previous.map(|root| root.sha256.clone()),
    })
}

/// What is to be signed for an export about everything that follows the newest root. Its day is never that of a root,
/// also by a clock that was set back.
pub fn so_far(
    connection: &Connection,
    newest: Option<&StoredRoot>,
    now: Timestamp,
) -> Result<DayRoot, StoreError> {
    let after =
        newest.map(|root| read_day(&root.day)?.tomorrow().map_err(|_| StoreError::Corrupt("day of a root")));
    let after = after.transpose()?;
    let day = after.map_or(vietnam_day(now), |after| after.max(vietnam_day(now)));
    statement(connection, newest, day, false, now)
}

/// What follows the newest root, signed now: day and envelope. It is no root of a day, and is not kept.
pub fn rest(connection: &Connection, keys: &Keys, now: Timestamp) -> Result<(String, String), StoreError> {
    let unsigned = |_| StoreError::Corrupt("day root");
    let newest = sql::newest_root(connection)?;
    let statement = so_far(connection, newest.as_ref(), now)?;
    let envelope = statement.sign(keys.signing()).map_err(unsigned)?;
    let text = String::from_utf8(envelope.to_bytes()).map_err(|_| StoreError::Corrupt("day root"))?;
    Ok((statement.day, text))
}

/// Reads a stored root's statement, as it stands: whether it is signed is for `audit verify` to say.
pub fn opened(root: &StoredRoot) -> Result<DayRoot, StoreError> {
    use base64::Engine as _;
    let torn = |_| StoreError::Corrupt("day root");
    let envelope = Envelope::parse(root.envelope.as_bytes()).map_err(torn)?;
    let payload = base64::engine::general_purpose::STANDARD.decode(&envelope.payload);
    DayRoot::read(&payload.map_err(|_| StoreError::Corrupt("day root"))?).map_err(torn)
}

/// Body of the event.
fn body(root: &StoredRoot, now: Timestamp) -> Result<Vec<u8>, StoreError> {
    let envelope: serde_json::Value = serde_json::from_str(&root.envelope)?;
    let data = json!({ "day": root.day, "sha256": root.sha256, "envelope": envelope });
    Ok(serde_json::to_vec(&json!({ "type": EVENT, "timestamp": now, "data": data }))?)
}

fn read_day(text: &str) -> Result<Date, StoreError> {
    text.parse().map_err(|_| StoreError::Corrupt("day of a root"))
}

/// The midnight that ends a day in Vietnam.
fn day_end(day: Date) -> Result<Timestamp, StoreError> {
    let zone = TimeZone::fixed(Offset::constant(7));
    let next = day.tomorrow().and_then(|next| next.to_zoned(zone));
    let next = next.map_err(|_| StoreError::Corrupt("day of a root"))?;
    Ok(Timestamp::from_ms(next.timestamp().as_millisecond()))
}

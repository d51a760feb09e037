//! Rows of time on duty: one per sign-in.

use chinhchu_protocol::ids::{AgentId, SessionId};
use chinhchu_protocol::time::Timestamp;
use rusqlite::{Connection, params};

use super::offer::Employer;
use crate::agents::SESSION_LIFE_MS;
use crate::store::{StoreError, rows};
use crate::switchboard::sql::{meta, set_meta};

/// Name of the newest outage in `meta`, as `from to`.
const OUTAGE: &str = "figures_outage";
/// A start tells of its outage, then that it has started.
const AT_ONCE_MS: i64 = 60_000;

/// An agent signs in, not connected yet.
pub fn begin(
    tx: &Connection,
    session: SessionId,
    agent: AgentId,
    employer: &Employer,
    from: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO duty_figures (session_id, agent_id, company, partner, from_ms, lost_ms)
               VALUES (?1, ?2, ?3, ?4, ?5, ?5)";
    let ids = (session.0.as_bytes(), agent.0.as_bytes());
    rows::run(tx, sql, params![ids.0, ids.1, employer.company.0, employer.partner, from.ms()])?;
    Ok(())
}

/// A sign-in is over: the duty was when the workstation was last there, if it did not come back, and for as long as
/// a sign-in lives at most. The fact may be days late: nobody expires while no server runs.
pub fn end(tx: &Connection, session: SessionId, at: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE duty_figures SET to_ms = max(from_ms, min(?2, coalesce(lost_ms, ?2), from_ms + ?3))
               WHERE session_id = ?1 AND to_ms IS NULL";
    rows::run(tx, sql, params![session.0.as_bytes(), at.ms(), SESSION_LIFE_MS])?;
    Ok(())
}

/// The workstation is away since then, or is there.
pub fn set_lost(tx: &Connection, session: SessionId, lost: Option<Timestamp>) -> Result<(), StoreError> {
    let sql = "UPDATE duty_figures SET lost_ms = ?2 WHERE session_id = ?1 AND to_ms IS NULL";
    rows::run(tx, sql, params![session.0.as_bytes(), lost.map(Timestamp::ms)])?;
    Ok(())
}

/// A span in which no server ran, or which the clock left out.
pub fn put_outage(tx: &Connection, from: Timestamp, to: Timestamp) -> Result<(), StoreError> {
    set_meta(tx, OUTAGE, &format!("{} {}", from.ms(), to.ms()))
}

/// A server started: every workstation is away since the one before it stopped.
pub fn all_lost(tx: &Connection, at: Timestamp) -> Result<(), StoreError> {
    let outage = meta(tx, OUTAGE)?;
    let outage = outage.as_deref().and_then(|text| text.split_once(' '));
    let outage = outage.and_then(|(from, to)| Some((from.parse::<i64>().ok()?, to.parse::<i64>().ok()?)));
    let of_this_start = |(_, to): &(i64, i64)| (0..=AT_ONCE_MS).contains(&(at.ms() - to));
    let since = outage.filter(of_this_start).map_or(at.ms(), |(from, _)| from);
    rows::run(tx, "UPDATE duty_figures SET lost_ms = ?1 WHERE to_ms IS NULL AND lost_ms IS NULL", [since])?;
    Ok(())
}

/// Before the rows are made anew.
pub fn forget_outage(tx: &Connection) -> Result<(), StoreError> {
    rows::run(tx, "DELETE FROM meta WHERE name = ?1", [OUTAGE])?;
    Ok(())
}

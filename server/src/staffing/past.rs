//! The calls of a pool in a period, from the figures (server/src/figures).

use chinhchu_protocol::ids::CompanyCode;
use chinhchu_protocol::time::Timestamp;
use chinhchu_staffing::fit::PastCall;
use chinhchu_staffing::replay::MOST_CALLS;
use rusqlite::{Connection, params};

use crate::figures::rebuild;
use crate::store::{StoreError, rows};

/// Calls that are read to fit figures to.
const MOST_READ: usize = 500_000;

/// Calls that got into the line of a pool and are over, oldest first; at most 500,000, the newest of them. A call
/// belongs to the pool that served its home when it got into the line, whoever answered it: one that overflowed
/// is work that this pool could not do in time, and not that of the pool that helped out.
pub fn read(
    connection: &Connection,
    pool: &CompanyCode,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<PastCall>, StoreError> {
    rebuild::whole(connection)?;
    // The first known server of a company answers for before, as everywhere (companies/changes.rs).
    let sql = "WITH states AS (SELECT company, serving, from_ms,
            lag(from_ms) OVER line IS NULL AS is_first, lead(from_ms) OVER line AS to_ms
          FROM company_states WINDOW line AS (PARTITION BY company ORDER BY from_ms, seq))
        SELECT queued_ms, coalesce(answered_ms, ended_ms) - queued_ms AS waited_ms, handle_ms,
          answered_ms IS NULL AND end_reason = 'cancelled' AS hung_up
        FROM states CROSS JOIN call_figures ON home = company
        WHERE states.serving = ?1 AND created_ms >= ?2 - 3600000 AND created_ms < ?3
          AND queued_ms >= ?2 AND queued_ms < ?3 AND coalesce(answered_ms, ended_ms) IS NOT NULL
          AND (is_first OR queued_ms >= from_ms) AND (to_ms IS NULL OR queued_ms < to_ms)
        ORDER BY queued_ms DESC LIMIT ?4";
    let limit = i64::try_from(MOST_READ).unwrap_or(i64::MAX);
    let mut calls = rows::all(connection, sql, params![pool.0, from.ms(), to.ms(), limit], |row| {
        let ms = |name: &str| -> rusqlite::Result<Option<u32>> {
            let ms: Option<i64> = row.get(name)?;
            Ok(ms.map(|ms| u32::try_from(ms.max(0)).unwrap_or(u32::MAX)))
        };
        Ok(PastCall {
            queued_ms: row.get("queued_ms")?,
            waited_ms: ms("waited_ms")?.unwrap_or(0),
            handled_ms: ms("handle_ms")?,
            hung_up: row.get("hung_up")?,
        })
    })?;
    calls.reverse();
    Ok(calls)
}

/// As many as a replay takes: whole days, the newest.
pub fn newest_days(calls: &[PastCall]) -> &[PastCall] {
    let Some(cut) = calls.len().checked_sub(MOST_CALLS).filter(|cut| *cut > 0) else { return calls };
    let day = |call: &PastCall| chinhchu_staffing::fit::day_of(call.queued_ms);
    let cut_day = day(&calls[cut - 1]);
    let whole = calls.partition_point(|call| day(call) <= cut_day);
    // One day alone that is too long is refused by the replay.
    if whole == calls.len() { calls } else { &calls[whole..] }
}

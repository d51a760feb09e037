//! Rows of the reconciliation.

use std::collections::BTreeMap;

use chinhchu_protocol::call::Decision;
use chinhchu_protocol::console::figures::HeldResult;
use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::time::Timestamp;
use rusqlite::{Connection, Row, params};

use super::{Delivery, OurResult, TheirList};
use crate::cases::hex;
use crate::console::Scope;
use crate::figures::period::Period;
use crate::figures::sql::bytes_of;
use crate::store::{StoreError, rows};

/// Results that became known on a day, of the calls that somebody sees.
pub fn ours(
    connection: &Connection,
    day: i64,
    scope: &Scope,
) -> Result<BTreeMap<CallId, OurResult>, StoreError> {
    let period = Period::of_day(day);
    let span = params![period.from.ms(), period.to.ms(), scope.companies_json(), scope.partner];
    let sql = "SELECT call_id, decision, manifest FROM call_figures
               WHERE result_ms >= ?1 AND result_ms < ?2 AND decision IS NOT NULL
                 AND (?3 IS NULL OR home IN (SELECT value FROM json_each(?3))
                      OR serving IN (SELECT value FROM json_each(?3)))
                 AND (?4 IS NULL OR partner = ?4)";
    let mut found: BTreeMap<CallId, OurResult> = rows::all(connection, sql, span, held)?
        .into_iter()
        .map(|held| (held.call_id, OurResult { held, delivery: Delivery::Undeliverable }))
        .collect();
    // An endpoint that was removed is missed only by what it had acknowledged.
    let sql = "SELECT d.call_id, max(d.delivered_ms IS NOT NULL) AS delivered,
                 max(d.delivered_ms IS NULL AND d.next_ms IS NOT NULL) AS waiting
               FROM call_figures f JOIN webhook_deliveries d ON d.call_id = f.call_id
               JOIN webhooks w ON w.webhook_id = d.webhook_id
               WHERE f.result_ms >= ?1 AND f.result_ms < ?2 AND d.event_type = 'call.result'
                 AND w.audience = 'msale' AND (w.removed_ms IS NULL OR d.delivered_ms IS NOT NULL)
               GROUP BY d.call_id, d.webhook_id";
    let deliveries = rows::all(connection, sql, [period.from.ms(), period.to.ms()], |row| {
        let delivery = match (row.get("delivered")?, row.get("waiting")?) {
            (true, _) => Delivery::Delivered,
            (false, true) => Delivery::Waiting,
            (false, false) => Delivery::GivenUp,
        };
        Ok((CallId(rows::id(row, "call_id")?), delivery))
    })?;
    for (call, delivery) in deliveries {
        if let Some(ours) = found.get_mut(&call) {
            ours.delivery = worse(ours.delivery, delivery);
        }
    }
    Ok(found)
}

/// Of two endpoints, what is told: the first one replaces «none».
fn worse(known: Delivery, found: Delivery) -> Delivery {
    match (known, found) {
        (Delivery::Undeliverable, found) => found,
        (Delivery::GivenUp, _) | (_, Delivery::GivenUp) => Delivery::GivenUp,
        (Delivery::Waiting, _) | (_, Delivery::Waiting) => Delivery::Waiting,
        (Delivery::Delivered, _) => Delivery::Delivered,
    }
}

/// mSale's list of a day, once it is whole.
pub fn theirs(connection: &Connection, day: i64) -> Result<Option<TheirList>, StoreError> {
    let sql = "SELECT whole_ms FROM msale_lists WHERE day = ?1 AND whole_ms IS NOT NULL";
    let Some(received_at) = rows::first(connection, sql, [day], |row| rows::time(row, "whole_ms"))? else {
        return Ok(None);
    };
    let sql = "SELECT call_id, decision, manifest FROM msale_results WHERE day = ?1";
    let list = rows::all(connection, sql, [day], held)?;
    let results = list.into_iter().map(|held| (held.call_id, held)).collect();
    Ok(Some(TheirList { received_at, results }))
}

/// How many parts of a day's list are here; none before the first.
pub fn parts(connection: &Connection, day: i64) -> Result<Option<u32>, StoreError> {
    rows::first(connection, "SELECT parts FROM msale_lists WHERE day = ?1", [day], |row| row.get(0))
}

/// How many results of a day's list are here.
pub fn received(connection: &Connection, day: i64) -> Result<u32, StoreError> {
    let sql = "SELECT count(*) FROM msale_results WHERE day = ?1";
    Ok(rows::first(connection, sql, [day], |row| row.get(0))?.unwrap_or(0))
}

/// Takes a part: part 1 begins the list anew, the last part ends it (what came after it before is dropped), a part
/// that came before is replaced. The list stays whole when a part before its last is sent again.
pub fn put_part(
    tx: &Connection,
    day: i64,
    part: u32,
    sent_by: &str,
    results: &[HeldResult],
    whole: Option<Timestamp>,
) -> Result<(), StoreError> {
    if part == 1 {
        rows::run(tx, "DELETE FROM msale_lists WHERE day = ?1", [day])?;
    }
    let sql = "INSERT INTO msale_lists (day, parts, sent_by, whole_ms) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT (day) DO UPDATE SET sent_by = excluded.sent_by,
                 parts = iif(excluded.whole_ms IS NULL, max(parts, excluded.parts), excluded.parts),
                 whole_ms = iif(excluded.whole_ms IS NULL AND excluded.parts < parts, whole_ms, excluded.whole_ms)";
    rows::run(tx, sql, params![day, part, sent_by, whole.map(Timestamp::ms)])?;
    let sql = "DELETE FROM msale_results WHERE day = ?1 AND (part = ?2 OR (?3 AND part > ?2))";
    rows::run(tx, sql, params![day, part, whole.is_some()])?;
    let sql = "INSERT OR REPLACE INTO msale_results (day, call_id, part, decision, manifest)
               VALUES (?1, ?2, ?3, ?4, ?5)";
    for held in results {
        let hash = bytes_of(&held.manifest_sha256).ok_or(StoreError::Corrupt("a hash"))?;
        let (call, decision) = (held.call_id.0.as_bytes(), name(held.decision));
        rows::run(tx, sql, params![day, call, part, decision, hash])?;
    }
    Ok(())
}

fn held(row: &Row<'_>) -> rusqlite::Result<HeldResult> {
    let decision: String = row.get("decision")?;
    let manifest: Vec<u8> = row.get("manifest")?;
    Ok(HeldResult {
        call_id: CallId(rows::id(row, "call_id")?),
        decision: [Decision::Confirmed, Decision::Rejected]
            .into_iter()
            .find(|one| name(*one) == decision)
            .ok_or(rusqlite::Error::InvalidQuery)?,
        manifest_sha256: hex(&manifest),
    })
}

const fn name(decision: Decision) -> &'static str {
    match decision {
        Decision::Confirmed => "confirmed",
        Decision::Rejected => "rejected",
    }
}

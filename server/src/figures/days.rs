//! Reads the calls of a period, day by day: packed, where the day is over and was packed before.

use std::sync::Arc;

use chinhchu_protocol::call::{Decision, EndReason};
use chinhchu_protocol::ids::AgentId;
use chinhchu_protocol::time::Timestamp;
use rusqlite::{Connection, Row, params};
use uuid::Uuid;

use super::call::EvidenceState;
use super::kept::{Packs, Span};
use super::pack::{DECISIONS, ENDS, OUTCOMES, Pack, PackedCall, PackedOffer, Packer};
use super::period::{HOUR_MS, OFFSET_MS, Period, day_of};
use crate::store::{Db, StoreError, rows};

/// Days that the housekeeping packs at a time.
const AT_ONCE: i64 = 8;

/// A pack that is worth keeping in the store, and the version of the rows that it was made from.
pub struct Fresh {
    pack: Arc<Pack>,
    version: i64,
}

/// Hands the days of a period that have calls to `take`, oldest first, today hour by hour; gives what could be kept
/// packed in the store. Within a snapshot.
pub fn each(
    snapshot: &Connection,
    packs: &Packs,
    period: &Period,
    now: Timestamp,
    mut take: impl FnMut(&Pack),
) -> Result<Vec<Fresh>, StoreError> {
    let today = day_of(now);
    let mut fresh = Vec::new();
    for (day, version) in days_with_calls(snapshot, period)? {
        if day >= today {
            hours(snapshot, packs, day, today, &mut take)?;
            continue;
        }
        if let Some(pack) = packs.get(Span::Day(day), version) {
            take(&pack);
            continue;
        }
        let stored = stored(snapshot, day)?;
        let is_stored = stored.is_some();
        let pack = Arc::new(match stored {
            Some(pack) => pack,
            None => from_rows(snapshot, day, &Period::of_day(day))?,
        });
        take(&pack);
        packs.put(Span::Day(day), version, &pack, today);
        if !is_stored {
            fresh.push(Fresh { pack, version });
        }
    }
    Ok(fresh)
}

/// The pack of a day, if the store has it.
fn stored(connection: &Connection, day: i64) -> Result<Option<Pack>, StoreError> {
    let sql = "SELECT body FROM figure_days WHERE day = ?1 AND body IS NOT NULL";
    let body: Option<Vec<u8>> = rows::first(connection, sql, [day], |row| row.get(0))?;
    body.map_or(Ok(None), |bytes| Pack::from_bytes(day, &bytes))
}

/// A day that is not over: most of its hours are, and hardly change any more.
fn hours(
    connection: &Connection,
    packs: &Packs,
    day: i64,
    today: i64,
    take: &mut impl FnMut(&Pack),
) -> Result<(), StoreError> {
    let sql = "SELECT hour, version FROM figure_hours WHERE hour >= ?1 AND hour < ?1 + 24 ORDER BY hour";
    let hours: Vec<(i64, i64)> =
        rows::all(connection, sql, [day * 24], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for (hour, version) in hours {
        if let Some(pack) = packs.get(Span::Hour(hour), version) {
            take(&pack);
            continue;
        }
        let from = Timestamp::from_ms(hour * HOUR_MS - OFFSET_MS);
        let pack = Arc::new(from_rows(connection, day, &Period { from, to: from.plus_ms(HOUR_MS) })?);
        take(&pack);
        packs.put(Span::Hour(hour), version, &pack, today);
    }
    Ok(())
}

/// Keeps packs, unless a call of their day has changed meanwhile.
pub async fn keep(db: &Db, fresh: Vec<Fresh>) -> Result<(), StoreError> {
    for Fresh { pack, version } in fresh {
        db.write(move |tx| {
            let sql = "UPDATE figure_days SET body = ?3 WHERE day = ?1 AND version = ?2";
            rows::run(tx, sql, params![pack.day, version, pack.to_bytes()]).map(drop)
        })
        .await?;
    }
    Ok(())
}

/// Packs some finished days that are not.
pub async fn pack_finished(db: &Db, now: Timestamp) -> Result<(), StoreError> {
    let days = db
        .read(move |connection| {
            let sql = "SELECT day FROM figure_days WHERE body IS NULL AND day < ?1 ORDER BY day LIMIT ?2";
            rows::all(connection, sql, params![day_of(now), AT_ONCE], |row| row.get::<_, i64>(0))
        })
        .await?;
    for day in days {
        let fresh = db.read(move |connection| {
            let snapshot = connection.unchecked_transaction()?;
            each(&snapshot, &Packs::default(), &Period::of_day(day), now, |_| {})
        });
        let fresh = fresh.await?;
        keep(db, fresh).await?;
    }
    Ok(())
}

fn days_with_calls(connection: &Connection, period: &Period) -> Result<Vec<(i64, i64)>, StoreError> {
    let days = period.days();
    let sql = "SELECT day, version FROM figure_days WHERE day BETWEEN ?1 AND ?2 ORDER BY day";
    rows::all(connection, sql, [*days.start(), *days.end()], |row| Ok((row.get(0)?, row.get(1)?)))
}

const CALLS: &str = "SELECT call_id, created_ms, home, serving, payment, sub_type, customer_type, dealer, reason,
    wait_ms, handle_ms, queued_ms IS NOT NULL, answered_ms IS NOT NULL, redirected > 0, closed, late, end_reason,
    decision, evidence, offers
    FROM call_figures INDEXED BY call_figures_for_search
    WHERE created_ms >= ?1 AND created_ms < ?2 ORDER BY created_ms, call_id";
const OFFERS: &str = "SELECT agent_id, company, partner, rang_ms, done_ms, outcome
    FROM offer_figures WHERE call_id = ?1 ORDER BY offer";

/// Makes the pack of a span of a day from its rows. By the number of each column: there are many.
pub fn from_rows(connection: &Connection, day: i64, period: &Period) -> Result<Pack, StoreError> {
    let mut packer = Packer::new(day);
    let names = Names::default();
    let mut calls = connection.prepare_cached(CALLS)?;
    let mut offers = connection.prepare_cached(OFFERS)?;
    let mut found = calls.query([period.from.ms(), period.to.ms()])?;
    while let Some(row) = found.next()? {
        packer.add(&names.call(row)?);
        if row.get::<_, u32>(19)? == 0 {
            continue;
        }
        let mut made = offers.query([row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?])?;
        while let Some(row) = made.next()? {
            packer.add_offer(&Names::offer(row)?);
        }
    }
    Ok(packer.done())
}

/// What the names of ends, verdicts and outcomes in rows mean.
struct Names {
    ends: Vec<(String, EndReason)>,
    decisions: Vec<(String, Decision)>,
}

impl Default for Names {
    fn default() -> Self {
        let named = |value: &dyn Fn() -> serde_json::Result<serde_json::Value>| {
            value().ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
        };
        Self {
            ends: ENDS.map(|end| (named(&|| serde_json::to_value(end)), end)).to_vec(),
            decisions: DECISIONS.map(|one| (named(&|| serde_json::to_value(one)), one)).to_vec(),
        }
    }
}

impl Names {
    fn call<'r>(&self, row: &'r Row<'_>) -> Result<PackedCall<'r>, StoreError> {
        let evidence = text(row, 18)?;
        Ok(PackedCall {
            created_ms: row.get(1)?,
            home: text(row, 2)?,
            serving: text(row, 3)?,
            payment: text(row, 4)?,
            sub_type: text(row, 5)?,
            customer_type: text(row, 6)?,
            dealer: text(row, 7)?,
            reason: text(row, 8)?,
            wait_ms: row.get(9)?,
            handle_ms: row.get(10)?,
            queued: row.get(11)?,
            answered: row.get(12)?,
            redirected: row.get(13)?,
            closed: row.get(14)?,
            late: row.get(15)?,
            end: known(&self.ends, text(row, 16)?)?,
            decision: known(&self.decisions, text(row, 17)?)?,
            evidence: EvidenceState::ALL
                .into_iter()
                .find(|state| state.name() == evidence)
                .ok_or(StoreError::Corrupt("figures"))?,
        })
    }

    fn offer<'r>(row: &'r Row<'_>) -> Result<PackedOffer<'r>, StoreError> {
        let outcome = text(row, 5)?;
        Ok(PackedOffer {
            agent: AgentId(Uuid::from_bytes(row.get(0)?)),
            company: text(row, 1)?,
            partner: text(row, 2)?,
            rang_ms: row.get(3)?,
            done_ms: row.get(4)?,
            outcome: OUTCOMES.into_iter().find(|one| one.name() == outcome),
        })
    }
}

/// A text column; empty for null.
fn text<'r>(row: &'r Row<'_>, column: usize) -> Result<&'r str, StoreError> {
    Ok(row.get_ref(column)?.as_str_or_null().map_err(rusqlite::Error::from)?.unwrap_or_default())
}

fn known<T: Copy>(list: &[(String, T)], name: &str) -> Result<Option<T>, StoreError> {
    if name.is_empty() {
        return Ok(None);
    }
    let found = list.iter().find(|(known, _)| known == name);
    found.map(|(_, value)| Some(*value)).ok_or(StoreError::Corrupt("figures"))
}

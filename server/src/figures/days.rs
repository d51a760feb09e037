//! Reads the calls of a period, day by day: packed, where the day is over and was packed before.

use chinhchu_protocol::time::Timestamp;
use rusqlite::{Connection, params};

use super::pack::{Pack, Packer};
use super::period::{Period, day_of};
use super::sql::{read_call, read_offer};
use crate::store::{Db, StoreError, rows};

/// Days that the housekeeping packs at a time.
const AT_ONCE: i64 = 8;

/// A pack that is worth keeping, and the version of the rows that it was made from.
pub struct Fresh {
    pack: Pack,
    version: i64,
}

/// Hands each day of a period that has calls to `take`, oldest first; gives what could be kept packed.
pub fn each(
    connection: &Connection,
    period: &Period,
    now: Timestamp,
    mut take: impl FnMut(&Pack),
) -> Result<Vec<Fresh>, StoreError> {
    let snapshot = connection.unchecked_transaction()?;
    let today = day_of(now);
    let mut fresh = Vec::new();
    for (day, version) in known(&snapshot, period)? {
        let body: Option<Vec<u8>> =
            rows::first(&snapshot, "SELECT body FROM figure_days WHERE day = ?1", [day], |row| row.get(0))?
                .flatten();
        let packed = match body {
            Some(bytes) => Pack::from_bytes(day, &bytes)?,
            None => None,
        };
        if let Some(pack) = packed {
            take(&pack);
            continue;
        }
        let pack = from_rows(&snapshot, day)?;
        take(&pack);
        if day < today {
            fresh.push(Fresh { pack, version });
        }
    }
    Ok(fresh)
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
        let fresh = db.read(move |connection| each(connection, &Period::of_day(day), now, |_| {})).await?;
        keep(db, fresh).await?;
    }
    Ok(())
}

fn known(connection: &Connection, period: &Period) -> Result<Vec<(i64, i64)>, StoreError> {
    let days = period.days();
    let sql = "SELECT day, version FROM figure_days WHERE day BETWEEN ?1 AND ?2 ORDER BY day";
    rows::all(connection, sql, [*days.start(), *days.end()], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// Makes the pack of a day from its rows.
pub fn from_rows(connection: &Connection, day: i64) -> Result<Pack, StoreError> {
    let period = Period::of_day(day);
    let mut packer = Packer::new(day);
    let mut calls = connection.prepare_cached(
        "SELECT * FROM call_figures WHERE created_ms >= ?1 AND created_ms < ?2 ORDER BY created_ms, call_id",
    )?;
    let mut offers =
        connection.prepare_cached("SELECT * FROM offer_figures WHERE call_id = ?1 ORDER BY offer")?;
    let mut found = calls.query([period.from.ms(), period.to.ms()])?;
    while let Some(row) = found.next()? {
        let call = read_call(row)?;
        let made = if call.offers == 0 {
            Vec::new()
        } else {
            offers
                .query_map([call.call_id.0.as_bytes()], read_offer)?
                .collect::<rusqlite::Result<Vec<_>>>()?
        };
        packer.add(&call, &made);
    }
    Ok(packer.done())
}

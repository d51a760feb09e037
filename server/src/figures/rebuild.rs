//! Brings the rows up to the log's end (a migration, a restored store), or makes them anew from its beginning.
//!
//! `figures_seq` in `meta` is written with the rows, so that an end in the middle goes on where it stopped.

use chinhchu_routing::Fact;
use rusqlite::Connection;

use super::project::Projector;
use super::sql;
use crate::objects::Keys;
use crate::store::{Db, StoreError, rows};
use crate::switchboard::sql::{meta, records_after, set_meta};

/// Name of the last record that the rows hold.
const SEQ: &str = "figures_seq";
/// Records in one transaction.
const CHUNK: u32 = 1_000;

/// Takes the facts of one batch of the driver into the rows, in the transaction that writes them.
pub fn follow<'f>(
    tx: &Connection,
    keys: &Keys,
    facts: impl Iterator<Item = (u64, &'f Fact)>,
) -> Result<(), StoreError> {
    let mut projector = Projector::new(tx, keys);
    let mut last = reached(tx)?;
    let before = last;
    for (seq, fact) in facts {
        if seq > last + 1 {
            // Somebody makes the rows anew and has not come this far.
            return Ok(());
        }
        projector.take(fact)?;
        last = seq;
    }
    projector.write()?;
    if last > before { set_meta(tx, SEQ, &last.to_string()) } else { Ok(()) }
}

/// Takes in what the log holds beyond the rows; gives how many records that were.
pub async fn catch_up(db: &Db, keys: &Keys) -> Result<u64, StoreError> {
    let mut records = 0;
    while db.read(is_behind).await? {
        let keys = keys.clone();
        match db.write(move |tx| step(tx, &keys)).await? {
            0 => return Ok(records),
            count => records += count,
        }
    }
    Ok(records)
}

/// Forgets the rows and makes them anew, while a server may run: what it writes meanwhile is taken from its log.
/// Ended half-way, the server's next look goes on with it. Blocking.
pub fn anew(db: &Db, keys: &Keys) -> Result<u64, StoreError> {
    db.write_blocking(|tx| {
        sql::clear(tx)?;
        set_meta(tx, SEQ, "0")
    })?;
    catch_up_blocking(db, keys)
}

/// [`catch_up`] for places without a runtime (the command line). Blocking.
pub fn catch_up_blocking(db: &Db, keys: &Keys) -> Result<u64, StoreError> {
    let mut records = 0;
    while db.read_blocking(is_behind)? {
        let keys = keys.clone();
        match db.write_blocking(move |tx| step(tx, &keys))? {
            0 => return Ok(records),
            count => records += count,
        }
    }
    Ok(records)
}

/// Fails while the rows do not hold the whole log: whatever counts them would tell a part as if it were all. To be
/// asked in the snapshot that is counted.
pub fn whole(snapshot: &Connection) -> Result<(), StoreError> {
    if is_behind(snapshot)? { Err(StoreError::FiguresBehind) } else { Ok(()) }
}

fn is_behind(connection: &Connection) -> Result<bool, StoreError> {
    let last: Option<i64> =
        rows::first(connection, "SELECT max(seq) FROM log", [], |row| row.get::<_, Option<i64>>(0))?
            .flatten();
    Ok(last.unwrap_or(0).cast_unsigned() > reached(connection)?)
}

fn reached(tx: &Connection) -> Result<u64, StoreError> {
    Ok(meta(tx, SEQ)?.and_then(|text| text.parse().ok()).unwrap_or(0))
}

fn step(tx: &Connection, keys: &Keys) -> Result<u64, StoreError> {
    let records = records_after(tx, reached(tx)?, CHUNK)?;
    let mut projector = Projector::new(tx, keys);
    for record in &records {
        for fact in record.facts()? {
            projector.take(&fact)?;
        }
    }
    projector.write()?;
    if let Some(last) = records.last() {
        set_meta(tx, SEQ, &last.seq.to_string())?;
    }
    Ok(records.len() as u64)
}

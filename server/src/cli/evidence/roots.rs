//! The roots under which a bundle's records stand: those of finished days as they were signed, and for what has
//! happened since, one that is signed for the export.

use std::collections::BTreeMap;

use anyhow::anyhow;
use chinhchu_evidence::day_root::{self, FORMAT, Span};
use chinhchu_evidence::signed::statement_sha256;
use chinhchu_evidence::{DayRoot, Envelope, Fault, Signed as _};
use chinhchu_protocol::time::Timestamp;
use rusqlite::{Connection, params};

use crate::cases::hex;
use crate::cli::CliError;
use crate::objects::Keys;
use crate::policy::vietnam_day;
use crate::store::{StoreError, rows};
use crate::switchboard::Hash;

const LOG: &str = "SELECT hash FROM log WHERE seq BETWEEN ?1 AND ?2 ORDER BY seq";
const AUDIT: &str = "SELECT hash FROM audit WHERE seq BETWEEN ?1 AND ?2 ORDER BY seq";

/// The days' roots, and the hashes under those that are needed.
pub struct Roots {
    all: Vec<(DayRoot, Vec<u8>)>,
    hashes: BTreeMap<String, Vec<Hash>>,
}

impl Roots {
    /// Those of the store; and one for today, over what has happened so far.
    pub fn open(connection: &Connection, keys: &Keys, now: Timestamp) -> Result<Self, CliError> {
        let sql = "SELECT envelope FROM day_roots ORDER BY day";
        let stored: Vec<Vec<u8>> = rows::all(connection, sql, [], |row| row.get("envelope"))?;
        let mut all: Vec<(DayRoot, Vec<u8>)> = Vec::with_capacity(stored.len() + 1);
        let mut newest = None;
        for bytes in stored {
            let envelope = Envelope::parse(&bytes).map_err(unreadable)?;
            let root = DayRoot::open(&envelope, &keys.signing().public()).map_err(unreadable)?;
            newest = Some(statement_sha256(&envelope).map_err(unreadable)?);
            all.push((root, bytes));
        }
        let today = so_far(connection, all.last().map(|(root, _)| root), newest, now)?;
        let envelope = today.sign(keys.signing()).map_err(unreadable)?.to_bytes();
        all.push((today, envelope));
        Ok(Self { all, hashes: BTreeMap::new() })
    }

    /// Day and way of a record.
    pub fn prove(&mut self, connection: &Connection, seq: u64) -> Result<(String, Vec<String>), CliError> {
        let missing = || anyhow!("no root covers record {seq} of the log");
        let root = self.all.iter().find(|(root, _)| root.log.place(seq).is_some());
        let (root, _) = root.ok_or_else(missing)?;
        let (span, day) = (&root.log, root.day.clone());
        if !self.hashes.contains_key(&day) {
            let hashes = hashes(connection, LOG, span.from_seq, span.to_seq)?;
            self.hashes.insert(day.clone(), hashes);
        }
        let hashes = self.hashes.get(&day).ok_or_else(missing)?;
        let place = span.place(seq).and_then(|place| usize::try_from(place).ok()).ok_or_else(missing)?;
        let path = day_root::prove(hashes, place).ok_or_else(missing)?;
        Ok((day, path))
    }

    /// Day and envelope of those that were needed.
    pub fn used(self) -> Vec<(String, Vec<u8>)> {
        let used = self.all.into_iter().filter(|(root, _)| self.hashes.contains_key(&root.day));
        used.map(|(root, envelope)| (root.day, envelope)).collect()
    }
}

fn unreadable(_: Fault) -> StoreError {
    StoreError::Corrupt("day root")
}

/// A root over all that follows the newest one.
fn so_far(
    connection: &Connection,
    before: Option<&DayRoot>,
    previous_sha256: Option<String>,
    now: Timestamp,
) -> Result<DayRoot, StoreError> {
    let part = |sql: &str, before: Option<&Span>| {
        let from_seq = before.map_or(1, |span| span.to_seq + 1);
        let found = hashes(connection, sql, from_seq, i64::MAX.cast_unsigned())?;
        let to_seq = from_seq - 1 + u64::try_from(found.len()).unwrap_or(u64::MAX);
        let carried = before.map_or_else(|| hex(&[0; 32]), |span| span.head_hash.clone());
        let head_hash = found.last().map_or(carried, |hash| hex(hash));
        let root = hex(&day_root::root_over(&found));
        Ok::<_, StoreError>((Span { from_seq, to_seq, head_hash }, root))
    };
    let (log, log_root) = part(LOG, before.map(|root| &root.log))?;
    let (audit, audit_root) = part(AUDIT, before.map(|root| &root.audit))?;
    let day = vietnam_day(now).to_string();
    Ok(DayRoot {
        format: FORMAT.to_owned(),
        day,
        complete: false,
        made_at: now,
        log,
        audit,
        log_root,
        audit_root,
        previous_sha256,
    })
}

fn hashes(connection: &Connection, sql: &str, from: u64, to: u64) -> Result<Vec<Hash>, StoreError> {
    rows::all(connection, sql, params![from.cast_signed(), to.cast_signed()], |row| row.get("hash"))
}

//! The roots under which a bundle's records stand: those of finished days as they were signed, and for what has
//! happened since, one that is signed for the export.

use std::collections::BTreeMap;

use chinhchu_evidence::{DayRoot, Envelope, Fault, Signed as _, day_root};
use chinhchu_protocol::time::Timestamp;
use rusqlite::Connection;

use crate::audit::root::{self, StoredRoot};
use crate::audit::sql;
use crate::objects::Keys;
use crate::store::StoreError;
use crate::switchboard::Hash;

use super::PackError;

/// The days' roots, and the hashes under those that are needed.
pub struct Roots {
    all: Vec<(DayRoot, Vec<u8>)>,
    hashes: BTreeMap<String, Vec<Hash>>,
}

impl Roots {
    /// Those of the store; and one for today, over what has happened so far.
    pub fn open(connection: &Connection, keys: &Keys, now: Timestamp) -> Result<Self, PackError> {
        let stored: Vec<StoredRoot> = sql::roots(connection)?;
        let mut all: Vec<(DayRoot, Vec<u8>)> = Vec::with_capacity(stored.len() + 1);
        for root in &stored {
            let envelope = Envelope::parse(root.envelope.as_bytes()).map_err(unreadable)?;
            let opened = DayRoot::open(&envelope, &keys.signing().public()).map_err(unreadable)?;
            all.push((opened, envelope.to_bytes()));
        }
        let today = root::so_far(connection, stored.last(), now)?;
        let envelope = today.sign(keys.signing()).map_err(unreadable)?.to_bytes();
        all.push((today, envelope));
        Ok(Self { all, hashes: BTreeMap::new() })
    }

    /// Day and way of a record.
    pub fn prove(&mut self, connection: &Connection, seq: u64) -> Result<(String, Vec<String>), PackError> {
        let missing = || PackError::NoRoot(seq);
        let root = self.all.iter().find(|(root, _)| root.log.place(seq).is_some());
        let (root, _) = root.ok_or_else(missing)?;
        let (span, day) = (&root.log, root.day.clone());
        if !self.hashes.contains_key(&day) {
            let hashes = sql::hashes(connection, sql::Chain::Log, span.from_seq, span.to_seq)?;
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

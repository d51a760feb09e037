//! The cases of one subscriber, found by a keyed hash of the number, and a case by one of eKYC's id: the store
//! holds neither readable.

use chinhchu_protocol::ids::CallId;
use rusqlite::{Connection, params};

use super::sql::read;
use crate::objects::Keys;
use crate::store::{Db, StoreError, rows};

/// Cases hashed in one transaction.
const BATCH: u32 = 64;

/// The hash that finds a subscriber's cases; a number is the same with +84, 84 or 0 before it.
pub fn hash_of(keys: &Keys, msisdn: &str) -> [u8; 32] {
    let digits = msisdn.strip_prefix('+').unwrap_or(msisdn);
    match digits.strip_prefix("84").filter(|rest| rest.len() == 9) {
        Some(rest) => keys.subscriber(&format!("0{rest}")),
        None => keys.subscriber(digits),
    }
}

/// Calls of a subscriber whose cases still stand, oldest first. Those of before the hash was kept are found
/// after [`fill_missing`].
pub fn of_subscriber(connection: &Connection, keys: &Keys, msisdn: &str) -> Result<Vec<CallId>, StoreError> {
    let sql = "SELECT call_id FROM cases WHERE msisdn_hash = ?1 AND destroyed_ms IS NULL ORDER BY created_ms";
    rows::all(connection, sql, [hash_of(keys, msisdn)], |row| rows::id(row, "call_id").map(CallId))
}

/// Hashes numbers and ids of cases that a server of before took in. Gives how many.
pub fn fill_missing(db: &Db, keys: &Keys) -> Result<u64, StoreError> {
    let mut filled = 0;
    loop {
        let keys = keys.clone();
        let done = db.write_blocking(move |tx| fill_some(tx, &keys))?;
        filled += u64::from(done);
        if done < BATCH {
            return Ok(filled);
        }
    }
}

fn fill_some(tx: &Connection, keys: &Keys) -> Result<u32, StoreError> {
    let sql = "SELECT call_id FROM cases WHERE (msisdn_hash IS NULL OR external_hash IS NULL)
               AND key_wrapped IS NOT NULL LIMIT ?1";
    let calls = rows::all(tx, sql, [BATCH], |row| rows::id(row, "call_id").map(CallId))?;
    for call in &calls {
        let Some(stored) = read(tx, keys, *call)? else { continue };
        let hash = hash_of(keys, &stored.case.subscriber.msisdn);
        let transaction = keys.transaction(&stored.case.external_id);
        let sql = "UPDATE cases SET msisdn_hash = ?2, external_hash = ?3 WHERE call_id = ?1";
        rows::run(tx, sql, params![call.0.as_bytes(), hash, transaction])?;
    }
    Ok(u32::try_from(calls.len()).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_the_same_however_it_is_written() {
        let folder = tempfile::tempdir().expect("folder");
        let keys = Keys::open(folder.path()).expect("keys");
        let hash = hash_of(&keys, "0901234567");
        assert_eq!(hash_of(&keys, "+84901234567"), hash);
        assert_eq!(hash_of(&keys, "84901234567"), hash);
        assert_ne!(hash_of(&keys, "0901234568"), hash);
        assert_ne!(hash_of(&keys, "0841234567"), hash_of(&keys, "1234567"));
    }
}

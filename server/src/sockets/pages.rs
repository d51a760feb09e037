//! Which device has a call, and the consent given on its page.

use chinhchu_protocol::case::Consent;
use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::time::Timestamp;
use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::objects::Keys;
use crate::store::{StoreError, rows};
use crate::switchboard::{Side, Written};

/// Loads of the page that are remembered; reloading more often, an old one passes for a new one again.
const MAX_LOADS: usize = 64;
const LOAD_LEN: usize = 8;

/// A page that says hello: its device and its load, both kept as hashes.
#[derive(Clone, Copy)]
pub struct NewestPage {
    call: CallId,
    /// SHA-256 of the device secret.
    device: [u8; 32],
    load: [u8; LOAD_LEN],
}

/// What a page is to the call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// The newest load, or a new one, on the device of the page before it (or the call's first).
    SameDevice,
    /// The same on another device: perhaps another person.
    OtherDevice,
    /// A newer load has replaced it.
    Replaced,
}

impl NewestPage {
    /// Of a page that says hello.
    pub fn new(call: CallId, device_secret: &str, page_id: &str) -> Self {
        let mut load = [0; LOAD_LEN];
        load.copy_from_slice(&Sha256::digest(page_id.as_bytes())[..LOAD_LEN]);
        Self { call, device: Sha256::digest(device_secret.as_bytes()).into(), load }
    }

    /// What the page is to the call, so far.
    pub fn standing(&self, connection: &Connection) -> Result<Standing, StoreError> {
        let sql = "SELECT device_secret_hash FROM caller_pages WHERE call_id = ?1";
        let device: Option<[u8; 32]> =
            rows::first(connection, sql, [self.call.0.as_bytes()], |row| row.get(0))?;
        let loads = self.loads(connection)?;
        let (older, newest) = loads.split_at(loads.len().saturating_sub(1));
        Ok(if older.contains(&self.load) && newest != [self.load] {
            Standing::Replaced
        } else if device.is_none_or(|device| device.ct_eq(&self.device).into()) {
            Standing::SameDevice
        } else {
            Standing::OtherDevice
        })
    }

    fn loads(&self, connection: &Connection) -> Result<Vec<[u8; LOAD_LEN]>, StoreError> {
        let sql = "SELECT loads FROM caller_pages WHERE call_id = ?1";
        let stored: Option<Option<Vec<u8>>> =
            rows::first(connection, sql, [self.call.0.as_bytes()], |row| row.get(0))?;
        let stored = stored.flatten().unwrap_or_default();
        Ok(stored.as_chunks::<LOAD_LEN>().0.to_vec())
    }
}

impl Side for NewestPage {
    fn write(&self, tx: &Connection, _keys: &Keys, _written: &Written<'_>) -> Result<(), StoreError> {
        let mut loads = self.loads(tx)?;
        if loads.last() != Some(&self.load) {
            loads.push(self.load);
        }
        let loads = loads[loads.len().saturating_sub(MAX_LOADS)..].concat();
        let sql = "INSERT INTO caller_pages (call_id, device_secret_hash, loads) VALUES (?1, ?2, ?3)
                   ON CONFLICT (call_id) DO UPDATE
                   SET device_secret_hash = excluded.device_secret_hash, loads = excluded.loads";
        rows::run(tx, sql, params![self.call.0.as_bytes(), self.device, loads])?;
        Ok(())
    }
}

/// Whether an offer has the fingerprint of the offer before it (or is the call's first).
pub fn is_same_fingerprint(
    connection: &Connection,
    call: CallId,
    hash: [u8; 32],
) -> Result<bool, StoreError> {
    let sql = "SELECT fingerprint_hash FROM caller_pages WHERE call_id = ?1";
    let before: Option<Option<[u8; 32]>> =
        rows::first(connection, sql, [call.0.as_bytes()], |row| row.get(0))?;
    Ok(before.flatten().is_none_or(|before| before.ct_eq(&hash).into()))
}

/// Keeps the fingerprint of a call's newest offer.
pub fn keep_fingerprint(tx: &Connection, call: CallId, hash: [u8; 32]) -> Result<(), StoreError> {
    let sql = "UPDATE caller_pages SET fingerprint_hash = ?2 WHERE call_id = ?1";
    rows::run(tx, sql, params![call.0.as_bytes(), hash])?;
    Ok(())
}

/// Consent given on the page, kept with the fact that the page is ready.
pub struct GivenHere {
    /// The call.
    pub call: CallId,
    /// As the page says.
    pub consent: Consent,
}

impl Side for GivenHere {
    fn write(&self, tx: &Connection, _keys: &Keys, written: &Written<'_>) -> Result<(), StoreError> {
        // The page's clock may be wrong: never later than now.
        let given = self.consent.given_at.min(written.now);
        let sql = "UPDATE caller_pages SET consent_given_ms = ?2, consent_version = ?3
                   WHERE call_id = ?1 AND consent_given_ms IS NULL";
        rows::run(tx, sql, params![self.call.0.as_bytes(), given.ms(), self.consent.text_version])?;
        Ok(())
    }
}

/// Whether consent was given on the page of a call.
pub fn consented(connection: &Connection, call: CallId) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM caller_pages WHERE call_id = ?1 AND consent_given_ms IS NOT NULL";
    Ok(rows::first(connection, sql, [call.0.as_bytes()], |_| Ok(()))?.is_some())
}

/// Whether this version of the consent text was ever in force.
pub fn knows_text(connection: &Connection, version: &str, now: Timestamp) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM texts WHERE name = 'consent' AND version = ?1 AND valid_from_ms <= ?2";
    Ok(rows::first(connection, sql, params![version, now.ms()], |_| Ok(()))?.is_some())
}

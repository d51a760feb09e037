//! Which device has a call, and the consent given on its page.

use chinhchu_protocol::case::Consent;
use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::Fact;
use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::objects::Keys;
use crate::store::{StoreError, rows};
use crate::switchboard::Side;

/// The device secret of a call's newest page, kept as a hash.
pub struct NewestPage {
    /// The call.
    pub call: CallId,
    /// SHA-256 of the device secret.
    pub hash: [u8; 32],
}

impl NewestPage {
    /// Of a page that says hello.
    pub fn new(call: CallId, device_secret: &str) -> Self {
        Self { call, hash: Sha256::digest(device_secret.as_bytes()).into() }
    }

    /// Whether the page is on the device of the call's page before it (or is the first).
    pub fn is_same_device(&self, connection: &Connection) -> Result<bool, StoreError> {
        let sql = "SELECT device_secret_hash FROM caller_pages WHERE call_id = ?1";
        let before: Option<[u8; 32]> =
            rows::first(connection, sql, [self.call.0.as_bytes()], |row| row.get(0))?;
        Ok(before.is_none_or(|before| before.ct_eq(&self.hash).into()))
    }
}

impl Side for NewestPage {
    fn write(
        &self,
        tx: &Connection,
        _keys: &Keys,
        _now: Timestamp,
        _facts: &[Fact],
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO caller_pages (call_id, device_secret_hash) VALUES (?1, ?2)
                   ON CONFLICT (call_id) DO UPDATE SET device_secret_hash = excluded.device_secret_hash";
        rows::run(tx, sql, params![self.call.0.as_bytes(), self.hash])?;
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
    fn write(
        &self,
        tx: &Connection,
        _keys: &Keys,
        now: Timestamp,
        _facts: &[Fact],
    ) -> Result<(), StoreError> {
        // The page's clock may be wrong: never later than now.
        let given = self.consent.given_at.min(now);
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

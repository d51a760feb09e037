//! Companies in the store. Who serves whom is read on use, so a change counts at once.

use chinhchu_protocol::ids::CompanyCode;
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::Settings;
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use super::changes;
use crate::store::{StoreError, rows};

/// A company as listed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct CompanyListed {
    /// Its code.
    pub code: CompanyCode,
    /// Its name.
    pub name: String,
    /// The company whose agents take its calls; null if nobody does.
    pub served_by: Option<CompanyCode>,
}

/// Every open company, by code.
pub fn list(connection: &Connection) -> Result<Vec<CompanyListed>, StoreError> {
    rows::all(
        connection,
        "SELECT code, name, serving FROM companies LEFT JOIN serves ON home = code
         WHERE closed_ms IS NULL ORDER BY code LIMIT 1000",
        [],
        |row| {
            Ok(CompanyListed {
                code: CompanyCode(row.get("code")?),
                name: row.get("name")?,
                served_by: row.get::<_, Option<String>>("serving")?.map(CompanyCode),
            })
        },
    )
}

/// Whether an open company has this code.
pub fn exists(connection: &Connection, code: &CompanyCode) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM companies WHERE code = ?1 AND closed_ms IS NULL";
    Ok(rows::first(connection, sql, [code.0.as_str()], |_| Ok(()))?.is_some())
}

/// Adds a company whose calls its own agents take. A code that exists is a conflict.
pub fn add(tx: &Connection, code: &CompanyCode, name: &str, now: Timestamp) -> Result<(), StoreError> {
    rows::run(
        tx,
        "INSERT INTO companies (code, name, created_ms) VALUES (?1, ?2, ?3)",
        params![code.0, name, now.ms()],
    )?;
    changes::begin(tx, code, now)
}

/// What a company wants of a case beyond the contract; stands in the same JSON as its routing settings.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct IntakeRules {
    /// Consent must come with the case.
    pub require_consent: bool,
    /// The reference to the biometric match must come with the case (Circular 08/2026).
    pub require_biometric_match: bool,
}

/// The rules of a company.
pub fn intake_rules(connection: &Connection, code: &CompanyCode) -> Result<IntakeRules, StoreError> {
    let sql = "SELECT settings FROM companies WHERE code = ?1";
    let settings: Option<String> = rows::first(connection, sql, [code.0.as_str()], |row| row.get(0))?;
    Ok(settings.map(|text| serde_json::from_str(&text)).transpose()?.unwrap_or_default())
}

/// The settings of a company as stored: what differs from the defaults.
pub fn rules(connection: &Connection, code: &CompanyCode) -> Result<serde_json::Value, StoreError> {
    let sql = "SELECT settings FROM companies WHERE code = ?1";
    let text: Option<String> = rows::first(connection, sql, [code.0.as_str()], |row| row.get(0))?;
    Ok(text.map(|text| serde_json::from_str(&text)).transpose()?.unwrap_or_default())
}

/// A company's settings for routing, as the core reads them; missing ones are defaults.
pub fn settings(connection: &Connection, code: &CompanyCode) -> Result<Settings, StoreError> {
    let sql = "SELECT settings FROM companies WHERE code = ?1";
    let settings: Option<String> = rows::first(connection, sql, [code.0.as_str()], |row| row.get(0))?;
    Ok(settings.map(|text| serde_json::from_str(&text)).transpose()?.unwrap_or_default())
}

//! Companies in the store. Who serves whom is read on use, so a change counts at once.

use chinhchu_protocol::ids::CompanyCode;
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::Settings;
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

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
    set_served_by(tx, code, code)
}

/// The agents of `serving` take the calls of `home` from now on.
pub fn set_served_by(tx: &Connection, home: &CompanyCode, serving: &CompanyCode) -> Result<(), StoreError> {
    rows::run(
        tx,
        "INSERT INTO serves (home, serving) VALUES (?1, ?2)
         ON CONFLICT (home) DO UPDATE SET serving = excluded.serving",
        params![home.0, serving.0],
    )?;
    Ok(())
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

/// Stores the settings of a company, whole.
pub fn set_rules(
    tx: &Connection,
    code: &CompanyCode,
    settings: &serde_json::Value,
) -> Result<(), StoreError> {
    let sql = "UPDATE companies SET settings = ?2 WHERE code = ?1";
    rows::run(tx, sql, params![code.0, settings.to_string()])?;
    Ok(())
}

/// Changes the rules of a company; its other settings stay.
pub fn set_intake_rules(tx: &Connection, code: &CompanyCode, rules: IntakeRules) -> Result<(), StoreError> {
    rows::run(
        tx,
        "UPDATE companies SET settings = json_patch(settings, ?2) WHERE code = ?1",
        params![code.0, serde_json::to_string(&rules)?],
    )?;
    Ok(())
}

/// A company's settings for routing, as the core reads them; missing ones are defaults.
pub fn settings(connection: &Connection, code: &CompanyCode) -> Result<Settings, StoreError> {
    let sql = "SELECT settings FROM companies WHERE code = ?1";
    let settings: Option<String> = rows::first(connection, sql, [code.0.as_str()], |row| row.get(0))?;
    Ok(settings.map(|text| serde_json::from_str(&text)).transpose()?.unwrap_or_default())
}

/// Sets a company's settings for routing, whole; what it wants of a case stays.
pub fn set_settings(tx: &Connection, code: &CompanyCode, new: &Settings) -> Result<(), StoreError> {
    // A setting at its default may be left out when written: an older value of it must go.
    let mut patch = serde_json::to_value(settings(tx, code)?)?;
    for old in patch.as_object_mut().into_iter().flat_map(serde_json::Map::values_mut) {
        *old = serde_json::Value::Null;
    }
    if let (Some(patch), serde_json::Value::Object(new)) = (patch.as_object_mut(), serde_json::to_value(new)?)
    {
        patch.extend(new);
    }
    rows::run(
        tx,
        "UPDATE companies SET settings = json_patch(settings, ?2) WHERE code = ?1",
        params![code.0, patch.to_string()],
    )?;
    Ok(())
}

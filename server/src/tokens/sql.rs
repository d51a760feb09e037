//! Tokens and service credentials in the store.

use chinhchu_protocol::console::systems::ConsoleToken;
use chinhchu_protocol::ids::{CompanyCode, TokenId};
use chinhchu_protocol::time::Timestamp;
use chinhchu_protocol::tokens::TokenListed;
use rusqlite::{Connection, Row, params};
use uuid::Uuid;

use crate::store::{StoreError, rows};

/// What stands behind a presented company token.
pub struct StoredToken {
    /// Names it.
    pub token_id: TokenId,
    /// Whose it is.
    pub company: CompanyCode,
    /// When it stops working.
    pub expires_at: Timestamp,
    /// Whether it was taken back.
    pub revoked: bool,
}

/// What stands behind a presented service credential.
pub struct StoredCredential {
    /// Names it.
    pub credential_id: Uuid,
    /// What operators call it.
    pub name: String,
    /// Whether it was taken back.
    pub revoked: bool,
}

/// A service credential as listed.
#[derive(serde::Serialize)]
pub struct CredentialListed {
    /// Names it.
    pub credential_id: Uuid,
    /// What operators call it.
    pub name: String,
    /// When it was issued.
    pub created_at: Timestamp,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
}

/// Writes a token.
pub fn insert_token(
    tx: &Connection,
    token: &TokenListed,
    hash: [u8; 32],
    issued_by: &str,
) -> Result<(), StoreError> {
    rows::run(
        tx,
        "INSERT INTO tokens (token_id, company, hash, issued_by, created_ms, expires_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            token.token_id.0.into_bytes(),
            token.company.0,
            hash,
            issued_by,
            token.created_at.ms(),
            token.expires_at.ms()
        ],
    )?;
    Ok(())
}

/// Finds a token by its hash.
pub fn token_by_hash(connection: &Connection, hash: [u8; 32]) -> Result<Option<StoredToken>, StoreError> {
    rows::first(connection, "SELECT * FROM tokens WHERE hash = ?1", [hash], |row| {
        Ok(StoredToken {
            token_id: TokenId(rows::id(row, "token_id")?),
            company: CompanyCode(row.get("company")?),
            expires_at: rows::time(row, "expires_ms")?,
            revoked: row.get::<_, Option<i64>>("revoked_ms")?.is_some(),
        })
    })
}

/// A company's tokens, newest first, at most 500.
pub fn list_tokens(
    connection: &Connection,
    company: Option<&CompanyCode>,
) -> Result<Vec<TokenListed>, StoreError> {
    rows::all(
        connection,
        "SELECT * FROM tokens WHERE ?1 IS NULL OR company = ?1 ORDER BY created_ms DESC, token_id LIMIT 500",
        [company.map(|code| code.0.as_str())],
        listed,
    )
}

/// Tokens for the console, newest first: of one company, of those in a JSON list, before one in the list.
pub fn tokens_page(
    connection: &Connection,
    company: Option<&CompanyCode>,
    companies: Option<&str>,
    before: Option<TokenId>,
    most: u32,
    now: Timestamp,
) -> Result<Vec<ConsoleToken>, StoreError> {
    let sql = "SELECT * FROM tokens WHERE (?1 IS NULL OR company = ?1)
                 AND (?2 IS NULL OR company IN (SELECT value FROM json_each(?2)))
                 AND (?3 IS NULL OR (created_ms, token_id) <
                      (SELECT created_ms, token_id FROM tokens WHERE token_id = ?3))
               ORDER BY created_ms DESC, token_id DESC LIMIT ?4";
    let (company, before) = (company.map(|code| code.0.as_str()), before.map(|id| id.0.into_bytes()));
    rows::all(connection, sql, params![company, companies, before, most], |row| {
        let TokenListed { token_id, company, created_at, expires_at, revoked_at } = listed(row)?;
        let (issued_by, valid) = (row.get("issued_by")?, revoked_at.is_none() && expires_at > now);
        Ok(ConsoleToken { token_id, company, issued_by, created_at, expires_at, revoked_at, valid })
    })
}

/// Whose a token is.
pub fn company_of(connection: &Connection, token_id: TokenId) -> Result<Option<CompanyCode>, StoreError> {
    let sql = "SELECT company FROM tokens WHERE token_id = ?1";
    rows::first(connection, sql, [token_id.0.into_bytes()], |row| row.get(0).map(CompanyCode))
}

/// Takes a token back. `None` if there is no such token; a second time changes nothing.
pub fn revoke_token(
    tx: &Connection,
    token_id: TokenId,
    now: Timestamp,
) -> Result<Option<TokenListed>, StoreError> {
    let id = token_id.0.into_bytes();
    rows::run(
        tx,
        "UPDATE tokens SET revoked_ms = ?2 WHERE token_id = ?1 AND revoked_ms IS NULL",
        params![id, now.ms()],
    )?;
    rows::first(tx, "SELECT * FROM tokens WHERE token_id = ?1", [id], listed)
}

fn listed(row: &Row<'_>) -> rusqlite::Result<TokenListed> {
    Ok(TokenListed {
        token_id: TokenId(rows::id(row, "token_id")?),
        company: CompanyCode(row.get("company")?),
        created_at: rows::time(row, "created_ms")?,
        expires_at: rows::time(row, "expires_ms")?,
        revoked_at: rows::time_or_null(row, "revoked_ms")?,
    })
}

/// Writes a service credential.
pub fn insert_credential(
    tx: &Connection,
    credential_id: Uuid,
    name: &str,
    hash: [u8; 32],
    now: Timestamp,
) -> Result<(), StoreError> {
    rows::run(
        tx,
        "INSERT INTO service_credentials (credential_id, name, hash, created_ms) VALUES (?1, ?2, ?3, ?4)",
        params![credential_id.into_bytes(), name, hash, now.ms()],
    )?;
    Ok(())
}

/// Finds a service credential by its hash.
pub fn credential_by_hash(
    connection: &Connection,
    hash: [u8; 32],
) -> Result<Option<StoredCredential>, StoreError> {
    rows::first(connection, "SELECT * FROM service_credentials WHERE hash = ?1", [hash], |row| {
        Ok(StoredCredential {
            credential_id: rows::id(row, "credential_id")?,
            name: row.get("name")?,
            revoked: row.get::<_, Option<i64>>("revoked_ms")?.is_some(),
        })
    })
}

/// Every service credential, newest first.
pub fn list_credentials(connection: &Connection) -> Result<Vec<CredentialListed>, StoreError> {
    rows::all(
        connection,
        "SELECT * FROM service_credentials ORDER BY created_ms DESC, name LIMIT 500",
        [],
        listed_credential,
    )
}

/// Takes a service credential back, by id or by name.
pub fn revoke_credential(
    tx: &Connection,
    id_or_name: &str,
    now: Timestamp,
) -> Result<Option<CredentialListed>, StoreError> {
    let id = Uuid::parse_str(id_or_name).map(Uuid::into_bytes).ok();
    rows::run(
        tx,
        "UPDATE service_credentials SET revoked_ms = ?3
         WHERE (credential_id = ?1 OR name = ?2) AND revoked_ms IS NULL",
        params![id, id_or_name, now.ms()],
    )?;
    rows::first(
        tx,
        "SELECT * FROM service_credentials WHERE credential_id = ?1 OR name = ?2",
        params![id, id_or_name],
        listed_credential,
    )
}

fn listed_credential(row: &Row<'_>) -> rusqlite::Result<CredentialListed> {
    Ok(CredentialListed {
        credential_id: rows::id(row, "credential_id")?,
        name: row.get("name")?,
        created_at: rows::time(row, "created_ms")?,
        revoked_at: rows::time_or_null(row, "revoked_ms")?,
    })
}

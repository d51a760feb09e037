//! mSale's side (S8): issue, list and revoke company tokens, with a service credential.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use chinhchu_protocol::ids::{CompanyCode, TokenId};
use chinhchu_protocol::problem::{ErrorCode, Problem};
use chinhchu_protocol::time::Timestamp;
use chinhchu_protocol::tokens::{TokenIssued, TokenListed, TokenRequest};
use rusqlite::Transaction;
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::auth::{Credential, store_away};
use super::secret::{Secret, SecretKind};
use super::sql;
use crate::audit::{self, Entry};
use crate::clock::Clock;
use crate::companies;
use crate::http::{ApiError, App};
use crate::store::StoreError;

/// Life of a token that does not say.
pub const DEFAULT_LIFE_S: u32 = 90 * 24 * 60 * 60;
/// Shortest life: tokens can be issued for minutes.
pub const MIN_LIFE_S: u32 = 60;
/// Longest life.
pub const MAX_LIFE_S: u32 = 365 * 24 * 60 * 60;

/// Routes of this module.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(issue, list)).routes(routes!(revoke))
}

/// Why no token was issued.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// No open company has the code.
    #[error("there is no such company")]
    NoCompany,
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system gave no randomness.
    #[error("the system gave no randomness")]
    Randomness,
}

/// Issues a token in a transaction; the command line uses it too.
pub fn issue_in(
    tx: &Transaction<'_>,
    clock: &Clock,
    company: &CompanyCode,
    life_s: u32,
    issued_by: &str,
) -> Result<TokenIssued, IssueError> {
    if !companies::sql::exists(tx, company)? {
        return Err(IssueError::NoCompany);
    }
    let secret = Secret::fresh(SecretKind::Company).map_err(|_| IssueError::Randomness)?;
    let now = clock.now();
    let token = TokenListed {
        token_id: TokenId(clock.new_id()),
        company: company.clone(),
        created_at: now,
        expires_at: expiry(now, life_s),
        revoked_at: None,
    };
    sql::insert_token(tx, &token, secret.hash(), issued_by)?;
    let detail = json!({ "company": company, "expires_at": token.expires_at });
    let subject = format!("token:{}", token.token_id);
    let entry = Entry { actor: issued_by, action: "token.issued", subject: &subject, detail: &detail };
    audit::append(tx, now, &entry)?;
    Ok(TokenIssued {
        token: secret.reveal(),
        token_id: token.token_id,
        company: token.company,
        expires_at: token.expires_at,
    })
}

fn expiry(now: Timestamp, life_s: u32) -> Timestamp {
    now.plus_ms(i64::from(life_s) * 1000)
}

/// Issue a company token. The secret is shown this once; several tokens of a company may be valid at a time.
#[utoipa::path(
    post, path = "/v1/companies/{code}/tokens", tag = "mSale", security(("service_credential" = [])),
    params(("code" = String, Path, description = "Company code, such as `1`")),
    request_body(content = TokenRequest, description = "May be empty"),
    responses(
        (status = 201, description = "Issued", body = TokenIssued),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn issue(
    State(app): State<App>,
    credential: Credential,
    Path(code): Path<String>,
    body: Bytes,
) -> Result<Response, ApiError> {
    let issued_by = format!("service:{}", credential.service()?);
    let company = company_code(&code)?;
    let life_s = life(&body)?;
    let clock = app.clock.clone();
    let issued = app.db.write(move |tx| issue_in(tx, &clock, &company, life_s, &issued_by)).await.map_err(
        |error| match error {
            IssueError::NoCompany => no_company(),
            IssueError::Store(error) => store_away(error),
            IssueError::Randomness => ApiError::unavailable("no randomness"),
        },
    )?;
    tracing::info!(token_id = %issued.token_id, company = %issued.company, "company token issued");
    Ok((StatusCode::CREATED, [(header::CACHE_CONTROL, "no-store")], Json(issued)).into_response())
}

fn life(body: &[u8]) -> Result<u32, ApiError> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(DEFAULT_LIFE_S);
    }
    let request: TokenRequest = serde_json::from_slice(body)
        .map_err(|_| ApiError::new(ErrorCode::BodyMalformed, "Send `{\"expires_in_s\": …}` or nothing."))?;
    let life_s = request.expires_in_s.unwrap_or(DEFAULT_LIFE_S);
    if (MIN_LIFE_S..=MAX_LIFE_S).contains(&life_s) {
        return Ok(life_s);
    }
    Err(ApiError::new(ErrorCode::RequestInvalid, "A token lives from a minute to a year.")
        .with("expires_in_s", "out_of_range"))
}

/// List a company's tokens, without their secrets, newest first.
#[utoipa::path(
    get, path = "/v1/companies/{code}/tokens", tag = "mSale", security(("service_credential" = [])),
    params(("code" = String, Path, description = "Company code")),
    responses(
        (status = 200, description = "At most 500", body = Vec<TokenListed>),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn list(
    State(app): State<App>,
    credential: Credential,
    Path(code): Path<String>,
) -> Result<Json<Vec<TokenListed>>, ApiError> {
    credential.service()?;
    let company = company_code(&code)?;
    let found = app
        .db
        .read(move |c| {
            let exists = companies::sql::exists(c, &company)?;
            let list = sql::list_tokens(c, Some(&company))?;
            Ok::<_, StoreError>(exists.then_some(list))
        })
        .await
        .map_err(store_away)?;
    found.map(Json).ok_or_else(no_company)
}

/// Revoke a token. It stops working at once.
#[utoipa::path(
    delete, path = "/v1/tokens/{token_id}", tag = "mSale", security(("service_credential" = [])),
    params(("token_id" = String, Path, description = "As listed")),
    responses(
        (status = 204, description = "Revoked (now or before)"),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn revoke(
    State(app): State<App>,
    credential: Credential,
    Path(token_id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let actor = format!("service:{}", credential.service()?);
    let unknown = || ApiError::new(ErrorCode::NotFound, "There is no such token.");
    let token_id: TokenId = token_id.parse().map_err(|_| unknown())?;
    let now = app.clock.now();
    let revoke = move |tx: &Transaction<'_>| {
        let found = sql::revoke_token(tx, token_id, now)?;
        if found.is_some() {
            let (subject, detail) = (format!("token:{token_id}"), json!({}));
            let entry = Entry { actor: &actor, action: "token.revoked", subject: &subject, detail: &detail };
            audit::append(tx, now, &entry)?;
        }
        Ok::<_, StoreError>(found)
    };
    let found = app.db.write(revoke).await.map_err(store_away)?;
    tracing::info!(%token_id, "company token revoked");
    found.map(|_| StatusCode::NO_CONTENT).ok_or_else(unknown)
}

fn company_code(text: &str) -> Result<CompanyCode, ApiError> {
    CompanyCode::parse(text).ok_or_else(no_company)
}

fn no_company() -> ApiError {
    ApiError::new(ErrorCode::NotFound, "There is no such company.")
}

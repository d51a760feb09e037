//! `/v1/console/tokens` and `/v1/console/service-credentials`: issued (shown once), listed, revoked. A credential
//! opens every company: who sees only some has none of them.

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chinhchu_protocol::console::Page;
use chinhchu_protocol::console::people::Right;
use chinhchu_protocol::console::systems::{
    ConsoleCredential, ConsoleToken, ConsoleTokenRequest, CredentialIssued, CredentialRequest,
};
use chinhchu_protocol::ids::{CompanyCode, CredentialId, TokenId};
use chinhchu_protocol::problem::Problem;
use chinhchu_protocol::tokens::TokenIssued;
use rusqlite::Transaction;
use serde::Deserialize;
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::http::{DEFAULT_LIFE_S, IssueError, MAX_LIFE_S, MIN_LIFE_S, issue_in};
use super::secret::{Secret, SecretKind};
use super::sql::{self, CredentialListed};
use crate::audit::{self, Entry};
use crate::console::{Person, asked};
use crate::http::{ApiError, App};
use crate::store::StoreError;

const NO_STORE: [(HeaderName, &str); 1] = [(header::CACHE_CONTROL, "no-store")];

/// The routes of tokens.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, issue))
        .routes(routes!(revoke))
        .routes(routes!(list_credentials, issue_credential))
        .routes(routes!(revoke_credential))
}

/// Tokens, newest first, without their secrets.
#[utoipa::path(get, path = "/v1/console/tokens", tag = "console",
    params(("company" = Option<String>, Query), ("after" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, body = Page<ConsoleToken>), (status = "4XX", body = Problem)))]
async fn list(
    State(app): State<App>,
    person: Person,
    query: Result<Query<TokensQuery>, QueryRejection>,
) -> Result<Json<Page<ConsoleToken>>, ApiError> {
    person.may(Right::TokensRead)?;
    let query = asked::query(query)?;
    let limit = asked::limit(query.limit.as_deref())?;
    let before = asked::value("after", query.after.as_deref())?;
    let company = query.company.map(CompanyCode);
    if let Some(company) = &company {
        person.scope.company(company)?;
    }
    let (companies, now) = (person.scope.companies_json(), app.clock.now());
    let read = app
        .db
        .read(move |c| sql::tokens_page(c, company.as_ref(), companies.as_deref(), before, limit + 1, now));
    let items = read.await.map_err(asked::store_away)?;
    Ok(Json(asked::page(items, limit, |last| last.token_id.to_string())))
}

/// Issue a token. The answer shows it this once.
#[utoipa::path(post, path = "/v1/console/tokens", tag = "console", request_body = ConsoleTokenRequest,
    responses((status = 201, body = TokenIssued), (status = "4XX", body = Problem)))]
async fn issue(
    State(app): State<App>,
    person: Person,
    body: Result<Json<ConsoleTokenRequest>, JsonRejection>,
) -> Result<Response, ApiError> {
    person.may(Right::Tokens)?;
    let ConsoleTokenRequest { company, expires_in_s } = asked::body(body)?;
    let life_s = expires_in_s.unwrap_or(DEFAULT_LIFE_S);
    if !(MIN_LIFE_S..=MAX_LIFE_S).contains(&life_s) {
        return Err(asked::invalid("expires_in_s", "out_of_range"));
    }
    if !person.scope.sees_company(&company) {
        return Err(asked::invalid("company", "no_such_company"));
    }
    let (clock, actor) = (app.clock.clone(), person.actor());
    let issued = app.db.write(move |tx| issue_in(tx, &clock, &company, life_s, &actor)).await;
    let issued = issued.map_err(|error| match error {
        IssueError::NoCompany => asked::invalid("company", "no_such_company"),
        IssueError::Store(error) => asked::store_away(error),
        IssueError::Randomness => ApiError::unavailable("no randomness"),
    })?;
    tracing::info!(token_id = %issued.token_id, company = %issued.company, "company token issued");
    Ok((StatusCode::CREATED, NO_STORE, Json(issued)).into_response())
}

/// Take a token back; it stops working at once.
#[utoipa::path(delete, path = "/v1/console/tokens/{token_id}", tag = "console",
    params(("token_id" = String, Path)),
    responses((status = 204), (status = "4XX", body = Problem)))]
async fn revoke(State(app): State<App>, person: Person, path: Path<String>) -> Result<StatusCode, ApiError> {
    person.may(Right::Tokens)?;
    let id: TokenId = asked::id(path)?;
    let (actor, scope, now) = (person.actor(), person.scope, app.clock.now());
    let revoke = move |tx: &Transaction<'_>| {
        let Some(company) = sql::company_of(tx, id)?.filter(|company| scope.sees_company(company)) else {
            return Ok::<_, StoreError>(false);
        };
        sql::revoke_token(tx, id, now)?;
        let (subject, detail) = (format!("token:{id}"), json!({ "company": company }));
        let entry = Entry { actor: &actor, action: "token.revoked", subject: &subject, detail: &detail };
        audit::append(tx, now, &entry)?;
        Ok(true)
    };
    if app.db.write(revoke).await.map_err(asked::store_away)? {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(asked::nothing())
}

/// Credentials of other systems, without their secrets. At most 500: one part.
#[utoipa::path(get, path = "/v1/console/service-credentials", tag = "console",
    responses((status = 200, body = Page<ConsoleCredential>), (status = "4XX", body = Problem)))]
async fn list_credentials(
    State(app): State<App>,
    person: Person,
) -> Result<Json<Page<ConsoleCredential>>, ApiError> {
    of_all(&person, Right::TokensRead)?;
    let found = app.db.read(sql::list_credentials).await.map_err(asked::store_away)?;
    let shown = |one: CredentialListed| ConsoleCredential {
        credential_id: CredentialId(one.credential_id),
        name: one.name,
        created_at: one.created_at,
        revoked_at: one.revoked_at,
    };
    Ok(Json(Page { items: found.into_iter().map(shown).collect(), next: None }))
}

/// Issue a credential. The answer shows it this once.
#[utoipa::path(post, path = "/v1/console/service-credentials", tag = "console",
    request_body = CredentialRequest,
    responses((status = 201, body = CredentialIssued), (status = "4XX", body = Problem)))]
async fn issue_credential(
    State(app): State<App>,
    person: Person,
    body: Result<Json<CredentialRequest>, JsonRejection>,
) -> Result<Response, ApiError> {
    of_all(&person, Right::Tokens)?;
    let CredentialRequest { name } = asked::body(body)?;
    if name.is_empty() || name.len() > 64 || !name.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(asked::invalid("name", "out_of_range"));
    }
    let secret = Secret::fresh(SecretKind::Service).map_err(|_| ApiError::unavailable("no randomness"))?;
    let (id, now, hash) = (app.clock.new_id(), app.clock.now(), secret.hash());
    let (stored, actor) = (name.clone(), person.actor());
    let written = app.db.write(move |tx| {
        sql::insert_credential(tx, id, &stored, hash, now)?;
        let (subject, detail) = (format!("credential:{id}"), json!({ "name": stored }));
        let entry = Entry { actor: &actor, action: "credential.issued", subject: &subject, detail: &detail };
        audit::append(tx, now, &entry)
    });
    written.await.map_err(|error: StoreError| {
        if error.is_conflict() { asked::invalid("name", "taken") } else { asked::store_away(error) }
    })?;
    let issued = CredentialIssued { credential: secret.reveal(), credential_id: CredentialId(id), name };
    Ok((StatusCode::CREATED, NO_STORE, Json(issued)).into_response())
}

/// Take a credential back; it stops working at once.
#[utoipa::path(delete, path = "/v1/console/service-credentials/{credential_id}", tag = "console",
    params(("credential_id" = String, Path)),
    responses((status = 204), (status = "4XX", body = Problem)))]
async fn revoke_credential(
    State(app): State<App>,
    person: Person,
    path: Path<String>,
) -> Result<StatusCode, ApiError> {
    of_all(&person, Right::Tokens)?;
    let id: CredentialId = asked::id(path)?;
    let (actor, now) = (person.actor(), app.clock.now());
    let revoke = move |tx: &Transaction<'_>| {
        let found = sql::revoke_credential(tx, &id.to_string(), now)?;
        if found.is_some() {
            let (subject, detail) = (format!("credential:{id}"), json!({}));
            let entry =
                Entry { actor: &actor, action: "credential.revoked", subject: &subject, detail: &detail };
            audit::append(tx, now, &entry)?;
        }
        Ok::<_, StoreError>(found.is_some())
    };
    if app.db.write(revoke).await.map_err(asked::store_away)? {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(asked::nothing())
}

#[derive(Deserialize)]
struct TokensQuery {
    company: Option<String>,
    after: Option<String>,
    limit: Option<String>,
}

fn of_all(person: &Person, right: Right) -> Result<(), ApiError> {
    person.may(right)?;
    match person.scope.companies {
        None => Ok(()),
        Some(_) => Err(ApiError::forbidden("These open every company.")),
    }
}

//! `GET /v1/calls/{id}/evidence`: what the server holds, for whoever must check a result against its
//! manifest. A service credential only: the manifest holds the agent's note.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use chinhchu_evidence::manifest::open_statement;
use chinhchu_protocol::evidence::EvidenceHeld;
use chinhchu_protocol::problem::Problem;
use rusqlite::Connection;

use super::sql::{self, StoredEvidence};
use crate::calls::http::known_call;
use crate::cases;
use crate::http::{ApiError, App};
use crate::store::StoreError;
use crate::tokens::Credential;
use crate::tokens::auth::store_away;
use crate::workstations;

/// The evidence held for a call: one entry per assignment that left some, oldest first. Evidence from before
/// manifests were signed is not listed.
#[utoipa::path(
    get, path = "/v1/calls/{call_id}/evidence", tag = "mSale",
    security(("service_credential" = [])),
    params(("call_id" = String, Path, description = "Our id of the call")),
    responses(
        (status = 200, description = "What is held; empty before the first upload", body = Vec<EvidenceHeld>),
        (status = 403, description = "`forbidden`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`call_not_found`", body = Problem, content_type = "application/problem+json"),
        (status = 410, description = "`case_erased`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn held(
    State(app): State<App>,
    credential: Credential,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let (call, _) = known_call(&app, &credential, &id).await?;
    let actor = format!("service:{}", credential.service()?);
    let (keys, now) = (app.keys.clone(), app.clock.now());
    let held = app
        .db
        .write(move |tx| {
            let Some(key) = cases::sql::read_key(tx, &keys, call)? else { return Ok(Vec::new()) };
            cases::sql::log_access(tx, call, &actor, "manifest", now)?;
            let mut held = Vec::new();
            for assignment in sql::assignments(tx, call)? {
                let receipt = sql::receipt(tx, call, assignment)?;
                let found = receipt.zip(sql::evidence(tx, &key, call, assignment)?);
                let Some((receipt, stored)) = found else { continue };
                held.push(EvidenceHeld {
                    receipt,
                    manifest: serde_json::from_slice(&stored.manifest)?,
                    manifest_text: statement(tx, &stored)?,
                    envelope: serde_json::from_str(&stored.envelope)?,
                    leaves: serde_json::from_slice(&stored.leaves)?,
                });
            }
            Ok::<_, StoreError>(held)
        })
        .await
        .map_err(store_away)?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(held)).into_response())
}

/// The exact bytes that were signed, as text.
fn statement(connection: &Connection, stored: &StoredEvidence) -> Result<String, StoreError> {
    let corrupt = || StoreError::Corrupt("envelope");
    let key = workstations::sql::key(connection, &stored.key_id)?.ok_or_else(corrupt)?;
    let public = key.public_key.parse().map_err(|_| corrupt())?;
    let opened = open_statement(stored.envelope.as_bytes(), &public).map_err(|_| corrupt())?;
    String::from_utf8(opened.statement_bytes).map_err(|_| corrupt())
}

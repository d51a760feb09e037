//! `/v1/console/calls/{id}/evidence`, `…/export` and `/v1/console/evidence/missing`: what verdicts left behind.
//!
//! The seals are checked when somebody looks, in the way of an export: what the store holds is packed as a bundle
//! and read as anybody would who trusts the server's key alone ([`seals`]). Packing takes memory and hashing: few
//! at once. Every look and every export stands in the audit before it is answered; [`missing`] tells ids only.

mod missing;
mod seals;

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use chinhchu_evidence::Report;
use chinhchu_evidence::bundle::Packing;
use chinhchu_protocol::console::people::Right;
use chinhchu_protocol::console::seals::{EvidenceExport, EvidenceShown};
use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::problem::{ErrorCode, Problem};
use chinhchu_protocol::time::Timestamp;
use serde_json::json;
use tokio::sync::Semaphore;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Person;
use super::calls::{known, store_away};
use super::session::http::NO_STORE;
use crate::audit::{self, Entry};
use crate::cases;
use crate::evidence::pack::{self, Held, PackError, leaf_name};
use crate::http::{ApiError, App};
use crate::store::StoreError;

/// Bundles packed at once: each holds its pictures in memory.
const PACKED_AT_ONCE: usize = 2;
const MAX_HIDDEN: usize = 64;
const MAX_NAME: usize = 128;

static PLACES: Semaphore = Semaphore::const_new(PACKED_AT_ONCE);

/// Routes of this module.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(read)).routes(routes!(export)).routes(routes!(missing::list))
}

/// What each assignment of the call left behind, its seals checked now. The look is recorded.
#[utoipa::path(get, path = "/v1/console/calls/{call_id}/evidence", tag = "console",
    params(("call_id" = String, Path, description = "Our id of the call")),
    responses((status = 200, body = EvidenceShown), (status = 410, description = "`case_erased`", body = Problem),
              (status = "4XX", body = Problem)))]
async fn read(State(app): State<App>, person: Person, Path(id): Path<String>) -> Result<Response, ApiError> {
    person.may(Right::EvidenceRead)?;
    let (call, _) = known(&app, &person.scope, &id).await?;
    let (actor, keys, now) = (person.actor(), app.keys.clone(), app.clock.now());
    let written = app.db.write(move |tx| {
        let key = cases::sql::read_key(tx, &keys, call)?;
        if key.is_some() {
            cases::sql::log_access(tx, call, &actor, "manifest", now)?;
        }
        Ok::<_, StoreError>(key.is_some())
    });
    if !written.await.map_err(store_away)? {
        return Err(ApiError::case_erased());
    }
    let shown = seals::shown(&app, &person, call).await?;
    Ok((NO_STORE, Json(shown)).into_response())
}

/// One file that proves the verdict to somebody without access here. The export is recorded, with its number in
/// the bundle.
#[utoipa::path(post, path = "/v1/console/calls/{call_id}/export", tag = "console", request_body = EvidenceExport,
    params(("call_id" = String, Path, description = "Our id of the call")),
    responses((status = 200, content_type = "application/zip", body = Vec<u8>),
              (status = 410, description = "`case_erased`", body = Problem), (status = "4XX", body = Problem)))]
async fn export(
    State(app): State<App>,
    person: Person,
    Path(id): Path<String>,
    body: Result<Json<EvidenceExport>, JsonRejection>,
) -> Result<Response, ApiError> {
    person.may(Right::EvidenceRead)?;
    let (call, _) = known(&app, &person.scope, &id).await?;
    let Json(wanted) =
        body.map_err(|_| ApiError::new(ErrorCode::BodyMalformed, "Send what to hide as JSON, or `{}`."))?;
    let hide = hidden(&wanted.hide.unwrap_or_default())?;
    let (named, now) = (wanted.assignment, app.clock.now());
    let chosen = app.db.read(move |connection| pack::assignment(connection, call, named)).await;
    let assignment = chosen.map_err(refused)?;
    let seq = announce(&app, &person, call, assignment, &hide, now).await?;
    let (bytes, report) = packed(&app, call, assignment, &hide, (now, Some(seq))).await?;
    if !report.sound {
        // Named in the log for who runs the installation; such evidence is not handed out as sound.
        tracing::error!(%call, assignment, parts = pack::faulty(&report).join(", "), "evidence is not sound");
        return Err(ApiError::new(ErrorCode::EvidenceInvalid, "What the store holds is not sound."));
    }
    Ok(file(call, bytes))
}

/// The names of the API, as the manifest has them.
fn hidden(names: &[String]) -> Result<Vec<String>, ApiError> {
    if names.len() > MAX_HIDDEN || names.iter().any(|name| name.is_empty() || name.len() > MAX_NAME) {
        return Err(ApiError::new(ErrorCode::RequestInvalid, "Too many or too long names to hide.")
            .with("hide", "out_of_range"));
    }
    Ok(names.iter().map(|name| leaf_name(name)).collect())
}

/// Writes the export down before anything is read: nobody takes a bundle unseen. Gives the record's number.
async fn announce(
    app: &App,
    person: &Person,
    call: CallId,
    assignment: u32,
    hide: &[String],
    now: Timestamp,
) -> Result<u64, ApiError> {
    let (actor, subject) = (person.actor(), audit::call_subject(call));
    let detail = json!({ "assignment": assignment, "hidden": hide });
    let written = app.db.write(move |tx| {
        let entry = Entry { actor: &actor, action: "evidence.exported", subject: &subject, detail: &detail };
        audit::append(tx, now, &entry)
    });
    written.await.map_err(store_away)
}

/// The bundle of an assignment, and what a check says of it.
async fn packed(
    app: &App,
    call: CallId,
    assignment: u32,
    hide: &[String],
    (now, audit_seq): (Timestamp, Option<u64>),
) -> Result<(Vec<u8>, Report), ApiError> {
    let _place = PLACES.acquire().await.map_err(ApiError::internal)?;
    let keys = app.keys.clone();
    let gathered =
        app.db.read(move |connection| pack::gather(connection, &keys, call, assignment, now)).await;
    let mut held: Held = gathered.map_err(refused)?;
    held.read_pictures(&app.objects).await;
    let (keys, hide) = (app.keys.clone(), hide.to_vec());
    let packing = Packing { exported_at: now, audit_seq };
    let task = tokio::task::spawn_blocking(move || held.pack(&held.to_hide(&hide), packing, &keys));
    task.await.map_err(ApiError::internal)?.map_err(refused)
}

fn refused(error: PackError) -> ApiError {
    match error {
        PackError::Store(error) => store_away(error),
        PackError::NoCall => ApiError::call_not_found(),
        PackError::Erased => ApiError::case_erased(),
        PackError::NoEvidence | PackError::Unsigned => {
            ApiError::new(ErrorCode::NotFound, "The call has no signed evidence (of that assignment).")
        }
        PackError::NoSuchName(_) => {
            ApiError::new(ErrorCode::RequestInvalid, "There is no such field or picture to hide.")
                .with("hide", "unknown_value")
        }
        PackError::MustBeShown => {
            ApiError::new(ErrorCode::RequestInvalid, "What says what the evidence is of is always shown.")
                .with("hide", "must_be_shown")
        }
        error
        @ (PackError::NoApproval | PackError::NotInLog | PackError::NoRoot(_) | PackError::Fault(_)) => {
            ApiError::internal(error)
        }
    }
}

/// Named by the call's id alone.
fn file(call: CallId, bytes: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(bytes));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/zip"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let name = format!("attachment; filename=\"evidence-{call}.zip\"");
    if let Ok(name) = HeaderValue::from_str(&name) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    response
}

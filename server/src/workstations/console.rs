//! `/v1/console/workstations`: which machines may verify. A workstation belongs to the company of the agent who
//! named its key; a one-time code enrols any workstation, so only who sees every company makes one.

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chinhchu_evidence::PublicKey;
use chinhchu_protocol::console::Page;
use chinhchu_protocol::console::people::Right;
use chinhchu_protocol::console::systems::{
    ApproveRequest, ConsoleWorkstation, InviteRequest, Invited, KeysRevoked, RevokeRequest,
};
use chinhchu_protocol::ids::WorkstationId;
use chinhchu_protocol::problem::{ErrorCode, Problem};
use chinhchu_protocol::workstation::WorkstationState;
use rusqlite::Connection;
use serde::Deserialize;
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::decide::{self, DecideError};
use super::sql::StoredKey;
use super::{code, sql};
use crate::agents;
use crate::audit::{self, Entry};
use crate::console::{Person, Scope, asked};
use crate::http::{ApiError, App};
use crate::store::StoreError;

/// Life of a one-time code, s.
const LIFE_S: std::ops::RangeInclusive<u32> = 300..=2_592_000;
const USUAL_LIFE_S: u32 = 86_400;
const MAX_REASON: usize = 200;
const NO_STORE: [(HeaderName, &str); 1] = [(header::CACHE_CONTROL, "no-store")];

/// The routes of workstations.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(approve))
        .routes(routes!(revoke))
        .routes(routes!(invite))
}

/// Every key that a workstation has named, newest first.
#[utoipa::path(get, path = "/v1/console/workstations", tag = "console",
    params(("state" = Option<WorkstationState>, Query), ("after" = Option<String>, Query),
           ("limit" = Option<u32>, Query)),
    responses((status = 200, body = Page<ConsoleWorkstation>), (status = "4XX", body = Problem)))]
async fn list(
    State(app): State<App>,
    person: Person,
    query: Result<Query<WorkstationsQuery>, QueryRejection>,
) -> Result<Json<Page<ConsoleWorkstation>>, ApiError> {
    person.may(Right::WorkstationsRead)?;
    let query = asked::query(query)?;
    let limit = asked::limit(query.limit.as_deref())?;
    let state: Option<WorkstationState> = match query.state.as_deref() {
        None => None,
        Some(text) => {
            Some(serde_json::from_value(json!(text)).map_err(|_| asked::invalid("state", "unknown_value"))?)
        }
    };
    let scope = person.scope;
    let read = app.db.read(move |c| {
        let mut keys = sql::keys(c)?;
        keys.reverse();
        let keys = keys.into_iter().filter(|key| state.is_none_or(|state| key.state == state));
        let after = query.after;
        let mut passed = after.is_none();
        let mut found = Vec::new();
        for key in keys {
            if !passed {
                passed = after.as_ref() == Some(&key.key_id);
                continue;
            }
            if found.len() > limit as usize {
                break;
            }
            let shown = shown(c, key)?;
            if sees(&scope, &shown) {
                found.push(shown);
            }
        }
        Ok::<_, StoreError>(found)
    });
    let items = read.await.map_err(asked::store_away)?;
    Ok(Json(asked::page(items, limit, |last| last.key_id.clone())))
}

/// Approve the key of this fingerprint, as the workstation's screen shows it. An earlier key is closed.
#[utoipa::path(post, path = "/v1/console/workstations/{workstation_id}/approve", tag = "console",
    params(("workstation_id" = String, Path)), request_body = ApproveRequest,
    responses((status = 200, body = ConsoleWorkstation), (status = "4XX", body = Problem)))]
async fn approve(
    State(app): State<App>,
    person: Person,
    path: Path<String>,
    body: Result<Json<ApproveRequest>, JsonRejection>,
) -> Result<Json<ConsoleWorkstation>, ApiError> {
    person.may(Right::Workstations)?;
    let id: WorkstationId = asked::id(path)?;
    let ApproveRequest { fingerprint } = asked::body(body)?;
    let (actor, scope, keys, now) = (person.actor(), person.scope, app.keys.clone(), app.clock.now());
    let approve = move |tx: &rusqlite::Transaction<'_>| {
        // An approval closes the approved key of before: that must be seen, too.
        let own = own(tx, &scope);
        for key in sql::keys_of(tx, id)? {
            if key.state == WorkstationState::Approved && !own(&key)? {
                return Err(DecideError::NoWorkstation);
            }
        }
        let key = decide::approve_by_fingerprint(tx, &keys, id, &fingerprint, &actor, now)?;
        if !own(&key)? {
            return Err(DecideError::NoWorkstation);
        }
        Ok(shown(tx, key)?)
    };
    let approved = app.db.write(approve).await.map_err(refused)?;
    tell(&app);
    Ok(Json(approved))
}

/// Take every key of a workstation back: its agents get no more calls, its evidence is no longer taken.
#[utoipa::path(post, path = "/v1/console/workstations/{workstation_id}/revoke", tag = "console",
    params(("workstation_id" = String, Path)), request_body = RevokeRequest,
    responses((status = 200, body = KeysRevoked), (status = "4XX", body = Problem)))]
async fn revoke(
    State(app): State<App>,
    person: Person,
    path: Path<String>,
    body: Result<Json<RevokeRequest>, JsonRejection>,
) -> Result<Json<KeysRevoked>, ApiError> {
    person.may(Right::Workstations)?;
    let id: WorkstationId = asked::id(path)?;
    let RevokeRequest { reason } = asked::body(body)?;
    let strange = reason.chars().any(char::is_control);
    if reason.trim().is_empty() || reason.chars().count() > MAX_REASON || strange {
        return Err(asked::invalid("reason", "out_of_range"));
    }
    let (actor, scope, now) = (person.actor(), person.scope, app.clock.now());
    let revoke =
        move |tx: &rusqlite::Transaction<'_>| decide::revoke(tx, id, own(tx, &scope), &actor, &reason, now);
    let revoked = app.db.write(revoke).await.map_err(refused)?;
    tell(&app);
    Ok(Json(KeysRevoked { keys_revoked: u32::try_from(revoked).unwrap_or(u32::MAX) }))
}

/// Make a one-time code that enrols one workstation without waiting. The answer shows it this once.
#[utoipa::path(post, path = "/v1/console/workstations/codes", tag = "console", request_body = InviteRequest,
    responses((status = 201, body = Invited), (status = "4XX", body = Problem)))]
async fn invite(
    State(app): State<App>,
    person: Person,
    body: Result<Json<InviteRequest>, JsonRejection>,
) -> Result<Response, ApiError> {
    person.may(Right::Workstations)?;
    if person.scope.companies.is_some() {
        return Err(ApiError::forbidden("A code enrols a workstation of any company."));
    }
    let life_s = asked::body(body)?.expires_in_s.unwrap_or(USUAL_LIFE_S);
    if !LIFE_S.contains(&life_s) {
        return Err(asked::invalid("expires_in_s", "out_of_range"));
    }
    let enrolment_code = code::fresh(rand::random());
    let hash = code::hash(&enrolment_code).ok_or_else(|| ApiError::internal("a code cannot be kept"))?;
    let (actor, now) = (person.actor(), app.clock.now());
    let expires_at = now.plus_ms(i64::from(life_s) * 1_000);
    let written = app.db.write(move |tx| {
        sql::insert_code(tx, hash, &actor, expires_at, now)?;
        let detail = json!({ "expires_at": expires_at });
        let entry = Entry {
            actor: &actor,
            action: "workstation.invited",
            subject: "enrolment_code",
            detail: &detail,
        };
        audit::append(tx, now, &entry)
    });
    written.await.map_err(asked::store_away)?;
    Ok((StatusCode::CREATED, NO_STORE, Json(Invited { enrolment_code, expires_at })).into_response())
}

#[derive(Deserialize)]
struct WorkstationsQuery {
    state: Option<String>,
    after: Option<String>,
    limit: Option<String>,
}

/// Screens show it at once, and agents of a revoked one get no more calls.
fn tell(app: &App) {
    let snapshot = app.switchboard.snapshot();
    app.switchboard.topics().publish(snapshot.head.seq, [], snapshot.state.agents(), false);
}

fn sees(scope: &Scope, key: &ConsoleWorkstation) -> bool {
    match (&scope.companies, &key.company) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(_), Some(company)) => scope.sees_company(company),
    }
}

/// Whether a key was named by somebody of the person's companies. Each key for itself: an agent of another company
/// who names one under a workstation's id takes nothing away from those whose workstation it is.
fn own<'a>(
    connection: &'a Connection,
    scope: &'a Scope,
) -> impl Fn(&StoredKey) -> Result<bool, StoreError> + 'a {
    |key| Ok(sees(scope, &shown(connection, key.clone())?))
}

fn refused(error: DecideError) -> ApiError {
    match error {
        DecideError::NoWorkstation => asked::nothing(),
        DecideError::NoSuchFingerprint => asked::invalid("fingerprint", "does_not_fit"),
        DecideError::KeyIsOver => asked::invalid("fingerprint", "key_is_over"),
        DecideError::NothingToRevoke => {
            ApiError::new(ErrorCode::ChangeNotPending, "Every key of it was revoked before.")
        }
        DecideError::Key(fault) => ApiError::internal(fault),
        DecideError::Store(error) => asked::store_away(error),
    }
}

fn shown(connection: &Connection, key: StoredKey) -> Result<ConsoleWorkstation, StoreError> {
    let public: PublicKey = key.public_key.parse().map_err(|_| StoreError::Corrupt("a workstation's key"))?;
    let by = agents::sql::agent(connection, key.requested_by)?.map(|agent| agent.profile);
    let (username, company) = by.map(|profile| (profile.username, profile.company)).unzip();
    Ok(ConsoleWorkstation {
        workstation_id: key.workstation_id,
        name: key.name,
        state: key.state,
        fingerprint: public.fingerprint(),
        key_id: key.key_id,
        requested_at: key.requested_at,
        requested_by: key.requested_by,
        username,
        company,
        decided_at: key.decided_at,
        decided_by: key.decided_by,
        reason: key.reason,
    })
}

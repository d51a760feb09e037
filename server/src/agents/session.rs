//! Sign-in and sign-out. A session token is 256 random bits; only its hash is stored.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chinhchu_protocol::agent::{AgentProfile, SessionCloseReason, SignIn, SignedIn};
use chinhchu_protocol::ids::{SessionId, WorkstationId};
use chinhchu_protocol::problem::ErrorCode;
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::{Activity, Input, Refusal, SignOutReason};
use rusqlite::Connection;
use sha2::{Digest, Sha256};

use super::sql::{self, FoundSession, NewSession};
use crate::http::{ApiError, App};
use crate::objects::Keys;
use crate::store::StoreError;
use crate::switchboard::{DriveError, Side, Written};
use crate::tokens::auth::bearer;
use crate::workstations;

/// A shift with some time before and after.
pub const SESSION_LIFE_MS: i64 = 14 * 60 * 60 * 1000;
/// How long after its end a sign-in's evidence is taken: an outbox keeps it longer than any holiday.
const DELIVERY_MS: i64 = 30 * 24 * 60 * 60 * 1000;
/// Says what the secret opens, so that scanners find leaked ones.
const PREFIX: &str = "cas_";
const MAX_USERNAME: usize = 64;
const MAX_PASSWORD: usize = 256;

/// A sign-in that stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AgentSession {
    /// The session.
    pub session_id: SessionId,
    /// From where.
    pub workstation_id: WorkstationId,
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// Who.
    pub agent: AgentProfile,
}

impl FromRequestParts<App> for AgentSession {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        match found(parts, app).await? {
            FoundSession::Open(session) => Ok(session),
            FoundSession::Expired(_) => Err(over(SessionCloseReason::Expired)),
            FoundSession::Closed(reason, ..) => Err(over(reason)),
        }
    }
}

/// A sign-in for the work on a call: one whose time has run out in a call ends with the call, not before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AtWork(pub AgentSession);

impl FromRequestParts<App> for AtWork {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        match found(parts, app).await? {
            FoundSession::Open(session) => Ok(Self(session)),
            FoundSession::Expired(session) if is_in_call(app, &session) => Ok(Self(session)),
            FoundSession::Expired(_) => Err(over(SessionCloseReason::Expired)),
            FoundSession::Closed(reason, ..) => Err(over(reason)),
        }
    }
}

/// The core has this sign-in in a call.
fn is_in_call(app: &App, session: &AgentSession) -> bool {
    app.switchboard.snapshot().state.agent(session.agent.agent_id).is_some_and(|status| {
        status.session.is_some_and(|standing| standing.session == session.session_id)
            && matches!(status.activity, Activity::OnCall { .. })
    })
}

/// A sign-in for the delivery of evidence alone. What was sealed in it may be delivered for some time after it
/// has ended, also by an agent who may not sign in any more: an acknowledged verdict must not lie on a
/// workstation for ever.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delivery {
    /// Who, from where.
    pub session: AgentSession,
    /// It has ended: only its own manifests count.
    pub ended: bool,
}

impl FromRequestParts<App> for Delivery {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let (reason, at, session) = match found(parts, app).await? {
            FoundSession::Open(session) => return Ok(Self { session, ended: false }),
            FoundSession::Expired(session) => (SessionCloseReason::Expired, session.expires_at, session),
            FoundSession::Closed(reason, at, session) => (reason, at, session),
        };
        if app.clock.now().ms_since(at) <= DELIVERY_MS {
            return Ok(Self { session, ended: true });
        }
        Err(over(reason))
    }
}

async fn found(parts: &Parts, app: &App) -> Result<FoundSession, ApiError> {
    let (token_hash, now) = (hash(bearer(&parts.headers)?), app.clock.now());
    let found = app.db.read(move |connection| sql::session_by_token(connection, token_hash, now)).await;
    let found = found.map_err(|error: StoreError| ApiError::unavailable(error))?;
    found.ok_or_else(|| ApiError::new(ErrorCode::TokenInvalid, "This session is not known; sign in."))
}

fn over(reason: SessionCloseReason) -> ApiError {
    match reason {
        SessionCloseReason::Expired => {
            ApiError::new(ErrorCode::TokenExpired, "The session's time is over; sign in again.")
        }
        SessionCloseReason::SignedInElsewhere => closed("signed_in_elsewhere"),
        SessionCloseReason::Forced => closed("forced"),
    }
}

/// A workstation that was away when it happened tells its agent why.
fn closed(why: &'static str) -> ApiError {
    ApiError::new(ErrorCode::TokenRevoked, "The session was closed; sign in again.").with("session", why)
}

/// Signs an agent in; an older session of the same account is closed.
pub async fn sign_in(app: &App, request: SignIn) -> Result<SignedIn, ApiError> {
    check(&request)?;
    let SignIn { username, password, workstation } = request;
    let wait = app.hub.attempts.take(&username, app.clock.now());
    wait.map_err(|seconds| {
        ApiError::new(ErrorCode::RateLimited, "Too many wrong passwords; wait.").retry_after(seconds)
    })?;
    let name = username.clone();
    let stored = app.db.read(move |connection| sql::agent_by_name(connection, &name)).await;
    let stored = stored.map_err(|error: StoreError| ApiError::unavailable(error))?;
    let known = stored.as_ref().map(|agent| agent.password_hash.clone());
    let fits = app.hub.password_checks.verify(password, known).await.map_err(ApiError::unavailable)?;
    let agent = stored.filter(|agent| fits && agent.active).ok_or_else(failed)?;
    app.hub.attempts.clear(&username);

    let token = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()));
    let (now, session_id) = (app.clock.now(), SessionId(app.clock.new_id()));
    let new = NewSession {
        session_id,
        agent_id: agent.profile.agent_id,
        token_hash: hash(&token),
        workstation: workstation.clone(),
        expires_at: now.plus_ms(SESSION_LIFE_MS),
    };
    let expires_at = new.expires_at;
    let input = Input::SignIn {
        agent: agent.profile.agent_id,
        session: session_id,
        workstation: workstation.workstation_id,
    };
    app.switchboard.drive_fresh(input, Some(Arc::new(new))).await.map_err(|error| match error {
        DriveError::Refused(Refusal::AgentInactive | Refusal::AgentUnknown) => failed(),
        error => ApiError::unavailable(error),
    })?;
    let session = AgentSession {
        session_id,
        workstation_id: workstation.workstation_id,
        expires_at,
        agent: agent.profile.clone(),
    };
    let workstation = workstations::standing(app, &session).await?;
    Ok(SignedIn { session_token: token, session_id, expires_at, agent: agent.profile, workstation })
}

/// Signs out; refused while in a call.
pub async fn sign_out(app: &App, session: &AgentSession) -> Result<(), ApiError> {
    let input = Input::SignOut {
        agent: session.agent.agent_id,
        session: session.session_id,
        why: SignOutReason::Agent,
    };
    match app.switchboard.drive(input).await {
        Ok(_) | Err(DriveError::Refused(Refusal::SessionStale | Refusal::AgentUnknown)) => Ok(()),
        Err(DriveError::Refused(Refusal::InCall)) => {
            Err(ApiError::forbidden("Finish the call first, then sign out."))
        }
        Err(error) => Err(ApiError::unavailable(error)),
    }
}

impl Side for NewSession {
    fn write(&self, tx: &Connection, _keys: &Keys, written: &Written<'_>) -> Result<(), StoreError> {
        sql::insert_session(tx, self, written.now)
    }
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

fn failed() -> ApiError {
    ApiError::new(ErrorCode::SignInFailed, "The user name or the password is wrong.")
}

fn check(request: &SignIn) -> Result<(), ApiError> {
    let mut error = ApiError::new(ErrorCode::RequestInvalid, "The sign-in has faults.");
    let mut faulty = false;
    for (field, length, longest) in [
        ("username", request.username.len(), MAX_USERNAME),
        ("password", request.password.len(), MAX_PASSWORD),
        ("workstation.version", request.workstation.version.len(), 32),
        ("workstation.os", request.workstation.os.len(), 32),
    ] {
        let code = match length {
            0 => "missing",
            length if length > longest => "too_long",
            _ => continue,
        };
        (error, faulty) = (error.with(field, code), true);
    }
    if faulty { Err(error) } else { Ok(()) }
}

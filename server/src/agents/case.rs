//! The case and its pictures, for the agent who has the call (N4). Every look is recorded.

use bytes::Bytes;
use chinhchu_protocol::agent::AgentCase;
use chinhchu_protocol::call::{CallState, ImageKind};
use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::problem::ErrorCode;
use chinhchu_routing::Activity;

use super::AgentSession;
use crate::cases::{self, StoredCase, StoredPicture};
use crate::http::{ApiError, App};
use crate::store::StoreError;
use crate::views::words;

/// What the agent compares.
pub async fn case(app: &App, session: &AgentSession, call: CallId) -> Result<AgentCase, ApiError> {
    has_call(app, session, call)?;
    let (keys, now) = (app.keys.clone(), app.clock.now());
    let read = app.db.read(move |connection| {
        let Some(stored) = cases::sql::read(connection, &keys, call)? else { return Ok(None) };
        let pictures = cases::sql::pictures(connection, call, None)?;
        Ok(Some((stored, pictures, words::greeting(connection, now)?)))
    });
    let found: Option<(StoredCase, Vec<StoredPicture>, String)> =
        read.await.map_err(|error: StoreError| ApiError::unavailable(error))?;
    let (stored, pictures, greeting) = found.ok_or_else(ApiError::call_not_found)?;
    looked(app, session, call, "case").await?;
    Ok(AgentCase {
        call_id: call,
        company: stored.company,
        case: stored.case,
        policy: stored.policy,
        images: pictures.iter().map(|picture| picture.agent_image_ref(call)).collect(),
        greeting,
    })
}

/// One picture of the case: the upright copy without metadata, if there is one. Gives type and bytes.
pub async fn picture(
    app: &App,
    session: &AgentSession,
    call: CallId,
    kind: ImageKind,
) -> Result<(String, Bytes), ApiError> {
    has_call(app, session, call)?;
    let keys = app.keys.clone();
    let read = app.db.read(move |connection| {
        let Some(key) = cases::sql::read_key(connection, &keys, call)? else { return Ok(None) };
        let pictures = cases::sql::pictures(connection, call, None)?;
        Ok(pictures.into_iter().find(|picture| picture.kind == kind).map(|picture| (key, picture)))
    });
    let found = read.await.map_err(|error: StoreError| ApiError::unavailable(error))?;
    let (key, picture) =
        found.ok_or_else(|| ApiError::new(ErrorCode::NotFound, "The case has no such picture."))?;
    let (object, content_type) = match (picture.display_object_id, picture.display_type) {
        (Some(object), Some(content_type)) => (object, content_type),
        (_, _) => (picture.object_id, picture.content_type),
    };
    let bytes = app.objects.get(&key, object).await.map_err(ApiError::unavailable)?;
    looked(app, session, call, kind.name()).await?;
    Ok((content_type, bytes))
}

/// The agent who has the call, from accept until the wrap-up is over or the evidence is here.
fn has_call(app: &App, session: &AgentSession, call: CallId) -> Result<(), ApiError> {
    let snapshot = app.switchboard.snapshot();
    let agent = session.agent.agent_id;
    let status = snapshot.state.call(call);
    let assigned = status.and_then(|status| {
        let live = status.state != CallState::Ended;
        status.assignment.filter(|assignment| live && assignment.agent == agent)
    });
    let wraps_up = snapshot.state.agent(agent).is_some_and(|agent| match agent.activity {
        Activity::WrapUp { call: of, .. } | Activity::OnCall { call: of, .. } => of == call,
        Activity::SignedOut
        | Activity::Available { .. }
        | Activity::Paused { .. }
        | Activity::Ringing { .. } => false,
    });
    if assigned.is_some() || wraps_up { Ok(()) } else { Err(ApiError::call_not_found()) }
}

async fn looked(app: &App, session: &AgentSession, call: CallId, what: &'static str) -> Result<(), ApiError> {
    let (actor, now) = (format!("agent:{}", session.agent.agent_id), app.clock.now());
    let written = app.db.write(move |tx| cases::sql::log_access(tx, call, &actor, what, now)).await;
    written.map_err(|error: StoreError| ApiError::unavailable(error))
}

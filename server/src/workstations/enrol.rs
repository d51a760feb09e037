//! A workstation names its key and proves that it holds the private half. The same key again changes nothing;
//! a one-time code of IT approves at once.

use std::str::FromStr;

use chinhchu_evidence::PublicKey;
use chinhchu_protocol::problem::ErrorCode;
use chinhchu_protocol::time::Timestamp;
use chinhchu_protocol::workstation::{WorkstationEnrol, WorkstationStanding, WorkstationState, enrol_proof};
use rusqlite::{Connection, params};
use serde_json::json;

use super::decide::{self, DecideError};
use super::sql::{self, StoredKey};
use super::{code, standing};
use crate::agents::AgentSession;
use crate::http::{ApiError, App};
use crate::objects::Keys;
use crate::store::{StoreError, rows};

const MAX_NAME: usize = 64;
/// Keys of one agent that may wait for approval: more are a fault, or somebody's game.
const MAX_WAITING: u32 = 20;

/// Why a key was not taken.
#[derive(Debug, thiserror::Error)]
enum EnrolError {
    #[error("another workstation has this key")]
    AnothersKey,
    #[error("the code does not hold")]
    CodeInvalid,
    #[error("too many keys wait")]
    TooMany,
    #[error(transparent)]
    Decide(#[from] DecideError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Takes a key; gives where the workstation stands then.
pub async fn enrol(
    app: &App,
    session: &AgentSession,
    request: WorkstationEnrol,
) -> Result<WorkstationStanding, ApiError> {
    let public = check(app, session, &request)?;
    let now = app.clock.now();
    let new = StoredKey {
        key_id: public.id().to_string(),
        workstation_id: session.workstation_id,
        name: request.name.trim().to_owned(),
        public_key: public.to_string(),
        state: WorkstationState::Pending,
        requested_at: now,
        requested_by: session.agent.agent_id,
        decided_at: None,
        decided_by: None,
        reason: None,
        enrolment: None,
        replaced: false,
    };
    let (keys, id, code) = (app.keys.clone(), session.session_id, request.enrolment_code);
    let took = app.db.write(move |tx| {
        take(tx, &keys, &new, code.as_deref(), now)?;
        Ok::<_, EnrolError>(sql::prove(tx, id, &new.key_id)?)
    });
    took.await.map_err(refused)?;
    // The socket's view shows it.
    let seq = app.switchboard.snapshot().head.seq;
    app.switchboard.topics().publish(seq, [], [session.agent.agent_id], false);
    standing(app, session).await
}

fn take(
    tx: &Connection,
    keys: &Keys,
    new: &StoredKey,
    code: Option<&str>,
    now: Timestamp,
) -> Result<(), EnrolError> {
    let state = match sql::key(tx, &new.key_id)? {
        Some(known) if known.workstation_id != new.workstation_id => return Err(EnrolError::AnothersKey),
        Some(known) => known.state,
        None => {
            let waiting =
                "SELECT count(*) FROM workstation_keys WHERE state = 'pending' AND requested_by = ?1";
            let by = new.requested_by.0.as_bytes();
            let waiting: Option<u32> = rows::first(tx, waiting, params![by], |row| row.get(0))?;
            if waiting.unwrap_or(0) >= MAX_WAITING {
                return Err(EnrolError::TooMany);
            }
            sql::insert(tx, new)?;
            let actor = format!("agent:{}", new.requested_by);
            let detail = json!({ "key_id": new.key_id, "name": new.name });
            decide::write_down(tx, new, &actor, "workstation.requested", &detail, now)?;
            new.state
        }
    };
    // An approved key needs no code: the answer to the first try may have been lost.
    if let (WorkstationState::Pending, Some(written)) = (state, code) {
        let hash = code::hash(written).ok_or(EnrolError::CodeInvalid)?;
        let issuer = sql::use_code(tx, hash, &new.key_id, now)?.ok_or(EnrolError::CodeInvalid)?;
        decide::approve(tx, keys, new, &format!("code of {issuer}"), now)?;
    }
    Ok(())
}

fn check(app: &App, session: &AgentSession, request: &WorkstationEnrol) -> Result<PublicKey, ApiError> {
    let invalid =
        |field, code| ApiError::new(ErrorCode::RequestInvalid, "The enrolment has faults.").with(field, code);
    let name = request.name.trim();
    if name.is_empty() || name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
        return Err(invalid("name", if name.is_empty() { "missing" } else { "out_of_range" }));
    }
    let public =
        PublicKey::from_str(&request.public_key).map_err(|fault| invalid("public_key", fault.code()))?;
    let nonce = app.keys.enrolment_nonce(session.session_id);
    if request.nonce != nonce {
        return Err(invalid("nonce", "mismatch"));
    }
    let signed = enrol_proof(&nonce, session.workstation_id, &request.public_key);
    if public.proves(&signed, &request.proof) { Ok(public) } else { Err(invalid("proof", "mismatch")) }
}

fn refused(error: EnrolError) -> ApiError {
    match error {
        EnrolError::AnothersKey => {
            ApiError::new(ErrorCode::RequestInvalid, "Another workstation has this key; make a new one.")
                .with("public_key", "taken")
        }
        EnrolError::CodeInvalid => {
            ApiError::new(ErrorCode::EnrolmentCodeInvalid, "Ask IT for a new code, or enrol without one.")
        }
        EnrolError::TooMany => {
            ApiError::new(ErrorCode::RateLimited, "Too many keys wait for approval.").retry_after(3_600)
        }
        EnrolError::Decide(error) => ApiError::unavailable(error),
        EnrolError::Store(error) => ApiError::unavailable(error),
    }
}

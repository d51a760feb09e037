//! Which workstations may verify: each names a signing key and proves that it holds it; IT approves it, by its
//! fingerprint or by a one-time code given beforehand, and can take it back.
//!
//! A sign-in stands for the key that was proven in it. Without an approved key an agent cannot become available
//! or accept, and no evidence is taken. An approval is a statement signed by the server ([`decide`]).
//!
//! [`enrol`] a workstation names its key · [`decide`] approval, revocation, quarantine · [`http`] the routes ·
//! [`code`] one-time codes · [`console`] what administrators do · [`sql`] the rows.

pub mod code;
pub mod console;
pub mod decide;
pub mod enrol;
pub mod http;
pub mod sql;

use chinhchu_protocol::problem::ErrorCode;
use chinhchu_protocol::time::Timestamp;
use chinhchu_protocol::workstation::{WorkstationStanding, WorkstationState};

use self::sql::StoredKey;
use crate::agents::AgentSession;
use crate::http::{ApiError, App};
use crate::store::StoreError;

/// Reason of the pause of an agent whose workstation may not verify.
pub const PAUSE: &str = "workstation_not_approved";

/// Where the workstation of a sign-in stands.
pub async fn standing(app: &App, session: &AgentSession) -> Result<WorkstationStanding, ApiError> {
    let id = session.session_id;
    let read = app.db.read(move |connection| sql::key_of_session(connection, id)).await;
    let key = read.map_err(|error: StoreError| ApiError::unavailable(error))?;
    Ok(WorkstationStanding {
        state: key.as_ref().map_or(WorkstationState::Unknown, |key| key.state),
        key_id: key.map(|key| key.key_id),
        nonce: app.keys.enrolment_nonce(session.session_id),
        server_key: app.keys.signing().public().to_string(),
    })
}

/// Why evidence signed with a key is not taken; none if it is. A key that another one has replaced still delivers the
/// calls that were accepted before: a verdict that was shown as done must arrive. The server knows both moments.
pub fn delivery_refusal(
    key: &StoredKey,
    accepted_at: Option<Timestamp>,
) -> Option<(ErrorCode, &'static str)> {
    let before = |replaced| accepted_at.is_some_and(|accepted| accepted < replaced);
    if decide::replaced_at(key).is_some_and(before) { None } else { refusal(key.state) }
}

/// Why a workstation may not verify; none if it may.
pub const fn refusal(state: WorkstationState) -> Option<(ErrorCode, &'static str)> {
    match state {
        WorkstationState::Approved => None,
        WorkstationState::Unknown | WorkstationState::Pending => {
            Some((ErrorCode::WorkstationNotApproved, "Ask IT to approve this workstation."))
        }
        WorkstationState::Revoked => {
            Some((ErrorCode::WorkstationRevoked, "The key was revoked; a new one is needed."))
        }
        WorkstationState::Quarantined => {
            Some((ErrorCode::WorkstationQuarantined, "The key is in quarantine; a new one is needed."))
        }
    }
}

//! Which workstations may verify: each names a signing key and proves that it holds it; IT approves it, by its
//! fingerprint or by a one-time code given beforehand, and can take it back.
//!
//! A sign-in stands for the key that was proven in it. Without an approved key an agent cannot become available
//! or accept, and no evidence is taken.
//!
//! [`sql`] the rows.

pub mod sql;

use chinhchu_protocol::workstation::{WorkstationStanding, WorkstationState};

use crate::agents::AgentSession;
use crate::http::{ApiError, App};
use crate::store::StoreError;

/// Where the workstation of a sign-in stands.
pub async fn standing(app: &App, session: &AgentSession) -> Result<WorkstationStanding, ApiError> {
    let (id, workstation) = (session.session_id, session.workstation_id);
    let read = app.db.read(move |connection| sql::key_of_session(connection, id, workstation)).await;
    let key = read.map_err(|error: StoreError| ApiError::unavailable(error))?;
    Ok(WorkstationStanding {
        state: key.as_ref().map_or(WorkstationState::Unknown, |key| key.state),
        key_id: key.map(|key| key.key_id),
        nonce: app.keys.enrolment_nonce(session.session_id),
        server_key: String::new(),
    })
}

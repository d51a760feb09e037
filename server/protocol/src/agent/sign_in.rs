//! Sign-in over HTTPS: who, from where, and what comes of it.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::ids::{AgentId, CompanyCode, SessionId, WorkstationId};
use crate::time::Timestamp;
use crate::workstation::WorkstationStanding;

/// Body of `POST /v1/agent/sessions`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct SignIn {
    /// Unique in the installation.
    pub username: String,
    /// Checked with argon2id.
    pub password: String,
    /// From where.
    pub workstation: WorkstationInfo,
}

/// Which workstation signs in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct WorkstationInfo {
    /// Made at first start.
    pub workstation_id: WorkstationId,
    /// Version of the program.
    pub version: String,
    /// `linux` or `windows`.
    pub os: String,
}

/// Answer to a sign-in. `DELETE /v1/agent/sessions/current` signs out.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct SignedIn {
    /// Kept in the OS keyring.
    pub session_token: String,
    /// The session.
    pub session_id: SessionId,
    /// When the session ends by itself.
    pub expires_at: Timestamp,
    /// Who signed in.
    pub agent: AgentProfile,
    /// Whether the workstation may verify.
    pub workstation: WorkstationStanding,
}

/// Who sits at the workstation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct AgentProfile {
    /// The agent.
    pub agent_id: AgentId,
    /// Sign-in name.
    pub username: String,
    /// Shown to dealers and on evidence.
    pub name: String,
    /// Employer's company (C1).
    pub company: CompanyCode,
    /// Partner, if employed through one (C2).
    pub partner: Option<String>,
}

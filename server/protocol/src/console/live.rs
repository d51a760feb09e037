//! The wallboard: how the lines and the agents stand now. `GET /v1/console/wallboard`, and the same as events.
//!
//! Times, never ages: a picture in which nothing happened is the same picture, and is not sent again.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::agent::QueueSummary;
use crate::ids::{AgentId, CallId, CompanyCode};
use crate::time::Timestamp;

/// Everything of the person's companies (or partner) at one moment.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct Wallboard {
    /// The server's time when it was drawn: ages are reckoned from it.
    pub at: Timestamp,
    /// One per company whose agents serve calls that the person may see, in order of codes.
    pub pools: Vec<PoolNow>,
    /// Agents who are signed in and whom the person may see, in order of names.
    pub agents: Vec<AgentNow>,
    /// What needs somebody to look; the gravest kinds first.
    pub alarms: Vec<Alarm>,
}

/// The calls that one company's agents serve (C1), as far as the person may see them.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct PoolNow {
    /// The company whose agents serve.
    pub company: CompanyCode,
    /// Its name.
    pub name: String,
    /// Whose calls they are: home companies, of those that the person may see.
    pub homes: Vec<CompanyCode>,
    /// Calls by where they stand.
    pub calls: CallsNow,
    /// The calls that wait, oldest first, at most 20.
    pub oldest: Vec<WaitingNow>,
    /// All calls that its agents may take now, also of other companies (overflow); null where that is more than
    /// the person may see.
    pub line: Option<QueueSummary>,
    /// Its agents by what they do, of those that the person may see.
    pub agents: AgentsNow,
    /// The last 30 minutes.
    pub now: ServiceFigures,
    /// Since midnight in Vietnam.
    pub today: ServiceFigures,
}

/// Calls by where they stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct CallsNow {
    /// Their page is not ready yet.
    pub preparing: u32,
    /// In the queue.
    pub waiting: u32,
    /// Ringing at an agent.
    pub offering: u32,
    /// Accepted, no media yet.
    pub connecting: u32,
    /// Agent and customer see each other.
    pub in_call: u32,
    /// One side is away and has 15 s to come back.
    pub reconnecting: u32,
    /// The workstation still owes the evidence.
    pub awaiting_evidence: u32,
}

/// A call that waits.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct WaitingNow {
    /// The call.
    pub call_id: CallId,
    /// Its home company.
    pub home: CompanyCode,
    /// Since when.
    pub since: Timestamp,
}

/// Agents by what they do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct AgentsNow {
    /// May be asked.
    pub available: u32,
    /// On a break.
    pub paused: u32,
    /// A call is offered.
    pub ringing: u32,
    /// Have a call.
    pub on_call: u32,
    /// After a call.
    pub wrap_up: u32,
    /// Their workstation did not ring (I7).
    pub suspect: u32,
}

/// What an agent does, as the wallboard tells it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum AgentDoes {
    /// May be asked.
    Available,
    /// On a break; `reason` says why.
    Paused,
    /// A call is offered.
    Ringing,
    /// Has a call.
    OnCall,
    /// After a call.
    WrapUp,
    /// Set aside because the workstation did not ring (I7).
    Suspect,
}

/// An agent who is signed in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct AgentNow {
    /// Who.
    pub agent_id: AgentId,
    /// Sign-in name.
    pub username: String,
    /// Name.
    pub name: String,
    /// Employer's company.
    pub company: CompanyCode,
    /// Partner, if any.
    pub partner: Option<String>,
    /// What the agent does.
    pub activity: AgentDoes,
    /// Since when.
    pub since: Timestamp,
    /// Why paused: a code of the operator's list, `signed_in`, `missed_rings` or `connection_lost`.
    pub reason: Option<String>,
    /// The call that rings, is had or was had.
    pub call_id: Option<CallId>,
    /// Whether the workstation is connected.
    pub connected: bool,
}

/// How a line was served in a span of time. Counted from calls that were taken in, in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct ServiceFigures {
    /// Calls that joined the queue.
    pub offered: u32,
    /// Accepted by an agent.
    pub answered: u32,
    /// Of these, within `within_s`.
    pub answered_within: u32,
    /// The caller gave up (hung up, cancelled, or was lost) before an agent accepted.
    pub abandoned: u32,
    /// Of these, within `within_s`.
    pub abandoned_within: u32,
    /// Nobody could take them within the maximum wait.
    pub no_agent: u32,
    /// Confirmed.
    pub confirmed: u32,
    /// Rejected.
    pub rejected: u32,
    /// The time within which a call should be answered, seconds.
    pub within_s: u32,
    /// First definition (C4): answered within it ÷ offered, per mille; null if nothing was offered.
    pub level_per_mille: Option<u32>,
    /// Second definition: answered within it ÷ (offered − abandoned within it), per mille.
    pub level_patient_per_mille: Option<u32>,
}

/// Something that needs somebody to look.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum Alarm {
    /// Calls wait and no agent of the company works: nobody is connected, or all are paused.
    NobodyOnDuty {
        /// The serving company.
        company: CompanyCode,
        /// Calls that wait.
        calls: u32,
        /// Since when the oldest does.
        since: Timestamp,
        /// Agents who are connected, but paused.
        paused: u32,
    },
    /// Verdicts without their evidence (`/v1/console/evidence/missing`).
    EvidenceMissing {
        /// The serving company.
        company: CompanyCode,
        /// Calls.
        calls: u32,
        /// When the oldest of these calls was taken in.
        since: Timestamp,
    },
    /// A workstation did not ring (I7): its agent is not asked until it connects again.
    WorkstationSuspect {
        /// Whose.
        agent_id: AgentId,
        /// The agent's company.
        company: CompanyCode,
        /// Since when.
        since: Timestamp,
    },
    /// Results wait for mSale or eKYC to acknowledge them.
    WebhookBacklog {
        /// The one company whose endpoints these are; null for endpoints of all companies.
        company: Option<CompanyCode>,
        /// Deliveries that have waited for more than 5 minutes.
        deliveries: u32,
        /// Since when the oldest waits.
        since: Timestamp,
    },
    /// A second person disagrees with a verdict of the last 7 days.
    ReviewDisagreed {
        /// The call.
        call_id: CallId,
        /// The serving company.
        company: CompanyCode,
        /// When the review was given.
        since: Timestamp,
    },
}

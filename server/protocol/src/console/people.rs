//! People of the console: who signs in, what a role may do, and for which companies.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::ids::{CompanyCode, PersonId};
use crate::time::Timestamp;

/// What somebody is at the operator. Agents use the workstation and never the console.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum Role {
    /// Leads agents: wallboard, calls, reports, staffing.
    TeamLead,
    /// Answers for a company's verification: the team lead's, evidence, and who its agents are.
    Supervisor,
    /// Looks at everything and reviews verdicts; changes nothing else.
    Auditor,
    /// Runs the installation; does not review.
    Administrator,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::TeamLead, Self::Supervisor, Self::Auditor, Self::Administrator];

    /// As it stands on the wire and in the store.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TeamLead => "team_lead",
            Self::Supervisor => "supervisor",
            Self::Auditor => "auditor",
            Self::Administrator => "administrator",
        }
    }

    /// Reads [`Self::name`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == text)
    }
}

/// What a person may do. `…_read` only looks; a name without it, where there is a pair, changes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum Right {
    /// Queues and agents as they stand now.
    Wallboard,
    /// Calls, their time line, and why this agent.
    CallsRead,
    /// Pictures and manifests of verdicts; every look is recorded.
    EvidenceRead,
    /// Judge verdicts a second time.
    Review,
    /// Reports, reconciliation, the evaluation of a trial.
    Reports,
    /// The staffing calculator.
    Staffing,
    /// The catalogue, what-if.
    PolicyRead,
    /// Change the catalogue.
    PolicyWrite,
    /// Companies, who serves whom, their settings.
    CompaniesRead,
    /// Change them.
    CompaniesWrite,
    /// Tokens and service credentials as listed.
    TokensRead,
    /// Issue and revoke them.
    Tokens,
    /// Agents.
    AgentsRead,
    /// Add and change agents, sign them out.
    AgentsWrite,
    /// People of the console.
    PeopleRead,
    /// Add and change people, end their sessions.
    People,
    /// Workstations and their keys.
    WorkstationsRead,
    /// Approve and revoke them.
    Workstations,
    /// Webhooks and their deliveries.
    WebhooksRead,
    /// Add and change webhooks, send again.
    Webhooks,
    /// Who did what.
    AuditRead,
    /// Erase a case, hold it for a dispute.
    CaseErase,
}

/// How a session stands with the second factor.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum SecondFactor {
    /// Shown in this session.
    On,
    /// Not asked here: the operator's directory signed the person in and asks for its own.
    Off,
    /// There is none yet; everything else waits for it.
    ToSetUp,
    /// There is one and this session has not shown it yet.
    Wanted,
}

/// Body of `POST /v1/console/session`.
#[derive(Clone, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct ConsoleSignIn {
    /// Sign-in name.
    pub username: String,
    /// Password.
    pub password: String,
}

/// Who is signed in and what that allows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct Me {
    /// Names the person.
    pub person_id: PersonId,
    /// Sign-in name.
    pub username: String,
    /// Name.
    pub name: String,
    /// Role.
    pub role: Role,
    /// What the session may do now; nothing while the second factor or an own password is missing.
    pub rights: Vec<Right>,
    /// Only these companies; null for all.
    pub companies: Option<Vec<CompanyCode>>,
    /// Only this partner's agents and their calls; null for all.
    pub partner: Option<String>,
    /// `to_set_up` and `wanted` stand before everything else.
    pub second_factor: SecondFactor,
    /// The session was opened by a password that somebody else made: an own one is to be set before anything else.
    pub password_temporary: bool,
}

/// A person as listed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct PersonListed {
    /// Names the person.
    pub person_id: PersonId,
    /// Sign-in name.
    pub username: String,
    /// Name.
    pub name: String,
    /// Role.
    pub role: Role,
    /// Only these companies; null for all.
    pub companies: Option<Vec<CompanyCode>>,
    /// Only this partner; null for all.
    pub partner: Option<String>,
    /// May sign in.
    pub active: bool,
    /// Has set the second factor up.
    pub second_factor: bool,
    /// Has a password; otherwise the directory signs the person in.
    pub password: bool,
    /// The directory's own name for the person (the value of the configured claim).
    pub directory_id: Option<String>,
    /// When the person was added.
    pub created_at: Timestamp,
    /// Sessions that stand.
    pub sessions: u32,
}

/// Body of `PUT /v1/console/people/{id}`: the whole of what can be changed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct PersonChange {
    /// Name.
    pub name: String,
    /// Role.
    pub role: Role,
    /// Only these companies; null for all. Has to be said: who leaves it out has not thought of it.
    #[serde(deserialize_with = "said")]
    pub companies: Option<Vec<CompanyCode>>,
    /// Only this partner; null for all. Has to be said.
    #[serde(deserialize_with = "said")]
    pub partner: Option<String>,
    /// The directory's own name for the person; null if the directory does not sign the person in.
    pub directory_id: Option<String>,
}

/// Without a word, a null is not meant.
fn said<'de, D: serde::Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<T>, D::Error> {
    Option::deserialize(from)
}

/// Body of `POST /v1/console/people`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct PersonNew {
    /// Sign-in name, unique in the installation; never changes.
    pub username: String,
    /// Whether a password is made; without one only the directory signs the person in.
    pub password: bool,
    /// Everything else.
    #[serde(flatten)]
    pub person: PersonChange,
}

/// A person who was added, or whose password was made anew.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct PersonAdded {
    /// The person.
    pub person: PersonListed,
    /// Shown this once; null if none was made.
    pub password: Option<String>,
}

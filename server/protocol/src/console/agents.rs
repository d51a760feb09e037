//! Agents and partners, as the console keeps them (C2).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::case::CustomerType;
use crate::ids::{AgentId, CompanyCode};
use crate::time::Timestamp;

/// Whom an agent can serve. An empty list leaves nobody out.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct AgentSkills {
    /// Customer types; empty: all.
    pub customer_types: BTreeSet<CustomerType>,
    /// Languages such as `vi`, `en`; empty: all. At most 16.
    pub languages: BTreeSet<String>,
}

/// What an agent does now.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum AgentStanding {
    /// May not sign in.
    Disabled,
    /// Is not there.
    SignedOut,
    /// Takes calls.
    Available,
    /// On a break.
    Paused,
    /// A call rings.
    Ringing,
    /// In a call.
    OnCall,
    /// After a call.
    WrapUp,
}

impl AgentStanding {
    /// Every standing.
    pub const ALL: [Self; 7] = [
        Self::Disabled,
        Self::SignedOut,
        Self::Available,
        Self::Paused,
        Self::Ringing,
        Self::OnCall,
        Self::WrapUp,
    ];

    /// As it stands on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::SignedOut => "signed_out",
            Self::Available => "available",
            Self::Paused => "paused",
            Self::Ringing => "ringing",
            Self::OnCall => "on_call",
            Self::WrapUp => "wrap_up",
        }
    }
}

/// An agent as listed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct AgentListed {
    /// Names the agent.
    pub agent_id: AgentId,
    /// Sign-in name.
    pub username: String,
    /// Name, as shown to dealers and on evidence.
    pub name: String,
    /// The company that employs the agent.
    pub company: CompanyCode,
    /// The partner through which; null for the company's own staff.
    pub partner: Option<String>,
    /// Whom the agent can serve; counts where the company's rules say so.
    pub skills: AgentSkills,
    /// What the agent does now.
    pub state: AgentStanding,
    /// When the agent was added.
    pub created_at: Timestamp,
}

/// Body of `PUT /v1/console/agents/{id}`: the whole of what can be changed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct AgentChange {
    /// Name, as shown to dealers and on evidence.
    pub name: String,
    /// The company that employs the agent from now on.
    pub company: CompanyCode,
    /// The partner through which; null for the company's own staff.
    pub partner: Option<String>,
    /// Whom the agent can serve.
    #[serde(default)]
    pub skills: AgentSkills,
}

/// Body of `POST /v1/console/agents`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct AgentNew {
    /// Sign-in name, unique in the installation; never changes.
    pub username: String,
    /// Everything else.
    #[serde(flatten)]
    pub agent: AgentChange,
}

/// An agent who was added, or whose password was made anew.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct AgentAdded {
    /// The agent.
    pub agent: AgentListed,
    /// Shown this once.
    pub password: String,
}

/// Body of `POST /v1/console/agents/{id}/sign-out`; may be empty.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct AgentSignOut {
    /// Why; kept with the sign-in. At most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub reason: Option<String>,
}

/// What a row of an import does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum ImportDeed {
    /// A new agent.
    Add,
    /// One who is known is changed.
    Change,
    /// Nothing: it is so already.
    Same,
}

/// A row of an import that can be taken.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct ImportRow {
    /// Line of the file; the heading is line 1.
    pub line: u32,
    /// Sign-in name.
    pub username: String,
    /// What it does.
    pub deed: ImportDeed,
    /// What a change changes: `name`, `company`, `partner`, `customer_types`, `languages`.
    pub changes: Vec<String>,
}

/// A fault of a row.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct ImportFault {
    /// Line of the file; the heading is line 1.
    pub line: u32,
    /// The column.
    pub field: String,
    /// What is wrong with it, such as `missing`, `unknown_value`, `repeated`, `bad_characters`, `name_taken`.
    pub code: String,
}

/// A password made by an import.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct ImportPassword {
    /// Sign-in name.
    pub username: String,
    /// Shown this once.
    pub password: String,
}

/// Answer to `POST /v1/console/agents/import`. With a fault in any row nothing is taken.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct AgentImport {
    /// It was taken; a preview, and what has faults, is not.
    pub taken: bool,
    /// The rows without a fault.
    pub rows: Vec<ImportRow>,
    /// Every fault.
    pub faults: Vec<ImportFault>,
    /// Of the agents that were added; shown this once.
    pub passwords: Vec<ImportPassword>,
}

/// A partner, as far as agents are employed through it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct PartnerListed {
    /// Its name.
    pub partner: String,
    /// Companies with agents of it.
    pub companies: Vec<CompanyCode>,
    /// Its agents who may sign in.
    pub agents: u32,
}

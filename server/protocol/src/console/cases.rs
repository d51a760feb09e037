//! Destroying a customer's data on demand, and keeping it for a dispute. Ids and times only: whose number it was
//! stands in the body of the search and nowhere else.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::ids::{CallId, CompanyCode};
use crate::time::Timestamp;

/// Body of `POST /v1/console/cases/search`: one of the two.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export, optional_fields)]
pub struct CaseSearch {
    /// Our id of a call.
    pub call_id: Option<String>,
    /// Number of the subscriber, with 0, 84 or +84 before it.
    pub msisdn: Option<String>,
    /// Where the list goes on.
    pub after: Option<String>,
    /// 1 to 100.
    pub limit: Option<u32>,
}

/// Whether the data of a call can be destroyed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum CaseStanding {
    /// It is over, and nothing keeps it.
    Erasable,
    /// The call is not over.
    Running,
    /// A legal hold keeps it.
    Held,
    /// Destroyed on demand before.
    Erased,
    /// Destroyed at the end of its time before.
    Expired,
}

/// A call whose data somebody wants destroyed, or kept.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct CaseFound {
    /// The call.
    pub call_id: CallId,
    /// Home company: whose customer it is.
    pub home: CompanyCode,
    /// When it was taken in.
    pub created_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Whether its data can be destroyed.
    pub standing: CaseStanding,
    /// The hold that keeps it.
    pub hold: Option<LegalHold>,
    /// Pictures that would be destroyed.
    pub pictures: u32,
    /// Records of verdicts whose content would be destroyed.
    pub evidence: u32,
    /// When its data was destroyed.
    pub destroyed_at: Option<Timestamp>,
}

/// What keeps a call from erasure and expiry.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct LegalHold {
    /// The call.
    pub call_id: CallId,
    /// Since when.
    pub placed_at: Timestamp,
    /// By whom, as in the audit.
    pub placed_by: String,
    /// By which people know that one; null on the command line.
    pub placed_by_name: Option<String>,
    /// Such as a file number.
    pub reason: String,
}

/// Body of `POST /v1/console/cases/erase`. The same again destroys nothing more and gives the same tombstones.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct CaseErase {
    /// Ids of 1 to 100 calls.
    pub calls: Vec<String>,
    /// How many calls that are, as the person typed it.
    pub confirm: u32,
    /// Such as a file number, no names; 1 to 200 characters.
    pub reason: String,
}

/// What became of a call whose erasure was asked for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum EraseOutcome {
    /// Its data was destroyed now.
    Erased,
    /// That was done before, on demand.
    ErasedBefore,
    /// That was done before, at the end of its time.
    Expired,
    /// Nothing was done: a legal hold keeps it.
    Held,
    /// Nothing was done: the call is not over.
    Running,
}

/// One call of an erasure.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct CaseErased {
    /// The call.
    pub call_id: CallId,
    /// What became of it.
    pub outcome: EraseOutcome,
    /// Its line in the signed list of erased calls.
    pub tombstone: Option<TombstoneShown>,
}

/// A line of the signed list of erased calls.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct TombstoneShown {
    /// Its number, from 1.
    #[ts(type = "number")]
    pub n: u64,
    /// SHA-256 of the line, hex: by which the audit names it.
    pub sha256: String,
    /// When it was asked for.
    pub erased_at: Timestamp,
}

/// Answer to `POST /v1/console/cases/erase`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct CasesErased {
    /// Every call that was named, in its order.
    pub items: Vec<CaseErased>,
}

/// Body of `POST /v1/console/calls/{id}/hold` and `…/release`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct HoldReason {
    /// Such as a file number, no names; 1 to 200 characters.
    pub reason: String,
}

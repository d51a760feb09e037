//! Calls on the console: searched, shown, explained. No case data here: who the customer is stands in
//! [`CallCase`] alone, which has its own right and leaves a record of every look.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::review::ReviewShown;
use crate::agent::LostSide;
use crate::call::{CallState, Decision, EndReason, ImageRef, Notice, QueuePlace};
use crate::case::{Case, CustomerType, Payment};
use crate::evidence::VerdictStanding;
use crate::ids::{AgentId, CallId, CompanyCode, WorkstationId};
use crate::policy::CallPolicy;
use crate::time::Timestamp;

/// How the evidence of a call stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum EvidenceStanding {
    /// None is owed.
    None,
    /// Owed, and waited for.
    Due,
    /// Here.
    Complete,
    /// Owed, and the call has ended without it.
    Missing,
}

/// In which order calls are listed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum CallOrder {
    /// Newest first.
    #[default]
    Newest,
    /// Oldest first.
    Oldest,
}

/// Which calls are wanted: the query of `GET /v1/console/calls`, and the body of `POST /v1/console/calls/search`.
/// `msisdn` and `external_id` stand in the body only, never in a URL.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export, optional_fields)]
pub struct CallFilter {
    /// Taken in not before.
    pub from: Option<Timestamp>,
    /// Taken in before.
    pub to: Option<Timestamp>,
    /// Where they stand.
    pub state: Option<CallState>,
    /// Why they ended.
    pub end_reason: Option<EndReason>,
    /// The verdict.
    pub decision: Option<Decision>,
    /// Reason of the verdict, a code.
    pub reason: Option<String>,
    /// How their evidence stands.
    pub evidence: Option<EvidenceStanding>,
    /// Home company.
    pub home: Option<CompanyCode>,
    /// Serving company.
    pub serving: Option<CompanyCode>,
    /// Account of the dealer, whole.
    pub dealer: Option<String>,
    /// Who answered last.
    pub agent: Option<AgentId>,
    /// That agent's partner.
    pub partner: Option<String>,
    /// Prepaid or postpaid.
    pub payment: Option<Payment>,
    /// Subscriber type.
    pub sub_type: Option<String>,
    /// Phone number, whole; in the body only.
    pub msisdn: Option<String>,
    /// eKYC's id of the transaction, whole; in the body only.
    pub external_id: Option<String>,
    /// Newest first, if missing.
    pub sort: Option<CallOrder>,
    /// `next` of the part before.
    pub after: Option<String>,
    /// 1 to 100; 50 if missing.
    pub limit: Option<u32>,
}

/// An agent whom the person may see. Where a field for one is null, nobody was there, or somebody of another
/// company or partner.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct AgentNamed {
    /// Who.
    pub agent_id: AgentId,
    /// Sign-in name.
    pub username: String,
    /// Name.
    pub name: String,
}

/// A call in a list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct CallListed {
    /// The call.
    pub call_id: CallId,
    /// Home company.
    pub home: CompanyCode,
    /// Whose agents have it, or are to have it.
    pub serving: CompanyCode,
    /// Account of the dealer.
    pub dealer: Option<String>,
    /// Prepaid or postpaid.
    pub payment: Option<Payment>,
    /// Subscriber type.
    pub sub_type: Option<String>,
    /// Individual, VI2 or enterprise.
    pub customer_type: Option<CustomerType>,
    /// When it was taken in.
    pub created_at: Timestamp,
    /// When it joined the queue first.
    pub queued_at: Option<Timestamp>,
    /// When an agent accepted first.
    pub answered_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Where it stands.
    pub state: CallState,
    /// Why it ended.
    pub end_reason: Option<EndReason>,
    /// The verdict that counts.
    pub decision: Option<Decision>,
    /// Its reason, a code.
    pub reason: Option<String>,
    /// It came after the call had ended by itself.
    pub late: bool,
    /// Who answered last.
    pub agent: Option<AgentNamed>,
    /// That agent's partner.
    pub partner: Option<String>,
    /// How many agents were asked.
    pub offers: u32,
    /// From the queue to the first accept, or to the end, ms.
    pub wait_ms: Option<u32>,
    /// In conversation, ms.
    pub talk_ms: Option<u32>,
    /// With the wrap-up, ms.
    pub handle_ms: Option<u32>,
    /// How its evidence stands.
    pub evidence: EvidenceStanding,
    /// A second person disagrees with the verdict.
    pub disagreed: bool,
}

/// `GET /v1/console/calls/{id}`, and each of its events.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct CallShown {
    /// As in the list.
    #[serde(flatten)]
    #[ts(flatten)]
    pub call: CallListed,
    /// The rule that held at intake.
    pub policy: Option<CallPolicy>,
    /// Place in the queue; null unless waiting.
    pub queue: Option<QueuePlace>,
    /// When the present state runs out by itself.
    pub deadline: Option<Timestamp>,
    /// Whether the caller's page is connected; null once the call is over.
    pub caller_connected: Option<bool>,
    /// What the dealer was told, oldest first.
    pub notices: Vec<Notice>,
    /// Whom it rang at, oldest first.
    pub attempts: Vec<OfferShown>,
    /// Who had it, oldest first.
    pub assignments: Vec<AssignmentShown>,
    /// The live assignment, from `connecting` to `reconnecting`.
    pub contact: Option<ContactNow>,
    /// When the key of its case was destroyed.
    pub erased_at: Option<Timestamp>,
    /// A dispute keeps it from being erased.
    pub held: bool,
    /// What a second person says.
    pub review: Option<ReviewShown>,
}

/// How an offer ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum OfferEnd {
    /// The agent took the call (F1).
    Accepted,
    /// The agent declined, and that ended the call (F2).
    Declined,
    /// The agent passed (F5).
    Passed,
    /// It rang, and nobody answered (F5).
    Missed,
    /// No ring was confirmed in time (I7).
    NeverRang,
    /// Withdrawn: the caller is away.
    CallerAway,
    /// Withdrawn: the call is over.
    CallOver,
    /// Withdrawn: the agent is away or signed out.
    AgentAway,
}

/// One attempt on one agent.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct OfferShown {
    /// Number in its call, from 1.
    pub offer: u32,
    /// To whom.
    pub agent: Option<AgentNamed>,
    /// The agent's company then.
    pub company: CompanyCode,
    /// When.
    pub at: Timestamp,
    /// When the ring was confirmed.
    pub rang_at: Option<Timestamp>,
    /// When it ended.
    pub done_at: Option<Timestamp>,
    /// How; null while it rings.
    pub outcome: Option<OfferEnd>,
}

/// One accept by one agent.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct AssignmentShown {
    /// Number in its call, from 1.
    pub assignment: u32,
    /// Who had it.
    pub agent: Option<AgentNamed>,
    /// When it was accepted; null in very old calls.
    pub accepted_at: Option<Timestamp>,
    /// When its verdict was first heard of.
    pub sealed_at: Option<Timestamp>,
    /// What its evidence counts for; null while there is none.
    pub standing: Option<VerdictStanding>,
    /// Whether its verdict is the call's.
    pub counts: bool,
}

/// How the two sides of a running call stand.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct ContactNow {
    /// Number of the assignment.
    pub assignment: u32,
    /// When media first flowed both ways.
    pub media_since: Option<Timestamp>,
    /// Who is away (F3).
    pub lost: Option<LostSide>,
    /// The server hears neither side.
    pub unwitnessed: bool,
    /// The caller may be another person than before, and the agent has not compared again.
    pub compare_again: bool,
}

/// `GET /v1/console/calls/{id}/case`: what eKYC sent. Every look is recorded.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct CallCase {
    /// The call.
    pub call_id: CallId,
    /// As eKYC sent it.
    pub case: Case,
    /// The agent's words on the verdict that counts.
    pub note: Option<String>,
    /// The pictures of the case.
    pub images: Vec<ImageRef>,
}

/// Why evidence is owed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum OwedBecause {
    /// The workstation has told of its sealed verdict.
    Sealed,
    /// The server heard of neither end any more: there may be a verdict.
    ConversationOver,
}

/// An assignment whose evidence is not here.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct EvidenceOwed {
    /// The call.
    pub call_id: CallId,
    /// Its assignment.
    pub assignment: u32,
    /// Whose agents served it.
    pub serving: CompanyCode,
    /// Who had it.
    pub agent: Option<AgentNamed>,
    /// Where the evidence should be.
    pub workstation_id: Option<WorkstationId>,
    /// By which IT knows it; null where its agent is not to be named.
    pub workstation: Option<String>,
    /// Why it is owed.
    pub why: OwedBecause,
    /// Since when.
    pub since: Timestamp,
    /// The call waits for it still.
    pub awaited: bool,
}

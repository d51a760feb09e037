//! Why an input changes nothing.

use serde::{Deserialize, Serialize};

/// A refusal; the state stays as it was. An input that already took effect is no refusal (it gives no facts).
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, thiserror::Error,
)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The call never existed, or ended long ago and is forgotten.
    #[error("the call is not known")]
    CallUnknown,
    /// The call is over.
    #[error("the call has ended")]
    CallEnded,
    /// Another call has this id already.
    #[error("the call id is taken by another call")]
    CallExists,
    /// No such agent.
    #[error("the agent is not known")]
    AgentUnknown,
    /// The agent may not sign in.
    #[error("the agent is not active")]
    AgentInactive,
    /// No such company.
    #[error("the company is not known")]
    CompanyUnknown,
    /// No company serves the calls of this one (C1).
    #[error("nobody serves the calls of this company")]
    NobodyServes,
    /// As many calls of the company wait as may.
    #[error("the queue is full")]
    QueueFull,
    /// The session is closed, or another one took its place.
    #[error("the session is not the agent's current one")]
    SessionStale,
    /// A newer socket of the same session, or a newer page of the same call, took over.
    #[error("a newer socket took over")]
    EpochStale,
    /// The page is not the first thing: it has to connect before it speaks.
    #[error("the socket is not connected")]
    NotConnected,
    /// The offer is over or never was this agent's.
    #[error("the offer is over")]
    OfferOver,
    /// The assignment is over or never was this agent's.
    #[error("the assignment is over")]
    AssignmentOver,
    /// The verdict comes from somebody who never had the assignment.
    #[error("the assignment belongs to another agent")]
    WrongAgent,
    /// Another manifest or decision was sealed or stored for this assignment.
    #[error("another verdict is recorded for this assignment")]
    VerdictDiffers,
    /// The agent has a call and must finish it first.
    #[error("the agent is in a call")]
    InCall,
    /// A span that ends before it begins.
    #[error("the span of the outage is empty")]
    OutageEmpty,
}

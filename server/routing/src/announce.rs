//! What a fact means to the dealer and to the operator's systems. Pure; the driver stores and sends it.

use chinhchu_protocol::agent::LostSide;
use chinhchu_protocol::call::{EndReason, NoticeCode};
use chinhchu_protocol::evidence::VerdictStanding;
use chinhchu_protocol::ids::{AgentId, CallId};
use chinhchu_protocol::webhook::WebhookEventType;

use crate::fact::{Event, Fact, OfferOutcome};

/// The notice for the dealer, if the fact is worth one.
pub fn notice_of(fact: &Fact) -> Option<NoticeCode> {
    match &fact.event {
        Event::CallQueued { .. } => Some(NoticeCode::Queued),
        Event::AssignmentVoided { .. } => Some(NoticeCode::AgentLost),
        Event::NobodyOnDuty { .. } => Some(NoticeCode::NobodyOnDuty),
        Event::PoolClosed { .. } => Some(NoticeCode::Closed),
        Event::CallAccepted { .. } => Some(NoticeCode::AgentAccepted),
        Event::OfferClosed { outcome, .. } => match outcome {
            OfferOutcome::Declined => Some(NoticeCode::AgentDeclined),
            OfferOutcome::Passed
            | OfferOutcome::Missed
            | OfferOutcome::NeverRang
            | OfferOutcome::AgentAway => Some(NoticeCode::Redirected),
            OfferOutcome::CallerAway | OfferOutcome::CallOver => None,
        },
        Event::VideoConnected { .. } => Some(NoticeCode::VideoConnected),
        Event::SideLost { side: LostSide::Caller, .. } => Some(NoticeCode::CallerReconnecting),
        Event::SideLost { side: LostSide::Agent, .. } => Some(NoticeCode::AgentReconnecting),
        Event::SideBack { side: LostSide::Caller, .. } => Some(NoticeCode::CallerBack),
        Event::SideBack { side: LostSide::Agent, .. } => Some(NoticeCode::AgentBack),
        Event::VerdictSealed { .. } | Event::EvidenceTaken { standing: VerdictStanding::Late, .. } => {
            Some(NoticeCode::VerdictGiven)
        }
        Event::CallEnded { .. } => Some(NoticeCode::Ended),
        Event::EvidenceTaken { standing: VerdictStanding::Counts | VerdictStanding::Superseded, .. }
        | Event::RulesAdopted { .. }
        | Event::CompanySet { .. }
        | Event::ServingSet { .. }
        | Event::AgentSet { .. }
        | Event::CallTakenIn { .. }
        | Event::CallerConnected { .. }
        | Event::CallerDisconnected { .. }
        | Event::Offered { .. }
        | Event::Rang { .. }
        | Event::AgentSparedEnough { .. }
        | Event::Unwitnessed { .. }
        | Event::WitnessedAgain { .. }
        | Event::CompareAgain { .. }
        | Event::Compared { .. }
        | Event::CallOverflowed { .. }
        | Event::OverflowPlanned { .. }
        | Event::ConversationOver { .. }
        | Event::CallRecalled { .. }
        | Event::AgentSignedIn { .. }
        | Event::AgentSignedOut { .. }
        | Event::AgentConnected { .. }
        | Event::AgentDisconnected { .. }
        | Event::AgentAvailable { .. }
        | Event::AgentPaused { .. }
        | Event::AgentWished { .. }
        | Event::WrapUpStarted { .. }
        | Event::Outage { .. }
        | Event::Restarted { .. } => None,
    }
}

/// The webhooks to send for a fact. F2 gives two: `call.declined` and `call.ended`.
pub fn webhooks_of(fact: &Fact) -> &'static [WebhookEventType] {
    match &fact.event {
        Event::CallAccepted { .. } => &[WebhookEventType::CallAccepted],
        Event::CallEnded { reason: EndReason::Declined, .. } => {
            &[WebhookEventType::CallDeclined, WebhookEventType::CallEnded]
        }
        Event::CallEnded { .. } => &[WebhookEventType::CallEnded],
        Event::EvidenceTaken { standing: VerdictStanding::Counts | VerdictStanding::Late, .. } => {
            &[WebhookEventType::CallResult]
        }
        Event::EvidenceTaken { standing: VerdictStanding::Superseded, .. }
        | Event::RulesAdopted { .. }
        | Event::CompanySet { .. }
        | Event::ServingSet { .. }
        | Event::AgentSet { .. }
        | Event::CallTakenIn { .. }
        | Event::CallerConnected { .. }
        | Event::CallerDisconnected { .. }
        | Event::CallQueued { .. }
        | Event::NobodyOnDuty { .. }
        | Event::PoolClosed { .. }
        | Event::Offered { .. }
        | Event::Rang { .. }
        | Event::OfferClosed { .. }
        | Event::AgentSparedEnough { .. }
        | Event::VideoConnected { .. }
        | Event::SideLost { .. }
        | Event::SideBack { .. }
        | Event::Unwitnessed { .. }
        | Event::WitnessedAgain { .. }
        | Event::CompareAgain { .. }
        | Event::Compared { .. }
        | Event::CallOverflowed { .. }
        | Event::OverflowPlanned { .. }
        | Event::AssignmentVoided { .. }
        | Event::ConversationOver { .. }
        | Event::VerdictSealed { .. }
        | Event::CallRecalled { .. }
        | Event::AgentSignedIn { .. }
        | Event::AgentSignedOut { .. }
        | Event::AgentConnected { .. }
        | Event::AgentDisconnected { .. }
        | Event::AgentAvailable { .. }
        | Event::AgentPaused { .. }
        | Event::AgentWished { .. }
        | Event::WrapUpStarted { .. }
        | Event::Outage { .. }
        | Event::Restarted { .. } => &[],
    }
}

/// The call a fact is about: its views change. (The places of other waiting calls may change too.)
pub fn call_of(fact: &Fact) -> Option<CallId> {
    match &fact.event {
        Event::CallTakenIn { call, .. }
        | Event::CallerConnected { call, .. }
        | Event::CallerDisconnected { call, .. }
        | Event::CallQueued { call, .. }
        | Event::NobodyOnDuty { call }
        | Event::PoolClosed { call, .. }
        | Event::Offered { call, .. }
        | Event::Rang { call, .. }
        | Event::OfferClosed { call, .. }
        | Event::AgentSparedEnough { call, .. }
        | Event::CallAccepted { call, .. }
        | Event::VideoConnected { call, .. }
        | Event::SideLost { call, .. }
        | Event::SideBack { call, .. }
        | Event::Unwitnessed { call, .. }
        | Event::WitnessedAgain { call, .. }
        | Event::CompareAgain { call, .. }
        | Event::Compared { call, .. }
        | Event::CallOverflowed { call, .. }
        | Event::OverflowPlanned { call, .. }
        | Event::AssignmentVoided { call, .. }
        | Event::ConversationOver { call, .. }
        | Event::VerdictSealed { call, .. }
        | Event::EvidenceTaken { call, .. }
        | Event::CallEnded { call, .. }
        | Event::WrapUpStarted { call, .. } => Some(*call),
        Event::CallRecalled { record } => Some(record.call),
        Event::RulesAdopted { .. }
        | Event::CompanySet { .. }
        | Event::ServingSet { .. }
        | Event::AgentSet { .. }
        | Event::AgentSignedIn { .. }
        | Event::AgentSignedOut { .. }
        | Event::AgentConnected { .. }
        | Event::AgentDisconnected { .. }
        | Event::AgentAvailable { .. }
        | Event::AgentPaused { .. }
        | Event::AgentWished { .. }
        | Event::Outage { .. }
        | Event::Restarted { .. } => None,
    }
}

/// The agent a fact names. A fact about an assignment without its agent changes that agent's view too: ask
/// [`crate::Switchboard::call`] before and after.
pub fn agent_of(fact: &Fact) -> Option<AgentId> {
    match &fact.event {
        Event::AgentSet { agent, .. }
        | Event::Offered { agent, .. }
        | Event::Rang { agent, .. }
        | Event::OfferClosed { agent, .. }
        | Event::AgentSparedEnough { agent, .. }
        | Event::CallAccepted { agent, .. }
        | Event::AssignmentVoided { agent, .. }
        | Event::VerdictSealed { agent, .. }
        | Event::EvidenceTaken { agent, .. }
        | Event::AgentSignedIn { agent, .. }
        | Event::AgentSignedOut { agent, .. }
        | Event::AgentConnected { agent, .. }
        | Event::AgentDisconnected { agent, .. }
        | Event::AgentAvailable { agent }
        | Event::AgentPaused { agent, .. }
        | Event::AgentWished { agent, .. }
        | Event::WrapUpStarted { agent, .. } => Some(*agent),
        Event::RulesAdopted { .. }
        | Event::CompanySet { .. }
        | Event::ServingSet { .. }
        | Event::CallTakenIn { .. }
        | Event::CallerConnected { .. }
        | Event::CallerDisconnected { .. }
        | Event::CallQueued { .. }
        | Event::NobodyOnDuty { .. }
        | Event::PoolClosed { .. }
        | Event::VideoConnected { .. }
        | Event::SideLost { .. }
        | Event::SideBack { .. }
        | Event::Unwitnessed { .. }
        | Event::WitnessedAgain { .. }
        | Event::CompareAgain { .. }
        | Event::Compared { .. }
        | Event::CallOverflowed { .. }
        | Event::OverflowPlanned { .. }
        | Event::ConversationOver { .. }
        | Event::CallEnded { .. }
        | Event::CallRecalled { .. }
        | Event::Outage { .. }
        | Event::Restarted { .. } => None,
    }
}

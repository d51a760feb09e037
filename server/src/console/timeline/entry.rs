//! A fact of a call as an entry of its time line. Pure.

use chinhchu_protocol::console::calls::OfferEnd;
use chinhchu_protocol::console::timeline::{TimelineCode as Code, TimelineEntry};
use chinhchu_protocol::ids::AgentId;
use chinhchu_routing::{Event, OfferOutcome};

use super::Told;

/// The entry, and whom it names; none for a fact that is about no call.
pub fn of(told: &Told) -> Option<(TimelineEntry, Option<AgentId>)> {
    let code = code(&told.fact.event)?;
    let mut entry = TimelineEntry {
        seq: told.seq,
        at: told.fact.at,
        rules_version: told.rules_version,
        code,
        deadline: None,
        offer: None,
        assignment: None,
        agent: None,
        company: None,
        side: None,
        outcome: None,
        decision: None,
        standing: None,
        end_reason: None,
        changed: false,
    };
    fill(&mut entry, &told.fact.event);
    Some((entry, chinhchu_routing::agent_of(&told.fact)))
}

fn code(event: &Event) -> Option<Code> {
    Some(match event {
        Event::CallTakenIn { .. } => Code::CallTakenIn,
        Event::CallerConnected { .. } => Code::CallerConnected,
        Event::CallerDisconnected { .. } => Code::CallerDisconnected,
        Event::CallQueued { .. } => Code::CallQueued,
        Event::PoolClosed { .. } => Code::PoolClosed,
        Event::CallOverflowed { .. } => Code::CallOverflowed,
        Event::OverflowPlanned { .. } => Code::OverflowPlanned,
        Event::NobodyOnDuty { .. } => Code::NobodyOnDuty,
        Event::Offered { .. } => Code::Offered,
        Event::Rang { .. } => Code::Rang,
        Event::OfferClosed { .. } => Code::OfferClosed,
        Event::AgentSparedEnough { .. } => Code::AgentSparedEnough,
        Event::CallAccepted { .. } => Code::CallAccepted,
        Event::VideoConnected { .. } => Code::VideoConnected,
        Event::SideLost { .. } => Code::SideLost,
        Event::SideBack { .. } => Code::SideBack,
        Event::Unwitnessed { .. } => Code::Unwitnessed,
        Event::WitnessedAgain { .. } => Code::WitnessedAgain,
        Event::CompareAgain { .. } => Code::CompareAgain,
        Event::Compared { .. } => Code::Compared,
        Event::AssignmentVoided { .. } => Code::AssignmentVoided,
        Event::ConversationOver { .. } => Code::ConversationOver,
        Event::VerdictSealed { .. } => Code::VerdictSealed,
        Event::EvidenceTaken { .. } => Code::EvidenceTaken,
        Event::CallEnded { .. } => Code::CallEnded,
        Event::CallRecalled { .. } => Code::CallRecalled,
        Event::WrapUpStarted { .. } => Code::WrapUpStarted,
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
        | Event::Restarted { .. } => return None,
    })
}

fn fill(entry: &mut TimelineEntry, event: &Event) {
    match event {
        Event::CallTakenIn { company, ready_by, .. } => {
            entry.company = Some(company.clone());
            entry.deadline = Some(*ready_by);
        }
        Event::CallerConnected { other_device, .. } => entry.changed = *other_device,
        Event::CallerDisconnected { back_by, .. } => entry.deadline = Some(*back_by),
        Event::CallQueued { serving, wait_until, .. } => {
            entry.company = Some(serving.clone());
            entry.deadline = Some(*wait_until);
        }
        Event::PoolClosed { serving, opens_at, .. } => {
            entry.company = Some(serving.clone());
            entry.deadline = *opens_at;
        }
        Event::CallOverflowed { to, .. } => entry.company = Some(to.clone()),
        Event::Offered { offer, rang_by, .. } => {
            entry.offer = Some(*offer);
            entry.deadline = Some(*rang_by);
        }
        Event::Rang { offer, .. } => entry.offer = Some(*offer),
        Event::OfferClosed { offer, outcome, .. } => {
            entry.offer = Some(*offer);
            entry.outcome = Some(end_of(*outcome));
        }
        Event::CallAccepted { offer, assignment, serving, connect_by, .. } => {
            (entry.offer, entry.assignment) = (Some(*offer), Some(*assignment));
            entry.company = Some(serving.clone());
            entry.deadline = Some(*connect_by);
        }
        Event::EvidenceTaken { .. } | Event::VerdictSealed { .. } => verdict(entry, event),
        Event::CallEnded { reason, .. } => entry.end_reason = Some(*reason),
        Event::WrapUpStarted { until, .. } => entry.deadline = Some(*until),
        // What is left is about an assignment, or says no more than its code.
        _ => contact(entry, event),
    }
}

fn verdict(entry: &mut TimelineEntry, event: &Event) {
    match event {
        Event::VerdictSealed { assignment, decision, evidence_by, .. } => {
            (entry.assignment, entry.decision) = (Some(*assignment), Some(*decision));
            entry.deadline = Some(*evidence_by);
        }
        Event::EvidenceTaken { assignment, decision, standing, .. } => {
            (entry.assignment, entry.decision) = (Some(*assignment), Some(*decision));
            entry.standing = Some(*standing);
        }
        // Nothing else carries a verdict.
        _ => {}
    }
}

fn contact(entry: &mut TimelineEntry, event: &Event) {
    match event {
        Event::SideLost { assignment, side, back_by, .. } => {
            (entry.assignment, entry.side) = (Some(*assignment), Some(*side));
            entry.deadline = Some(*back_by);
        }
        Event::SideBack { assignment, side, .. } => {
            (entry.assignment, entry.side) = (Some(*assignment), Some(*side));
        }
        Event::Unwitnessed { assignment, heard_by, .. } => {
            entry.assignment = Some(*assignment);
            entry.deadline = Some(*heard_by);
        }
        Event::AssignmentVoided { assignment, serving, wait_until, .. } => {
            entry.assignment = Some(*assignment);
            entry.company = Some(serving.clone());
            entry.deadline = Some(*wait_until);
        }
        Event::ConversationOver { assignment, evidence_by, .. } => {
            entry.assignment = Some(*assignment);
            entry.deadline = Some(*evidence_by);
        }
        Event::VideoConnected { assignment, .. }
        | Event::WitnessedAgain { assignment, .. }
        | Event::CompareAgain { assignment, .. }
        | Event::Compared { assignment, .. } => entry.assignment = Some(*assignment),
        // Says no more than its code.
        _ => {}
    }
}

/// How an offer ended, on the wire.
pub const fn end_of(outcome: OfferOutcome) -> OfferEnd {
    match outcome {
        OfferOutcome::Declined => OfferEnd::Declined,
        OfferOutcome::Passed => OfferEnd::Passed,
        OfferOutcome::Missed => OfferEnd::Missed,
        OfferOutcome::NeverRang => OfferEnd::NeverRang,
        OfferOutcome::CallerAway => OfferEnd::CallerAway,
        OfferOutcome::CallOver => OfferEnd::CallOver,
        OfferOutcome::AgentAway => OfferEnd::AgentAway,
    }
}

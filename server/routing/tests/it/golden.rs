//! The JSON of every fact and every input, as it stands in logs for ever. A changed line here is a log that
//! can't be read any more: fields may be added (with a default), never renamed or removed.
//!
//! `GOLDEN=write cargo test -p chinhchu-routing golden` writes the files anew; look at the difference.

use chinhchu_protocol::agent::{GiveUpReason, LostSide, RingProof, WantedStatus};
use chinhchu_protocol::call::{Decision, EndReason};
use chinhchu_protocol::case::CustomerType;
use chinhchu_protocol::evidence::VerdictStanding;
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::fact::{Considered, OverflowDue, WhyNot};
use chinhchu_routing::settings::{OverflowStep, Selection, SkillRule};
use chinhchu_routing::{
    AgentSocket, CallerSocket, EndedCall, Event, Fact, Input, Needs, OfferOutcome, Settings, SignOutReason,
    Skills, Verdict,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::world::{START, agent_id, call_id, company, session_id, sha, workstation_id};

const LATER: Timestamp = START.plus_ms(15_000);

fn record() -> EndedCall {
    let verdict =
        |standing| Verdict { decision: Decision::Confirmed, manifest_sha256: sha(7), at: START, standing };
    EndedCall {
        call: call_id(1),
        company: company("4"),
        ended_at: START,
        reason: EndReason::Failed,
        forget_at: LATER,
        served_by: Some(company("1")),
        assigned: vec![agent_id(1), agent_id(2)],
        last_offer: Some((3, agent_id(2))),
        verdicts: [(1, verdict(None)), (2, verdict(Some(VerdictStanding::Superseded)))].into(),
    }
}

fn overflow() -> Vec<OverflowDue> {
    vec![OverflowDue { at: LATER, to: company("3") }]
}

/// One of each.
fn events() -> Vec<Event> {
    let (call, agent, session, workstation) = (call_id(1), agent_id(1), session_id(1), workstation_id(1));
    let (assignment, offer, manifest_sha256, decision) = (2, 3, sha(7), Decision::Rejected);
    let considered = vec![Considered { agent: agent_id(2), why_not: WhyNot::IdleForLess }];
    vec![
        Event::RulesAdopted { version: 1 },
        Event::CompanySet { company: company("1"), settings: Settings::default() },
        Event::ServingSet { home: company("4"), serving: company("1") },
        Event::AgentSet {
            agent,
            company: company("1"),
            partner: Some("MFS".to_owned()),
            active: true,
            skills: Skills::default(),
        },
        Event::CallTakenIn {
            call,
            company: company("4"),
            priority: 0,
            needs: Needs::default(),
            ready_by: LATER,
        },
        Event::CallerConnected { call, epoch: 1, other_device: false },
        Event::CallerDisconnected { call, epoch: 1, back_by: LATER },
        Event::CallQueued { call, serving: company("1"), wait_until: LATER, overflow: Vec::new() },
        Event::NobodyOnDuty { call },
        Event::Offered {
            call,
            offer,
            agent,
            session,
            rang_by: START,
            answer_by: LATER,
            considered,
            more: false,
        },
        Event::Rang { call, offer, agent, proof: RingProof::Sound },
        Event::OfferClosed { call, offer, agent, outcome: OfferOutcome::NeverRang, spared_until: None },
        Event::AgentSparedEnough { call, agent },
        Event::CallAccepted {
            call,
            offer,
            assignment,
            agent,
            serving: company("1"),
            connect_by: START,
            end_by: LATER,
            compare_again: false,
        },
        Event::VideoConnected { call, assignment },
        Event::SideLost { call, assignment, side: LostSide::Caller, last_heard: START, back_by: LATER },
        Event::SideBack { call, assignment, side: LostSide::Agent, connect_by: LATER },
        Event::Unwitnessed { call, assignment, heard_by: LATER },
        Event::WitnessedAgain { call, assignment, connect_by: LATER },
        Event::CompareAgain { call, assignment },
        Event::AssignmentVoided {
            call,
            assignment,
            agent,
            spared_until: LATER,
            serving: company("1"),
            wait_until: LATER,
            caller_back_by: LATER,
            overflow: Vec::new(),
        },
        Event::ConversationOver { call, assignment, evidence_by: LATER },
        Event::VerdictSealed {
            call,
            assignment,
            agent,
            decision,
            manifest_sha256: manifest_sha256.clone(),
            evidence_by: LATER,
        },
        Event::EvidenceTaken {
            call,
            assignment,
            agent,
            decision,
            manifest_sha256,
            standing: VerdictStanding::Late,
        },
        Event::CallEnded { call, reason: EndReason::NoAgent, forget_at: LATER },
        Event::CallRecalled { record: record() },
        Event::AgentSignedIn { agent, session, workstation, replaced: Some(session_id(9)) },
        Event::AgentSignedOut { agent, session, why: SignOutReason::Forced },
        Event::AgentConnected { agent, session, epoch: 2 },
        Event::AgentDisconnected { agent, session, epoch: 2, back_by: LATER },
        Event::AgentAvailable { agent },
        Event::AgentPaused { agent, reason: "break".to_owned() },
        Event::AgentWished { agent, pause: None },
        Event::WrapUpStarted { agent, call, until: LATER, ended: Some(EndReason::CallerLost), open: true },
        Event::Outage { from: START, to: LATER },
        Event::Restarted { back_by: LATER },
        // Since version 2 of the rules.
        Event::Compared { call, assignment },
        Event::CallOverflowed { call, to: company("3") },
        Event::OverflowPlanned { call, overflow: overflow() },
        Event::PoolClosed { call, serving: company("1"), opens_at: Some(LATER) },
    ]
}

fn inputs() -> Vec<Input> {
    let (call, agent, session, workstation) = (call_id(1), agent_id(1), session_id(1), workstation_id(1));
    let (assignment, offer, manifest_sha256, decision) = (2, 3, sha(7), Decision::Rejected);
    let from = AgentSocket { agent, session, epoch: 2 };
    let page = CallerSocket { call, epoch: 1 };
    let last_heard = START;
    vec![
        Input::SetCompany { company: company("1"), settings: Settings::default() },
        Input::SetServing { home: company("4"), serving: company("1") },
        Input::SetAgent {
            agent,
            company: company("1"),
            partner: None,
            active: true,
            skills: Skills::default(),
        },
        Input::TakeIn { call, company: company("4"), priority: 0, needs: Needs::default() },
        Input::CallerConnected { call, same_device: true },
        Input::CallerDisconnected { from: page, last_heard },
        Input::CallerReady { from: page },
        Input::CallerHungUp { from: page },
        Input::Cancel { call },
        Input::CallerChanged { call, assignment, after: 0 },
        Input::SignIn { agent, session, workstation },
        Input::SignOut { agent, session, why: SignOutReason::Agent },
        Input::AgentConnected { agent, session },
        Input::AgentDisconnected { from, last_heard },
        Input::SetStatus { from, status: WantedStatus::Paused { reason: "break".to_owned() } },
        Input::Rang { from, call, offer, proof: RingProof::Visual },
        Input::Accept { from, call, offer },
        Input::Decline { from, call, offer },
        Input::Pass { from, call, offer },
        Input::VerdictSealed { from, call, assignment, decision, manifest_sha256: manifest_sha256.clone() },
        Input::EvidenceStored { call, assignment, agent, decision, manifest_sha256 },
        Input::WrapUpDone { from },
        Input::MediaFlowing { call, assignment },
        Input::CallerSilent { call, assignment, last_heard },
        Input::CallerHeard { call, assignment },
        Input::AgentSilent { call, assignment, last_heard },
        Input::AgentHeard { call, assignment },
        Input::BothSilent { call, assignment, last_heard },
        Input::Tick,
        Input::Outage { from: START, to: LATER },
        Input::Started,
        Input::Recall { record: record() },
        Input::Compared { from, call, assignment, change: 1 },
        Input::GivenUp { from, call, assignment, reason: GiveUpReason::NoPicture },
    ]
}

/// Fields that version 1 of the rules did not know are written only where they say something.
fn fuller_events() -> Vec<Event> {
    let (call, agent, offer, assignment) = (call_id(1), agent_id(1), 3, 2);
    vec![
        Event::CompanySet { company: company("1"), settings: fuller_settings() },
        Event::AgentSet { agent, company: company("1"), partner: None, active: true, skills: skills() },
        Event::CallTakenIn { call, company: company("4"), priority: 0, needs: needs(), ready_by: LATER },
        Event::CallQueued { call, serving: company("1"), wait_until: LATER, overflow: overflow() },
        Event::CallAccepted {
            call,
            offer,
            assignment,
            agent,
            serving: company("1"),
            connect_by: START,
            end_by: LATER,
            compare_again: true,
        },
        Event::AssignmentVoided {
            call,
            assignment,
            agent,
            spared_until: LATER,
            serving: company("1"),
            wait_until: LATER,
            caller_back_by: LATER,
            overflow: overflow(),
        },
    ]
}

fn fuller_inputs() -> Vec<Input> {
    let (call, agent) = (call_id(1), agent_id(1));
    vec![
        Input::SetCompany { company: company("1"), settings: fuller_settings() },
        Input::SetAgent { agent, company: company("1"), partner: None, active: true, skills: skills() },
        Input::TakeIn { call, company: company("4"), priority: 0, needs: needs() },
    ]
}

fn fuller_settings() -> Settings {
    Settings {
        selection: Selection::RoundRobin,
        skills: SkillRule::Require,
        partner_shares: [(String::new(), 1), ("MFS".to_owned(), 3)].into(),
        overflow: vec![OverflowStep { after_ms: 60_000, to: company("3") }],
        ..Settings::default()
    }
}

fn skills() -> Skills {
    Skills { customer_types: [CustomerType::Enterprise].into(), languages: ["vi".to_owned()].into() }
}

fn needs() -> Needs {
    Needs { customer_type: Some(CustomerType::Vi2), language: Some("en".to_owned()) }
}

fn check<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(
    file: &str,
    values: &[T],
    golden: &str,
) {
    let lines: Vec<String> = values.iter().map(|value| serde_json::to_string(value).expect("JSON")).collect();
    if std::env::var("GOLDEN").is_ok_and(|mode| mode == "write") {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/golden").join(file);
        return std::fs::write(path, lines.join("\n") + "\n").expect("a writable checkout");
    }
    assert_eq!(lines.len(), golden.lines().count(), "{file} has a line for each");
    for ((value, line), golden) in values.iter().zip(&lines).zip(golden.lines()) {
        assert_eq!(line, golden, "{file}");
        assert_eq!(*value, serde_json::from_str::<T>(golden).expect("an old line reads"), "{file}");
    }
}

/// Variants as the derive names them: how many there are is not known otherwise.
fn kinds<T: DeserializeOwned + std::fmt::Debug>(unknown: &str) -> usize {
    let refusal = serde_json::from_str::<T>(unknown).expect_err("an unknown kind").to_string();
    refusal.split("expected one of").nth(1).expect("a list").matches(',').count() + 1
}

#[test]
fn every_fact_has_its_line_in_the_log_for_ever() {
    let mut facts: Vec<Fact> = events().into_iter().map(|event| Fact { at: START, event }).collect();
    assert_eq!(facts.len(), kinds::<Event>(r#"{"event":"?"}"#), "no fact is missing");
    facts.extend(fuller_events().into_iter().map(|event| Fact { at: START, event }));
    check("facts.jsonl", &facts, include_str!("golden/facts.jsonl"));
}

#[test]
fn every_input_has_its_line_in_the_log_for_ever() {
    let mut inputs = inputs();
    assert_eq!(inputs.len(), kinds::<Input>(r#"{"type":"?"}"#), "no input is missing");
    inputs.extend(fuller_inputs());
    check("inputs.jsonl", &inputs, include_str!("golden/inputs.jsonl"));
}

//! Verdict and evidence: counted once, never lost, late and superseded ones kept.

use chinhchu_protocol::call::{CallState, Decision, EndReason};
use chinhchu_protocol::evidence::VerdictStanding;
use chinhchu_routing::{Activity, Input, Refusal};

use crate::world::{World, sha};

#[test]
fn the_dealer_hangs_up_at_any_time_and_a_sealed_verdict_still_counts() {
    let mut world = World::new();
    world.agent(1, "1");
    let (call, agent) = world.in_call(1, "1");
    world.seal(call, 1, agent);
    assert_eq!(world.must(&Input::CallerHungUp { from: world.caller(call) }), []);
    world.evidence(call, 1, agent);
    assert_eq!(world.end_reason(call), Some(EndReason::Completed));

    world.pass_ms(20_000);
    let (unsealed, agent) = world.in_call(2, "1");
    world.must(&Input::CallerHungUp { from: world.caller(unsealed) });
    assert_eq!(world.end_reason(unsealed), Some(EndReason::Cancelled));
    let why = Some(EndReason::Cancelled);
    assert!(matches!(world.activity(agent), Activity::WrapUp { ended, open: false, .. } if ended == why));
    assert_eq!(world.step(&Input::Cancel { call }), Err(Refusal::CallEnded));
}

#[test]
fn evidence_alone_completes_a_call_whose_verdict_was_never_announced() {
    let mut world = World::new();
    world.agent(1, "1");
    let (call, agent) = world.in_call(1, "1");
    world.evidence(call, 1, agent);
    assert_eq!(world.end_reason(call), Some(EndReason::Completed));
    assert!(matches!(world.activity(agent), Activity::WrapUp { .. }));
    assert_eq!(world.evidence(call, 1, agent), [], "a repeat does nothing twice");
}

#[test]
fn a_verdict_for_an_ended_call_is_late_and_one_of_an_older_assignment_superseded() {
    let mut world = World::new();
    world.agent(1, "1");
    let (call, lost) = world.in_call(1, "1");
    world.station_gone(lost);
    world.must(&Input::AgentSilent { call, assignment: 1, last_heard: world.now });
    world.pass_ms(15_000);
    let second = world.agent(2, "1");
    world.accept(call);
    world.must(&Input::Cancel { call });
    world.pass_ms(120_000);
    world.evidence(call, 1, lost);
    world.evidence(call, 2, second);
    assert_eq!(world.board.standing(call, 1), Some(VerdictStanding::Superseded));
    assert_eq!(world.board.standing(call, 2), Some(VerdictStanding::Late));
    assert_eq!(world.end_reason(call), Some(EndReason::Cancelled), "the one end reason stays");
    let stranger = Input::EvidenceStored {
        call,
        assignment: 2,
        agent: lost,
        decision: Decision::Confirmed,
        manifest_sha256: sha(2),
    };
    assert_eq!(world.step(&stranger), Err(Refusal::WrongAgent));
    let other = Input::EvidenceStored {
        call,
        assignment: 2,
        agent: second,
        decision: Decision::Rejected,
        manifest_sha256: sha(2),
    };
    assert_eq!(world.step(&other), Err(Refusal::VerdictDiffers));
}

#[test]
fn a_verdict_sealed_just_before_its_agent_was_lost_counts_while_nobody_else_has_the_call() {
    let mut world = World::new();
    world.agent(1, "1");
    let (call, lost) = world.in_call(1, "1");
    let second = world.agent(2, "1");
    world.must(&Input::AgentSilent { call, assignment: 1, last_heard: world.now });
    world.pass_ms(15_000);
    assert_eq!(world.offer(call), Some((second, 2)));
    world.evidence(call, 1, lost);
    assert_eq!(world.end_reason(call), Some(EndReason::Completed));
    assert!(world.is_available(second), "the ring is withdrawn");
}

#[test]
fn evidence_that_never_comes_fails_the_call_after_a_day_and_still_counts_when_recalled() {
    let mut world = World::new();
    world.agent(1, "1");
    let (call, agent) = world.in_call(1, "1");
    world.seal(call, 1, agent);
    world.pass_ms(86_400_000);
    assert_eq!(world.end_reason(call), Some(EndReason::Failed));
    let record = world.board.ended(call).expect("kept for a day").clone();
    world.pass_ms(86_400_000);
    let later = world.ready_call(2, "1");
    assert!(world.board.ended(call).is_none(), "forgotten by then");
    let (decision, manifest_sha256) = (Decision::Confirmed, sha(1));
    let late = Input::EvidenceStored { call, assignment: 1, agent, decision, manifest_sha256 };
    assert_eq!(world.step(&late), Err(Refusal::CallUnknown));
    world.must(&Input::Recall { record });
    world.must(&late);
    assert_eq!(world.board.standing(call, 1), Some(VerdictStanding::Late));
    assert!(world.board.call(later).is_some());
    world.check_replay();
}

#[test]
fn i8_a_call_that_nobody_witnesses_goes_on_for_two_minutes_and_then_awaits_evidence() {
    let mut world = World::new();
    world.agent(1, "1");
    let (call, agent) = world.in_call(1, "1");
    world.page_gone(call);
    world.station_gone(agent);
    world.must(&Input::BothSilent { call, assignment: 1, last_heard: world.now });
    assert_eq!(world.state(call), CallState::InCall);
    world.pass_ms(119_999);
    assert_eq!(world.state(call), CallState::InCall);
    world.pass_ms(1);
    assert_eq!(world.state(call), CallState::AwaitingEvidence);
    world.evidence(call, 1, agent);
    assert_eq!(world.end_reason(call), Some(EndReason::Completed));
}

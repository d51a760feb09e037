//! The flows of the plan, each on its shortest path, and what follows them.

use chinhchu_protocol::agent::{LostSide, WantedStatus};
use chinhchu_protocol::call::{CallState, Decision, EndReason};
use chinhchu_protocol::evidence::VerdictStanding;
use chinhchu_protocol::webhook::WebhookEventType;
use chinhchu_routing::{
    Activity, Event, Input, OfferOutcome, Refusal, Settings, SignOutReason, notice_of, pause, webhooks_of,
};

use crate::world::{World, agent_id, call_id, company, session_id, sha, workstation_id};

fn notices(world: &World) -> Vec<&'static str> {
    world.facts.iter().filter_map(notice_of).map(chinhchu_protocol::call::NoticeCode::text).collect()
}

fn webhooks(world: &World) -> Vec<WebhookEventType> {
    world.facts.iter().flat_map(|fact| webhooks_of(fact).iter().copied()).collect()
}

#[test]
fn f1_an_accepted_call_is_verified_and_completed() {
    let mut world = World::new();
    let agent = world.agent(1, "1");
    let (call, taken_by) = world.in_call(1, "1");
    assert_eq!((taken_by, world.state(call)), (agent, CallState::InCall));
    world.pass_ms(60_000);
    world.seal(call, 1, agent);
    assert_eq!(world.state(call), CallState::AwaitingEvidence);
    assert!(matches!(world.activity(agent), Activity::WrapUp { ended: None, open: false, .. }));
    world.evidence(call, 1, agent);
    assert_eq!(world.end_reason(call), Some(EndReason::Completed));
    assert_eq!(world.board.standing(call, 1), Some(VerdictStanding::Counts));
    world.pass_ms(20_000);
    assert!(world.is_available(agent));
    assert_eq!(
        notices(&world),
        [
            "Cuộc gọi đang chờ NVHT tiếp nhận",
            "NVHT tiếp nhận cuộc gọi",
            "Video đã kết nối",
            "NVHT đã có kết quả xác minh",
            "Cuộc gọi đã kết thúc"
        ]
    );
    use WebhookEventType::{CallAccepted, CallEnded, CallResult};
    assert_eq!(webhooks(&world), [CallAccepted, CallResult, CallEnded]);
    world.check_replay();
}

#[test]
fn f2_a_declined_call_ends_and_its_agent_is_available() {
    let mut world = World::new();
    let first = world.agent(1, "1");
    world.agent(2, "1");
    let call = world.ready_call(1, "1");
    world.rang(call);
    let from = world.station(first);
    world.decline(call);
    assert_eq!(world.end_reason(call), Some(EndReason::Declined));
    assert!(world.is_available(first));
    assert_eq!(notices(&world)[1..], ["NVHT từ chối cuộc gọi", "Cuộc gọi đã kết thúc"]);
    assert_eq!(webhooks(&world), [WebhookEventType::CallDeclined, WebhookEventType::CallEnded]);
    assert_eq!(world.must(&Input::Decline { from, call, offer: 1 }), [], "a repeat does nothing twice");
}

#[test]
fn f2_where_the_company_wants_it_a_decline_redirects() {
    let mut world = World::with(&Settings { decline_ends: false, ..Settings::default() });
    world.agent(1, "1");
    let second = world.agent(2, "1");
    let call = world.ready_call(1, "1");
    world.decline(call);
    assert_eq!(world.offer(call), Some((second, 2)));
}

#[test]
fn f5_a_passed_call_goes_to_the_next_agent_at_once() {
    let mut world = World::new();
    let first = world.agent(1, "1");
    let second = world.agent(2, "1");
    let call = world.ready_call(1, "1");
    assert_eq!(world.offer(call), Some((first, 1)), "the longest idle first");
    let from = world.station(first);
    world.pass(call);
    assert_eq!(world.offer(call), Some((second, 2)));
    assert_eq!(world.must(&Input::Pass { from, call, offer: 1 }), [], "a repeat does nothing twice");
    assert_eq!(world.step(&Input::Accept { from, call, offer: 1 }), Err(Refusal::OfferOver));
    world.accept(call);
    assert_eq!(notices(&world)[1..], ["Cuộc gọi được chuyển đến NVHT khác", "NVHT tiếp nhận cuộc gọi"]);
}

#[test]
fn f5_an_unanswered_ring_goes_to_the_next_agent_at_its_deadline() {
    let mut world = World::new();
    let first = world.agent(1, "1");
    let second = world.agent(2, "1");
    let call = world.ready_call(1, "1");
    world.rang(call);
    world.pass_ms(19_999);
    assert_eq!(world.offer(call), Some((first, 1)));
    world.pass_ms(1);
    assert_eq!(world.offer(call), Some((second, 2)));
    assert!(world.is_available(first));
}

#[test]
fn i2_a_refuser_is_asked_again_only_when_nobody_else_is_available_and_after_a_while() {
    let mut world = World::new();
    let only = world.agent(1, "1");
    let call = world.ready_call(1, "1");
    world.pass(call);
    assert_eq!(world.offer(call), None, "not at once");
    let other_call = world.ready_call(2, "1");
    assert_eq!(
        world.offer(other_call),
        Some((only, 1)),
        "another call may ring meanwhile (I4: the first may not)"
    );
    world.pass(other_call);
    world.pass_ms(5_000);
    assert_eq!(world.offer(call), Some((only, 2)));
}

#[test]
fn i7_a_ring_that_is_not_confirmed_never_rang_and_its_agent_is_suspect() {
    let mut world = World::new();
    let first = world.agent(1, "1");
    let second = world.agent(2, "1");
    let call = world.ready_call(1, "1");
    world.pass_ms(1_999);
    assert_eq!(world.offer(call), Some((first, 1)));
    let events = world.pass_ms(1);
    assert!(
        events
            .iter()
            .any(|event| matches!(event, Event::OfferClosed { outcome: OfferOutcome::NeverRang, .. }))
    );
    assert_eq!(world.offer(call), Some((second, 2)));
    assert!(matches!(world.activity(first), Activity::Paused { reason, .. } if reason == pause::NEVER_RANG));
    world.station_gone(first);
    world.station_back(first);
    assert!(world.is_available(first), "a workstation that comes back is trusted again");
}

#[test]
fn three_missed_rings_in_a_row_pause_the_agent() {
    let mut world = World::new();
    let agent = world.agent(1, "1");
    for n in 1..=3 {
        let call = world.ready_call(n, "1");
        assert_eq!(world.offer(call), Some((agent, 1)));
        world.rang(call);
        world.pass_ms(20_000);
        world.must(&Input::Cancel { call });
    }
    assert!(
        matches!(world.activity(agent), Activity::Paused { reason, .. } if reason == pause::MISSED_RINGS)
    );
}

#[test]
fn c1_a_call_of_company_4_rings_at_company_1_and_never_at_company_2() {
    let mut world = World::new();
    world.agent(2, "2");
    let call = world.ready_call(1, "4");
    assert_eq!(world.offer(call), None);
    assert!(notices(&world).contains(&"Hiện chưa có NVHT trực, cuộc gọi vẫn được giữ trong hàng chờ"));
    let first = world.agent(1, "1");
    assert_eq!(world.offer(call), Some((first, 1)));
    let serving = |world: &World| world.board.call(call).and_then(|call| call.serving);
    assert_eq!(serving(&world), None);
    world.accept(call);
    assert_eq!(serving(&world), Some(company("1")));
}

#[test]
fn c1_who_serves_whom_changes_without_a_restart() {
    let mut world = World::new();
    let agent = world.agent(2, "2");
    let call = world.ready_call(1, "4");
    world.must(&Input::SetServing { home: company("4"), serving: company("2") });
    assert_eq!(world.offer(call), Some((agent, 1)));
}

#[test]
fn i4_priority_then_age_decides_who_is_next() {
    let mut world = World::new();
    let old = world.ready_call(1, "1");
    world.pass_ms(10);
    let young = world.ready_call(2, "4");
    world.pass_ms(10);
    let urgent = call_id(3);
    world.must(&Input::TakeIn { call: urgent, company: company("1"), priority: 5 });
    world.page(urgent);
    world.must(&Input::CallerReady { from: world.caller(urgent) });
    assert_eq!(world.board.queue(&company("1")), [urgent, old, young]);
    for next in [urgent, old, young] {
        assert_eq!(world.board.call(next).and_then(|call| call.queue).map(|place| place.position), Some(1));
        let agent = world.agent(100 + next.0.as_u128() % 16, "1");
        assert_eq!(world.offer(next), Some((agent, 1)));
    }
}

#[test]
fn a_waiting_call_whose_page_is_away_is_skipped_keeps_its_place_and_ends_after_15_s() {
    let mut world = World::new();
    let first = world.ready_call(1, "1");
    world.pass_ms(1_000);
    let second = world.ready_call(2, "1");
    world.page_gone(first);
    let agent = world.agent(1, "1");
    assert_eq!(world.offer(second), Some((agent, 1)));
    world.pass_ms(1_000);
    world.page(first);
    world.page_gone(second);
    assert_eq!(world.offer(first), Some((agent, 1)), "the ring is withdrawn, and the agent not blamed");
    assert_eq!(world.state(second), CallState::Waiting);
    world.rang(first);
    world.pass_ms(14_999);
    assert_eq!(world.end_reason(second), None);
    world.pass_ms(1);
    assert_eq!(world.end_reason(second), Some(EndReason::CallerLost));
}

#[test]
fn nobody_takes_it_the_page_never_comes_and_the_queue_is_full() {
    let mut world = World::with(&Settings { max_queue_len: 1, ..Settings::default() });
    let never_ready = world.call(1, "1");
    let waiting = world.ready_call(2, "1");
    let more = Input::TakeIn { call: call_id(3), company: company("1"), priority: 0 };
    assert_eq!(world.step(&more), Err(Refusal::QueueFull));
    world.pass_ms(300_000);
    assert_eq!(world.end_reason(never_ready), Some(EndReason::Cancelled));
    world.pass_ms(300_000);
    assert_eq!(world.end_reason(waiting), Some(EndReason::NoAgent));
    world.must(&more);
}

#[test]
fn f3_a_caller_back_within_15_s_has_the_same_call_and_agent() {
    let mut world = World::new();
    world.agent(1, "1");
    let (call, agent) = world.in_call(1, "1");
    let last_heard = world.now;
    world.page_gone(call);
    assert_eq!(world.state(call), CallState::InCall, "I8: a socket alone is no loss");
    world.pass_ms(2_000);
    world.must(&Input::CallerSilent { call, assignment: 1, last_heard });
    assert_eq!(world.state(call), CallState::Reconnecting);
    world.pass_ms(12_999);
    world.page(call);
    assert_eq!(world.state(call), CallState::InCall);
    assert_eq!(world.activity(agent), Activity::OnCall { call, assignment: 1 });
    assert_eq!(
        notices(&world)[3..],
        ["Mất kết nối từ điểm bán, đang chờ kết nối lại", "Điểm bán đã kết nối lại"]
    );
}

#[test]
fn f4_a_caller_away_for_15_s_ends_the_call_and_frees_the_agent_at_once() {
    let mut world = World::new();
    world.agent(1, "1");
    let (call, agent) = world.in_call(1, "1");
    let last_heard = world.now;
    world.pass_ms(2_000);
    world.must(&Input::CallerSilent { call, assignment: 1, last_heard });
    world.pass_ms(12_999);
    assert_eq!(world.state(call), CallState::Reconnecting);
    world.pass_ms(1);
    assert_eq!(world.end_reason(call), Some(EndReason::CallerLost));
    let told = Some(EndReason::CallerLost);
    assert!(matches!(world.activity(agent), Activity::WrapUp { ended, open: true, .. } if ended == told));
    let next = world.ready_call(2, "1");
    assert_eq!(world.offer(next), Some((agent, 1)));
}

#[test]
fn an_agent_away_for_15_s_gives_the_call_first_in_line_to_another() {
    let mut world = World::new();
    world.agent(1, "1");
    let (call, lost) = world.in_call(1, "1");
    let waiting = world.ready_call(2, "1");
    world.station_gone(lost);
    world.must(&Input::AgentSilent { call, assignment: 1, last_heard: world.now });
    assert_eq!(world.board.call(call).and_then(|call| call.assignment?.lost), Some(LostSide::Agent));
    world.pass_ms(15_000);
    assert_eq!(world.board.queue(&company("1")), [call, waiting]);
    assert!(
        matches!(world.activity(lost), Activity::Paused { reason, .. } if reason == pause::CONNECTION_LOST)
    );
    world.station_back(lost);
    assert_eq!(world.offer(waiting), Some((lost, 1)), "the next offer is not to the agent who was lost");
    let other = world.agent(2, "1");
    assert_eq!(world.offer(call), Some((other, 2)));
    world.accept(call);
    assert_eq!(world.board.call(call).map(|call| call.assigned), Some(vec![lost, other]));
}

#[test]
fn an_agent_back_within_15_s_keeps_its_call() {
    let mut world = World::new();
    world.agent(1, "1");
    let (call, agent) = world.in_call(1, "1");
    world.station_gone(agent);
    world.must(&Input::AgentSilent { call, assignment: 1, last_heard: world.now });
    world.pass_ms(14_999);
    world.station_back(agent);
    assert_eq!(world.state(call), CallState::InCall);
    assert_eq!(world.activity(agent), Activity::OnCall { call, assignment: 1 });
}

#[test]
fn a_call_that_nobody_takes_over_ends_agent_lost() {
    let mut world = World::new();
    world.agent(1, "1");
    let (call, agent) = world.in_call(1, "1");
    world.station_gone(agent);
    world.must(&Input::AgentSilent { call, assignment: 1, last_heard: world.now });
    world.pass_ms(15_000 + 600_000);
    assert_eq!(world.end_reason(call), Some(EndReason::AgentLost));
}

#[test]
fn a_call_without_media_fails_and_frees_the_agent() {
    let mut world = World::new();
    let agent = world.agent(1, "1");
    let call = world.ready_call(1, "1");
    world.accept(call);
    world.pass_ms(30_000);
    assert_eq!(world.end_reason(call), Some(EndReason::Failed));
    let next = world.ready_call(2, "1");
    assert_eq!(world.offer(next), Some((agent, 1)));
}

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

#[test]
fn i6_a_restart_gives_every_session_its_full_15_s_and_keeps_rings_and_calls() {
    let mut world = World::new();
    world.agent(1, "1");
    let (call, agent) = world.in_call(1, "1");
    let second = world.agent(2, "1");
    let ringing = world.ready_call(2, "1");
    world.rang(ringing);
    let waiting = world.ready_call(3, "1");
    let crashed = world.now;
    world.now = world.now.plus_ms(3_600_000);
    world.must(&Input::Outage { from: crashed, to: world.now });
    world.must(&Input::Started);
    world.pass_ms(14_999);
    assert_eq!(world.state(waiting), CallState::Waiting);
    assert_eq!((world.state(call), world.state(ringing)), (CallState::InCall, CallState::Offering));
    for call in [call, ringing, waiting] {
        world.page(call);
    }
    world.station_back(agent);
    world.station_back(second);
    assert_eq!(world.offer(ringing), Some((second, 1)));
    world.accept(ringing);
    assert_eq!(world.activity(agent), Activity::OnCall { call, assignment: 1 });
    world.check_replay();
}

#[test]
fn an_outage_shifts_every_deadline_and_is_counted_once() {
    let mut world = World::new();
    let preparing = world.call(1, "1");
    let waiting = world.ready_call(2, "1");
    let from = world.now;
    world.now = from.plus_ms(7_200_000);
    let outage = Input::Outage { from, to: world.now };
    world.must(&outage);
    assert_eq!(world.must(&outage), []);
    world.pass_ms(299_999);
    assert_eq!((world.state(preparing), world.state(waiting)), (CallState::Preparing, CallState::Waiting));
    world.pass_ms(1);
    assert_eq!(world.end_reason(preparing), Some(EndReason::Cancelled));
}

#[test]
fn an_older_socket_changes_nothing() {
    let mut world = World::new();
    let agent = world.agent(1, "1");
    let old_station = world.station(agent);
    world.station_back(agent);
    let call = world.ready_call(1, "1");
    let old_page = world.caller(call);
    world.page(call);
    let status = WantedStatus::Paused { reason: "break".to_owned() };
    for (stale, why) in [
        (Input::SetStatus { from: old_station, status }, Refusal::EpochStale),
        (Input::Accept { from: old_station, call, offer: 1 }, Refusal::EpochStale),
        (Input::AgentDisconnected { from: old_station, last_heard: world.now }, Refusal::EpochStale),
        (Input::CallerHungUp { from: old_page }, Refusal::EpochStale),
        (Input::CallerDisconnected { from: old_page, last_heard: world.now }, Refusal::EpochStale),
    ] {
        assert_eq!(world.step(&stale), Err(why), "{stale:?}");
    }
}

#[test]
fn the_same_account_elsewhere_closes_the_older_session_and_its_call_goes_on_elsewhere() {
    let mut world = World::new();
    let agent = world.agent(1, "1");
    let (call, _) = world.in_call(1, "1");
    let other = world.agent(2, "1");
    let old = world.station(agent);
    let (session, workstation) = (session_id(9), workstation_id(9));
    let events = world.must(&Input::SignIn { agent, session, workstation });
    let closed = |event: &Event| matches!(event, Event::AgentSignedIn { replaced, .. } if *replaced == Some(old.session));
    assert!(events.iter().any(closed));
    assert_eq!(world.offer(call), Some((other, 2)));
    assert_eq!(world.step(&Input::WrapUpDone { from: old }), Err(Refusal::SessionStale));
    assert_eq!(world.must(&Input::SignIn { agent, session, workstation }), []);
}

#[test]
fn signing_out_waits_for_the_call_unless_forced() {
    let mut world = World::new();
    world.agent(1, "1");
    let (call, agent) = world.in_call(1, "1");
    let session = world.station(agent).session;
    let out = |why| Input::SignOut { agent, session, why };
    assert_eq!(world.step(&out(SignOutReason::Agent)), Err(Refusal::InCall));
    assert_eq!(world.step(&out(SignOutReason::Expired)), Err(Refusal::InCall));
    world.must(&out(SignOutReason::Forced));
    assert_eq!((world.state(call), world.activity(agent)), (CallState::Waiting, Activity::SignedOut));
    assert_eq!(world.must(&out(SignOutReason::Forced)), []);
    let unknown = Input::SignIn { agent: agent_id(7), session, workstation: workstation_id(7) };
    assert_eq!(world.step(&unknown), Err(Refusal::AgentUnknown));
}

#[test]
fn a_pause_wished_in_a_call_counts_after_it() {
    let mut world = World::new();
    world.agent(1, "1");
    let (call, agent) = world.in_call(1, "1");
    let status = WantedStatus::Paused { reason: "break".to_owned() };
    world.must(&Input::SetStatus { from: world.station(agent), status });
    world.seal(call, 1, agent);
    assert!(matches!(world.activity(agent), Activity::WrapUp { .. }));
    world.must(&Input::WrapUpDone { from: world.station(agent) });
    assert!(matches!(world.activity(agent), Activity::Paused { reason, .. } if reason == "break"));
}

#[test]
fn another_device_at_the_caller_must_be_compared_again() {
    let mut world = World::new();
    world.agent(1, "1");
    let (call, _) = world.in_call(1, "1");
    let compare = |world: &World| {
        world.board.call(call).and_then(|call| call.assignment).map(|live| live.compare_again)
    };
    world.must(&Input::CallerConnected { call, same_device: true });
    assert_eq!(compare(&world), Some(false));
    world.must(&Input::CallerConnected { call, same_device: false });
    assert_eq!(compare(&world), Some(true));
}

#[test]
fn expected_wait_is_reckoned_from_recent_calls() {
    let mut world = World::new();
    world.agent(1, "1");
    let (call, agent) = world.in_call(1, "1");
    let wait = |world: &World, call| {
        world.board.call(call).and_then(|call| call.queue).map(|place| place.expected_wait_s)
    };
    let next = world.ready_call(2, "1");
    assert_eq!(wait(&world, next), Some(None), "nothing to reckon from");
    world.pass_ms(100_000);
    world.seal(call, 1, agent);
    assert_eq!(wait(&world, next), Some(Some(120)), "100 s of talk and 20 s of wrap-up, one agent");
}

#[test]
fn an_offer_says_who_else_was_considered_and_why_not() {
    let mut world = World::new();
    for n in 1..=3 {
        world.agent(n, "1");
    }
    let from = world.station(agent_id(3));
    world.must(&Input::SetStatus { from, status: WantedStatus::Paused { reason: "break".to_owned() } });
    let call = world.ready_call(1, "1");
    world.pass(call);
    let considered = world.facts.iter().rev().find_map(|fact| match &fact.event {
        Event::Offered { considered, more: false, .. } => Some(considered.clone()),
        _ => None,
    });
    let considered: Vec<_> = considered.expect("an offer").iter().map(|it| (it.agent, it.why_not)).collect();
    use chinhchu_routing::fact::WhyNot;
    assert_eq!(considered, [(agent_id(1), WhyNot::PassedBefore), (agent_id(3), WhyNot::Paused)]);
}

#[test]
fn a_call_of_the_longest_length_ends() {
    let mut world = World::new();
    world.agent(1, "1");
    let (call, _) = world.in_call(1, "1");
    world.pass_ms(1_800_000);
    assert_eq!(world.end_reason(call), Some(EndReason::Failed));
}

#[test]
fn an_agent_away_for_15_s_is_paused_until_its_workstation_is_back() {
    let mut world = World::new();
    let agent = world.agent(1, "1");
    world.station_gone(agent);
    let call = world.ready_call(1, "1");
    assert_eq!(world.offer(call), None);
    world.pass_ms(15_000);
    assert!(
        matches!(world.activity(agent), Activity::Paused { reason, .. } if reason == pause::CONNECTION_LOST)
    );
    world.station_back(agent);
    assert_eq!(world.offer(call), Some((agent, 1)));
}

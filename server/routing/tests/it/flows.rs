//! The five flows of the plan, each on its shortest path, and the agent's side lost likewise.

use chinhchu_protocol::agent::LostSide;
use chinhchu_protocol::call::{CallState, EndReason};
use chinhchu_protocol::evidence::VerdictStanding;
use chinhchu_protocol::webhook::WebhookEventType;
use chinhchu_routing::{
    Activity, Event, Input, OfferOutcome, Refusal, Settings, notice_of, pause, webhooks_of,
};

use crate::world::{World, company};

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
    assert_eq!(
        webhooks(&world),
        [WebhookEventType::CallAccepted, WebhookEventType::CallResult, WebhookEventType::CallEnded]
    );
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
fn f5_a_call_does_not_go_back_to_a_silent_workstation_while_another_agent_is_available() {
    let mut world = World::new();
    let silent = world.agent(1, "1");
    let second = world.agent(2, "1");
    let call = world.ready_call(1, "1");
    world.pass_ms(2_000);
    world.station_back(silent);
    world.pass_ms(1_000);
    let third = world.agent(3, "1");
    assert_eq!(world.offer(call), Some((second, 2)));
    world.pass(call);
    assert_eq!(world.offer(call), Some((third, 3)), "though the first is idle for longer");
    world.pass(call);
    assert_eq!(world.offer(call), Some((silent, 4)), "it is the only one who did not refuse");
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
fn a_call_of_the_longest_length_ends() {
    let mut world = World::new();
    world.agent(1, "1");
    let (call, _) = world.in_call(1, "1");
    world.pass_ms(1_800_000);
    assert_eq!(world.end_reason(call), Some(EndReason::Failed));
}

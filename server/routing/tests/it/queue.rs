//! Waiting: who is next, for whom, for how long, and who is asked.

use chinhchu_protocol::agent::WantedStatus;
use chinhchu_protocol::call::{CallState, EndReason, NoticeCode};
use chinhchu_routing::fact::WhyNot;
use chinhchu_routing::{Event, Input, Needs, Refusal, Settings, notice_of};

use crate::world::{World, agent_id, call_id, company};

#[test]
fn c1_a_call_of_company_4_rings_at_company_1_and_never_at_company_2() {
    let mut world = World::new();
    world.agent(2, "2");
    let call = world.ready_call(1, "4");
    assert_eq!(world.offer(call), None);
    assert_eq!(world.facts.last().and_then(notice_of), Some(NoticeCode::NobodyOnDuty));
    let first = world.agent(1, "1");
    assert_eq!(world.offer(call), Some((first, 1)));
    let serving = |world: &World| world.board.call(call).and_then(|call| call.serving);
    assert_eq!(serving(&world), None);
    world.accept(call);
    assert_eq!(serving(&world), Some(company("1")));
}

#[test]
fn an_agent_whose_workstation_is_off_is_not_on_duty_and_a_paused_one_is() {
    let mut world = World::new();
    let agent = world.agent(1, "1");
    let told = |world: &World| world.facts.last().and_then(notice_of) == Some(NoticeCode::NobodyOnDuty);
    world.station_gone(agent);
    world.ready_call(1, "1");
    assert!(!told(&world), "expected back");
    world.pass_ms(15_000);
    assert!(told(&world));
    world.ready_call(3, "1");
    assert!(told(&world), "at once");
    world.must(&Input::Cancel { call: call_id(3) });
    world.station_back(agent);
    world.pass(call_id(1));
    let status = WantedStatus::Paused { reason: "break".to_owned() };
    world.must(&Input::SetStatus { from: world.station(agent), status });
    world.ready_call(2, "1");
    assert!(!told(&world));
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
    world.must(&Input::TakeIn { call: urgent, company: company("1"), priority: 5, needs: Needs::default() });
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
    let more =
        Input::TakeIn { call: call_id(3), company: company("1"), priority: 0, needs: Needs::default() };
    assert_eq!(world.step(&more), Err(Refusal::QueueFull));
    world.pass_ms(300_000);
    assert_eq!(world.end_reason(never_ready), Some(EndReason::Cancelled));
    world.pass_ms(300_000);
    assert_eq!(world.end_reason(waiting), Some(EndReason::NoAgent));
    world.must(&more);
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
    let from = world.now;
    world.now = from.plus_ms(3_600_000);
    world.must(&Input::Outage { from, to: world.now });
    world.pass_ms(100_000);
    world.seal(call, 1, agent);
    assert_eq!(
        wait(&world, next),
        Some(Some(120)),
        "100 s of talk (an outage is none) and 20 s of wrap-up, one agent"
    );
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
    assert_eq!(considered, [(agent_id(1), WhyNot::PassedBefore), (agent_id(3), WhyNot::Paused)]);
}

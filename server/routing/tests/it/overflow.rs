//! Overflow: after some time in line a call may also be taken by agents of other companies, as data says.

use chinhchu_protocol::call::{CallState, EndReason};
use chinhchu_routing::fact::WhyNot;
use chinhchu_routing::settings::{OverflowStep, Settings};
use chinhchu_routing::{Event, Input};

use crate::world::{World, call_id, company};

fn to(code: &str, after_ms: u32) -> OverflowStep {
    OverflowStep { after_ms, to: company(code) }
}

/// Company 1 overflows to 2 after a minute.
fn world() -> World {
    let mut world = World::new();
    world.set("1", |it| it.overflow = vec![to("2", 60_000)]);
    world
}

#[test]
fn after_its_time_a_call_rings_at_another_company_which_serves_it_then() {
    let mut world = world();
    let other = world.agent(2, "2");
    let call = world.ready_call(1, "4");
    world.pass_ms(59_999);
    assert_eq!(world.offer(call), None);
    let events = world.pass_ms(1);
    assert!(events.contains(&Event::CallOverflowed { call, to: company("2") }));
    assert_eq!(world.offer(call), Some((other, 1)));
    world.accept(call);
    assert_eq!(world.board.call(call).and_then(|call| call.serving), Some(company("2")));
    world.check_replay();
}

#[test]
fn its_own_company_is_asked_first_also_after_the_overflow() {
    let mut world = world();
    let busy = world.agent(1, "1");
    let other = world.agent(2, "2");
    let (first, _) = world.in_call(1, "1");
    let elsewhere = world.ready_call(2, "2");
    let call = world.ready_call(3, "1");
    world.pass_ms(1_000);
    world.rang(elsewhere);
    world.accept(elsewhere);
    world.must(&Input::MediaFlowing { call: elsewhere, assignment: 1 });
    world.pass_ms(60_000);
    assert_eq!(world.state(call), CallState::Waiting);
    // Both are free by the same input: an outage's end, a tick. Here the wrap-ups end in one tick.
    world.seal(first, 1, busy);
    world.seal(elsewhere, 1, other);
    world.pass_ms(20_000);
    assert_eq!(world.offer(call), Some((busy, 1)));
    assert_eq!(world.why_not(), [(other, WhyNot::OtherCompany)]);
}

#[test]
fn i4_an_overflowed_call_goes_before_younger_calls_of_the_other_company() {
    let mut world = world();
    let overflowed = world.ready_call(1, "1");
    world.pass_ms(61_000);
    let own = world.ready_call(2, "2");
    assert_eq!(world.board.queue(&company("2")), [overflowed, own]);
    assert_eq!(world.board.queue(&company("1")), [overflowed]);
    let agent = world.agent(2, "2");
    assert_eq!(world.offer(overflowed), Some((agent, 1)));
    assert_eq!(world.offer(own), None);
}

#[test]
fn several_steps_come_one_after_the_other_and_the_time_of_no_server_does_not_count() {
    let mut world = World::new();
    world.set("4", |it| it.overflow = vec![]);
    // Also to itself, to a company that is not there, and twice to the same: nothing comes of these.
    let steps = vec![to("1", 0), to("77", 5_000), to("4", 30_000), to("2", 10_000), to("4", 1)];
    world.set("1", |it| it.overflow.clone_from(&steps));
    let call = world.ready_call(1, "1");
    let may_take = |world: &World| {
        let waits = |code: &&str| world.board.queue(&company(code)).contains(&call);
        ["1", "2", "4"].into_iter().filter(waits).collect::<Vec<_>>()
    };
    assert_eq!(may_take(&world), ["1"]);
    let from = world.now;
    world.now = from.plus_ms(3_600_000);
    world.must(&Input::Outage { from, to: world.now });
    world.must(&Input::Started);
    world.page(call);
    assert_eq!(may_take(&world), ["1"]);
    world.pass_ms(10_000);
    assert_eq!(may_take(&world), ["1", "2"]);
    world.pass_ms(20_000);
    assert_eq!(may_take(&world), ["1", "2", "4"]);
    world.check_replay();
}

#[test]
fn a_call_that_lost_its_agent_overflows_too_and_stays_first_in_line() {
    let mut world = world();
    world.agent(1, "1");
    let (call, lost) = world.in_call(1, "1");
    let waiting = world.ready_call(2, "2");
    world.station_gone(lost);
    world.must(&Input::AgentSilent { call, assignment: 1, last_heard: world.now });
    world.pass_ms(15_000 + 59_999);
    assert_eq!(world.board.queue(&company("2")), [waiting]);
    world.pass_ms(1);
    assert_eq!(world.board.queue(&company("2")), [call, waiting]);
    let agent = world.agent(2, "2");
    assert_eq!(world.offer(call), Some((agent, 2)));
}

#[test]
fn i2_a_fresh_agent_of_another_company_goes_before_one_who_passed() {
    let mut world = world();
    let passed = world.agent(1, "1");
    let call = world.ready_call(1, "1");
    world.pass(call);
    world.pass_ms(5_000);
    assert_eq!(world.offer(call), Some((passed, 2)));
    world.rang(call);
    world.pass_ms(20_000);
    let other = world.agent(2, "2");
    world.pass_ms(5_000);
    world.rang(call);
    world.pass_ms(20_000);
    world.pass_ms(5_000);
    world.rang(call);
    world.pass_ms(5_000);
    assert_eq!(world.offer(call).map(|(agent, _)| agent), Some(passed));
    let overflow = Event::CallOverflowed { call, to: company("2") };
    assert!(!world.facts.iter().any(|fact| fact.event == overflow), "not while it rings");
    let events = world.pass(call);
    assert!(!events.contains(&overflow));
    let events = world.pass_ms(0);
    assert!(events.contains(&overflow), "due since it rang");
    assert_eq!(world.offer(call).map(|(agent, _)| agent), Some(other));
}

#[test]
fn c1_a_call_that_another_company_serves_now_overflows_as_that_company_wants() {
    let mut world = world();
    world.set("2", |it| it.overflow = vec![to("1", 10_000)]);
    let call = world.ready_call(1, "4");
    world.pass_ms(60_000);
    assert_eq!(world.board.queue(&company("2")), [call]);
    let events = world.must(&Input::SetServing { home: company("4"), serving: company("2") });
    assert!(events.iter().any(|event| matches!(event, Event::OverflowPlanned { .. })));
    assert_eq!(world.board.queue(&company("1")), []);
    world.pass_ms(10_000);
    assert_eq!(world.board.queue(&company("1")), [call]);
    world.check_replay();
}

#[test]
fn a_call_still_ends_at_its_longest_wait_and_waits_once_in_its_own_limit() {
    let mut world =
        World::with(&Settings { max_queue_len: 1, overflow: vec![to("2", 0)], ..Settings::default() });
    let call = world.ready_call(1, "1");
    world.pass_ms(0);
    let full = |n, code| Input::TakeIn {
        call: call_id(n),
        company: company(code),
        priority: 0,
        needs: chinhchu_routing::Needs::default(),
    };
    assert!(world.step(&full(2, "1")).is_err());
    world.must(&full(3, "2"));
    world.pass_ms(600_000);
    assert_eq!(world.end_reason(call), Some(EndReason::NoAgent));
    assert_eq!(world.board.queue(&company("2")), []);
    world.must(&full(2, "1"));
}

#[test]
fn the_expected_wait_is_that_of_the_company_that_is_free_sooner() {
    let mut world = world();
    world.agent(1, "2");
    let (talk, agent) = world.in_call(1, "2");
    world.pass_ms(100_000);
    world.seal(talk, 1, agent);
    world.evidence(talk, 1, agent);
    world.pass_ms(20_000);
    let (_, _) = world.in_call(2, "2");
    let call = world.ready_call(3, "1");
    let place = |world: &World| world.board.call(call).and_then(|call| call.queue).expect("it waits");
    assert_eq!(place(&world).expected_wait_s, Some(120), "nobody at company 1, one at company 2");
    world.set("1", |it| it.overflow = vec![]);
    world.set("1", |it| it.overflow = vec![to("2", 300_000)]);
    let later = world.ready_call(4, "1");
    let wait = world.board.call(later).and_then(|call| call.queue).expect("it waits").expected_wait_s;
    assert_eq!(wait, Some(300), "not before it overflows");
    assert_eq!(place(&world).position, 1);
}

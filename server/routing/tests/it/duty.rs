//! Nobody on duty is said at once; and what a session, a pause and a changed caller come to in odd moments.

use chinhchu_protocol::agent::WantedStatus;
use chinhchu_protocol::call::{CallState, EndReason};
use chinhchu_protocol::ids::{AgentId, CallId};
use chinhchu_routing::settings::{OverflowStep, SkillRule};
use chinhchu_routing::{Activity, Event, Input, Needs, Refusal, SignOutReason, Skills, pause};

use crate::world::{World, company, session_id, workstation_id};

fn told(world: &World, call: CallId) -> usize {
    world.facts.iter().filter(|fact| fact.event == Event::NobodyOnDuty { call }).count()
}

fn out(world: &World, agent: AgentId, why: SignOutReason) -> Input {
    Input::SignOut { agent, session: world.station(agent).session, why }
}

fn wish(world: &mut World, agent: AgentId, reason: &str) {
    let status = WantedStatus::Paused { reason: reason.to_owned() };
    world.must(&Input::SetStatus { from: world.station(agent), status });
}

fn reason_of(world: &World, agent: AgentId) -> Option<String> {
    match world.activity(agent) {
        Activity::Paused { reason, .. } => Some(reason),
        _ => None,
    }
}

#[test]
fn when_the_last_agent_signs_out_waiting_callers_are_told_once() {
    let mut world = World::new();
    let first = world.agent(1, "1");
    let second = world.agent(2, "1");
    wish(&mut world, first, "break");
    wish(&mut world, second, "break");
    let call = world.ready_call(1, "4");
    let elsewhere = world.ready_call(2, "2");
    world.must(&out(&world, first, SignOutReason::Agent));
    assert_eq!((told(&world, call), told(&world, elsewhere)), (0, 1));
    world.must(&out(&world, second, SignOutReason::Agent));
    assert_eq!((told(&world, call), told(&world, elsewhere)), (1, 1));
    // Somebody comes and goes: it becomes so again.
    let third = world.agent(3, "1");
    assert_eq!(world.offer(call), Some((third, 1)));
    world.must(&out(&world, third, SignOutReason::Forced));
    assert_eq!((told(&world, call), told(&world, elsewhere)), (2, 1));
    world.check_replay();
}

#[test]
fn an_agent_who_is_expected_back_is_on_duty_for_15_s() {
    let mut world = World::new();
    let agent = world.agent(1, "1");
    let call = world.ready_call(1, "1");
    world.station_gone(agent);
    world.pass_ms(14_999);
    assert_eq!(told(&world, call), 0);
    world.pass_ms(1);
    assert_eq!(told(&world, call), 1);
    // A paused one is not waited for.
    world.station_back(agent);
    wish(&mut world, agent, "break");
    world.pass_ms(3_000);
    assert_eq!(told(&world, call), 1);
    world.station_gone(agent);
    assert_eq!(told(&world, call), 2);
}

#[test]
fn a_restart_alone_tells_nobody_that_nobody_is_on_duty() {
    let mut world = World::new();
    let agent = world.agent(1, "1");
    let (busy, _) = world.in_call(1, "1");
    let call = world.ready_call(2, "1");
    world.must(&Input::Started);
    let fresh = world.ready_call(3, "1");
    world.page(call);
    world.page(busy);
    world.pass_ms(10_000);
    world.station_back(agent);
    world.pass_ms(10_000);
    assert_eq!([busy, call, fresh].map(|call| told(&world, call)), [0, 0, 0]);
}

#[test]
fn the_same_account_elsewhere_is_still_on_duty() {
    let mut world = World::new();
    let agent = world.agent(1, "1");
    let (call, _) = world.in_call(1, "1");
    world.must(&Input::SignIn { agent, session: session_id(9), workstation: workstation_id(9) });
    assert_eq!((world.state(call), told(&world, call)), (CallState::Waiting, 0));
}

/// Skills that nobody has: said at once, and the longest wait ends it.
#[test]
fn nobody_on_duty_has_the_skill() {
    let mut world = World::new();
    world.set("1", |it| it.skills = SkillRule::Require);
    let vietnamese = Skills { languages: ["vi".to_owned()].into(), ..Skills::default() };
    world.agent_of(1, "1", None, vietnamese);
    let needs = Needs { language: Some("en".to_owned()), ..Needs::default() };
    let call = world.needy_call(1, "1", needs.clone());
    assert_eq!((told(&world, call), world.offer(call)), (1, None));
    assert_eq!(world.board.call(call).and_then(|call| call.queue?.expected_wait_s), None);
    world.pass_ms(600_000);
    assert_eq!(world.end_reason(call), Some(EndReason::NoAgent));
    // It may overflow to somebody who has it.
    world.agent(2, "2");
    world.set("1", |it| it.overflow = vec![OverflowStep { after_ms: 30_000, to: company("2") }]);
    let call = world.needy_call(2, "1", needs);
    assert_eq!(told(&world, call), 0);
    world.pass_ms(30_000);
    assert!(world.offer(call).is_some());
}

#[test]
fn a_wished_pause_is_not_lifted_when_the_workstation_is_back() {
    let mut world = World::new();
    let never_rang = world.agent(1, "1");
    let call = world.ready_call(1, "1");
    wish(&mut world, never_rang, "lunch");
    world.pass_ms(2_000);
    world.station_back(never_rang);
    assert_eq!(reason_of(&world, never_rang).as_deref(), Some("lunch"));
    world.available(never_rang);
    let lost = never_rang;
    world.pass_ms(60_000);
    world.must(&Input::Cancel { call });
    world.station_back(lost);
    let (call, _) = world.in_call(2, "1");
    wish(&mut world, lost, "lunch");
    world.station_gone(lost);
    world.must(&Input::AgentSilent { call, assignment: 1, last_heard: world.now });
    world.pass_ms(15_000);
    world.station_back(lost);
    assert_eq!(reason_of(&world, lost).as_deref(), Some("lunch"));
    assert_eq!(world.state(call), CallState::Waiting);
}

#[test]
fn without_a_wish_the_pause_of_a_lost_connection_is_lifted() {
    let mut world = World::new();
    let agent = world.agent(1, "1");
    world.station_gone(agent);
    world.pass_ms(15_000);
    assert_eq!(reason_of(&world, agent).as_deref(), Some(pause::CONNECTION_LOST));
    world.station_back(agent);
    assert!(world.is_available(agent));
}

fn compare_again(world: &World, call: CallId) -> Option<bool> {
    world.board.call(call).and_then(|call| call.assignment).map(|live| live.compare_again)
}

#[test]
fn the_agent_compares_again_and_says_so() {
    let mut world = World::new();
    world.agent(1, "1");
    let (call, agent) = world.in_call(1, "1");
    let old = world.station(agent);
    let compared = |from, assignment, change| Input::Compared { from, call, assignment, change };
    assert_eq!(world.must(&compared(old, 1, 1)), [], "nothing to compare");
    world.must(&Input::CallerChanged { call, assignment: 1, after: 0 });
    assert_eq!(compare_again(&world, call), Some(true));
    world.station_back(agent);
    assert_eq!(world.step(&compared(old, 1, 1)), Err(Refusal::EpochStale));
    assert_eq!(world.step(&compared(world.station(agent), 2, 1)), Err(Refusal::AssignmentOver));
    let other = world.agent(2, "1");
    assert_eq!(world.step(&compared(world.station(other), 1, 1)), Err(Refusal::WrongAgent));
    assert_eq!(compare_again(&world, call), Some(true));
    world.must(&compared(world.station(agent), 1, 1));
    assert_eq!(compare_again(&world, call), Some(false));
    world.must(&Input::CallerChanged { call, assignment: 1, after: 1 });
    assert_eq!(compare_again(&world, call), Some(true), "and again");
    // A change that overtakes the word of the one before is not cleared by it.
    world.must(&Input::CallerChanged { call, assignment: 1, after: 2 });
    assert_eq!(world.must(&compared(world.station(agent), 1, 2)), []);
    assert_eq!(compare_again(&world, call), Some(true), "the third was not compared");
    world.must(&Input::Cancel { call });
    assert_eq!(world.step(&compared(world.station(agent), 1, 2)), Err(Refusal::CallEnded));
}

/// A change while no agent has the call is not lost: it matters to an agent who had it before.
#[test]
fn a_caller_who_changed_between_two_agents_is_compared_again_by_the_same_one() {
    for device in [false, true] {
        let mut world = World::new();
        world.agent(1, "1");
        let (call, agent) = world.in_call(1, "1");
        world.must(&Input::AgentSilent { call, assignment: 1, last_heard: world.now });
        world.pass_ms(15_000);
        if device {
            world.must(&Input::CallerConnected { call, same_device: false });
        } else {
            let changed = Input::CallerChanged { call, assignment: 1, after: 0 };
            world.must(&changed);
            assert_eq!(world.must(&changed), [], "a repeat does nothing twice");
        }
        let never = Input::CallerChanged { call, assignment: 7, after: 0 };
        assert_eq!(world.step(&never), Err(Refusal::AssignmentOver));
        let fresh = world.agent(2, "1");
        world.accept(call);
        assert_eq!(compare_again(&world, call), Some(false), "a new agent compares from the start");
        world.must(&out(&world, fresh, SignOutReason::Forced));
        world.available(agent);
        world.pass_ms(5_000);
        assert_eq!(world.offer(call).map(|(agent, _)| agent), Some(agent));
        world.accept(call);
        assert_eq!(compare_again(&world, call), Some(true));
        world.check_replay();
    }
}

/// Every activity of an agent, by name.
fn scenes() -> Vec<(&'static str, World, AgentId, Option<CallId>)> {
    let mut scenes = Vec::new();
    let new = || {
        let mut world = World::new();
        let agent = world.agent(1, "1");
        (world, agent)
    };
    let (world, agent) = new();
    scenes.push(("available", world, agent, None));
    let (mut world, agent) = new();
    wish(&mut world, agent, "break");
    scenes.push(("paused", world, agent, None));
    let (mut world, agent) = new();
    world.station_gone(agent);
    scenes.push(("away", world, agent, None));
    let (mut world, agent) = new();
    let call = world.ready_call(1, "1");
    scenes.push(("offered", world.clone(), agent, Some(call)));
    world.rang(call);
    scenes.push(("ringing", world.clone(), agent, Some(call)));
    world.accept(call);
    scenes.push(("connecting", world.clone(), agent, Some(call)));
    world.must(&Input::MediaFlowing { call, assignment: 1 });
    scenes.push(("in call", world.clone(), agent, Some(call)));
    let mut lost = world.clone();
    lost.must(&Input::CallerSilent { call, assignment: 1, last_heard: lost.now });
    scenes.push(("caller lost", lost, agent, Some(call)));
    let mut unwitnessed = world.clone();
    unwitnessed.must(&Input::BothSilent { call, assignment: 1, last_heard: unwitnessed.now });
    scenes.push(("unwitnessed", unwitnessed, agent, Some(call)));
    world.seal(call, 1, agent);
    scenes.push(("wrap-up", world, agent, None));
    scenes
}

#[test]
fn a_forced_sign_out_takes_the_agent_out_of_every_activity_and_leaves_no_call_behind() {
    for (name, mut world, agent, call) in scenes() {
        let stale = world.station(agent);
        world.must(&out(&world, agent, SignOutReason::Forced));
        assert_eq!(world.activity(agent), Activity::SignedOut, "{name}");
        let status = WantedStatus::Available;
        assert_eq!(world.step(&Input::SetStatus { from: stale, status }), Err(Refusal::SessionStale));
        if let Some(call) = call {
            assert_eq!(world.state(call), CallState::Waiting, "{name}");
            assert_eq!(told(&world, call), 1, "{name}");
            let other = world.agent(2, "1");
            assert_eq!(world.offer(call).map(|(agent, _)| agent), Some(other), "{name}");
        }
        world.pass_ms(3 * 86_400_000);
        world.check_replay();
    }
}

#[test]
fn a_second_sign_in_closes_the_older_session_in_every_activity() {
    for (name, mut world, agent, call) in scenes() {
        let stale = world.station(agent);
        let (session, workstation) = (session_id(9), workstation_id(9));
        world.must(&Input::SignIn { agent, session, workstation });
        assert_eq!(reason_of(&world, agent).as_deref(), Some(pause::SIGNED_IN), "{name}");
        assert_eq!(world.step(&Input::WrapUpDone { from: stale }), Err(Refusal::SessionStale));
        let older = Input::AgentConnected { agent, session: stale.session };
        assert_eq!(world.step(&older), Err(Refusal::SessionStale), "{name}: a ghost does not come back");
        world.must(&Input::AgentConnected { agent, session });
        world.available(agent);
        if let Some(call) = call {
            assert_eq!(
                world.state(call),
                if name == "offered" || name == "ringing" { CallState::Offering } else { CallState::Waiting },
                "{name}"
            );
            if world.state(call) == CallState::Waiting {
                world.pass_ms(5_000);
            }
            assert_eq!(
                world.offer(call).map(|(agent, _)| agent),
                Some(agent),
                "{name}: nobody else is there"
            );
        }
        world.pass_ms(3 * 86_400_000);
        world.check_replay();
    }
}

/// The wall clock may be set back: time stands still until it has caught up, and nothing is undone.
#[test]
fn a_time_before_the_newest_fact_counts_as_its_time() {
    let mut world = World::new();
    let agent = world.agent(1, "1");
    let call = world.ready_call(1, "1");
    let before = world.now;
    world.pass_ms(1_000);
    world.rang(call);
    world.now = before.plus_ms(-3_600_000);
    world.accept(call);
    assert_eq!(world.facts.last().map(|fact| fact.at), Some(before.plus_ms(1_000)));
    world.must(&Input::Tick);
    assert_eq!(world.activity(agent), Activity::OnCall { call, assignment: 1 });
    world.check_replay();
}

/// A long outage in a ring: it rings on for as long as was left, or at least for the 15 s of a new session.
#[test]
fn a_ring_outlives_a_long_outage_and_goes_on_where_its_workstation_does_not_come_back() {
    let mut world = World::new();
    let away = world.agent(1, "1");
    let back = world.agent(2, "1");
    let call = world.ready_call(1, "1");
    world.rang(call);
    let from = world.now;
    world.now = from.plus_ms(6 * 3_600_000);
    world.must(&Input::Outage { from, to: world.now });
    world.must(&Input::Started);
    world.page(call);
    world.station_back(back);
    world.pass_ms(14_999);
    assert_eq!(world.offer(call), Some((away, 1)));
    world.pass_ms(1);
    assert_eq!(world.offer(call), Some((back, 2)));
    assert_eq!(reason_of(&world, away).as_deref(), Some(pause::CONNECTION_LOST));
}

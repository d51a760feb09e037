//! Sessions, sockets, restarts and outages.

use chinhchu_protocol::agent::WantedStatus;
use chinhchu_protocol::call::{CallState, EndReason};
use chinhchu_routing::{Activity, Event, Input, Refusal, SignOutReason, pause};

use crate::world::{World, agent_id, session_id, workstation_id};

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
fn after_a_restart_nothing_rings_where_no_workstation_is_back_yet() {
    let mut world = World::new();
    let agent = world.agent(1, "1");
    let before = world.station(agent);
    world.must(&Input::Started);
    let call = world.ready_call(1, "1");
    assert_eq!(world.offer(call), None);
    let status = WantedStatus::Available;
    assert_eq!(world.step(&Input::SetStatus { from: before, status }), Err(Refusal::NotConnected));
    world.station_back(agent);
    assert_eq!(world.offer(call), Some((agent, 1)));
    let again = world.ready_call(2, "1");
    world.must(&Input::Started);
    world.pass_ms(15_000);
    assert_eq!(world.end_reason(again), Some(EndReason::CallerLost), "its page did not come back");
    assert!(
        matches!(world.activity(agent), Activity::Paused { reason, .. } if reason == pause::CONNECTION_LOST)
    );
}

/// F3, F4: time in which no server ran does not count.
#[test]
fn an_outage_shifts_the_15_s_of_a_lost_side_the_ring_and_the_wrap_up() {
    let mut world = World::new();
    for n in 1..=3 {
        world.agent(n, "1");
    }
    let (lost, _) = world.in_call(1, "1");
    let (sealed, wrapping) = world.in_call(2, "1");
    let ringing = world.ready_call(3, "1");
    world.rang(ringing);
    world.seal(sealed, 1, wrapping);
    world.must(&Input::CallerSilent { call: lost, assignment: 1, last_heard: world.now });
    let from = world.now;
    world.now = from.plus_ms(3_600_000);
    world.must(&Input::Outage { from, to: world.now });
    world.pass_ms(14_999);
    assert_eq!((world.state(lost), world.state(ringing)), (CallState::Reconnecting, CallState::Offering));
    world.pass_ms(1);
    assert_eq!(world.end_reason(lost), Some(EndReason::CallerLost));
    world.pass_ms(4_999);
    assert_eq!(world.offer(ringing).map(|(_, offer)| offer), Some(1));
    assert!(matches!(world.activity(wrapping), Activity::WrapUp { .. }));
    world.pass_ms(1);
    assert_eq!(world.offer(ringing).map(|(_, offer)| offer), Some(2));
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

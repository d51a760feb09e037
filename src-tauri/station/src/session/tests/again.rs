//! What the server could not take is said again on the same socket, at a pace; what it has taken is not.

use super::*;

/// What ticks send from `from_ms` on, every 250 ms for `for_ms`, with the time of each; heartbeats left out.
fn ticks(desk: &mut Desk, from_ms: u64, for_ms: u64) -> Vec<(u64, AgentToServer)> {
    let mut said = Vec::new();
    for mono_ms in (from_ms..from_ms + for_ms).step_by(250) {
        let messages = sent(&desk.session.handle(at(mono_ms), Input::Tick));
        said.extend(messages.into_iter().map(|message| (mono_ms, message)));
    }
    said.retain(|(_, message)| !matches!(message, AgentToServer::Heartbeat { .. }));
    said
}

fn not_taken(desk: &mut Desk, mono_ms: u64) {
    assert!(desk.session.handle(at(mono_ms), Input::NotTaken).is_empty(), "after a pause");
}

fn live(mono_ms: u64) -> AgentActivity {
    AgentActivity::InCall { call: agent_call(false), since: server_time(mono_ms) }
}

/// F1, F2, F5.
#[test]
fn an_answer_that_the_server_could_not_take_is_said_again_until_it_shows_it() {
    let answers = [
        (Command::Accept, AgentToServer::Accept { call_id: CALL, offer: 1 }),
        (Command::Decline, AgentToServer::Decline { call_id: CALL, offer: 1 }),
        (Command::Pass, AgentToServer::Pass { call_id: CALL, offer: 1 }),
    ];
    for (command, message) in answers {
        let mut desk = Desk::signed_in();
        desk.show(100, ringing(100, 15_000));
        desk.session.command(at(2_000), command).expect("rings");
        not_taken(&mut desk, 2_010);
        let seen = AgentToServer::Rang { call_id: CALL, offer: 1, proof: RingProof::Visual };
        assert_eq!(ticks(&mut desk, 2_250, 2_000), [(2_500, seen), (2_500, message)], "once for one problem");
        desk.show(4_300, AgentActivity::Available { since: server_time(4_300) });
        not_taken(&mut desk, 4_310);
        assert_eq!(ticks(&mut desk, 4_500, 3_000), [], "it is over");
    }
}

#[test]
fn problems_without_end_are_answered_at_most_once_a_second_and_do_not_put_it_off() {
    let mut desk = Desk::signed_in();
    let status = WantedStatus::Paused { reason: "break".into() };
    desk.session.command(at(2_000), Command::SetStatus { status: status.clone() }).expect("signed in");
    let mut said = Vec::new();
    for mono_ms in (2_000..8_000).step_by(250) {
        not_taken(&mut desk, mono_ms);
        said.extend(ticks(&mut desk, mono_ms + 100, 250));
    }
    let times: Vec<u64> = said.iter().map(|(mono_ms, _)| *mono_ms).collect();
    assert_eq!(times, [2_350, 3_350, 4_350, 5_350, 6_350, 7_350]);
    assert!(said.iter().all(|(_, said)| *said == AgentToServer::SetStatus { status: status.clone() }));
    desk.show(8_000, AgentActivity::Paused { since: server_time(8_000), reason: "break".into() });
    not_taken(&mut desk, 8_010);
    assert_eq!(ticks(&mut desk, 8_250, 3_000), [], "fulfilled");
}

#[test]
fn a_comparison_that_the_server_could_not_take_is_said_again_until_it_no_longer_asks() {
    let mut desk = Desk::seeing(500);
    let asks = AgentActivity::InCall { call: agent_call(true), since: server_time(510) };
    desk.show(510, asks.clone());
    desk.session.command(at(2_000), Command::ComparedAgain).expect("in a call");
    not_taken(&mut desk, 2_010);
    let compared = AgentToServer::Compared { call_id: CALL, assignment: 1, change: 1 };
    assert_eq!(ticks(&mut desk, 2_250, 2_000), [(2_500, compared)]);
    desk.show(4_300, AgentActivity::InCall { call: agent_call(false), since: server_time(510) });
    not_taken(&mut desk, 4_310);
    assert_eq!(ticks(&mut desk, 4_500, 2_000), []);
}

/// I5: media and heartbeats have stopped, so the call would go to another agent.
#[test]
fn a_sealed_verdict_is_told_every_second_while_the_server_shows_its_assignment_as_live() {
    let mut desk = Desk::seeing(500);
    desk.show(510, live(510));
    desk.confirm(520).expect("open");
    let effects = desk.session.handle(at(2_000), Input::VerdictSealed { key: KEY, sealed: sealed() });
    assert!(told_of_verdict(&sent(&effects)));
    not_taken(&mut desk, 2_010);
    desk.show(2_020, live(510));
    let said = ticks(&mut desk, 2_250, 3_000);
    let times: Vec<u64> = said.iter().map(|(mono_ms, _)| *mono_ms).collect();
    assert_eq!(times, [3_000, 4_000, 5_000]);
    assert!(said.iter().all(|(_, message)| told_of_verdict(std::slice::from_ref(message))));

    desk.session.handle(at(5_300), Input::SocketClosed);
    assert_eq!(ticks(&mut desk, 6_000, 2_000), [], "nobody hears it");
    desk.session.handle(at(8_000), Input::SocketOpen);
    assert_eq!(ticks(&mut desk, 8_250, 2_000), [], "not before the first view");
    assert!(told_of_verdict(&sent(&desk.show(10_300, live(510)))));
    let until = server_time(40_000);
    desk.show(10_400, AgentActivity::WrapUp { call_id: CALL, until, ended: None });
    assert_eq!(ticks(&mut desk, 10_500, 3_000), [], "the server has it");
}

/// The program was killed in a call and its outbox does not open any more: after the call the server counts the
/// agent as available by itself.
#[test]
fn an_agent_whose_outbox_takes_nothing_is_paused_after_the_call_too() {
    let mut desk = Desk { session: Session::new([]), seq: 0 };
    let picture = OutboxPicture { can_begin_anew: true, ..OutboxPicture::only("damaged") };
    desk.session.handle(at(0), Input::Outbox { picture, history: Vec::new(), full: true });
    desk.session.handle(at(0), Input::Resuming);
    let session_id = SessionId(Uuid::from_u128(2));
    desk.session.handle(at(0), Input::SignedIn { agent: agent(), session_id, warning: None });
    desk.session.handle(at(0), Input::SocketOpen);
    desk.show(300, connecting());
    let paused =
        AgentToServer::SetStatus { status: WantedStatus::Paused { reason: "outbox_damaged".into() } };
    let available = || AgentActivity::Available { since: server_time(20_000) };
    assert_eq!(sent(&desk.show(20_000, available())), std::slice::from_ref(&paused));
    assert!(sent(&desk.show(20_100, available())).is_empty(), "it is on its way");
    // It was not: nobody has to do anything for it to be said again.
    let said = ticks(&mut desk, 20_250, 8_000);
    assert!(said.iter().any(|(_, message)| *message == paused), "{said:?}");
}

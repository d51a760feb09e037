//! A call that cannot be decided has a way out, and only such a call.

use chinhchu_protocol::agent::GiveUpReason;

use super::*;

const TOO_EARLY: Result<Vec<Effect>, Refusal> = Err(Refusal::TooEarly);

impl Desk {
    /// Time passes, with these media.
    fn tick(&mut self, mono_ms: u64, age_ms: u32) {
        self.measure(mono_ms, 30, age_ms);
        self.session.handle(at(mono_ms), Input::Tick);
    }

    fn give_up(&mut self, mono_ms: u64) -> Result<Vec<Effect>, Refusal> {
        self.session.command(at(mono_ms), Command::GiveUp)
    }
}

fn message(reason: GiveUpReason) -> AgentToServer {
    AgentToServer::GiveUp { call_id: CALL, assignment: 1, reason }
}

/// The page is there, so that nobody counts as lost, and its picture does not come.
#[test]
fn a_call_whose_picture_stays_away_can_be_given_up_after_a_while_with_the_reason() {
    let mut desk = Desk::seeing(500);
    assert_eq!(desk.give_up(510), TOO_EARLY, "the verdict is open");
    desk.tick(1_000, 2_500);
    desk.tick(20_900, 22_400);
    assert_eq!(desk.give_up(20_900), TOO_EARLY);
    assert!(matches!(desk.verdict_shown(20_900), VerdictPicture::Locked { may_give_up: false, .. }));
    desk.tick(21_000, 22_500);
    assert!(matches!(desk.verdict_shown(21_000), VerdictPicture::Locked { may_give_up: true, .. }));
    let effects = desk.give_up(21_010).expect("long enough");
    assert_eq!(sent(&effects), [message(GiveUpReason::NoPicture)]);
}

#[test]
fn a_picture_that_comes_back_ends_the_waiting_and_takes_the_giving_up_back() {
    let mut desk = Desk::seeing(500);
    desk.tick(1_000, 2_500);
    desk.tick(30_000, 31_500);
    desk.session.handle(at(30_000), Input::SocketClosed);
    assert!(sent(&desk.give_up(30_010).expect("long enough")).is_empty(), "the line is away");
    desk.tick(30_500, 10);
    desk.session.handle(at(31_000), Input::SocketOpen);
    let said =
        sent(&desk.show(31_010, AgentActivity::InCall { call: agent_call(false), since: server_time(300) }));
    assert!(!said.contains(&message(GiveUpReason::NoPicture)), "{said:?}");
    desk.tick(31_100, 2_500);
    assert_eq!(desk.give_up(40_000), TOO_EARLY, "the waiting begins anew");
}

#[test]
fn it_is_said_again_until_the_call_is_over() {
    let mut desk = Desk::seeing(500);
    desk.tick(1_000, 2_500);
    desk.tick(30_000, 31_500);
    desk.session.handle(at(30_000), Input::SocketClosed);
    desk.give_up(30_010).expect("long enough");
    desk.session.handle(at(31_000), Input::SocketOpen);
    let said =
        sent(&desk.show(31_010, AgentActivity::InCall { call: agent_call(false), since: server_time(300) }));
    assert!(said.contains(&message(GiveUpReason::NoPicture)), "{said:?}");
    let effects = desk.show(31_100, AgentActivity::Available { since: server_time(31_100) });
    assert!(effects.contains(&Effect::StopMedia { key: KEY }));
    assert_eq!(desk.give_up(31_200), Err(Refusal::NoCall));
}

#[test]
fn a_case_that_never_comes_is_a_reason_and_a_comparison_that_is_due_is_none() {
    let mut desk = Desk::accepted();
    desk.tick(500, 10);
    desk.tick(21_000, 10);
    assert_eq!(sent(&desk.give_up(21_000).expect("long enough")), [message(GiveUpReason::NoCase)]);

    let mut desk = Desk::seeing(500);
    desk.show(510, AgentActivity::InCall { call: agent_call(true), since: server_time(510) });
    desk.tick(600, 10);
    desk.tick(60_000, 10);
    assert_eq!(desk.give_up(60_000), TOO_EARLY, "the agent has it in her own hands");
}

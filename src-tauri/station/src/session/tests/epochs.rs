//! What a call's odd ways do to the session: other sockets, other servers, sleep, a call that moves on.

use super::*;

const OTHER: CallId = CallId(Uuid::from_u128(8));

impl Desk {
    fn picture(&self, mono_ms: u64) -> crate::picture::Picture {
        let around =
            Surroundings { profile: "p".into(), server_url: String::new(), video: VideoPlan::Native };
        self.session.picture(at(mono_ms), 1, &around)
    }

    /// The socket breaks and another opens; nothing is shown on it yet.
    fn new_socket(&mut self, mono_ms: u64) {
        self.session.handle(at(mono_ms), Input::SocketClosed);
        self.session.handle(at(mono_ms), Input::SocketOpen);
    }

    fn seal(&mut self, mono_ms: u64) -> Vec<Effect> {
        self.session.handle(at(mono_ms), Input::VerdictSealed { key: KEY, sealed: sealed() })
    }
}

fn other_call() -> AgentActivity {
    AgentActivity::Connecting { call: AgentCall { call_id: OTHER, ..agent_call(false) } }
}

fn wrap_up(mono_ms: u64, left_ms: i64) -> AgentActivity {
    AgentActivity::WrapUp { call_id: CALL, until: server_time(mono_ms).plus_ms(left_ms), ended: None }
}

fn starts_media(effects: &[Effect], call_id: CallId) -> bool {
    effects.iter().any(|effect| matches!(effect, Effect::StartMedia { key, .. } if key.call_id == call_id))
}

/// The machine slept through the ring: the clock that counts sleep ends it at the first tick.
#[test]
fn nothing_rings_after_a_sleep_that_is_over() {
    let mut desk = Desk::signed_in();
    desk.show(100, ringing(100, 15_000));
    assert_eq!(
        desk.session.command(at(3_600_000), Command::Accept),
        Err(Refusal::NoOffer),
        "before any tick"
    );
    assert_eq!(desk.session.handle(at(3_600_000), Input::Tick), [Effect::EndRing]);
    assert_eq!(desk.picture(3_600_000).countdown_s, None);
}

/// A view that waited in a queue through a sleep counts from when it was read.
#[test]
fn a_ring_that_was_read_before_a_sleep_and_handled_after_it_does_not_ring() {
    let mut desk = Desk::signed_in();
    desk.seq += 1;
    let view = view(ringing(100, 15_000));
    let (seq, now) = (desk.seq, server_time(100));
    let input = Input::View { incarnation: 1, seq, now, heard_mono_ms: 100, view };
    assert!(desk.session.handle(at(60_000), input).is_empty());
}

/// No wall clock counts: neither a leap of ours nor one of the server's.
#[test]
fn leaps_of_wall_clocks_change_no_countdown() {
    let mut desk = Desk::signed_in();
    desk.show(100, ringing(100, 15_000));
    let leapt = Now { wall: Timestamp::from_ms(9_000_000_000), mono_ms: 5_100 };
    assert!(desk.session.handle(leapt, Input::Tick).is_empty());
    let around = Surroundings { profile: "p".into(), server_url: String::new(), video: VideoPlan::Native };
    assert_eq!(desk.session.picture(leapt, 1, &around).countdown_s, Some(10));
    // The server's clock was set a day ahead, deadlines with it: the same ten seconds are left.
    desk.seq += 1;
    let far = |ms: i64| server_time(5_100).plus_ms(86_400_000 + ms);
    let AgentActivity::Ringing { offer } = ringing(100, 15_000) else { panic!("rings") };
    let offer = OfferView { expires_at: far(10_000), ..offer };
    let (seq, view) = (desk.seq, view(AgentActivity::Ringing { offer }));
    let input = Input::View { incarnation: 1, seq, now: far(0), heard_mono_ms: 5_100, view };
    assert!(desk.session.handle(at(5_100), input).is_empty());
    assert_eq!(desk.picture(5_101).countdown_s, Some(10));
    assert_eq!(desk.session.handle(at(15_100), Input::Tick), [Effect::EndRing]);
}

/// An outage of the server shifts its deadlines; the ring follows its word, not the first one.
#[test]
fn a_ring_lasts_as_long_as_the_newest_view_says_and_ends_at_once_when_it_is_rescinded() {
    let mut desk = Desk::signed_in();
    desk.show(100, ringing(100, 5_000));
    desk.new_socket(3_000);
    desk.show(3_100, ringing(3_100, 9_000));
    assert!(desk.session.handle(at(6_000), Input::Tick).is_empty());
    let effects = desk.show(7_000, AgentActivity::Available { since: server_time(7_000) });
    assert_eq!(effects, [Effect::EndRing]);
}

/// The answer was in time, the line was not: the server decides, and nobody is rung for the same offer again.
#[test]
fn an_answer_outlives_its_ring_until_the_server_has_spoken() {
    let mut desk = Desk::signed_in();
    desk.show(100, ringing(100, 5_000));
    desk.session.handle(at(200), Input::SocketClosed);
    desk.session.command(at(300), Command::Accept).expect("rings");
    desk.session.handle(at(5_200), Input::Tick);
    desk.session.handle(at(8_000), Input::SocketOpen);
    let effects = desk.show(8_100, ringing(8_100, 2_000));
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Ring { .. })));
    let accept = AgentToServer::Accept { call_id: CALL, offer: 1 };
    assert!(sent(&effects).contains(&accept), "{effects:?}");
}

/// A call of another incarnation of the server, and a ghost of the older one after it.
#[test]
fn a_ghost_of_an_older_incarnation_ends_no_call() {
    let mut desk = Desk::signed_in();
    let show = |desk: &mut Desk, number: (u32, u64), activity| {
        let (incarnation, seq) = number;
        let input =
            Input::View { incarnation, seq, now: server_time(100), heard_mono_ms: 100, view: view(activity) };
        desk.session.handle(at(100), input)
    };
    assert!(starts_media(&show(&mut desk, (2, 1), connecting()), CALL));
    for old in [(1, 900), (2, 0)] {
        let effects = show(&mut desk, old, AgentActivity::Available { since: server_time(0) });
        assert!(effects.is_empty(), "{old:?}");
    }
    assert!(desk.session.is_in_call());
}

/// The verdict key was pressed, then the server showed something else: it is followed once the seal is done,
/// although no further view comes.
#[test]
fn what_was_shown_during_a_seal_begins_when_it_is_done() {
    type Ends = fn(&mut Desk) -> Vec<Effect>;
    let well: Ends = |desk| desk.seal(700);
    let badly: Ends = |desk| {
        let code = "capture_uniform".to_owned();
        desk.session.handle(at(700), Input::VerdictFailed { key: KEY, code })
    };
    for ends in [well, badly] {
        let mut desk = Desk::seeing(500);
        desk.confirm(510).expect("open");
        assert!(desk.show(520, other_call()).is_empty(), "the capture needs its call");
        assert!(!desk.session.is_in_call());
        let effects = ends(&mut desk);
        assert!(effects.contains(&Effect::StopMedia { key: KEY }));
        assert!(starts_media(&effects, OTHER), "{effects:?}");

        let mut desk = Desk::seeing(500);
        desk.confirm(510).expect("open");
        let AgentActivity::Ringing { offer } = ringing(520, 15_000) else { panic!("rings") };
        desk.show(520, AgentActivity::Ringing { offer: OfferView { call_id: OTHER, ..offer } });
        let effects = ends(&mut desk);
        assert!(effects.iter().any(|effect| matches!(effect, Effect::Ring { .. })), "{effects:?}");
    }
}

/// Another agent has the call: told, media stopped, no verdict any more.
#[test]
fn a_call_that_was_taken_away_is_told_and_takes_no_verdict() {
    let mut desk = Desk::seeing(500);
    let paused = || AgentActivity::Paused { since: server_time(600), reason: "connection_lost".into() };
    let effects = desk.show(600, paused());
    assert!(effects.contains(&Effect::StopMedia { key: KEY }) && effects.contains(&Effect::ForgetCase));
    assert_eq!(desk.confirm(610), Err(Refusal::NoCall));
    assert_eq!(desk.picture(620).notice.as_deref(), Some("call_moved_on"));
    desk.session.command(at(630), Command::SetStatus { status: WantedStatus::Available }).expect("signed in");
    assert_eq!(desk.picture(640).notice, None);

    let mut desk = Desk::seeing(500);
    desk.confirm(510).expect("open");
    desk.show(520, paused());
    desk.seal(530);
    assert_eq!(desk.picture(540).notice.as_deref(), Some("call_moved_on_sealed"));
    assert_eq!(
        desk.verdict_shown(540),
        VerdictPicture::Sealed { entry: sealed().entry, screenshot_url: sealed().screenshot_url }
    );
}

/// I8: the server is away and the media lives.
#[test]
fn while_the_server_is_away_the_call_goes_on_and_a_verdict_waits_for_it() {
    let mut desk = Desk::seeing(500);
    desk.session.handle(at(600), Input::SocketClosed);
    for mono_ms in (750..60_000).step_by(250) {
        desk.measure(mono_ms, 30, 10);
        assert!(desk.session.handle(at(mono_ms), Input::Tick).is_empty());
    }
    assert!(desk.session.is_in_call());
    assert_eq!(desk.confirm(62_000), Err(Refusal::MediaStalled), "nobody knows who is there");
    desk.measure(62_100, 60, 10);
    assert!(sent(&desk.confirm(62_110).expect("open")).is_empty());
    assert!(sent(&desk.seal(62_500)).is_empty());
    desk.session.handle(at(90_000), Input::SocketOpen);
    assert!(told_of_verdict(&sent(&desk.show(90_100, connecting()))));

    // It came too late: another agent's verdict stands. The screen says so as soon as the receipt is here.
    let upload = UploadState::Delivered { at: server_time(90_200), standing: "superseded".into() };
    let entry = HistoryEntry { upload, ..sealed().entry };
    let picture = OutboxPicture::empty();
    let input = Input::Outbox { picture, history: vec![entry.clone()], full: false };
    desk.session.handle(at(90_200), input);
    let VerdictPicture::Sealed { entry: shown, .. } = desk.verdict_shown(90_300) else { panic!("sealed") };
    assert_eq!(shown, entry);
    assert_eq!(desk.picture(90_300).history, [entry]);
}

/// Every way in which a session can be ended from outside, in every place where it can happen.
#[test]
fn a_session_that_the_server_ends_stops_everything_says_why_and_stays_away() {
    let reasons = [
        (SessionCloseReason::SignedInElsewhere, "signed_in_elsewhere"),
        (SessionCloseReason::Forced, "signed_out_by_force"),
        (SessionCloseReason::Expired, "session_expired"),
    ];
    for (reason, code) in reasons {
        let rings = || {
            let mut desk = Desk::signed_in();
            desk.show(100, ringing(100, 15_000));
            desk
        };
        for (mut desk, stops) in [
            (Desk::signed_in(), None),
            (rings(), Some(Effect::EndRing)),
            (Desk::seeing(500), Some(Effect::StopMedia { key: KEY })),
        ] {
            let effects = desk.session.handle(at(600), Input::SessionClosed { reason });
            for effect in [Effect::ForgetSession, Effect::CloseLink].into_iter().chain(stops) {
                assert!(effects.contains(&effect), "{effect:?}");
            }
            let out = Account::SignedOut { error: Some(code.into()) };
            assert_eq!(desk.picture(610).account, out);
            // Late frames of the socket that is being closed change nothing.
            assert!(desk.show(620, ringing(620, 15_000)).is_empty());
            assert!(desk.session.handle(at(630), Input::SessionClosed { reason }).is_empty());
            assert_eq!(desk.picture(640).account, out);
        }
    }
}

/// Signed out in the middle of a seal: the verdict is kept, and told when the same call is shown again.
#[test]
fn a_seal_that_outlives_its_session_is_told_in_the_next_one() {
    let mut desk = Desk::seeing(500);
    desk.confirm(510).expect("open");
    let reason = SessionCloseReason::SignedInElsewhere;
    let effects = desk.session.handle(at(520), Input::SessionClosed { reason });
    assert!(!effects.contains(&Effect::StopMedia { key: KEY }), "the capture needs its picture");
    let effects = desk.seal(530);
    assert!(sent(&effects).is_empty() && effects.contains(&Effect::StopMedia { key: KEY }));
    assert!(effects.contains(&Effect::ForgetCase), "no case of a signed-out agent stays in memory");
    let session_id = SessionId(Uuid::from_u128(3));
    desk.session.handle(at(540), Input::Resuming);
    desk.session.handle(at(550), Input::SignedIn { agent: agent(), session_id, warning: None });
    desk.session.handle(at(560), Input::SocketOpen);
    let effects = desk.show(570, connecting());
    assert!(told_of_verdict(&sent(&effects)) && !starts_media(&effects, CALL));
}

/// Whoever signs in by hand is not thrown out by what a former run has kept.
#[test]
fn a_kept_session_does_not_overtake_a_sign_in() {
    let mut session = Session::new([]);
    let sign_in = Command::SignIn { username: "lan".into(), password: "x".into() };
    session.command(at(0), sign_in).expect("nobody is signed in");
    assert!(session.is_signing_in() && !session.is_signed_out());
    session.handle(at(1), Input::Resuming);
    let session_id = SessionId(Uuid::from_u128(3));
    let input = || Input::SignedIn { agent: agent(), session_id, warning: None };
    assert_eq!(session.handle(at(2), input()), [Effect::Enrol, Effect::OpenLink]);
    assert!(session.handle(at(3), input()).is_empty(), "a second one changes nothing");
}

#[test]
fn a_comparison_is_told_again_on_a_new_socket_and_locks_again_at_the_next_change() {
    let changed = || AgentActivity::InCall { call: agent_call(true), since: server_time(0) };
    let mut desk = Desk::seeing(500);
    assert!(sent(&desk.session.command(at(505), Command::ComparedAgain).expect("in a call")).is_empty());
    desk.show(510, changed());
    let compared = AgentToServer::Compared { call_id: CALL, assignment: 1, change: 1 };
    let effects = desk.session.command(at(520), Command::ComparedAgain).expect("in a call");
    assert_eq!(sent(&effects), std::slice::from_ref(&compared));
    desk.new_socket(530);
    assert_eq!(sent(&desk.show(540, changed())), [compared]);
    assert!(sent(&desk.show(550, connecting())).is_empty());
    let twice = AgentCall { changes: 2, ..agent_call(true) };
    desk.show(560, AgentActivity::InCall { call: twice, since: server_time(0) });
    assert_eq!(desk.confirm(570), Err(Refusal::CompareAgain), "another change, another comparison");
}

#[test]
fn heartbeats_keep_step_and_do_not_catch_up_after_a_pause() {
    let mut desk = Desk::accepted();
    let mut beats_at = |moments: &[u64]| {
        let beats = |at_ms: &&u64| !sent(&desk.session.handle(at(**at_ms), Input::Tick)).is_empty();
        moments.iter().filter(beats).copied().collect::<Vec<_>>()
    };
    let late = beats_at(&[300, 551, 802, 1_053, 1_304, 1_555, 1_806]);
    assert_eq!(late, [300, 802, 1_304, 1_806], "ticks that come a little late cost no beat");
    assert_eq!(beats_at(&[61_000, 61_001, 61_250, 61_500]), [61_000, 61_500]);
}

#[test]
fn what_the_page_has_of_us_is_shown_while_somebody_tells_it() {
    let mut desk = Desk::seeing(500);
    desk.session.handle(at(600), Input::Heartbeat { key: KEY, media_age_ms: Some(40) });
    assert_eq!(desk.picture(700).media.sent_age_ms, Some(0));
    assert_eq!(desk.picture(1_700).media.sent_age_ms, Some(1_000));
    assert_eq!(desk.picture(2_600).media.sent_age_ms, None, "nobody has told for 2 s");
    desk.session.handle(at(2_700), Input::Heartbeat { key: KEY, media_age_ms: None });
    assert_eq!(desk.picture(2_710).media.sent_age_ms, None);
}

/// F4 frees the agent at once: the wrap-up is open, and the next ring ends it.
#[test]
fn the_wrap_up_counts_by_the_own_clock_and_the_next_ring_ends_it() {
    let mut desk = Desk::seeing(500);
    desk.confirm(510).expect("open");
    desk.seal(600);
    desk.show(700, wrap_up(700, 30_000));
    assert!(matches!(desk.verdict_shown(800), VerdictPicture::Sealed { .. }));
    assert_eq!(desk.picture(10_700).countdown_s, Some(20));
    desk.session.handle(at(11_000), Input::SocketClosed);
    assert_eq!(desk.picture(3_600_000).countdown_s, Some(0), "also while the server is away");
    desk.session.handle(at(3_600_100), Input::SocketOpen);
    let AgentActivity::Ringing { offer } = ringing(3_600_200, 15_000) else { panic!("rings") };
    let offer = OfferView { call_id: OTHER, ..offer };
    let effects = desk.show(3_600_200, AgentActivity::Ringing { offer });
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Ring { .. })));
    assert_eq!(desk.verdict_shown(3_600_300), VerdictPicture::None);
}

/// A pause wished in a call counts after it, whatever sockets come and go; an automatic one says its reason.
#[test]
fn a_pause_wished_in_a_call_is_kept_until_it_counts() {
    let mut desk = Desk::seeing(500);
    let pause = WantedStatus::Paused { reason: "break".into() };
    let wish = Command::SetStatus { status: pause.clone() };
    assert_eq!(sent(&desk.session.command(at(510), wish).expect("signed in")).len(), 1);
    for mono_ms in (750..10_000).step_by(250) {
        desk.session.handle(at(mono_ms), Input::Tick);
    }
    assert_eq!(desk.picture(10_000).wish, Some(pause.clone()));
    desk.new_socket(10_000);
    assert!(sent(&desk.show(10_100, connecting())).contains(&AgentToServer::SetStatus { status: pause }));
    desk.show(11_000, AgentActivity::Paused { since: server_time(11_000), reason: "break".into() });
    assert_eq!(desk.picture(11_100).wish, None);

    let mut desk = Desk::signed_in();
    desk.show(20, AgentActivity::Paused { since: server_time(20), reason: "missed_rings".into() });
    let picture = desk.picture(30);
    let shown = picture.view.expect("view").activity;
    assert!(matches!(shown, AgentActivity::Paused { reason, .. } if reason == "missed_rings"));
}

/// A wish that an unbroken socket has carried and that was answered otherwise is not kept for ever.
#[test]
fn a_wish_that_was_not_granted_is_forgotten_in_time() {
    let mut desk = Desk::signed_in();
    let pause = WantedStatus::Paused { reason: "break".into() };
    desk.session.command(at(100), Command::SetStatus { status: pause.clone() }).expect("signed in");
    // A view that crossed it on the wire is older than the wish.
    desk.show(110, AgentActivity::Available { since: server_time(0) });
    assert_eq!(desk.picture(120).wish, Some(pause));
    desk.session.handle(at(3_100), Input::Tick);
    assert_eq!(desk.picture(3_100).wish, None);
}

//! The session by tables and short stories: inputs and time in, effects out.

mod again;
mod enrol;
mod epochs;
mod give_up;
mod table;
mod walk;

use chinhchu_protocol::agent::{
    AgentActivity, AgentCall, AgentCase, AgentProfile, AgentToServer, AgentToday, AgentView, OfferView,
    QueueSummary, ReasonOption, RingProof, SessionCloseReason, WantedStatus,
};
use chinhchu_protocol::call::Decision;
use chinhchu_protocol::case::{Case, Customer, CustomerType, Dealer, IdKind, Payment, Subscriber};
use chinhchu_protocol::ids::{AgentId, CallId, CompanyCode, RuleId, SessionId};
use chinhchu_protocol::policy::{CallPolicy, VideoCall};
use chinhchu_protocol::signal::Signal;
use chinhchu_protocol::time::Timestamp;
use chinhchu_protocol::workstation::WorkstationState;
use uuid::Uuid;

use super::*;
use crate::picture::{Account, EnrolmentState, UploadState, VerdictPicture, VideoPlan};

const CALL: CallId = CallId(Uuid::from_u128(7));
const KEY: CallKey = CallKey { call_id: CALL, assignment: 1 };
const OFFER: OfferKey = OfferKey { call_id: CALL, offer: 1 };

/// Own clock in ms; the server's wall clock is an hour ahead, so that mixing them up shows.
fn at(mono_ms: u64) -> Now {
    Now { wall: Timestamp::from_ms(1_000_000 + i64::try_from(mono_ms).expect("small")), mono_ms }
}

fn server_time(mono_ms: u64) -> Timestamp {
    at(mono_ms).wall.plus_ms(3_600_000)
}

fn agent() -> AgentProfile {
    AgentProfile {
        agent_id: AgentId(Uuid::from_u128(1)),
        username: "hoa".into(),
        name: "Hoa".into(),
        company: CompanyCode("1".into()),
        partner: None,
    }
}

fn view(activity: AgentActivity) -> Box<AgentView> {
    let reason = ReasonOption { code: "face_mismatch".into(), text: "Khuôn mặt không khớp".into() };
    Box::new(AgentView {
        agent: agent(),
        activity,
        queue: QueueSummary::default(),
        today: AgentToday::default(),
        reject_reasons: vec![reason],
        pause_reasons: Vec::new(),
        workstation: WorkstationState::Approved,
    })
}

fn ringing(mono_ms: u64, left_ms: i64) -> AgentActivity {
    AgentActivity::Ringing {
        offer: OfferView {
            call_id: CALL,
            offer: 1,
            company: CompanyCode("1".into()),
            dealer_name: "ĐL".into(),
            payment: Payment::Prepaid,
            sub_type: None,
            customer_type: CustomerType::Individual,
            waiting_since: server_time(mono_ms),
            expires_at: server_time(mono_ms).plus_ms(left_ms),
        },
    }
}

fn agent_call(compare_again: bool) -> AgentCall {
    AgentCall {
        call_id: CALL,
        assignment: 1,
        ice_servers: Vec::new(),
        compare_again,
        changes: u32::from(compare_again),
        accepted_at: server_time(0),
        challenge: "c".repeat(32),
    }
}

fn connecting() -> AgentActivity {
    AgentActivity::Connecting { call: agent_call(false) }
}

fn case() -> Box<AgentCase> {
    Box::new(AgentCase {
        call_id: CALL,
        company: CompanyCode("1".into()),
        case: Case {
            external_id: "E".into(),
            dealer: Dealer { account: "d".into(), name: "ĐL".into() },
            subscriber: Subscriber {
                msisdn: "0900000000".into(),
                payment: Payment::Prepaid,
                sub_type: None,
                customer_type: CustomerType::Individual,
            },
            customer: Customer {
                full_name: "N".into(),
                date_of_birth: "1990-01-01".into(),
                id_kind: IdKind::Cccd,
                id_number: "000000000000".into(),
                id_issued_on: "2021-01-01".into(),
                address: None,
            },
            consent: None,
            biometric_match: None,
            language: None,
        },
        policy: CallPolicy { video_call: VideoCall::Mandatory, rule_id: RuleId(Uuid::from_u128(9)) },
        images: Vec::new(),
        greeting: "Kính chào".into(),
    })
}

struct Desk {
    session: Session,
    seq: u64,
}

impl Desk {
    fn signed_in() -> Self {
        let mut desk = Self { session: Session::new([]), seq: 0 };
        let session_id = SessionId(Uuid::from_u128(2));
        desk.session.handle(at(0), Input::Resuming);
        desk.session.handle(at(0), Input::SignedIn { agent: agent(), session_id, warning: None });
        desk.session.handle(at(0), Input::Workstation { state: EnrolmentState::Approved, error: None });
        desk.session.handle(at(0), Input::SocketOpen);
        desk.show(0, AgentActivity::Available { since: server_time(0) });
        desk
    }

    fn show(&mut self, mono_ms: u64, activity: AgentActivity) -> Vec<Effect> {
        self.seq += 1;
        let now = server_time(mono_ms);
        let view = view(activity);
        let input = Input::View { incarnation: 1, seq: self.seq, now, heard_mono_ms: mono_ms, view };
        self.session.handle(at(mono_ms), input)
    }

    fn accepted() -> Self {
        let mut desk = Self::signed_in();
        desk.show(100, ringing(100, 15_000));
        desk.session.command(at(200), Command::Accept).expect("rings");
        desk.show(300, connecting());
        desk
    }

    fn seeing(mono_ms: u64) -> Self {
        let mut desk = Self::accepted();
        desk.session.handle(at(400), Input::CaseFetched { key: KEY, case: case(), papers: Vec::new() });
        desk.measure(mono_ms, 30, 10);
        desk
    }

    fn measure(&mut self, mono_ms: u64, frames_decoded: u64, age_ms: u32) {
        let snapshot = MediaSnapshot { age_ms: Some(age_ms), frames_decoded, ..MediaSnapshot::default() };
        self.session.handle(at(mono_ms), Input::MediaSnapshot { key: KEY, snapshot });
    }

    fn confirm(&mut self, mono_ms: u64) -> Result<Vec<Effect>, Refusal> {
        let verdict = Command::Verdict { decision: Decision::Confirmed, reason: None, note: None };
        self.session.command(at(mono_ms), verdict)
    }

    fn verdict_shown(&self, mono_ms: u64) -> VerdictPicture {
        let around =
            Surroundings { profile: "p".into(), server_url: String::new(), video: VideoPlan::Native };
        self.session.picture(at(mono_ms), 1, &around).verdict
    }
}

fn sent(effects: &[Effect]) -> Vec<AgentToServer> {
    let message = |effect: &Effect| match effect {
        Effect::Send(message) => Some(message.clone()),
        _ => None,
    };
    effects.iter().filter_map(message).collect()
}

fn sealed() -> SealedVerdict {
    SealedVerdict {
        entry: HistoryEntry {
            call_id: CALL,
            assignment: 1,
            at: Timestamp::from_ms(5),
            decision: Decision::Confirmed,
            reason: None,
            upload: UploadState::OnDisk,
            counter: Some(1),
            manifest_sha256: Some("ab".into()),
            capture_method: None,
        },
        manifest_sha256: "ab".into(),
        screenshot_url: "station://localhost/evidence".into(),
    }
}

fn told_of_verdict(messages: &[AgentToServer]) -> bool {
    messages.iter().any(|message| matches!(message, AgentToServer::VerdictSealed { .. }))
}

#[test]
fn an_older_view_is_ignored_and_a_new_incarnation_is_newer() {
    let mut desk = Desk::signed_in();
    desk.show(10, AgentActivity::Paused { since: server_time(10), reason: "break".into() });
    let old = view(ringing(20, 15_000));
    let input =
        Input::View { incarnation: 1, seq: 1, now: server_time(20), heard_mono_ms: 20, view: old.clone() };
    assert!(desk.session.handle(at(20), input).is_empty());
    let input = Input::View { incarnation: 2, seq: 0, now: server_time(20), heard_mono_ms: 20, view: old };
    let effects = desk.session.handle(at(20), input);
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Ring { .. })));
}

/// I7.
#[test]
fn a_ring_is_confirmed_once_window_paint_and_sound_are_proven() {
    let mut desk = Desk::signed_in();
    desk.show(100, ringing(100, 15_000));
    let rang = |effects: Vec<Effect>| sent(&effects);
    let mapped = desk.session.handle(at(120), Input::RingWindowMapped { offer: OFFER });
    assert!(rang(mapped).is_empty());
    let shown = Command::RingShown { call_id: CALL, offer: 1 };
    assert!(rang(desk.session.command(at(130), shown).expect("taken")).is_empty());
    let sound = Input::RingSound { offer: OFFER, started: true };
    let proof = rang(desk.session.handle(at(140), sound.clone()));
    assert_eq!(proof, [AgentToServer::Rang { call_id: CALL, offer: 1, proof: RingProof::Sound }]);
    assert!(rang(desk.session.handle(at(150), sound)).is_empty(), "once");
}

/// I7: without a ring device a ring is confirmed as seen.
#[test]
fn a_ring_without_sound_is_confirmed_as_visual_and_never_before_the_window_is_there() {
    for (sound, at_ms) in [(Some(false), 150), (None, 1_200)] {
        let mut desk = Desk::signed_in();
        desk.show(100, ringing(100, 15_000));
        if let Some(started) = sound {
            desk.session.handle(at(110), Input::RingSound { offer: OFFER, started });
        }
        assert!(sent(&desk.session.handle(at(140), Input::Tick)).is_empty());
        desk.session.handle(at(145), Input::RingWindowMapped { offer: OFFER });
        let shown = Command::RingShown { call_id: CALL, offer: 1 };
        let mut effects = desk.session.command(at(150), shown).expect("taken");
        effects.extend(desk.session.handle(at(at_ms), Input::Tick));
        let visual = AgentToServer::Rang { call_id: CALL, offer: 1, proof: RingProof::Visual };
        assert_eq!(sent(&effects), [visual]);
    }
}

#[test]
fn a_ring_ends_by_the_own_clock_although_the_clocks_differ_and_the_line_is_away() {
    let mut desk = Desk::signed_in();
    desk.show(100, ringing(100, 5_000));
    desk.session.handle(at(200), Input::SocketClosed);
    assert!(desk.session.handle(at(5_000), Input::Tick).is_empty());
    assert!(desk.session.handle(at(5_100), Input::Tick) == vec![Effect::EndRing]);
    assert_eq!(desk.session.command(at(5_101), Command::Accept), Err(Refusal::NoOffer));
}

/// F1, F2, F5.
#[test]
fn an_offer_takes_one_answer_and_it_is_said_again_on_a_new_socket() {
    let answers = [
        (Command::Accept, AgentToServer::Accept { call_id: CALL, offer: 1 }),
        (Command::Decline, AgentToServer::Decline { call_id: CALL, offer: 1 }),
        (Command::Pass, AgentToServer::Pass { call_id: CALL, offer: 1 }),
    ];
    for (command, message) in answers {
        let mut desk = Desk::signed_in();
        desk.show(100, ringing(100, 15_000));
        desk.session.handle(at(150), Input::SocketClosed);
        let effects = desk.session.command(at(200), command.clone()).expect("rings");
        assert!(sent(&effects).is_empty(), "the line is away");
        assert!(effects.contains(&Effect::EndRing));
        assert_eq!(desk.session.command(at(201), command), Err(Refusal::NoOffer));
        desk.session.handle(at(300), Input::SocketOpen);
        let seen = AgentToServer::Rang { call_id: CALL, offer: 1, proof: RingProof::Visual };
        assert_eq!(sent(&desk.show(310, ringing(100, 15_000))), [seen, message]);
    }
}

/// I7: an answer quicker than window and sound is itself the proof of a ring.
#[test]
fn a_quick_answer_confirms_the_ring_first_and_only_once() {
    let mut desk = Desk::signed_in();
    desk.show(100, ringing(100, 15_000));
    let seen = AgentToServer::Rang { call_id: CALL, offer: 1, proof: RingProof::Visual };
    let accept = AgentToServer::Accept { call_id: CALL, offer: 1 };
    assert_eq!(sent(&desk.session.command(at(120), Command::Accept).expect("rings")), [seen, accept]);
    desk.session.handle(at(130), Input::RingWindowMapped { offer: OFFER });
    let shown = Command::RingShown { call_id: CALL, offer: 1 };
    assert!(sent(&desk.session.command(at(140), shown).expect("taken")).is_empty());
}

#[test]
fn a_verdict_is_locked_until_case_and_video_are_here_and_while_media_is_stale() {
    let mut desk = Desk::accepted();
    assert_eq!(desk.confirm(400), Err(Refusal::CaseMissing));
    desk.session.handle(at(400), Input::CaseFetched { key: KEY, case: case(), papers: Vec::new() });
    assert_eq!(desk.confirm(410), Err(Refusal::VideoNotSeen));
    desk.measure(500, 0, 10);
    assert_eq!(desk.confirm(510), Err(Refusal::VideoNotSeen), "sound alone is not video");
    desk.measure(600, 1, 10);
    assert_eq!(desk.confirm(2_600), Err(Refusal::MediaStalled), "nobody measured for 2 s");
    desk.measure(2_700, 1, 1_990);
    assert_eq!(desk.confirm(2_710), Err(Refusal::MediaStalled));
    desk.measure(2_800, 1, 10);
    assert!(desk.confirm(2_810).is_ok());
}

/// Another page may be another person.
#[test]
fn a_changed_page_locks_the_verdict_until_the_agent_has_compared_again() {
    let mut desk = Desk::seeing(500);
    desk.show(510, AgentActivity::InCall { call: agent_call(true), since: server_time(510) });
    assert_eq!(desk.confirm(520), Err(Refusal::CompareAgain));
    desk.session.command(at(530), Command::ComparedAgain).expect("in a call");
    assert!(desk.confirm(540).is_ok());
}

/// N5.
#[test]
fn a_rejection_needs_a_reason_of_the_list_and_a_note_has_a_limit() {
    let reject = |reason: Option<&str>, note: Option<String>| {
        let reason = reason.map(str::to_owned);
        Desk::seeing(500)
            .session
            .command(at(510), Command::Verdict { decision: Decision::Rejected, reason, note })
            .map(|_| ())
    };
    assert_eq!(reject(None, None), Err(Refusal::ReasonMissing));
    assert_eq!(reject(Some("invented"), None), Err(Refusal::ReasonMissing));
    assert_eq!(reject(Some("face_mismatch"), Some("x".repeat(1_001))), Err(Refusal::NoteTooLong));
    assert_eq!(reject(Some("face_mismatch"), Some("đ".repeat(1_000))), Ok(()));
}

/// I5: once per assignment, said again until the server has it.
#[test]
fn an_assignment_takes_one_verdict_and_it_is_told_again_on_every_new_socket() {
    let mut desk = Desk::seeing(500);
    let effects = desk.confirm(510).expect("open");
    assert!(matches!(effects.as_slice(), [Effect::StartVerdict(order)] if order.key == KEY));
    assert_eq!(desk.confirm(511), Err(Refusal::VerdictGiven));
    desk.session.handle(at(520), Input::SocketClosed);
    let effects = desk.session.handle(at(600), Input::VerdictSealed { key: KEY, sealed: sealed() });
    assert!(effects.contains(&Effect::StopMedia { key: KEY }));
    assert!(matches!(desk.verdict_shown(610), VerdictPicture::Sealed { .. }));
    for round in 0..2 {
        desk.session.handle(at(700), Input::SocketOpen);
        let effects = desk.show(710, connecting());
        assert!(told_of_verdict(&sent(&effects)), "round {round}");
        assert!(!effects.iter().any(|effect| matches!(effect, Effect::StartMedia { .. })));
        assert_eq!(desk.confirm(720), Err(Refusal::VerdictGiven));
        desk.session.handle(at(730), Input::SocketClosed);
    }
}

#[test]
fn a_verdict_of_a_former_run_is_told_and_not_asked_again() {
    let mut desk = Desk { session: Session::new([(KEY, Decision::Rejected, "cd".into())]), seq: 0 };
    let session_id = SessionId(Uuid::from_u128(2));
    desk.session.handle(at(0), Input::Resuming);
    desk.session.handle(at(0), Input::SignedIn { agent: agent(), session_id, warning: None });
    desk.session.handle(at(0), Input::SocketOpen);
    let effects = desk.show(10, connecting());
    assert!(told_of_verdict(&sent(&effects)));
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::StartMedia { .. })));
}

#[test]
fn a_failed_capture_decides_nothing_and_the_agent_may_try_again() {
    let mut desk = Desk::seeing(500);
    desk.confirm(510).expect("open");
    assert_eq!(desk.verdict_shown(511), VerdictPicture::Sealing);
    let code = "capture_uniform".to_owned();
    let effects = desk.session.handle(at(520), Input::VerdictFailed { key: KEY, code: code.clone() });
    assert!(effects.is_empty());
    assert_eq!(desk.verdict_shown(530), VerdictPicture::Refused { code });
    assert!(desk.confirm(540).is_ok());
}

#[test]
fn a_call_that_ends_while_its_verdict_is_being_sealed_keeps_the_verdict() {
    let mut desk = Desk::seeing(500);
    desk.confirm(510).expect("open");
    let until = server_time(60_000);
    let effects = desk.show(515, AgentActivity::WrapUp { call_id: CALL, until, ended: None });
    assert!(effects.is_empty(), "media runs until the capture is done");
    let effects = desk.session.handle(at(520), Input::VerdictSealed { key: KEY, sealed: sealed() });
    assert!(told_of_verdict(&sent(&effects)));
    assert!(effects.contains(&Effect::StopMedia { key: KEY }));
}

#[test]
fn a_full_outbox_pauses_the_agent_and_takes_no_further_verdict() {
    let mut desk = Desk::signed_in();
    let picture = OutboxPicture { pending: 200, ..OutboxPicture::only("waiting_for_network") };
    let full = Input::Outbox { picture, history: Vec::new(), full: true };
    let effects = desk.session.handle(at(10), full);
    let paused = WantedStatus::Paused { reason: "outbox_full".into() };
    assert_eq!(sent(&effects), [AgentToServer::SetStatus { status: paused }]);
    let available = Command::SetStatus { status: WantedStatus::Available };
    assert_eq!(desk.session.command(at(20), available.clone()), Err(Refusal::OutboxFull));

    // Damaged before the line was up, and still on duty by the server's view: off duty at once.
    let picture = OutboxPicture::only("damaged");
    desk.session.handle(at(30), Input::Outbox { picture, history: Vec::new(), full: true });
    desk.session.handle(at(40), Input::SocketOpen);
    let effects = desk.show(50, AgentActivity::Available { since: server_time(0) });
    let paused = WantedStatus::Paused { reason: "outbox_damaged".into() };
    assert_eq!(sent(&effects), [AgentToServer::SetStatus { status: paused }]);
    assert_eq!(desk.session.command(at(60), available), Err(Refusal::OutboxDamaged));
}

#[test]
fn signals_are_numbered_kept_until_acknowledged_and_taken_once_and_in_order() {
    let signal = |connection| Signal::Answer { connection, sdp: String::new() };
    let mut desk = Desk::accepted();
    let post = |desk: &mut Desk, n| {
        let event = MediaInput::Signal(signal(n));
        sent(&desk.session.handle(at(400), Input::Media { key: KEY, event }))
    };
    let first = AgentToServer::Signal { call_id: CALL, assignment: 1, n: 1, signal: signal(1) };
    let second = AgentToServer::Signal { call_id: CALL, assignment: 1, n: 2, signal: signal(2) };
    assert_eq!(post(&mut desk, 1), [first]);
    assert_eq!(post(&mut desk, 2), std::slice::from_ref(&second));
    desk.session.handle(at(410), Input::SignalAck { key: KEY, n: 1 });
    desk.session.handle(at(420), Input::SocketClosed);
    desk.session.handle(at(430), Input::SocketOpen);
    assert_eq!(sent(&desk.show(440, connecting())), [second], "what was not acknowledged, again");

    let take = |desk: &mut Desk, n| {
        let effects = desk.session.handle(at(450), Input::Signal { key: KEY, n, signal: signal(n) });
        let given = effects.iter().any(|effect| matches!(effect, Effect::GiveSignal { .. }));
        let acked = sent(&effects).iter().find_map(|message| match message {
            AgentToServer::SignalAck { n, .. } => Some(*n),
            _ => None,
        });
        (given, acked)
    };
    assert_eq!(take(&mut desk, 1), (true, Some(1)));
    assert_eq!(take(&mut desk, 1), (false, Some(1)), "a repeat");
    assert_eq!(take(&mut desk, 3), (false, Some(1)), "a gap");
    assert_eq!(take(&mut desk, 2), (true, Some(2)));
}

#[test]
fn a_resumed_call_numbers_its_signals_after_those_of_the_former_run() {
    let mut desk = Desk::signed_in();
    let effects = desk.show(100, connecting());
    assert!(effects.iter().any(|effect| matches!(effect, Effect::StartMedia { .. })));
    let signal = Signal::Answer { connection: 4, sdp: String::new() };
    let event = MediaInput::Signal(signal.clone());
    assert!(sent(&desk.session.handle(at(110), Input::Media { key: KEY, event })).is_empty());
    let effects = desk.session.handle(at(120), Input::SignalAck { key: KEY, n: 6 });
    assert_eq!(sent(&effects), [AgentToServer::Signal { call_id: CALL, assignment: 1, n: 7, signal }]);
}

#[test]
fn a_signal_that_comes_before_its_view_is_not_lost() {
    let mut desk = Desk::signed_in();
    let signal = Signal::Offer { connection: 1, sdp: String::new() };
    assert!(desk.session.handle(at(10), Input::Signal { key: KEY, n: 1, signal: signal.clone() }).is_empty());
    let effects = desk.show(20, connecting());
    assert!(effects.contains(&Effect::GiveSignal { key: KEY, signal }));
}

#[test]
fn heartbeats_carry_the_age_of_media_every_half_second_and_only_in_a_call() {
    let mut desk = Desk::signed_in();
    assert!(desk.session.handle(at(50), Input::Tick).is_empty());
    let mut desk = Desk::accepted();
    let mut beats = Vec::new();
    for mono_ms in (300..1_400).step_by(250) {
        beats.extend(sent(&desk.session.handle(at(mono_ms), Input::Tick)));
    }
    assert_eq!(beats.len(), 3);
    desk.measure(1_500, 1, 40);
    let beat = sent(&desk.session.handle(at(2_000), Input::Tick));
    let expected = AgentToServer::Heartbeat { call_id: CALL, assignment: 1, media_age_ms: Some(540) };
    assert_eq!(beat, [expected]);
}

#[test]
fn signing_out_is_refused_in_a_call_and_a_forced_end_says_why() {
    let mut desk = Desk::accepted();
    assert_eq!(desk.session.command(at(400), Command::SignOut), Err(Refusal::InCall));
    let reason = SessionCloseReason::SignedInElsewhere;
    let effects = desk.session.handle(at(410), Input::SessionClosed { reason });
    assert!(effects.contains(&Effect::StopMedia { key: KEY }));
    assert!(effects.contains(&Effect::CloseLink) && effects.contains(&Effect::ForgetSession));
    let around = Surroundings { profile: "p".into(), server_url: String::new(), video: VideoPlan::Native };
    let picture = desk.session.picture(at(420), 1, &around);
    assert_eq!(picture.account, Account::SignedOut { error: Some("signed_in_elsewhere".into()) });
    assert!(picture.view.is_none() && picture.case.is_none());
}

#[test]
fn a_wish_made_while_the_line_was_away_is_said_at_the_next_view() {
    let mut desk = Desk::signed_in();
    desk.session.handle(at(10), Input::SocketClosed);
    let status = WantedStatus::Paused { reason: "break".into() };
    let effects = desk.session.command(at(20), Command::SetStatus { status: status.clone() });
    assert!(sent(&effects.expect("signed in")).is_empty());
    desk.session.handle(at(30), Input::SocketOpen);
    let effects = desk.show(40, AgentActivity::Available { since: server_time(0) });
    assert_eq!(sent(&effects), [AgentToServer::SetStatus { status }]);
}

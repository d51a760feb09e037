//! Whether the workstation may verify, as a table; and what is told of verdicts that another agent's has overtaken.

use std::fmt::Write as _;

use super::*;

fn shown(desk: &Desk) -> crate::picture::Picture {
    let around = Surroundings { profile: "p".into(), server_url: String::new(), video: VideoPlan::Native };
    desk.session.picture(at(900), 1, &around)
}

fn show_key(desk: &mut Desk, workstation: WorkstationState) -> Vec<Effect> {
    desk.seq += 1;
    let since = server_time(0);
    let view = Box::new(AgentView { workstation, ..*view(AgentActivity::Available { since }) });
    let input =
        Input::View { incarnation: 1, seq: desk.seq, now: server_time(500), heard_mono_ms: 500, view };
    desk.session.handle(at(500), input)
}

const STATES: [EnrolmentState; 7] = [
    EnrolmentState::Unknown,
    EnrolmentState::Enrolling,
    EnrolmentState::Pending,
    EnrolmentState::Approved,
    EnrolmentState::Revoked,
    EnrolmentState::Quarantined,
    EnrolmentState::Failed,
];

const SEEN: [WorkstationState; 5] = [
    WorkstationState::Unknown,
    WorkstationState::Pending,
    WorkstationState::Approved,
    WorkstationState::Revoked,
    WorkstationState::Quarantined,
];

#[test]
fn each_word_about_the_key_does_in_each_state_what_the_table_says() {
    let mut table = String::new();
    for state in STATES {
        for seen in SEEN {
            let mut desk = Desk::signed_in();
            desk.session.handle(at(100), Input::Workstation { state, error: None });
            let effects = show_key(&mut desk, seen);
            let then = shown(&desk).workstation.state;
            let available = Command::SetStatus { status: WantedStatus::Available };
            let refused = desk.session.command(at(600), available).err().map_or("available", Refusal::code);
            let _ = writeln!(table, "{state:?} | {seen:?} | {then:?} {refused} {effects:?}");
        }
    }
    assert_eq!(table, include_str!("enrol.txt"), "\n{table}");
}

/// A former key of this workstation may still be approved.
#[test]
fn before_the_server_was_told_the_key_in_use_its_views_say_nothing_about_it() {
    let mut desk = Desk { session: Session::new([]), seq: 0 };
    let session_id = SessionId(Uuid::from_u128(2));
    desk.session.handle(at(0), Input::Resuming);
    let effects = desk.session.handle(at(0), Input::SignedIn { agent: agent(), session_id, warning: None });
    assert!(effects.contains(&Effect::Enrol));
    desk.session.handle(at(0), Input::SocketOpen);
    show_key(&mut desk, WorkstationState::Approved);
    assert_eq!(shown(&desk).workstation.state, EnrolmentState::Enrolling);
    desk.session.handle(at(1), Input::Workstation { state: EnrolmentState::Pending, error: None });
    assert_eq!(shown(&desk).workstation.state, EnrolmentState::Pending);
    show_key(&mut desk, WorkstationState::Approved);
    assert_eq!(shown(&desk).workstation.state, EnrolmentState::Approved);
}

#[test]
fn a_call_is_not_accepted_when_its_evidence_would_find_no_room() {
    for (state, refusal) in [
        ("full", Refusal::OutboxFull),
        ("disk_full", Refusal::DiskFull),
        ("damaged", Refusal::OutboxDamaged),
        ("in_use", Refusal::OutboxInUse),
        ("unusable", Refusal::OutboxUnusable),
    ] {
        let mut desk = Desk::signed_in();
        desk.show(100, ringing(100, 15_000));
        let picture = OutboxPicture::only(state);
        desk.session.handle(at(110), Input::Outbox { picture, history: Vec::new(), full: true });
        assert_eq!(desk.session.command(at(120), Command::Accept), Err(refusal));
        assert!(desk.session.command(at(130), Command::Pass).is_ok(), "the next agent gets it");
    }
}

/// A verdict whose call had moved on: told once, whenever the server's word comes.
#[test]
fn a_verdict_that_does_not_stand_is_told_once() {
    let mut desk = Desk::seeing(500);
    desk.confirm(510).expect("open");
    desk.session.handle(at(520), Input::VerdictSealed { key: KEY, sealed: sealed() });
    desk.show(530, AgentActivity::Available { since: server_time(530) });
    let deliver = |desk: &mut Desk, standing: &str| {
        let upload = UploadState::Delivered { at: server_time(540), standing: standing.into() };
        let history = vec![HistoryEntry { upload, ..sealed().entry }];
        desk.session.handle(at(600), Input::Outbox { picture: OutboxPicture::empty(), history, full: false });
    };
    deliver(&mut desk, "counts");
    assert_eq!(shown(&desk).notice, None);
    deliver(&mut desk, "superseded");
    assert_eq!(shown(&desk).notice.as_deref(), Some("verdict_superseded"));
    let pause = WantedStatus::Paused { reason: "break".into() };
    desk.session.command(at(700), Command::SetStatus { status: pause }).expect("signed in");
    deliver(&mut desk, "superseded");
    assert_eq!(shown(&desk).notice, None, "once");
}

/// The manifest's time from the accept: by the own monotonic clock, also over a restart of the program.
#[test]
fn the_time_since_the_accept_is_known_after_a_restart_too() {
    let mut desk = Desk::signed_in();
    let call = AgentCall { accepted_at: server_time(0).plus_ms(-60_000), ..agent_call(false) };
    desk.show(1_000, AgentActivity::InCall { call, since: server_time(0) });
    desk.session.handle(at(1_100), Input::CaseFetched { key: KEY, case: case(), papers: Vec::new() });
    desk.measure(1_200, 30, 10);
    let effects = desk.confirm(1_300).expect("open");
    let Some(Effect::StartVerdict(order)) = effects.first() else { panic!("{effects:?}") };
    assert_eq!(order.record.elapsed_ms(at(1_300)), 61_300);
    assert_eq!(order.case.full_name, "N");
}

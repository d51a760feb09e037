//! What is sent again, and what ends it: refusals, restored servers, erased cases.

use super::tests::*;
use super::tests_support::*;
use super::*;
use crate::picture::UploadState;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
const SERVER: &str = "https://verify.example.vn/";

fn due(outbox: &Outbox, now: i64) -> Vec<i64> {
    let mut due = Vec::new();
    while let Some(parcel) = outbox.next_due(AGENT, at(now)).expect("read") {
        due.push(parcel.id);
        outbox.settle(parcel.id, &refused(at(now + HOUR)), at(now)).expect("settled");
    }
    due
}

/// I5: an older backup was put back by mistake and knows nothing of the call; tomorrow the right one is back.
#[test]
fn i5_a_refused_verdict_stays_says_so_and_is_offered_again_each_hour_and_at_each_start() {
    let disk = Disk::new();
    let outbox = disk.open();
    seal(&outbox, 7).expect("sealed");
    assert_eq!(due(&outbox, 2_000), [1]);
    assert_eq!(outbox.purge(at(i64::MAX / 2)).expect("purge"), 0);
    let shown = summary(&outbox);
    assert_eq!((shown.picture.state.as_str(), shown.picture.pending), ("refused", 0));
    assert_eq!(shown.history[0].upload, UploadState::Refused { code: "evidence_conflict".into() });
    outbox.all_due().expect("the line is back");
    assert_eq!(due(&outbox, HOUR), Vec::<i64>::new(), "not all the time");
    assert_eq!(due(&outbox, HOUR + 2_000), [1]);
    assert_eq!(due(&disk.open(), HOUR + 3_000), [1], "a start asks at once");
    // New ones go first.
    let sealed = seal(&disk.open(), 8).expect("sealed");
    assert_eq!(due(&disk.open(), 2 * HOUR), [2, 1]);
    let outbox = disk.open();
    outbox.settle(2, &receipt(8, &sealed), at(3 * HOUR)).expect("settled");
    let parcel = outbox.next_due(AGENT, at(4 * HOUR)).expect("read").expect("due");
    assert!(parcel.attempts > 0 && !parcel.again, "it asks what is there before it sends pictures");
}

/// One that is refused for ever must not hide what can be helped.
#[test]
fn a_refused_verdict_hides_no_other_trouble() {
    for (reach, state) in [
        (Reach::Nobody, "waiting_for_network"),
        (Reach::NotAllowed, "not_allowed"),
        (Reach::NotApproved, "not_approved"),
        (Reach::WrongReceipt, "receipt_wrong"),
    ] {
        let disk = Disk::new();
        let outbox = disk.open();
        seal(&outbox, 7).expect("sealed");
        outbox.settle(1, &refused(at(HOUR)), at(2_000)).expect("settled");
        seal(&outbox, 8).expect("sealed");
        let later = Outcome::Later { next_try_at: at(60_000), reach };
        outbox.settle(2, &later, at(2_100)).expect("settled");
        assert_eq!(summary(&outbox).picture.state, state);
    }
}

#[test]
fn a_sign_in_is_kept_for_what_waits_and_a_month_for_what_is_refused() {
    let disk = Disk::new();
    let outbox = disk.open();
    let sealed = seal(&outbox, 7).expect("sealed");
    assert_eq!(outbox.waiting_agents(at(90 * DAY)).expect("read"), [AGENT]);
    outbox.settle(1, &refused(at(HOUR)), at(2_000)).expect("settled");
    assert_eq!(outbox.waiting_agents(at(29 * DAY)).expect("read"), [AGENT]);
    assert_eq!(outbox.waiting_agents(at(31 * DAY)).expect("read"), []);
    outbox.settle(1, &receipt(7, &sealed), at(9_001)).expect("settled");
    assert_eq!(outbox.waiting_agents(at(10_000)).expect("read"), []);
    assert_eq!(outbox.agents().expect("read"), [AGENT]);
}

/// I5: the server was restored while other desks wrote more than it had lost, or while this one was off: no number of
/// its log tells, but its incarnation does.
#[test]
fn i5_another_incarnation_of_the_server_gets_the_last_seven_days_and_the_refused_again() {
    let mut disk = Disk::new();
    disk.limits.pending = 2;
    let outbox = disk.open();
    let sealed: Vec<Sealed> = (1..=5).map(|call| seal(&outbox, call).expect("sealed")).collect();
    let settle = |call: u128, now: i64| {
        let (index, id) = (usize::try_from(call - 1).expect("small"), i64::try_from(call).expect("small"));
        let log_seq = u64::try_from(call).expect("small") * 10;
        outbox.settle(id, &receipt_at(call, &sealed[index], now, log_seq), at(now)).expect("settled");
    };
    settle(1, DAY);
    for call in 2..=4 {
        settle(call, 9 * DAY);
    }
    outbox.settle(5, &refused(at(10 * DAY + HOUR)), at(10 * DAY)).expect("settled");
    let now = at(10 * DAY + 1);
    assert_eq!(outbox.server_is(SERVER, 3, now).expect("noted"), 0, "seen for the first time");
    assert_eq!(outbox.server_is(SERVER, 3, now).expect("noted"), 0, "the same");
    assert_eq!(outbox.server_is("https://other.example.vn/", 9, now).expect("noted"), 0, "another server");
    let outbox = disk.open();
    assert_eq!(outbox.server_is(SERVER, 4, now).expect("noted"), 4);
    let shown = summary(&outbox);
    assert_eq!((shown.picture.pending, shown.full), (3, false), "calls go on meanwhile");
    assert!(outbox.next_due(AGENT, now).expect("read").is_some_and(|parcel| parcel.again));
    assert_eq!(due(&outbox, now.ms()), [2, 3, 4, 5]);
    assert_eq!(outbox.server_is(SERVER, 4, now).expect("noted"), 0, "once");
}

/// The case was erased on the server, also what it never had of it: nothing of the person stays here. The number of
/// the manifest stays used.
#[test]
fn what_was_erased_on_the_server_is_destroyed_here() {
    let disk = Disk::new();
    let outbox = disk.open();
    let sealed = seal(&outbox, 7).expect("sealed");
    let id = key(7).call_id.to_string();
    let holds = |bytes: Vec<u8>| bytes.windows(id.len()).any(|window| window == id.as_bytes());
    assert!(holds(disk.bytes()));
    assert_eq!(outbox.next_due(AGENT, at(2_000)).expect("read").expect("due").id, 1);
    outbox.settle(1, &Outcome::Erased, at(2_001)).expect("settled");
    assert!(!holds(disk.bytes()), "neither in the file nor in its log");
    let shown = summary(&outbox);
    assert_eq!((shown.picture.state.as_str(), shown.history.len()), ("empty", 0));
    let mut next = None;
    let make = |link: ChainLink| {
        next = Some(link.clone());
        Ok(to_seal(8, &link, 100))
    };
    disk.open().seal(&signer(), make).expect("sealed");
    let expected = ChainLink { counter: 2, previous_sha256: Some(sealed.manifest_sha256) };
    assert_eq!(next, Some(expected));
}

/// The server was restored from a backup: its log is shorter than what receipts have told.
#[test]
fn what_a_restored_server_may_have_lost_is_sent_again() {
    let disk = Disk::new();
    let outbox = disk.open();
    let sealed: Vec<Sealed> = (1..=4).map(|call| seal(&outbox, call).expect("sealed")).collect();
    for (call, log_seq) in [(1, 10), (2, 20), (3, 30)] {
        let index = usize::try_from(call - 1).expect("small");
        let received_at = i64::try_from(call).expect("small") * 1_000;
        let id = i64::try_from(call).expect("small");
        outbox
            .settle(id, &receipt_at(call, &sealed[index], received_at, log_seq), at(5_000))
            .expect("settled");
    }
    assert_eq!(outbox.next_due(AGENT, at(6_000)).expect("read").expect("due").id, 4);
    // Restored to where its log had 15 records; two of the three are lost.
    outbox.settle(4, &receipt_at(4, &sealed[3], 9_000, 15), at(9_001)).expect("settled");
    let mut again = Vec::new();
    while let Some(parcel) = outbox.next_due(AGENT, at(9_100)).expect("read") {
        again.push(parcel.id);
        let log_seq = 15 + u64::try_from(again.len()).expect("small");
        let index = usize::try_from(parcel.id - 1).expect("small");
        let call = u128::try_from(parcel.id).expect("small");
        let outcome = receipt_at(call, &sealed[index], 9_100, log_seq);
        outbox.settle(parcel.id, &outcome, at(9_101)).expect("settled");
    }
    assert_eq!(again, [2, 3], "once each");
}

/// An old receipt that comes again after a newer one says nothing of a restore.
#[test]
fn a_repeated_old_receipt_sends_nothing_again() {
    let disk = Disk::new();
    let outbox = disk.open();
    let sealed: Vec<Sealed> = (1..=2).map(|call| seal(&outbox, call).expect("sealed")).collect();
    outbox.settle(2, &receipt_at(2, &sealed[1], 8_000, 60), at(8_001)).expect("settled");
    outbox.settle(1, &receipt_at(1, &sealed[0], 7_000, 50), at(9_001)).expect("settled");
    assert!(outbox.next_due(AGENT, at(9_100)).expect("read").is_none());
}

//! The outbox on a real file: closed and opened again between any two steps, as after a crash.

use chinhchu_protocol::call::Decision;
use chinhchu_protocol::case::IdKind;
use chinhchu_protocol::evidence::{CaptureMethod, CaseSeen, ClockFacts, MANIFEST_FORMAT, TimeSource};
use chinhchu_protocol::ids::{AgentId, CallId, CompanyCode, RuleId, SessionId, WorkstationId};
use uuid::Uuid;

use super::*;

const AGENT: AgentId = AgentId(Uuid::from_u128(1));
const NOTE: &str = "a note that must not be readable on the disk";

struct Disk {
    folder: tempfile::TempDir,
    key: OutboxKey,
}

impl Disk {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("tempdir"), key: OutboxKey::random() }
    }

    fn open(&self) -> Outbox {
        Outbox::open(&self.folder.path().join("outbox.sqlite"), &self.key).expect("opens")
    }

    fn bytes(&self) -> Vec<u8> {
        let files = std::fs::read_dir(self.folder.path()).expect("folder");
        files.flat_map(|file| std::fs::read(file.expect("entry").path()).expect("file")).collect()
    }
}

fn key(call: u128) -> CallKey {
    CallKey { call_id: CallId(Uuid::from_u128(call)), assignment: 1 }
}

fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(ms)
}

fn to_seal(call: u128, link: ChainLink) -> ToSeal {
    let manifest = Manifest {
        format: MANIFEST_FORMAT.into(),
        call_id: key(call).call_id,
        assignment: 1,
        company: CompanyCode("1".into()),
        agent_id: AGENT,
        session_id: SessionId(Uuid::from_u128(2)),
        workstation_id: WorkstationId(Uuid::from_u128(3)),
        program: "test".into(),
        decision: Decision::Confirmed,
        reason: None,
        note: Some(NOTE.into()),
        rule_id: RuleId(Uuid::from_u128(4)),
        captured_at: at(1_000),
        captured_at_text: "01/01/1970 07:00:01 +07:00".into(),
        clock: ClockFacts {
            offset_ms: None,
            rtt_ms: None,
            measured_ago_ms: None,
            source: TimeSource::Workstation,
        },
        case: CaseSeen {
            external_id: "E".into(),
            msisdn: "0900000000".into(),
            full_name: "N".into(),
            date_of_birth: "1990-01-01".into(),
            id_kind: IdKind::Cccd,
            id_number: "000000000000".into(),
            id_issued_on: "2021-01-01".into(),
            address: None,
            papers: Vec::new(),
        },
        challenge: "00112233445566778899aabbccddeeff".into(),
        accepted_at: at(0),
        elapsed_ms: 0,
        quality: Vec::new(),
        continuity: Vec::new(),
        continuity_dropped: 0,
        witness_nonce: None,
        capture_method: CaptureMethod::Window,
        live_frame_age_ms: 20,
        video_codec: "VP8".into(),
        dtls_local: "sha-256 AA".into(),
        dtls_remote: "sha-256 BB".into(),
        counter: link.counter,
        previous_sha256: link.previous_sha256,
        pictures: Vec::new(),
    };
    let picture = |kind| PictureBytes { kind, content_type: "image/png".into(), bytes: vec![7; 4_000] };
    ToSeal { manifest, pictures: vec![picture(ImageKind::Screenshot), picture(ImageKind::LiveFrame)] }
}

fn seal(outbox: &Outbox, call: u128) -> Result<Sealed, OutboxError> {
    outbox.seal(|link| Ok(to_seal(call, link)))
}

fn receipt(call: u128, sealed: &Sealed) -> Outcome {
    Outcome::Delivered(EvidenceReceipt {
        call_id: key(call).call_id,
        assignment: 1,
        manifest_sha256: sealed.manifest_sha256.clone(),
        received_at: at(9_000),
        standing: VerdictStanding::Counts,
        envelope: serde_json::Value::Null,
    })
}

fn summary(outbox: &Outbox) -> Summary {
    outbox.summary(at(0), at(10_000)).expect("summary")
}

/// I5.
#[test]
fn a_sealed_verdict_survives_a_crash_at_every_step_and_is_delivered_once() {
    let disk = Disk::new();
    let sealed = seal(&disk.open(), 7).expect("sealed");
    let parcel = disk.open().next_due(AGENT, at(2_000)).expect("read").expect("due after a crash");
    assert_eq!(parcel.manifest_sha256, sealed.manifest_sha256);
    assert_eq!(hex_sha256(&parcel.manifest), sealed.manifest_sha256, "the exact bytes");
    assert_eq!(parcel.pictures.len(), 2);
    // Crash while uploading: the same parcel is due again.
    let outbox = disk.open();
    let again = outbox.next_due(AGENT, at(2_001)).expect("read").expect("due again");
    assert_eq!(again.manifest, parcel.manifest);
    outbox.settle(again.counter, &receipt(7, &sealed), at(9_001)).expect("settled");
    drop(outbox);
    let outbox = disk.open();
    assert!(outbox.next_due(AGENT, at(10_000)).expect("read").is_none());
    let expected = UploadState::Delivered { at: at(9_000), standing: "counts".into() };
    assert_eq!(summary(&outbox).history[0].upload, expected);
    assert!(summary(&outbox).unacknowledged.is_empty());
}

#[test]
fn manifests_are_counted_without_gaps_and_name_the_one_before_over_crashes_and_deletion() {
    let disk = Disk::new();
    let links: std::cell::RefCell<Vec<ChainLink>> = std::cell::RefCell::default();
    let seal_and_note = |call| {
        let sealed = disk.open().seal(|link| {
            links.borrow_mut().push(link.clone());
            Ok(to_seal(call, link))
        });
        sealed.expect("sealed")
    };
    let first = seal_and_note(1);
    // A verdict that fails to be worded moves nothing.
    let failed = disk.open().seal(|_| Err(OutboxError::Chain));
    assert!(matches!(failed, Err(OutboxError::Chain)));
    let outbox = disk.open();
    outbox.settle(1, &receipt(1, &first), at(2_000)).expect("settled");
    assert_eq!(outbox.purge(at(2_001 + KEEP_DELIVERED_MS)).expect("purged"), 1);
    drop(outbox);
    let second = seal_and_note(2);
    seal_and_note(3);
    let links = links.into_inner();
    assert_eq!(links.iter().map(|link| link.counter).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(links[1].previous_sha256.as_ref(), Some(&first.manifest_sha256));
    assert_eq!(links[2].previous_sha256.as_ref(), Some(&second.manifest_sha256));
}

#[test]
fn an_assignment_is_sealed_once() {
    let disk = Disk::new();
    seal(&disk.open(), 7).expect("sealed");
    assert!(matches!(seal(&disk.open(), 7), Err(OutboxError::SealedAlready)));
    assert!(seal(&disk.open(), 8).is_ok(), "and the chain goes on");
}

/// I9: what lies on the disk says nothing without the key.
#[test]
fn nothing_personal_is_readable_on_the_disk() {
    let disk = Disk::new();
    let outbox = disk.open();
    seal(&outbox, 7).expect("sealed");
    let bytes = disk.bytes();
    let holds = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    assert!(!holds(NOTE.as_bytes()) && !holds(&[7; 64]) && !holds(b"sha-256 AA"));
    assert!(holds(b"waiting") || holds(b"verdicts"), "the file was really read");
}

#[test]
fn a_record_whose_key_is_lost_is_told_and_the_next_verdict_is_sealed_all_the_same() {
    let mut disk = Disk::new();
    seal(&disk.open(), 7).expect("sealed");
    disk.key = OutboxKey::random();
    let outbox = disk.open();
    assert_eq!(summary(&outbox).picture.state, "key_lost");
    seal(&outbox, 8).expect("sealed under the new key");
    let parcel = outbox.next_due(AGENT, at(5_000)).expect("read").expect("due");
    assert_eq!(parcel.key, key(8), "the unreadable one is passed over");
    assert_eq!(summary(&outbox).picture.state, "key_lost");
    assert!(matches!(outbox.picture(key(7), ImageKind::Screenshot), Err(OutboxError::KeyLost)));
}

#[test]
fn a_record_moved_to_another_place_does_not_decrypt() {
    let disk = Disk::new();
    let outbox = disk.open();
    seal(&outbox, 7).expect("sealed");
    seal(&outbox, 8).expect("sealed");
    outbox
        .lock()
        .connection
        .execute(
            "UPDATE parts SET record = (SELECT record FROM parts WHERE counter = 1 AND kind = 'manifest')
             WHERE counter = 2 AND kind = 'manifest'",
            [],
        )
        .expect("tampered");
    let first = outbox.next_due(AGENT, at(5_000)).expect("read").expect("the sound one");
    assert_eq!(first.key, key(7));
    assert!(outbox.next_due(AGENT, at(5_000)).expect("read").is_none(), "the other is not sent");
    assert_eq!(summary(&outbox).picture.state, "damaged");
}

#[test]
fn what_fails_waits_for_its_time_and_is_due_at_once_when_the_line_is_back() {
    let disk = Disk::new();
    let outbox = disk.open();
    seal(&outbox, 7).expect("sealed");
    outbox.next_due(AGENT, at(2_000)).expect("read").expect("due");
    let later = Outcome::Later { next_try_at: at(60_000), reach: Reach::Nobody };
    outbox.settle(1, &later, at(2_100)).expect("settled");
    assert!(outbox.next_due(AGENT, at(59_999)).expect("read").is_none());
    let shown = summary(&outbox).picture;
    assert_eq!((shown.state.as_str(), shown.next_try_at), ("waiting_for_network", Some(at(60_000))));
    outbox.all_due().expect("woken");
    assert_eq!(outbox.next_due(AGENT, at(3_000)).expect("read").expect("due").attempts, 1);
}

/// The wall clock is set back by a day: nothing waits for tomorrow.
#[test]
fn a_clock_that_is_set_back_holds_no_verdict_up() {
    let disk = Disk::new();
    let outbox = disk.open();
    seal(&outbox, 1).expect("sealed");
    let day = 86_400_000;
    let later = Outcome::Later { next_try_at: at(day + 60_000), reach: Reach::Nobody };
    outbox.settle(1, &later, at(day)).expect("settled");
    assert!(outbox.next_due(AGENT, at(day + 59_999)).expect("reads").is_none());
    assert!(outbox.next_due(AGENT, at(0)).expect("reads").is_some());
}

#[test]
fn a_verdict_that_this_session_may_not_send_says_so_and_stays() {
    let disk = Disk::new();
    let outbox = disk.open();
    seal(&outbox, 7).expect("sealed");
    outbox.next_due(AGENT, at(2_000)).expect("read").expect("due");
    let later = Outcome::Later { next_try_at: at(60_000), reach: Reach::NotAllowed };
    outbox.settle(1, &later, at(2_100)).expect("settled");
    assert_eq!(summary(&outbox).picture.state, "not_allowed");
    assert_eq!(summary(&outbox).history[0].upload, UploadState::OnDisk);
    assert!(outbox.next_due(AGENT, at(60_000)).expect("read").is_some(), "tried again");
}

#[test]
fn a_refused_verdict_stays_and_says_so() {
    let disk = Disk::new();
    let outbox = disk.open();
    seal(&outbox, 7).expect("sealed");
    let refused = Outcome::Refused { code: "evidence_conflict".into() };
    outbox.settle(1, &refused, at(2_000)).expect("settled");
    assert_eq!(outbox.purge(at(i64::MAX / 2)).expect("purge"), 0);
    let shown = summary(&disk.open());
    assert_eq!(shown.picture.state, "refused");
    assert_eq!(shown.history[0].upload, UploadState::Refused { code: "evidence_conflict".into() });
}

#[test]
fn another_agents_session_does_not_carry_this_agents_verdict() {
    let disk = Disk::new();
    let outbox = disk.open();
    seal(&outbox, 7).expect("sealed");
    let other = AgentId(Uuid::from_u128(99));
    assert!(outbox.next_due(other, at(5_000)).expect("read").is_none());
}

#[test]
fn a_file_that_is_no_outbox_is_refused_and_left_alone() {
    let disk = Disk::new();
    let path = disk.folder.path().join("outbox.sqlite");
    std::fs::write(&path, vec![0x5a; 8_192]).expect("written");
    assert!(matches!(Outbox::open(&path, &disk.key), Err(OutboxError::Damaged(_))));
    assert_eq!(std::fs::read(&path).expect("read"), vec![0x5a; 8_192]);
}

#[test]
fn beyond_its_limit_the_outbox_says_that_it_is_full() {
    let disk = Disk::new();
    let outbox = disk.open();
    seal(&outbox, 1).expect("sealed");
    assert!(!summary(&outbox).full);
    let guard = outbox.lock();
    guard
        .connection
        .execute("UPDATE verdicts SET bytes = ?1", [i64::try_from(MAX_PENDING_BYTES).expect("fits")])
        .expect("grown");
    drop(guard);
    assert!(summary(&outbox).full);
}

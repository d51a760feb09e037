//! The outbox on a real file: closed and opened again between any two steps, as after a crash.

use std::cell::RefCell;

use uuid::Uuid;

use super::tests_support::*;
use super::*;
use crate::evidence::hex_sha256;
use crate::picture::UploadState;

pub(super) struct Disk {
    folder: tempfile::TempDir,
    key: OutboxKey,
    pub(super) limits: Limits,
    open: RefCell<Option<Outbox>>,
}

impl Disk {
    pub(super) fn new() -> Self {
        Self::at(tempfile::tempdir().expect("tempdir"))
    }

    fn at(folder: tempfile::TempDir) -> Self {
        // How full this machine is changes nothing here.
        let limits = Limits { free_bytes: 0, ..Limits::DEFAULT };
        Self { folder, key: OutboxKey::random(), limits, open: RefCell::default() }
    }

    pub(super) fn path(&self) -> PathBuf {
        self.folder.path().join("outbox.sqlite")
    }

    fn try_open(&self) -> Result<Outbox, OutboxError> {
        if let Some(open) = self.open.take() {
            open.close(); // The program that had it is dead.
        }
        let outbox = Outbox::open_with(&self.path(), &self.key, self.limits)?;
        if !outbox.counts_for(&signer())? {
            outbox.begin_chain(&signer(), Closing::KeyLost, at(0))?;
        }
        Ok(self.open.borrow_mut().insert(outbox).clone())
    }

    pub(super) fn open(&self) -> Outbox {
        self.try_open().expect("opens")
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let files = std::fs::read_dir(self.folder.path()).expect("folder");
        files.flat_map(|file| std::fs::read(file.expect("entry").path()).expect("file")).collect()
    }
}

pub(super) fn seal(outbox: &Outbox, call: u128) -> Result<Sealed, OutboxError> {
    try_seal_blank(outbox, &signer(), call)
}

pub(super) fn receipt_at(call: u128, sealed: &Sealed, received_at: i64, log_seq: u64) -> Outcome {
    let receipt = EvidenceReceipt {
        call_id: key(call).call_id,
        assignment: 1,
        manifest_sha256: sealed.manifest_sha256.clone(),
        received_at: at(received_at),
        standing: VerdictStanding::Counts,
        envelope: serde_json::Value::Null,
    };
    Outcome::Delivered(Box::new(Delivered { receipt, log_seq }))
}

pub(super) fn receipt(call: u128, sealed: &Sealed) -> Outcome {
    receipt_at(call, sealed, 9_000, 1)
}

pub(super) fn refused(next_try_at: Timestamp) -> Outcome {
    Outcome::Refused { code: "evidence_conflict".into(), next_try_at }
}

pub(super) fn summary(outbox: &Outbox) -> Summary {
    outbox.summary(at(0), at(10_000)).expect("summary")
}

/// I5.
#[test]
fn a_sealed_verdict_survives_a_crash_at_every_step_and_is_delivered_once() {
    let disk = Disk::new();
    let sealed = seal(&disk.open(), 7).expect("sealed");
    let parcel = disk.open().next_due(AGENT, at(2_000)).expect("read").expect("due after a crash");
    assert_eq!(parcel.manifest_sha256, sealed.manifest_sha256);
    let opened = chinhchu_evidence::manifest::open(&parcel.envelope, &parcel.leaves, &signing_key().public());
    let opened = opened.unwrap_or_else(|fault| panic!("not signed: {fault}"));
    assert_eq!(hex_sha256(&opened.statement_bytes), sealed.manifest_sha256, "the exact bytes");
    assert_eq!(parcel.pictures.len(), 2);
    // Crash while uploading: the same parcel is due again.
    let outbox = disk.open();
    let again = outbox.next_due(AGENT, at(2_001)).expect("read").expect("due again");
    assert_eq!((again.envelope, again.leaves), (parcel.envelope, parcel.leaves));
    outbox.settle(again.id, &receipt(7, &sealed), at(9_001)).expect("settled");
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
        let sealed = disk.open().seal(&signer(), |link| {
            links.borrow_mut().push(link.clone());
            Ok(to_seal(call, &link, 100))
        });
        sealed.expect("sealed")
    };
    let first = seal_and_note(1);
    // A verdict that fails to be worded moves nothing.
    let failed = disk.open().seal(&signer(), |_| Err(OutboxError::Chain));
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
    for text in [NOTE, "NGUYỄN VĂN", "KHÔNG ĐỌC", "0900000000", "1990-01-01", "sha-256 AA", "confirmed"]
    {
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(!holds(text.as_bytes()) && !holds(&utf16), "{text}");
    }
    assert!(!holds(&[7; 64]), "a picture");
    assert!(holds(b"verdicts"), "the file was really read");
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
        .connection()
        .expect("open")
        .execute(
            "UPDATE parts SET record = (SELECT record FROM parts WHERE verdict = 1 AND kind = 'leaves')
             WHERE verdict = 2 AND kind = 'leaves'",
            [],
        )
        .expect("tampered");
    let first = outbox.next_due(AGENT, at(5_000)).expect("read").expect("the sound one");
    assert_eq!(first.key, key(7));
    outbox.settle(first.id, &refused(at(9_000)), at(5_000)).expect("settled");
    assert!(outbox.next_due(AGENT, at(5_000)).expect("read").is_none(), "the other is not sent");
    assert_eq!(summary(&outbox).picture.state, "record_damaged");
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
        .connection()
        .expect("open")
        .execute("UPDATE verdicts SET bytes = ?1", [i64::try_from(Limits::DEFAULT.bytes).expect("fits")])
        .expect("grown");
    drop(guard);
    assert!(summary(&outbox).full);
}

/// Whatever the kind of the answer, the record stays; the screen says which it is.
#[test]
fn each_way_of_not_getting_through_has_its_own_state() {
    let disk = Disk::new();
    let outbox = disk.open();
    seal(&outbox, 7).expect("sealed");
    for (reach, state) in [
        (Reach::Nobody, "waiting_for_network"),
        (Reach::Server, "waiting_for_network"),
        (Reach::NotAllowed, "not_allowed"),
        (Reach::NotApproved, "not_approved"),
        (Reach::WrongReceipt, "receipt_wrong"),
    ] {
        outbox.settle(1, &Outcome::Later { next_try_at: at(5_000), reach }, at(2_000)).expect("settled");
        assert_eq!(summary(&outbox).picture.state, state);
        assert!(outbox.next_due(AGENT, at(5_000)).expect("read").is_some(), "still there");
    }
}

#[test]
fn the_receipt_is_kept_sealed_with_its_record() {
    let disk = Disk::new();
    let outbox = disk.open();
    let sealed = seal(&outbox, 7).expect("sealed");
    outbox.settle(1, &receipt(7, &sealed), at(9_001)).expect("settled");
    let guard = outbox.lock();
    let kept = query::part(guard.connection().expect("open"), &guard.cipher, 1, "receipt").expect("read");
    let (_, json) = kept.expect("kept");
    let kept: EvidenceReceipt = serde_json::from_slice(&json).expect("json");
    assert_eq!(kept.manifest_sha256, sealed.manifest_sha256);
}

#[test]
fn a_second_window_of_the_profile_is_told_that_the_outbox_is_in_use() {
    let disk = Disk::new();
    let outbox = disk.open();
    seal(&outbox, 7).expect("sealed");
    let second = Outbox::open_with(&disk.path(), &disk.key, disk.limits).map(|_| ());
    assert!(matches!(second, Err(OutboxError::InUse)), "{second:?}");
    seal(&outbox, 8).expect("the first works on");
    outbox.close();
    assert!(matches!(seal(&outbox, 9), Err(OutboxError::Closed)));
    assert_eq!(summary(&disk.open()).picture.pending, 2);
}

/// Bits of the file turn over: nothing is given as good, nothing is written into it, and it can be set aside.
#[test]
fn a_damaged_file_is_told_left_alone_and_set_aside_as_it_is() {
    let disk = Disk::new();
    let outbox = disk.open();
    for call in 1..20 {
        seal(&outbox, call).expect("sealed");
    }
    outbox.close();
    let mut bytes = std::fs::read(disk.path()).expect("file");
    for byte in &mut bytes[4_096..12_288] {
        *byte ^= 0xA5;
    }
    std::fs::write(disk.path(), &bytes).expect("damaged");
    std::fs::write(disk.path().with_extension("sqlite-wal"), b"").expect("log");
    let opened = disk.try_open().map(|_| ());
    assert!(matches!(opened, Err(OutboxError::Damaged(_))), "{opened:?}");
    assert_eq!(std::fs::read(disk.path()).expect("file"), bytes, "not touched");
    let moment = at(1_795_400_142_000);
    let aside = aside::set_aside(&disk.path(), moment).expect("moved");
    assert_eq!(aside.file_name().expect("name"), "outbox-damaged-20261123T021542Z.sqlite");
    assert_eq!(std::fs::read(&aside).expect("file"), bytes);
    let outbox = disk.open();
    seal(&outbox, 1).expect("a new one");
    assert_eq!(summary(&outbox).picture.set_aside, 1);
    outbox.close();
    let second = aside::set_aside(&disk.path(), moment).expect("moved");
    assert_ne!(second, aside, "nothing is overwritten");
    assert_eq!(aside::count(disk.folder.path()), 2);
}

/// The same after a crash, with verdicts that stand in SQLite's log only: the log is left as it is too.
#[test]
fn a_damaged_file_keeps_the_log_that_lies_beside_it() {
    let disk = Disk::new();
    let outbox = disk.open();
    // A part of them was carried over into the file.
    for call in 1..140 {
        seal(&outbox, call).expect("sealed");
        if call == 100 {
            query::carry_log_over(outbox.lock().connection().expect("open")).expect("carried over");
        }
    }
    // As a crash leaves it: the program never let it go.
    let crashed = Disk::new();
    let log = |disk: &Disk| disk.path().with_extension("sqlite-wal");
    let mut bytes = std::fs::read(disk.path()).expect("file");
    let logged = std::fs::read(log(&disk)).expect("log");
    assert!(logged.len() > 100_000, "the log holds verdicts");
    for byte in &mut bytes[40_960..409_600] {
        *byte ^= 0xA5;
    }
    std::fs::write(crashed.path(), &bytes).expect("copied");
    std::fs::write(log(&crashed), &logged).expect("copied");
    let opened = crashed.try_open().map(|_| ());
    assert!(matches!(opened, Err(OutboxError::Damaged(_))), "{opened:?}");
    assert!(std::fs::read(crashed.path()).expect("file") == bytes, "nothing is carried over into it");
    assert!(std::fs::read(log(&crashed)).expect("log") == logged);
    let aside = aside::set_aside(&crashed.path(), at(0)).expect("moved");
    assert!(std::fs::read(aside.with_extension("sqlite-wal")).expect("log") == logged);
}

/// SQLite says the same of a full disk as of its own limit of pages.
#[test]
fn a_disk_that_fills_up_in_the_middle_of_a_seal_keeps_nothing_half_and_loses_nothing() {
    let disk = Disk::new();
    let outbox = disk.open();
    let first = seal(&outbox, 1).expect("sealed");
    let pages: u32 = outbox
        .lock()
        .connection()
        .expect("open")
        .query_row("PRAGMA page_count", [], |row| row.get(0))
        .expect("pages");
    let limit = |pages: u32| {
        let sql = format!("PRAGMA max_page_count = {pages}");
        outbox.lock().connection().expect("open").query_row(&sql, [], |_| Ok(())).expect("limit");
    };
    for spare in [0, 1, 3, 9, 60] {
        limit(pages + spare);
        let full = outbox.seal(&signer(), |link| Ok(to_seal(2, &link, 400_000))).map(|_| ());
        assert!(matches!(full, Err(OutboxError::DiskFull)), "{spare}: {full:?}");
        assert_eq!(summary(&outbox).picture.pending, 1);
        // What is there can be sent, and its receipt waits until it fits.
        let parcel = outbox.next_due(AGENT, at(5_000)).expect("read").expect("due");
        assert_eq!(parcel.manifest_sha256, first.manifest_sha256);
    }
    limit(pages);
    let mut long = receipt(1, &first);
    if let Outcome::Delivered(delivered) = &mut long {
        delivered.receipt.envelope = "x".repeat(60_000).into(); // More than the last page has room for.
    }
    let settled = outbox.settle(1, &long, at(9_001));
    assert!(matches!(settled, Err(OutboxError::DiskFull)), "{settled:?}");
    assert_eq!(summary(&outbox).picture.pending, 1, "without its receipt it is not delivered");
    limit(1_000_000);
    outbox.settle(1, &receipt(1, &first), at(9_001)).expect("settled");
    let second = outbox.seal(&signer(), |link| {
        assert_eq!((link.counter, link.previous_sha256.as_ref()), (2, Some(&first.manifest_sha256)));
        Ok(to_seal(2, &link, 400_000))
    });
    second.expect("sealed");
    drop(outbox);
    let outbox = disk.open();
    assert_eq!(summary(&outbox).picture.pending, 1);
    assert_eq!(outbox.next_due(AGENT, at(9_100)).expect("read").expect("due").counter, 2);
}

#[test]
fn too_little_free_space_stops_calls_and_says_so() {
    let mut disk = Disk::new();
    disk.limits.free_bytes = u64::MAX / 8;
    let outbox = disk.open();
    let full = summary(&outbox);
    assert!(full.full);
    assert_eq!(full.picture.state, "disk_full");
}

/// An older program's file holds verdicts that cannot be signed any more: a person has to look.
#[test]
fn a_file_of_another_version_is_not_used() {
    let disk = Disk::new();
    let older = Connection::open(disk.path()).expect("opens");
    older.execute_batch("CREATE TABLE verdicts (counter INTEGER PRIMARY KEY) STRICT").expect("made");
    drop(older);
    assert!(matches!(disk.try_open().map(|_| ()), Err(OutboxError::Damaged(_))));
}

//! Each check finds the fault that it is there for: sound books, spoilt in one place.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chinhchu_protocol::ids::CallId;
use serde_json::json;
use uuid::Uuid;

use crate::books::{Books, Held, Logged, Record, ServerBook, StationBook};
use crate::judge;
use crate::plan::{Death, plan};
use crate::receipts::{Acknowledged, Receipts};

const STATION: &str = "019ab3c4-0000-7000-8000-00000000000a";

fn call(n: u32) -> CallId {
    CallId(Uuid::from_u128(u128::from(n)))
}

/// Three verdicts, all arrived.
fn sound() -> Books {
    let mut station = StationBook {
        name: "station".into(),
        workstation_id: STATION.into(),
        chains: vec![(3, Some("hash-3".into()))],
        ..StationBook::default()
    };
    let mut server = ServerBook::default();
    for n in 1..=3 {
        let key = (call(n), 1);
        station.shown.insert(key);
        station.records.push(Record {
            counter: n,
            key,
            manifest_sha256: format!("hash-{n}"),
            state: "delivered".into(),
            parts: ["entry", "envelope", "leaves", "screenshot", "live_frame"].map(str::to_owned).into(),
        });
        let (log_seq, log_hash) = (u64::from(n) * 10, format!("log-{n}"));
        server.log.insert(log_seq, Logged { hash: log_hash.clone(), taken: vec![key] });
        let manifest_sha256 = format!("hash-{n}");
        station.receipts.insert(manifest_sha256.clone());
        station.acknowledged.insert(Acknowledged { key, manifest_sha256, log_seq, log_hash });
        let named: BTreeMap<String, String> =
            ["screenshot", "live_frame"].map(|kind| (kind.to_owned(), format!("{kind}-{n}"))).into();
        server.held.push(Held {
            key,
            workstation_id: STATION.into(),
            counter: n,
            previous_sha256: (n > 1).then(|| format!("hash-{}", n - 1)),
            manifest_sha256: format!("hash-{n}"),
            given: named.clone(),
            named,
        });
        for kind in ["screenshot", "live_frame"] {
            let object = format!("object-{kind}-{n}");
            server.pictures.push((key, kind.into(), object.clone()));
            server.named.insert(object.clone());
            server.files.insert(object);
        }
    }
    server.chunks.insert("evidence_chunks".into(), 0);
    Books { stations: vec![station], server }
}

fn logged(server: &mut ServerBook, seq: u64) -> &mut Logged {
    server.log.get_mut(&seq).expect("a record")
}

fn spoilt(spoil: impl FnOnce(&mut StationBook, &mut ServerBook)) -> Vec<String> {
    let mut books = sound();
    let Books { stations, server } = &mut books;
    spoil(&mut stations[0], server);
    judge::faults(&books)
}

fn finds(wanted: &str, spoil: impl FnOnce(&mut StationBook, &mut ServerBook)) {
    let found = spoilt(spoil);
    assert!(found.iter().any(|fault| fault.contains(wanted)), "«{wanted}» is not among {found:?}");
}

#[test]
fn sound_books_have_no_fault() {
    assert_eq!(judge::faults(&sound()), Vec::<String>::new());
}

#[test]
fn a_lost_repeated_or_changed_verdict_is_found() {
    finds("the server has it 0 times", |_, server| {
        server.held.remove(1);
    });
    finds("the server has it 2 times", |_, server| server.held.push(server.held[1].clone()));
    finds("is not on its disk", |station, _| {
        station.records.remove(1);
    });
    finds("not so, on the server", |_, server| server.held[2].manifest_sha256 = "other".into());
    finds("stays waiting", |station, _| station.records[0].state = "waiting".into());
    // Sealed, killed before it was shown, and never sent.
    finds("sealed here and not", |station, server| {
        station.shown.remove(&(call(3), 1));
        server.held.truncate(2);
    });
}

/// The server has it all the same, or will have: that is luck.
#[test]
fn a_verdict_that_was_settled_or_acknowledged_too_early_is_found() {
    finds("was settled without its receipt", |station, _| {
        station.receipts.remove("hash-2");
    });
    finds("before it had it", |_, server| {
        server.log.remove(&20);
    });
    // After a restart another record stands at the same place.
    finds("before it had it", |_, server| logged(server, 20).hash = "other".into());
    // A place that was there before.
    finds("before it had it", |_, server| {
        let taken = std::mem::take(&mut logged(server, 20).taken);
        logged(server, 30).taken.extend(taken);
    });
}

/// What settles is the server's answer, whole and to the byte, and nothing that looks like it.
#[test]
fn only_the_servers_own_receipt_counts_as_passed_on() {
    let body = |hash: &str| {
        let statement = json!({"call_id": STATION, "assignment": 1, "manifest_sha256": hash, "log": {"seq": 3, "hash": "log"}}).to_string();
        let envelope = json!({"payload": BASE64.encode(statement), "signatures": [{"sig": "AAAA"}]});
        json!({"manifest_sha256": hash, "envelope": envelope}).to_string()
    };
    let answer = crate::forgery::said("200 OK", &body("00ab"));
    let mut receipts = Receipts::default();
    receipts.came(&answer);
    receipts.came(&crate::forgery::said("422 Unprocessable Content", &body("77")));
    receipts.came(&crate::forgery::said("200 OK", "{\"received\":7}"));
    let other_signature = crate::forgery::with_other_signature(&answer).expect("a receipt");
    let strange = [
        crate::forgery::with_other_hash(&answer),
        other_signature,
        answer[..answer.len() - 1].to_vec(),
        crate::forgery::said("200 OK", &body("11")),
    ];
    for altered in strange {
        receipts.goes_on(&altered);
    }
    assert_eq!((receipts.passed(), receipts.acknowledged().len()), (BTreeSet::new(), 1));
    receipts.goes_on(&answer);
    assert_eq!(receipts.passed(), BTreeSet::from(["00ab".to_owned()]));
}

/// An agent who never gets to decide loses nothing, and shows nothing.
#[test]
fn a_run_without_verdicts_is_no_good_run() {
    assert_eq!(judge::too_little(&sound(), 15), None);
    assert!(judge::too_little(&sound(), 20).is_some());
    assert!(judge::too_little(&Books::default(), 1).is_some());
}

#[test]
fn what_nobody_sealed_or_the_log_does_not_say_is_found() {
    finds("was sealed nowhere", |_, server| {
        let foreign = Held { key: (call(9), 1), workstation_id: "another".into(), ..server.held[0].clone() };
        server.held.push(foreign);
    });
    finds("is there twice", |_, server| server.held.push(server.held[0].clone()));
    finds("took 00000000-0000-0000-0000-000000000001/1 2 times", |_, server| {
        logged(server, 30).taken.push((call(1), 1));
    });
    finds("0 times", |_, server| logged(server, 10).taken.clear());
    finds("and it is not there", |_, server| logged(server, 10).taken.push((call(9), 1)));
}

#[test]
fn a_gap_or_a_broken_chain_is_found_on_either_side() {
    finds("its chains are at", |station, _| station.records[2].counter = 4);
    finds("its chains are at", |station, _| station.chains[0].0 = 4);
    finds("its chains are at", |station, _| station.chains[0].1 = None);
    finds("where 3 is due", |_, server| server.held[2].counter = 4);
    finds("its chains are at", |station, _| station.chains.push((0, None)));
    finds("1 numbers were used twice", |_, server| server.conflicts = 1);
    finds("is missing", |_, server| server.missing.push("x".into()));
    finds("does not name the one before", |_, server| server.held[2].previous_sha256 = None);
}

#[test]
fn half_a_record_and_anything_readable_is_found_on_the_workstation() {
    finds("parts belong to no record", |station, _| station.orphan_parts = 1);
    finds("has no [\"live_frame\"]", |station, _| {
        station.records[0].parts.remove("live_frame");
    });
    finds("an upload was refused", |station, _| station.refused.push("{}".into()));
    finds("was left behind", |station, _| station.stray_files.push("manifest.json".into()));
    finds("can be read", |station, _| {
        station.readable.insert("outbox.sqlite-wal".into());
    });
}

#[test]
fn an_orphan_on_the_server_is_found() {
    finds("has the pictures [\"live_frame\"]", |_, server| {
        server.pictures.remove(0);
    });
    finds("have no verdict", |_, server| {
        server.pictures.push(((call(9), 1), "screenshot".into(), "object-screenshot-1".into()));
    });
    finds("is not what its manifest names", |_, server| {
        server.held[0].given.insert("screenshot".into(), "other".into());
    });
    finds("a row and no file", |_, server| {
        server.files.remove("object-screenshot-1");
    });
    finds("would be swept", |_, server| {
        server.pending.insert("object-screenshot-1".into());
    });
    finds("lie for ever", |_, server| {
        server.files.insert("nobody".into());
    });
    finds("half written", |_, server| server.half_written.push("x".into()));
    finds("pieces of finished uploads", |_, server| {
        server.chunks.insert("evidence_chunks".into(), 2);
    });
    finds("server: {\"level\":\"ERROR\"}", |_, server| server.errors.push("{\"level\":\"ERROR\"}".into()));
}

/// The reader of the books recognises what lies in the clear, also in a write-ahead log.
#[test]
fn a_picture_or_a_name_in_the_clear_is_recognised_on_a_disk() {
    for text in
        [crate::edge::MARK, crate::dealer::CUSTOMER, crate::dealer::ID_NUMBER, crate::workstation::NOTE]
    {
        let folder = tempfile::tempdir().expect("folder");
        std::fs::write(folder.path().join("workstation-id"), STATION).expect("written");
        let store = rusqlite::Connection::open(folder.path().join("outbox.sqlite")).expect("store");
        store
            .execute_batch(
                "CREATE TABLE verdicts (id, counter, call_id, assignment, manifest_sha256, state);
                 CREATE TABLE parts (verdict, kind);
                 CREATE TABLE chains (counter, manifest_sha256);
                 INSERT INTO parts VALUES (7, 'manifest');",
            )
            .expect("shaped");
        std::fs::write(folder.path().join("outbox.sqlite-journal"), format!("\0\0{text}\0"))
            .expect("written");
        let book = crate::books::station("station", folder.path(), &BTreeSet::new());
        assert_eq!(book.readable, BTreeSet::from(["outbox.sqlite-journal".to_owned()]), "{text}");
        assert_eq!(book.stray_files, ["outbox.sqlite-journal"]);
        assert_eq!(book.orphan_parts, 1);
    }
}

/// The plan is the seed's, and meets every kind of death.
#[test]
fn a_seed_brings_its_plan_back_and_500_steps_meet_everything() {
    let steps = plan(7, 0, 500);
    assert_eq!(steps, plan(7, 0, 500));
    assert_ne!(steps, plan(8, 0, 500));
    let met = |is: fn(&Death) -> bool| steps.iter().filter(|step| is(&step.death)).count();
    assert!(met(|death| matches!(death, Death::AfterKey(_))) > 100);
    assert!(met(|death| matches!(death, Death::AfterShown(_))) > 20);
    assert!(met(|death| matches!(death, Death::InUpload(_))) > 20);
    assert!(met(|death| matches!(death, Death::AfterTaken(_))) > 20);
    assert!(met(|death| matches!(death, Death::AfterAnswer(_))) > 20);
    assert!(met(|death| matches!(death, Death::InStart(_))) > 20);
}

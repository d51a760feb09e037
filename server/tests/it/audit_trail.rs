//! Audit, day roots, erasure and retention: on the real server, with the built program beside it.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::{Fact, Input};
use chinhchu_server::audit::export::{self, Line};
use chinhchu_server::audit::verify::Checker;
use chinhchu_server::audit::{AuditHead, Entry};
use chinhchu_server::cases::tombstones::FILE_NAME as TOMBSTONES;
use chinhchu_server::retention::{Swept, sweep};
use chinhchu_server::store::{Db, FILE_NAME, StoreError};
use chinhchu_server::switchboard::sql::records_after;
use chinhchu_server::switchboard::{Head, Record};
use rusqlite::{Connection, params};
use serde_json::Value;
use tempfile::TempDir;

use super::edge_cli::{json, run};
use super::edge_world::{World, refusal};

fn id(call: &Value) -> String {
    call["call_id"].as_str().expect("id").to_owned()
}

pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let look = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), look).await.unwrap_or_else(|_| panic!("not so: {what}"));
}

pub async fn count(db: &Db, sql: &'static str) -> i64 {
    let read = db.read(move |c| Ok::<i64, StoreError>(c.query_row(sql, [], |row| row.get(0))?));
    read.await.expect("count")
}

/// Two calls that are over, one of which was looked at.
pub async fn two_calls(world: &World) -> (String, String) {
    let token = world.token("1", 600).await.token;
    let (first, second) = (id(&world.call(&token).await), id(&world.call(&token).await));
    let service = world.service("msale").await;
    let path = format!("/v1/calls/{second}/images/portrait");
    assert_eq!(world.get(&path, &service).send().await.expect("answer").status(), 200);
    for call in [&first, &second] {
        let answer = world.post(&format!("/v1/calls/{call}/cancel"), &token).send().await.expect("answer");
        assert_eq!(answer.status(), 200);
    }
    (first, second)
}

/// The same, and the day is over and signed.
async fn a_signed_day() -> (World, String, String) {
    let world = World::start_by_hand().await;
    let (first, second) = two_calls(&world).await;
    world.clock.advance(Duration::from_hours(25));
    let db = world.server.app().db.clone();
    until("a root", async || count(&db, "SELECT count(*) FROM day_roots").await > 0).await;
    (world, first, second)
}

/// Stops the server; gives its folder once nothing is written to it any more.
pub async fn stopped(world: World) -> TempDir {
    world.stop.cancel();
    let World { folder, server, .. } = world;
    server.wait().await.expect("stopped");
    // Readers that are about to end may keep the write-ahead log for a moment more: it is empty from here on.
    let c = Connection::open(folder.path().join(FILE_NAME)).expect("store");
    let emptied = || c.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
    until("at rest", async || emptied().is_ok_and(|busy| busy == 0)).await;
    drop(c);
    folder
}

pub fn copy_of(folder: &Path) -> TempDir {
    let copy = tempfile::tempdir().expect("folder");
    for entry in std::fs::read_dir(folder).expect("folder") {
        let entry = entry.expect("entry");
        if entry.file_type().expect("type").is_file() {
            // The write-ahead log may go while it is copied.
            let copied = std::fs::copy(entry.path(), copy.path().join(entry.file_name()));
            assert!(copied.is_ok() || !entry.path().exists(), "{copied:?}");
        }
    }
    copy
}

/// What `audit verify` finds: exit code and the first break.
pub fn verdict(folder: &Path, more: &[&str]) -> (Option<i32>, Value) {
    let output = run(folder, &[&["audit", "verify", "--json"], more].concat());
    let found: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    (output.status.code(), found)
}

pub fn tamper(folder: &Path, change: impl FnOnce(&Connection)) {
    let c = Connection::open(folder.join(FILE_NAME)).expect("store");
    let sql = "SELECT name FROM sqlite_master WHERE type = 'trigger'";
    let names: Vec<String> = c
        .prepare(sql)
        .and_then(|mut found| found.query_map([], |row| row.get(0))?.collect())
        .expect("triggers");
    for name in names {
        c.execute_batch(&format!("DROP TRIGGER {name}")).expect("dropped");
    }
    change(&c);
}

/// Rewrites a record and every one after it, so that the chain is whole again.
pub fn rewrite_from(c: &Connection, seq: u64) {
    let records = records_after(c, 0, 100_000).expect("records");
    let mut head = Head::EMPTY;
    for record in records {
        let Record { seq: n, at, rules_version, input, .. } = &record;
        let at = if *n == seq { at.plus_ms(1) } else { *at };
        let facts: Vec<Fact> = record.facts().expect("facts");
        let input: Input = serde_json::from_slice(input).expect("input");
        let new = head.next(at, *rules_version, &input, &facts).expect("record");
        head = head.follow(&new).expect("follows");
        let sql =
            "UPDATE log SET at_ms = ?2, input = ?3, facts = ?4, prev_hash = ?5, hash = ?6 WHERE seq = ?1";
        let row =
            params![i64::try_from(*n).expect("seq"), at.ms(), new.input, new.facts, new.prev_hash, new.hash];
        c.execute(sql, row).expect("rewritten");
    }
}

#[tokio::test]
async fn every_change_of_log_audit_root_or_tombstone_is_named_and_so_is_a_cut_tail() {
    let (world, first, _) = a_signed_day().await;
    let erased = json(world.folder.path(), &["case", "erase", "--call", &first, "--reason", "HS-1"]);
    assert_eq!(erased["erased"], 1);
    let folder = stopped(world).await;
    let (code, sound) = verdict(folder.path(), &[]);
    assert_eq!((code, &sound["sound"]), (Some(0), &Value::Bool(true)), "{sound}");
    let root = sound["newest_root_sha256"].as_str().expect("root").to_owned();
    assert_eq!(verdict(folder.path(), &["--known-root", &root]).0, Some(0));
    let (code, lost) = verdict(folder.path(), &["--known-root", &"0".repeat(64)]);
    assert_eq!((code, lost["breaks"][0]["code"].as_str()), (Some(1), Some("root_not_held")));

    let cast = "CAST(replace(CAST(envelope AS TEXT), '\"sig\":\"', '\"sig\":\"A') AS BLOB)";
    let other_sig = format!("UPDATE day_roots SET envelope = {cast}");
    let changes = [
        ("UPDATE log SET facts = CAST(facts || x'20' AS BLOB) WHERE seq = 3", "log", "record_changed", 3),
        ("DELETE FROM log WHERE seq = 4", "log", "record_missing", 4),
        ("UPDATE audit SET actor = 'cli:nobody' WHERE seq = 2", "audit", "record_changed", 2),
        ("rewrite", "log", "day_differs", 1),
        ("DELETE FROM log WHERE seq > 4", "log", "tail_missing", 5),
        ("DELETE FROM audit WHERE seq > 1", "audit", "tail_missing", 2),
        (&other_sig, "roots", "root_unsigned", 0),
        // The only root of all is missed by whoever has kept its hash, and by the audit, which says that it was made.
        ("DELETE FROM day_roots", "roots", "root_not_held", 0),
        ("DELETE FROM day_roots", "roots", "root_missing", 0),
    ];
    for (what, part, code, seq) in changes {
        let copy = copy_of(folder.path());
        tamper(copy.path(), |c| match what {
            "rewrite" => rewrite_from(c, 5),
            sql => assert!(c.execute(sql, []).expect("changed") > 0),
        });
        let (exit, found) = verdict(copy.path(), &["--known-root", &root]);
        assert_eq!(exit, Some(1), "{what}: {found}");
        let breaks = found["breaks"].as_array().expect("breaks");
        let named = |b: &&Value| b["part"] == part && b["code"] == code;
        let told = breaks.iter().find(named).unwrap_or_else(|| panic!("{what}: {found}"));
        assert!(seq == 0 || told["seq"] == seq, "{what}: {told}");
    }

    let copy = copy_of(folder.path());
    let stones = copy.path().join(TOMBSTONES);
    let text = std::fs::read_to_string(&stones).expect("tombstones");
    std::fs::write(&stones, text.replacen("\"sig\":\"", "\"sig\":\"A", 1)).expect("written");
    assert_eq!(verdict(copy.path(), &[]).1["breaks"][0]["code"], "tombstone_broken");
    std::fs::remove_file(&stones).expect("removed");
    assert_eq!(verdict(copy.path(), &[]).1["breaks"][0]["code"], "tombstone_missing");
}

/// The exported file with one more record at the end of the audit, which needs no key.
fn added(lines: &[&str]) -> String {
    let mut head = AuditHead::EMPTY;
    for line in lines.iter().filter(|line| line.starts_with("{\"audit\"")) {
        let value: Value = serde_json::from_str(line).expect("json");
        let hash = value["audit"][7].as_str().and_then(chinhchu_evidence::hex::decode).expect("hash");
        head = AuditHead { seq: value["audit"][0].as_u64().expect("seq"), hash, ..head };
    }
    let entry =
        Entry { actor: "cli:root", action: "case.looked_at", subject: "call:x", detail: &Value::Null };
    let more = Line::audit(head.next(Timestamp::from_ms(1_900_000_000_000), &entry).expect("record"));
    let more = serde_json::to_string(&more.expect("line")).expect("json");
    let at = lines.iter().rposition(|line| line.starts_with("{\"audit\"")).expect("audit") + 1;
    let mut lines = lines.to_vec();
    lines.insert(at, &more);
    let end = format!("{{\"end\":{}}}", lines.len() - 1);
    [&lines[..], &[end.as_str()]].concat().join("\n") + "\n"
}

#[tokio::test]
async fn an_exported_audit_is_checked_without_a_store_and_every_flipped_byte_is_found() {
    let (world, first, _) = a_signed_day().await;
    let folder = world.folder.path();
    json(folder, &["case", "erase", "--call", &first, "--reason", "HS-1"]);
    let out = tempfile::tempdir().expect("folder");
    let file = out.path().join("audit.jsonl");
    json(folder, &["audit", "export", "--out", file.to_str().expect("path")]);
    let key = json(folder, &["key", "show"]);
    let key = key["public_key"].as_str().or(key["server_key"].as_str()).expect("key").to_owned();
    let check = |name: &str| {
        let path = out.path().join(name);
        let args = ["audit", "verify", path.to_str().expect("path"), "--trust", &key];
        run(out.path(), &args).status.code()
    };
    assert_eq!(check("audit.jsonl"), Some(0));
    let good = std::fs::read_to_string(&file).expect("file");
    let sound = |text: &[u8]| {
        let mut checker = Checker::new(vec![key.parse().expect("key")]);
        export::read(&mut &*text, &mut checker).expect("read");
        checker.finish().sound
    };
    assert!(sound(good.as_bytes()));
    // Some bytes of the first line of each kind: root, what was signed at the export, tombstone, audit, log, end.
    let mut kinds = BTreeSet::new();
    let mut start = 0;
    for line in good.split_inclusive('\n') {
        if kinds.insert(line.get(..6).expect("a line")) {
            for at in (start..start + line.len()).step_by(13).chain([start + line.len() - 1]) {
                let mut bad = good.clone().into_bytes();
                bad[at] ^= 1 << (at % 7);
                assert!(!sound(&bad), "byte {at} of a line {}", &line[..6]);
            }
        }
        start += line.len();
    }
    assert_eq!(kinds.len(), 7, "{kinds:?}");
    std::fs::write(out.path().join("cut"), &good[..good.len() - 30]).expect("written");
    assert_eq!(check("cut"), Some(1));
    // Whoever knows the format counts the lines anew.
    let lines: Vec<&str> = good.lines().collect();
    let recounted = |lines: &[&str]| {
        let end = format!("{{\"end\":{}}}", lines.len() - 1);
        [lines, &[end.as_str()]].concat().join("\n") + "\n"
    };
    let whole = &lines[..lines.len() - 1];
    assert!(sound(recounted(whole).as_bytes()));
    let newest = |kind: &str| whole.iter().rposition(|line| line.starts_with(kind)).expect("a line");
    for kind in ["{\"root\"", "{\"rest\"", "{\"tombstone\"", "{\"audit\"", "{\"log\""] {
        let mut cut = whole.to_vec();
        cut.remove(newest(kind));
        assert!(!sound(recounted(&cut).as_bytes()), "without the newest {kind}");
        let mut twice = whole.to_vec();
        twice.insert(newest(kind), whole[newest(kind)]);
        assert!(!sound(recounted(&twice).as_bytes()), "the newest {kind} twice");
    }
    assert!(!sound(added(whole).as_bytes()), "a deed that was added to the end, its hash and all");
    let path = file.to_str().expect("path");
    let other = chinhchu_evidence::SigningKey::from_bytes(&[3; 32]).public().to_string();
    assert_eq!(run(out.path(), &["audit", "verify", path, "--trust", &other]).status.code(), Some(1));
    let told = run(out.path(), &["audit", "verify", path, "--trust", &key]);
    assert!(String::from_utf8_lossy(&told.stdout).contains("NGUYÊN VẸN"));
}

#[tokio::test]
async fn an_erased_subscriber_stays_erased_when_an_older_copy_of_the_database_is_put_back() {
    let (world, first, second) = a_signed_day().await;
    let folder = world.folder.path().to_path_buf();
    let looks = json(&folder, &["audit", "list", "--call", &second]);
    let looked = looks.as_array().expect("list").iter().find(|entry| entry["action"] == "case.looked_at");
    let looked = looked.expect("the look is listed");
    assert_eq!((&looked["actor"], &looked["detail"]["what"]), (&"service:msale".into(), &"portrait".into()));

    let older = folder.join("older.db");
    let c = Connection::open(folder.join(FILE_NAME)).expect("store");
    c.execute("VACUUM INTO ?1", [older.to_str().expect("path")]).expect("copied");
    drop(c);
    json(&folder, &["case", "hold", "--call", &first, "--reason", "HS-9"]);
    let args = ["case", "erase", "--msisdn", "+84901234567", "--reason", "HS-2", "--json"];
    let output = run(&folder, &args);
    assert_eq!(output.status.code(), Some(1), "one is held");
    let erased: Value = serde_json::from_slice(&output.stdout).expect("json");
    assert_eq!((&erased["erased"], &erased["held"][0]), (&1.into(), &Value::from(first.clone())));
    json(&folder, &["case", "release", "--call", &first, "--reason", "HS-9"]);
    assert_eq!(json(&folder, &args[..6])["erased"], 1);

    let service = world.service("ekyc").await;
    for path in [format!("/v1/calls/{first}"), format!("/v1/calls/{second}/images/portrait")] {
        let (status, code, _) = refusal(world.get(&path, &service).send().await.expect("answer")).await;
        assert_eq!((status, code.as_str()), (410, "case_erased"), "{path}");
    }
    world.clock.advance(Duration::from_secs(31));
    until("no files", async || world.files() == 0).await;
    world.stop.cancel();
    let World { server, folder: data, clock, .. } = world;
    server.wait().await.expect("stopped");

    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(folder.join(format!("{FILE_NAME}{end}")));
    }
    std::fs::copy(&older, folder.join(FILE_NAME)).expect("put back");
    let keys = "SELECT count(*) FROM cases WHERE key_wrapped IS NOT NULL";
    let held = |path: &Path| -> i64 {
        let c = Connection::open(path.join(FILE_NAME)).expect("store");
        c.query_row(keys, [], |row| row.get(0)).expect("count")
    };
    assert_eq!(held(&folder), 2, "the older copy brings the keys back");
    let (code, found) = verdict(&folder, &[]);
    assert_eq!((code, found["breaks"][0]["code"].as_str()), (Some(1), Some("not_erased")), "{found}");

    let world = World::start_on(data, clock, |_| {}).await;
    assert_eq!(count(&world.server.app().db, keys).await, 0, "erased again before anything was served");
    let again = json(&folder, &["audit", "list", "--action", "case.erased_again"]);
    assert_eq!(again.as_array().map(Vec::len), Some(2));
    assert_eq!(verdict(&folder, &[]).0, Some(0));
}

#[tokio::test]
async fn pictures_and_case_go_when_their_days_are_over_and_not_a_millisecond_before() {
    let world = World::start_by_hand().await;
    let (first, second) = two_calls(&world).await;
    let folder = world.folder.path();
    let days = ["--set", "retention_pictures_days=1", "--set", "retention_case_days=2"];
    json(folder, &[&["company", "rules", "1"], &days[..]].concat());
    json(folder, &["case", "hold", "--call", &second, "--reason", "HS-9"]);
    let db = world.server.app().db.clone();
    let ended = Timestamp::from_ms(count(&db, "SELECT max(ended_ms) FROM calls").await);
    let day = 24 * 60 * 60 * 1_000;
    let at = |ms: i64| sweep(&db, ended.plus_ms(ms));
    let (none, service) = (Swept::default(), world.service("msale2").await);
    let path = |what: &str| format!("/v1/calls/{first}{what}");

    assert_eq!(at(day - 1).await.expect("swept"), none);
    assert_eq!(at(day).await.expect("swept"), Swept { pictures: 1, cases: 0 });
    assert_eq!(world.get(&path(""), &service).send().await.expect("answer").status(), 200);
    let gone = refusal(world.get(&path("/images/portrait"), &service).send().await.expect("answer")).await;
    assert_eq!((gone.0, gone.1.as_str()), (410, "case_erased"));
    assert_eq!(at(2 * day - 1).await.expect("swept"), none);
    assert_eq!(at(2 * day).await.expect("swept"), Swept { pictures: 0, cases: 1 });
    assert_eq!(refusal(world.get(&path(""), &service).send().await.expect("answer")).await.0, 410);
    assert_eq!(at(3 * day).await.expect("swept"), none, "what is held stays");
    json(folder, &["case", "release", "--call", &second, "--reason", "HS-9"]);
    assert_eq!(at(3 * day).await.expect("swept"), Swept { pictures: 0, cases: 1 });
}

#[tokio::test]
async fn a_backup_opens_no_case_without_its_keys_and_is_whole_again_with_them() {
    let world = World::start_by_hand().await;
    let (first, second) = two_calls(&world).await;
    let (folder, out) = (world.folder.path(), tempfile::tempdir().expect("folder"));
    let [copy, keys] = ["copy.db", "keys.db"].map(|name| out.path().join(name).display().to_string());
    let backup = ["backup", "--out", &copy, "--keys-out", &keys];
    assert_eq!(json(folder, &backup)["keys"], 2, "while the server runs");
    assert_eq!(run(folder, &backup).status.code(), Some(1), "no file is written over");
    let wrapped: Vec<u8> = Connection::open(folder.join(FILE_NAME))
        .and_then(|c| c.query_row("SELECT key_wrapped FROM cases LIMIT 1", [], |row| row.get(0)))
        .expect("key");
    let holds = |path: &str| {
        let bytes = std::fs::read(path).expect("file");
        bytes.windows(wrapped.len()).any(|some| some == wrapped)
    };
    assert_eq!((holds(&copy), holds(&keys)), (false, true), "a key lies in its own file alone");
    json(folder, &["case", "erase", "--call", &second, "--reason", "HS-3"]);

    let new = tempfile::tempdir().expect("folder");
    for name in ["installation.key", "signing.key", TOMBSTONES] {
        std::fs::copy(folder.join(name), new.path().join(name)).expect("copied");
    }
    assert_eq!(json(new.path(), &["restore", "--from", &copy, "--keys", &keys])["keys"], 2);
    assert_eq!(run(new.path(), &["restore", "--from", &copy]).status.code(), Some(1), "over no store");
    let restored = World::start_on(new, world.clock.clone(), |_| {}).await;
    let service = restored.service("ekyc").await;
    let get = |call: &str| restored.get(&format!("/v1/calls/{call}"), &service).send();
    assert_eq!(get(&first).await.expect("answer").status(), 200);
    assert_eq!(get(&second).await.expect("answer").status(), 410, "erased since the copy was made");
    assert_eq!(verdict(restored.folder.path(), &[]).0, Some(0));
}

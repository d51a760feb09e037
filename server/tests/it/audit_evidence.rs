//! `audit verify` over evidence: what somebody changes in the store who knows it, takes its locks off and has no key,
//! or only a new one. And what a person asks afterwards: who looked, and what is missing.

use std::path::Path;

use chinhchu_evidence::SigningKey;
use chinhchu_server::clock::Clock;
use chinhchu_server::figures::period::{HOUR_MS, Period, day_of};
use rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;

use crate::audit_trail::{copy_of, rewrite_from, stopped, tamper, verdict as checked};
use crate::edge_cli::{json, run};
use crate::edge_webhooks::{add, receiver};
use crate::edge_world::World;
use crate::spine_bundle::verdict;

/// A store with one verdict that nobody serves any more, and no root of any day yet.
async fn a_stopped_store() -> (TempDir, String) {
    let world = World::start().await;
    let call = Box::pin(verdict(&world, true)).await.to_string();
    (stopped(world).await, call)
}

fn codes(found: &Value) -> Vec<&str> {
    let breaks = found["breaks"].as_array().expect("breaks");
    breaks.iter().filter_map(|one| one["code"].as_str()).collect()
}

fn head(folder: &Path) -> (u64, String) {
    let c = Connection::open(folder.join("chinhchu.db")).expect("store");
    let sql = "SELECT seq, hash FROM log ORDER BY seq DESC LIMIT 1";
    let (seq, hash): (i64, [u8; 32]) =
        c.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).expect("head");
    (seq.cast_unsigned(), chinhchu_evidence::hex::encode(&hash))
}

#[tokio::test(flavor = "multi_thread")]
async fn evidence_receipts_and_approvals_that_were_changed_removed_or_added_are_named() {
    let (folder, call) = Box::pin(a_stopped_store()).await;
    let (code, sound) = checked(folder.path(), &[]);
    assert_eq!((code, &sound["evidence"], &sound["roots"]), (Some(0), &1.into(), &0.into()), "{sound}");
    let sig = |column: &str, table: &str| {
        format!("UPDATE {table} SET {column} = replace({column}, '\"sig\":\"', '\"sig\":\"A')")
    };
    let (receipt, approval) = (sig("receipt", "evidence"), sig("enrolment", "workstation_keys"));
    let payload = "UPDATE evidence SET envelope = replace(envelope, '\"payload\":\"', '\"payload\":\"AAAA')";
    let another = "INSERT INTO evidence SELECT call_id, 9, agent_id, session_id, zeroblob(32),
                     manifest_sealed, standing, received_ms, envelope, leaves_sealed, receipt, key_id, counter + 8
                   FROM evidence";
    let changes = [
        ("DELETE FROM evidence", vec!["evidence_missing"]),
        ("UPDATE evidence SET manifest_sha256 = zeroblob(32)", vec!["evidence_changed", "receipt_differs"]),
        (payload, vec!["evidence_changed"]),
        (&receipt, vec!["receipt_differs"]),
        // Taken away instead of changed: needs no key at all.
        (
            "UPDATE evidence SET envelope = NULL, leaves_sealed = NULL, receipt = NULL",
            vec!["evidence_changed", "receipt_differs"],
        ),
        (&approval, vec!["approval_unsigned"]),
        (another, vec!["receipt_differs", "evidence_added"]),
        // The log of today, under no root yet, written anew with a whole chain of hashes: receipts went out.
        ("rewrite", vec!["receipt_differs"]),
    ];
    for (what, wanted) in changes {
        let copy = copy_of(folder.path());
        tamper(copy.path(), |c| match what {
            "rewrite" => rewrite_from(c, 5),
            sql => assert_eq!(c.execute(sql, []).expect("changed"), 1),
        });
        let (exit, found) = checked(copy.path(), &[]);
        assert_eq!((exit, codes(&found)), (Some(1), wanted), "{what}: {found}");
        let told = found.to_string();
        assert!(what == approval || told.contains(&call), "{what}: the call is named");
    }
    let before = head(folder.path());
    let cut = copy_of(folder.path());
    let last = format!("DELETE FROM log WHERE seq > {}", before.0 - 2);
    tamper(cut.path(), |c| assert_eq!(c.execute(&last, []).expect("cut"), 2));
    assert_eq!(checked(cut.path(), &[]).0, Some(1), "the end of today's log is gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_somebody_keeps_and_a_key_from_elsewhere_tell_what_the_folder_alone_cannot() {
    let (folder, _) = Box::pin(a_stopped_store()).await;
    let (seq, hash) = head(folder.path());
    let held = format!("{seq}:{hash}");
    assert_eq!(checked(folder.path(), &["--known-record", &held.to_uppercase()]).0, Some(0));
    for wrong in [format!("{seq}:{}", "0".repeat(64)), format!("{}:{hash}", seq + 1)] {
        let (code, found) = checked(folder.path(), &["--known-record", &wrong]);
        assert_eq!((code, codes(&found)), (Some(1), vec!["record_not_held"]));
    }
    let key = json(folder.path(), &["key", "show"]);
    let (key, fingerprint) =
        (key["public_key"].as_str().expect("key"), key["fingerprint"].as_str().expect("print"));
    let told = run(folder.path(), &["audit", "verify"]);
    let words = String::from_utf8_lossy(&told.stdout).into_owned();
    assert!(words.contains("nằm trong chính thư mục này") && words.contains(fingerprint), "{words}");
    let told = run(folder.path(), &["audit", "verify", "--trust", key]);
    assert!(!String::from_utf8_lossy(&told.stdout).contains("nằm trong chính thư mục này"));
    // A new server's key in the folder does not make the old receipts its own.
    let copy = copy_of(folder.path());
    std::fs::write(copy.path().join("signing.key"), [7; 32]).expect("written");
    assert_eq!(codes(&checked(copy.path(), &[]).1), ["receipt_differs", "approval_unsigned"]);
    let other = SigningKey::from_bytes(&[7; 32]).public().to_string();
    assert_eq!(checked(folder.path(), &["--trust", &other]).0, Some(1));
}

/// 1 is a finding; what could not be looked at is none.
#[test]
fn what_cannot_be_read_is_wrong_use_and_no_finding() {
    let folder = tempfile::tempdir().expect("folder");
    let key = SigningKey::from_bytes(&[7; 32]).public().to_string();
    for args in [
        &["audit", "verify"][..],
        &["audit", "verify", "/nowhere/audit.jsonl", "--trust", &key],
        &["audit", "verify", "/nowhere/audit.jsonl"],
        &["evidence", "verify", "/nowhere/bundle.zip", "--trust", &key],
        &["evidence", "verify", "/nowhere/bundle.zip", "--trust", &key, "--known", "abc"],
        &["audit", "verify", "--known-record", "x"],
    ] {
        let output = run(folder.path(), args);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(std::fs::read_dir(folder.path()).expect("folder").count(), 0, "and nothing was made");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lawyer_reads_who_looked_what_the_pictures_may_still_show_and_what_is_missing() {
    let (folder, call) = Box::pin(a_stopped_store()).await;
    let data = folder.path();
    let place = tempfile::tempdir().expect("folder");
    let file = |name: &str| place.path().join(name).display().to_string();

    // The agent had the case and its papers before her; by name, not by id alone.
    let looks =
        json(data, &["audit", "list", "--subject", &format!("call:{call}"), "--action", "case.looked_at"]);
    let looks = looks.as_array().expect("list");
    assert!(looks.iter().any(|one| one["name"] == "hoa" && one["detail"]["what"] == "case"), "{looks:?}");

    // Nothing is written over; a hidden number may be read on the screen all the same.
    let whole = json(data, &["evidence", "export", &call, "--out", &file("whole.zip")]);
    assert_eq!(whole["may_still_show"], serde_json::json!([]));
    assert_eq!(run(data, &["evidence", "export", &call, "--out", &file("whole.zip")]).status.code(), Some(1));
    let hidden = ["evidence", "export", &call, "--out", &file("hidden.zip"), "--hide", "customer.id_number"];
    let shows = json(data, &[&hidden[..], &["--hide", "picture:id_front"]].concat());
    let shows = shows["may_still_show"].to_string();
    assert!(shows.contains("picture:screenshot") && !shows.contains("id_front"), "{shows}");

    // What mSale has kept.
    let (key, sha256) =
        (whole["server_key"].as_str().expect("key"), whole["manifest_sha256"].as_str().expect("hash"));
    let check = |known: &str| {
        let args = ["evidence", "verify", &file("whole.zip"), "--trust", key, "--known", known];
        let output = run(data, &args);
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    assert_eq!(check(sha256).0, Some(0));
    let (code, words) = check(&"0".repeat(64));
    assert!(code == Some(1) && words.contains("Mã đối chiếu 0000"), "{words}");
    assert!(words.contains("nên xuất lại sau nửa đêm"), "today's root is held by nobody else: {words}");

    assert_eq!(run(data, &["evidence", "missing"]).status.code(), Some(0));
    let shards =
        std::fs::read_dir(data.join("evidence")).expect("folder").map(|shard| shard.expect("shard").path());
    let lost = shards.flat_map(|shard| std::fs::read_dir(shard).expect("shard")).next().expect("a file");
    std::fs::remove_file(lost.expect("a file").path()).expect("lost");
    let output = run(data, &["evidence", "missing", "--json"]);
    let told: Value = serde_json::from_slice(&output.stdout).expect("json");
    assert_eq!((output.status.code(), told["files"].as_array().map(Vec::len)), (Some(1), Some(1)), "{told}");
    assert_eq!(told["files"][0]["call_id"], Value::from(call));
}

/// The operator cannot rewrite his own history: what went to mSale at its time is held against store and bundle.
#[tokio::test(flavor = "multi_thread")]
async fn what_msale_was_sent_proves_store_and_bundle_months_later() {
    let world = World::start().await;
    let (url, mut received) = receiver(0).await;
    add(&world, &url, &["call.result", "audit.root"]).await;
    let call = Box::pin(verdict(&world, true)).await.to_string();
    let mut next = async || -> Value {
        let (_, body) = received.recv().await.expect("sent");
        serde_json::from_slice(&body).expect("json")
    };
    let result = next().await;
    assert_eq!((&result["type"], &result["data"]["call_id"]), (&"call.result".into(), &call.clone().into()));
    // The very next day, whatever the time of day is: two midnights would give two roots.
    let midnight = Period::of_day(day_of(world.clock.now()) + 1).from;
    let tomorrow = Clock::manual(midnight.plus_ms(HOUR_MS));
    let world = World::start_on(stopped(world).await, tomorrow, |_| {}).await;
    let root = next().await;
    assert_eq!(root["type"], "audit.root");

    let folder = stopped(world).await;
    let (head, root) = (&result["log_head"], root["data"]["sha256"].as_str().expect("hash"));
    let record = format!("{}:{}", head["seq"], head["hash"].as_str().expect("hash"));
    let (code, found) = checked(folder.path(), &["--known-record", &record, "--known-root", root]);
    assert_eq!((code, found["newest_root_sha256"].as_str()), (Some(0), Some(root)), "{found}");

    let place = tempfile::tempdir().expect("folder");
    let bundle = place.path().join("evidence.zip").display().to_string();
    let done = json(folder.path(), &["evidence", "export", &call, "--out", &bundle]);
    let key = done["server_key"].as_str().expect("key");
    let sha256 = result["manifest_sha256"].as_str().expect("hash");
    let verify =
        ["evidence", "verify", &bundle, "--trust", key, "--known", sha256, "--known", root, "--json"];
    let output = run(folder.path(), &verify);
    let report: Value = serde_json::from_slice(&output.stdout).expect("json");
    assert_eq!(output.status.code(), Some(0), "{report}");
    assert!(!report.to_string().contains("day_not_over"), "the day is over: mSale holds its root, too");
}

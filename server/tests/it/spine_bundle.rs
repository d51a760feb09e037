//! A verdict's bundle: exported from the running installation by the command line, checked by it offline.

use std::path::Path;
use std::process::{Command, Output};

use chinhchu_evidence::day_root::{self, Span};
use chinhchu_evidence::signed::statement_sha256;
use chinhchu_evidence::{DayRoot, Signed as _, hex};
use chinhchu_protocol::agent::{AgentActivity, AgentCase, AgentToServer};
use chinhchu_protocol::call::CallState;
use chinhchu_protocol::caller::{CallerToServer, ServerToCaller};
use chinhchu_protocol::evidence::Manifest;
use chinhchu_protocol::ids::CallId;
use chinhchu_server::audit::sql::Filter;
use chinhchu_server::store::StoreError;
use chinhchu_server::switchboard::sql::{events_after, records_after};
use rusqlite::params;
use serde_json::Value;

use crate::edge_cli::{json, run};
use crate::edge_world::{World, jpeg};
use crate::spine_seal::{manifest, sealed, upload};
use crate::spine_world::{Page, Workstation};

const NONCE: &str = "00112233445566778899aabbccddeeff";
const ID_NUMBER: &str = "079190001234";

/// Without a store: the program, the file and the key.
fn verify(bundle: &Path, key: &str, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chinhchu-server"));
    command.env_remove("CHINHCHU_DATA").args(["evidence", "verify"]).arg(bundle).args(["--trust", key]);
    command.args(more).output().expect("runs")
}

fn report(bundle: &Path, key: &str) -> Value {
    serde_json::from_slice(&verify(bundle, key, &["--json"]).stdout).expect("a report")
}

fn code<'a>(report: &'a Value, part: &str) -> &'a str {
    let parts = report["parts"].as_array().expect("parts");
    parts.iter().find(|one| one["part"] == part).and_then(|one| one["code"].as_str()).unwrap_or("not there")
}

/// A call with a verdict, its evidence uploaded; the page's witness frame with it, if `witness`.
pub async fn verdict(world: &World, witness: bool) -> CallId {
    let token = world.token("1", 600).await.token;
    let mut station = Workstation::available(world, "1", "hoa").await;
    let created = world.call(&token).await;
    let mut page = Page::ready(world, &created).await;
    let call_id = station.accept().await;
    page.line.send(&CallerToServer::Heartbeat { assignment: 1, media_age_ms: Some(20) }).await;
    station.line.send(&AgentToServer::Heartbeat { call_id, assignment: 1, media_age_ms: Some(20) }).await;
    station.until(|view| matches!(view.activity, AgentActivity::InCall { .. })).await;
    let path = format!("/v1/agent/calls/{call_id}");
    let bearer = &station.signed_in.session_token;
    let case: AgentCase = world.get(&path, bearer).send().await.expect("answer").json().await.expect("case");

    let picture = jpeg();
    if witness {
        station.line.send(&AgentToServer::Witness { call_id, assignment: 1, nonce: NONCE.into() }).await;
        loop {
            if let ServerToCaller::Witness { nonce, .. } = page.line.next().await.expect("open") {
                assert_eq!(nonce, NONCE);
                break;
            }
        }
        let url = format!("{}/v1/caller/witness?nonce={NONCE}", world.url);
        let secret = created["call_token"].as_str().expect("token");
        let request = world.client.post(url).bearer_auth(secret).header("content-type", "image/jpeg");
        assert_eq!(request.body(picture.clone()).send().await.expect("answer").status(), 204);
    }
    let plain = manifest(world, &station, &case, 1, &picture).await;
    let drawn =
        jiff::Timestamp::from(plain.captured_at).to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(7)));
    let manifest = Manifest {
        captured_at_text: drawn.strftime("%d/%m/%Y %H:%M:%S %:z").to_string(),
        witness_nonce: witness.then(|| NONCE.to_owned()),
        ..plain
    };
    let sealed = sealed(&manifest);
    let url = format!("{}{path}/assignments/1/evidence", world.url);
    let answer = world.client.put(url).bearer_auth(bearer).multipart(upload(&sealed, &picture)).send().await;
    assert_eq!(answer.expect("answer").status(), 200);
    page.until(|view| view.state == CallState::Ended).await;
    call_id
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exported_bundle_is_sound_offline_and_any_touch_is_named() {
    let world = World::start().await;
    let call = Box::pin(verdict(&world, true)).await.to_string();
    let data = world.folder.path();
    let place = tempfile::tempdir().expect("folder");
    let bundle = place.path().join("evidence.zip");
    let file = bundle.to_str().expect("utf-8");

    // While the server runs; the export stands in the audit.
    let done = json(data, &["evidence", "export", &call, "--out", file]);
    let key = done["server_key"].as_str().expect("key");
    let shown = json(data, &["key", "show"]);
    assert_eq!(shown["public_key"], key);
    let sound = report(&bundle, key);
    assert_eq!(sound["sound"], true, "{sound}");
    for part in
        ["manifest", "leaves", "receipt", "enrolment", "witness", "chain", "time", "picture:witness_frame"]
    {
        assert_eq!(code(&sound, part), "sound", "{part}");
    }
    assert_eq!(code(&sound, "picture:id_front"), "sound", "what the agent compared with is in it");
    let read =
        world.server.app().db.read(|c| chinhchu_server::audit::sql::newest(c, &Filter::default(), 5)).await;
    let read: Vec<chinhchu_server::audit::AuditRecord> = read.expect("audit");
    let exported = read.iter().find(|record| record.action == "evidence.exported").expect("in the audit");
    assert_eq!(
        (exported.subject.as_str(), done["audit_seq"].as_u64()),
        (&*format!("call:{call}"), Some(exported.seq))
    );

    // In words, by exit code, and by whose key.
    let told = verify(&bundle, key, &[]);
    let words = String::from_utf8(told.stdout).expect("utf-8");
    assert!(told.status.success() && words.contains("NGUYÊN VẸN") && words.contains("KHÔNG chứng minh"));
    let english = String::from_utf8(verify(&bundle, key, &["--lang", "en"]).stdout).expect("utf-8");
    assert!(english.contains("SOUND") && english.contains("does NOT prove"));
    let other = chinhchu_evidence::SigningKey::from_bytes(&[5; 32]).public().to_string();
    let distrusted = verify(&bundle, &other, &[]);
    assert_eq!(distrusted.status.code(), Some(1));
    assert_eq!(code(&report(&bundle, &other), "bundle"), "untrusted_key");
    assert_eq!(verify(&bundle, "ed25519:no", &[]).status.code(), Some(2));

    // One bit of the picture.
    let mut bytes = std::fs::read(&bundle).expect("bundle");
    let picture = jpeg();
    let at = bytes.windows(picture.len()).position(|window| window == picture).expect("a picture");
    bytes[at + picture.len() / 2] ^= 0x10;
    std::fs::write(&bundle, &bytes).expect("written");
    assert_eq!(verify(&bundle, key, &[]).status.code(), Some(1));
    let touched = report(&bundle, key);
    let faulty = |one: &&Value| one["ok"] == false;
    let named: Vec<&str> = touched["parts"]
        .as_array()
        .expect("parts")
        .iter()
        .filter(faulty)
        .filter_map(|one| one["part"].as_str())
        .collect();
    assert!(named.len() == 1 && named[0].starts_with("picture:"), "{named:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_selective_export_hides_the_id_number_and_a_picture_and_verifies() {
    let world = World::start().await;
    let call = Box::pin(verdict(&world, false)).await.to_string();
    let data = world.folder.path();
    let place = tempfile::tempdir().expect("folder");
    let bundle = place.path().join("evidence.zip");
    let file = bundle.to_str().expect("utf-8");
    let export = |hide: &[&str]| {
        let _ = std::fs::remove_file(&bundle);
        let hidden = hide.iter().flat_map(|name| ["--hide", *name]);
        let args: Vec<&str> =
            ["evidence", "export", &call, "--out", file].into_iter().chain(hidden).collect();
        run(data, &args)
    };
    assert!(export(&[]).status.success());
    let whole = std::fs::read(&bundle).expect("bundle");
    assert!(whole.windows(ID_NUMBER.len()).any(|window| window == ID_NUMBER.as_bytes()));

    assert!(export(&["customer.id_number", "picture:portrait"]).status.success());
    let bytes = std::fs::read(&bundle).expect("bundle");
    assert!(!bytes.windows(ID_NUMBER.len()).any(|window| window == ID_NUMBER.as_bytes()));
    let key = json(data, &["key", "show"])["public_key"].as_str().expect("key").to_owned();
    let report = report(&bundle, &key);
    assert_eq!(report["sound"], true, "{report}");
    assert_eq!((code(&report, "leaves"), code(&report, "picture:portrait")), ("partly_hidden", "withheld"));
    assert_eq!(code(&report, "witness"), "not_asked");

    for (hide, told) in [("customer.shoe_size", "no such field"), ("call_id", "always shown")] {
        let refused = export(&[hide]);
        assert_eq!(refused.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&refused.stderr).contains(told), "{hide}");
    }
    let unknown = run(data, &["evidence", "export", "0190a1b2-0000-7000-8000-000000000000", "--out", file]);
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("no such call"));
}

/// The root of a finished day over the log's first records, as the server signs one at midnight.
async fn finish_a_day(world: &World, to_seq: u64) {
    let (keys, now) = (world.server.app().keys.clone(), world.clock.now());
    let written = world.server.app().db.write(move |tx| {
        let hashes: Vec<[u8; 32]> = records_after(tx, 0, u32::try_from(to_seq).expect("small"))?
            .iter()
            .map(|record| record.hash)
            .collect();
        let nothing = hex::encode(&[0; 32]);
        let root = DayRoot {
            format: day_root::FORMAT.to_owned(),
            day: "2026-01-01".to_owned(),
            complete: true,
            made_at: now,
            log: Span { from_seq: 1, to_seq, head_hash: hex::encode(hashes.last().expect("records")) },
            audit: Span { from_seq: 1, to_seq: 0, head_hash: nothing },
            log_root: hex::encode(&day_root::root_over(&hashes)),
            audit_root: hex::encode(&day_root::root_over(&[])),
            previous_sha256: None,
        };
        let envelope = root.sign(keys.signing()).expect("signs");
        let named = statement_sha256(&envelope).expect("hash");
        let sha256: [u8; 32] = hex::decode(&named).expect("hex");
        let sql = "INSERT INTO day_roots (day, sha256, envelope, made_ms) VALUES (?1, ?2, ?3, ?4)";
        tx.execute(sql, params![root.day, sha256, envelope.to_bytes(), now.ms()])?;
        Ok::<_, StoreError>(())
    });
    written.await.expect("written");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_stands_on_the_roots_of_finished_days_and_says_what_is_no_longer_kept() {
    let world = World::start().await;
    let call = Box::pin(verdict(&world, false)).await;
    let events = world.server.app().db.read(move |c| events_after(c, call, 0, 100)).await.expect("events");
    let middle = events[events.len() / 2].seq;
    finish_a_day(&world, middle).await;
    // Retention has taken the front of the ID card.
    let forgotten = world
        .server
        .app()
        .db
        .write(|tx| Ok::<_, StoreError>(tx.execute("DELETE FROM pictures WHERE kind = 'id_front'", [])?));
    assert_eq!(forgotten.await.expect("written"), 1);

    let place = tempfile::tempdir().expect("folder");
    let bundle = place.path().join("evidence.zip");
    let file = bundle.to_str().expect("utf-8");
    let done = json(world.folder.path(), &["evidence", "export", &call.to_string(), "--out", file]);
    assert_eq!(done["gone"], serde_json::json!(["id_front"]));
    let report = report(&bundle, done["server_key"].as_str().expect("key"));
    assert_eq!(report["sound"], true, "{report}");
    assert_eq!(code(&report, "picture:id_front"), "gone");
    assert_eq!(code(&report, "day-root:2026-01-01"), "sound");
    let parts = report["parts"].as_array().expect("parts");
    let roots =
        parts.iter().filter(|one| one["part"].as_str().is_some_and(|part| part.starts_with("day-root:")));
    assert_eq!(roots.count(), 2, "the finished day's, and one for what came after it");
}

/// What was changed in the store is told at the export, by name: such evidence is not handed out as sound.
#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_was_tampered_with_is_refused_at_the_export() {
    let world = World::start().await;
    let call = Box::pin(verdict(&world, false)).await;
    let changed = world.server.app().db.write(move |tx| {
        // By somebody who knows the database and takes the lock off it.
        tx.execute_batch(
            "DROP TRIGGER IF EXISTS log_is_never_changed;
             UPDATE log SET facts = CAST(replace(CAST(facts AS TEXT), '\"decision\":\"rejected\"',
                                            '\"decision\":\"confirmed\"') AS BLOB)
             WHERE instr(CAST(facts AS TEXT), 'evidence_taken') > 0",
        )?;
        Ok::<_, StoreError>(())
    });
    let changed = changed.await;
    let place = tempfile::tempdir().expect("folder");
    let bundle = place.path().join("evidence.zip");
    let file = bundle.to_str().expect("utf-8");
    let refused = run(world.folder.path(), &["evidence", "export", &call.to_string(), "--out", file]);
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(changed.is_ok() && refused.status.code() == Some(1), "{changed:?} {told}");
    assert!(told.contains("not sound: chain"), "{told}");
    assert!(!bundle.exists());
}

//! The evidence view: facts, seals checked at the moment of the look, export, and what is missing.

use chinhchu_evidence::verify;
use chinhchu_protocol::agent::AgentToServer;
use chinhchu_protocol::call::CallState;
use chinhchu_protocol::console::people::Role;
use chinhchu_protocol::console::seals::EvidenceShown;
use chinhchu_server::store::StoreError;
use serde_json::{Value, json};

use crate::console_story::{ID_NUMBER, count, refused, verdict, waiting};
use crate::console_world::Console;
use crate::edge_world::{World, refusal};
use crate::spine_late::{put, seal};
use crate::spine_world::Workstation;

async fn evidence(person: &Console, call: impl std::fmt::Display) -> EvidenceShown {
    let shown = person.read(&format!("/v1/console/calls/{call}/evidence")).await;
    serde_json::from_value(shown).expect("evidence")
}

fn code(shown: &EvidenceShown, part: &str) -> String {
    let check = shown.held[0].check.as_ref().expect("checked");
    check.parts.iter().find(|one| one.part == part).map_or("not there".to_owned(), |one| one.code.clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_seals_are_checked_at_the_look_and_a_touch_in_the_store_is_named() {
    let world = World::start().await;
    let auditor = world.person(Role::Auditor, &[], None).await;
    let mut station = Workstation::available(&world, "1", "hoa").await;
    let call = Box::pin(verdict(&world, &mut station, "1")).await;
    let shown = evidence(&auditor, call).await;
    let of = &shown.held[0];
    let check = of.check.as_ref().expect("checked");
    assert!(check.sound && check.parts.iter().all(|part| part.ok), "{check:?}");
    for part in [
        "manifest",
        "leaves",
        "receipt",
        "enrolment",
        "chain",
        "time",
        "picture:screenshot",
        "picture:id_front",
    ] {
        assert_eq!(code(&shown, part), "sound", "{part}");
    }
    assert!(check.parts.iter().all(|part| !part.words_vi.is_empty() && !part.words_en.is_empty()));
    assert!(!check.not_proven.is_empty());
    let manifest = of.manifest.as_ref().expect("signed");
    assert_eq!((manifest.call_id, manifest.case.id_number.as_str()), (call, ID_NUMBER));
    let machine = of.workstation.as_ref().expect("a key");
    assert_eq!((machine.name.as_str(), machine.counter, machine.log_seq > 0), ("MAY-01", 1, true));
    assert_eq!((of.witness.state.as_str(), shown.missing.len(), of.images.len()), ("not_asked", 0, 4));
    assert_eq!(of.agent.as_ref().map(|agent| agent.username.as_str()), Some("hoa"));
    let looked = "SELECT count(*) FROM case_access WHERE what = 'manifest' AND actor LIKE 'person:%'";
    assert_eq!(count(&world, looked).await, 1);

    // Somebody who knows the database changes the log, and somebody else takes a picture's file away.
    let changed = world.server.app().db.write(move |tx| {
        tx.execute_batch(
            "DROP TRIGGER IF EXISTS log_is_never_changed;
             UPDATE log SET facts = CAST(replace(CAST(facts AS TEXT), '\"decision\":\"rejected\"',
                                            '\"decision\":\"confirmed\"') AS BLOB)
             WHERE instr(CAST(facts AS TEXT), 'evidence_taken') > 0",
        )?;
        let sql = "SELECT hex(object_id) FROM pictures WHERE kind = 'screenshot'";
        Ok::<String, StoreError>(tx.query_row(sql, [], |row| row.get(0))?)
    });
    let object = changed.await.expect("changed").to_lowercase();
    let folder = world.folder.path().join("evidence");
    let mut removed = 0;
    for shard in std::fs::read_dir(&folder).expect("folder") {
        for file in std::fs::read_dir(shard.expect("shard").path()).expect("folder") {
            let path = file.expect("file").path();
            let name = path.file_name().expect("name").to_string_lossy().replace('-', "");
            if name.starts_with(&object) {
                std::fs::remove_file(&path).expect("removed");
                removed += 1;
            }
        }
    }
    assert_eq!(removed, 1);
    let shown = evidence(&auditor, call).await;
    let check = shown.held[0].check.as_ref().expect("checked");
    let faulty: Vec<&str> =
        check.parts.iter().filter(|part| !part.ok).map(|part| part.part.as_str()).collect();
    assert!(
        !check.sound && faulty.contains(&"chain") && faulty.contains(&"picture:screenshot"),
        "{faulty:?}"
    );
    assert_eq!(code(&shown, "manifest"), "sound", "what nobody touched is told so");
    let path = format!("/v1/console/calls/{call}/export");
    let refused = auditor.post(&path).json(&json!({})).send().await.expect("answer");
    assert_eq!(refusal(refused).await.1, "evidence_invalid", "not handed out as sound");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_verifies_offline_hides_what_is_asked_and_stands_in_the_audit() {
    let world = World::start().await;
    let supervisor = world.person(Role::Supervisor, &["1"], None).await;
    let mut station = Workstation::available(&world, "1", "hoa").await;
    let call = Box::pin(verdict(&world, &mut station, "1")).await;
    let path = format!("/v1/console/calls/{call}/export");
    let export = async |body: Value| supervisor.post(&path).json(&body).send().await.expect("answer");
    let answer = export(json!({ "hide": ["customer.id_number", "picture:portrait"] })).await;
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["content-type"]),
        (200, &"application/zip".parse().expect("value"))
    );
    let name = answer.headers()["content-disposition"].to_str().expect("text").to_owned();
    assert!(name.contains(&call.to_string()));
    let bytes = answer.bytes().await.expect("bundle");
    assert!(!bytes.windows(ID_NUMBER.len()).any(|window| window == ID_NUMBER.as_bytes()));
    let report = verify(&bytes[..], &[world.server.app().keys.signing().public()]);
    assert!(report.sound, "{}", report.to_text(chinhchu_evidence::Lang::En));
    let part = |name: &str| report.parts.iter().find(|one| one.part == name).map(|one| one.code);
    assert_eq!((part("leaves"), part("picture:portrait")), (Some("partly_hidden"), Some("withheld")));

    for (hide, told) in [("customer.shoe_size", "unknown_value"), ("call_id", "must_be_shown")] {
        let (status, _, body) = refusal(export(json!({ "hide": [hide] })).await).await;
        assert_eq!((status, &body["errors"][0]["code"]), (422, &json!(told)));
    }
    assert_eq!(refusal(export(json!({ "assignment": 2 })).await).await.0, 404);
    let exported = "SELECT count(*) FROM audit WHERE action = 'evidence.exported' AND actor LIKE 'person:%'";
    assert_eq!(count(&world, exported).await, 3, "also those that came to nothing");
}

#[tokio::test]
async fn what_is_owed_is_told_with_its_workstation_until_it_comes() {
    let world = World::start().await;
    let lead = world.person(Role::TeamLead, &["1"], None).await;
    let other = world.person(Role::TeamLead, &["2"], None).await;
    let mut station = Workstation::available(&world, "1", "hoa").await;
    let (call, mut page) = waiting(&world, "1").await;
    assert_eq!(station.accept().await, call);
    let sealed = seal(&world, &mut station, &mut page, call).await;
    let due = "/v1/console/evidence/missing?state=due";
    let told = lead.read(due).await;
    let owed = &told["items"][0];
    assert_eq!(
        (&owed["call_id"], &owed["why"], &owed["awaited"]),
        (&json!(call), &json!("sealed"), &json!(true))
    );
    assert!(owed["workstation_id"].is_string() && owed["agent"]["username"] == "hoa");
    assert_eq!(other.read(due).await["items"], json!([]));
    assert_eq!(lead.read("/v1/console/evidence/missing").await["items"], json!([]), "not yet");
    put(&world, &station, call, &sealed).await;
    page.until(|view| view.state == CallState::Ended).await;
    assert_eq!(lead.read(due).await["items"], json!([]));
    station.line.send(&AgentToServer::WrapUpDone).await;
    assert_eq!(refused(&lead, "/v1/console/evidence/missing?limit=0").await.0, 422);
}

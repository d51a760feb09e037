//! A customer's data destroyed or kept from the console: what was looked at goes and nothing else, for good, with a
//! signed line; never of another company's customer, never under a hold.

use chinhchu_protocol::console::cases::{CaseFound, CaseStanding, CasesErased, EraseOutcome};
use chinhchu_protocol::console::people::Role;
use chinhchu_server::cases::tombstones::Tombstones;
use chinhchu_server::store::StoreError;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::audit_trail::{two_calls, until};
use crate::console_story::{NUMBER, count, waiting};
use crate::console_world::Console;
use crate::edge_cli::{json as cli, run};
use crate::edge_world::{World, refusal};

const SEARCH: &str = "/v1/console/cases/search";
const ERASE: &str = "/v1/console/cases/erase";

async fn found(person: &Console, body: Value) -> Vec<CaseFound> {
    let answer = person.post(SEARCH).json(&body).send().await.expect("answer");
    assert_eq!(answer.status(), 200, "{body}");
    let page: Value = answer.json().await.expect("json");
    serde_json::from_value(page["items"].clone()).expect("the wire type")
}

async fn erase(person: &Console, calls: &[&str], reason: &str) -> CasesErased {
    let body = json!({ "calls": calls, "confirm": calls.len(), "reason": reason });
    let answer = person.post(ERASE).json(&body).send().await.expect("answer");
    assert_eq!(answer.status(), 200);
    answer.json().await.expect("the wire type")
}

async fn refused(person: &Console, path: &str, body: Value) -> (u16, String, Value) {
    let (status, code, body) = refusal(person.post(path).json(&body).send().await.expect("answer")).await;
    (status, code, body["errors"][0].clone())
}

async fn deeds(world: &World, action: &'static str) -> i64 {
    let read = world.server.app().db.read(move |c: &rusqlite::Connection| {
        let sql = "SELECT count(*) FROM audit WHERE action = ?1";
        Ok::<i64, StoreError>(c.query_row(sql, [action], |row| row.get(0))?)
    });
    read.await.expect("count")
}

#[tokio::test]
async fn a_customer_is_found_by_number_seen_before_and_erased_for_good_with_a_signed_line() {
    let world = World::start().await;
    let root = world.person(Role::Administrator, &[], None).await;
    let (first, second) = two_calls(&world).await;
    let (running, _page) = waiting(&world, "1").await;
    let running = running.to_string();

    let before = found(&root, json!({ "msisdn": "+84901234567" })).await;
    let stands: Vec<_> = before.iter().map(|case| (case.call_id.to_string(), case.standing)).collect();
    assert_eq!(
        stands,
        [
            (first.clone(), CaseStanding::Erasable),
            (second.clone(), CaseStanding::Erasable),
            (running.clone(), CaseStanding::Running)
        ]
    );
    assert!(before.iter().all(|case| case.pictures >= 2 && case.hold.is_none()));
    let part = root.post(SEARCH).json(&json!({ "msisdn": NUMBER, "limit": 1 })).send().await.expect("answer");
    let part: Value = part.json().await.expect("json");
    let rest = found(&root, json!({ "msisdn": NUMBER, "limit": 100, "after": part["next"] })).await;
    assert_eq!(rest.len(), 2, "the list goes on behind its cursor");

    let files = world.files();
    let done = erase(&root, &[&first, &running], "HS-1").await;
    let outcomes: Vec<_> = done.items.iter().map(|one| one.outcome).collect();
    assert_eq!(outcomes, [EraseOutcome::Erased, EraseOutcome::Running]);
    let stone = done.items[0].tombstone.clone().expect("a tombstone");
    let key = world.server.app().keys.signing().public();
    let list = Tombstones::at(world.folder.path().join("tombstones.jsonl")).read(&key).expect("sound");
    assert_eq!((list.len(), &list[0].sha256, list[0].tombstone.n), (1, &stone.sha256, stone.n));
    for gone in ["images/portrait", "case"] {
        let path = format!("/v1/console/calls/{first}/{gone}");
        assert_eq!(root.get(&path).send().await.expect("answer").status(), StatusCode::GONE, "{gone}");
        let path = format!("/v1/console/calls/{second}/{gone}");
        assert_eq!(root.get(&path).send().await.expect("answer").status(), 200, "the other call stays");
    }
    // The keeper is woken; it does not wait for its half minute.
    until("the files are gone", async || world.files() < files).await;

    // The same again: nothing more is done, the same line is told.
    let again = erase(&root, &[&first], "HS-1").await;
    assert_eq!(again.items[0].outcome, EraseOutcome::ErasedBefore);
    assert_eq!(again.items[0].tombstone.as_ref(), Some(&stone));
    assert_eq!(deeds(&world, "case.erased").await, 1);
    let after = found(&root, json!({ "msisdn": NUMBER })).await;
    assert_eq!(after.len(), 2, "the erased one is not found by its number any more");
    let shown = found(&root, json!({ "call_id": first })).await;
    assert_eq!((shown[0].standing, shown[0].pictures), (CaseStanding::Erased, 0));

    assert_eq!(deeds(&world, "cases.searched").await, 4);
    let told = "SELECT count(*) FROM audit WHERE CAST(detail AS TEXT) LIKE '%901234567%'";
    assert_eq!(count(&world, told).await, 0);
    let audit = cli(world.folder.path(), &["audit", "verify"]);
    assert_eq!((&audit["sound"], &audit["tombstones"]), (&json!(true), &json!(1)));
}

#[tokio::test]
async fn what_is_held_is_not_erased_and_holding_twice_is_holding_once() {
    let world = World::start().await;
    let root = world.person(Role::Administrator, &["1"], None).await;
    let (first, second) = two_calls(&world).await;
    let hold = format!("/v1/console/calls/{first}/hold");
    for reason in ["HS-7", "HS-8"] {
        let answer = root.post(&hold).json(&json!({ "reason": reason })).send().await.expect("answer");
        let placed: Value = answer.json().await.expect("json");
        assert_eq!(
            (&placed["reason"], &placed["call_id"]),
            (&json!("HS-7"), &json!(first)),
            "the first one stays"
        );
        assert_eq!(placed["placed_by_name"], json!(root.username));
    }
    assert_eq!(deeds(&world, "case.held").await, 1);
    let holds = root.read("/v1/console/holds?limit=1").await;
    assert_eq!((&holds["items"][0]["call_id"], &holds["next"]), (&json!(first), &Value::Null));
    let done = erase(&root, &[&first, &second], "HS-9").await;
    let outcomes: Vec<_> = done.items.iter().map(|one| one.outcome).collect();
    assert_eq!(outcomes, [EraseOutcome::Held, EraseOutcome::Erased]);
    // The command line stops at it, too, and places no second one.
    let output = run(world.folder.path(), &["case", "erase", "--call", &first, "--reason", "HS-9"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("released first"), "{output:?}");
    let output = run(world.folder.path(), &["case", "hold", "--call", &first, "--reason", "HS-9"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("held already"), "{output:?}");
    // What is gone cannot be kept.
    let path = format!("/v1/console/calls/{second}/hold");
    let (status, code, _) = refused(&root, &path, json!({ "reason": "HS-9" })).await;
    assert_eq!((status, code.as_str()), (410, "case_erased"));

    let release = format!("/v1/console/calls/{first}/release");
    for _ in 0..2 {
        let answer = root.post(&release).json(&json!({ "reason": "HS-10" })).send().await.expect("answer");
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    }
    assert_eq!(deeds(&world, "case.released").await, 1);
    assert_eq!(erase(&root, &[&first], "HS-10").await.items[0].outcome, EraseOutcome::Erased);
}

#[tokio::test]
async fn a_customer_of_another_company_does_not_exist_and_one_such_call_refuses_all() {
    let world = World::start().await;
    let other = world.person(Role::Administrator, &["2"], None).await;
    // Company 1 serves 4: who serves a customer may not destroy him.
    let serving = world.person(Role::Administrator, &["1"], None).await;
    let (first, _) = two_calls(&world).await;
    let (served, _page) = waiting(&world, "4").await;
    let (own, _page) = waiting(&world, "2").await;
    assert!(found(&other, json!({ "call_id": first })).await.is_empty());
    let by_number = found(&other, json!({ "msisdn": NUMBER })).await;
    assert_eq!(by_number.iter().map(|case| case.call_id).collect::<Vec<_>>(), [own]);
    assert!(found(&serving, json!({ "call_id": served.to_string() })).await.is_empty());
    let nowhere = "0190a1b2-0000-7000-8000-000000000000";
    for (person, call) in [(&other, first.as_str()), (&serving, &served.to_string()), (&other, nowhere)] {
        let calls = json!({ "calls": [own.to_string(), call], "confirm": 2, "reason": "HS-1" });
        assert_eq!(refused(person, ERASE, calls).await.1, "call_not_found");
        for deed in ["hold", "release"] {
            let path = format!("/v1/console/calls/{call}/{deed}");
            assert_eq!(refused(person, &path, json!({ "reason": "HS-1" })).await.1, "call_not_found");
        }
    }
    let root = world.person(Role::Administrator, &[], None).await;
    let answer = root.post(&format!("/v1/console/calls/{first}/hold")).json(&json!({ "reason": "HS-1" }));
    assert_eq!(answer.send().await.expect("answer").status(), 200);
    assert_eq!(other.read("/v1/console/holds").await["items"], json!([]));
    assert_eq!(deeds(&world, "case.erased").await, 0);
}

#[tokio::test]
async fn an_erasure_needs_a_reason_and_the_number_of_calls_typed_and_each_fault_is_named() {
    let world = World::start().await;
    let root = world.person(Role::Administrator, &[], None).await;
    let (first, second) = two_calls(&world).await;
    let long = "x".repeat(201);
    for (body, field, code) in [
        (json!({ "calls": [], "confirm": 0, "reason": "HS-1" }), "calls", "missing"),
        (json!({ "calls": [first, first], "confirm": 2, "reason": "HS-1" }), "calls", "repeated"),
        (json!({ "calls": vec![&first; 101], "confirm": 101, "reason": "HS-1" }), "calls", "too_many"),
        (json!({ "calls": [first, second], "confirm": 1, "reason": "HS-1" }), "confirm", "mismatch"),
        (json!({ "calls": [first], "confirm": 1, "reason": "  " }), "reason", "missing"),
        (json!({ "calls": [first], "confirm": 1, "reason": long }), "reason", "too_long"),
    ] {
        let (status, _, fault) = refused(&root, ERASE, body).await;
        assert_eq!((status, fault), (422, json!({ "field": field, "code": code })));
    }
    for (body, field, code) in [
        (json!({}), "msisdn", "missing"),
        (json!({ "msisdn": "một hai ba" }), "msisdn", "not_a_number"),
        (json!({ "msisdn": NUMBER, "call_id": first }), "call_id", "only_one"),
        (json!({ "msisdn": NUMBER, "limit": 0 }), "limit", "out_of_range"),
        (json!({ "msisdn": NUMBER, "after": "x" }), "after", "unknown_value"),
    ] {
        let (status, _, fault) = refused(&root, SEARCH, body).await;
        assert_eq!((status, fault), (422, json!({ "field": field, "code": code })));
    }
    // An unknown field may be a number that was put there by mistake: it does not come back.
    let (_, code, whole) = refused(&root, SEARCH, json!({ "0901234567": 1 })).await;
    assert_eq!((code.as_str(), whole), ("body_malformed", Value::Null));
    assert_eq!(deeds(&world, "case.erased").await, 0);

    // A list of erased calls that is not the newest: nothing is destroyed that it would not name.
    assert_eq!(erase(&root, &[&first], "HS-1").await.items[0].outcome, EraseOutcome::Erased);
    std::fs::remove_file(world.folder.path().join("tombstones.jsonl")).expect("taken away");
    let body = json!({ "calls": [second], "confirm": 1, "reason": "HS-1" });
    assert_eq!(refused(&root, ERASE, body).await.0, 503);
    assert_eq!(found(&root, json!({ "call_id": second })).await[0].standing, CaseStanding::Erasable);
}

//! Changes of settings that lie ahead: they do not undo one another, are shown as planned, and calls are moved by
//! those alone who see both companies (C1).

use chinhchu_protocol::console::people::Role;
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::hours::Day;
use chinhchu_server::clock::Clock;
use reqwest::Method;
use serde_json::{Value, json};

use crate::console_world::Console;
use crate::edge_cli;
use crate::edge_world::{World, refusal};
use crate::settings_companies::{made, patch};

const DAY_MS: i64 = 86_400_000;

fn all_day() -> Value {
    json!([{ "from": 0, "to": 1_440 }])
}

#[test]
fn a_day_that_is_named_changes_and_the_others_stay_as_they_are_or_are_planned() {
    let folder = tempfile::tempdir().expect("folder");
    let json = |args: &[&str]| edge_cli::json(folder.path(), &[&["company"], args].concat());
    // The default is open at any time: closing Sundays closes no other day.
    json(&["hours", "5", "--sun", "closed"]);
    let weekly = json(&["hours", "5"])["hours"]["weekly"].clone();
    assert_eq!((&weekly[0], &weekly[5], &weekly[6]), (&all_day(), &all_day(), &json!([])));

    let now = Clock::system().now();
    let day = |days: i32| Day::of(now).plus(days).to_string();
    // Made in the other order than they hold.
    json(&["hours", "5", "--sat", "closed", "--from", &day(10)]);
    json(&["hours", "5", "--weekdays", "09:00-20:00", "--from", &day(5)]);
    let at = |days: i32| json(&["history", "5", "--at", &day(days)]);
    let (before, between, after) = (at(4), at(6), at(11));
    let office = json!([{ "from": 540, "to": 1_200 }]);
    let drawn = |told: &Value| {
        let weekly = &told["hours"]["weekly"];
        (weekly[0].clone(), weekly[5].clone(), weekly[6].clone())
    };
    assert_eq!(drawn(&before), (all_day(), all_day(), json!([])));
    assert_eq!(drawn(&between), (office.clone(), all_day(), json!([])));
    assert_eq!(drawn(&after), (office, json!([]), json!([])));
    assert!([&before, &between, &after].iter().all(|told| told["planned"] == true));
    assert_eq!(json(&["history", "5", "--at", &day(-1)])["planned"], false);
}

#[tokio::test]
async fn a_moment_ahead_is_answered_with_what_is_planned_for_it() {
    let world = World::start_by_hand().await;
    let console = world.person(Role::Administrator, &[], None).await;
    let at = world.clock.now().plus_ms(DAY_MS);
    let change = made(&console, "2", json!({"max_wait_ms": 120_000}), Some(at)).await;
    let then = |at: Timestamp| format!("/v1/console/companies/2/at?at={at}");
    let before = console.read(&then(at.plus_ms(-1))).await;
    assert_eq!((&before["settings"]["max_wait_ms"], &before["planned"]), (&json!(600_000), &json!(true)));
    let after = console.read(&then(at)).await;
    assert_eq!((&after["settings"]["max_wait_ms"], &after["planned"]), (&json!(120_000), &json!(true)));
    assert_eq!((&after["since"], &after["change_id"]), (&json!(at), &change["change_id"]));
    let now = console.read(&then(world.clock.now())).await;
    assert_eq!((&now["settings"]["max_wait_ms"], &now["planned"]), (&json!(600_000), &json!(false)));
}

async fn withdrawn(console: &Console, company: &str, change: &Value) -> u16 {
    let id = change["change_id"].as_str().expect("id");
    let path = format!("/v1/console/companies/{company}/changes/{id}");
    console.ask(Method::DELETE, &path).send().await.expect("answer").status().as_u16()
}

/// C1: company 1 serves 4; whoever sees 4 alone can neither take it away nor undo what headquarters planned.
#[tokio::test]
async fn who_does_not_see_both_companies_cannot_move_calls_between_them() {
    let world = World::start_by_hand().await;
    let all = world.person(Role::Administrator, &[], None).await;
    let own = world.person(Role::Administrator, &["4"], None).await;
    let both = world.person(Role::Administrator, &["1", "4"], None).await;
    let later = |days: i64| Some(world.clock.now().plus_ms(days * DAY_MS));
    let moved = json!({"changes": {"served_by": null}, "reason": "x"});
    let (status, code, _) = refusal(patch(&own, "4", moved.clone()).await).await;
    assert_eq!((status, code.as_str()), (403, "forbidden"));
    // Another setting of the same company is its own.
    assert_eq!(made(&own, "4", json!({"wrap_up_ms": 0}), None).await["state"], "applied");

    let planned = made(&all, "4", json!({"served_by": "2"}), later(2)).await;
    assert_eq!(withdrawn(&own, "4", &planned).await, 403);
    assert_eq!(withdrawn(&both, "4", &planned).await, 403, "2 is not theirs");
    let body = json!({"changes": {"served_by": null}, "effective_at": later(3), "reason": "x"});
    assert_eq!(refusal(patch(&both, "4", body).await).await.0, 403, "2 serves by then");
    assert_eq!(withdrawn(&all, "4", &planned).await, 200);

    let back = made(&both, "4", json!({"served_by": null}), later(2)).await;
    assert_eq!((&back["state"], withdrawn(&both, "4", &back).await), (&json!("pending"), 200));
    assert_eq!(patch(&both, "4", moved).await.status(), 200);
}

/// New words for a reason that were planned and taken back leave the words of before as they were.
#[tokio::test]
async fn a_version_of_a_reason_that_is_taken_back_leaves_the_one_before() {
    let world = World::start_by_hand().await;
    let console = world.person(Role::Administrator, &[], None).await;
    let at = world.clock.now().plus_ms(DAY_MS);
    let plan = json!({"kind": "reject", "code": "face_mismatch", "position": 1, "body": "Khuôn mặt không khớp với giấy tờ",
        "valid_from": at, "reason": "x"});
    let listed = async || {
        let reasons = console.read("/v1/console/reasons").await;
        let of = |one: &&Value| one["kind"] == "reject" && one["code"] == "face_mismatch";
        reasons["items"].as_array().expect("list").iter().filter(of).cloned().collect::<Vec<_>>()
    };
    let before = listed().await;
    let post =
        async |path: &str, body: &Value| console.post(path).json(body).send().await.expect("answer").status();
    assert_eq!(post("/v1/console/reasons", &plan).await, 204);
    assert_eq!(listed().await.len(), before.len() + 1);
    let end = json!({"at": at, "reason": "x"});
    assert_eq!(post("/v1/console/reasons/reject/face_mismatch/end", &end).await, 204);
    assert_eq!(listed().await, before, "it goes on");
    // Ended at that moment now: nothing begins there any more.
    assert_eq!(post("/v1/console/reasons/reject/face_mismatch/end", &end).await, 204);
    assert_eq!(listed().await[0]["valid_to"], json!(at));
}

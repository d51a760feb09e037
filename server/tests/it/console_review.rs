//! The second look: drawn with the verdict, handed to somebody else, said once, and never changing a verdict.

use std::time::Duration;

use chinhchu_protocol::console::people::Role;
use chinhchu_protocol::ids::CallId;
use chinhchu_server::store::StoreError;
use serde_json::{Value, json};

use crate::console_story::{count, employ, verdict};
use crate::console_world::Console;
use crate::edge_world::{World, refusal};
use crate::spine_world::Workstation;

const REVIEWS: &str = "/v1/console/reviews";

/// What is drawn from now on.
async fn draw(world: &World, body: Value) {
    let admin = world.person(Role::Administrator, &[], None).await;
    let request = admin.ask(reqwest::Method::PUT, &format!("{REVIEWS}/settings")).json(&body);
    let answer = request.send().await.expect("answer");
    assert_eq!(answer.status(), 200, "{body}");
}

async fn next(person: &Console) -> Value {
    let answer = person.post(&format!("{REVIEWS}/next")).send().await.expect("answer");
    assert_eq!(answer.status(), 200);
    answer.json().await.expect("json")
}

async fn give(person: &Console, call: CallId, body: Value) -> reqwest::Response {
    person.post(&format!("{REVIEWS}/{call}")).json(&body).send().await.expect("answer")
}

async fn rejected(world: &World, username: &str, home: &str) -> (CallId, Workstation) {
    let mut station = Workstation::available(world, "1", username).await;
    (Box::pin(verdict(world, &mut station, home)).await, station)
}

#[tokio::test]
async fn a_disagreement_is_said_once_stays_visible_and_changes_no_verdict() {
    let world = World::start().await;
    draw(&world, json!({ "share_per_mille": 1_000, "reason": "mọi cuộc gọi" })).await;
    let (call, station) = rejected(&world, "hoa", "4").await;
    let (one, two) =
        (world.person(Role::Auditor, &[], None).await, world.person(Role::Auditor, &[], None).await);
    // Not before it is claimed, and then by one reviewer at a time.
    let disagrees = json!({ "outcome": "disagrees", "reason": "face_matches", "note": "Cùng một người" });
    assert_eq!(refusal(give(&one, call, disagrees.clone()).await).await.1, "review_not_claimed");
    let claimed = next(&one).await;
    assert_eq!((&claimed["review"]["call_id"], &claimed["waiting"]), (&json!(call), &json!(1)));
    assert_eq!(
        next(&one).await["review"]["claimed_until"],
        claimed["review"]["claimed_until"],
        "the same again"
    );
    assert_eq!(next(&two).await, json!({ "review": null, "waiting": 0 }));
    assert_eq!(refusal(give(&two, call, disagrees.clone()).await).await.1, "review_not_claimed");

    assert_eq!(refusal(give(&one, call, json!({ "outcome": "unclear" })).await).await.0, 422, "a reason");
    let answer = give(&one, call, disagrees.clone()).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(give(&one, call, disagrees.clone()).await.status(), 200, "the same again");
    let agrees = json!({ "outcome": "agrees" });
    assert_eq!(refusal(give(&one, call, agrees.clone()).await).await.1, "review_given");
    assert_eq!(refusal(give(&two, call, agrees).await).await.1, "review_given");

    let shown = two.read(&format!("/v1/console/calls/{call}")).await;
    assert_eq!((&shown["review"]["outcome"], &shown["decision"]), (&json!("disagrees"), &json!("rejected")));
    assert_eq!(shown["disagreed"], true);
    let alarms = two.read("/v1/console/wallboard").await["alarms"].clone();
    let alarm = alarms.as_array().expect("list").iter().find(|one| one["kind"] == "review_disagreed");
    assert_eq!(alarm.expect("an alarm")["call_id"], json!(call));
    // The note is a person's words about a person: sealed, opened with a record of the look.
    assert_eq!(two.read(&format!("{REVIEWS}?state=disagreed")).await["items"][0]["note"], Value::Null);
    assert_eq!(two.read(&format!("{REVIEWS}/{call}")).await["note"], "Cùng một người");
    assert_eq!(count(&world, "SELECT count(*) FROM case_access WHERE what = 'review'").await, 1);
    let given = "SELECT count(*) FROM audit WHERE action = 'review.given'
                 AND instr(CAST(detail AS TEXT), 'người') = 0";
    assert_eq!(count(&world, given).await, 1);
    let figures = two.read(&format!("{REVIEWS}/figures")).await;
    let line = &figures["agents"][0];
    assert_eq!((&line["agent"]["username"], &line["disagrees"]), (&json!("hoa"), &json!(1)));
    assert_eq!((&line["agreement_per_mille"], &line["reviewed"]), (&json!(0), &json!(1)));
    drop(station);
}

/// Nobody reviews oneself, nor a colleague of the same partner; administrators do not review at all.
#[tokio::test]
async fn a_verdict_is_never_reviewed_by_who_gave_it_or_by_people_of_the_same_partner() {
    let world = World::start().await;
    draw(&world, json!({ "share_per_mille": 1_000, "reason": "x" })).await;
    let mut station = Workstation::available(&world, "1", "hoa").await;
    employ(&world, station.signed_in.agent.agent_id, "Alpha").await;
    let call = Box::pin(verdict(&world, &mut station, "1")).await;
    let own = world.person(Role::Supervisor, &[], None).await;
    let named = own.person_id;
    let renamed = world.server.app().db.write(move |tx| {
        let sql = "UPDATE people SET username = 'HOA' WHERE person_id = ?1";
        Ok::<_, StoreError>(tx.execute(sql, [named.0.as_bytes()])?)
    });
    assert_eq!(renamed.await.expect("written"), 1);
    let partner = world.person(Role::Supervisor, &[], Some("Alpha")).await;
    let foreign = world.person(Role::Supervisor, &["2"], None).await;
    for person in [&own, &partner, &foreign] {
        assert_eq!(next(person).await, json!({ "review": null, "waiting": 0 }));
    }
    let admin = world.person(Role::Administrator, &[], None).await;
    let refused = admin.post(&format!("{REVIEWS}/next")).send().await.expect("answer");
    assert_eq!(refusal(refused).await.1, "forbidden");
    let auditor = world.person(Role::Auditor, &["1"], None).await;
    assert_eq!(next(&auditor).await["review"]["call_id"], json!(call));
    let line = auditor.read(&format!("{REVIEWS}/figures")).await["partners"][0].clone();
    assert_eq!((&line["partner"], &line["drawn"]), (&json!("Alpha"), &json!(1)));
}

#[tokio::test]
async fn a_claim_that_was_left_goes_to_the_next_reviewer_oldest_first() {
    let world = World::start_by_hand().await;
    draw(&world, json!({ "share_per_mille": 1_000, "reason": "x" })).await;
    let (first, one) = rejected(&world, "hoa", "1").await;
    world.clock.advance(Duration::from_secs(1));
    drop(one);
    let (second, two) = rejected(&world, "lan", "1").await;
    drop(two);
    let (quick, slow) =
        (world.person(Role::Auditor, &[], None).await, world.person(Role::Auditor, &[], None).await);
    assert_eq!(next(&slow).await["review"]["call_id"], json!(first));
    assert_eq!(next(&quick).await["review"]["call_id"], json!(second));
    assert_eq!(give(&quick, second, json!({ "outcome": "agrees" })).await.status(), 200);
    assert_eq!(next(&quick).await["review"], Value::Null);
    world.clock.advance(Duration::from_mins(30));
    assert_eq!(next(&quick).await["review"]["call_id"], json!(first), "after half an hour");
    let late = give(&slow, first, json!({ "outcome": "agrees" })).await;
    assert_eq!(refusal(late).await.1, "review_not_claimed");
}

/// How much is drawn is data: dated, audited, by whoever runs the installation; the past stays as it was.
#[tokio::test]
async fn what_is_drawn_is_dated_data_by_company_and_reason() {
    let world = World::start().await;
    draw(&world, json!({ "share_per_mille": 0, "reason": "không lấy mẫu" })).await;
    let (none, first) = rejected(&world, "hoa", "1").await;
    draw(
        &world,
        json!({ "company": "1", "share_per_mille": 0, "all_of_reasons": ["face_mismatch"], "reason": "x" }),
    )
    .await;
    let (drawn, second) = rejected(&world, "lan", "1").await;
    let auditor = world.person(Role::Auditor, &[], None).await;
    let listed = auditor.read(REVIEWS).await;
    let calls: Vec<&Value> =
        listed["items"].as_array().expect("list").iter().map(|one| &one["call_id"]).collect();
    assert_eq!((calls, &listed["items"][0]["because"]), (vec![&json!(drawn)], &json!("reason")));
    assert_ne!(none, drawn);
    drop((first, second));
    let admin = world.person(Role::Administrator, &[], None).await;
    let put = async |person: &Console, body: Value| {
        let request = person.ask(reqwest::Method::PUT, &format!("{REVIEWS}/settings")).json(&body);
        refusal(request.send().await.expect("answer")).await
    };
    for (body, field) in [
        (json!({ "share_per_mille": 1_001, "reason": "x" }), "share_per_mille"),
        (json!({ "share_per_mille": 1, "reason": "" }), "reason"),
        (json!({ "share_per_mille": 1, "reason": "x", "company": "77" }), "company"),
        (json!({ "share_per_mille": 1, "reason": "x", "valid_from": "2026-01-01T00:00:00Z" }), "valid_from"),
        (json!({ "share_per_mille": 1, "reason": "x", "all_of_reasons": ["Họ tên"] }), "all_of_reasons"),
    ] {
        let (status, _, told) = put(&admin, body).await;
        assert_eq!((status, &told["errors"][0]["field"]), (422, &json!(field)));
    }
    assert_eq!(put(&auditor, json!({ "share_per_mille": 1, "reason": "x" })).await.0, 403);
    let settings = auditor.read(&format!("{REVIEWS}/settings")).await;
    assert_eq!(settings["items"].as_array().map(Vec::len), Some(3), "the default is there still");
    let changes = "SELECT count(*) FROM audit WHERE action = 'review.settings_changed'";
    assert_eq!(count(&world, changes).await, 2);
}

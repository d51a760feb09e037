//! Settings of companies as dated data: changed, planned, applied at their moment, withdrawn, looked up (C1).

use std::time::Duration;

use chinhchu_protocol::agent::AgentActivity;
use chinhchu_protocol::call::{CallState, EndReason, NoticeCode};
use chinhchu_protocol::console::people::Role;
use chinhchu_protocol::ids::CompanyCode;
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::Settings;
use reqwest::Method;
use serde_json::{Value, json};

use crate::console_world::Console;
use crate::edge_cli;
use crate::edge_world::{World, refusal};
use crate::spine_world::{Page, Workstation};

const PATIENCE: Duration = Duration::from_secs(10);

fn code(text: &str) -> CompanyCode {
    CompanyCode(text.to_owned())
}

/// What the switchboard holds of a company.
fn held(world: &World, company: &str) -> Settings {
    world.server.app().switchboard.snapshot().state.settings(&code(company)).cloned().expect("settings")
}

fn serving(world: &World, home: &str) -> String {
    let snapshot = world.server.app().switchboard.snapshot();
    snapshot.state.serving(&code(home)).map(|code| code.0.clone()).expect("somebody serves")
}

/// Until the running server has come there by itself.
async fn until(mut there: impl FnMut() -> bool) {
    let wait = async {
        while !there() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.expect("in time");
}

pub async fn patch(console: &Console, company: &str, body: Value) -> reqwest::Response {
    let path = format!("/v1/console/companies/{company}");
    console.ask(Method::PATCH, &path).json(&body).send().await.expect("answer")
}

pub async fn made(console: &Console, company: &str, changes: Value, at: Option<Timestamp>) -> Value {
    let body = match at {
        Some(at) => json!({"changes": changes, "effective_at": at, "reason": "thử nghiệm"}),
        None => json!({"changes": changes, "reason": "thử nghiệm"}),
    };
    let answer = patch(console, company, body).await;
    assert_eq!(answer.status(), 200);
    answer.json().await.expect("json")
}

fn fields(problem: &Value) -> Vec<String> {
    let errors = problem["errors"].as_array().expect("faults");
    let told = |part: &Value| part.as_str().expect("text").to_owned();
    errors.iter().map(|fault| format!("{} {}", told(&fault["field"]), told(&fault["code"]))).collect()
}

#[tokio::test]
async fn a_change_counts_at_once_is_listed_with_who_and_why_and_stands_in_the_audit() {
    let world = World::start().await;
    let console = world.person(Role::Administrator, &[], None).await;
    let change = made(&console, "1", json!({"ring_timeout_ms": 15_000, "require_consent": true}), None).await;
    assert_eq!((&change["state"], &change["reason"]), (&json!("applied"), &json!("thử nghiệm")));
    assert_eq!(change["made_by"], format!("person:{}", console.person_id));
    assert_eq!(held(&world, "1").ring_timeout_ms, 15_000);
    let company = console.read("/v1/console/companies/1").await;
    assert_eq!(company["set"], json!(["require_consent", "ring_timeout_ms"]));
    assert_eq!(
        (&company["settings"]["max_wait_ms"], &company["serves"]),
        (&json!(600_000), &json!(["1", "4", "6"]))
    );
    made(&console, "1", json!({"ring_timeout_ms": null}), None).await;
    assert_eq!(held(&world, "1").ring_timeout_ms, Settings::default().ring_timeout_ms);
    let history = console.read("/v1/console/companies/1/history?limit=1").await;
    assert_eq!(history["items"][0]["changes"], json!({"ring_timeout_ms": null}));
    let next = history["next"].as_str().expect("goes on");
    let rest = console.read(&format!("/v1/console/companies/1/history?after={next}")).await;
    assert_eq!((&rest["items"][0]["change_id"], &rest["next"]), (&change["change_id"], &Value::Null));
    let audit = edge_cli::json(world.folder.path(), &["audit", "list", "--action", "company"]);
    assert_eq!(audit[0]["action"], "company.rules_changed");
    assert_eq!(audit[0]["actor"], format!("person:{}", console.person_id));
}

#[tokio::test]
async fn a_change_ahead_waits_is_applied_at_its_moment_and_what_held_when_is_answered() {
    let world = World::start_by_hand().await;
    let console = world.person(Role::Administrator, &[], None).await;
    let begin = world.clock.now();
    let at = begin.plus_ms(600_000);
    let change = made(&console, "2", json!({"max_wait_ms": 120_000}), Some(at)).await;
    assert_eq!(change["state"], "pending");
    world.clock.advance(Duration::from_millis(599_999));
    let company = console.read("/v1/console/companies/2").await;
    assert_eq!((&company["pending"][0]["change_id"], &company["set"]), (&change["change_id"], &json!([])));
    assert_eq!(held(&world, "2").max_wait_ms, 600_000);
    world.clock.advance(Duration::from_millis(1));
    until(|| held(&world, "2").max_wait_ms == 120_000).await;
    let company = console.read("/v1/console/companies/2").await;
    assert_eq!((&company["pending"], &company["set"]), (&json!([]), &json!(["max_wait_ms"])));
    let then = |at: Timestamp| format!("/v1/console/companies/2/at?at={at}");
    let before = console.read(&then(at.plus_ms(-1))).await;
    assert_eq!((&before["settings"]["max_wait_ms"], &before["change_id"]), (&json!(600_000), &Value::Null));
    let after = console.read(&then(at)).await;
    assert_eq!((&after["settings"]["max_wait_ms"], &after["since"]), (&json!(120_000), &json!(at)));
    assert_eq!(after["change_id"], change["change_id"]);
}

#[tokio::test]
async fn after_a_restart_nothing_is_skipped_nothing_applied_twice_and_the_order_is_kept() {
    let world = World::start_by_hand().await;
    let console = world.person(Role::Administrator, &[], None).await;
    let now = world.clock.now();
    let later = |minutes: i64| Some(now.plus_ms(minutes * 60_000));
    made(&console, "2", json!({"wrap_up_ms": 30_000, "max_queue_len": 7}), later(20)).await;
    made(&console, "2", json!({"wrap_up_ms": 10_000}), later(10)).await;
    // At one moment what was made later wins.
    made(&console, "2", json!({"wrap_up_ms": 40_000}), later(20)).await;
    made(&console, "2", json!({"wrap_up_ms": 50_000}), later(60)).await;
    world.clock.advance(Duration::from_mins(30));
    let world = world.restart().await;
    let console = world.person(Role::Administrator, &[], None).await;
    assert_eq!((held(&world, "2").wrap_up_ms, held(&world, "2").max_queue_len), (40_000, 7));
    let world = world.restart().await;
    let history = Console { url: world.url.clone(), ..console }.read("/v1/console/companies/2/history").await;
    let states: Vec<_> = history["items"].as_array().expect("list").iter().map(|one| &one["state"]).collect();
    assert_eq!(states, ["pending", "applied", "applied", "applied"]);
    let count = world.server.app().db.read(|c| {
        let sql = "SELECT count(*) FROM company_states WHERE company = '2' AND change_id IS NOT NULL";
        Ok::<i64, chinhchu_server::store::StoreError>(c.query_row(sql, [], |row| row.get(0))?)
    });
    assert_eq!(count.await.expect("count"), 3);
}

#[tokio::test]
async fn what_waits_can_be_withdrawn_and_what_others_rest_on_cannot() {
    let world = World::start_by_hand().await;
    let console = world.person(Role::Administrator, &[], None).await;
    let at = |minutes: i64| Some(world.clock.now().plus_ms(minutes * 60_000));
    let withdraw = async |company: &str, change: &Value| {
        let id = change["change_id"].as_str().expect("id");
        let path = format!("/v1/console/companies/{company}/changes/{id}");
        console.ask(Method::DELETE, &path).send().await.expect("answer")
    };
    // C1: company 1 may be given away only after those whom it serves.
    let faults =
        refusal(patch(&console, "1", json!({"changes": {"served_by": "2"}, "reason": "x"})).await).await;
    assert_eq!((faults.0, fields(&faults.2)), (422, vec!["served_by serves_others".to_owned()]));
    let four = made(&console, "4", json!({"served_by": "2"}), at(1)).await;
    let six = made(&console, "6", json!({"served_by": "3"}), at(2)).await;
    let one = made(&console, "1", json!({"served_by": "2"}), at(3)).await;
    let (status, told, _) = refusal(withdraw("6", &six).await).await;
    assert_eq!((status, told.as_str()), (409, "change_conflict"));
    assert_eq!(refusal(withdraw("1", &six).await).await.0, 404, "of another company");
    assert_eq!(withdraw("1", &one).await.status(), 200);
    assert_eq!(withdraw("6", &six).await.status(), 200);
    let (status, told, _) = refusal(withdraw("6", &six).await).await;
    assert_eq!((status, told.as_str()), (409, "change_not_pending"));
    world.clock.advance(Duration::from_mins(10));
    until(|| serving(&world, "4") == "2").await;
    assert_eq!((serving(&world, "6"), serving(&world, "1")), ("1".to_owned(), "1".to_owned()));
    assert_eq!(refusal(withdraw("4", &four).await).await.1, "change_not_pending");
}

#[tokio::test]
async fn c1_who_serves_whom_changes_without_a_restart_and_calls_in_line_move_along() {
    let world = World::start().await;
    let console = world.person(Role::Administrator, &[], None).await;
    let token = world.token("4", 600).await.token;
    let created = world.call(&token).await;
    let mut page = Page::ready(&world, &created).await;
    page.until(|view| view.state == CallState::Waiting).await;
    let mut agent = Workstation::available(&world, "2", "hai").await;
    made(&console, "4", json!({"served_by": "2"}), None).await;
    let view = agent.until(|view| matches!(view.activity, AgentActivity::Ringing { .. })).await;
    assert!(
        matches!(view.activity, AgentActivity::Ringing { offer } if created["call_id"] == json!(offer.call_id))
    );
    let listed = console.read("/v1/console/companies").await;
    let two = listed["items"].as_array().expect("list").iter().find(|one| one["code"] == "2").expect("two");
    assert_eq!((&two["serves"], &two["agents"]), (&json!(["2", "4"]), &json!(1)));
}

#[tokio::test]
async fn a_page_that_gets_ready_outside_opening_hours_is_told_when_it_opens() {
    let world = World::start().await;
    let console = world.person(Role::Administrator, &[], None).await;
    let closed = json!({"weekly": [[], [], [], [], [], [], []], "holidays": {}});
    made(&console, "1", json!({"hours": closed}), None).await;
    let day = |days: i64| {
        let at = chinhchu_routing::hours::Day::of(world.clock.now().plus_ms(days * 86_400_000));
        at.to_string()
    };
    let opening = format!("hours.holidays.{}", day(2));
    made(&console, "1", json!({opening.as_str(): [{"from": 450, "to": 600}]}), None).await;
    let expected: Timestamp = format!("{}T07:30:00+07:00", day(2)).parse().expect("time");
    let company = console.read("/v1/console/companies/1").await;
    assert_eq!((&company["open"], &company["opens_at"]), (&json!(false), &json!(expected)));

    let token = world.token("4", 600).await.token;
    let created = world.call(&token).await;
    let mut page = Page::ready(&world, &created).await;
    let view = page.until(|view| view.state == CallState::Ended).await;
    assert_eq!(view.end_reason, Some(EndReason::NoAgent));
    let codes: Vec<_> = view.notices.iter().map(|notice| notice.code).collect();
    assert_eq!(codes, [NoticeCode::Closed, NoticeCode::Ended]);
    assert_eq!(view.notices[0].opens_at, Some(expected));
    assert!(view.notices[0].text.contains("07:30 ngày "), "{}", view.notices[0].text);
    let id = created["call_id"].as_str().expect("id");
    let body: Value = world
        .get(&format!("/v1/calls/{id}"), &token)
        .send()
        .await
        .expect("answer")
        .json()
        .await
        .expect("json");
    assert_eq!(
        (&body["end_reason"], &body["notices"][0]["opens_at"]),
        (&json!("no_agent"), &json!(expected))
    );
    assert!(body["notices"][1].get("opens_at").is_none());

    made(&console, "1", json!({"hours.weekly": null}), None).await;
    let again = world.call(&token).await;
    Page::ready(&world, &again).await.until(|view| view.state == CallState::Waiting).await;
}

#[tokio::test]
async fn every_fault_of_a_change_is_named_and_nothing_is_changed() {
    let world = World::start().await;
    let console = world.person(Role::Administrator, &[], None).await;
    let changes = json!({"served_by": "4", "max_wait_ms": 5, "colour": "red", "overflow": [{"after_ms": 0, "to": "99"}],
                         "hours.holidays.2027-02-30": [], "hours": {"weekly": []}});
    let answer = patch(&console, "2", json!({"changes": changes, "reason": "x"})).await;
    let (status, told, problem) = refusal(answer).await;
    assert_eq!((status, told.as_str()), (422, "request_invalid"));
    let mut found = fields(&problem);
    found.sort();
    let expected = [
        "colour unknown_field",
        "hours.holidays not_a_date",
        "hours.weekly not_seven_days",
        "max_wait_ms out_of_range",
        "overflow[0].to no_such_company",
        "served_by serves_nobody",
    ];
    assert_eq!(found, expected);
    let past = world.clock.now().plus_ms(-3_600_000);
    let answer = patch(&console, "2", json!({"changes": {}, "reason": " ", "effective_at": past})).await;
    let mut found = fields(&refusal(answer).await.2);
    found.sort();
    assert_eq!(found, ["changes missing", "effective_at in_the_past", "reason out_of_range"]);
    let (status, told, _) = refusal(patch(&console, "2", json!({"changes": [], "x": 1})).await).await;
    assert_eq!((status, told.as_str()), (400, "body_malformed"));
    let company = console.read("/v1/console/companies/2").await;
    assert_eq!((&company["set"], &company["pending"]), (&json!([]), &json!([])));
}

#[tokio::test]
async fn who_sees_one_company_sees_and_changes_that_one_alone() {
    let world = World::start().await;
    let own = world.person(Role::Administrator, &["1"], None).await;
    let listed = own.read("/v1/console/companies").await;
    let companies = listed["items"].as_array().expect("list");
    assert_eq!(
        (companies.len(), &companies[0]["code"], &companies[0]["serves"]),
        (1, &json!("1"), &json!(["1"]))
    );
    for path in ["2", "2/history", "2/at?at=2026-11-23T00:00:00Z", "99"] {
        let answer = own.get(&format!("/v1/console/companies/{path}")).send().await.expect("answer");
        assert_eq!(refusal(answer).await.0, 404, "{path}");
    }
    let change = |changes: Value| json!({"changes": changes, "reason": "x"});
    assert_eq!(refusal(patch(&own, "2", change(json!({"wrap_up_ms": 0}))).await).await.0, 404);
    let others = change(json!({"overflow": [{"after_ms": 0, "to": "2"}]}));
    assert_eq!(fields(&refusal(patch(&own, "1", others).await).await.2), ["overflow no_such_company"]);
    assert_eq!(patch(&own, "1", change(json!({"wrap_up_ms": 0}))).await.status(), 200);
    for role in [Role::Auditor, Role::Supervisor] {
        let reader = world.person(role, &[], None).await;
        assert_eq!(reader.read("/v1/console/companies").await["items"].as_array().map(Vec::len), Some(9));
        let (status, told, _) = refusal(patch(&reader, "1", change(json!({"wrap_up_ms": 0}))).await).await;
        assert_eq!((status, told.as_str()), (403, "forbidden"));
    }
    let lead = world.person(Role::TeamLead, &[], None).await;
    assert_eq!(refusal(lead.get("/v1/console/companies").send().await.expect("answer")).await.0, 403);
}

#[tokio::test]
async fn words_are_dated_data_of_the_operator() {
    let world = World::start_by_hand().await;
    let console = world.person(Role::Administrator, &[], None).await;
    let at = world.clock.now().plus_ms(600_000);
    let text = |version: &str| json!({"name": "greeting", "version": version, "body": "Kính chào Quý khách.", "valid_from": at, "reason": "đổi tên bộ"});
    let add = async |body: &Value| console.post("/v1/console/texts").json(body).send().await.expect("answer");
    assert_eq!(add(&text("2026-12")).await.status(), 201);
    assert_eq!(fields(&refusal(add(&text("2026-12")).await).await.2), ["version taken", "valid_from taken"]);
    let states = async || {
        let listed = console.read("/v1/console/texts").await;
        let items = listed["items"].as_array().expect("list").clone();
        items
            .iter()
            .map(|one| format!("{} {}", one["version"], one["state"]).replace('"', ""))
            .collect::<Vec<_>>()
    };
    assert_eq!(states().await, ["2026-12 ahead", "2021-10 current", "2026-04 current"]);
    world.clock.advance(Duration::from_mins(10));
    assert_eq!(states().await, ["2026-12 current", "2021-10 past", "2026-04 current"]);
    let gone =
        console.ask(Method::DELETE, "/v1/console/texts/greeting/2026-12").send().await.expect("answer");
    assert_eq!(refusal(gone).await.0, 404, "what holds is never taken back");

    let reason = json!({"kind": "reject", "code": "other", "position": 9, "body": "Lý do khác (ghi rõ)", "reason": "x"});
    let answer = console.post("/v1/console/reasons").json(&reason).send().await.expect("answer");
    assert_eq!(answer.status(), 204);
    let ended = console
        .post("/v1/console/reasons/reject/poor_picture/end")
        .json(&json!({"reason": "x"}))
        .send()
        .await;
    assert_eq!(ended.expect("answer").status(), 204);
    let now = world.clock.now();
    let chosen =
        world.server.app().db.read(move |c| chinhchu_server::views::words::reject_reasons(c, now)).await;
    let chosen = chosen.expect("reasons");
    assert_eq!(chosen.last().map(|one| one.text.as_str()), Some("Lý do khác (ghi rõ)"));
    assert!(chosen.iter().all(|one| one.code != "poor_picture") && chosen.len() == 7);
    let own = world.person(Role::Administrator, &["1"], None).await;
    let answer = own.post("/v1/console/reasons").json(&reason).send().await.expect("answer");
    assert_eq!(refusal(answer).await.0, 403);
}

#[tokio::test]
async fn what_is_planned_for_a_reason_is_taken_back_and_what_held_before_goes_on() {
    let world = World::start_by_hand().await;
    let console = world.person(Role::Administrator, &[], None).await;
    let ahead = |minutes: i64| world.clock.now().plus_ms(minutes * 60_000);
    let add = async |code: &str, body: &str, at: Timestamp| {
        let reason = json!({ "kind": "pause", "code": code, "position": 3, "body": body, "valid_from": at, "reason": "x" });
        let answer = console.post("/v1/console/reasons").json(&reason).send().await.expect("answer");
        assert_eq!(answer.status(), 204);
    };
    let withdraw = async |code: &str, from: Timestamp| {
        let path = format!("/v1/console/reasons/pause/{code}/ahead?from={from}");
        console.ask(Method::DELETE, &path).send().await.expect("answer").status().as_u16()
    };
    let listed = async |code: &str| {
        let all = console.read("/v1/console/reasons").await;
        let items = all["items"].as_array().expect("list").clone();
        let own = items.iter().filter(|one| one["kind"] == "pause" && one["code"] == code);
        own.map(|one| format!("{} {} {}", one["body"], one["state"], one["valid_to"]).replace('"', ""))
            .collect::<Vec<_>>()
    };
    // Words ahead of words ahead, then an end.
    let (first, second, end) = (ahead(10), ahead(20), ahead(30));
    add("meeting", "Họp đội", first).await;
    add("meeting", "Họp ca", second).await;
    let ends = json!({ "at": end, "reason": "x" });
    let ended = console.post("/v1/console/reasons/pause/meeting/end").json(&ends).send().await;
    assert_eq!(ended.expect("answer").status(), 204);
    assert_eq!(withdraw("meeting", end).await, 204);
    let expected = ["Họp ca ahead null", &format!("Họp đội ahead {second}"), &format!("Họp current {first}")];
    assert_eq!(listed("meeting").await, expected);
    assert_eq!(withdraw("meeting", first).await, 204);
    assert_eq!(listed("meeting").await, ["Họp current null"]);
    // Nothing is planned any more; what holds is never taken back.
    assert_eq!(withdraw("meeting", first).await, 404);
    assert_eq!(withdraw("meeting", world.clock.now()).await, 404);
    add("walk", "Đi dạo", first).await;
    assert_eq!(withdraw("walk", first).await, 204);
    assert!(listed("walk").await.is_empty());
    let missing = console.ask(Method::DELETE, "/v1/console/reasons/pause/walk/ahead").send().await;
    assert_eq!(refusal(missing.expect("answer")).await.0, 422);
    let entries = console.read("/v1/console/audit?action=reason.withdrawn").await;
    assert_eq!(entries["items"].as_array().map(Vec::len), Some(3));
}

#[test]
fn commands_set_hours_holidays_and_moments_as_people_write_them() {
    let folder = tempfile::tempdir().expect("folder");
    let json = |args: &[&str]| edge_cli::json(folder.path(), args);
    let change =
        json(&["company", "hours", "1", "--weekdays", "07:30-11:30,13:00-17:30", "--sat", "07:30-11:30"]);
    assert_eq!(change["state"], "applied");
    json(&["company", "holiday", "1", "2027-01-01", "--reason", "Tết Dương lịch"]);
    json(&["company", "hours", "1", "--sun", "22:00-02:00", "--serve-queue-after-close", "false"]);
    let hours = json(&["company", "hours", "1"]);
    assert_eq!(hours["hours"]["weekly"][0][1], serde_json::json!({"from": 780, "to": 1_050}));
    assert_eq!(hours["hours"]["weekly"][6][0], serde_json::json!({"from": 1_320, "to": 1_560}));
    assert_eq!(
        (&hours["hours"]["holidays"], &hours["serve_queue_after_close"]),
        (&serde_json::json!({"2027-01-01": []}), &Value::Bool(false))
    );
    let ahead =
        json(&["company", "set", "2", "--set", "wrap_up_ms=15000", "--from", "2030-01-01", "--reason", "x"]);
    assert_eq!(
        (&ahead["state"], &ahead["effective_at"]),
        (&Value::from("pending"), &Value::from("2029-12-31T17:00:00.000Z"))
    );
    let id = ahead["change_id"].as_str().expect("id");
    assert_eq!(json(&["company", "history", "2"])[0]["change_id"], ahead["change_id"]);
    assert_eq!(json(&["company", "withdraw", "2", id])["state"], "withdrawn");
    json(&["company", "serve", "4", "--by", "2"]);
    assert_eq!(json(&["company", "history", "4", "--at", "2031-01-01"])["served_by"], "2");
    let circle = edge_cli::run(folder.path(), &["company", "serve", "2", "--by", "4"]);
    assert_eq!(circle.status.code(), Some(2), "{}", String::from_utf8_lossy(&circle.stderr));
    assert!(String::from_utf8_lossy(&circle.stderr).contains("served_by: company 4 is itself served"));
}

#[tokio::test]
async fn changes_ahead_are_bounded_by_company_and_hold_up_neither_another_nor_what_counts_at_once() {
    let world = World::start().await;
    let console = world.person(Role::Administrator, &[], None).await;
    let ahead = |n: i64| Some(world.clock.now().plus_ms(86_400_000 + n));
    for n in 0..100 {
        made(&console, "1", json!({"wrap_up_ms": 1_000 + n}), ahead(n)).await;
    }
    let body = json!({"changes": {"wrap_up_ms": 9_000}, "effective_at": ahead(500), "reason": "thử nghiệm"});
    let (status, _, problem) = refusal(patch(&console, "1", body).await).await;
    assert_eq!((status, fields(&problem)), (422, vec!["changes too_many_pending".to_owned()]));
    made(&console, "1", json!({"wrap_up_ms": 9_000}), None).await;
    made(&console, "9", json!({"wrap_up_ms": 9_000}), ahead(500)).await;
}

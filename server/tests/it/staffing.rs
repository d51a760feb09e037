//! C3: the staffing calculator, as operators ask it.

use chinhchu_protocol::console::people::Role;
use chinhchu_server::store::StoreError;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::edge_cli::run;
use crate::edge_world::World;

fn asked(args: &[&str]) -> Result<Value, (Option<i32>, String)> {
    let folder = tempfile::tempdir().expect("folder");
    let output = run(folder.path(), &[args, &["--json"]].concat());
    assert_eq!(std::fs::read_dir(folder.path()).expect("folder").count(), 0, "needs no store");
    if output.status.success() {
        return Ok(serde_json::from_slice(&output.stdout).expect("one JSON value on stdout"));
    }
    Err((output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned()))
}

#[test]
fn c3_the_command_line_says_fourteen_and_twenty() {
    let plain = ["staffing", "--calls", "100", "--per", "30m", "--aht", "180s", "--service-level", "0.8"];
    let answer = asked(&[&plain[..], &["--within", "20s", "--shrinkage", "0.3"]].concat()).expect("answer");
    assert_eq!((&answer["agents"], &answer["agents_scheduled"]), (&json!(14), &json!(20)));
    let near = |name: &str, value: f64| {
        let found = answer[name].as_f64().expect("number");
        assert!((found - value).abs() < 5e-6, "{name}: {found}");
    };
    near("probability_of_wait", 0.174_131_9);
    near("service_level", 0.888_35);
    near("mean_wait_s", 7.835_937);
    near("occupancy", 0.714_285_7);
    near("abandonment", 0.0);
    // Callers who hang up leave less to do.
    let patient = asked(&[&plain[..], &["--within", "20s", "--patience", "2m"]].concat()).expect("answer");
    assert!(patient["abandonment"].as_f64().is_some_and(|share| share > 0.001));
    assert!(patient["agents"].as_u64() <= Some(14));
}

#[test]
fn a_figure_that_makes_no_sense_is_named_with_exit_code_2() {
    for (args, named) in [
        (&["staffing", "--calls", "-1", "--aht", "180s"][..], "calls"),
        (&["staffing", "--calls", "100", "--aht", "3 minutes"], "--aht"),
        (&["staffing", "--calls", "100", "--aht", "180s", "--shrinkage", "1"], "shrinkage"),
        (&["staffing", "day", "--calls-a-day", "900", "--aht", "3m"], "profile"),
    ] {
        let (code, told) = asked(args).expect_err("refused");
        assert!(code == Some(2) && told.contains(named), "{args:?}: {code:?} {told}");
    }
}

fn target() -> Value {
    json!({ "service_level": 0.8, "within_s": 20.0, "occupancy": null, "shrinkage": 0.3 })
}

#[tokio::test]
async fn c3_the_console_reckons_an_interval_and_shows_its_neighbours() {
    let world = World::start().await;
    let lead = world.person(Role::TeamLead, &["1"], None).await;
    let question =
        json!({ "calls": 100, "per_s": 1800, "handle_s": 180, "patience_s": null, "target": target() });
    let answer: Value = lead
        .post("/v1/console/staffing")
        .json(&question)
        .send()
        .await
        .expect("answer")
        .json()
        .await
        .expect("json");
    assert_eq!(
        (&answer["needed"]["agents"], &answer["needed"]["agents_scheduled"]),
        (&json!(14), &json!(20))
    );
    let around: Vec<_> =
        answer["around"].as_array().expect("list").iter().map(|it| it["agents"].clone()).collect();
    assert_eq!(around, (10..=18).map(Value::from).collect::<Vec<_>>());
    assert_eq!(answer["around"][0]["mean_wait_s"], Value::Null, "10 agents for 10 erlangs");

    let wrong = json!({ "calls": 100, "per_s": 1, "handle_s": 180, "patience_s": null, "target": target() });
    let refused = lead.post("/v1/console/staffing").json(&wrong).send().await.expect("answer");
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let refused: Value = refused.json().await.expect("json");
    assert_eq!(refused["errors"], json!([{ "field": "per", "code": "out_of_range" }]));
}

#[tokio::test]
async fn c3_a_pools_past_is_read_by_those_who_may_see_the_pool_only() {
    let world = World::start().await;
    world
        .server
        .app()
        .db
        .write(|tx| tx.execute_batch(MORNING).map_err(StoreError::from))
        .await
        .expect("a past");
    let question = |pool: &str, method: &str| {
        json!({ "past": { "pool": pool, "from": "2026-11-02", "to": "2026-11-02" }, "calls_a_day": null,
            "profile": null, "handle_s": null, "patience_s": null, "method": method, "target": target() })
    };
    let lead = world.person(Role::TeamLead, &["1"], None).await;
    for method in ["erlang_c", "erlang_a", "replay"] {
        let answer = lead.post("/v1/console/staffing/day").json(&question("1", method)).send().await;
        let answer: Value = answer.expect("answer").json().await.expect("json");
        assert_eq!(answer["fit"]["calls"], 120, "{method}: {answer}");
        assert_eq!(
            (&answer["fit"]["handle_s"], &answer["fit"]["patience_s"]),
            (&json!(180.0), &json!(600.0))
        );
        assert_eq!(answer["slots"].as_array().map(Vec::len), Some(48));
        let (busy, quiet) = (&answer["slots"][16], &answer["slots"][20]);
        assert!(busy["agents"].as_u64() >= Some(11) && busy["service_level"].as_f64() >= Some(0.8), "{busy}");
        assert_eq!((&quiet["agents"], &answer["reached"]), (&json!(0), &json!(true)), "{method}");
    }
    for (field, value) in [("calls_a_day", json!(4800)), ("handle_s", json!(600)), ("profile", json!([1.0]))]
    {
        let mut wrong = question("1", "replay");
        wrong[field] = value;
        let refused = lead.post("/v1/console/staffing/day").json(&wrong).send().await.expect("answer");
        assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
        let refused: Value = refused.json().await.expect("json");
        assert_eq!(refused["errors"], json!([{ "field": field, "code": "not_with_replay" }]));
    }
    let status = |person: &crate::console_world::Console, pool: &str| {
        let asked = person.post("/v1/console/staffing/day").json(&question(pool, "erlang_c")).send();
        async move { asked.await.expect("answer").status() }
    };
    assert_eq!(status(&lead, "2").await, StatusCode::NOT_FOUND, "another company does not exist");
    let partner = world.person(Role::TeamLead, &["1"], Some("P")).await;
    assert_eq!(status(&partner, "1").await, StatusCode::FORBIDDEN);
    let all = world.person(Role::Supervisor, &[], None).await;
    assert_eq!(status(&all, "2").await, StatusCode::UNPROCESSABLE_ENTITY, "no calls there");
    assert_eq!(status(&all, "99").await, StatusCode::NOT_FOUND);
}

/// A call that waited for one pool and was answered by another's overflow is what the first one lacked.
#[tokio::test]
async fn c3_a_call_that_overflowed_counts_for_the_pool_that_it_waited_for() {
    let world = World::start().await;
    let past = format!("{MORNING}; UPDATE call_figures SET serving = '2' WHERE queued_ms % 30000 = 0");
    world
        .server
        .app()
        .db
        .write(move |tx| tx.execute_batch(&past).map_err(StoreError::from))
        .await
        .expect("past");
    let all = world.person(Role::Supervisor, &[], None).await;
    let calls = async |pool: &str| {
        let question = json!({ "past": { "pool": pool, "from": "2026-11-02", "to": "2026-11-02" },
            "calls_a_day": null, "profile": null, "handle_s": null, "patience_s": null, "method": "erlang_c",
            "target": target() });
        let answer = all.post("/v1/console/staffing/day").json(&question).send().await.expect("answer");
        let answer: Value = answer.json().await.expect("json");
        answer["fit"]["calls"].clone()
    };
    assert_eq!((calls("1").await, calls("2").await), (json!(120), Value::Null));
}

/// 120 calls from 08:00 to 08:30, one each 15 s; every tenth hung up after 150 s, the others waited 50 s and took
/// 180 s. 2026-11-02 08:00 in Vietnam is 1793581200000.
const MORNING: &str = "
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 119)
INSERT INTO call_figures (call_id, home, serving, created_ms, queued_ms, answered_ms, ended_ms, state, end_reason,
  handle_ms)
SELECT randomblob(16), '4', '1', t - 20000, t, CASE WHEN gone THEN NULL ELSE t + 50000 END,
  CASE WHEN gone THEN t + 150000 ELSE t + 230000 END, 'ended', CASE WHEN gone THEN 'cancelled' ELSE 'completed' END,
  CASE WHEN gone THEN NULL ELSE 180000 END
FROM (SELECT i, 1793581200000 + i * 15000 AS t, i % 10 = 0 AS gone FROM n)";

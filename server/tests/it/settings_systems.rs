//! Tokens, credentials, webhooks and their deliveries, workstations and the audit in the console.

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use chinhchu_protocol::console::people::Role;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::console_world::Console;
use crate::edge_cli;
use crate::edge_world::{World, refusal};
use crate::spine_world::Workstation;

const PATIENCE: Duration = Duration::from_secs(10);

async fn sent(console: &Console, method: Method, path: &str, body: Value) -> reqwest::Response {
    console.ask(method, &format!("/v1/console{path}")).json(&body).send().await.expect("answer")
}

async fn posted(console: &Console, path: &str, body: Value, status: u16) -> Value {
    let answer = sent(console, Method::POST, path, body).await;
    assert_eq!(answer.status(), status, "{path}");
    answer.json().await.unwrap_or_default()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("text")
}

#[tokio::test]
async fn a_token_is_shown_once_counts_at_once_and_is_revoked_at_once() {
    let world = World::start().await;
    let console = world.person(Role::Administrator, &[], None).await;
    let issued = posted(&console, "/tokens", json!({"company": "4", "expires_in_s": 600}), 201).await;
    let token = text(&issued["token"]).to_owned();
    world.call(&token).await;
    let listed = console.read("/v1/console/tokens?company=4").await;
    let one = &listed["items"][0];
    assert_eq!((&one["token_id"], &one["valid"]), (&issued["token_id"], &json!(true)));
    assert_eq!(one["issued_by"], format!("person:{}", console.person_id));
    assert!(!listed.to_string().contains(&token));
    let other = world.person(Role::Administrator, &["1"], None).await;
    let path = format!("/tokens/{}", text(&issued["token_id"]));
    assert_eq!(refusal(sent(&other, Method::DELETE, &path, json!({})).await).await.0, 404);
    assert_eq!(other.read("/v1/console/tokens").await["items"], json!([]));
    assert_eq!(sent(&console, Method::DELETE, &path, json!({})).await.status(), 204);
    let refused = world.intake(&token, "k", crate::edge_world::good_form()).await;
    assert_eq!(refusal(refused).await.1, "token_revoked");
    // Parts of a list.
    for _ in 0..3 {
        posted(&console, "/tokens", json!({"company": "5"}), 201).await;
    }
    let first = console.read("/v1/console/tokens?company=5&limit=2").await;
    let rest =
        console.read(&format!("/v1/console/tokens?company=5&limit=2&after={}", text(&first["next"]))).await;
    assert_eq!(
        (first["items"].as_array().map(Vec::len), rest["items"].as_array().map(Vec::len)),
        (Some(2), Some(1))
    );
    assert_eq!(rest["next"], Value::Null);
    for (body, field) in
        [(json!({"company": "99"}), "company"), (json!({"company": "4", "expires_in_s": 1}), "expires_in_s")]
    {
        let (status, _, problem) = refusal(sent(&console, Method::POST, "/tokens", body).await).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!(field)));
    }
    let auditor = world.person(Role::Auditor, &[], None).await;
    auditor.read("/v1/console/tokens").await;
    assert_eq!(refusal(sent(&auditor, Method::POST, "/tokens", json!({"company": "4"})).await).await.0, 403);
}

#[tokio::test]
async fn a_credential_opens_every_company_so_only_who_sees_all_has_them() {
    let world = World::start().await;
    let console = world.person(Role::Administrator, &[], None).await;
    let issued = posted(&console, "/service-credentials", json!({"name": "msale"}), 201).await;
    let credential = text(&issued["credential"]).to_owned();
    let tokens = world.get("/v1/companies/1/tokens", &credential).send().await.expect("answer");
    assert_eq!(tokens.status(), 200);
    let again = sent(&console, Method::POST, "/service-credentials", json!({"name": "msale"})).await;
    assert_eq!(refusal(again).await.2["errors"], json!([{"field": "name", "code": "taken"}]));
    let own = world.person(Role::Administrator, &["1"], None).await;
    assert_eq!(
        refusal(own.get("/v1/console/service-credentials").send().await.expect("answer")).await.0,
        403
    );
    let path = format!("/service-credentials/{}", text(&issued["credential_id"]));
    assert_eq!(sent(&console, Method::DELETE, &path, json!({})).await.status(), 204);
    let tokens = world.get("/v1/companies/1/tokens", &credential).send().await.expect("answer");
    assert_eq!(refusal(tokens).await.1, "token_revoked");
}

type Received = mpsc::UnboundedReceiver<String>;

/// Answers with the status that the test sets, and tells the ids of what came.
async fn receiver(status: &'static std::sync::atomic::AtomicU16) -> (String, Received, CancellationToken) {
    let (tell, received) = mpsc::unbounded_channel();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("port");
    let url = format!("http://{}/hook?key=secret", listener.local_addr().expect("address"));
    let take = async move |State(tell): State<mpsc::UnboundedSender<String>>,
                           headers: axum::http::HeaderMap| {
        let _ = tell.send(headers["webhook-id"].to_str().expect("id").to_owned());
        StatusCode::from_u16(status.load(std::sync::atomic::Ordering::SeqCst)).expect("status")
    };
    let router = Router::new().route("/hook", post(take)).with_state(tell);
    let stop = CancellationToken::new();
    let stopped = stop.clone().cancelled_owned();
    tokio::spawn(async move { axum::serve(listener, router).with_graceful_shutdown(stopped).await });
    (url, received, stop)
}

async fn next(received: &mut Received) -> String {
    tokio::time::timeout(PATIENCE, received.recv()).await.expect("in time").expect("open")
}

/// Until the deliveries are as they should be.
async fn delivered(console: &Console, query: &str, fits: impl Fn(&Value) -> bool) -> Value {
    let wait = async {
        loop {
            let listed = console.read(&format!("/v1/console/webhooks/deliveries{query}")).await;
            if fits(&listed["items"]) {
                return listed["items"].clone();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.expect("in time")
}

#[tokio::test]
async fn deliveries_are_listed_without_bodies_and_sent_again_under_their_own_id() {
    static STATUS: std::sync::atomic::AtomicU16 = std::sync::atomic::AtomicU16::new(204);
    let world = World::start().await;
    let console = world.person(Role::Administrator, &[], None).await;
    let (url, mut received, _stop) = receiver(&STATUS).await;
    let body = json!({"url": url, "for": "msale", "events": ["call.ended"]});
    let added = posted(&console, "/webhooks", body, 201).await;
    let id = text(&added["webhook"]["webhook_id"]).to_owned();
    assert!(text(&added["secret"]).starts_with("whsec_"));
    let supervisor = world.person(Role::Supervisor, &[], None).await;
    let shown = supervisor.read("/v1/console/webhooks").await;
    assert!(!shown.to_string().contains("secret"), "an address may hold a secret: {shown}");

    let pinged = posted(&console, &format!("/webhooks/{id}/ping"), json!({}), 202).await;
    assert_eq!(next(&mut received).await, text(&pinged["delivery_id"]));
    let items =
        delivered(&console, &format!("?webhook={id}&state=delivered"), |items| items[0].is_object()).await;
    assert_eq!(
        (&items[0]["event"], &items[0]["last_status"], &items[0]["call_id"]),
        (&json!("test.ping"), &json!(204), &Value::Null)
    );

    let token = world.token("4", 600).await.token;
    let call = world.call(&token).await;
    let call_id = text(&call["call_id"]).to_owned();
    let cancel = world.post(&format!("/v1/calls/{call_id}/cancel"), &token).send().await.expect("answer");
    assert_eq!(cancel.status(), 200);
    let first = next(&mut received).await;
    let about = format!("?call={call_id}");
    let items = delivered(&console, &about, |items| items[0]["state"] == "delivered").await;
    assert_eq!((&items[0]["delivery_id"], &items[0]["company"]), (&json!(first), &json!("4")));
    for personal in ["0901234567", "Ánh", "079190001234", "payload"] {
        assert!(!items.to_string().contains(personal), "{personal}");
    }
    // Acknowledged, and still sent again when a person wishes it.
    let again = posted(&console, &format!("/webhooks/deliveries/{first}/resend"), json!({}), 200).await;
    assert_eq!((&again["state"], &again["resends"]), (&json!("waiting"), &json!(1)));
    assert_eq!(next(&mut received).await, first);
    let items = delivered(&console, &about, |items| items[0]["state"] == "delivered").await;
    assert_eq!(items[0]["attempts"], 2);
    let erased = edge_cli::run(world.folder.path(), &["webhook", "deliveries", "--call", &call_id, "--json"]);
    assert!(erased.status.success());
    let own = world.person(Role::Administrator, &["4"], None).await;
    let path = format!("/webhooks/deliveries/{first}/resend");
    assert_eq!(
        refusal(sent(&own, Method::POST, &path, json!({})).await).await.0,
        404,
        "an endpoint of all companies"
    );
    assert_eq!(own.read("/v1/console/webhooks/deliveries").await["items"], json!([]));
}

#[tokio::test]
async fn everything_given_up_in_a_period_is_sent_again_at_once_by_console_and_command() {
    static STATUS: std::sync::atomic::AtomicU16 = std::sync::atomic::AtomicU16::new(500);
    let world = World::start().await;
    let console = world.person(Role::Administrator, &[], None).await;
    let (url, mut received, _stop) = receiver(&STATUS).await;
    let added = posted(&console, "/webhooks", json!({"url": url, "for": "msale"}), 201).await;
    let id = text(&added["webhook"]["webhook_id"]).to_owned();
    let from = world.clock.now();
    for _ in 0..3 {
        posted(&console, &format!("/webhooks/{id}/ping"), json!({}), 202).await;
    }
    delivered(&console, "?state=waiting", |items| {
        items.as_array().is_some_and(|items| items.len() == 3 && items.iter().all(|one| one["attempts"] != 0))
    })
    .await;
    // As after 40 tries.
    let give_up = world.server.app().db.write(|tx| {
        let done = tx.execute("UPDATE webhook_deliveries SET next_ms = NULL, attempts = 40", [])?;
        Ok::<_, chinhchu_server::store::StoreError>(done)
    });
    assert_eq!(give_up.await.expect("given up"), 3);
    while received.try_recv().is_ok() {}
    let standing = console.read("/v1/console/webhooks").await;
    assert_eq!((&standing["items"][0]["given_up"], &standing["items"][0]["waiting"]), (&json!(3), &json!(0)));
    STATUS.store(200, std::sync::atomic::Ordering::SeqCst);
    let period = |to| json!({"from": from, "to": to, "webhook_id": id});
    let long =
        sent(&console, Method::POST, "/webhooks/deliveries/resend", period(from.plus_ms(32 * 86_400_000)))
            .await;
    assert_eq!(refusal(long).await.2["errors"][0]["field"], "to");
    let resent = posted(&console, "/webhooks/deliveries/resend", period(from.plus_ms(3_600_000)), 200).await;
    assert_eq!((&resent["resent"], &resent["left"]), (&json!(3), &json!(0)));
    for _ in 0..3 {
        next(&mut received).await;
    }
    let items =
        delivered(&console, "?state=delivered", |items| items.as_array().map(Vec::len) == Some(3)).await;
    // A command wakes the running server.
    let delivery = text(&items[0]["delivery_id"]).to_owned();
    let folder = world.folder.path().to_owned();
    let wish = delivery.clone();
    let told =
        tokio::task::spawn_blocking(move || edge_cli::json(&folder, &["webhook", "resend", &wish])).await;
    assert_eq!(told.expect("told")["resends"], 2);
    assert_eq!(next(&mut received).await, delivery);
    assert_eq!(sent(&console, Method::DELETE, &format!("/webhooks/{id}"), json!({})).await.status(), 204);
    let gone =
        sent(&console, Method::POST, &format!("/webhooks/deliveries/{delivery}/resend"), json!({})).await;
    assert_eq!(refusal(gone).await.2["errors"][0]["code"], "webhook_removed");
}

/// One that takes every connection and never answers.
async fn silent() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("port");
    let url = format!("http://{}/hook", listener.local_addr().expect("address"));
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((socket, _)) = listener.accept().await {
            held.push(socket);
        }
    });
    url
}

#[tokio::test]
async fn an_endpoint_that_does_not_answer_holds_up_nobody_else() {
    static STATUS: std::sync::atomic::AtomicU16 = std::sync::atomic::AtomicU16::new(204);
    let world = World::start().await;
    let console = world.person(Role::Administrator, &[], None).await;
    let mut ids = Vec::new();
    let (url, mut received, _stop) = receiver(&STATUS).await;
    for url in [silent().await, url] {
        let added = posted(&console, "/webhooks", json!({"url": url, "for": "msale"}), 201).await;
        ids.push(text(&added["webhook"]["webhook_id"]).to_owned());
    }
    posted(&console, &format!("/webhooks/{}/ping", ids[0]), json!({}), 202).await;
    // More than are on their way at once.
    let many = world.server.app().db.write(|tx| {
        let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
                   INSERT INTO webhook_deliveries
                     (delivery_id, webhook_id, call_id, event_type, log_seq, payload_sealed, created_ms, next_ms)
                   SELECT randomblob(16), webhook_id, call_id, event_type, log_seq, payload_sealed, created_ms, created_ms
                   FROM webhook_deliveries, n";
        Ok::<_, chinhchu_server::store::StoreError>(tx.execute(sql, [])?)
    });
    assert_eq!(many.await.expect("written"), 200);
    let pinged = posted(&console, &format!("/webhooks/{}/ping", ids[1]), json!({}), 202).await;
    assert_eq!(next(&mut received).await, text(&pinged["delivery_id"]));
    // And test messages do not pile up.
    let mut pings = std::collections::BTreeSet::new();
    for _ in 0..8 {
        let pinged = posted(&console, &format!("/webhooks/{}/ping", ids[0]), json!({}), 202).await;
        pings.insert(text(&pinged["delivery_id"]).to_owned());
    }
    assert_eq!(pings.len(), 1);
}

#[tokio::test]
async fn endpoints_of_a_company_are_bounded_and_every_one_can_be_removed() {
    let world = World::start().await;
    let console = world.person(Role::Administrator, &["4"], None).await;
    let body = json!({"url": "http://127.0.0.1:9/hook", "for": "msale", "company": "4"});
    let mut last = String::new();
    for _ in 0..20 {
        let added = posted(&console, "/webhooks", body.clone(), 201).await;
        text(&added["webhook"]["webhook_id"]).clone_into(&mut last);
    }
    let (status, _, problem) = refusal(sent(&console, Method::POST, "/webhooks", body.clone()).await).await;
    assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("company")));
    assert_eq!(sent(&console, Method::DELETE, &format!("/webhooks/{last}"), Value::Null).await.status(), 204);
    posted(&console, "/webhooks", body, 201).await;
}

#[tokio::test]
async fn every_fault_of_a_new_webhook_is_named() {
    let world = World::start().await;
    let console = world.person(Role::Administrator, &[], None).await;
    let body =
        json!({"url": "http://msale.example/hook", "for": "ekyc", "company": "99", "events": ["audit.root"]});
    let (status, _, problem) = refusal(sent(&console, Method::POST, "/webhooks", body).await).await;
    let fields: Vec<&str> =
        problem["errors"].as_array().expect("faults").iter().map(|one| text(&one["field"])).collect();
    assert_eq!((status, fields), (422, vec!["url", "company", "events"]));
    assert_eq!(console.read("/v1/console/webhooks").await["items"], json!([]));
}

#[tokio::test]
async fn a_workstation_is_approved_by_its_fingerprint_and_revoked_and_its_screen_shows_it_at_once() {
    let world = World::start().await;
    let console = world.person(Role::Administrator, &[], None).await;
    let mut agent = Workstation::available(&world, "1", "hoa").await;
    let listed = console.read("/v1/console/workstations?state=approved").await;
    let one = &listed["items"][0];
    assert_eq!((&one["username"], &one["company"]), (&json!("hoa"), &json!("1")));
    let path = format!("/workstations/{}", text(&one["workstation_id"]));
    let other = world.person(Role::Administrator, &["2"], None).await;
    assert_eq!(other.read("/v1/console/workstations").await["items"], json!([]));
    let revoke = format!("{path}/revoke");
    assert_eq!(refusal(sent(&other, Method::POST, &revoke, json!({"reason": "x"})).await).await.0, 404);
    assert_eq!(posted(&console, &revoke, json!({"reason": "máy mất"}), 200).await["keys_revoked"], 1);
    agent.until(|view| view.workstation == chinhchu_protocol::workstation::WorkstationState::Revoked).await;
    let (status, told, _) =
        refusal(sent(&console, Method::POST, &revoke, json!({"reason": "x"})).await).await;
    assert_eq!((status, told.as_str()), (409, "change_not_pending"));
    let wrong =
        sent(&console, Method::POST, &format!("{path}/approve"), json!({"fingerprint": "0000-0000"})).await;
    assert_eq!(refusal(wrong).await.2["errors"][0]["code"], "does_not_fit");
    let invited = posted(&console, "/workstations/codes", json!({"expires_in_s": 600}), 201).await;
    assert_eq!(text(&invited["enrolment_code"]).len(), 23);
    assert_eq!(refusal(sent(&other, Method::POST, "/workstations/codes", json!({})).await).await.0, 403);
}

#[tokio::test]
async fn the_audit_is_filtered_goes_on_by_cursor_and_is_checked_one_at_a_time() {
    let world = World::start().await;
    let console = world.person(Role::Administrator, &[], None).await;
    for _ in 0..3 {
        posted(&console, "/tokens", json!({"company": "1"}), 201).await;
    }
    posted(&console, "/service-credentials", json!({"name": "tcqlkh"}), 201).await;
    let actor = format!("person:{}", console.person_id);
    let auditor = world.person(Role::Auditor, &[], None).await;
    let first = auditor.read(&format!("/v1/console/audit?actor={actor}&action=token&limit=2")).await;
    assert_eq!(first["items"].as_array().map(Vec::len), Some(2));
    let after = text(&first["next"]);
    let rest = auditor
        .read(&format!("/v1/console/audit?actor={actor}&action=token.issued&limit=2&after={after}"))
        .await;
    assert_eq!((rest["items"].as_array().map(Vec::len), &rest["next"]), (Some(1), &Value::Null));
    let subject = text(&rest["items"][0]["subject"]).to_owned();
    assert_eq!(
        auditor.read(&format!("/v1/console/audit?subject={subject}")).await["items"][0]["seq"],
        rest["items"][0]["seq"]
    );
    let to = world.clock.now().plus_ms(-3_600_000);
    assert_eq!(auditor.read(&format!("/v1/console/audit?to={to}")).await["items"], json!([]));
    assert_eq!(auditor.read("/v1/console/audit/verify").await["state"], "none");
    let begun = posted(&auditor, "/audit/verify", json!({}), 202).await;
    assert_eq!(begun["state"], "running");
    let wait = async {
        loop {
            let check = auditor.read("/v1/console/audit/verify").await;
            if check["state"] != "running" {
                return check;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let check = tokio::time::timeout(PATIENCE, wait).await.expect("in time");
    assert_eq!((&check["state"], &check["report"]["sound"]), (&json!("done"), &json!(true)), "{check}");
    assert!(check["report"]["audit_records"].as_u64() >= Some(5));
    // An asker who goes away leaves no check that runs for ever.
    for ms in 0..12 {
        let ask = auditor.post("/v1/console/audit/verify").timeout(Duration::from_millis(ms));
        let _gone = ask.json(&json!({})).send().await;
        let wait = async {
            while auditor.read("/v1/console/audit/verify").await["state"] == "running" {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.expect("no check is left running");
    }
    let own = world.person(Role::Auditor, &["1"], None).await;
    assert_eq!(refusal(own.get("/v1/console/audit").send().await.expect("answer")).await.0, 403);
}

//! A server that is stopped for some seconds (SIGSTOP, a suspended machine) and goes on.

use std::time::{Duration, Instant};

use chinhchu_protocol::agent::{
    AgentActivity, AgentToServer, AgentView, ServerToAgent, SignedIn, WantedStatus,
};
use chinhchu_protocol::call::CallState;
use chinhchu_protocol::caller::{CallerToServer, CallerView, ServerToCaller};
use chinhchu_protocol::ids::WorkstationId;
use chinhchu_protocol::time::Timestamp;
use serde_json::{Value, json};

use crate::edge_cli::{self, Served};
use crate::edge_world::good_form;
use crate::spine_seal::{enrolment, key_of};
use crate::spine_world::Line;

/// Longer than a ring and than a lost side may last, by the rules that the test sets.
const STOPPED: Duration = Duration::from_secs(6);

struct Desk {
    line: Line,
}

impl Desk {
    async fn available(served: &Served, folder: &std::path::Path, username: &str) -> Self {
        let added = edge_cli::json(
            folder,
            &["agent", "add", "--company", "1", "--username", username, "--name", username],
        );
        let workstation = WorkstationId(uuid::Uuid::from_u128(7));
        let body = json!({"username": username, "password": added["password"], "workstation":
            {"workstation_id": workstation, "version": "0.1.0", "os": "linux"}});
        let answer = reqwest::Client::new().post(format!("{}/v1/agent/sessions", served.url)).json(&body);
        let signed_in: SignedIn = answer.send().await.expect("answer").json().await.expect("signed in");
        let invited = edge_cli::json(folder, &["workstation", "invite"]);
        let code = invited["enrolment_code"].as_str().expect("code");
        let body = enrolment(&signed_in, workstation, &key_of(workstation), Some(code));
        let request = reqwest::Client::new().put(format!("{}/v1/agent/workstation", served.url));
        let answer = request.bearer_auth(&signed_in.session_token).json(&body).send().await.expect("answer");
        assert_eq!(answer.json::<Value>().await.expect("standing")["state"], "approved");
        let mut line = Line::at(&served.url, "/v1/agent/socket", Some(&signed_in.session_token)).await;
        line.send(&AgentToServer::Hello { version: chinhchu_protocol::VERSION, ring_device: false }).await;
        line.send(&AgentToServer::SetStatus { status: WantedStatus::Available }).await;
        Self { line }
    }

    async fn until(&mut self, fits: impl Fn(&AgentView) -> bool) -> AgentView {
        loop {
            if let ServerToAgent::View { view, .. } = self.line.next().await.expect("open")
                && fits(&view)
            {
                return view;
            }
        }
    }

    async fn rings(&mut self) -> (chinhchu_protocol::ids::CallId, u32) {
        let view = self.until(|view| matches!(view.activity, AgentActivity::Ringing { .. })).await;
        let AgentActivity::Ringing { offer } = view.activity else { unreachable!("just matched") };
        let (call_id, offer) = (offer.call_id, offer.offer);
        let proof = chinhchu_protocol::agent::RingProof::Visual;
        self.line.send(&AgentToServer::Rang { call_id, offer, proof }).await;
        (call_id, offer)
    }
}

async fn call(served: &Served, token: &str, key: &str) -> Line {
    let mut line = opened(served, token, key).await;
    line.send(&CallerToServer::Ready { consent: None }).await;
    line
}

/// A call whose page is not ready yet.
async fn opened(served: &Served, token: &str, key: &str) -> Line {
    let request = reqwest::Client::new().post(format!("{}/v1/calls", served.url)).bearer_auth(token);
    let answer = request.header("Idempotency-Key", key).multipart(good_form()).send().await.expect("answer");
    let created: Value = answer.json().await.expect("created");
    let mut line = Line::at(&served.url, "/v1/caller/socket", None).await;
    let hello = CallerToServer::Hello {
        version: chinhchu_protocol::VERSION,
        call_token: created["call_token"].as_str().expect("token").to_owned(),
        device_secret: "a".repeat(32),
        page_id: "p".to_owned(),
    };
    line.send(&hello).await;
    line
}

async fn page_until(line: &mut Line, fits: impl Fn(&CallerView) -> bool) -> CallerView {
    loop {
        if let ServerToCaller::View { view, .. } = line.next().await.expect("open")
            && fits(&view)
        {
            return view;
        }
    }
}

fn signal(served: &Served, name: &str) {
    let pid = served.child.id().to_string();
    let sent = std::process::Command::new("kill").args([name, &pid]).status().expect("kill");
    assert!(sent.success());
}

/// All spans in which no server ran, as the log has them.
fn logged_outage_ms(folder: &std::path::Path) -> i64 {
    let store = rusqlite::Connection::open(folder.join("chinhchu.db")).expect("store");
    let mut statement = store.prepare("SELECT facts FROM log ORDER BY seq").expect("log");
    let records = statement.query_map([], |row| row.get::<_, Vec<u8>>(0)).expect("records");
    let facts = records
        .flat_map(|bytes| serde_json::from_slice::<Vec<Value>>(&bytes.expect("record")).expect("facts"));
    let at = |fact: &Value, name: &str| {
        serde_json::from_value::<Timestamp>(fact[name].clone()).expect("a point in time")
    };
    facts
        .filter(|fact| fact["event"] == "outage")
        .map(|fact| at(&fact, "to").ms_since(at(&fact, "from")))
        .sum()
}

/// «Pauses of the machine shift deadlines, never fire them all»: a ring and a call survive a server that stood
/// for longer than either may last, and the log says for how long it stood.
#[tokio::test]
async fn a_server_that_was_stopped_for_some_seconds_goes_on_with_its_ring_and_its_call() {
    let folder = tempfile::tempdir().expect("folder");
    let served = edge_cli::serve(folder.path());
    let set = ["ring_timeout_ms=4000", "reconnect_ms=3000", "connecting_ms=4000", "unwitnessed_ms=3000"]
        .map(|one| ["--set", one])
        .concat();
    edge_cli::json(folder.path(), &[vec!["company", "rules", "1"], set].concat());
    let token = edge_cli::json(folder.path(), &["token", "issue", "--company", "1"])["token"].clone();
    let token = token.as_str().expect("token");

    let mut talks = Desk::available(&served, folder.path(), "hoa").await;
    talks.until(|view| matches!(view.activity, AgentActivity::Available { .. })).await;
    let mut first = call(&served, token, "1").await;
    let (call_id, offer) = talks.rings().await;
    talks.line.send(&AgentToServer::Accept { call_id, offer }).await;
    page_until(&mut first, |view| view.state == CallState::Connecting).await;
    first.send(&CallerToServer::Heartbeat { assignment: 1, media_age_ms: Some(20) }).await;
    talks.line.send(&AgentToServer::Heartbeat { call_id, assignment: 1, media_age_ms: Some(20) }).await;
    page_until(&mut first, |view| view.state == CallState::InCall).await;

    let mut rings = Desk::available(&served, folder.path(), "lan").await;
    rings.until(|view| matches!(view.activity, AgentActivity::Available { .. })).await;
    let mut second = call(&served, token, "2").await;
    let (ringing, offer) = rings.rings().await;

    first.send(&CallerToServer::Heartbeat { assignment: 1, media_age_ms: Some(20) }).await;
    talks.line.send(&AgentToServer::Heartbeat { call_id, assignment: 1, media_age_ms: Some(20) }).await;
    signal(&served, "-STOP");
    let stopped = Instant::now();
    tokio::time::sleep(STOPPED).await;
    signal(&served, "-CONT");
    assert!(stopped.elapsed() >= STOPPED);

    // Nobody spoke meanwhile; both clients go on as if nothing had happened.
    first.send(&CallerToServer::Heartbeat { assignment: 1, media_age_ms: Some(20) }).await;
    talks.line.send(&AgentToServer::Heartbeat { call_id, assignment: 1, media_age_ms: Some(20) }).await;
    rings.line.send(&AgentToServer::Accept { call_id: ringing, offer }).await;
    page_until(&mut second, |view| view.state == CallState::Connecting).await;
    let told = edge_cli::json(folder.path(), &["explain", &call_id.to_string()]);
    let events =
        |name: &str| told["facts"].as_array().expect("facts").iter().any(|fact| fact["event"] == name);
    assert!(events("video_connected"));
    assert!(!events("call_ended") && !events("assignment_voided"), "{told}");
    let outage = logged_outage_ms(folder.path());
    assert!((5_000..=8_000).contains(&outage), "stopped for {outage} ms by the log");
    let replayed = edge_cli::json(folder.path(), &["replay"]);
    assert_eq!((&replayed["chain"], &replayed["differences"]), (&json!("sound"), &json!(0)));

    // A record changed by hand is found, and named.
    let store = rusqlite::Connection::open(folder.path().join("chinhchu.db")).expect("store");
    store.execute("DROP TRIGGER log_is_never_changed", []).expect("its guard is taken away");
    store.execute("UPDATE log SET at_ms = at_ms + 1 WHERE seq = 10", []).expect("changed");
    let output = edge_cli::run(folder.path(), &["replay", "--json"]);
    let found: Value = serde_json::from_slice(&output.stdout).expect("json");
    assert_eq!(
        (output.status.code(), &found["chain"], &found["first"]["seq"]),
        (Some(1), &json!("broken"), &json!(10))
    );
}

/// A slow disk: the commit that makes a ring takes longer than a ring may be unconfirmed. Nobody could confirm
/// it meanwhile, and it rings on.
#[tokio::test]
async fn a_ring_whose_commit_took_three_seconds_is_not_one_that_never_rang() {
    let folder = tempfile::tempdir().expect("folder");
    let served = edge_cli::serve(folder.path());
    let token = edge_cli::json(folder.path(), &["token", "issue", "--company", "1"])["token"].clone();
    let mut desk = Desk::available(&served, folder.path(), "hoa").await;
    desk.until(|view| matches!(view.activity, AgentActivity::Available { .. })).await;
    let mut page = opened(&served, token.as_str().expect("token"), "1").await;
    page_until(&mut page, |_| true).await;

    let store = rusqlite::Connection::open(folder.path().join("chinhchu.db")).expect("store");
    store.busy_timeout(Duration::from_secs(10)).expect("patience");
    store.execute_batch("BEGIN IMMEDIATE").expect("nobody else writes");
    page.send(&CallerToServer::Ready { consent: None }).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    store.execute_batch("COMMIT").expect("the disk is quick again");

    let (call_id, offer) = desk.rings().await;
    desk.line.send(&AgentToServer::Accept { call_id, offer }).await;
    page_until(&mut page, |view| view.state == CallState::Connecting).await;
}

//! What comes late, twice or again: rings that nobody answers, evidence, signals after a reconnect.

use std::time::Duration;

use chinhchu_evidence::{SealedManifest, hex};
use chinhchu_protocol::agent::{AgentActivity, AgentCase, AgentToServer, RingProof, ServerToAgent};
use chinhchu_protocol::call::{CallState, Decision, NoticeCode};
use chinhchu_protocol::caller::{CallerToServer, ServerToCaller};
use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::signal::Signal;
use chinhchu_routing::{AgentSocket, Input};
use serde_json::{Value, json};

use crate::edge_webhooks::{add, receiver};
use crate::edge_world::{World, jpeg, refusal};
use crate::spine_seal::{manifest, sealed, upload};
use crate::spine_world::{Page, Workstation};

const MONTH_S: u32 = 30 * 24 * 60 * 60;

/// Reads the case, seals the verdict, and gives it.
pub async fn seal(
    world: &World,
    station: &mut Workstation,
    page: &mut Page,
    call_id: CallId,
) -> SealedManifest {
    let path = format!("/v1/agent/calls/{call_id}");
    let answer = world.get(&path, &station.signed_in.session_token).send().await.expect("answer");
    let case: AgentCase = answer.json().await.expect("case");
    let evidence = sealed(&manifest(world, station, &case, 1, &jpeg()).await);
    let (decision, manifest_sha256) = (Decision::Rejected, evidence.manifest_sha256.clone());
    let sealed = AgentToServer::VerdictSealed { call_id, assignment: 1, decision, manifest_sha256 };
    station.line.send(&sealed).await;
    page.until(|view| view.state == CallState::AwaitingEvidence).await;
    evidence
}

pub async fn put(world: &World, station: &Workstation, call_id: CallId, sealed: &SealedManifest) -> Value {
    let url = format!("{}/v1/agent/calls/{call_id}/assignments/1/evidence", world.url);
    let request = world.client.put(url).bearer_auth(&station.signed_in.session_token);
    let answer = request.multipart(upload(sealed, &jpeg())).send().await.expect("answer");
    let status = answer.status();
    let body: Value = answer.json().await.expect("json");
    assert_eq!(status, 200, "{body}");
    body
}

pub async fn body_of(world: &World, call_id: CallId, token: &str) -> Value {
    let answer = world.get(&format!("/v1/calls/{call_id}"), token).send().await.expect("answer");
    answer.json().await.expect("body")
}

#[tokio::test]
async fn f5_a_ring_that_nobody_answers_moves_to_the_next_agent() {
    let world = World::start_by_hand().await;
    let token = world.token("1", MONTH_S).await.token;
    let mut first = Workstation::available(&world, "1", "hoa").await;
    let created = world.call(&token).await;
    let mut page = Page::ready(&world, &created).await;
    let (call_id, offer) = first.ring().await;
    first.taken(&world).await;
    let mut second = Workstation::available(&world, "1", "lan").await;
    world.clock.advance(Duration::from_millis(19_999));
    first.taken(&world).await;
    assert_eq!(body_of(&world, call_id, &token).await["state"], "offering");
    world.clock.advance(Duration::from_millis(1));
    let (again, next) = second.ring().await;
    assert_eq!(again, call_id);
    assert!(next > offer, "offers are numbered per call");
    second.line.send(&AgentToServer::Accept { call_id, offer: next }).await;
    let view = page.until(|view| view.state == CallState::Connecting).await;
    assert_eq!(view.agent_name.as_deref(), Some("NVHT lan"));
    // The first is told that its offer is over, and gets nothing of the call (N4).
    first.line.send(&AgentToServer::Accept { call_id, offer }).await;
    loop {
        if let ServerToAgent::Problem { problem } = first.line.next().await.expect("open") {
            assert_eq!(problem.code.name(), "call_ended");
            break;
        }
    }
    let path = format!("/v1/agent/calls/{call_id}");
    let answer = world.get(&path, &first.signed_in.session_token).send().await.expect("answer");
    assert_eq!(answer.status(), 404);
}

/// A slow disk: what came in time, while the commit before it still went on, goes before its own deadline.
#[tokio::test]
async fn an_accept_that_came_in_time_does_not_lose_to_its_deadline_because_a_commit_took_long() {
    let world = World::start_by_hand().await;
    let token = world.token("1", MONTH_S).await.token;
    let mut station = Workstation::available(&world, "1", "hoa").await;
    let mut page = Page::ready(&world, &world.call(&token).await).await;
    let view = station.until(|view| matches!(view.activity, AgentActivity::Ringing { .. })).await;
    let AgentActivity::Ringing { offer } = view.activity else { unreachable!("just matched") };
    let (call, offer) = (offer.call_id, offer.offer);
    let board = world.server.app().switchboard.clone();
    let agent = station.signed_in.agent.agent_id;
    let status = board.snapshot().state.agent(agent).and_then(|status| status.session).expect("signed in");
    let from = AgentSocket { agent, session: status.session, epoch: status.epoch };

    let (quick, wait) = std::sync::mpsc::channel::<()>();
    let slow = world.server.app().db.write(move |_| {
        wait.recv().expect("released");
        Ok::<_, chinhchu_server::store::StoreError>(())
    });
    let rang = board.drive(Input::Rang { from, call, offer, proof: RingProof::Visual });
    let accepted = async {
        turns().await;
        board.drive(Input::Accept { from, call, offer }).await
    };
    let released = async {
        turns().await;
        turns().await;
        world.clock.advance(Duration::from_secs(25));
        quick.send(()).expect("the disk waits");
    };
    let (slow, rang, accepted, ()) = tokio::join!(slow, rang, accepted, released);
    slow.expect("written");
    rang.expect("written");
    accepted.expect("in time");
    page.until(|view| view.state == CallState::Connecting).await;
}

/// Lets the server's tasks, which run on this thread, go on until they wait.
async fn turns() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn i5_the_same_evidence_twice_at_once_gives_one_result() {
    let world = World::start().await;
    let (url, mut received) = receiver(0).await;
    add(&world, &url, &["call.result"]).await;
    let token = world.token("1", 600).await.token;
    let mut station = Workstation::available(&world, "1", "hoa").await;
    let created = world.call(&token).await;
    let mut page = Page::ready(&world, &created).await;
    let call_id = station.accept().await;
    let manifest = seal(&world, &mut station, &mut page, call_id).await;
    let both = || put(&world, &station, call_id, &manifest);
    let (one, two, three) = tokio::join!(both(), both(), both());
    assert_eq!((&one, &one), (&two, &three));
    assert_eq!(one["standing"], "counts");
    let counts = |sql: &'static str| {
        let read = move |c: &rusqlite::Connection| {
            Ok::<i64, chinhchu_server::store::StoreError>(c.query_row(sql, [], |row| row.get(0))?)
        };
        world.server.app().db.read(read)
    };
    assert_eq!(counts("SELECT count(*) FROM evidence").await.expect("count"), 1);
    assert_eq!(counts("SELECT count(*) FROM pictures WHERE assignment = 1").await.expect("count"), 2);
    assert_eq!(counts("SELECT count(*) FROM webhook_deliveries").await.expect("count"), 1);
    let result: Value = serde_json::from_slice(&received.recv().await.expect("result").1).expect("json");
    assert_eq!(result["data"]["images"].as_array().map(Vec::len), Some(4), "S16");

    // What is held: for a service credential only, and its hash is the result's.
    let path = format!("/v1/calls/{call_id}/evidence");
    let foreign = world.token("2", 600).await.token;
    let call_token = created["call_token"].as_str().expect("token");
    for (who, status) in [
        (token.as_str(), 403),
        (call_token, 403),
        (foreign.as_str(), 404),
        (&station.signed_in.session_token, 401),
    ] {
        assert_eq!(refusal(world.get(&path, who).send().await.expect("answer")).await.0, status);
    }
    let service = world.service("msale").await;
    let held: Value = world.get(&path, &service).send().await.expect("answer").json().await.expect("json");
    let text = held[0]["manifest_text"].as_str().expect("text");
    assert_eq!(held.as_array().map(Vec::len), Some(1));
    assert_eq!(hex::sha256_hex(text.as_bytes()), manifest.manifest_sha256);
    assert_eq!((&json!(manifest.manifest_sha256), &held[0]["receipt"]), (&result["manifest_sha256"], &one));
}

#[tokio::test]
async fn n4_a_company_token_reads_no_picture_and_other_credentials_open_no_agents_route() {
    let world = World::start().await;
    let token = world.token("1", 600).await.token;
    let foreign = world.token("2", 600).await.token;
    let service = world.service("msale").await;
    let station = Workstation::available(&world, "1", "hoa").await;
    let created = world.call(&token).await;
    let (id, call_token) =
        (created["call_id"].as_str().expect("id"), created["call_token"].as_str().expect("token"));
    let other = world.call(&token).await;
    let other_token = other["call_token"].as_str().expect("token");
    let session = station.signed_in.session_token.as_str();
    let image = format!("/v1/calls/{id}/images/portrait");
    let state = format!("/v1/calls/{id}");
    let events = format!("/v1/calls/{id}/events");
    let (agents_case, agents_image) =
        (format!("/v1/agent/calls/{id}"), format!("/v1/agent/calls/{id}/images/portrait"));
    for (path, who, status) in [
        (&image, token.as_str(), 403),
        (&image, &foreign, 404),
        (&image, call_token, 200),
        (&image, other_token, 404),
        (&image, &service, 200),
        (&image, session, 401),
        (&state, &foreign, 404),
        (&state, other_token, 404),
        (&state, session, 401),
        (&events, &foreign, 404),
        (&events, other_token, 404),
        (&agents_case, token.as_str(), 401),
        (&agents_case, call_token, 401),
        (&agents_case, &service, 401),
        // The agent has a sign-in, but not this call.
        (&agents_case, session, 404),
        (&agents_image, session, 404),
        (&agents_image, &service, 401),
    ] {
        let answer = world.get(path, who).send().await.expect("answer");
        assert_eq!(answer.status(), status, "{path}");
    }
    for (who, status) in [(foreign.as_str(), 404), (other_token, 404), (session, 401)] {
        let answer = world.post(&format!("{state}/cancel"), who).send().await.expect("answer");
        assert_eq!(answer.status(), status, "cancel");
    }
    for who in [token.as_str(), call_token, session] {
        let answer = world.post("/v1/companies/1/tokens", who).send().await.expect("answer");
        assert!([401, 403].contains(&answer.status().as_u16()), "only a service issues tokens");
    }
}

#[tokio::test]
async fn evidence_that_comes_after_the_call_has_ended_by_itself_is_taken_and_told_as_late() {
    let world = World::start_by_hand().await;
    let (url, mut received) = receiver(0).await;
    add(&world, &url, &["call.result", "call.ended"]).await;
    let token = world.token("1", MONTH_S).await.token;
    let mut station = Workstation::available(&world, "1", "hoa").await;
    let created = world.call(&token).await;
    let mut page = Page::ready(&world, &created).await;
    let call_id = station.accept().await;
    let manifest = seal(&world, &mut station, &mut page, call_id).await;
    world.clock.advance(Duration::from_hours(24));
    page.until(|view| view.state == CallState::Ended).await;
    let before = body_of(&world, call_id, &token).await;
    assert_eq!((&before["end_reason"], &before["verdict"]), (&json!("failed"), &Value::Null));
    let told: Value = serde_json::from_slice(&received.recv().await.expect("ended").1).expect("json");
    assert_eq!(told["type"], "call.ended");

    // The sign-in of then has expired: a new one delivers what the old one sealed. Once more a day later the
    // core has forgotten the call; it is recalled from the store.
    world.clock.advance(Duration::from_hours(48));
    let again = Workstation::sign_in(&world, "hoa").await;
    let receipt = put(&world, &again, call_id, &manifest).await;
    assert_eq!(receipt["standing"], "late");
    assert_eq!(put(&world, &again, call_id, &manifest).await, receipt, "I5");
    let after = body_of(&world, call_id, &token).await;
    assert_eq!((&after["state"], &after["end_reason"]), (&json!("ended"), &json!("failed")));
    assert_eq!(
        (&after["verdict"]["late"], &after["verdict"]["decision"]),
        (&json!(true), &json!("rejected"))
    );
    let told: Value = serde_json::from_slice(&received.recv().await.expect("result").1).expect("json");
    assert_eq!((&told["type"], &told["data"]["verdict"]["late"]), (&json!("call.result"), &json!(true)));
    assert_eq!(told["data"]["images"].as_array().map(Vec::len), Some(4), "S16");
}

#[tokio::test]
async fn after_a_reconnect_exactly_the_signals_that_were_not_acknowledged_come_again() {
    let world = World::start().await;
    let token = world.token("1", 600).await.token;
    let mut station = Workstation::available(&world, "1", "hoa").await;
    let created = world.call(&token).await;
    let mut page = Page::ready(&world, &created).await;
    let call_id = station.accept().await;
    page.until(|view| view.state == CallState::Connecting).await;
    let signal = |n: u32| Signal::Offer { connection: n, sdp: format!("v={n}") };
    for n in 1..=3 {
        page.line.send(&CallerToServer::Signal { assignment: 1, n, signal: signal(n) }).await;
    }
    let mine = Signal::Answer { connection: 1, sdp: "v=0".to_owned() };
    station.line.send(&AgentToServer::Signal { call_id, assignment: 1, n: 1, signal: mine.clone() }).await;
    assert_eq!(signals(&mut station, 3).await, [(1, signal(1)), (2, signal(2)), (3, signal(3))]);
    station.line.send(&AgentToServer::SignalAck { call_id, assignment: 1, n: 2 }).await;
    station.taken(&world).await;

    let mut station = station.reconnect(&world).await;
    assert_eq!(signals(&mut station, 1).await, [(3, signal(3))]);
    station.line.send(&AgentToServer::SignalAck { call_id, assignment: 1, n: 3 }).await;
    station.taken(&world).await;

    // The page comes back, too: it learns where its own numbers go on, and gets what it has not acknowledged.
    drop(page);
    let mut page = Page::open(&world, &created, "a").await;
    let (mut stored, mut got) = (None, None);
    while stored.is_none() || got.is_none() {
        match page.line.next::<ServerToCaller>().await.expect("open") {
            ServerToCaller::SignalAck { n, .. } => stored = Some(n),
            ServerToCaller::Signal { n, signal, .. } => got = Some((n, signal)),
            ServerToCaller::View { view, .. } => {
                assert!(!view.notices.iter().any(|notice| notice.code == NoticeCode::AgentDeclined));
            }
            ServerToCaller::Heartbeat { .. } => {}
            frame => panic!("{frame:?}"),
        }
    }
    assert_eq!((stored, got), (Some(3), Some((1, mine))));
}

async fn signals(station: &mut Workstation, count: usize) -> Vec<(u32, Signal)> {
    let mut got = Vec::new();
    while got.len() < count {
        if let ServerToAgent::Signal { n, signal, .. } = station.line.next().await.expect("open") {
            got.push((n, signal));
        }
    }
    got
}

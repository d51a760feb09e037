//! A side is lost in a call: F3, F4, the agent's side, and what becomes of its verdict. By a clock that the
//! test moves, over real sockets.

use std::time::Duration;

use chinhchu_evidence::SealedManifest;
use chinhchu_protocol::agent::{AgentActivity, AgentCase, AgentToServer, AgentView, LostSide, ServerToAgent};
use chinhchu_protocol::call::{CallState, EndReason, NoticeCode};
use chinhchu_protocol::caller::{CallerToServer, ServerToCaller};
use chinhchu_protocol::ids::CallId;
use serde_json::{Value, json};

use crate::edge_cli;
use crate::edge_webhooks::{add, receiver};
use crate::edge_world::{World, jpeg};
use crate::spine_late::body_of;
use crate::spine_seal::{manifest, sealed, upload};
use crate::spine_world::{Page, Workstation};

const STEP: Duration = Duration::from_millis(500);

/// A call with video both ways, at a clock that stands.
struct InCall {
    world: World,
    token: String,
    created: Value,
    call_id: CallId,
    page: Page,
    station: Workstation,
    /// The newest view of the workstation that came between heartbeats.
    seen: Option<AgentView>,
}

impl InCall {
    async fn start() -> Self {
        let world = World::start_by_hand().await;
        let token = world.token("1", 30 * 24 * 60 * 60).await.token;
        let mut station = Workstation::available(&world, "1", "hoa").await;
        let created = world.call(&token).await;
        let mut page = Page::ready(&world, &created).await;
        let call_id = station.accept().await;
        page.until(|view| view.state == CallState::Connecting).await;
        page_heartbeat(&world, &mut page, 1, 20).await;
        station_heartbeat(&world, &mut station, call_id, 1, 20).await;
        // The driver polls by the clock.
        world.clock.advance(STEP);
        station.until(|view| matches!(view.activity, AgentActivity::InCall { .. })).await;
        Self { world, token, created, call_id, page, station, seen: None }
    }

    fn state(&self) -> Option<CallState> {
        self.world.server.app().switchboard.snapshot().state.call(self.call_id).map(|status| status.state)
    }
}

/// Sends a heartbeat and waits until it has been taken.
async fn page_heartbeat(world: &World, page: &mut Page, assignment: u32, media_age_ms: u32) {
    page.line.send(&CallerToServer::Heartbeat { assignment, media_age_ms: Some(media_age_ms) }).await;
    page.line.send(&CallerToServer::Ping { sent_at: world.clock.now() }).await;
    while !matches!(page.line.next().await.expect("open"), ServerToCaller::Pong { .. }) {}
}

/// The same of the workstation; gives the newest view that came meanwhile.
async fn station_heartbeat(
    world: &World,
    station: &mut Workstation,
    call_id: CallId,
    assignment: u32,
    age: u32,
) -> Option<AgentView> {
    station.line.send(&AgentToServer::Heartbeat { call_id, assignment, media_age_ms: Some(age) }).await;
    station.line.send(&AgentToServer::Ping { sent_at: world.clock.now() }).await;
    let mut seen = None;
    loop {
        match station.line.next().await.expect("open") {
            ServerToAgent::Pong { .. } => return seen,
            ServerToAgent::View { view, .. } => seen = Some(view),
            _ => {}
        }
    }
}

/// The page is gone; the workstation says that media is missing for ever longer. Gives the time it took until
/// the call is in a state.
async fn without_page(call: &mut InCall, until: CallState) -> Duration {
    let began = call.world.clock.now();
    for n in 1..80 {
        call.world.clock.advance(STEP);
        let seen = station_heartbeat(&call.world, &mut call.station, call.call_id, 1, 500 * n).await;
        call.seen = seen.or(call.seen.take());
        settle(call, until).await;
        if call.state() == Some(until) {
            let ms = call.world.clock.now().ms_since(began);
            return Duration::from_millis(u64::try_from(ms).expect("later"));
        }
    }
    panic!("the call never was {until:?}");
}

/// The driver looks after the clock has moved: real time passes until it has, or the call is as awaited.
async fn settle(call: &InCall, until: CallState) {
    let began = std::time::Instant::now();
    let (board, now) = (&call.world.server.app().switchboard, call.world.clock.now());
    while call.state() != Some(until) && board.looked_at() < now {
        assert!(began.elapsed() < Duration::from_secs(5), "the driver does not look at the clock");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// F3: back within 15 s: same call, same agent, same assignment.
#[tokio::test]
async fn f3_a_page_back_in_time_has_the_same_agent() {
    let mut call = Box::pin(InCall::start()).await;
    drop(call.page);
    call.page = Page { line: crate::spine_world::Line::open(&call.world, "/v1/caller/socket", None).await };
    let lost = Box::pin(without_page(&mut call, CallState::Reconnecting)).await;
    assert!(lost <= Duration::from_secs(3), "noticed after {lost:?}");
    for n in 1..=20 {
        call.world.clock.advance(STEP);
        station_heartbeat(&call.world, &mut call.station, call.call_id, 1, 3_000 + 500 * n).await;
    }
    let mut page = Page::open(&call.world, &call.created, "a").await;
    let view = page.until(|view| view.state == CallState::InCall).await;
    assert_eq!(view.assignment.map(|assignment| assignment.n), Some(1));
    let codes: Vec<NoticeCode> = view.notices.iter().map(|notice| notice.code).collect();
    assert!(codes.contains(&NoticeCode::CallerReconnecting) && codes.contains(&NoticeCode::CallerBack));
    // The heartbeats' reader has skipped the views: a new socket of the same session is told everything.
    let mut station = call.station.reconnect(&call.world).await;
    station.until(|view| matches!(view.activity, AgentActivity::InCall { .. })).await;
}

/// F4: after 15 s the server ends the call, by its own deadline; both are told, and the agent is free.
#[tokio::test]
async fn f4_a_page_away_for_15_s_ends_the_call_and_frees_the_agent() {
    let mut call = Box::pin(InCall::start()).await;
    drop(call.page);
    call.page = Page { line: crate::spine_world::Line::open(&call.world, "/v1/caller/socket", None).await };
    let ended = Box::pin(without_page(&mut call, CallState::Ended)).await;
    assert!((15_000..=16_000).contains(&ended.as_millis()), "ended after {ended:?}");
    let mut station = call.station.reconnect(&call.world).await;
    let view = station.until(|view| matches!(view.activity, AgentActivity::WrapUp { .. })).await;
    let AgentActivity::WrapUp { ended, .. } = view.activity else { unreachable!("just matched") };
    assert_eq!(ended, Some(EndReason::CallerLost));
    let body = body_of(&call.world, call.call_id, &call.token).await;
    assert_eq!((&body["state"], &body["end_reason"]), (&json!("ended"), &json!("caller_lost")));
    let mut late = Page::open(&call.world, &call.created, "a").await;
    let told = late.until(|view| view.state == CallState::Ended).await;
    assert_eq!(told.end_reason, Some(EndReason::CallerLost));
}

/// The agent's side is lost: the caller is told, the call is first in line, another agent's verdict stands,
/// and the late verdict of the first is kept as superseded, told once and by nobody's webhook.
#[tokio::test]
async fn an_agent_lost_for_15_s_loses_the_call_and_its_late_verdict_is_kept_as_superseded() {
    let mut call = Box::pin(InCall::start()).await;
    let (url, mut received) = receiver(0).await;
    add(&call.world, &url, &["call.result"]).await;
    let lost_manifest = manifest_of(&call, &call.station, 1).await;
    let lost = call.station.signed_in.clone();
    call.station.line =
        crate::spine_world::Line::open(&call.world, "/v1/agent/socket", Some(&lost.session_token)).await;
    let mut told = false;
    for n in 1..80 {
        call.world.clock.advance(STEP);
        page_heartbeat(&call.world, &mut call.page, 1, 500 * n).await;
        settle(&call, CallState::Waiting).await;
        told |= call.state() == Some(CallState::Reconnecting);
        if call.state() == Some(CallState::Waiting) {
            break;
        }
    }
    assert!(told && call.state() == Some(CallState::Waiting), "{:?}", call.state());
    // The heartbeats' reader has skipped the views: a new page of the same device is told everything.
    call.page = Page::open(&call.world, &call.created, "a").await;
    let view = call.page.until(|view| view.state == CallState::Waiting).await;
    let codes: Vec<NoticeCode> = view.notices.iter().map(|notice| notice.code).collect();
    assert!(codes.contains(&NoticeCode::AgentReconnecting) && codes.contains(&NoticeCode::AgentLost));

    let mut second = Workstation::rung(&call.world, "1", "lan").await;
    second.accept().await;
    call.page.until(|view| view.state == CallState::Connecting).await;
    let standing_manifest = manifest_of(&call, &second, 2).await;
    assert_eq!(
        put(&call, &second.signed_in.session_token, 2, &standing_manifest).await["standing"],
        "counts"
    );
    let result: Value = serde_json::from_slice(&received.recv().await.expect("result").1).expect("json");
    assert_eq!(result["data"]["verdict"]["agent"], json!(second.signed_in.agent.agent_id));

    assert_eq!(put(&call, &lost.session_token, 1, &lost_manifest).await["standing"], "superseded");
    let body = body_of(&call.world, call.call_id, &call.token).await;
    assert_eq!(
        body["verdict"]["agent"],
        json!(second.signed_in.agent.agent_id),
        "the first one changes nothing"
    );
    let count = |c: &rusqlite::Connection| {
        let sql = "SELECT count(*) FROM webhook_deliveries";
        Ok::<i64, chinhchu_server::store::StoreError>(c.query_row(sql, [], |row| row.get(0))?)
    };
    assert_eq!(call.world.server.app().db.read(count).await.expect("count"), 1);
    let folder = call.world.folder.path();
    let story = edge_cli::json(folder, &["explain", &call.call_id.to_string()]);
    let standings: Vec<&str> = story["verdicts"]
        .as_array()
        .expect("list")
        .iter()
        .filter_map(|one| one["standing"].as_str())
        .collect();
    assert_eq!(standings, ["counts", "superseded"]);
    let text = String::from_utf8(edge_cli::run(folder, &["explain", &call.call_id.to_string()]).stdout)
        .expect("text");
    assert!(text.contains("not hoa:") && text.contains("verdict of lan"), "{text}");
    assert_eq!(edge_cli::json(folder, &["replay", "--call", &call.call_id.to_string()])["differences"], 0);
}

async fn manifest_of(call: &InCall, station: &Workstation, assignment: u32) -> SealedManifest {
    let path = format!("/v1/agent/calls/{}", call.call_id);
    let answer = call.world.get(&path, &station.signed_in.session_token).send().await.expect("answer");
    let case: AgentCase = answer.json().await.expect("case");
    sealed(&manifest(&call.world, station, &case, assignment, &jpeg()).await)
}

async fn put(call: &InCall, token: &str, assignment: u32, sealed: &SealedManifest) -> Value {
    let (url, call_id) = (&call.world.url, call.call_id);
    let url = format!("{url}/v1/agent/calls/{call_id}/assignments/{assignment}/evidence");
    let request = call.world.client.put(url).bearer_auth(token);
    request.multipart(upload(sealed, &jpeg())).send().await.expect("answer").json().await.expect("json")
}

/// Who is away is told to the other side.
#[tokio::test]
async fn the_agent_sees_who_is_away_and_until_when() {
    let mut call = Box::pin(InCall::start()).await;
    drop(call.page);
    call.page = Page { line: crate::spine_world::Line::open(&call.world, "/v1/caller/socket", None).await };
    Box::pin(without_page(&mut call, CallState::Reconnecting)).await;
    let away = |view: &AgentView| match view.activity {
        AgentActivity::Reconnecting { lost, deadline, .. } => Some((lost, deadline)),
        _ => None,
    };
    let seen = call.seen.as_ref().and_then(away);
    let told = match seen {
        Some(told) => told,
        None => away(&call.station.until(|view| away(view).is_some()).await).expect("just seen"),
    };
    let (lost, deadline) = told;
    assert_eq!(lost, LostSide::Caller);
    assert!(deadline > call.world.clock.now());
}

/// A sign-in whose time runs out in a call ends with the call: after a break of its socket, and after a restart
/// of the server, the agent has the call again, with its case and pictures.
#[tokio::test]
async fn a_sign_in_that_expires_in_a_call_gets_its_call_back_until_the_call_is_over() {
    let mut call = Box::pin(InCall::start()).await;
    let session = call.station.signed_in.session_id;
    let sql = "UPDATE agent_sessions SET expires_ms = ?2 WHERE session_id = ?1";
    let over = call.world.clock.now().ms();
    let expire = move |tx: &rusqlite::Transaction<'_>| {
        Ok::<_, chinhchu_server::store::StoreError>(tx.execute(sql, (session.0.as_bytes(), over))?)
    };
    assert_eq!(call.world.server.app().db.write(expire).await.expect("written"), 1);
    drop((call.page, call.station.line));
    for _ in 0..2 {
        call.world = call.world.restart().await;
        let mut station = Workstation::again(&call.world, call.station.signed_in.clone()).await;
        station
            .until(|view| {
                matches!(view.activity, AgentActivity::InCall { .. } | AgentActivity::Reconnecting { .. })
            })
            .await;
        let token = call.station.signed_in.session_token.as_str();
        let case = format!("/v1/agent/calls/{}", call.call_id);
        for (path, status) in
            [(case.as_str(), 200), (&format!("{case}/images/portrait"), 200), ("/v1/agent/me", 401)]
        {
            let answer = call.world.get(path, token).send().await.expect("answer");
            assert_eq!(answer.status(), status, "{path}");
        }
    }
    let token = call.token.clone();
    let cancelled = call.world.post(&format!("/v1/calls/{}/cancel", call.call_id), &token).send().await;
    assert!(cancelled.expect("answer").status().is_success());
    let case = format!("/v1/agent/calls/{}", call.call_id);
    let answer = call.world.get(&case, &call.station.signed_in.session_token).send().await.expect("answer");
    assert_eq!(answer.status(), 401, "over with its call");
}

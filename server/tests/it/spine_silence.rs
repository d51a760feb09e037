//! Heartbeats both ways, and sockets that say nothing more.

use std::time::{Duration, Instant};

use chinhchu_protocol::agent::{AgentActivity, AgentToServer, ServerToAgent};
use chinhchu_protocol::call::CallState;
use chinhchu_protocol::caller::{CallerToServer, ServerToCaller};
use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::signal::Signal;
use rusqlite::Connection;
use serde_json::Value;

use crate::edge_world::World;
use crate::spine_world::{Page, Workstation};

/// A call with video both ways.
struct InCall {
    call_id: CallId,
    created: Value,
    page: Page,
    station: Workstation,
}

impl InCall {
    async fn start(world: &World) -> Self {
        let token = world.token("1", 600).await.token;
        let mut station = Workstation::available(world, "1", "hoa").await;
        let created = world.call(&token).await;
        let mut page = Page::ready(world, &created).await;
        let call_id = station.accept().await;
        page.until(|view| view.state == CallState::Connecting).await;
        let mut call = Self { call_id, created, page, station };
        call.heartbeats(Some(20), Some(20)).await;
        call.station.until(|view| matches!(view.activity, AgentActivity::InCall { .. })).await;
        call
    }

    /// What page and workstation report of each other's media.
    async fn heartbeats(&mut self, by_page: Option<u32>, by_station: Option<u32>) {
        self.page.line.send(&CallerToServer::Heartbeat { assignment: 1, media_age_ms: by_page }).await;
        self.agents_heartbeat(by_station).await;
    }

    async fn agents_heartbeat(&mut self, media_age_ms: Option<u32>) {
        let call_id = self.call_id;
        self.station.line.send(&AgentToServer::Heartbeat { call_id, assignment: 1, media_age_ms }).await;
    }
}

async fn heard_by_page(page: &mut Page) -> Option<u32> {
    loop {
        if let ServerToCaller::Heartbeat { assignment: 1, media_age_ms, .. } =
            page.line.next().await.expect("open")
        {
            return media_age_ms;
        }
    }
}

async fn heard_by_station(station: &mut Workstation) -> Option<u32> {
    loop {
        if let ServerToAgent::Heartbeat { assignment: 1, media_age_ms, .. } =
            station.line.next().await.expect("open")
        {
            return media_age_ms;
        }
    }
}

/// Each end hears every half second how old its own media is at the other end.
#[tokio::test]
async fn each_end_learns_how_old_its_own_media_is_at_the_other() {
    let world = World::start().await;
    let mut call = Box::pin(InCall::start(&world)).await;
    call.heartbeats(Some(40), Some(1_500)).await;
    let (at_station, at_page) = loop {
        let both = (heard_by_page(&mut call.page).await, heard_by_station(&mut call.station).await);
        if both.0.is_some_and(|age| age >= 1_500) {
            break both;
        }
    };
    assert!(at_station.is_some_and(|age| (1_500..4_000).contains(&age)), "the page's media: {at_station:?}");
    assert!(at_page.is_some_and(|age| age < 2_100), "the workstation's media: {at_page:?}");

    // An end that reports nothing for 2 s says nothing.
    let began = Instant::now();
    call.agents_heartbeat(Some(20)).await;
    while heard_by_page(&mut call.page).await.is_none_or(|age| age > 1_000) {}
    while heard_by_page(&mut call.page).await.is_some() {
        call.page.line.send(&CallerToServer::Heartbeat { assignment: 1, media_age_ms: Some(0) }).await;
    }
    assert!(began.elapsed() > Duration::from_secs(1), "not before 2 s of silence");
    // The other way goes on; frames from before may still lie in the socket.
    for _ in 0..30 {
        call.page.line.send(&CallerToServer::Heartbeat { assignment: 1, media_age_ms: Some(0) }).await;
        if heard_by_station(&mut call.station).await.is_some() {
            return;
        }
    }
    panic!("the other way does not go on");
}

/// F3: a page whose machine is gone leaves its socket open. In a call that is noticed after 3 s.
#[tokio::test]
async fn f3_a_page_that_says_nothing_in_a_call_is_noticed() {
    let world = World::start().await;
    let mut call = Box::pin(InCall::start(&world)).await;
    // Before the page's last words.
    let began = Instant::now();
    call.heartbeats(Some(20), Some(20)).await;
    let connected = |world: &World, id| {
        world.server.app().switchboard.snapshot().state.call(id).is_some_and(|status| status.caller_connected)
    };
    assert!(connected(&world, call.call_id));
    // The test does not read the page's socket any more: no pongs, no frames.
    while connected(&world, call.call_id) {
        assert!(began.elapsed() < Duration::from_secs(12), "not noticed");
        call.agents_heartbeat(Some(20)).await;
        heard_by_station(&mut call.station).await;
    }
    assert!(began.elapsed() > Duration::from_millis(2_500), "too early: {:?}", began.elapsed());
    // Its media still comes: the call goes on (I8).
    let status = world.server.app().switchboard.snapshot().state.call(call.call_id);
    assert_eq!(status.map(|status| status.state), Some(CallState::InCall));
}

/// The page pings, and is answered.
#[tokio::test]
async fn a_page_that_pings_gets_its_time_back() {
    let world = World::start().await;
    let token = world.token("1", 600).await.token;
    let created = world.call(&token).await;
    let mut page = Page::open(&world, &created, "a").await;
    let sent_at = world.clock.now();
    page.line.send(&CallerToServer::Ping { sent_at }).await;
    loop {
        if let ServerToCaller::Pong { sent_at: back, now } = page.line.next().await.expect("open") {
            assert_eq!(back, sent_at);
            assert!(now >= sent_at);
            return;
        }
    }
}

/// A ghost: the old page of a call sends on after a newer one has connected.
#[tokio::test]
async fn an_older_page_of_the_call_signals_nothing() {
    let world = World::start().await;
    let mut call = Box::pin(InCall::start(&world)).await;
    let mut newer = Page::open(&world, &call.created, "a").await;
    newer.until(|view| view.state == CallState::InCall).await;
    // Both frames may reach the server before it has closed the old socket; neither counts.
    let ghost = Signal::Offer { connection: 7, sdp: "v=ghost".to_owned() };
    let frame = CallerToServer::Signal { assignment: 1, n: 1, signal: ghost };
    call.page.line.try_send(&frame).await;
    let own = Signal::Offer { connection: 1, sdp: "v=own".to_owned() };
    newer.line.send(&CallerToServer::Signal { assignment: 1, n: 1, signal: own.clone() }).await;
    loop {
        if let ServerToAgent::Signal { signal, .. } = call.station.line.next().await.expect("open") {
            assert_eq!(signal, own);
            break;
        }
    }
}

/// I9: addresses lie sealed.
#[tokio::test]
async fn i9_signals_lie_sealed_in_the_store() {
    let world = World::start().await;
    let mut call = Box::pin(InCall::start(&world)).await;
    let candidate = "candidate:1 1 udp 1 192.0.2.17 5000 typ host".to_owned();
    let signal = Signal::Candidate { connection: 1, candidate, sdp_mid: None, sdp_m_line_index: Some(0) };
    call.page.line.send(&CallerToServer::Signal { assignment: 1, n: 1, signal: signal.clone() }).await;
    while !matches!(
        call.page.line.next::<ServerToCaller>().await.expect("open"),
        ServerToCaller::SignalAck { n: 1, .. }
    ) {}
    let bodies = |c: &Connection| {
        let mut statement = c.prepare("SELECT body_sealed FROM mailbox")?;
        let rows = statement.query_map([], |row| row.get::<_, Vec<u8>>(0))?;
        Ok::<_, chinhchu_server::store::StoreError>(rows.collect::<Result<Vec<_>, _>>()?)
    };
    let bodies = world.server.app().db.read(bodies).await.expect("read");
    assert_eq!(bodies.len(), 1);
    assert!(!bodies[0].windows(9).any(|part| part == b"192.0.2.1"), "stored readable");
    loop {
        if let ServerToAgent::Signal { signal: came, .. } = call.station.line.next().await.expect("open") {
            assert_eq!(came, signal);
            break;
        }
    }
}

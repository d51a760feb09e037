//! Whether the person before the page is still the same: device and DTLS fingerprint.

use chinhchu_protocol::agent::{AgentActivity, AgentToServer, AgentView};
use chinhchu_protocol::call::CallState;
use chinhchu_protocol::caller::{CallerToServer, ServerToCaller};
use chinhchu_protocol::signal::Signal;

use crate::edge_cli;
use crate::edge_world::World;
use crate::spine_world::{Page, Workstation};

fn compares_again(view: &AgentView) -> bool {
    match &view.activity {
        AgentActivity::Connecting { call }
        | AgentActivity::InCall { call, .. }
        | AgentActivity::Reconnecting { call, .. } => call.compare_again,
        AgentActivity::Available { .. }
        | AgentActivity::Paused { .. }
        | AgentActivity::Ringing { .. }
        | AgentActivity::WrapUp { .. } => false,
    }
}

async fn offers(page: &mut Page, n: u32, fingerprint: &str) {
    let sdp = format!("v=0\r\na=fingerprint:sha-256 {fingerprint}\r\n");
    let signal = Signal::Offer { connection: n, sdp };
    page.line.send(&CallerToServer::Signal { assignment: 1, n, signal }).await;
    loop {
        match page.line.next::<ServerToCaller>().await.expect("open") {
            ServerToCaller::SignalAck { n: stored, .. } if stored >= n => return,
            _ => {}
        }
    }
}

/// Another certificate than that of the call's first offer: the agent compares again, also after a restart.
#[tokio::test]
async fn another_dtls_fingerprint_makes_the_agent_compare_again_until_he_says_so() {
    let world = World::start().await;
    let token = world.token("1", 600).await.token;
    let mut station = Workstation::available(&world, "1", "hoa").await;
    let created = world.call(&token).await;
    let mut page = Page::ready(&world, &created).await;
    let call_id = station.accept().await;
    page.until(|view| view.state == CallState::Connecting).await;
    let changed = |world: &World| {
        let status = world.server.app().switchboard.snapshot().state.call(call_id);
        status.and_then(|status| status.assignment).is_some_and(|live| live.compare_again)
    };
    offers(&mut page, 1, "AA:BB").await;
    offers(&mut page, 2, "aa:bb").await;
    assert!(!changed(&world), "the same fingerprint");

    drop((page, station.line));
    let world = world.restart().await;
    let mut page = Page::open(&world, &created, "a").await;
    let mut station = Workstation::again(&world, station.signed_in).await;
    offers(&mut page, 3, "AA:BB").await;
    assert!(!changed(&world), "the same fingerprint after a restart");
    offers(&mut page, 4, "CC:DD").await;
    station.until(compares_again).await;
    station.line.send(&AgentToServer::Compared { call_id, assignment: 1, change: 1 }).await;
    station.until(|view| !compares_again(view)).await;
    offers(&mut page, 5, "CC:DD").await;
    assert!(!changed(&world), "an ICE restart of the page that was compared");
    // The next change may overtake what the agent says of the one before.
    offers(&mut page, 6, "EE:FF").await;
    offers(&mut page, 7, "AA:BB").await;
    station.line.send(&AgentToServer::Compared { call_id, assignment: 1, change: 2 }).await;
    station.line.send(&AgentToServer::Compared { call_id, assignment: 1, change: 3 }).await;
    station.until(|view| !compares_again(view)).await;
}

/// A page without the first page's device secret may be another person.
#[tokio::test]
async fn a_page_on_another_device_makes_the_agent_compare_again() {
    let world = World::start().await;
    let token = world.token("1", 600).await.token;
    let mut station = Workstation::available(&world, "1", "hoa").await;
    let created = world.call(&token).await;
    let mut page = Page::ready(&world, &created).await;
    let call_id = station.accept().await;
    page.until(|view| view.state == CallState::Connecting).await;
    let mut other = Page::open(&world, &created, "b").await;
    other.until(|view| view.state == CallState::Connecting).await;
    station.until(compares_again).await;
    // That device stays the call's: its next page changes nothing.
    let changes = |world: &World| {
        let status = world.server.app().switchboard.snapshot().state.call(call_id);
        status.and_then(|status| status.assignment).map(|live| live.changes)
    };
    assert_eq!(changes(&world), Some(1));
    let mut again = Page::open(&world, &created, "b").await;
    again.until(|view| view.state == CallState::Connecting).await;
    assert_eq!(changes(&world), Some(1));
    // The replaced load, whose network was away for a while, does not take the call back by itself.
    let mut late = Page::open(&world, &created, "a").await;
    assert_eq!(late.line.next::<ServerToCaller>().await, Some(ServerToCaller::Replaced));
    assert_eq!(changes(&world), Some(1));
    while !matches!(page.line.next::<ServerToCaller>().await, Some(ServerToCaller::Replaced) | None) {}
}

/// Two people open the link at the same moment: whoever is second is another device, and never both the first.
#[tokio::test]
async fn of_two_devices_that_connect_at_the_same_moment_one_is_the_other() {
    let world = World::start().await;
    let token = world.token("1", 600).await.token;
    for round in 0..8 {
        let created = world.call(&token).await;
        let open = async |device: &str| {
            let mut page = Page::open(&world, &created, device).await;
            // Whichever it is told first: it has been counted.
            page.line.next::<ServerToCaller>().await.expect("an answer");
            page
        };
        let (mut first, mut second) = tokio::join!(open("a"), open("b"));
        let call = created["call_id"].as_str().expect("id");
        let told = edge_cli::json(world.folder.path(), &["explain", call]);
        let facts = told["facts"].as_array().expect("facts");
        let connected: Vec<bool> = facts
            .iter()
            .filter(|fact| fact["event"] == "caller_connected")
            .map(|fact| fact["other_device"] == true)
            .collect();
        assert_eq!(connected, [false, true], "round {round}: {facts:?}");
        // One of them has the call.
        first.line.try_send(&CallerToServer::HangUp).await;
        second.line.try_send(&CallerToServer::HangUp).await;
        let is_replaced = async |page: &mut Page| loop {
            match page.line.next::<ServerToCaller>().await {
                Some(ServerToCaller::View { view, .. }) if view.end_reason.is_some() => return false,
                Some(ServerToCaller::Replaced) | None => return true,
                Some(_) => {}
            }
        };
        let replaced = (is_replaced(&mut first).await, is_replaced(&mut second).await);
        assert_ne!(replaced.0, replaced.1, "round {round}");
    }
}

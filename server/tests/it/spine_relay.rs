//! TURN: credentials of one end of one assignment.

use std::time::Duration;

use chinhchu_protocol::agent::AgentActivity;
use chinhchu_protocol::call::CallState;
use chinhchu_protocol::signal::IceServer;
use chinhchu_server::config::{Turn, TurnSecret};

use crate::edge_world::World;
use crate::spine_world::{Page, Workstation};

const URL: &str = "turn:127.0.0.1:3478?transport=udp";

async fn of_page(page: &mut Page) -> IceServer {
    let view = page.until(|view| view.state == CallState::Connecting).await;
    view.assignment.expect("assignment").ice_servers.remove(0)
}

async fn of_station(station: &mut Workstation) -> IceServer {
    let view = station.until(|view| matches!(view.activity, AgentActivity::Connecting { .. })).await;
    let AgentActivity::Connecting { mut call } = view.activity else { panic!("{:?}", view.activity) };
    call.ice_servers.remove(0)
}

#[tokio::test]
async fn each_end_gets_a_relay_credential_of_its_own_that_stays_over_a_reconnect() {
    let turn = Turn {
        urls: vec![URL.to_owned()],
        secret: TurnSecret::new("0123456789abcdef".to_owned()),
        ttl: Duration::from_mins(1),
    };
    let world = World::start_with(|config| config.ice.turn = Some(turn)).await;
    let token = world.token("1", 600).await.token;
    let mut station = Workstation::available(&world, "1", "hoa").await;
    let created = world.call(&token).await;
    let mut page = Page::ready(&world, &created).await;
    station.accept().await;
    let (at_page, at_station) = (of_page(&mut page).await, of_station(&mut station).await);
    assert_eq!(
        (at_page.urls.as_slice(), at_station.urls.as_slice()),
        (&[URL.to_owned()][..], &[URL.to_owned()][..])
    );
    assert_ne!(at_page.username, at_station.username);
    let (name, now_s) = (at_page.username.clone().expect("name"), world.clock.now().ms() / 1_000);
    let expiry: i64 = name.split(':').next().and_then(|text| text.parse().ok()).expect("expiry");
    assert!(
        (2_380..=2_400).contains(&(expiry - now_s)),
        "30 min of call and 10 of margin: {}",
        expiry - now_s
    );

    let mut again = Page::open(&world, &created, "a").await;
    assert_eq!(of_page(&mut again).await, at_page);
    let mut station = station.reconnect(&world).await;
    assert_eq!(of_station(&mut station).await, at_station);
}

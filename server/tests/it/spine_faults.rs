//! What the switchboard and its sockets do when something fails, or when somebody means harm.

use chinhchu_protocol::call::CallState;
use chinhchu_protocol::ids::CallId;
use chinhchu_routing::{AgentSocket, CallerSocket, Event, Input};
use chinhchu_server::store::StoreError;
use chinhchu_server::switchboard::{DriveError, Switchboard};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_util::sync::CancellationToken;

use crate::edge_world::World;
use crate::spine_world::{Page, Workstation};

#[tokio::test]
async fn i6_a_commit_that_fails_because_the_log_went_on_folds_it_again_with_its_calls() {
    let world = World::start().await;
    let app = world.server.app();
    let token = world.token("1", 600).await.token;
    let created = world.call(&token).await;
    let call: CallId = created["call_id"].as_str().expect("id").parse().expect("id");

    // Another switchboard on the same store takes the call on.
    let stop = CancellationToken::new();
    let other = Switchboard::start(app.db.clone(), app.keys.clone(), app.clock.clone(), stop.clone());
    let (other, task) = other.await.expect("starts");
    let done = other.drive(Input::CallerConnected { call, same_device: true }).await.expect("connected");
    let epoch = done.facts.iter().find_map(|fact| match fact.event {
        Event::CallerConnected { epoch, .. } => Some(epoch),
        _ => None,
    });
    let from = CallerSocket { call, epoch: epoch.expect("epoch") };
    other.drive(Input::CallerReady { from }).await.expect("ready");
    stop.cancel();
    task.await.expect("stops");

    let again = Input::CallerConnected { call, same_device: true };
    let refused = app.switchboard.drive(again.clone()).await;
    assert!(matches!(refused, Err(DriveError::NotWritten(_))), "{refused:?}");
    let body = app.switchboard.call_body(call).await.expect("read").expect("body");
    assert_eq!(body.state, CallState::Waiting, "the row is that of the log");
    app.switchboard.drive(again).await.expect("goes on");
    let mut page = Page::open(&world, &created, "a").await;
    page.until(|view| view.state == CallState::Waiting).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_that_goes_while_the_queue_is_full_is_not_forgotten() {
    let world = World::start().await;
    let app = world.server.app();
    let token = world.token("1", 600).await.token;
    let created = world.call(&token).await;
    let call: CallId = created["call_id"].as_str().expect("id").parse().expect("id");
    let station = Workstation::available(&world, "1", "hoa").await;
    let agent = station.signed_in.agent.agent_id;
    let from = AgentSocket { agent, session: station.signed_in.session_id, epoch: 1 };

    // The disk stands still.
    let (release, released) = std::sync::mpsc::channel::<()>();
    let (stand, stands) = tokio::sync::oneshot::channel();
    let db = app.db.clone();
    let blocked = tokio::spawn(async move {
        db.write(move |_| {
            stand.send(()).expect("awaited");
            released.recv().expect("released");
            Ok::<_, StoreError>(())
        })
        .await
    });
    stands.await.expect("it stands before the first input");
    let mut waiting = Vec::new();
    let full = loop {
        let switchboard = app.switchboard.clone();
        let input = Input::CallerConnected { call, same_device: true };
        let mut one = tokio::spawn(async move { switchboard.drive(input).await });
        tokio::select! {
            biased;
            answer = &mut one => break answer.expect("task"),
            () = tokio::task::yield_now() => waiting.push(one),
        }
        if let Some(done) = waiting.iter().position(tokio::task::JoinHandle::is_finished) {
            break waiting.swap_remove(done).await.expect("task");
        }
    };
    assert!(matches!(full, Err(DriveError::Full)), "{full:?}");
    let leaves = tokio::spawn({
        let (switchboard, last_heard) = (app.switchboard.clone(), app.clock.now());
        async move { switchboard.leave(Input::AgentDisconnected { from, last_heard }).await }
    });
    release.send(()).expect("the disk goes on");
    blocked.await.expect("task").expect("written");
    leaves.await.expect("left");
    let standing = app.switchboard.snapshot().state.agent(agent).and_then(|status| status.session);
    assert!(!standing.expect("signed in").connected);
}

#[tokio::test]
async fn a_page_of_another_site_opens_neither_socket() {
    let world = World::start().await;
    let station = Workstation::available(&world, "1", "hoa").await;
    for (path, origin, opens) in [
        ("/v1/caller/socket", "https://evil.example", false),
        ("/v1/agent/socket", "https://evil.example", false),
        ("/v1/caller/socket", "null", false),
        ("/v1/caller/socket", world.url.as_str(), true),
        ("/v1/agent/socket", world.url.as_str(), true),
    ] {
        let url = format!("{}{path}", world.url.replace("http://", "ws://"));
        let mut request = url.into_client_request().expect("request");
        request.headers_mut().insert("origin", origin.parse().expect("header"));
        let token = format!("Bearer {}", station.signed_in.session_token);
        request.headers_mut().insert("authorization", token.parse().expect("header"));
        match connect_async(request).await {
            Ok(_) => assert!(opens, "{path} from {origin}"),
            Err(Error::Http(answer)) => assert!(!opens && answer.status() == 403, "{path} from {origin}"),
            Err(error) => panic!("{error}"),
        }
    }
}

//! The wallboard: lines and agents as they stand now, for those who may see them.

use std::time::Duration;

use chinhchu_protocol::agent::{AgentToServer, WantedStatus};
use chinhchu_protocol::console::live::Wallboard;
use chinhchu_protocol::console::people::Role;
use chinhchu_server::store::StoreError;
use serde_json::{Value, json};

use crate::console_story::{Events, employ, refused, verdict, waiting};
use crate::console_world::Console;
use crate::edge_world::World;
use crate::spine_world::{Workstation, add_agent};

const PATH: &str = "/v1/console/wallboard";

async fn board(person: &Console) -> Wallboard {
    let shown: Value = person.read(PATH).await;
    serde_json::from_value(shown).expect("a wallboard")
}

/// The board once it has come to what is expected.
async fn board_until(person: &Console, fits: impl Fn(&Wallboard) -> bool) -> Wallboard {
    let read = |shown: &Value| serde_json::from_value::<Wallboard>(shown.clone()).expect("a wallboard");
    let mut events = Events::open(person, &format!("{PATH}/events"), None).await;
    read(&events.until(|shown| fits(&read(shown))).await)
}

fn kinds(board: &Wallboard) -> Vec<String> {
    let alarms = serde_json::to_value(&board.alarms).expect("json");
    let kinds = alarms.as_array().expect("list").iter().filter_map(|one| one["kind"].as_str());
    kinds.map(str::to_owned).collect()
}

/// C1: the calls of companies 1 and 4 wait in one line, that of company 1's agents.
#[tokio::test]
async fn lines_agents_and_alarms_are_shown_and_follow_what_happens() {
    let world = World::start().await;
    let lead = world.person(Role::TeamLead, &["1"], None).await;
    let (first, _page) = waiting(&world, "1").await;
    let (second, _other) = waiting(&world, "4").await;
    let shown = board_until(&lead, |board| {
        board.pools.first().is_some_and(|pool| pool.calls.waiting == 2 && pool.today.offered == 2)
    })
    .await;
    let pool = &shown.pools[0];
    assert_eq!((shown.pools.len(), pool.company.0.as_str()), (1, "1"));
    assert_eq!(pool.homes.iter().map(|home| home.0.as_str()).collect::<Vec<_>>(), ["1", "4", "6"]);
    assert_eq!(pool.oldest.iter().map(|one| one.call_id).collect::<Vec<_>>(), [first, second]);
    assert!(pool.oldest[0].since <= pool.oldest[1].since);
    assert_eq!((pool.line.expect("own").depth, pool.today.answered), (2, 0));
    assert_eq!(kinds(&shown), ["nobody_on_duty"]);

    // An agent comes, paused: nobody works still. Then it is available, and one call rings.
    add_agent(&world, "1", "hoa").await;
    let mut station = Workstation::sign_in(&world, "hoa").await;
    station
        .line
        .send(&AgentToServer::SetStatus { status: WantedStatus::Paused { reason: "lunch".into() } })
        .await;
    let shown =
        board_until(&lead, |board| board.agents.iter().any(|agent| agent.reason.as_deref() == Some("lunch")))
            .await;
    let alarm = serde_json::to_value(&shown.alarms[0]).expect("json");
    assert_eq!((&alarm["kind"], &alarm["paused"]), (&json!("nobody_on_duty"), &json!(1)));
    station.line.send(&AgentToServer::SetStatus { status: WantedStatus::Available }).await;
    let (ringing, offer) = station.ring().await;
    assert_eq!(ringing, first, "I4");
    let shown = board_until(&lead, |board| board.pools[0].agents.ringing == 1).await;
    assert_eq!((shown.pools[0].calls.offering, shown.pools[0].calls.waiting), (1, 1));
    assert_eq!((shown.agents[0].username.as_str(), shown.agents[0].call_id), ("hoa", Some(first)));
    assert_eq!(kinds(&shown), [""; 0]);
    station.line.send(&AgentToServer::Accept { call_id: first, offer }).await;
    let shown =
        board_until(&lead, |board| board.pools[0].agents.on_call == 1 && board.pools[0].now.answered == 1)
            .await;
    let now = &shown.pools[0].now;
    assert_eq!((now.offered, now.answered_within, now.within_s), (2, 1, 20));
    assert_eq!((now.level_per_mille, now.level_patient_per_mille), (Some(500), Some(500)));
}

/// Both definitions (C4): who hangs up within the time counts in the one and not in the other.
#[tokio::test]
async fn the_service_level_is_told_by_both_definitions_and_verdicts_are_counted() {
    let world = World::start().await;
    let auditor = world.person(Role::Auditor, &[], None).await;
    let mut station = Workstation::available(&world, "1", "hoa").await;
    Box::pin(verdict(&world, &mut station, "1")).await;
    let token = world.token("6", 600).await.token;
    let created = world.call(&token).await;
    let mut page = crate::spine_world::Page::ready(&world, &created).await;
    page.until(|view| view.queue.is_some()).await;
    let cancel = format!("/v1/calls/{}/cancel", created["call_id"].as_str().expect("id"));
    assert_eq!(world.post(&cancel, &token).send().await.expect("answer").status(), 200);
    let shown = board_until(&auditor, |board| board.pools[0].today.abandoned == 1).await;
    let today = &shown.pools[0].today;
    assert_eq!((today.offered, today.answered, today.abandoned_within, today.no_agent), (2, 1, 1, 0));
    assert_eq!((today.level_per_mille, today.level_patient_per_mille), (Some(500), Some(1_000)));
    assert_eq!((today.confirmed, today.rejected), (0, 1));
    assert_eq!(shown.pools.len(), 6, "one per company that serves");
    assert!(shown.agents.iter().any(|agent| agent.username == "hoa"));
}

/// A user of one company or partner gets nothing of another's.
#[tokio::test]
async fn each_scope_sees_its_own_lines_agents_and_figures_only() {
    let world = World::start().await;
    let mut own = Workstation::available(&world, "1", "hoa").await;
    let other = Workstation::available(&world, "2", "lan").await;
    employ(&world, own.signed_in.agent.agent_id, "Alpha").await;
    let (call, _page) = waiting(&world, "4").await;
    let (ringing, _) = own.ring().await;
    assert_eq!(ringing, call);
    let (_, _elsewhere) = waiting(&world, "2").await;

    let home = world.person(Role::TeamLead, &["4"], None).await;
    let shown =
        board_until(&home, |board| board.pools.first().is_some_and(|pool| pool.today.offered == 1)).await;
    assert_eq!((shown.pools.len(), shown.pools[0].company.0.as_str(), shown.agents.len()), (1, "1", 0));
    assert_eq!(shown.pools[0].homes.len(), 1, "other homes of the line are not its");
    assert_eq!((shown.pools[0].calls.offering, shown.pools[0].line), (1, None));

    let alpha = world.person(Role::TeamLead, &[], Some("Alpha")).await;
    let shown = board_until(&alpha, |board| board.pools.iter().any(|pool| pool.calls.offering == 1)).await;
    assert_eq!(shown.agents.iter().map(|agent| agent.username.as_str()).collect::<Vec<_>>(), ["hoa"]);
    let of = |company: &str| shown.pools.iter().find(|pool| pool.company.0 == company).expect("a pool");
    assert_eq!((of("1").today.offered, of("2").today.offered, of("2").calls.offering), (1, 0, 0));

    let beta = world.person(Role::TeamLead, &[], Some("Beta")).await;
    let shown = board(&beta).await;
    assert!(shown.agents.is_empty());
    assert!(shown.pools.iter().all(|pool| pool.today.offered == 0 && pool.calls.offering == 0));
    let two = world.person(Role::Supervisor, &["2"], None).await;
    let text = two.read(PATH).await.to_string();
    assert!(!text.contains(&call.to_string()) && !text.contains("hoa") && text.contains("lan"));
    drop(other);
}

/// Resumable, only on change, at most one a second, and over with the session.
#[tokio::test]
async fn events_come_on_change_are_resumed_by_their_id_and_end_with_the_session() {
    let world = World::start().await;
    let lead = world.person(Role::TeamLead, &["1"], None).await;
    let path = format!("{PATH}/events");
    let mut events = Events::open(&lead, &path, None).await;
    let (id, first) = events.next().await.expect("the picture of now");
    assert_eq!(first["pools"][0]["calls"]["waiting"], 0);
    // Nothing has happened: a stream that is resumed there says nothing until something does.
    let mut resumed = Events::open(&lead, &path, Some(&id)).await;
    let quiet = tokio::time::timeout(Duration::from_millis(2_500), resumed.next()).await;
    assert!(quiet.is_err(), "{quiet:?}");
    let (call, _page) = waiting(&world, "1").await;
    for events in [&mut events, &mut resumed] {
        let shown = events.until(|board| board["pools"][0]["calls"]["waiting"] == 1).await;
        assert_eq!(shown["pools"][0]["oldest"][0]["call_id"], json!(call));
    }
    // One picture at most in each second of the server.
    let mut seconds = Vec::new();
    for _ in 0..3 {
        let (_, _page) = waiting(&world, "1").await;
        let (_, shown) = events.next().await.expect("a change");
        seconds.push(shown["at"].as_str().expect("time")[..19].to_owned());
    }
    let mut distinct = seconds.clone();
    distinct.dedup();
    assert_eq!(distinct, seconds);

    let ended = world.server.app().db.write(|tx| {
        let sql = "UPDATE person_sessions SET ended_ms = created_ms, end_reason = 'forced'";
        Ok::<_, StoreError>(tx.execute(sql, [])?)
    });
    assert_eq!(ended.await.expect("written"), 1);
    while events.next().await.is_some() {}
    assert_eq!(refused(&lead, &path).await, (401, "session_over".to_owned()));
}

#[tokio::test]
async fn who_has_no_right_or_no_session_gets_no_wallboard() {
    let world = World::start().await;
    let answer = world.client.get(format!("{}{PATH}", world.url)).send().await.expect("answer");
    assert_eq!(crate::edge_world::refusal(answer).await.1, "session_missing");
}

/// One picture a second for all who watch, whatever they may see of it.
#[tokio::test(flavor = "multi_thread")]
async fn fifty_watchers_share_the_picture_of_each_second() {
    let world = World::start().await;
    let scopes: [(&[&str], Option<&str>); 5] =
        [(&[], None), (&["1"], None), (&["2", "3"], None), (&["4"], None), (&[], Some("Alpha"))];
    let mut watchers = Vec::new();
    for (companies, partner) in scopes {
        let person = world.person(Role::TeamLead, companies, partner).await;
        for _ in 0..10 {
            watchers.push(Events::open(&person, &format!("{PATH}/events"), None).await);
        }
    }
    for watcher in &mut watchers {
        watcher.next().await.expect("the picture of now");
    }
    let (before, began) = (world.server.app().console.wall.pictures(), world.clock.now());
    let (call, _page) = waiting(&world, "4").await;
    // Those who may see the call are told, thirty watchers in all. A partner's people see how long the line is that
    // their agents work on, not whose call it is; who sees neither company has nothing new.
    let sees = |n: usize| n < 20 || (30..40).contains(&n);
    let works_on_it = |n: usize| n >= 40;
    for (_, watcher) in watchers.iter_mut().enumerate().filter(|(n, _)| sees(*n)) {
        let shown = watcher.until(|board| board["pools"][0]["oldest"][0]["call_id"] == json!(call)).await;
        assert_eq!(shown["pools"][0]["company"], "1");
    }
    for (_, watcher) in watchers.iter_mut().enumerate().filter(|(n, _)| works_on_it(*n)) {
        let shown = watcher.until(|board| board["pools"][0]["line"]["depth"] == json!(1)).await;
        assert_eq!(shown["pools"][0]["oldest"], json!([]));
    }
    let (pictures, ms) =
        (world.server.app().console.wall.pictures() - before, world.clock.now().ms_since(began));
    assert!(i64::try_from(pictures).expect("few") <= ms / 1_000 + 2, "{pictures} pictures in {ms} ms");
    for (_, watcher) in watchers.iter_mut().enumerate().filter(|(n, _)| !sees(*n) && !works_on_it(*n)) {
        let quiet = tokio::time::timeout(Duration::from_millis(20), watcher.next()).await;
        assert!(quiet.is_err(), "{quiet:?}");
    }
}

/// What needs somebody to look: evidence that did not come, results that nobody takes.
#[tokio::test]
async fn missing_evidence_and_a_backlog_of_results_raise_alarms_for_those_they_concern() {
    let world = World::start().await;
    let (call, _page) = waiting(&world, "4").await;
    let (all, one, two) = (
        world.person(Role::Auditor, &[], None).await,
        world.person(Role::Supervisor, &["1"], None).await,
        world.person(Role::Supervisor, &["2"], None).await,
    );
    let old = world.clock.now().plus_ms(-10 * 60_000).ms();
    let written = world.server.app().db.write(move |tx| {
        tx.execute(
            "UPDATE call_figures SET evidence = 'missing', state = 'ended' WHERE call_id = ?1",
            [call.0.as_bytes()],
        )?;
        let webhook = uuid::Uuid::from_u128(7);
        let sql =
            "INSERT INTO webhooks (webhook_id, url, audience, company, events, secret_sealed, created_ms)
                   VALUES (?1, 'http://127.0.0.1:9/', 'msale', '1', '[]', x'', 0)";
        tx.execute(sql, [webhook.as_bytes()])?;
        let sql = "INSERT INTO webhook_deliveries (delivery_id, webhook_id, call_id, event_type, log_seq,
                     payload_sealed, created_ms, next_ms) VALUES (?1, ?1, ?2, 'call.result', 1, x'', ?3, ?4)";
        // Its next try is far away: the sender leaves it alone.
        let far = old + 86_400_000;
        tx.execute(sql, rusqlite::params![webhook.as_bytes(), call.0.as_bytes(), old, far])?;
        Ok::<_, StoreError>(())
    });
    written.await.expect("written");
    for person in [&all, &one] {
        let shown = board_until(person, |board| kinds(board).contains(&"evidence_missing".to_owned())).await;
        assert!(kinds(&shown).contains(&"webhook_backlog".to_owned()), "{:?}", shown.alarms);
    }
    let told = kinds(&board(&two).await);
    assert!(told.is_empty(), "{told:?}");
}

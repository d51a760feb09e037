//! Whole calls over real sockets: F1, F2, F5, C1, the verdict and its evidence.

use chinhchu_evidence::SealedManifest;
use chinhchu_protocol::agent::{AgentActivity, AgentCase, AgentToServer, ServerToAgent, WantedStatus};
use chinhchu_protocol::call::{CallState, Decision, EndReason, NoticeCode};
use chinhchu_protocol::caller::{CallerToServer, ServerToCaller};
use chinhchu_protocol::evidence::Manifest;
use chinhchu_protocol::signal::Signal;
use serde_json::{Value, json};

use crate::edge_world::{World, jpeg, refusal};
use crate::spine_seal::{manifest, sealed, upload};
use crate::spine_world::{Page, Workstation, add_agent, try_sign_in};

#[tokio::test]
async fn f1_s15_s16_accept_connect_verdict_evidence_result() {
    let world = World::start().await;
    let token = world.token("1", 600).await.token;
    let mut station = Workstation::available(&world, "1", "hoa").await;
    let created = world.call(&token).await;
    let mut page = Page::ready(&world, &created).await;
    let (call_id, offer) = station.ring().await;
    station.line.send(&AgentToServer::Accept { call_id, offer }).await;
    station.until(|view| matches!(view.activity, AgentActivity::Connecting { .. })).await;
    let view = page.until(|view| view.state == CallState::Connecting).await;
    assert!(view.notices.iter().any(|notice| notice.text == "NVHT tiếp nhận cuộc gọi"), "F1");
    assert_eq!((view.agent_name.as_deref(), view.assignment.expect("assignment").n), (Some("NVHT hoa"), 1));

    // SDP through the mailbox: numbered, acknowledged, a repeat is stored once.
    let signal = Signal::Offer { connection: 1, sdp: "v=0".to_owned() };
    for _ in 0..2 {
        page.line.send(&CallerToServer::Signal { assignment: 1, n: 1, signal: signal.clone() }).await;
    }
    let signalled = loop {
        if let ServerToAgent::Signal { n, signal, .. } =
            station.line.next::<ServerToAgent>().await.expect("open")
        {
            break (n, signal);
        }
    };
    assert_eq!(signalled, (1, signal));

    // Both have media of each other.
    page.line.send(&CallerToServer::Heartbeat { assignment: 1, media_age_ms: Some(20) }).await;
    station.line.send(&AgentToServer::Heartbeat { call_id, assignment: 1, media_age_ms: Some(20) }).await;
    station.until(|view| matches!(view.activity, AgentActivity::InCall { .. })).await;

    // N4: the case is for the agent who has the call, only.
    let path = format!("/v1/agent/calls/{call_id}");
    let answer = world.get(&path, &station.signed_in.session_token).send().await.expect("answer");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let case: AgentCase = answer.json().await.expect("case");
    assert!(case.greeting.starts_with("Kính chào Quý khách"), "N2");
    assert_eq!(case.images.len(), 2);
    let image =
        world.get(&case.images[0].url, &station.signed_in.session_token).send().await.expect("answer");
    assert_eq!(image.status(), 200);
    let other = Workstation::available(&world, "1", "lan").await;
    let foreign = world.get(&path, &other.signed_in.session_token).send().await.expect("answer");
    assert_eq!(refusal(foreign).await.1, "call_not_found");

    // The verdict: sealed on the workstation, then uploaded; a repeat gives the same receipt (I5).
    let picture = jpeg();
    let manifest = manifest(&world, &station, &case, 1, &picture).await;
    let first_sealed = sealed(&manifest);
    let told = AgentToServer::VerdictSealed {
        call_id,
        assignment: 1,
        decision: Decision::Rejected,
        manifest_sha256: first_sealed.manifest_sha256.clone(),
    };
    station.line.send(&told).await;
    page.until(|view| view.state == CallState::AwaitingEvidence).await;
    let put = |sealed: SealedManifest, picture: Vec<u8>| {
        let url = format!("{}{path}/assignments/1/evidence", world.url);
        let request = world.client.put(url).bearer_auth(&station.signed_in.session_token);
        async move { request.multipart(upload(&sealed, &picture)).send().await.expect("answer") }
    };
    let broken = put(first_sealed.clone(), picture[..picture.len() - 9].to_vec()).await;
    assert_eq!(refusal(broken).await.1, "evidence_invalid");
    let first = put(first_sealed.clone(), picture.clone()).await;
    assert_eq!(first.status(), 200);
    let receipt: Value = first.json().await.expect("receipt");
    assert_eq!(receipt["standing"], "counts");
    let again: Value = put(first_sealed.clone(), picture.clone()).await.json().await.expect("receipt");
    assert_eq!(again, receipt);
    let previous_sha256 = Some(first_sealed.manifest_sha256.clone());
    let another = Manifest { note: None, counter: 2, previous_sha256, ..manifest };
    assert_eq!(refusal(put(sealed(&another), picture).await).await.1, "evidence_conflict");

    let ended = page.until(|view| view.state == CallState::Ended).await;
    assert_eq!(ended.end_reason, Some(EndReason::Completed));
    let body: Value = world
        .get(&format!("/v1/calls/{call_id}"), &token)
        .send()
        .await
        .expect("answer")
        .json()
        .await
        .expect("body");
    assert_eq!(body["verdict"]["decision"], "rejected");
    assert_eq!(
        (&body["verdict"]["reason"], &body["verdict"]["note"]),
        (&json!("face_mismatch"), &json!("không giống ảnh"))
    );
    assert_eq!(body["images"].as_array().expect("images").len(), 4);

    // I9: nothing of the person is readable in the log or anywhere in the database.
    for file in ["chinhchu.db", "chinhchu.db-wal"] {
        let bytes = std::fs::read(world.folder.path().join(file)).unwrap_or_default();
        for secret in ["Nguyễn Thị Ánh", "079190001234", "0901234567", "không giống ảnh"] {
            assert!(
                !bytes.windows(secret.len()).any(|window| window == secret.as_bytes()),
                "{secret} in {file}"
            );
        }
    }
}

#[tokio::test]
async fn f2_decline_ends_the_call_and_f5_pass_rings_at_the_next_agent() {
    let world = World::start().await;
    let token = world.token("2", 600).await.token;
    let mut first = Workstation::available(&world, "2", "mai").await;
    let created = world.call(&token).await;
    let mut page = Page::ready(&world, &created).await;
    let (call_id, offer) = first.ring().await;
    let mut second = Workstation::available(&world, "2", "nga").await;
    first.line.send(&AgentToServer::Pass { call_id, offer }).await;
    let (again, offer) = second.ring().await;
    assert_eq!(again, call_id, "F5");
    second.line.send(&AgentToServer::Decline { call_id, offer }).await;
    let view = page.until(|view| view.state == CallState::Ended).await;
    assert_eq!(view.end_reason, Some(EndReason::Declined), "F2");
    assert!(
        view.notices.iter().any(|n| n.code == NoticeCode::AgentDeclined && n.text == "NVHT từ chối cuộc gọi")
    );
}

#[tokio::test]
async fn c1_a_call_of_company_4_rings_at_company_1_and_never_at_company_2() {
    let world = World::start().await;
    let token = world.token("4", 600).await.token;
    let mut of_two = Workstation::available(&world, "2", "hai").await;
    let created = world.call(&token).await;
    let mut page = Page::ready(&world, &created).await;
    page.until(|view| view.state == CallState::Waiting).await;
    // A call waits: this agent rings at once, without ever being shown as available.
    add_agent(&world, "1", "mot").await;
    let mut of_one = Workstation::sign_in(&world, "mot").await;
    of_one.line.send(&AgentToServer::SetStatus { status: WantedStatus::Available }).await;
    let (call_id, offer) = of_one.ring().await;
    of_one.line.send(&AgentToServer::Accept { call_id, offer }).await;
    page.until(|view| view.state == CallState::Connecting).await;
    let probe = AgentToServer::Ping { sent_at: world.clock.now() };
    of_two.line.send(&probe).await;
    loop {
        match of_two.line.next::<ServerToAgent>().await.expect("open") {
            ServerToAgent::View { view, .. } => {
                assert!(!matches!(view.activity, AgentActivity::Ringing { .. }));
            }
            ServerToAgent::Pong { .. } => break,
            _ => {}
        }
    }
    let body: Value = world
        .get(&format!("/v1/calls/{call_id}"), &token)
        .send()
        .await
        .expect("answer")
        .json()
        .await
        .expect("body");
    assert_eq!((&body["company"], &body["serving_company"]), (&json!("4"), &json!("1")));
}

#[tokio::test]
async fn the_newest_page_wins_and_the_older_one_is_told() {
    let world = World::start().await;
    let token = world.token("1", 600).await.token;
    let created = world.call(&token).await;
    let mut older = Page::ready(&world, &created).await;
    older.until(|view| view.state == CallState::Waiting).await;
    let mut newer = Page::open(&world, &created, "a").await;
    newer.until(|view| view.state == CallState::Waiting).await;
    while let Some(frame) = older.line.next::<ServerToCaller>().await {
        if matches!(frame, ServerToCaller::Replaced) {
            return;
        }
    }
    panic!("the older page was not told");
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_are_told_alike_and_tries_are_limited() {
    let world = World::start().await;
    add_agent(&world, "1", "hoa").await;
    for name in ["hoa", "nobody"] {
        assert_eq!(refusal(try_sign_in(&world, name, "sai").await).await.1, "sign_in_failed");
    }
    for _ in 0..4 {
        try_sign_in(&world, "hoa", "sai").await;
    }
    assert_eq!(refusal(try_sign_in(&world, "hoa", "sai").await).await.1, "rate_limited");
}

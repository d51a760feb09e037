//! The agent's desk: one session at a time, forced sign-out, disabled accounts, pauses, skills; commands count
//! while the server runs.

use std::time::Duration;

use chinhchu_protocol::agent::{
    AgentActivity, AgentToServer, ServerToAgent, SessionCloseReason, WantedStatus,
};
use chinhchu_protocol::call::{CallState, NoticeCode};
use chinhchu_protocol::evidence::{EvidenceHeld, Manifest};
use chinhchu_protocol::ids::SessionId;
use serde_json::json;

use crate::edge_cli;
use crate::edge_world::{World, refusal};
use crate::spine_late::{body_of, put, seal};
use crate::spine_seal::{manifest, sealed, upload};
use crate::spine_world::{Page, Workstation, add_agent, try_sign_in};

const PASSWORD: &str = "mật khẩu thử";

/// Reads to the end of the socket; gives why the session was closed.
async fn closed(station: &mut Workstation) -> Option<SessionCloseReason> {
    let mut told = None;
    while let Some(frame) = station.line.next::<ServerToAgent>().await {
        if let ServerToAgent::SessionClosed { reason } = frame {
            told = Some(reason);
        }
    }
    told
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Doing {
    Available,
    Paused,
    Ringing,
    Connecting,
    WrapUp,
}

/// The same account signed in twice: the older session is told and closed at once, whatever it does, and
/// whoever rings or speaks there is not stranded.
#[tokio::test]
async fn a_second_sign_in_closes_the_first_in_every_activity() {
    for doing in [Doing::Available, Doing::Paused, Doing::Ringing, Doing::Connecting, Doing::WrapUp] {
        let world = World::start().await;
        let token = world.token("1", 600).await.token;
        let mut first = Workstation::available(&world, "1", "hoa").await;
        let mut page = None;
        match doing {
            Doing::Available => {}
            Doing::Paused => {
                let status = WantedStatus::Paused { reason: "break".to_owned() };
                first.line.send(&AgentToServer::SetStatus { status }).await;
                first.until(|view| matches!(view.activity, AgentActivity::Paused { .. })).await;
            }
            Doing::Ringing | Doing::Connecting | Doing::WrapUp => {
                let created = world.call(&token).await;
                let mut here = Page::ready(&world, &created).await;
                if doing == Doing::Ringing {
                    first.ring().await;
                } else {
                    let call_id = first.accept().await;
                    here.until(|view| view.state == CallState::Connecting).await;
                    if doing == Doing::WrapUp {
                        seal(&world, &mut first, &mut here, call_id).await;
                        first.until(|view| matches!(view.activity, AgentActivity::WrapUp { .. })).await;
                    }
                }
                page = Some(here);
            }
        }
        let mut second = Workstation::sign_in(&world, "hoa").await;
        let told = closed(&mut first).await;
        assert_eq!(told, Some(SessionCloseReason::SignedInElsewhere), "{doing:?}");
        second.until(|view| matches!(view.activity, AgentActivity::Paused { .. })).await;
        if let (Some(mut page), Doing::Ringing | Doing::Connecting) = (page, doing) {
            page.until(|view| view.state == CallState::Waiting).await;
            let mut other = Workstation::rung(&world, "1", "lan").await;
            other.accept().await;
            page.until(|view| view.state == CallState::Connecting).await;
        }
        let answer = world.get("/v1/agent/me", &first.signed_in.session_token).send().await.expect("answer");
        assert_eq!(refusal(answer).await.1, "token_revoked", "{doing:?}");
    }
}

/// `agent sign-out` while the server runs: told at once, the call goes on with another agent.
#[tokio::test]
async fn a_forced_sign_out_counts_at_once_and_the_call_goes_to_another_agent() {
    let world = World::start().await;
    let token = world.token("1", 600).await.token;
    let mut first = Workstation::available(&world, "1", "hoa").await;
    let created = world.call(&token).await;
    let mut page = Page::ready(&world, &created).await;
    first.accept().await;
    page.until(|view| view.state == CallState::Connecting).await;
    let out = edge_cli::json(world.folder.path(), &["agent", "sign-out", "hoa", "--reason", "ca đã hết"]);
    assert_eq!((&out["username"], &out["sessions_ended"]), (&json!("hoa"), &json!(1)));
    assert_eq!(closed(&mut first).await, Some(SessionCloseReason::Forced));
    let view = page.until(|view| view.state == CallState::Waiting).await;
    assert!(view.notices.iter().any(|notice| notice.code == NoticeCode::AgentLost));
    let mut second = Workstation::rung(&world, "1", "lan").await;
    second.accept().await;
    page.until(|view| view.state == CallState::Connecting).await;
    // Nobody is locked out: the agent signs in again.
    Workstation::sign_in(&world, "hoa").await;
}

/// A disabled agent is told and stays out, and what lies sealed on the workstation is still taken (I5).
#[tokio::test]
async fn a_disabled_agent_is_told_and_still_delivers_what_was_sealed() {
    let world = World::start().await;
    let token = world.token("1", 600).await.token;
    let mut station = Workstation::available(&world, "1", "hoa").await;
    let created = world.call(&token).await;
    let mut page = Page::ready(&world, &created).await;
    let call_id = station.accept().await;
    let manifest = seal(&world, &mut station, &mut page, call_id).await;
    edge_cli::json(world.folder.path(), &["agent", "disable", "hoa"]);
    assert_eq!(closed(&mut station).await, Some(SessionCloseReason::Forced));
    assert_eq!(refusal(try_sign_in(&world, "hoa", PASSWORD).await).await.1, "sign_in_failed");
    let session = &station.signed_in.session_token;
    let case = world.get(&format!("/v1/agent/calls/{call_id}"), session).send().await.expect("answer");
    assert_eq!(refusal(case).await.1, "token_revoked", "the case is closed to a closed session");
    assert_eq!(put(&world, &station, call_id, &manifest).await["standing"], "counts");
    assert_eq!(body_of(&world, call_id, &token).await["state"], "ended");
    // Only what was sealed in that session.
    let service = world.service("msale").await;
    let held = world.get(&format!("/v1/calls/{call_id}/evidence"), &service).send().await.expect("answer");
    let mut foreign: Manifest = held.json::<Vec<EvidenceHeld>>().await.expect("held").remove(0).manifest;
    foreign.session_id = SessionId(world.clock.new_id());
    let url = format!("{}/v1/agent/calls/{call_id}/assignments/1/evidence", world.url);
    let form = upload(&sealed(&foreign), &crate::edge_world::jpeg());
    let answer = world.client.put(url).bearer_auth(session).multipart(form).send().await.expect("answer");
    assert_eq!(refusal(answer).await.1, "token_revoked");
    edge_cli::json(world.folder.path(), &["agent", "enable", "hoa"]);
    Workstation::sign_in(&world, "hoa").await;
}

/// I5: sealed on the workstation, but the server has not heard of it when the agent is signed out by force. As long
/// as no other agent has taken the call, the verdict counts; afterwards it is kept beside the one that does.
#[tokio::test]
async fn evidence_of_which_the_server_first_hears_after_a_forced_sign_out_counts_or_is_kept() {
    for another in [false, true] {
        let world = World::start().await;
        let token = world.token("1", 600).await.token;
        let mut station = Workstation::available(&world, "1", "hoa").await;
        let created = world.call(&token).await;
        let mut page = Page::ready(&world, &created).await;
        let call_id = station.accept().await;
        page.until(|view| view.state == CallState::Connecting).await;
        let path = format!("/v1/agent/calls/{call_id}");
        let answer = world.get(&path, &station.signed_in.session_token).send().await.expect("answer");
        let case = answer.json().await.expect("case");
        let evidence = sealed(&manifest(&world, &station, &case, 1, &crate::edge_world::jpeg()).await);
        edge_cli::json(world.folder.path(), &["agent", "sign-out", "hoa", "--reason", "ca đã hết"]);
        assert_eq!(closed(&mut station).await, Some(SessionCloseReason::Forced));
        page.until(|view| view.state == CallState::Waiting).await;
        if another {
            let mut second = Workstation::rung(&world, "1", "lan").await;
            second.accept().await;
            page.until(|view| view.state == CallState::Connecting).await;
        }
        let receipt = put(&world, &station, call_id, &evidence).await;
        let (standing, state) = if another { ("superseded", "connecting") } else { ("counts", "ended") };
        assert_eq!(receipt["standing"], standing);
        assert_eq!(body_of(&world, call_id, &token).await["state"], state);
        assert_eq!(
            put(&world, &station, call_id, &evidence).await,
            receipt,
            "and again, after a new sign-in or none"
        );
        let missing = edge_cli::run(world.folder.path(), &["evidence", "missing"]);
        assert_eq!(missing.status.code(), Some(0));
    }
}

/// Too many missed rings: paused by the server, and told why.
#[tokio::test]
async fn an_agent_who_misses_too_many_rings_is_paused_and_told_why() {
    let world = World::start_by_hand().await;
    let token = world.token("1", 6_000).await.token;
    edge_cli::json(world.folder.path(), &["company", "rules", "1", "--set", "pause_after_missed=1"]);
    counted(&world, |state| state.settings(&"1".parse_code()).is_some_and(|s| s.pause_after_missed == 1))
        .await;
    let mut station = Workstation::available(&world, "1", "hoa").await;
    let created = world.call(&token).await;
    let _page = Page::ready(&world, &created).await;
    station.ring().await;
    station.taken(&world).await;
    world.clock.advance(Duration::from_secs(20));
    let view = station.until(|view| matches!(view.activity, AgentActivity::Paused { .. })).await;
    let AgentActivity::Paused { reason, .. } = view.activity else { unreachable!("just matched") };
    assert_eq!(reason, "missed_rings");
    station.line.send(&AgentToServer::SetStatus { status: WantedStatus::Available }).await;
    station
        .until(|view| {
            matches!(view.activity, AgentActivity::Available { .. } | AgentActivity::Ringing { .. })
        })
        .await;
}

/// Skills and languages count at once: a call in English rings where English is spoken.
#[tokio::test]
async fn skills_and_rules_of_a_pool_count_without_a_restart() {
    let world = World::start().await;
    let folder = world.folder.path().to_owned();
    let token = world.token("1", 600).await.token;
    add_agent(&world, "1", "hoa").await;
    let set = edge_cli::json(&folder, &["agent", "set", "hoa", "--language", "vi", "--partner", "A"]);
    assert_eq!((&set["skills"]["languages"], &set["partner"]), (&json!(["vi"]), &json!("A")));
    let rules = edge_cli::json(
        &folder,
        &[
            "company",
            "rules",
            "1",
            "--skills",
            "require",
            "--selection",
            "least_calls",
            "--partner-share",
            "A=2",
            "--overflow",
            "60:2",
        ],
    );
    assert_eq!((&rules["skills"], &rules["overflow"][0]["to"]), (&json!("require"), &json!("2")));
    counted(&world, |state| state.settings(&"1".parse_code()).is_some_and(|s| !s.overflow.is_empty())).await;
    let mut station = Workstation::sign_in(&world, "hoa").await;
    station.line.send(&AgentToServer::SetStatus { status: WantedStatus::Available }).await;
    station.until(|view| matches!(view.activity, AgentActivity::Available { .. })).await;

    let mut case = crate::edge_world::good_case();
    case["language"] = json!("en");
    let form = crate::edge_world::form_with(&case, crate::edge_world::jpeg());
    let created: serde_json::Value = world.intake(&token, "k", form).await.json().await.expect("created");
    let mut page = Page::ready(&world, &created).await;
    page.until(|view| view.state == CallState::Waiting).await;
    station.taken(&world).await;
    assert_eq!(
        body_of(&world, created["call_id"].as_str().expect("id").parse().expect("id"), &token).await["state"],
        "waiting"
    );
    edge_cli::json(&folder, &["agent", "set", "hoa", "--language", "vi", "--language", "en"]);
    // The new skill counts at once.
    station.ring().await;

    let output =
        edge_cli::run(&folder, &["company", "rules", "1", "--selection", "nearest", "--overflow", "5:1"]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2));
    assert!(told.contains("selection:") && told.contains("overflow[0].to:"), "{told}");
}

/// Waits until a command of the command line has reached the core.
async fn counted(world: &World, done: impl Fn(&chinhchu_routing::Switchboard) -> bool) {
    for _ in 0..200 {
        if done(&world.server.app().switchboard.snapshot().state) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the command did not count");
}

trait ParseCode {
    fn parse_code(&self) -> chinhchu_protocol::ids::CompanyCode;
}

impl ParseCode for str {
    fn parse_code(&self) -> chinhchu_protocol::ids::CompanyCode {
        chinhchu_protocol::ids::CompanyCode(self.to_owned())
    }
}

//! Calls and offers as rows to count (C4): written with the facts, the same again when they are made anew.

use chinhchu_protocol::agent::{AgentActivity, AgentToServer};
use chinhchu_protocol::call::{CallState, Decision};
use chinhchu_protocol::caller::CallerToServer;
use chinhchu_protocol::ids::AgentId;
use chinhchu_server::figures::call::CallFigures;
use chinhchu_server::figures::offer::OfferFigures;
use chinhchu_server::figures::{EvidenceState, rebuild, sql};
use chinhchu_server::store::{StoreError, rows};

use crate::edge_world::World;
use crate::spine_late::{put, seal};
use crate::spine_world::{Page, Workstation};

/// Every row of both tables.
pub async fn rows_of(world: &World) -> (Vec<CallFigures>, Vec<OfferFigures>) {
    let read = |c: &rusqlite::Connection| {
        let calls =
            rows::all(c, "SELECT * FROM call_figures ORDER BY created_ms, call_id", [], sql::read_call)?;
        let offers =
            rows::all(c, "SELECT * FROM offer_figures ORDER BY at_ms, call_id, offer", [], sql::read_offer)?;
        Ok::<_, StoreError>((calls, offers))
    };
    world.server.app().db.read(read).await.expect("rows")
}

async fn set_partner(world: &World, username: &'static str, partner: &'static str) {
    let write = world.server.app().db.write(move |tx| {
        rows::run(tx, "UPDATE agents SET partner = ?2 WHERE username = ?1", [username, partner])
    });
    write.await.expect("partner");
    world.server.app().switchboard.configure().await.expect("told");
}

#[tokio::test]
async fn c4_a_call_that_was_passed_on_and_verified_is_one_row_and_its_offers_are_two() {
    let world = World::start().await;
    let token = world.token("4", 600).await.token;
    let mut first = Workstation::available(&world, "1", "mai").await;
    let created = world.call(&token).await;
    let mut page = Page::ready(&world, &created).await;
    let (call_id, offer) = first.ring().await;
    let mut second = Workstation::available(&world, "1", "nga").await;
    set_partner(&world, "nga", "mbs").await;
    first.line.send(&AgentToServer::Pass { call_id, offer }).await;
    second.accept().await;
    page.line.send(&CallerToServer::Heartbeat { assignment: 1, media_age_ms: Some(20) }).await;
    second.line.send(&AgentToServer::Heartbeat { call_id, assignment: 1, media_age_ms: Some(20) }).await;
    second.until(|view| matches!(view.activity, AgentActivity::InCall { .. })).await;
    let evidence = seal(&world, &mut second, &mut page, call_id).await;
    put(&world, &second, call_id, &evidence).await;
    page.until(|view| view.state == CallState::Ended).await;

    let (calls, offers) = rows_of(&world).await;
    let [call] = &calls[..] else { panic!("one call: {calls:?}") };
    assert_eq!((call.home.0.as_str(), call.serving.0.as_str()), ("4", "1"), "C1");
    let given = &call.given;
    assert_eq!(given.dealer.as_deref(), Some("dl.hcm.0123"));
    assert_eq!(given.sub_type.as_deref(), Some("MC"));
    assert_eq!(given.payment.as_deref(), Some("prepaid"));
    assert_eq!(given.customer_type.as_deref(), Some("individual"));
    assert_eq!(given.reason.as_deref(), Some("face_mismatch"));
    assert!(given.rule.is_some());
    assert_eq!((call.agent, call.partner.as_deref()), (Some(agent(&second)), Some("mbs")), "C2");
    assert_eq!((call.offers, call.passed, call.redirected, call.assignments), (2, 1, 1, 1), "F5");
    assert_eq!((call.decision, call.evidence), (Some(Decision::Rejected), EvidenceState::Complete));
    assert_eq!(call.wait_ms, Some(call.answered.expect("answered").ms_since(call.queued.expect("queued"))));
    assert!(call.talk_ms <= call.handle_ms && call.talk_ms.is_some(), "{call:?}");
    let told: Vec<_> = offers
        .iter()
        .map(|o| {
            (o.agent, o.employer.partner.as_deref(), o.rang.is_some(), o.done.map(|(_, how)| how.name()))
        })
        .collect();
    let wanted =
        [(agent(&first), None, true, Some("passed")), (agent(&second), Some("mbs"), true, Some("accepted"))];
    assert_eq!(told, wanted, "F5");

    // Made anew beside the running server: the same rows, and it goes on from them.
    let app = world.server.app();
    let (db, keys) = (app.db.clone(), app.keys.clone());
    let anew = tokio::task::spawn_blocking(move || rebuild::anew(&db, &keys)).await.expect("task");
    assert!(anew.expect("made anew") > 10);
    assert_eq!(rows_of(&world).await, (calls, offers));
    world.call(&token).await;
    assert_eq!(rows_of(&world).await.0.len(), 2);
}

fn agent(station: &Workstation) -> AgentId {
    station.signed_in.agent.agent_id
}

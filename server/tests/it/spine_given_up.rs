//! A call that its agent cannot decide: it is given up, and nobody is held by it.

use chinhchu_protocol::agent::{AgentActivity, AgentToServer, GiveUpReason};
use chinhchu_protocol::call::{CallState, EndReason};
use chinhchu_protocol::problem::ErrorCode;

use crate::edge_world::World;
use crate::spine_world::{Page, Workstation};

#[tokio::test]
async fn a_call_that_is_given_up_ends_as_failed_and_the_log_keeps_why() {
    let world = World::start().await;
    let token = world.token("1", 600).await.token;
    let mut station = Workstation::available(&world, "1", "hoa").await;
    let created = world.call(&token).await;
    let mut page = Page::ready(&world, &created).await;
    let call_id = station.accept().await;
    page.until(|view| view.state == CallState::Connecting).await;

    let give_up = |assignment| AgentToServer::GiveUp { call_id, assignment, reason: GiveUpReason::NoPicture };
    station.line.send(&give_up(2)).await;
    let refused = station.problem().await;
    assert_eq!(refused.code, ErrorCode::CallEnded, "no such assignment is at hand");
    // Said twice, as after a broken line.
    station.line.send(&give_up(1)).await;
    station.line.send(&give_up(1)).await;
    page.until(|view| view.state == CallState::Ended).await;
    station.until(|view| matches!(view.activity, AgentActivity::WrapUp { .. })).await;
    let ended = world.server.app().switchboard.snapshot().state.ended(call_id).map(|ended| ended.reason);
    assert_eq!(ended, Some(EndReason::Failed));
    let inputs = world.server.app().db.read(|connection| {
        let mut statement = connection.prepare("SELECT CAST(input AS TEXT) FROM log")?;
        let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
        Ok::<_, chinhchu_server::store::StoreError>(rows.collect::<Result<Vec<_>, _>>()?)
    });
    let inputs = inputs.await.expect("log");
    let kept = inputs.iter().filter(|input| input.contains("given_up") && input.contains("no_picture"));
    assert_eq!(kept.count(), 1, "once, with its reason");

    // Nothing to wrap up: the next call rings at once.
    let created = world.call(&token).await;
    let _page = Page::ready(&world, &created).await;
    station.until(|view| matches!(view.activity, AgentActivity::Ringing { .. })).await;
}

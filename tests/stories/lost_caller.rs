//! F3 and F4: the caller's side is lost, in a network of its own.

use std::ops::RangeInclusive;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use chinhchu_stories::explained::{Cut, at, time};
use chinhchu_stories::network::host::Uplink;
use chinhchu_stories::place::Place;
use chinhchu_stories::server::Created;
use chinhchu_stories::stage::Stage;
use chinhchu_stories::{clock, pictures};

use crate::verdicts::{accept_and_see, is_ended};

/// How long the dead spot of F3 lasts.
const DEAD_SPOT: Duration = Duration::from_secs(8);

#[test]
fn f3_a_caller_from_a_dead_spot_and_from_another_network_finds_the_same_call_and_agent() -> Result<()> {
    Stage::play_in_network(&["caller", "agent"], async |stage| {
        let (phone, desk) = (stage.network()?.host(0), stage.network()?.host(1));
        let station = stage.agent_at("1", "hoa", "Trần Thị Hoa", &stage.seat(Place::In(desk))).await?;
        let (customer, created) = stage.customer_at("1", "h264", &Place::In(phone.clone())).await?;
        accept_and_see(stage, &station, &created).await?;

        phone.hush()?;
        let over = tokio::time::Instant::now() + DEAD_SPOT;
        station.window.until_attribute("call-standing", "data-kind", "lost_caller").await?;
        customer.window.until_shown("away").await?;
        tokio::time::sleep_until(over).await;
        let from = clock::now();
        phone.unhush()?;
        let back = pictures::returned(&station, from).await?;
        ensure!(back.gap_ms.is_none_or(|gap| gap > 7_000), "this is no picture of after the cut: {back:?}");
        is_the_same_call(stage, &created, 1..=1).await?;
        station.window.until_attribute("call-standing", "data-kind", "well").await?;

        phone.pull()?;
        let from = clock::now();
        phone.plug(Uplink::Mobile)?;
        pictures::returned(&station, from).await?;
        is_the_same_call(stage, &created, 1..=2).await?;
        station.window.until_attribute("call-standing", "data-kind", "well").await?;
        customer.window.until_body("state", "in_call").await
    })
}

#[test]
fn f4_a_caller_away_for_more_than_15_s_is_ended_on_time_and_the_agent_is_free_at_once() -> Result<()> {
    Stage::play_in_network(&["caller", "agent"], async |stage| {
        let (phone, desk) = (stage.network()?.host(0), stage.network()?.host(1));
        let station = stage.agent_at("1", "hoa", "Trần Thị Hoa", &stage.seat(Place::In(desk))).await?;
        let (customer, created) = stage.customer_at("1", "h264", &Place::In(phone.clone())).await?;
        accept_and_see(stage, &station, &created).await?;
        // The next one in line waits already, in the place beside the server.
        let beside = Place::In(stage.network()?.server().clone());
        let (_next, next_call) = stage.customer_at("1", "h264", &beside).await?;

        let cut = Cut::by(|| phone.hush())?;
        let body = stage.server.until_call(&created, "the call ends", is_ended).await?;
        ensure!(body["end_reason"] == "caller_lost", "{body}");
        let log = stage.server.explain(&created.call_id)?;
        let heard = time(log.last("side_lost")?, "last_heard")?;
        let ended = at(log.only("call_ended")?)?;
        let waited = ended.ms_since(heard);
        ensure!(
            (15_000..=15_500).contains(&waited),
            "ended {waited} ms after the last packet: {}",
            log.outline()
        );
        cut.ensure_last_heard(heard)?;
        // Free at once: the next call rings although the wrap-up has just begun.
        let rings =
            format!("document.querySelector('[data-testid=ring]')?.dataset.call === '{}'", next_call.call_id);
        station.window.until("the next call rings", &rings).await?;
        let next = stage.server.explain(&next_call.call_id)?;
        ensure!(at(next.only("call_queued")?)? < ended, "the next one came too late to show anything");
        let offered = next.all("offered").first().map(|fact| at(fact)).transpose()?;
        let free_after = offered.context("the next call was not offered")?.ms_since(ended);
        ensure!((0..=100).contains(&free_after), "the next call was offered {free_after} ms after the end");
        phone.unhush()?;
        customer.window.until_shown("end-reason").await
    })
}

/// The call goes on with its one assignment, and the log has so many losses, each healed.
async fn is_the_same_call(stage: &Stage, created: &Created, losses: RangeInclusive<usize>) -> Result<()> {
    stage.server.until_call(created, "the call goes on", |body| body["state"] == "in_call").await?;
    let log = stage.server.explain(&created.call_id)?;
    log.never("call_ended")?;
    ensure!(log.served_by().len() == 1, "another agent has it: {}", log.outline());
    let (lost, back) = (log.all("side_lost"), log.all("side_back"));
    ensure!(losses.contains(&lost.len()) && lost.len() == back.len(), "losses: {}", log.outline());
    Ok(())
}

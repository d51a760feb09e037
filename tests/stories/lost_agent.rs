//! The agent's side is lost: the caller is told, and nobody waits for ever.

use std::time::Duration;

use anyhow::{Result, ensure};
use chinhchu_stories::explained::{Cut, at, time};
use chinhchu_stories::place::Place;
use chinhchu_stories::stage::Stage;
use chinhchu_stories::{clock, pictures};

use crate::verdicts::{accept_and_see, agent_is_seen_by};

#[test]
fn f3_an_agent_from_a_dead_spot_and_a_workstation_killed_and_started_again_find_their_call() -> Result<()> {
    Stage::play_in_network(&["caller", "agent"], async |stage| {
        let (phone, desk) = (stage.network()?.host(0), stage.network()?.host(1));
        let seat = stage.seat(Place::In(desk.clone()));
        let mut station = stage.agent_at("1", "hoa", "Trần Thị Hoa", &seat).await?;
        let (customer, created) = stage.customer_at("1", "h264", &Place::In(phone)).await?;
        accept_and_see(stage, &station, &created).await?;

        desk.hush()?;
        let over = tokio::time::Instant::now() + Duration::from_secs(6);
        customer.window.until_shown("away").await?;
        tokio::time::sleep_until(over).await;
        let back = clock::now();
        desk.unhush()?;
        pictures::returned(&station, back).await?;
        stage.server.until_call(&created, "the call goes on", |body| body["state"] == "in_call").await?;
        agent_is_seen_by(&customer.window).await?;

        let killed = clock::now();
        station.kill()?;
        station.open_again().await?;
        pictures::returned(&station, killed).await?;
        station.window.until_body("activity", "in_call").await?;
        agent_is_seen_by(&customer.window).await?;
        let log = stage.server.explain(&created.call_id)?;
        log.never("assignment_voided")?;
        log.never("call_ended")?;
        ensure!(log.served_by().len() == 1, "{}", log.outline());
        station.decide(true, None).await?;
        station.window.until_attribute("upload-state", "data-state", "delivered").await
    })
}

#[test]
fn an_agent_away_for_more_than_15_s_loses_the_call_to_another_and_the_caller_is_told() -> Result<()> {
    Stage::play_in_network(&["caller", "agent", "other"], async |stage| {
        let (phone, desk, other) =
            (stage.network()?.host(0), stage.network()?.host(1), stage.network()?.host(2));
        let hoa = stage.agent_at("1", "hoa", "Trần Thị Hoa", &stage.seat(Place::In(desk.clone()))).await?;
        let (customer, created) = stage.customer_at("1", "h264", &Place::In(phone)).await?;
        accept_and_see(stage, &hoa, &created).await?;
        let nam = stage.agent_at("1", "nam", "Lê Văn Nam", &stage.seat(Place::In(other))).await?;

        let cut = Cut::by(|| desk.hush())?;
        customer.window.until_shown("away").await?;
        accept_and_see(stage, &nam, &created).await?;
        agent_is_seen_by(&customer.window).await?;
        let log = stage.server.explain(&created.call_id)?;
        let heard = time(log.only("side_lost")?, "last_heard")?;
        cut.ensure_last_heard(heard)?;
        let voided = at(log.only("assignment_voided")?)?;
        let waited = voided.ms_since(heard);
        ensure!((15_000..=15_500).contains(&waited), "taken away {waited} ms after the last packet");
        let offered = at(log.last("offered")?)?.ms_since(voided);
        ensure!(offered <= 100, "offered to the other {offered} ms later");
        let served_by = log.served_by();
        ensure!(served_by.len() == 2 && served_by[0] != served_by[1], "{}", log.outline());
        // The first one comes back and is told that the call is another's now.
        desk.unhush()?;
        hoa.window.until_shown("moved-on").await?;
        nam.decide(true, None).await?;
        nam.window.until_attribute("upload-state", "data-state", "delivered").await?;
        let body = stage.server.call(&created).await?;
        ensure!(body["end_reason"] == "completed" && body["verdict"]["decision"] == "confirmed", "{body}");
        Ok(())
    })
}

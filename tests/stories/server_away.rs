//! I8: the server is away while caller and agent see each other. The call goes on, the verdict waits.

use std::time::Duration;

use anyhow::{Result, ensure};
use chinhchu_stories::clock;
use chinhchu_stories::pictures;
use chinhchu_stories::stage::Stage;
use serde_json::Value;

use crate::verdicts::{accept_and_see, agent_is_seen_by, customer_moves_on, is_ended};

/// Longer than a lost side would have.
const AWAY: Duration = Duration::from_secs(16);

#[test]
fn i8_a_call_outlives_its_server_and_a_verdict_given_meanwhile_is_delivered_once() -> Result<()> {
    Stage::play(async |stage| {
        let station = stage.agent_on_duty("1", "hoa", "Trần Thị Hoa").await?;
        let (customer, created) = stage.customer_in_queue("1", "h264").await?;
        accept_and_see(stage, &station, &created).await?;

        let killed = clock::now();
        stage.server.kill()?;
        let over = tokio::time::Instant::now() + AWAY;
        station.window.until_attribute("call-standing", "data-kind", "lost_server").await?;
        customer.window.until_shown("link-lost").await?;
        agent_is_seen_by(&customer.window).await?;
        tokio::time::sleep_until(over).await;
        agent_is_seen_by(&customer.window).await?;
        stage.server.start_again()?;
        station.window.until_attribute("call-standing", "data-kind", "well").await?;
        stage.server.until_call(&created, "the call goes on", |body| body["state"] == "in_call").await?;
        // A picture that stopped for good would leave no gap in the log: it must also move now.
        customer_moves_on(&station)?;
        ensure!(pictures::went_on_since(&station, killed)?, "the customer's picture was interrupted");
        let log = stage.server.explain(&created.call_id)?;
        log.never("side_lost")?;
        log.never("call_ended")?;
        ensure!(log.served_by().len() == 1, "{}", log.outline());

        stage.server.kill()?;
        station.decide(true, None).await?;
        station.window.until_shown("verdict-sealed").await?;
        station.window.until_attribute("upload-state", "data-state", "on_disk").await?;
        stage.server.start_again()?;
        station.window.until_attribute("upload-state", "data-state", "delivered").await?;
        let body = stage.server.until_call(&created, "the call ends", is_ended).await?;
        ensure!(body["end_reason"] == "completed" && body["verdict"]["decision"] == "confirmed", "{body}");
        ensure!(body["verdict"]["late"] == Value::Bool(false), "{body}");
        stage.server.msale_result(&created.call_id).await?;
        ensure!(stage.server.evidence(&created).await?.len() == 1, "the evidence arrived more than once");
        let log = stage.server.explain(&created.call_id)?;
        log.only("evidence_taken")?;
        log.only("call_ended")?;
        customer.window.until_shown("end-reason").await
    })
}

//! I5: what was acknowledged is never lost, and arrives once.

use anyhow::{Result, ensure};
use chinhchu_stories::cable::Cable;
use chinhchu_stories::customer::Customer;
use chinhchu_stories::place::Place;
use chinhchu_stories::stage::Stage;
use chinhchu_stories::station::Seat;
use serde_json::Value;

use crate::verdicts::{accept_and_see, is_ended};

#[test]
fn i5_a_server_killed_right_after_an_acknowledged_intake_still_has_the_call() -> Result<()> {
    Stage::play(async |stage| {
        let created = stage.server.create_call("1").await?;
        stage.server.kill()?;
        stage.server.start_again()?;
        let body = stage.server.call(&created).await?;
        ensure!(
            body["state"] == "preparing" && body["images"].as_array().is_some_and(|i| i.len() == 3),
            "{body}"
        );
        let station = stage.agent_on_duty("1", "hoa", "Trần Thị Hoa").await?;
        let customer = Customer::start(&stage.path().join("customer"), &Place::Here).await?;
        customer.enter_queue(&created.call_screen_url).await?;
        station.window.until_body("activity", "ringing").await
    })
}

#[test]
fn i5_a_verdict_given_without_a_network_says_so_and_arrives_by_itself_once() -> Result<()> {
    Stage::play(async |stage| {
        let cable = Cable::to(stage.server.address()).await?;
        let station = stage.agent_at("1", "hoa", "Trần Thị Hoa", &Seat::here(&cable.url())).await?;
        let (_customer, created) = stage.customer_in_queue("1", "h264").await?;
        accept_and_see(stage, &station, &created).await?;
        cable.cut();
        // The media goes from peer to peer and lives on, so the verdict stays open (I8).
        station.decide(true, None).await?;
        station.window.until_shown("verdict-sealed").await?;
        station.window.until_attribute("upload-state", "data-state", "on_disk").await?;
        let body = stage.server.call(&created).await?;
        ensure!(body["verdict"] == Value::Null, "the server cannot know it yet: {body}");
        cable.mend();
        station.window.until_attribute("upload-state", "data-state", "delivered").await?;
        let body = stage.server.until_call(&created, "the call ends", is_ended).await?;
        ensure!(body["end_reason"] == "completed" && body["verdict"]["decision"] == "confirmed", "{body}");
        stage.server.msale_result(&created.call_id).await?;
        ensure!(stage.server.evidence(&created).await?.len() == 1, "the evidence arrived more than once");
        Ok(())
    })
}

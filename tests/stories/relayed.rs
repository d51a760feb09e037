//! TURN: caller and agent have no path to each other but the relay, whose credentials the server mints.

use anyhow::{Result, ensure};
use chinhchu_stories::clock;
use chinhchu_stories::network::Between;
use chinhchu_stories::place::Place;
use chinhchu_stories::relay::{Relay, TURN_URL, password};
use chinhchu_stories::stage::Stage;

use crate::verdicts::{accept_and_see, agent_is_seen_by, is_ended};

const SECRET: &str = "a-secret-of-this-story";

#[test]
fn a_call_without_a_direct_path_is_relayed_and_confirmed_and_with_a_wrong_credential_it_fails() -> Result<()>
{
    let set = || {
        Stage::set_in_network(&["caller", "agent"], Between::Nothing, |plan| {
            plan.with_arguments(&["--turn-url", TURN_URL]).with_variable("CHINHCHU_TURN_SECRET", SECRET)
        })
    };
    Stage::play_on(set, async |stage| {
        stage.server.set_company("1", &["connecting_ms=6000", "wrap_up_ms=1000"])?;
        let middle = stage.network()?.server().clone();
        let (phone, desk) = (Place::In(stage.network()?.host(0)), Place::In(stage.network()?.host(1)));
        let station = stage.agent_at("1", "hoa", "Trần Thị Hoa", &stage.seat(desk)).await?;

        // A relay with another secret takes nobody: the call ends, for there is no other path.
        let stranger = Relay::start(&stage.path().join("stranger"), &middle, "another-secret-altogether")?;
        let (refused, failed) = stage.customer_at("1", "h264", &phone).await?;
        station.window.until_body("activity", "ringing").await?;
        station.window.click("ring-accept").await?;
        let body = stage.server.until_call(&failed, "the call fails", is_ended).await?;
        ensure!(body["end_reason"] == "failed", "{body}");
        ensure!(stranger.allocations()? == 0, "it was relayed with a wrong credential");
        stage.server.explain(&failed.call_id)?.never("video_connected")?;
        refused.window.until_shown("end-reason").await?;
        drop((stranger, refused));

        let relay = Relay::start(&stage.path().join("relay"), &middle, SECRET)?;
        station.window.until_body("activity", "available").await?;
        let (customer, created) = stage.customer_at("1", "h264", &phone).await?;
        accept_and_see(stage, &station, &created).await?;
        agent_is_seen_by(&customer.window).await?;
        ensure!(relay.allocations()? >= 1, "media did not go through the relay");
        station.decide(true, None).await?;
        station.window.until_attribute("upload-state", "data-state", "delivered").await?;
        let body = stage.server.until_call(&created, "the call ends", is_ended).await?;
        ensure!(body["end_reason"] == "completed" && body["verdict"]["decision"] == "confirmed", "{body}");
        ensure!(!relay.output()?.contains(&created.call_id), "I9: the relay knows which call it was");

        let (now, expired) = (clock::now().ms() / 1000, "1000000000:story");
        let valid = format!("{}:story", now + 600);
        ensure!(relay.takes(&valid, &password(SECRET, &valid)?).await?, "a good credential was refused");
        ensure!(!relay.takes(&valid, &password("another", &valid)?).await?, "a wrong credential was taken");
        ensure!(!relay.takes(expired, &password(SECRET, expired)?).await?, "an expired credential was taken");
        Ok(())
    })
}

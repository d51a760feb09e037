//! Two of one: two pages of one call, two sign-ins of one account. The newest counts, the older one is told.

use std::time::Duration;

use anyhow::{Result, ensure};
use chinhchu_stories::customer::Customer;
use chinhchu_stories::place::Place;
use chinhchu_stories::stage::Stage;
use chinhchu_stories::station::Station;
use chinhchu_stories::{clock, pictures};

use crate::verdicts::{accept_and_see, agent_is_seen_by};

/// A page that lost its socket in a call tries again after 1 s at the latest.
const RETRIED_BY: Duration = Duration::from_secs(3);

#[test]
fn f3_a_page_killed_and_opened_again_finds_its_call_and_another_device_must_be_compared_anew() -> Result<()> {
    Stage::play(async |stage| {
        let station = stage.agent_on_duty("1", "hoa", "Trần Thị Hoa").await?;
        let (mut customer, created) = stage.customer_in_queue("1", "vp8").await?;
        accept_and_see(stage, &station, &created).await?;

        let killed = clock::now();
        customer.kill()?;
        customer.open_again(&created.call_screen_url).await?;
        pictures::returned(&station, killed).await?;
        customer.window.until_body("state", "in_call").await?;
        agent_is_seen_by(&customer.window).await?;
        let log = stage.server.explain(&created.call_id)?;
        ensure!(log.last("caller_connected")?["other_device"] == false, "the same phone counts as another");
        ensure!(log.served_by().len() == 1, "{}", log.outline());

        // Somebody opens the link on another phone: the first page is told, the agent must compare again.
        let second = Customer::start(&stage.path().join("second"), &Place::Here).await?;
        second.window.goto(&created.call_screen_url).await?;
        customer.window.until_body("state", "replaced").await?;
        agent_is_seen_by(&second.window).await?;
        station.window.until_attribute("verdict-locked", "data-why", "compare_again").await?;
        station.window.click("compared-again").await?;
        let open = "document.querySelector('[data-testid=\"verdict-confirm\"]')?.disabled === false";
        station.window.until("the verdict opens again", open).await?;
        let log = stage.server.explain(&created.call_id)?;
        ensure!(log.last("caller_connected")?["other_device"] == true, "{}", log.outline());
        // The older page stays away: well after it would have tried again, nobody else has connected.
        let connected = log.all("caller_connected").len();
        tokio::time::sleep(RETRIED_BY).await;
        let log = stage.server.explain(&created.call_id)?;
        ensure!(log.all("caller_connected").len() == connected, "{}", log.outline());
        customer.window.until_body("state", "replaced").await?;
        agent_is_seen_by(&second.window).await
    })
}

#[test]
fn the_same_account_signed_in_twice_the_older_is_told_and_closed() -> Result<()> {
    Stage::play(async |stage| {
        let account = stage.server.add_agent("1", "hoa", "Trần Thị Hoa")?;
        let seat = stage.seat(Place::Here);
        let first = Station::start(&stage.path().join("first"), &seat).await?;
        first.sign_in(&account.username, &account.password).await?;
        first.be_approved(&stage.server).await?;
        first.become_available().await?;
        let second = Station::start(&stage.path().join("second"), &seat).await?;
        second.sign_in(&account.username, &account.password).await?;
        first.window.until_body("activity", "signed_out").await?;
        first.window.until_shown("sign-in-error").await?;
        second.be_approved(&stage.server).await?;
        second.become_available().await?;
        let (_customer, created) = stage.customer_in_queue("1", "h264").await?;
        accept_and_see(stage, &second, &created).await?;
        let log = stage.server.explain(&created.call_id)?;
        ensure!(log.all("offered").len() == 1, "{}", log.outline());
        first.window.until_body("activity", "signed_out").await
    })
}

//! Whether a workstation may verify: IT says so on the command line, and the screen follows at once.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use chinhchu_stories::place::Place;
use chinhchu_stories::server::{Account, text};
use chinhchu_stories::stage::Stage;
use chinhchu_stories::station::Station;
use serde_json::Value;

use crate::verdicts::accept_and_see;

/// «At once», also on a machine with other work.
const AT_ONCE: Duration = Duration::from_secs(3);

#[test]
fn a_workstation_verifies_only_while_it_is_approved_and_its_screen_follows_at_once() -> Result<()> {
    Stage::play(async |stage| {
        let Account { username, password } = stage.server.add_agent("1", "hoa", "Trần Thị Hoa")?;
        let station = Station::start(&stage.path().join("hoa"), &stage.seat(Place::Here)).await?;
        station.sign_in(&username, &password).await?;
        let first = waits_for_approval(stage, &station).await?;
        ensure!(
            stage.server.approve_workstation("0000-0000-0000-0000-0000").is_err(),
            "a fingerprint that nobody shows was approved"
        );
        let id = text(&workstation(stage, &first)?, "workstation_id")?;
        let other = ["workstation", "approve", &id, "--fingerprint", "0000-0000-0000-0000-0000"];
        ensure!(stage.server.cli(&other).is_err(), "another fingerprint was approved");
        barred(&station, "pending", Duration::ZERO).await?;

        stage.server.approve_workstation(&first)?;
        let gone = "!document.querySelector('[data-testid=\"enrolment\"]')";
        station.window.until_within("the approval is seen", gone, AT_ONCE).await?;
        station.become_available().await?;

        // The key is taken back while the agent waits for calls: none comes any more.
        stage.server.cli(&["workstation", "revoke", &id, "--reason", "stolen"])?;
        barred(&station, "revoked", AT_ONCE).await?;
        station.window.until("off duty", "document.body.dataset.activity === 'paused'").await?;
        let (_customer, created) = stage.customer_in_queue("1", "h264").await?;
        stage.server.until_call(&created, "it waits", |body| body["state"] == "waiting").await?;

        // A new key is another key, and has to be approved as such; then the call that waits comes.
        station.window.click("renew-key").await?;
        station.window.click("renew-do").await?;
        let second = waits_for_approval(stage, &station).await?;
        ensure!(second != first, "the revoked key is used again");
        stage.server.approve_workstation(&second)?;
        station.window.until_within("the approval is seen", gone, AT_ONCE).await?;
        station.window.click("status-available").await?;
        accept_and_see(stage, &station, &created).await?;
        station.decide(true, None).await?;
        station.window.until_attribute("upload-state", "data-state", "delivered").await?;
        let held = stage.server.evidence(&created).await?;
        ensure!(held[0]["manifest"]["counter"] == 1, "a new key counts from 1: {held:?}");
        Ok(())
    })
}

/// The screen asks for it, and no status can be had without; gives the fingerprint.
async fn waits_for_approval(stage: &Stage, station: &Station) -> Result<String> {
    station.window.until_attribute("enrolment", "data-state", "pending").await?;
    let shown = "document.querySelector('[data-testid=\"fingerprint\"]')?.dataset.value";
    let shown = station.window.until("a fingerprint", shown).await?;
    let shown = shown.as_str().context("no text")?.to_owned();
    ensure!(workstation(stage, &shown)?["state"] == "pending");
    Ok(shown)
}

async fn barred(station: &Station, state: &str, within: Duration) -> Result<()> {
    let shown = format!("document.querySelector('[data-testid=\"enrolment\"]')?.dataset.state === '{state}'");
    station.window.until_within(&format!("the screen says {state}"), &shown, within).await?;
    let disabled = "document.querySelector('[data-testid=\"status-available\"]')?.disabled !== false";
    station.window.until("no calls can be asked for", disabled).await.map(|_| ())
}

fn workstation(stage: &Stage, fingerprint: &str) -> Result<Value> {
    let listed = stage.server.cli(&["workstation", "list"])?;
    let found = listed.as_array().into_iter().flatten().find(|key| key["fingerprint"] == fingerprint);
    found.cloned().with_context(|| format!("{fingerprint} is not listed: {listed}"))
}

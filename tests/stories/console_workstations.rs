//! IT approves a workstation in the console by the fingerprint that its agent reads out.

use anyhow::{Context as _, Result, ensure};
use chinhchu_stories::console::Console;
use chinhchu_stories::place::Place;
use chinhchu_stories::server::Account;
use chinhchu_stories::stage::Stage;
use chinhchu_stories::station::Station;
use serde_json::json;

#[test]
fn a_workstation_is_approved_by_the_last_group_of_its_fingerprint_and_its_screen_follows() -> Result<()> {
    Stage::play(async |stage| {
        let Account { username, password } = stage.server.add_agent("1", "hoa", "Trần Thị Hoa")?;
        let station = Station::start(&stage.path().join("hoa"), &stage.seat(Place::Here)).await?;
        station.sign_in(&username, &password).await?;
        station.window.until_attribute("enrolment", "data-state", "pending").await?;
        let shown = "document.querySelector('[data-testid=\"fingerprint\"]')?.dataset.value";
        let shown = station.window.until("a fingerprint", shown).await?;
        let shown = shown.as_str().context("no text")?;
        let last = shown.rsplit('-').next().context("no groups")?;

        let console = Console::sign_in(&stage.server, stage.path(), "administrator").await?;
        let page = console.window();
        console.open("workstations").await?;
        page.until_attribute("workstation-row", "data-state", "pending").await?;
        page.click("workstation-approve").await?;
        let told = page.text("fingerprint").await?;
        ensure!(!told.contains(last), "the group that is to be heard is shown: {told}");
        let wrong: String = last.chars().map(|digit| if digit == '0' { '1' } else { '0' }).collect();
        page.type_into("approve-typed", &wrong).await?;
        let barred = "document.querySelector('[data-testid=approve-do]').disabled";
        ensure!(page.eval(barred).await? == json!(true), "another machine's fingerprint is taken");
        console.look("workstation-approve").await?;
        let empty = "(() => { const e = document.querySelector('[data-testid=approve-typed]'); e.value = ''; \
            e.dispatchEvent(new Event('input', { bubbles: true })); return true; })()";
        page.eval(empty).await?;
        page.type_into("approve-typed", &last.to_uppercase()).await?;
        page.click("approve-do").await?;
        page.until_attribute("workstation-row", "data-state", "approved").await?;
        let gone = "!document.querySelector('[data-testid=\"enrolment\"]')";
        station.window.until("the workstation sees it", gone).await?;
        station.become_available().await?;
        Ok(())
    })
}

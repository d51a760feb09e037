//! An administrator erases a customer: found by the number, seen before, typed, gone; the signed line is shown.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use chinhchu_stories::console::Console;
use chinhchu_stories::stage::Stage;
use serde_json::json;

use crate::verdicts::accept_and_see;

#[test]
fn a_customer_is_held_released_and_erased_by_number_and_the_pictures_are_gone() -> Result<()> {
    Stage::play(async |stage| {
        let station = stage.agent_on_duty("1", "hoa", "Trần Thị Hoa").await?;
        let (_customer, created) = stage.customer_in_queue("1", "vp8").await?;
        accept_and_see(stage, &station, &created).await?;
        station.decide(true, None).await?;
        stage.server.until_evidence(&created, 1).await?;
        let folder = stage.path().join("server/data/evidence");
        ensure!(files(&folder).len() >= 5, "the pictures lie there: {:?}", files(&folder));
        ensure!(!stage.server.image(&created, "portrait").await?.is_empty());

        let console = Console::sign_in(&stage.server, stage.path(), "administrator").await?;
        let page = console.window();
        console.open("cases").await?;
        page.type_into("cases-msisdn", "0901234567").await?;
        page.click("cases-find").await?;
        page.until_attribute("case-row", "data-standing", "erasable").await?;
        page.click("case-hold").await?;
        page.type_into("hold-reason", "HS-2026-0001").await?;
        page.click("hold-do").await?;
        page.until_attribute("case-row", "data-standing", "held").await?;
        let locked = "document.querySelector('[data-testid=cases-erase]').disabled";
        ensure!(page.eval(locked).await? == json!(true), "what is held can be chosen");
        page.click("case-release").await?;
        page.type_into("hold-reason", "HS-2026-0001").await?;
        page.click("hold-do").await?;
        page.until_attribute("case-row", "data-standing", "erasable").await?;

        page.click("cases-erase").await?;
        page.type_into("erase-reason", "HS-2026-0002").await?;
        page.type_into("erase-typed", "XOA").await?;
        let disabled = "document.querySelector('[data-testid=erase-do]').disabled";
        ensure!(page.eval(disabled).await? == json!(true), "half of the words is enough");
        page.type_into("erase-typed", " 1").await?;
        console.look("cases-confirm").await?;
        page.click("erase-do").await?;
        page.until_attribute("erased-row", "data-outcome", "erased").await?;
        console.look("cases-erased").await?;
        ensure!(page.eval("location.href.includes('090')").await? == json!(false));

        ensure!(stage.server.image(&created, "portrait").await.is_err(), "eKYC still gets the picture");
        let gone = format!(
            "fetch('/v1/console/calls/{}/images/portrait').then((a) => (window.gone = a.status)) && window.gone === 410",
            created.call_id
        );
        page.until("the console refuses the picture", &gone).await?;
        page.goto(&format!("{}/console/calls/{}/case", stage.server.url(), created.call_id)).await?;
        page.click("case-show").await?;
        page.until("it is told", "document.body.innerText.includes('đã bị xoá') && !document.body.innerText.includes('Nguyễn Thị Mẫu')")
            .await?;
        let until = tokio::time::Instant::now() + chinhchu_stories::driver::PATIENCE;
        while !files(&folder).is_empty() {
            ensure!(tokio::time::Instant::now() < until, "files stay: {:?}", files(&folder));
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        let checked = stage.server.cli(&["audit", "verify"])?;
        ensure!(checked["sound"] == true && checked["tombstones"] == 1, "{checked}");
        Ok(())
    })
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.flatten().map(|entry| entry.path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

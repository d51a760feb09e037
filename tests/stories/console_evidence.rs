//! A supervisor follows a running call, takes its evidence home as one file and proves it without any server; and
//! prints the figures of a trial.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use chinhchu_stories::console::Console;
use chinhchu_stories::programs;
use chinhchu_stories::server::text;
use chinhchu_stories::stage::Stage;
use fantoccini::wd::PrintConfiguration;
use serde_json::{Value, json};

#[test]
fn a_running_call_is_followed_its_evidence_is_downloaded_and_verifies_offline_and_the_trial_is_printed()
-> Result<()> {
    Stage::play(async |stage| {
        let station = stage.agent_on_duty("1", "hoa", "Trần Thị Hoa").await?;
        stage.server.cli(&["agent", "set", "hoa", "--partner", "Đối tác A"])?;
        let console = Console::sign_in(&stage.server, stage.path(), "supervisor").await?;
        let page = console.window();
        let (customer, created) = stage.customer_in_queue("1", "vp8").await?;
        station.window.until_body("activity", "ringing").await?;
        console.open(&format!("calls/{}", created.call_id)).await?;
        page.until_attribute("call-state", "data-state", "offering").await?;
        station.window.click("ring-accept").await?;
        page.until_attribute("call-state", "data-state", "in_call").await?;
        page.until_shown("call-live").await?;
        // The customer's page is gone: the supervisor sees it at once, and again when it is back.
        customer.window.goto("about:blank").await?;
        page.until_attribute("call-state", "data-state", "reconnecting").await?;
        customer.window.goto(&created.call_screen_url).await?;
        page.until_attribute("call-state", "data-state", "in_call").await?;
        station.decide(true, None).await?;
        page.until_attribute("call-state", "data-state", "ended").await?;

        page.click("tab-evidence").await?;
        page.until_shown("seals-sound").await?;
        page.click("export").await?;
        page.click("export-ask-do").await?;
        let file = console.browser().downloaded().await?;
        let trust = text(&stage.server.cli(&["key", "show"])?, "public_key")?;

        let today = "new Date(Date.now() + 7 * 3600e3).toISOString().slice(0, 10)";
        let today = page.eval(today).await?;
        let today = today.as_str().context("a day")?;
        console.open(&format!("reports/trial?from={today}&to={today}")).await?;
        page.until_shown("trial-measures").await?;
        let partner =
            "document.querySelector('[data-testid=trial-measures] thead').textContent.includes('Đối tác A')";
        page.until("the partner's column", partner).await?;
        let pdf = page.client().print(PrintConfiguration::default()).await?;
        ensure!(pdf.starts_with(b"%PDF-") && pdf.len() > 10_000, "{} bytes", pdf.len());
        let screen_only = "(() => { const hidden = []; for (const sheet of document.styleSheets) \
            for (const rule of sheet.cssRules) if (rule.media?.mediaText === 'print') hidden.push(rule.cssText); \
            return hidden.join(' '); })()";
        ensure!(
            page.eval(screen_only).await?.to_string().contains("no-print"),
            "the buttons are printed, too"
        );

        // Nobody is asked any more.
        stage.server.kill()?;
        let report = verified(&file, &trust)?;
        ensure!(report["sound"] == true && report.to_string().contains(&created.call_id), "{report}");
        let mut bytes = std::fs::read(&file)?;
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(&file, bytes)?;
        ensure!(verified(&file, &trust).is_err(), "a changed file passes");
        Ok(())
    })
}

/// `evidence verify` with the file and the key alone.
fn verified(file: &Path, trust: &str) -> Result<Value> {
    let mut command = Command::new(programs::server()?);
    command.args(["evidence", "verify"]).arg(file).args(["--trust", trust, "--json"]);
    let output = command.env_remove("CHINHCHU_DATA").current_dir("/").output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout)?;
    ensure!(report != json!(null));
    Ok(report)
}

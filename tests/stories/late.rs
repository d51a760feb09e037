//! A verdict for a call that moved on is kept and shown, never lost, and never counted.

use anyhow::{Context as _, Result, ensure};
use chinhchu_stories::cable::Cable;
use chinhchu_stories::stage::Stage;
use chinhchu_stories::station::Seat;

use crate::verdicts::{accept_and_see, is_ended};

/// How the history calls a delivered verdict beside which another one stands.
const NOT_COUNTED: &str = "Máy chủ nhận, không tính";

#[test]
fn i5_a_late_verdict_is_kept_beside_the_one_that_counts() -> Result<()> {
    Stage::play(async |stage| {
        let cable = Cable::to(stage.server.address()).await?;
        let hoa = stage.agent_at("1", "hoa", "Trần Thị Hoa", &Seat::here(&cable.url())).await?;
        let (_customer, created) = stage.customer_in_queue("1", "h264").await?;
        accept_and_see(stage, &hoa, &created).await?;
        let nam = stage.agent_on_duty("1", "nam", "Lê Văn Nam").await?;
        // Hoa decides while the server cannot hear her; her workstation hangs up, so the caller loses her.
        cable.cut();
        hoa.decide(true, None).await?;
        hoa.window.until_shown("verdict-sealed").await?;
        accept_and_see(stage, &nam, &created).await?;
        nam.window.click("verdict-reject").await?;
        let reason = "[...document.querySelectorAll('[data-testid=\"verdict-reason\"] option')].map(o => o.value).filter(Boolean)[0]";
        let reason = nam.window.until("reasons to choose from", reason).await?;
        nam.window.choose("verdict-reason", reason.as_str().context("the reason is no text")?).await?;
        nam.window.click("verdict-submit").await?;
        nam.window.until_attribute("upload-state", "data-state", "delivered").await?;
        let body = stage.server.until_call(&created, "the call ends", is_ended).await?;
        ensure!(body["verdict"]["decision"] == "rejected", "{body}");
        cable.mend();
        stage.server.until_evidence(&created, 2).await?;
        // Her workstation says what became of it: delivered, and not counted.
        hoa.window.click("open-history").await?;
        let row =
            format!("document.querySelector('[data-testid=history-row][data-call=\"{}\"]')", created.call_id);
        hoa.window
            .until("the history shows the standing", &format!("{row}?.innerText.includes('{NOT_COUNTED}')"))
            .await?;
        let body = stage.server.call(&created).await?;
        ensure!(body["verdict"]["decision"] == "rejected" && body["end_reason"] == "completed", "{body}");
        let result = stage.server.msale_result(&created.call_id).await?;
        ensure!(result.to_string().contains("rejected"), "mSale took the late one: {result}");
        let log = stage.server.explain(&created.call_id)?;
        let mut standings: Vec<_> =
            log.all("evidence_taken").into_iter().filter_map(|fact| fact["standing"].as_str()).collect();
        standings.sort_unstable();
        ensure!(standings == ["counts", "superseded"], "{}", log.outline());
        log.only("call_ended")?;
        Ok(())
    })
}

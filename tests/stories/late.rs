//! A verdict for a call that moved on is kept and shown, never lost, and never counted.

use anyhow::{Context as _, Result, ensure};
use chinhchu_stories::cable::Cable;
use chinhchu_stories::stage::Stage;
use chinhchu_stories::station::Seat;

use crate::verdicts::{accept_and_see, is_ended};

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
        // Late or delivered, as the workstation calls it; what it says of it is asked of the history below.
        let settled = "['delivered','late'].includes(document.querySelector('[data-testid=\"upload-state\"]')?.dataset.state) || document.body.dataset.activity !== 'in_call'";
        hoa.window.until("the late verdict is delivered", settled).await?;
        stage.server.until_evidence(&created, 2).await?;
        let body = stage.server.call(&created).await?;
        ensure!(body["verdict"]["decision"] == "rejected" && body["end_reason"] == "completed", "{body}");
        let result = stage.server.msale_result(&created.call_id).await?;
        ensure!(result.to_string().contains("rejected"), "mSale took the late one: {result}");
        let log = stage.server.explain(&created.call_id)?;
        let standings: Vec<_> =
            log.all("evidence_taken").iter().map(|fact| fact["standing"].clone()).collect();
        ensure!(standings.len() == 2 && standings[0] != standings[1], "{}", log.outline());
        log.only("call_ended")?;
        Ok(())
    })
}

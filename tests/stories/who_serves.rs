//! C1: who serves whom.

use anyhow::{Result, ensure};
use chinhchu_stories::stage::Stage;

#[test]
fn c1_a_call_of_company_4_rings_at_company_1_and_never_at_company_2() -> Result<()> {
    Stage::play(async |stage| {
        let of_two = stage.agent_on_duty("2", "nam", "Lê Văn Nam").await?;
        // Whatever company 2's window shows from here on is kept, so that a ring in between is seen too.
        of_two
            .window
            .eval(
                "(() => { window.seen = []; new MutationObserver(() => window.seen.push(document.body.dataset.activity))\
                 .observe(document.body, {attributes: true}); return true; })()",
            )
            .await?;
        let of_one = stage.agent_on_duty("1", "hoa", "Trần Thị Hoa").await?;
        let (_customer, created) = stage.customer_in_queue("4", "h264").await?;
        of_one.window.until_body("activity", "ringing").await?;
        of_one.window.click("ring-accept").await?;
        let body =
            stage.server.until_call(&created, "the call connects", |b| b["state"] == "in_call").await?;
        ensure!(body["company"] == "4" && body["serving_company"] == "1", "{body}");
        let seen = of_two.window.eval("window.seen.filter(a => a !== 'available')").await?;
        ensure!(seen.as_array().is_some_and(Vec::is_empty), "company 2's window showed {seen}");
        of_two.window.until_body("activity", "available").await
    })
}

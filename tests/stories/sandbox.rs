//! S1–S16 as a newcomer walks them: the sandbox plays mSale and eKYC against the public API.

use anyhow::{Result, ensure};
use chinhchu_stories::customer::Customer;
use chinhchu_stories::place::Place;
use chinhchu_stories::stage::Stage;

#[test]
fn s1_to_s16_are_walked_in_the_sandbox_and_the_result_arrives_in_msale() -> Result<()> {
    Stage::play(async |stage| {
        let station = stage.agent_on_duty("1", "hoa", "Trần Thị Hoa").await?;
        let customer = Customer::start(&stage.path().join("customer"), &Place::Here).await?;
        let call_id = customer.walk_sandbox_to_queue(&stage.server.url()).await?;
        station.window.until_body("activity", "ringing").await?;
        station.window.click("ring-accept").await?;
        station.window.until_body("activity", "in_call").await?;
        customer.window.until_shown("notice-agent_accepted").await?;
        station.decide(true, None).await?;
        let decision =
            "document.querySelector('[data-testid=\"result-decision\"]')?.dataset.decision === 'confirmed'";
        customer.window.until("the result in the sandbox's mSale", decision).await?;
        for kind in ["id_front", "portrait", "screenshot", "live_frame"] {
            customer.window.until_shown(&format!("result-image-{kind}")).await?;
        }
        let result = stage.server.msale_result(&call_id).await?;
        ensure!(result["activation"] == "activated", "{result}");
        Ok(())
    })
}

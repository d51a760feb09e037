//! `chinhchu-bench`: what the whole workstation costs in a real call, with real Chromium as the customer
//! and no GPU. Prints one JSON line.

use std::time::Duration;

use anyhow::{Context as _, Result};
use chinhchu_stories::cost;
use chinhchu_stories::stage::Stage;
use serde_json::json;

fn main() -> Result<()> {
    let seconds = std::env::args().nth(1).map_or(Ok(15), |text| text.parse()).context("seconds")?;
    for codec in ["h264", "vp8"] {
        Stage::play(async |stage| {
            let station = stage.agent_on_duty("1", "bench", "Bench").await?;
            let idle = cost::of_descendants(station.driver_id(), Duration::from_secs(5)).await?;
            let (customer, _created) = stage.customer_in_queue("1", codec).await?;
            station.window.until_body("activity", "ringing").await?;
            station.window.click("ring-accept").await?;
            station.window.until_body("activity", "in_call").await?;
            tokio::time::sleep(Duration::from_secs(3)).await;
            let call = cost::of_descendants(station.driver_id(), Duration::from_secs(seconds)).await?;
            let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
            let line = json!({
                "bench": "workstation_in_call", "codec": codec, "seconds": seconds, "idle": idle, "call": call,
                "load": load.trim(),
            });
            println!("{line}");
            drop(customer);
            Ok(())
        })?;
    }
    Ok(())
}

//! `chinhchu-bench`: what the whole workstation costs in a real call, and how soon the customer's picture is
//! back after its network was away; with real Chromium as the customer and no GPU. Prints JSON lines.

use std::time::Duration;

use anyhow::Result;
use chinhchu_stories::cost;
use chinhchu_stories::resume;
use chinhchu_stories::stage::Stage;
use clap::{Parser, Subcommand};
use serde_json::json;

/// Measures the whole system; without a command, everything.
#[derive(Parser)]
#[command(name = "chinhchu-bench")]
struct Arguments {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Subcommand)]
enum What {
    /// CPU and memory of the workstation, idle and in a call
    Cost {
        /// How long to measure in a call
        #[arg(long, default_value_t = 15)]
        seconds: u64,
    },
    /// How soon the picture is back; needs root for its networks
    Resume {
        /// How often each way
        #[arg(long, default_value_t = 10)]
        rounds: usize,
        /// Only this way, such as same_address
        #[arg(long)]
        only: Option<String>,
    },
}

fn main() -> Result<()> {
    match Arguments::parse().what {
        Some(What::Cost { seconds }) => cost_of_a_call(seconds),
        Some(What::Resume { rounds, only }) => resume::measure(rounds, only.as_deref()),
        None => {
            cost_of_a_call(15)?;
            resume::measure(10, None)
        }
    }
}

fn cost_of_a_call(seconds: u64) -> Result<()> {
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
            let line = json!({
                "bench": "workstation_in_call", "codec": codec, "seconds": seconds, "idle": idle, "call": call,
                "load": cost::load(),
            });
            println!("{line}");
            drop(customer);
            Ok(())
        })?;
    }
    Ok(())
}

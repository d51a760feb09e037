//! `cargo xtask campaign`: what takes longer than a test may. Short forms of them run in `cargo xtask test`.

use anyhow::Result;

use crate::root::{self, cargo};

/// Options of `cargo xtask campaign`.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Kill the server at random under load, and compare what it acknowledged with what it kept
    Kill {
        /// How often
        #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
        times: u32,
        /// Play the plan of an earlier run again, as it printed it
        #[arg(long)]
        seed: Option<u64>,
    },
    /// Kill the workstation between verdict and receipt, on a bad line and a full disk, and compare what it showed
    /// as done with what the server has
    Outbox {
        /// How often
        #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..))]
        times: u32,
        /// Draw the plan of an earlier run again, as it printed it
        #[arg(long)]
        seed: Option<u64>,
    },
}

/// Runs the campaign asked for.
pub fn run(arguments: &Arguments) -> Result<()> {
    match arguments.what {
        What::Kill { times, seed } => {
            let mut test = cargo();
            test.args(["test", "--locked", "-p", "chinhchu-server", "--test", "killed"]);
            test.args(["--", "--nocapture", "nothing_acknowledged_is_lost"]);
            test.env("CHINHCHU_KILL_TIMES", times.to_string());
            if let Some(seed) = seed {
                test.env("CHINHCHU_KILL_SEED", seed.to_string());
            }
            root::run(&mut test)
        }
        What::Outbox { times, seed } => {
            root::run(cargo().args(["build", "--locked", "-p", "chinhchu-server", "--bins"]))?;
            let mut test = cargo();
            test.args(["test", "--locked", "-p", "chinhchu-station", "--test", "killed"]);
            test.args(["--", "--nocapture", "every_verdict_shown_as_done"]);
            test.env("CHINHCHU_SERVER_BIN", root::target().join("debug/chinhchu-server"));
            test.env("CHINHCHU_OUTBOX_TIMES", times.to_string());
            if let Some(seed) = seed {
                test.env("CHINHCHU_OUTBOX_SEED", seed.to_string());
            }
            root::run(&mut test)
        }
    }
}

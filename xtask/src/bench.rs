//! `cargo xtask bench`: figures, one JSON line per bench, measured in release builds on this machine.

use anyhow::Result;

use crate::root::{self, cargo};
use crate::{programs, system};

/// Options of `cargo xtask bench`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Do not install missing system packages; fail and name them instead
    #[arg(long)]
    no_install: bool,
    /// What to measure
    #[arg(value_enum, default_value = "all")]
    what: What,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum What {
    /// Set-up, decoding and cost of native media; frames to the screen; the whole workstation in a call
    Media,
    /// How fast a workstation rings: arrival, redirect; and a start over a long log
    Routing,
    /// From the key of the verdict to its being durable on the workstation's disk
    Outbox,
    /// Wallboard, search and reports with a million calls in the store
    Figures,
    /// How soon the customer's picture is back after its network was away; needs root for its networks
    Resume,
    /// Everything
    All,
}

/// Runs the benches asked for.
pub fn run(arguments: &Arguments) -> Result<()> {
    system::provide(true, arguments.no_install)?;
    let media = matches!(arguments.what, What::Media | What::All);
    if media {
        example("chinhchu-media", "media_bench")?;
        example("chinhchu-screen", "surface_bench")?;
    }
    let resume = matches!(arguments.what, What::Resume | What::All);
    if media || resume {
        let programs = programs::build(true)?;
        let whole = |part: &str| {
            let mut bench = std::process::Command::new(programs.demo.with_file_name("chinhchu-bench"));
            programs.tell(&mut bench);
            root::run(bench.arg(part))
        };
        if media {
            whole("cost")?;
        }
        if resume {
            whole("resume")?;
        }
    }
    if matches!(arguments.what, What::Routing | What::All) {
        example("chinhchu-server", "routing_bench")?;
        example("chinhchu-server", "fold_bench")?;
    }
    if matches!(arguments.what, What::Figures | What::All) {
        example("chinhchu-server", "figures_bench")?;
    }
    if matches!(arguments.what, What::Outbox | What::All) {
        outbox()?;
    }
    Ok(())
}

/// The workstation's verdicts are given in calls with the real server.
fn outbox() -> Result<()> {
    root::run(cargo().args(["build", "--locked", "--release", "-p", "chinhchu-server", "--bins"]))?;
    let mut bench = cargo();
    bench.args(["run", "--quiet", "--locked", "--release", "-p", "chinhchu-stories", "--example"]);
    bench.arg("outbox_bench").env("CHINHCHU_SERVER_BIN", root::target().join("release/chinhchu-server"));
    root::run(&mut bench)
}

fn example(package: &str, name: &str) -> Result<()> {
    root::run(cargo().args(["run", "--quiet", "--locked", "--release", "-p", package, "--example", name]))
}

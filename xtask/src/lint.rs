//! `cargo xtask lint`: what a reviewer should not have to say.

use anyhow::Result;

use crate::root::{self, cargo};
use crate::{programs, system, tidy, tools, windows};

/// Options of `cargo xtask lint`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Do not install missing system packages; fail and name them instead
    #[arg(long)]
    no_install: bool,
    /// The check for Windows: also, only, or not (on a machine that can have no compiler for it)
    #[arg(long, value_enum, value_name = "WHEN", default_value = "also")]
    windows: Windows,
}

/// Whether to check for Windows.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Windows {
    Also,
    Only,
    Not,
}

/// Formatting, walls, clippy here and for Windows, svelte-check, licences and sources of dependencies.
pub fn run(arguments: &Arguments) -> Result<()> {
    match arguments.windows {
        Windows::Also => {
            lint(arguments.no_install)?;
            windows::check(arguments.no_install)
        }
        Windows::Only => windows::check(arguments.no_install),
        Windows::Not => {
            eprintln!("not checked for Windows, as asked");
            lint(arguments.no_install)
        }
    }
}

fn lint(no_install: bool) -> Result<()> {
    system::provide(false, no_install)?;
    tidy::check(&root::root())?;
    root::run(cargo().args(["fmt", "--all", "--check"]))?;
    programs::screens()?;
    root::run(programs::npm().args(["run", "--silent", "check"]))?;
    let features = ["--features", "chinhchu/custom-protocol"];
    let mut clippy = cargo();
    clippy.args(["clippy", "--quiet", "--locked", "--workspace", "--all-targets"]).args(features);
    root::run(clippy.args(["--", "-D", "warnings"]))?;
    // It reads the packages of every platform, also those that no build here asks for.
    root::run(cargo().args(["fetch", "--quiet", "--locked"]))?;
    // Advisories need a database from the network; who has one runs `cargo deny check advisories`.
    let mut deny = std::process::Command::new(tools::cargo_deny()?);
    deny.current_dir(root::root()).args([
        "--offline",
        "check",
        "--hide-inclusion-graph",
        "bans",
        "licenses",
        "sources",
    ]);
    root::run(&mut deny)
}

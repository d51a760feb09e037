//! `cargo xtask demo`: from nothing to one real verification call.

use std::process::Command;

use anyhow::{Result, bail};

use crate::{programs, root, system};

/// Options of `cargo xtask demo`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Play the whole story by itself: real server, real window under Xvfb, real Chromium as the customer
    #[arg(long)]
    headless: bool,
    /// Do not install missing system packages; fail and name them instead
    #[arg(long)]
    no_install: bool,
}

/// Sets up, builds, and hands over to the player.
pub fn run(arguments: &Arguments) -> Result<()> {
    if !arguments.headless && !has_display() {
        bail!("there is no display here; `cargo xtask demo --headless` plays the story by itself");
    }
    system::provide(arguments.headless, arguments.no_install)?;
    let programs = programs::build(false)?;
    let mut player = Command::new(&programs.demo);
    programs.tell(&mut player);
    player.arg("--dir").arg(root::target().join("demo"));
    if arguments.headless {
        player.arg("--headless");
    }
    root::run(&mut player)
}

fn has_display() -> bool {
    cfg!(windows) || ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some())
}

//! From the key of the verdict to its being durable on the disk: the real driver, capture, encoding, sealing and
//! outbox of a workstation in a call with the real server. Prints one line of JSON: p50 and p99 of the whole and
//! of its parts, as the workstation itself measures them. `cargo xtask bench outbox`
//!
//! Under Xvfb with a window manager, a window of 1900 × 1000 with a drawn page and a moving picture of 640 × 480 at
//! 30 a second in it: captured, checked against the frames and burnt as the workstation does ([`capture`]). What is
//! not the workstation's own: the page around the video is drawn, not a web view, and the frames come from a
//! thread, not from a decoder.

#![cfg(target_os = "linux")]
#![allow(clippy::disallowed_methods, reason = "a bench measures time")]

mod capture;
mod desk;
mod parts;
mod screen;
// Calls and the server as in the campaign that kills the workstation.
#[allow(dead_code, reason = "shared with the campaign, which uses more of it")]
#[path = "../../../src-tauri/station/tests/killed/dealer.rs"]
mod dealer;
#[allow(dead_code, reason = "shared with the campaign, which uses more of it")]
#[path = "../../../server/tests/killed/seed.rs"]
mod seed;
#[allow(dead_code, reason = "shared with the campaign, which uses more of it")]
#[path = "../../../src-tauri/station/tests/killed/server.rs"]
mod server;

use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use chinhchu_stories::desktop::Desktop;

/// Set in the process on the desktop.
const INSIDE: &str = "CHINHCHU_BENCH_INSIDE";

fn main() -> Result<()> {
    if std::env::var_os(INSIDE).is_some() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build()?;
        return runtime.block_on(desk::measure());
    }
    // The capture reads the display from its environment: the bench runs in a process of its own on it.
    let folder = tempfile::tempdir()?;
    let desktop = Desktop::start(folder.path(), "1920x1080")?;
    let this = std::env::current_exe().context("this program")?;
    let mut inside = Command::new(this);
    inside.args(std::env::args_os().skip(1)).env(INSIDE, "1").envs(desktop.environment());
    inside.env_remove("WAYLAND_DISPLAY").env_remove("XDG_SESSION_TYPE");
    ensure!(inside.status()?.success(), "the bench failed");
    Ok(())
}

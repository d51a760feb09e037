//! The workstation, without its window, is killed with SIGKILL again and again between verdict and receipt, while
//! its server goes away and comes back, a proxy in between cuts, repeats, delays and forges answers, and a disk
//! fills up. What it showed as done must arrive at the server exactly once, and nothing may be left half there on
//! either side (I5).
//!
//! The workstation is this program started anew ([`workstation`]): the real driver, session, line, courier and
//! outbox on real files. Only the hardware's edge is played ([`edge`]): media that flow, drawn pictures instead of
//! a window, and the operating system's keyring, which lives in the campaign and outlives the killed process
//! ([`ear`]). The server is the real program ([`server`]).
//!
//! [`campaign`] the run · [`station`] one workstation's life and deaths · [`plan`] what happens, drawn from a seed ·
//! [`proxy`], [`faults`], [`forgery`], [`receipts`] the line · [`full_disk`] a disk of few MiB · [`dealer`] the calls · [`books`] what is found
//! at the end, read without the program's code · [`judge`] whether it is right · [`selftest`] shows that each
//! check can fail.
//!
//! `CHINHCHU_OUTBOX_TIMES` and `CHINHCHU_OUTBOX_SEED` make the run longer, or draw the same plan again (not the
//! same scheduling). `cargo xtask campaign outbox` sets them.

#![cfg(target_os = "linux")]

mod books;
mod campaign;
mod dealer;
mod ear;
mod edge;
mod faults;
mod forgery;
mod full_disk;
mod judge;
mod plan;
mod proxy;
mod receipts;
#[path = "../../../../server/tests/killed/seed.rs"]
#[allow(dead_code, reason = "shared with the server's campaign, which uses more of it")]
mod seed;
mod selftest;
mod server;
mod station;
mod workstation;

/// Kills when nothing else is said.
const SHORT: u32 = 10;

fn from_environment(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i5_every_verdict_shown_as_done_arrives_once_however_often_the_workstation_is_killed() {
    let times =
        from_environment("CHINHCHU_OUTBOX_TIMES").map_or(SHORT, |times| u32::try_from(times).expect("times"));
    let seed = from_environment("CHINHCHU_OUTBOX_SEED").unwrap_or_else(rand::random);
    campaign::run(seed, times).await;
}

/// Not a test: what the campaign starts and kills. Does nothing when nobody asked for a workstation.
#[test]
fn workstation_process() {
    workstation::run_if_asked();
}

//! The real server program is killed with SIGKILL again and again while simulated dealers, call pages,
//! workstations and a webhook receiver talk to it over HTTP and WebSockets, and is started anew on the same data
//! folder and port (I5, I6, I8). The books of what must be so are kept by the clients, from what was acknowledged
//! to them; they are compared with the API, with the log, and with the pictures' folder.
//!
//! [`seed`], [`plan`] what happens, drawn from a seed · [`process`] the program · [`world`] what a run needs ·
//! [`caller`], [`agent`], [`hook`] the clients · [`media`] their media, which needs no server · [`books`] what was
//! acknowledged · [`log`], [`model`] the log, read without the server's code, [`again`] decided again · [`check`], [`ask`] books against
//! log, folder and API · [`campaign`] the run ·
//! [`selftest`] shows that each check can fail.
//!
//! `CHINHCHU_KILL_TIMES` and `CHINHCHU_KILL_SEED` make the run longer, or the same again (the plan, not the
//! scheduling). `cargo xtask campaign kill` sets them. `CHINHCHU_KILL_PROGRAM` tries another build of the program.

#![cfg(unix)]

mod again;
mod agent;
mod agent_line;
mod ask;
mod books;
mod caller;
mod campaign;
mod check;
mod first_start;
mod hook;
mod http;
mod line;
mod log;
mod manner;
mod media;
mod model;
mod plan;
mod process;
mod seed;
mod selftest;
mod upload;
mod world;

/// Kills when nothing else is said.
const SHORT: u32 = 8;

fn from_environment(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn i5_i6_i8_nothing_acknowledged_is_lost_however_often_the_server_is_killed() {
    let times =
        from_environment("CHINHCHU_KILL_TIMES").map_or(SHORT, |times| u32::try_from(times).expect("times"));
    let seed = from_environment("CHINHCHU_KILL_SEED").unwrap_or_else(rand::random);
    campaign::run(seed, times).await;
}

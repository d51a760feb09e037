//! How fast wallboard, search and reports answer with a million calls in the store: a made-up month, a real server,
//! real requests one after the other. One JSON line per request; fails if a status is not 200, or (told a limit) if
//! one of the three kinds that issue 5 names takes longer.
//! `cargo run --release -p chinhchu-server --example figures_bench [CALLS] [FOLDER] [LIMIT_MS]
//! [WORDS]` (a folder is kept and used again; only requests with these words are measured).
//!
//! [`made_up`] the month · [`fill`] into the store, [`night`] packed day by day · [`live`] today's calls, through the
//! real switchboard · [`people`] who asks · [`asks`] what · [`measure`] how long it takes.
//!
//! Filled are the rows that the measured requests read, whole and in their own tables: figures of calls, offers and
//! duty, cases (sealed, with their hashes), calls, evidence, deliveries to mSale, reviews, agents, mSale's list of a
//! day. **Not filled:** the log of the past (no request of the console reads it but for calls that run or owe
//! evidence, and those are made by the switchboard; `fold_bench` measures a start over a long log), all states of a
//! past call but the last (they are read one call at a time, by key), pictures and their files (likewise). Calls come
//! evenly over day and night, which is kind to the hours and unkind to the packs.

mod asks;
mod fill;
mod live;
mod made_up;
mod measure;
mod night;
mod people;

use std::net::TcpListener;
use std::path::{Path, PathBuf};

use chinhchu_protocol::time::Timestamp;
use chinhchu_server::clock::Clock;
use chinhchu_server::config::Config;
use chinhchu_server::figures::period::{DAY_MS, Period};
use chinhchu_server::run::start_with_clock;
use tokio_util::sync::CancellationToken;

type Failure = Box<dyn std::error::Error + Send + Sync>;

const FIRST_DAY: &str = "2026-10-01";
const LAST_DAY: &str = "2026-10-30";
const DAYS: i64 = 30;
/// Calls come until this long before the end of the last day, which is «today».
const EVENING_MS: i64 = 6 * 3_600_000;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let calls: u64 = arguments.next().map_or(Ok(1_000_000), |text| text.parse())?;
    let kept = arguments.next().map(PathBuf::from);
    let limit_ms: Option<f64> = arguments.next().map(|text| text.parse()).transpose()?;
    let only = arguments.next().unwrap_or_default();
    let temporary = tempfile::tempdir()?;
    let folder = kept.unwrap_or_else(|| temporary.path().to_path_buf());
    fill::fill(&folder, calls)?;
    night::pack(&folder, evening()?).await?;
    run(&folder, limit_ms, &only).await
}

/// The first moment of the month.
fn first() -> Result<Timestamp, Failure> {
    Ok(Period::read(FIRST_DAY, FIRST_DAY).map_err(|(field, code)| format!("{field}: {code}"))?.from)
}

/// When everything is measured.
fn evening() -> Result<Timestamp, Failure> {
    Ok(first()?.plus_ms(DAYS * DAY_MS - EVENING_MS))
}

async fn run(folder: &Path, limit_ms: Option<f64>, only: &str) -> Result<(), Failure> {
    let evening = evening()?;
    // A day before, the first time: evidence is missing only after a day.
    let before_ms = if live::owes_already(folder)? { 0 } else { live::BEFORE_MS };
    let clock = Clock::manual(evening.plus_ms(-before_ms));
    let stop = CancellationToken::new();
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let config = Config::for_data(folder);
    let server = start_with_clock(listener, config, clock.clone(), stop.clone()).await?;
    let live = live::set_up(server.app(), &clock, evening).await?;
    let people = people::sign_in(&server, &clock).await?;
    let asks = asks::all(&people, first()?);
    let sound = measure::all(server.app(), server.base_url(), &clock, &live, asks, limit_ms, only).await;
    live.end(server.app()).await?;
    stop.cancel();
    server.wait().await?;
    sound
}

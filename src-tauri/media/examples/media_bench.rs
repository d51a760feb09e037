//! Measures the media against a real browser and prints JSON: `cargo run --release --example media_bench`.
//!
//! CPU is that of this process alone, in per cent of one core; the browser is not counted.
#![expect(clippy::cast_precision_loss, reason = "counts of a few seconds")]

#[path = "../tests/browser/mod.rs"]
mod browser;

use browser::{Browser, Call, until};
use chinhchu_media::{CameraChoice, SoundChoice};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const RUNS: u32 = 10;
const SETUP: Duration = Duration::from_secs(30);
const WARM_UP: Duration = Duration::from_secs(3);
const MEASURE: Duration = Duration::from_secs(10);
/// Clock ticks of /proc/self/stat a second on Linux.
const TICKS: f64 = 100.0;

#[tokio::main]
async fn main() {
    let mut results = serde_json::Map::new();
    for codec in ["H264", "VP8"] {
        let mut times = Vec::new();
        for _ in 0..RUNS {
            times.push(offer_to_picture(codec).await.as_secs_f64() * 1000.0);
        }
        times.sort_by(f64::total_cmp);
        let receive = steady(codec, CameraChoice::None).await;
        let both_ways = steady(codec, CameraChoice::Synthetic).await;
        results.insert(
            codec.to_lowercase(),
            json!({
                "offer_to_first_picture_ms": {
                    "median": f64::midpoint(times[times.len() / 2 - 1], times[times.len() / 2]),
                    "min": times.first(),
                    "max": times.last(),
                    "runs": RUNS,
                },
                "receive_only_card_sent": receive,
                "both_ways_640x480_30": both_ways,
            }),
        );
    }
    results.insert("load_average".into(), json!(read("/proc/loadavg").trim()));
    println!("{}", serde_json::to_string(&results).expect("json"));
}

async fn offer_to_picture(codec: &str) -> Duration {
    let call = Call::start(CameraChoice::Synthetic, SoundChoice::Synthetic).await;
    let browser = Browser::open(call.address, codec, 1);
    until("a first decoded picture", SETUP, || call.remote.first_at().is_some()).await;
    let took = call.offer_to_picture().expect("offered");
    browser.kill().await;
    call.end().await;
    took
}

/// A call of some seconds: what it costs.
async fn steady(codec: &str, camera: CameraChoice) -> Value {
    let call = Call::start(camera, SoundChoice::Synthetic).await;
    let browser = Browser::open(call.address, codec, 1);
    until("a first decoded picture", SETUP, || call.remote.first_at().is_some()).await;
    tokio::time::sleep(WARM_UP).await;
    let (before, started, frames) = (cpu_seconds(), Instant::now(), call.stats().frames_decoded);
    let sent = call.stats().frames_sent;
    tokio::time::sleep(MEASURE).await;
    let seconds = started.elapsed().as_secs_f64();
    let stats = call.stats();
    let result = json!({
        "cpu_percent_of_a_core": (cpu_seconds() - before) / seconds * 100.0,
        "decode_ms": stats.decode_time.as_secs_f64() * 1000.0,
        "received_fps": (stats.frames_decoded - frames) as f64 / seconds,
        "sent_fps": (stats.frames_sent - sent) as f64 / seconds,
        "lost_packets": stats.lost,
        "rss_mib": rss_mib(),
    });
    browser.kill().await;
    call.end().await;
    result
}

fn cpu_seconds() -> f64 {
    let stat = read("/proc/self/stat");
    // Behind the name, which may hold blanks: fields 14 and 15 of the whole are user and system time.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / TICKS
}

fn rss_mib() -> f64 {
    let status = read("/proc/self/status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kib| kib.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

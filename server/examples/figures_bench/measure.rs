//! How long each request takes: the first, then many.

use std::time::{Duration, Instant};

use chinhchu_server::clock::Clock;
use chinhchu_server::http::App;
use serde_json::{Value, json};

use super::Failure;
use super::asks::{Ask, Kind};
use super::live::Live;

/// Requests of each kind, and for how long at most.
const TIMES: usize = 40;
const LONGEST: Duration = Duration::from_secs(15);

/// Asks everything; one line each. Fails at the end if a limit was told and one of the three kinds took longer.
pub async fn all(
    app: &App,
    url: &str,
    clock: &Clock,
    live: &Live,
    asks: Vec<Ask<'_>>,
    limit_ms: Option<f64>,
    only: &str,
) -> Result<(), Failure> {
    let mut slow = Vec::new();
    for mut ask in asks.into_iter().filter(|ask| ask.what.contains(only)) {
        go_to_page(url, &mut ask).await?;
        let (bytes, first) = once(url, &ask).await?;
        let (began, cpu, mut took) = (Instant::now(), cpu_ms(), Vec::with_capacity(TIMES));
        while took.len() < TIMES && (took.len() < 3 || began.elapsed() < LONGEST) {
            match ask.kind {
                // Every request of a second shares one count: here each counts for itself.
                Kind::Wallboard => live.second(app, clock),
                // Somewhere a call of this hour has changed.
                Kind::Report => live.change(app).await?,
                Kind::Search | Kind::Other => {}
            }
            took.push(once(url, &ask).await?.1);
        }
        let cpu = (cpu_ms() - cpu) / f64::from(u32::try_from(took.len())?);
        took.sort_by(f64::total_cmp);
        let at = |percent: usize| took.get((took.len() * percent).div_ceil(100) - 1).copied().unwrap_or(0.0);
        let round = |ms: f64| (ms * 10.0).round() / 10.0;
        let p95 = at(95);
        let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        println!(
            "{}",
            json!({
                "bench": "figures", "what": ask.what, "who": ask.who.name, "bytes": bytes, "n": took.len(),
                "first_ms": round(first), "p50_ms": round(at(50)), "p95_ms": round(p95), "cpu_ms": round(cpu),
                "load_1m": load.split(' ').next(), "release": !cfg!(debug_assertions),
            })
        );
        if ask.kind != Kind::Other && limit_ms.is_some_and(|limit| p95 > limit) {
            slow.push(format!("{} ({})", ask.what, ask.who.name));
        }
    }
    if slow.is_empty() { Ok(()) } else { Err(format!("too slow: {}", slow.join(", ")).into()) }
}

/// CPU time of this process, which is server and client: what other load does not lengthen. In steps of 10 ms.
fn cpu_ms() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: f64 = fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum();
    ticks * 10.0
}

/// Follows a list to the part that is to be measured; a list that ends before is measured at its end.
async fn go_to_page(url: &str, ask: &mut Ask<'_>) -> Result<(), Failure> {
    let first = ask.path.clone();
    for _ in 1..ask.page {
        let answer = ask.who.client.get(format!("{url}{}", ask.path)).send().await?;
        let body: Value = answer.error_for_status()?.json().await?;
        let Some(next) = body["next"].as_str() else { return Ok(()) };
        ask.path = format!("{first}&after={next}");
    }
    Ok(())
}

/// Bytes and milliseconds of one answer.
async fn once(url: &str, ask: &Ask<'_>) -> Result<(usize, f64), Failure> {
    let url = format!("{url}{}", ask.path);
    let request = match &ask.body {
        Some(body) => ask.who.client.post(url).json(body),
        None => ask.who.client.get(url),
    };
    let began = Instant::now();
    let answer = request.send().await?;
    let status = answer.status();
    let bytes = answer.bytes().await?;
    let took = began.elapsed().as_secs_f64() * 1000.0;
    if status != 200 {
        let (what, who) = (&ask.what, ask.who.name);
        return Err(format!("{what} ({who}): {status}: {}", String::from_utf8_lossy(&bytes)).into());
    }
    Ok((bytes.len(), took))
}

//! What a tree of processes costs: CPU in per cent of one core, memory as PSS. Linux only, from /proc.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

/// Ticks of the kernel's process clock a second; fixed on Linux for user space.
const TICKS: u64 = 100;

/// Measures the descendants of `root` for `span`, each program apart, leaving out the drivers themselves.
pub async fn of_descendants(root: u32, span: Duration) -> Result<Value> {
    let before = cpu_ticks(root)?;
    tokio::time::sleep(span).await;
    let after = cpu_ticks(root)?;
    let mut programs: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for (pid, (name, ticks)) in &after {
        let spent = ticks.saturating_sub(before.get(pid).map_or(0, |(_, earlier)| *earlier));
        let entry = programs.entry(name.clone()).or_default();
        entry.0 += spent;
        entry.1 += pss_kib(*pid).unwrap_or(0);
    }
    let span_ms = u64::try_from(span.as_millis())?.max(1);
    let percent_tenths = |ticks: u64| ticks * 1000 * 1000 / TICKS / span_ms;
    let all_ticks: u64 = programs.values().map(|(ticks, _)| ticks).sum();
    let all_kib: u64 = programs.values().map(|(_, kib)| kib).sum();
    let parts: Vec<Value> = programs
        .iter()
        .map(|(name, (ticks, kib))| {
            json!({"program": name, "cpu_percent": tenths(percent_tenths(*ticks)), "pss_mib": kib / 1024})
        })
        .collect();
    Ok(
        json!({"cpu_percent": tenths(percent_tenths(all_ticks)), "pss_mib": all_kib / 1024, "programs": parts}),
    )
}

fn tenths(value: u64) -> String {
    format!("{}.{}", value / 10, value % 10)
}

/// The machine's load averages, to be printed beside every figure.
pub fn load() -> String {
    std::fs::read_to_string("/proc/loadavg").unwrap_or_default().trim().to_owned()
}

/// The process below `root` with this name, if there is one.
pub fn descendant(root: u32, name: &str) -> Option<u32> {
    cpu_ticks(root).ok()?.into_iter().find(|(_, (known, _))| known == name).map(|(pid, _)| pid)
}

fn cpu_ticks(root: u32) -> Result<BTreeMap<u32, (String, u64)>> {
    let mut parents: BTreeMap<u32, (u32, String, u64)> = BTreeMap::new();
    for entry in std::fs::read_dir("/proc")?.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        if let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat"))
            && let Some(read) = read_stat(&stat)
        {
            parents.insert(pid, read);
        }
    }
    let belongs = |mut pid: u32| {
        for _ in 0..32 {
            match parents.get(&pid) {
                Some((parent, _, _)) if *parent == root => return true,
                Some((parent, _, _)) => pid = *parent,
                None => return false,
            }
        }
        false
    };
    let found = parents.iter().filter(|(pid, (_, name, _))| belongs(**pid) && !name.contains("WebDriver"));
    Ok(found.map(|(pid, (_, name, ticks))| (*pid, (name.clone(), *ticks))).collect())
}

/// Parent, name, and user plus system ticks of a `/proc/PID/stat` line.
fn read_stat(stat: &str) -> Option<(u32, String, u64)> {
    let (head, tail) = stat.rsplit_once(')')?;
    let name = head.split_once('(')?.1.to_owned();
    let fields: Vec<&str> = tail.split_whitespace().collect();
    let parent = fields.get(1)?.parse().ok()?;
    let ticks = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    Some((parent, name, ticks))
}

fn pss_kib(pid: u32) -> Result<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    let line = text.lines().find(|line| line.starts_with("Pss:")).context("no Pss")?;
    Ok(line.split_whitespace().nth(1).context("no number")?.parse()?)
}

#[cfg(test)]
mod tests {
    use super::read_stat;

    #[test]
    fn a_stat_line_is_read_even_with_brackets_in_the_name() {
        let line = "42 (a (b) c) S 7 42 42 0 -1 4194560 1 0 0 0 30 12 0 0 20 0 1 0 1 1 1 1";
        assert_eq!(read_stat(line), Some((7, "a (b) c".to_owned(), 42)));
    }
}

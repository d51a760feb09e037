//! Counts of frames and their latencies, the same for every surface.

use std::time::Duration;

use crate::surface::SurfaceStats;

const KEPT: usize = 512;

/// What [`SurfaceStats`] is made of.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) pushed: u64,
    pub(crate) skipped: u64,
    pub(crate) gone: bool,
    shown: u64,
    latencies_us: Vec<u32>,
}

impl Tally {
    /// A frame reached the screen, so long after it was pushed.
    pub(crate) fn shown(&mut self, latency: Duration) {
        let micros = u32::try_from(latency.as_micros()).unwrap_or(u32::MAX);
        if self.latencies_us.len() < KEPT {
            self.latencies_us.push(micros);
        } else {
            let oldest = usize::try_from(self.shown % KEPT as u64).unwrap_or(0);
            self.latencies_us[oldest] = micros;
        }
        self.shown += 1;
    }

    pub(crate) fn stats(&self) -> SurfaceStats {
        let mut sorted = self.latencies_us.clone();
        sorted.sort_unstable();
        SurfaceStats {
            pushed: self.pushed,
            shown: self.shown,
            skipped: self.skipped,
            latency_p50_us: percentile(&sorted, 50),
            latency_p95_us: percentile(&sorted, 95),
            gone: self.gone,
        }
    }
}

fn percentile(sorted: &[u32], percent: usize) -> Option<u32> {
    let last = sorted.len().checked_sub(1)?;
    sorted.get(last * percent / 100).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_the_last_512_frames() {
        let mut tally = Tally::default();
        assert_eq!(tally.stats().latency_p50_us, None);
        for _ in 0..KEPT {
            tally.shown(Duration::from_secs(1));
        }
        for micros in 1..=KEPT as u64 {
            tally.shown(Duration::from_micros(micros));
        }
        let stats = tally.stats();
        assert_eq!(stats.shown, 1024);
        assert_eq!(stats.latency_p50_us, Some(256));
        assert_eq!(stats.latency_p95_us, Some(486));
    }
}

//! What happens to one workstation, step by step: each step ends in a death. Drawn from the seed alone.

use std::time::Duration;

use crate::seed::Rng;

/// When the kill comes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Death {
    /// So long after the key of the verdict was pressed: capture, encoding, sealing, disk.
    AfterKey(Duration),
    /// So long after the screen showed it as done.
    AfterShown(Duration),
    /// So long after an upload began.
    InUpload(Duration),
    /// So long after the server had it, before or while the answer goes back.
    AfterTaken(Duration),
    /// So long after the answer went back.
    AfterAnswer(Duration),
    /// So long after the start before: the outbox opens, the courier takes up what was left.
    InStart(Duration),
}

/// One life of a workstation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Step {
    /// What ends it.
    pub death: Death,
    /// The line is away from the key on, for so long.
    pub line_away: Option<Duration>,
    /// The disk is filled before the key, but for so many bytes; only where there is one to be filled.
    pub disk_left: Option<u64>,
    /// The disk is free again before the next life, or only in it.
    pub freed_before_start: bool,
    /// Nobody is there for so long after the kill.
    pub dead_for: Duration,
    /// From now on no upload comes through, for so many lives; all else does. What is sealed meanwhile piles up.
    pub uploads_barred: Option<u32>,
}

/// The lives of workstation `n`.
pub fn plan(seed: u64, n: u64, times: u32) -> Vec<Step> {
    let mut rng = Rng::fork(seed, "plan", n);
    (0..times).map(|_| step(&mut rng)).collect()
}

fn step(rng: &mut Rng) -> Step {
    let death = match rng.between(1, 100) {
        1..=40 => Death::AfterKey(moment(rng, 17)),
        41..=55 => Death::AfterShown(moment(rng, 17)),
        56..=68 => Death::InUpload(moment(rng, 16)),
        69..=80 => Death::AfterTaken(moment(rng, 14)),
        81..=90 => Death::AfterAnswer(moment(rng, 16)),
        _ => Death::InStart(Duration::from_millis(rng.between(0, 700))),
    };
    Step {
        death,
        line_away: rng.percent(20).then(|| rng.ms(100, 2_000)),
        disk_left: rng.percent(35).then(|| if rng.percent(50) { 0 } else { rng.between(0, 256 * 1024) }),
        freed_before_start: rng.percent(50),
        dead_for: rng.ms(0, 150),
        uploads_barred: rng.percent(4).then(|| if rng.percent(50) { 4 } else { 8 }),
    }
}

/// As often in the first hundred microseconds as in the last hundred milliseconds: up to 2^`most` µs.
pub fn moment(rng: &mut Rng, most: u64) -> Duration {
    let doubled = 1 << rng.between(4, most);
    Duration::from_micros(rng.between(0, doubled))
}

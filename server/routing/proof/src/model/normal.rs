//! When two states count as one: times are told relative to now; those too long ago to matter by their order.

use std::hash::{Hash, Hasher};

/// Smaller numbers are no times.
const TIMES_FROM: i64 = 1_000_000_000_000;
/// Numbers from here to there are samples of handling times, by which nothing is decided.
const SAMPLES_FROM: i64 = 1_000;

/// How times of the past are told.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Past {
    /// By their order: since when somebody waits or is free.
    Order,
    /// To the millisecond: when somebody was heard, from which deadlines will be reckoned.
    Exact,
    /// A switchboard: its first time is that of the newest fact (of no matter, as now is never before it), its
    /// second the end of the last outage or restart (exact); others by their order.
    Board,
}

/// Notes the times of the past.
struct Collect {
    now: i64,
    old: Vec<i64>,
}

impl Hasher for Collect {
    fn finish(&self) -> u64 {
        0
    }

    fn write(&mut self, _bytes: &[u8]) {}

    fn write_i64(&mut self, at: i64) {
        if at >= TIMES_FROM && at < self.now {
            self.old.push(at);
        }
    }
}

/// Passes everything on, times normalised.
struct Normal<'h, H> {
    now: i64,
    past: Past,
    times: u32,
    old: &'h [i64],
    to: &'h mut H,
}

impl<H: Hasher> Hasher for Normal<'_, H> {
    fn finish(&self) -> u64 {
        self.to.finish()
    }

    fn write(&mut self, bytes: &[u8]) {
        self.to.write(bytes);
    }

    fn write_u8(&mut self, n: u8) {
        self.to.write_u8(n);
    }

    fn write_u32(&mut self, n: u32) {
        self.to.write_u32(n);
    }

    fn write_u64(&mut self, n: u64) {
        self.to.write_u64(n);
    }

    fn write_usize(&mut self, n: usize) {
        self.to.write_usize(n);
    }

    fn write_isize(&mut self, n: isize) {
        self.to.write_isize(n);
    }

    fn write_i64(&mut self, at: i64) {
        self.times += 1;
        if (SAMPLES_FROM..TIMES_FROM).contains(&at) || (self.past == Past::Board && self.times == 1) {
            return;
        }
        let exact = self.past == Past::Exact || (self.past == Past::Board && self.times == 2);
        let told = if at < TIMES_FROM {
            at
        } else if at < self.now && !exact {
            let rank = self.old.binary_search(&at).unwrap_or_else(|place| place);
            i64::MIN / 2 + i64::try_from(rank).unwrap_or(0)
        } else {
            (at - self.now) * 2 + 1
        };
        self.to.write_i64(told);
    }
}

/// Hashes parts, as of `now`. Times of the past are ordered over all of them.
pub(super) fn hash<A: Hash, B: Hash, C: Hash, H: Hasher>(
    board: &A,
    rest: &B,
    heard: &C,
    now: i64,
    to: &mut H,
) {
    let mut collect = Collect { now, old: Vec::new() };
    (board, rest).hash(&mut collect);
    let mut old = collect.old;
    old.sort_unstable();
    old.dedup();
    let old = old.as_slice();
    board.hash(&mut Normal { now, past: Past::Board, times: 0, old, to: &mut *to });
    rest.hash(&mut Normal { now, past: Past::Order, times: 0, old, to: &mut *to });
    heard.hash(&mut Normal { now, past: Past::Exact, times: 0, old, to });
}

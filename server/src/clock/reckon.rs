//! What time it is, reckoned from two clocks. Pure: readings come in, the server's time goes out.
//!
//! | what happened | monotonic clock | wall clock | server's time |
//! |---|---|---|---|
//! | nothing | +d | +d | +d |
//! | process stopped (SIGSTOP), or suspend on Windows | +d | +d | +d; the driver sees that it did not look for so long ([`spans`]) |
//! | suspend on Linux (its monotonic clock stands) | +0 | +d | +d, and a [`Leap`] |
//! | wall clock set ahead by j | +d | +d+j | +d+j, and a [`Leap`] over j |
//! | wall clock set back by j, or behind the log at start | +d | +d−j | +d less a hundredth, until the wall has caught up |
//! | wall clock corrected by less than a second | +d | +d±j | +d and at most a hundredth more or less |
//!
//! Time never runs backwards, and never stands still: a wall clock that is set back freezes no deadline. Leaps
//! become `Outage` facts, which shift every deadline, so none fires for time that nobody had.

use chinhchu_protocol::time::Timestamp;

/// A wall clock that is ahead by more has been set, or the machine was suspended.
const LEAP_US: i64 = 1_000_000;
/// Time goes faster or slower by one in so many, to come back to the wall clock.
const SLEW: i64 = 100;
/// Leaps that nobody has fetched are melted into one beyond this.
const MAX_LEAPS: usize = 16;

/// One look at both clocks, microseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reading {
    /// Since some beginning.
    pub monotonic_us: i64,
    /// Since 1970.
    pub wall_us: i64,
}

/// Time that the server had not: it went from one moment to the other at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Leap {
    /// Last moment before.
    pub from: Timestamp,
    /// First moment after.
    pub to: Timestamp,
}

/// The server's time between two readings.
#[derive(Clone, Debug)]
pub struct Reckoner {
    time_us: i64,
    monotonic_us: i64,
    leaps: Vec<Leap>,
}

impl Reckoner {
    /// Begins with the wall clock's time.
    pub fn new(first: Reading) -> Self {
        Self { time_us: first.wall_us, monotonic_us: first.monotonic_us, leaps: Vec::new() }
    }

    /// The time of a reading.
    pub fn read(&mut self, reading: Reading) -> Timestamp {
        // Two threads may come in another order than they read.
        let passed = (reading.monotonic_us - self.monotonic_us).max(0);
        self.monotonic_us = self.monotonic_us.max(reading.monotonic_us);
        let reckoned = self.time_us.saturating_add(passed);
        let ahead = reading.wall_us.saturating_sub(reckoned);
        self.time_us = if ahead > LEAP_US {
            self.leap(reckoned, reading.wall_us);
            reading.wall_us
        } else {
            let most = passed / SLEW;
            reckoned.saturating_add(ahead.clamp(-most, most))
        };
        moment(self.time_us)
    }

    /// Not earlier than this: the log is further than the wall clock.
    pub fn not_before(&mut self, at: Timestamp) {
        self.time_us = self.time_us.max(at.ms().saturating_mul(1_000));
    }

    /// How far the wall clock was behind at a reading, ms; 0 if it was not.
    pub fn behind_ms(&self, reading: Reading) -> i64 {
        (self.time_us.saturating_sub(reading.wall_us) / 1_000).max(0)
    }

    /// Leaps since the last call, oldest first.
    pub fn take_leaps(&mut self) -> Vec<Leap> {
        std::mem::take(&mut self.leaps)
    }

    fn leap(&mut self, from_us: i64, to_us: i64) {
        let leap = Leap { from: moment(from_us), to: moment(to_us) };
        let full = self.leaps.len() >= MAX_LEAPS;
        match self.leaps.last_mut().filter(|_| full) {
            Some(last) => last.to = leap.to,
            None => self.leaps.push(leap),
        }
    }
}

/// The spans that don't count when the server looks again: all of it if it did not look for longer than
/// `longest_ms` (it was stopped, or the disk stood), else the leaps of the clock.
pub fn spans(last_look: Timestamp, now: Timestamp, leaps: Vec<Leap>, longest_ms: i64) -> Vec<Leap> {
    let gone: i64 = leaps.iter().map(|leap| leap.to.ms_since(leap.from)).sum();
    if now.ms_since(last_look) - gone > longest_ms {
        return vec![Leap { from: last_look, to: now }];
    }
    leaps
}

fn moment(us: i64) -> Timestamp {
    Timestamp::from_ms(us.div_euclid(1_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: i64 = 1_000_000;
    const START: i64 = 1_700_000_000 * S;

    /// Both clocks, moved by hand.
    struct Clocks {
        reading: Reading,
        reckoner: Reckoner,
    }

    impl Clocks {
        fn start() -> Self {
            let reading = Reading { monotonic_us: 5 * S, wall_us: START };
            Self { reading, reckoner: Reckoner::new(reading) }
        }

        /// Moves both; gives what the server's time has gained, ms.
        fn go(&mut self, monotonic_us: i64, wall_us: i64) -> i64 {
            let before = self.reckoner.read(self.reading);
            self.reading.monotonic_us += monotonic_us;
            self.reading.wall_us += wall_us;
            self.reckoner.read(self.reading).ms_since(before)
        }

        fn leaps(&mut self) -> Vec<(i64, i64)> {
            let relative = |at: Timestamp| at.ms() - START / 1_000;
            self.reckoner.take_leaps().iter().map(|leap| (relative(leap.from), relative(leap.to))).collect()
        }
    }

    #[test]
    fn two_clocks_that_agree_are_followed() {
        let mut clocks = Clocks::start();
        for _ in 0..1_000 {
            assert_eq!(clocks.go(S, S), 1_000);
        }
        assert_eq!(clocks.leaps(), []);
    }

    #[test]
    fn a_wall_clock_set_ahead_is_a_leap_over_the_jump_alone() {
        let mut clocks = Clocks::start();
        assert_eq!(clocks.go(S, S + 3_600 * S), 3_601_000);
        assert_eq!(clocks.leaps(), [(1_000, 3_601_000)]);
        assert_eq!(clocks.go(S, S), 1_000);
        assert_eq!(clocks.leaps(), []);
    }

    #[test]
    fn a_suspend_is_a_leap_where_the_monotonic_clock_stood_and_a_long_gap_where_it_went_on() {
        let mut linux = Clocks::start();
        assert_eq!(linux.go(S / 10, 600 * S), 600_000);
        assert_eq!(linux.leaps(), [(100, 600_000)]);

        let mut windows = Clocks::start();
        assert_eq!(windows.go(600 * S, 600 * S), 600_000);
        assert_eq!(windows.leaps(), []);
        let at = |s: i64| Timestamp::from_ms(s * 1_000);
        let whole = [Leap { from: at(0), to: at(600) }];
        assert_eq!(spans(at(0), at(600), Vec::new(), 4_000), whole);
        // Stopped, and the wall clock set ahead meanwhile: one span.
        let set = vec![Leap { from: at(10), to: at(600) }];
        assert_eq!(spans(at(0), at(600), set.clone(), 4_000), whole);
        // A leap between two looks that were in time.
        let set = vec![Leap { from: at(1), to: at(599) }];
        assert_eq!(spans(at(0), at(600), set.clone(), 4_000), set);
        assert_eq!(spans(at(0), at(4), Vec::new(), 4_000), []);
    }

    #[test]
    fn a_wall_clock_set_back_freezes_nothing_and_is_come_back_to_slowly() {
        let mut clocks = Clocks::start();
        assert_eq!(clocks.go(S, S - 100 * S), 990, "time goes on");
        let mut passed = 0;
        while clocks.reckoner.behind_ms(clocks.reading) > 0 {
            let step = clocks.go(S, S);
            assert!((990..=1_000).contains(&step), "{step}");
            passed += 1;
        }
        assert!((9_990..=10_010).contains(&passed), "100 s at a hundredth take 10,000 s, not {passed}");
        assert_eq!(clocks.go(S, S), 1_000);
        assert_eq!(clocks.leaps(), []);
    }

    #[test]
    fn small_corrections_shift_no_deadline() {
        let mut clocks = Clocks::start();
        assert_eq!(clocks.go(S, S + S / 2), 1_010);
        assert_eq!(clocks.go(S, S - S), 990, "behind by half a second now");
        assert_eq!(clocks.leaps(), []);
    }

    #[test]
    fn a_log_that_is_further_than_the_wall_clock_is_gone_on_from() {
        let mut clocks = Clocks::start();
        clocks.reckoner.not_before(Timestamp::from_ms(START / 1_000 + 60_000));
        assert_eq!(clocks.reckoner.behind_ms(clocks.reading), 60_000);
        assert_eq!(clocks.go(10 * S, 10 * S), 9_900);
        assert_eq!(clocks.leaps(), []);
    }

    /// Whatever both clocks do, time neither runs back nor stands.
    #[test]
    fn time_never_runs_back_whatever_the_clocks_do() {
        let (mut seed, mut clocks) = (88_172_645_463_325_252_u64, Clocks::start());
        let mut last = clocks.reckoner.read(clocks.reading);
        for _ in 0..20_000 {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            let passed = i64::try_from(seed % 2_000_000).expect("small");
            let jump = match seed >> 60 {
                0 => 7_200 * S,
                1 => -7_200 * S,
                2 => -3 * S,
                _ => 0,
            };
            let before = clocks.reckoner.time_us;
            clocks.go(passed, passed + jump);
            assert!(clocks.reckoner.time_us >= before + passed - passed / SLEW, "stood still");
            let now = clocks.reckoner.read(clocks.reading);
            assert!(now >= last);
            last = now;
        }
        let leaps = clocks.reckoner.take_leaps();
        assert!(leaps.len() <= MAX_LEAPS && leaps.iter().all(|leap| leap.from <= leap.to));
    }
}

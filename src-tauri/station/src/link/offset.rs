//! The clocks' offset: the median over the faster half of the last pings, whose asymmetry is the smallest.

use std::collections::VecDeque;

use chinhchu_protocol::time::Timestamp;

use crate::clock::Now;

/// Of the last so many pings the faster half tells the offset.
const BEST_OF: usize = 8;
/// Our wall clock against our monotonic one: beyond this it was set, and older pings say nothing any more.
const SET_MS: u64 = 500;

/// What the pings tell, all in ms.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(clippy::struct_field_names, reason = "units stand in names")]
pub struct Measured {
    /// Of the last one.
    pub round_trip_ms: u32,
    /// Server clock minus ours.
    pub clock_offset_ms: i64,
    /// The offset is known to half of it.
    pub offset_rtt_ms: u32,
}

/// See the module.
#[derive(Default)]
pub struct ClockOffset {
    sent: VecDeque<Now>,
    samples: VecDeque<(u64, i64)>,
    /// Wall clock minus monotonic clock at the last ping.
    difference: Option<i64>,
}

impl ClockOffset {
    /// A ping goes out.
    pub fn sent(&mut self, now: Now) {
        if self.sent.len() == BEST_OF {
            self.sent.pop_front();
        }
        self.sent.push_back(now);
    }

    /// Its answer came. None for an answer to nothing.
    pub fn answered(&mut self, sent_at: Timestamp, server: Timestamp, now: Now) -> Option<Measured> {
        let place = self.sent.iter().position(|sent| sent.wall == sent_at)?;
        let sent = self.sent.drain(..=place).next_back()?;
        let difference = difference(now);
        if self.difference.replace(difference).is_some_and(|before| before.abs_diff(difference) > SET_MS)
            || self::difference(sent).abs_diff(difference) > SET_MS
        {
            self.samples.clear();
        }
        let round_trip = now.mono_ms.saturating_sub(sent.mono_ms);
        let halfway = now.wall.plus_ms(-i64::try_from(round_trip / 2).unwrap_or(0));
        if self.samples.len() == BEST_OF {
            self.samples.pop_front();
        }
        self.samples.push_back((round_trip, server.ms_since(halfway)));
        let (slowest_counted, clock_offset_ms) = self.median();
        Some(Measured {
            round_trip_ms: u32::try_from(round_trip).unwrap_or(u32::MAX),
            clock_offset_ms,
            offset_rtt_ms: u32::try_from(slowest_counted).unwrap_or(u32::MAX),
        })
    }

    /// Longest round trip of the faster half, and the median of its offsets.
    fn median(&self) -> (u64, i64) {
        let mut samples: Vec<(u64, i64)> = self.samples.iter().copied().collect();
        samples.sort_by_key(|(round_trip, _)| *round_trip);
        samples.truncate(samples.len().div_ceil(2));
        let slowest = samples.last().map_or(0, |(round_trip, _)| *round_trip);
        let mut offsets: Vec<i64> = samples.into_iter().map(|(_, offset)| offset).collect();
        offsets.sort_unstable();
        (slowest, offsets.get(offsets.len() / 2).copied().unwrap_or(0))
    }
}

fn difference(now: Now) -> i64 {
    now.wall.ms().saturating_sub(i64::try_from(now.mono_ms).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(wall: i64, mono_ms: u64) -> Now {
        Now { wall: Timestamp::from_ms(wall), mono_ms }
    }

    fn ping(offset: &mut ClockOffset, sent: Now, server: i64, received: Now) -> Option<(u32, i64)> {
        offset.sent(sent);
        let measured = offset.answered(sent.wall, Timestamp::from_ms(server), received)?;
        Some((measured.round_trip_ms, measured.clock_offset_ms))
    }

    #[test]
    fn one_lopsided_ping_among_quick_ones_moves_nothing() {
        let mut offset = ClockOffset::default();
        for (n, server) in [(0, 5_010), (1, 5_011), (2, 5_300), (3, 5_009), (4, 5_010)] {
            let sent = at(n * 10_000, n.unsigned_abs() * 10_000);
            let received = at(n * 10_000 + 20, n.unsigned_abs() * 10_000 + 20);
            ping(&mut offset, sent, n * 10_000 + server, received);
        }
        assert_eq!(offset.median(), (20, 5_001));
    }

    #[test]
    fn the_fastest_ping_tells_the_clock_offset() {
        let mut offset = ClockOffset::default();
        assert_eq!(ping(&mut offset, at(1_000, 0), 6_050, at(1_100, 100)), Some((100, 5_000)));
        // A slow, lopsided ping: its own offset would be 5,400.
        assert_eq!(ping(&mut offset, at(2_000, 1_000), 7_900, at(3_000, 2_000)), Some((1_000, 5_000)));
        assert_eq!(ping(&mut offset, at(4_000, 3_000), 9_012, at(4_020, 3_020)), Some((20, 5_002)));
    }

    #[test]
    fn a_wall_clock_that_is_set_leaves_no_old_offset_behind() {
        let mut offset = ClockOffset::default();
        assert_eq!(ping(&mut offset, at(1_000, 0), 1_005, at(1_010, 10)), Some((10, 0)));
        // Set an hour back while the ping was on its way.
        let received = at(1_000 + 2_000 - 3_600_000, 2_040);
        assert_eq!(ping(&mut offset, at(3_000, 2_000), 3_020, received), Some((40, 3_600_040)));
        assert_eq!(offset.answered(Timestamp::from_ms(9), Timestamp::from_ms(9), received), None);
    }
}

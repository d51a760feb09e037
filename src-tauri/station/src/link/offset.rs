//! The clocks' offset from the fastest of the last pings: its asymmetry is the smallest.

use std::collections::VecDeque;

use chinhchu_protocol::time::Timestamp;

use crate::clock::Now;

/// Of the last so many pings the fastest tells the offset best.
const BEST_OF: usize = 8;
/// Our wall clock against our monotonic one: beyond this it was set, and older pings say nothing any more.
const SET_MS: u64 = 500;

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

    /// Its answer came: the round trip by the monotonic clock and the best offset, both ms. None for an answer to
    /// nothing.
    pub fn answered(&mut self, sent_at: Timestamp, server: Timestamp, now: Now) -> Option<(u32, i32)> {
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
        let best = self.samples.iter().min().map_or(0, |(_, offset)| *offset);
        let clamped = best.clamp(i64::from(i32::MIN), i64::from(i32::MAX));
        Some((u32::try_from(round_trip).unwrap_or(u32::MAX), i32::try_from(clamped).unwrap_or_default()))
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

    fn ping(offset: &mut ClockOffset, sent: Now, server: i64, received: Now) -> Option<(u32, i32)> {
        offset.sent(sent);
        offset.answered(sent.wall, Timestamp::from_ms(server), received)
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

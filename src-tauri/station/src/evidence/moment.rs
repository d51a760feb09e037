//! When a capture was made: by the workstation's clock while that agrees with the server's, else by the
//! server's. Overlay, manifest and log say the same.

use chinhchu_protocol::evidence::{ClockFacts, TimeSource};
use chinhchu_protocol::time::Timestamp;
use jiff::tz::TimeZone;

use crate::clock::Now;

/// A workstation's clock may differ from the server's by so much, ms; beyond, evidence carries the server's time.
pub const CLOCK_TOLERANCE_MS: u32 = 2_000;

/// Stands behind a time that is the server's.
const BY_SERVER: &str = " (giờ máy chủ)";

/// Whether a clock with this offset is not to be believed.
pub const fn is_off(offset_ms: i32) -> bool {
    offset_ms.unsigned_abs() > CLOCK_TOLERANCE_MS
}

/// The server's clock, hung up on the own monotonic one: a wall clock that is set since changes nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(clippy::struct_field_names, reason = "units stand in names")]
pub struct ServerClock {
    ahead_of_mono_ms: i64,
    rtt_ms: u32,
    measured_mono_ms: u64,
}

impl ServerClock {
    /// As a ping told now: the server's clock minus the own wall clock, known to half of `rtt_ms`.
    pub fn measured(now: Now, offset_ms: i64, rtt_ms: u32) -> Self {
        let wall = now.wall.ms().saturating_add(offset_ms);
        Self { ahead_of_mono_ms: wall.saturating_sub(mono(now)), rtt_ms, measured_mono_ms: now.mono_ms }
    }

    /// The server's clock minus the own wall clock, as it stands now.
    pub fn offset_ms(&self, now: Now) -> i64 {
        let server = self.ahead_of_mono_ms.saturating_add(mono(now));
        server.saturating_sub(now.wall.ms())
    }
}

/// As it is told; a clock that is off by more than 24 days is off by 24 days there.
pub fn clamped(offset_ms: i64) -> i32 {
    i32::try_from(offset_ms).unwrap_or(if offset_ms < 0 { i32::MIN } else { i32::MAX })
}

fn mono(now: Now) -> i64 {
    i64::try_from(now.mono_ms).unwrap_or(i64::MAX)
}

/// The moment of a capture.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Moment {
    /// The time that counts.
    pub captured_at: Timestamp,
    /// The same as burnt into the picture: `23/11/2026 09:15:42 +07:00`; the server's time says so.
    pub text: String,
    /// The own wall clock, right or wrong.
    pub own: Timestamp,
    /// How the clocks stood.
    pub clock: ClockFacts,
    /// Since the accept, by the monotonic clock.
    pub elapsed_ms: u32,
}

impl Moment {
    /// This moment.
    pub fn of(now: Now, server: Option<ServerClock>, zone: &TimeZone, elapsed_ms: u32) -> Self {
        let offset_ms = server.map(|server| server.offset_ms(now));
        let (captured_at, source) = match offset_ms {
            Some(offset) if is_off(clamped(offset)) => (now.wall.plus_ms(offset), TimeSource::Server),
            Some(_) | None => (now.wall, TimeSource::Workstation),
        };
        let drawn =
            jiff::Timestamp::from(captured_at).to_zoned(zone.clone()).strftime("%d/%m/%Y %H:%M:%S %:z");
        let text = match source {
            TimeSource::Workstation => drawn.to_string(),
            TimeSource::Server => format!("{drawn}{BY_SERVER}"),
        };
        let ago = |server: ServerClock| now.mono_ms.saturating_sub(server.measured_mono_ms);
        let clock = ClockFacts {
            offset_ms: offset_ms.map(clamped),
            rtt_ms: server.map(|server| server.rtt_ms),
            measured_ago_ms: server.map(|server| u32::try_from(ago(server)).unwrap_or(u32::MAX)),
            source,
        };
        Self { captured_at, own: now.wall, text, clock, elapsed_ms }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(wall_ms: i64, mono_ms: u64) -> Now {
        Now { wall: Timestamp::from_ms(wall_ms), mono_ms }
    }

    fn vietnam() -> TimeZone {
        TimeZone::fixed(jiff::tz::offset(7))
    }

    #[test]
    fn within_the_tolerance_the_own_clock_counts_and_beyond_it_the_servers() {
        for (offset, source, captured) in [
            (2_000, TimeSource::Workstation, 1_000_000),
            (-2_000, TimeSource::Workstation, 1_000_000),
            (2_001, TimeSource::Server, 1_002_001),
            (-3_600_000, TimeSource::Server, -2_600_000),
        ] {
            let server = ServerClock::measured(at(990_000, 0), offset, 30);
            let moment = Moment::of(at(1_000_000, 10_000), Some(server), &vietnam(), 5);
            assert_eq!((moment.clock.source, moment.captured_at.ms()), (source, captured), "{offset}");
            assert_eq!(moment.clock.offset_ms, Some(clamped(offset)));
            assert_eq!((moment.clock.rtt_ms, moment.clock.measured_ago_ms), (Some(30), Some(10_000)));
            assert_eq!(moment.text.ends_with(BY_SERVER), source == TimeSource::Server);
        }
    }

    #[test]
    fn the_time_is_drawn_with_its_zone() {
        let moment = Moment::of(at(1_795_400_142_000, 0), None, &vietnam(), 0);
        assert_eq!(moment.text, "23/11/2026 09:15:42 +07:00");
        assert_eq!((moment.clock.offset_ms, moment.clock.source), (None, TimeSource::Workstation));
    }

    /// The line is away, and somebody sets the computer's clock meanwhile.
    #[test]
    fn a_clock_that_is_set_after_the_measuring_is_found_out() {
        let server = ServerClock::measured(at(1_000_000, 0), 5, 30);
        let moment = Moment::of(at(4_610_000, 10_000), Some(server), &vietnam(), 0);
        assert_eq!(moment.clock.offset_ms, Some(5 - 3_600_000));
        assert_eq!((moment.clock.source, moment.captured_at.ms()), (TimeSource::Server, 1_010_005));
    }
}

//! The workstation's only source of time. Everything else takes the time as an argument.

mod uptime;

use std::time::Duration;

use chinhchu_protocol::time::Timestamp;
use jiff::tz::TimeZone;

pub use self::uptime::uptime;

/// One reading of both clocks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Now {
    /// The wall clock; may jump.
    pub wall: Timestamp,
    /// Milliseconds since the program started; never runs backwards, counts the machine's sleep.
    pub mono_ms: u64,
}

impl Now {
    /// The moment so long before.
    #[must_use]
    pub fn before(self, span: Duration) -> Self {
        let ms = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        Self { wall: self.wall.plus_ms(-ms), mono_ms: self.mono_ms.saturating_sub(ms.unsigned_abs()) }
    }
}

/// Where the time comes from.
pub trait Clock: Send + Sync {
    /// Reads both clocks.
    fn now(&self) -> Now;
    /// The zone whose offset is burnt into evidence.
    fn zone(&self) -> TimeZone;
}

/// The operating system's clocks.
pub struct SystemClock {
    start: Duration,
}

impl SystemClock {
    /// Starts the monotonic clock at zero.
    #[expect(clippy::new_without_default, reason = "starting a clock is an act, not a default value")]
    pub fn new() -> Self {
        Self { start: uptime() }
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this module is the clock")]
    fn now(&self) -> Now {
        let mono_ms = u64::try_from(uptime().saturating_sub(self.start).as_millis()).unwrap_or(u64::MAX);
        Now { wall: jiff::Timestamp::now().into(), mono_ms }
    }

    fn zone(&self) -> TimeZone {
        TimeZone::system()
    }
}

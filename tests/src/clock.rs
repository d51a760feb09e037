//! The wall clock, to compare what a story did with the times in logs. The only place that reads it.

use chinhchu_protocol::time::Timestamp;

/// Now, as the server on this machine writes it.
pub fn now() -> Timestamp {
    #[expect(clippy::disallowed_methods, reason = "this module is the clock of the stories")]
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Timestamp::from_ms(since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX)))
}

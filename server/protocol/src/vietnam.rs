//! Days of Vietnam, which is UTC+7 all year (since 1975): whole numbers, no library of time zones, so that every crate
//! may use it.

use crate::time::Timestamp;

/// An hour, ms.
pub const HOUR_MS: i64 = 3_600_000;
/// A day, ms.
pub const DAY_MS: i64 = 24 * HOUR_MS;
/// Vietnam is ahead of UTC by so much, ms.
pub const OFFSET_MS: i64 = 7 * HOUR_MS;

/// Number of the day in Vietnam at a moment; day 0 is 1970-01-01.
pub const fn day_of(at: Timestamp) -> i64 {
    at.plus_ms(OFFSET_MS).ms().div_euclid(DAY_MS)
}

/// When a day begins there.
pub const fn midnight(day: i64) -> Timestamp {
    Timestamp::from_ms(day * DAY_MS - OFFSET_MS)
}

/// What the clock shows there at a moment, in ms since midnight.
pub const fn of_day_ms(at: Timestamp) -> i64 {
    at.plus_ms(OFFSET_MS).ms().rem_euclid(DAY_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_17_hours_utc_of_the_day_before() {
        let at: Timestamp = "2026-11-23T16:59:59.999Z".parse().expect("time");
        let next = at.plus_ms(1);
        assert_eq!(day_of(next), day_of(at) + 1);
        assert_eq!((midnight(day_of(next)), of_day_ms(next), of_day_ms(at)), (next, 0, DAY_MS - 1));
        // Before 1970, too.
        let early = Timestamp::from_ms(-OFFSET_MS - 1);
        assert_eq!((day_of(early), of_day_ms(early)), (-1, DAY_MS - 1));
    }
}

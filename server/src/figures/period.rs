//! A span of days or hours of Vietnam (UTC+7 all year).

use chinhchu_protocol::time::Timestamp;
use chinhchu_protocol::vietnam::midnight;
pub use chinhchu_protocol::vietnam::{DAY_MS, HOUR_MS, OFFSET_MS, day_of};
use jiff::civil::{Date, DateTime};

/// The longest span of a report.
pub const MAX_DAYS: i64 = 366;

/// From a moment up to another, which is outside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Period {
    /// First moment.
    pub from: Timestamp,
    /// First moment after it.
    pub to: Timestamp,
}

/// Why a span cannot be read: the field and the stable code of its fault.
pub type Fault = (&'static str, &'static str);

impl Period {
    /// Reads first and last day (`YYYY-MM-DD`) or hour (`YYYY-MM-DDTHH`); both belong to the span.
    pub fn read(from: &str, to: &str) -> Result<Self, Fault> {
        let (from, _) = span(from).ok_or(("from", "not_a_time"))?;
        let (last, length) = span(to).ok_or(("to", "not_a_time"))?;
        let period = Self { from, to: last.plus_ms(length) };
        match period.to.ms_since(period.from) {
            ..=0 => Err(("to", "before_from")),
            ms if ms > MAX_DAYS * DAY_MS => Err(("to", "too_long")),
            _ => Ok(period),
        }
    }

    /// One day.
    pub const fn of_day(day: i64) -> Self {
        let from = midnight(day);
        Self { from, to: from.plus_ms(DAY_MS) }
    }

    /// First and last day, or hour where it does not begin and end with a day; as [`Self::read`] takes them.
    pub fn names(&self) -> (String, String) {
        let (first, last) = (self.from, self.to.plus_ms(-1));
        let hour_of = |at: Timestamp| at.plus_ms(OFFSET_MS).ms().rem_euclid(DAY_MS) / HOUR_MS;
        let whole = hour_of(first) == 0 && hour_of(last) == 23;
        let name = |at: Timestamp| {
            let day = day_name(day_of(at));
            if whole { day } else { format!("{day}T{:02}", hour_of(at)) }
        };
        (name(first), name(last))
    }

    /// Numbers of its days; the first and the last may be there in part.
    pub fn days(&self) -> std::ops::RangeInclusive<i64> {
        day_of(self.from)..=day_of(self.to.plus_ms(-1))
    }

    /// Whether a moment belongs to it.
    pub fn has(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.to
    }
}

/// Number of a day `YYYY-MM-DD`.
pub fn day_number(text: &str) -> Option<i64> {
    span(text).filter(|_| text.len() == 10).map(|(from, _)| day_of(from))
}

/// `YYYY-MM-DD`.
pub fn day_name(day: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(day * DAY_MS).unwrap_or_default();
    at.strftime("%Y-%m-%d").to_string()
}

/// Start and length of a day or an hour.
fn span(text: &str) -> Option<(Timestamp, i64)> {
    let (day, hour) = match text.split_once('T') {
        None => (text, None),
        Some((day, hour)) if hour.len() == 2 => (day, Some(hour.parse::<i8>().ok()?)),
        Some(_) => return None,
    };
    if day.len() != 10 {
        return None;
    }
    let day: Date = day.parse().ok()?;
    let start = DateTime::from_parts(day, jiff::civil::time(0, 0, 0, 0));
    let local = start.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond();
    let from = local - OFFSET_MS;
    match hour {
        None => Some((Timestamp::from_ms(from), DAY_MS)),
        Some(hour @ 0..24) => Some((Timestamp::from_ms(from + i64::from(hour) * HOUR_MS), HOUR_MS)),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_of_vietnam_begins_at_17_hours_utc_of_the_day_before() {
        let period = Period::read("2026-11-01", "2026-11-30").expect("a month");
        assert_eq!(period.from.ms(), 1_793_466_000_000, "2026-10-31T17:00:00Z");
        assert_eq!(period.to.ms_since(period.from), 30 * DAY_MS);
        assert_eq!(period.days().count(), 30);
        assert_eq!(day_name(*period.days().start()), "2026-11-01");
        assert_eq!(day_number("2026-11-01"), Some(day_of(period.from)));
        assert_eq!(Period::of_day(day_of(period.from)).from, period.from);
    }

    #[test]
    fn hours_may_begin_and_end_a_span_and_nonsense_is_named() {
        let hours = Period::read("2026-11-23T08", "2026-11-23T09").expect("two hours");
        assert_eq!(hours.to.ms_since(hours.from), 2 * HOUR_MS);
        for (from, to) in [("2026-11-23T08", "2026-11-23T09"), ("2026-11-22", "2026-11-23")] {
            let names = Period::read(from, to).expect("a span").names();
            assert_eq!(names, (from.to_owned(), to.to_owned()));
        }
        assert_eq!(Period::read("2026-11-23", "2026-11-22"), Err(("to", "before_from")));
        assert_eq!(Period::read("2026-13-01", "2026-11-22"), Err(("from", "not_a_time")));
        for bad in ["2026-11-23T24", "2026-11-23T8", "23.11.2026", "", "2026-11-23T08:00"] {
            assert_eq!(Period::read("2026-11-01", bad), Err(("to", "not_a_time")), "{bad}");
        }
        assert_eq!(Period::read("2024-01-01", "2026-01-01"), Err(("to", "too_long")));
    }
}

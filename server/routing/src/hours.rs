//! Opening hours of a company that serves calls: weekly spans, and holidays that replace a day's spans.
//!
//! Minutes of Vietnam's time, which is UTC+7 all year round: whole numbers, no library of time zones. A span
//! holds from its first minute on and ends with the beginning of its last (07:30–17:30: a call at 17:30:00.000
//! comes too late). It belongs to the day on which it begins and may run into the next one: that one's holiday
//! does not cut it short.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use chinhchu_protocol::time::Timestamp;
use chinhchu_protocol::vietnam;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

const MINUTE_MS: i64 = 60_000;
/// Minutes of a day.
pub const DAY_MINUTES: u16 = 24 * 60;
/// How far ahead the next opening is looked for.
const MOST_DAYS: i32 = 400;

/// When calls are taken in.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// Spans of Monday, Tuesday, … Sunday.
    pub weekly: [Vec<Span>; 7],
    /// Days that have other spans than their weekday; none: closed all day.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub holidays: BTreeMap<Day, Vec<Span>>,
}

/// Minutes from midnight, `from` included and `to` not. `to` above 1440 lies on the next day.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// 0 to 1439.
    pub from: u16,
    /// After `from`, at most a day later.
    pub to: u16,
}

impl Span {
    /// It is not empty, begins on its day and is not longer than a day.
    pub const fn is_sound(self) -> bool {
        self.from < DAY_MINUTES && self.to > self.from && self.to - self.from <= DAY_MINUTES
    }
}

/// A day of the calendar, `YYYY-MM-DD` in JSON.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Day(i32);

impl Day {
    /// The day in Vietnam.
    pub fn of(at: Timestamp) -> Self {
        let days = vietnam::day_of(at);
        Self(i32::try_from(days).unwrap_or(if days < 0 { i32::MIN } else { i32::MAX }))
    }

    /// When it begins in Vietnam.
    pub fn begins(self) -> Timestamp {
        vietnam::midnight(i64::from(self.0))
    }

    /// The day so many days later.
    #[must_use]
    pub const fn plus(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// 0 is Monday. (1970-01-01 was a Thursday.)
    pub fn weekday(self) -> usize {
        usize::try_from((i64::from(self.0) + 3).rem_euclid(7)).unwrap_or(0)
    }

    /// From the calendar; none if there is no such day, or it lies before 1970 or after 9999.
    pub fn from_date(year: i32, month: u8, day: u8) -> Option<Self> {
        let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        let length = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => return None,
        };
        if !(1970..=9999).contains(&year) || !(1..=length).contains(&day) {
            return None;
        }
        // Years begin in March, so that the leap day is the last one.
        let (month, day) = (i32::from(month), i32::from(day));
        let year = if month > 2 { year } else { year - 1 };
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        Some(Self(year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719_468))
    }

    /// Year, month and day of the calendar.
    pub fn date(self) -> (i32, u8, u8) {
        let days = i64::from(self.0) + 719_468;
        let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        (i32::try_from(year).unwrap_or(0), u8::try_from(month).unwrap_or(0), u8::try_from(day).unwrap_or(0))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.date();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

/// Not a day as `YYYY-MM-DD`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a day as YYYY-MM-DD")]
pub struct NoDay;

impl FromStr for Day {
    type Err = NoDay;

    fn from_str(text: &str) -> Result<Self, NoDay> {
        let plain = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        let mut parts = text.split('-').filter(|_| plain);
        let (Some(year), Some(month), Some(day), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(NoDay);
        };
        let date = year.parse().ok().zip(month.parse().ok()).zip(day.parse().ok());
        let sound = (year.len(), month.len()) == (4, 2);
        let found = date.filter(|_| sound).and_then(|((year, month), day)| Self::from_date(year, month, day));
        found.ok_or(NoDay)
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl Hours {
    /// Spans that begin on a day.
    fn spans(&self, day: Day) -> &[Span] {
        match self.holidays.get(&day) {
            Some(spans) => spans,
            None => self.weekly.get(day.weekday()).map_or(&[], Vec::as_slice),
        }
    }

    /// The same as moments.
    fn moments(&self, day: Day) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        let begins = day.begins();
        let at = move |minute: u16| begins.plus_ms(i64::from(minute) * MINUTE_MS);
        self.spans(day).iter().map(move |span| (at(span.from), at(span.to)))
    }

    /// The latest end of the spans that hold at a moment.
    fn holds_until(&self, at: Timestamp) -> Option<Timestamp> {
        let today = Day::of(at);
        let near = self.moments(today.plus(-1)).chain(self.moments(today));
        near.filter(|(from, to)| *from <= at && at < *to).map(|(_, to)| to).max()
    }

    /// Whether calls are taken in.
    pub fn is_open(&self, at: Timestamp) -> bool {
        self.holds_until(at).is_some()
    }

    /// When it closes, if it is open; none if it never does within the year, or is closed. Spans that follow
    /// each other without a gap are one.
    pub fn closes_at(&self, at: Timestamp) -> Option<Timestamp> {
        let latest = Day::of(at).plus(MOST_DAYS).begins();
        let mut end = self.holds_until(at)?;
        while let Some(later) = self.holds_until(end) {
            if later > latest {
                return None;
            }
            end = later;
        }
        Some(end)
    }

    /// When calls are taken in again: the moment itself, if it is open; none if not within the year.
    pub fn opens_at(&self, at: Timestamp) -> Option<Timestamp> {
        if self.is_open(at) {
            return Some(at);
        }
        let today = Day::of(at);
        (0..=MOST_DAYS).find_map(|days| {
            self.moments(today.plus(days)).map(|(from, _)| from).filter(|from| *from >= at).min()
        })
    }
}

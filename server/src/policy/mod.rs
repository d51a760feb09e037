//! Which subscribers need a call (P1–P3).
//!
//! Every entry has two times: the days of Vietnam on which it holds, and the moments at which it was known
//! ([`bitemporal`]). A change closes what was known and writes what is known now; nothing is overwritten.
//!
//! Pure: [`catalogue`] lines and rules · [`change`] what a draft does · [`file`](mod@file) the table as CSV
//! ([`encoding`], [`cell`], [`fault`]) · [`draft`] what somebody sent · [`decide`] what a rule means for a channel.
//!
//! On the store: [`commit`] writes a change · [`sql`] what is known on which day · [`export`] the table of a day ·
//! [`for_call`] which rule held · [`what_if`] a draft against past calls · [`http`] `GET /v1/policy/decision` ·
//! [`console`] for the operator's people.

pub mod bitemporal;
pub mod catalogue;
pub mod cell;
pub mod change;
pub mod commit;
pub mod console;
pub mod decide;
pub mod draft;
pub mod encoding;
pub mod export;
pub mod fault;
pub mod file;
pub mod for_call;
pub mod http;
pub mod sql;
pub mod what_if;
pub mod words;

use chinhchu_protocol::console::policy::PolicyEntry;
use chinhchu_protocol::policy::CallPolicy;
use chinhchu_protocol::time::Timestamp;
use chinhchu_protocol::vietnam;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};

/// First validity of the operator's catalogue (P1).
pub const fn first_day() -> Date {
    Date::constant(2021, 10, 1)
}

/// The rule that holds on a day, and by what it is known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Held {
    /// The entry.
    pub entry: PolicyEntry,
    /// The day that was asked for.
    pub day: Date,
    /// When the newest change that was known then became known: with it the same answer is found for ever.
    pub known_at: Timestamp,
}

impl Held {
    /// As a call carries it.
    pub fn for_call(&self) -> CallPolicy {
        CallPolicy { video_call: self.entry.video_call, rule_id: self.entry.rule_id }
    }
}

/// When a day begins in Vietnam.
pub fn vietnam_midnight(day: Date) -> Timestamp {
    let since_1970 = day.since(Date::constant(1970, 1, 1)).map_or(0, |span| span.get_days());
    vietnam::midnight(i64::from(since_1970))
}

/// The day in Vietnam (UTC+7 all year, since 1975) at a moment.
pub fn vietnam_day(at: Timestamp) -> Date {
    let zone = TimeZone::fixed(Offset::constant(7));
    jiff::Timestamp::from(at).to_zoned(zone).date()
}

//! Opening hours, minute by minute of the week: slow, and nothing like the core's own reckoning.

use chinhchu_protocol::ids::{CallId, CompanyCode};
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::hours::{Day, Hours};

use super::{Oracle, ensure};
use crate::rule::{Broken, Rule};

const MINUTE: i64 = 60_000;

impl Oracle {
    pub(super) fn is_open(&self, serving: &CompanyCode, at: Timestamp) -> bool {
        let hours = self.settings_of(serving).hours;
        hours.is_none_or(|hours| open(&hours, at.ms().div_euclid(MINUTE)))
    }

    /// When a call that would wait until `wait_by` is sent away.
    pub(super) fn sent_away(&self, serving: &CompanyCode, at: Timestamp, wait_by: Timestamp) -> Timestamp {
        let settings = self.settings_of(serving);
        let Some(hours) = settings.hours.filter(|_| !settings.serve_queue_after_close) else {
            return wait_by;
        };
        let mut minute = at.ms().div_euclid(MINUTE);
        while open(&hours, minute) && minute * MINUTE < wait_by.ms() {
            minute += 1;
        }
        wait_by.min(Timestamp::from_ms(minute * MINUTE))
    }

    pub(super) fn closed_out(
        &self,
        call: CallId,
        serving: &CompanyCode,
        at: Timestamp,
        opens_at: Option<Timestamp>,
    ) -> Result<(), Broken> {
        let is_open = self.is_open(serving, at);
        ensure(!is_open, || Broken::call(Rule::Choice, call, "told that it is closed, which is not so"))?;
        let Some(hours) = self.settings_of(serving).hours else { return Ok(()) };
        let now = at.ms().div_euclid(MINUTE) + 1;
        let next = (now..now + 8 * 24 * 60).find(|minute| open(&hours, *minute));
        let next = next.map(|minute| Timestamp::from_ms(minute * MINUTE));
        ensure(next == opens_at, || Broken::call(Rule::Choice, call, "told another time of opening"))
    }
}

/// A minute since 1970, UTC.
fn open(hours: &Hours, minute: i64) -> bool {
    let local = minute + 7 * 60;
    let (day, minute) = (local.div_euclid(1_440), local.rem_euclid(1_440));
    let spans = |day: i64| {
        let noon = Day::of(Timestamp::from_ms(day * 86_400_000 + 5 * 3_600_000));
        let weekday = usize::try_from((day + 3).rem_euclid(7)).unwrap_or(0);
        hours.holidays.get(&noon).cloned().unwrap_or_else(|| hours.weekly[weekday].clone())
    };
    let holds = |day: i64, minute: i64| {
        spans(day).iter().any(|span| i64::from(span.from) <= minute && minute < i64::from(span.to))
    };
    holds(day, minute) || holds(day - 1, minute + 1_440)
}

//! Adds calls up to the figures of a row. Percentiles are exact: every time is kept until the end.

use std::collections::BTreeMap;

use chinhchu_protocol::call::Decision;
use chinhchu_protocol::console::figures::{Cost, Figures, ReasonShare, Share, Times};

use super::measure::{Fate, Measured};
use super::period::HOUR_MS;

/// What a report is reckoned with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Terms {
    /// T of the service level, s.
    pub within_s: u32,
    /// Price of an answered call, đồng.
    pub price_per_call: Option<u64>,
    /// Price of an agent's hour on duty, đồng.
    pub price_per_agent_hour: Option<u64>,
}

impl Default for Terms {
    fn default() -> Self {
        Self { within_s: 20, price_per_call: None, price_per_agent_hour: None }
    }
}

/// Figures on their way.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Tally {
    counts: Figures,
    confirmed: u32,
    rejected: u32,
    evidence: [u32; 2],
    within: u32,
    abandoned_within: u32,
    reasons: BTreeMap<String, u32>,
    /// Answered within T of joining the queue.
    pub within_of_queue: u32,
    /// Waits of answered calls, ms.
    pub waits: Vec<u32>,
    /// Handling times, ms.
    pub handles: Vec<u32>,
    /// Time on duty, where it is known.
    pub duty_ms: Option<u64>,
}

impl Tally {
    /// Adds a call. `names` tells what its reason is called.
    pub fn add(&mut self, measured: &Measured, names: &[String], terms: &Terms) {
        let within_ms = terms.within_s.saturating_mul(1000);
        let counts = &mut self.counts;
        counts.calls += 1;
        counts.offered += u32::from(measured.offered);
        counts.answered += u32::from(measured.answered);
        counts.declined += u32::from(measured.declined);
        counts.redirected += u32::from(measured.redirected);
        counts.offers += measured.offers;
        counts.passed += measured.passed;
        counts.missed += measured.missed;
        counts.never_rang += measured.never_rang;
        let in_time = measured.wait.is_some_and(|wait| wait <= within_ms);
        if measured.answered {
            self.waits.extend(measured.wait);
            self.within += u32::from(in_time);
            let of_queue = measured.queue_wait.is_some_and(|wait| wait <= within_ms);
            self.within_of_queue += u32::from(of_queue);
        }
        if measured.fate == Some(Fate::Abandoned) {
            self.abandoned_within += u32::from(in_time);
        }
        self.handles.extend(measured.handle);
        self.fate(measured.fate);
        self.verdict(measured, names);
    }

    fn fate(&mut self, fate: Option<Fate>) {
        let counts = &mut self.counts;
        match fate {
            // `declined` is counted from the offers, and nothing if others had it last.
            None | Some(Fate::Declined) => {}
            Some(Fate::Open) => counts.open += 1,
            Some(Fate::Completed) => counts.completed += 1,
            Some(Fate::LeftBefore) => counts.left_before += 1,
            Some(Fate::Abandoned) => counts.abandoned += 1,
            Some(Fate::HungUp) => counts.hung_up += 1,
            Some(Fate::NoAgent) => counts.no_agent += 1,
            Some(Fate::Closed) => counts.closed += 1,
            Some(Fate::CallerLost) => counts.caller_lost += 1,
            Some(Fate::AgentLost) => counts.agent_lost += 1,
            Some(Fate::Failed) => counts.failed += 1,
        }
    }

    fn verdict(&mut self, measured: &Measured, names: &[String]) {
        match measured.decision {
            None => {}
            Some(Decision::Confirmed) => self.confirmed += 1,
            Some(Decision::Rejected) => {
                self.rejected += 1;
                let reason = names.get(measured.reason as usize).map_or("", String::as_str);
                match self.reasons.get_mut(reason) {
                    Some(count) => *count += 1,
                    None => drop(self.reasons.insert(reason.to_owned(), 1)),
                }
            }
        }
        self.counts.late += u32::from(measured.late && measured.decision.is_some());
        if let Some(here) = measured.evidence {
            self.evidence[usize::from(here)] += 1;
        }
    }

    /// The figures.
    pub fn figures(&mut self, terms: &Terms) -> Figures {
        let counts = &self.counts;
        let (verified, offered) = (self.confirmed + self.rejected, counts.offered);
        let mut reasons: Vec<ReasonShare> = self
            .reasons
            .iter()
            .map(|(code, count)| ReasonShare { code: code.clone(), share: Share::new(*count, self.rejected) })
            .collect();
        reasons.sort_by(|a, b| b.share.count.cmp(&a.share.count).then_with(|| a.code.cmp(&b.code)));
        Figures {
            verified,
            confirmed: Share::new(self.confirmed, verified),
            rejected: Share::new(self.rejected, verified),
            reasons,
            wait: times(&mut self.waits),
            handle: times(&mut self.handles),
            service_level: Share::new(self.within, offered),
            service_level_patient: Share::new(self.within, offered.saturating_sub(self.abandoned_within)),
            evidence: Share::new(self.evidence[1], self.evidence[0] + self.evidence[1]),
            duty_ms: self.duty_ms,
            cost: cost(terms, counts.answered, verified, self.duty_ms),
            ..counts.clone()
        }
    }
}

/// What verifications cost: of the prices that are given, and only where what they are for is known.
#[expect(clippy::cast_precision_loss, reason = "money at the edge of a report")]
pub fn cost(terms: &Terms, answered: u32, verified: u32, duty_ms: Option<u64>) -> Option<Cost> {
    let calls = terms.price_per_call.map(|price| price as f64 * f64::from(answered));
    let hours = match (terms.price_per_agent_hour, duty_ms) {
        (Some(price), Some(ms)) => Some(price as f64 * (ms as f64 / HOUR_MS as f64)),
        (Some(_), None) => return None,
        (None, _) => None,
    };
    let total = match (calls, hours) {
        (None, None) => return None,
        (calls, hours) => calls.unwrap_or(0.0) + hours.unwrap_or(0.0),
    };
    let per_verification = (verified > 0).then(|| total / f64::from(verified));
    Some(Cost { total, per_verification })
}

/// Mean and percentiles; leaves the times in another order.
pub fn times(list: &mut [u32]) -> Times {
    let Ok(count) = u32::try_from(list.len()) else { return Times::default() };
    if count == 0 {
        return Times::default();
    }
    let sum: u64 = list.iter().map(|ms| u64::from(*ms)).sum();
    let mean = (sum + u64::from(count) / 2) / u64::from(count);
    // In rising order, each within what lies beyond the one before.
    let mut found = 0;
    let mut percentile = |percent: usize| {
        let place = rank(percent, list.len());
        if place >= found {
            list.get_mut(found..)?.select_nth_unstable(place - found);
            found = place + 1;
        }
        list.get(place).copied()
    };
    Times {
        count,
        mean_ms: u32::try_from(mean).ok(),
        p50_ms: percentile(50),
        p90_ms: percentile(90),
        p99_ms: percentile(99),
        max_ms: percentile(100),
    }
}

/// Place of the smallest value that so many in a hundred do not exceed.
fn rank(percent: usize, count: usize) -> usize {
    (percent * count).div_ceil(100).saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_the_smallest_time_that_so_many_in_a_hundred_do_not_exceed() {
        let mut list: Vec<u32> = (1..=200).rev().map(|n| n * 10).collect();
        let found = times(&mut list);
        assert_eq!(
            (found.p50_ms, found.p90_ms, found.p99_ms, found.max_ms),
            (Some(1000), Some(1800), Some(1980), Some(2000))
        );
        assert_eq!((found.count, found.mean_ms), (200, Some(1005)));
        assert_eq!(times(&mut [7]).p99_ms, Some(7));
        assert_eq!(times(&mut []), Times::default());
        assert_eq!(times(&mut [1, 2]).p50_ms, Some(1));
    }

    #[test]
    fn a_verification_costs_what_the_answered_calls_or_the_hours_on_duty_cost() {
        let mut terms = Terms { price_per_call: Some(6_000), ..Terms::default() };
        let found = cost(&terms, 10, 8, None).expect("cost");
        assert_eq!((found.total, found.per_verification), (60_000.0, Some(7_500.0)));
        let found = cost(&terms, 10, 0, None).expect("answered calls cost, verified or not");
        assert_eq!((found.total, found.per_verification), (60_000.0, None));
        terms = Terms { price_per_agent_hour: Some(90_000), ..Terms::default() };
        assert_eq!(cost(&terms, 10, 8, None), None, "hours are not known of such a row");
        let found = cost(&terms, 10, 8, Some(7_200_000)).expect("cost");
        assert_eq!((found.total, found.per_verification), (180_000.0, Some(22_500.0)));
        assert_eq!(cost(&Terms::default(), 10, 8, Some(7_200_000)), None);
    }
}

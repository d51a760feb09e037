//! Packs in memory, so that a report need not read and unpack its days again: finished days, and the hours of today.
//!
//! Nothing is kept beyond its version: every change of a call counts up the versions of its day and its hour (triggers
//! of migrations 0012 and 0017), and versions are read in the snapshot in which the calls are.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::pack::Pack;

/// Calls in memory, about 75 bytes each: a month of a million with room to spare.
const MOST_CALLS: usize = 1_500_000;

/// A span of calls that is packed together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Span {
    /// Number of an hour, counted like days: of today only.
    Hour(i64),
    /// Number of a day.
    Day(i64),
}

/// What is kept, by span, with its version.
#[derive(Default)]
pub struct Packs {
    kept: Mutex<BTreeMap<Span, (i64, Arc<Pack>)>>,
}

impl Packs {
    /// The pack of a span, if it is of this version.
    pub fn get(&self, span: Span, version: i64) -> Option<Arc<Pack>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(&span).filter(|(of, _)| *of == version).map(|(_, pack)| pack.clone())
    }

    /// Keeps a pack. Hours before this day's go; of days the oldest do, when there are too many calls.
    pub fn put(&self, span: Span, version: i64, pack: &Arc<Pack>, today: i64) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(span, (version, pack.clone()));
        kept.retain(|span, _| match span {
            Span::Hour(hour) => hour.div_euclid(24) >= today,
            Span::Day(_) => true,
        });
        let mut calls: usize = kept.values().map(|(_, pack)| pack.entries.len()).sum();
        while calls > MOST_CALLS {
            let oldest = kept.keys().find(|span| matches!(span, Span::Day(_))).copied();
            let Some((_, gone)) = oldest.and_then(|oldest| kept.remove(&oldest)) else { return };
            calls -= gone.entries.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::pack::{PackedCall, Packer};
    use super::*;

    fn pack(day: i64, calls: usize) -> Arc<Pack> {
        let mut packer = Packer::new(day);
        let call = PackedCall {
            created_ms: 0,
            home: "1",
            serving: "1",
            payment: "",
            sub_type: "",
            customer_type: "",
            dealer: "",
            reason: "",
            wait_ms: None,
            handle_ms: None,
            queued: false,
            answered: false,
            redirected: false,
            closed: false,
            late: false,
            end: None,
            decision: None,
            evidence: super::super::EvidenceState::None,
        };
        (0..calls).for_each(|_| packer.add(&call));
        Arc::new(packer.done())
    }

    #[test]
    fn a_pack_of_another_version_is_not_given() {
        let packs = Packs::default();
        packs.put(Span::Day(7), 3, &pack(7, 1), 8);
        assert!(packs.get(Span::Day(7), 3).is_some());
        assert!(packs.get(Span::Day(7), 4).is_none());
        assert!(packs.get(Span::Hour(7), 3).is_none());
    }

    #[test]
    fn hours_of_yesterday_go_and_of_too_many_days_the_oldest() {
        let packs = Packs::default();
        packs.put(Span::Hour(8 * 24 + 23), 1, &pack(8, 1), 8);
        for day in 1..=4 {
            packs.put(Span::Day(day), 1, &pack(day, MOST_CALLS / 3), 9);
        }
        assert!(packs.get(Span::Hour(8 * 24 + 23), 1).is_none());
        let kept: Vec<bool> = (1..=4).map(|day| packs.get(Span::Day(day), 1).is_some()).collect();
        assert_eq!(kept, [false, true, true, true]);
    }
}

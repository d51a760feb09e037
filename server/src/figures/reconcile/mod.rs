//! The daily reconciliation with mSale: results that became known on a day, what became of their delivery, and
//! what mSale says it holds (S16: mSale takes each call once; this finds what it never got).
//!
//! [`http`] mSale sends its list, the console looks · [`sql`] rows. The comparison itself is here and pure.

pub mod http;
pub mod sql;

use std::collections::BTreeMap;

use chinhchu_protocol::console::figures::{
    Discrepancy, DiscrepancyKind, HeldResult, MsaleSide, Reconciliation,
};
use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::time::Timestamp;

use super::period::day_name;

/// Differences in one answer.
pub const MAX_ITEMS: usize = 1_000;

/// Which differences are told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Page {
    /// Those after this call.
    pub after: Option<CallId>,
    /// At most so many.
    pub most: usize,
}

/// What became of the delivery of a result to mSale.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Delivery {
    /// Acknowledged by every endpoint.
    Delivered,
    /// To be tried again.
    Waiting,
    /// Not tried any more.
    GivenUp,
    /// No endpoint was to have it.
    Undeliverable,
}

/// A result of ours.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OurResult {
    /// As mSale should hold it.
    pub held: HeldResult,
    /// What became of its delivery.
    pub delivery: Delivery,
}

/// mSale's list of a day.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TheirList {
    /// When it was whole.
    pub received_at: Timestamp,
    /// By call.
    pub results: BTreeMap<CallId, HeldResult>,
}

/// Compares a day. `whole`: whoever asks sees every company, so that a result which is not among ours is unknown.
pub fn compare(
    day: i64,
    ours: &BTreeMap<CallId, OurResult>,
    theirs: Option<&TheirList>,
    whole: bool,
    page: Page,
) -> Reconciliation {
    let count = |wanted: Delivery| {
        u32::try_from(ours.values().filter(|ours| ours.delivery == wanted).count()).unwrap_or(u32::MAX)
    };
    let mut found = Reconciliation {
        day: day_name(day),
        results: u32::try_from(ours.len()).unwrap_or(u32::MAX),
        delivered: count(Delivery::Delivered),
        waiting: count(Delivery::Waiting),
        given_up: count(Delivery::GivenUp),
        undeliverable: count(Delivery::Undeliverable),
        msale: theirs.map(|theirs| side(theirs, ours, whole)),
        items: Vec::new(),
        next: None,
    };
    let mut calls: Vec<CallId> = ours.keys().copied().collect();
    if let Some(theirs) = theirs.filter(|_| whole) {
        calls.extend(theirs.results.keys().filter(|call| !ours.contains_key(call)));
        calls.sort_unstable();
    }
    for call in calls.into_iter().filter(|call| page.after.is_none_or(|after| *call > after)) {
        let (here, there) = (ours.get(&call), theirs.and_then(|theirs| theirs.results.get(&call)));
        let kinds = kinds(here, theirs.is_some(), there);
        if kinds.is_empty() {
            continue;
        }
        if found.items.len() >= page.most {
            found.next = found.items.last().map(|item| item.call_id.to_string());
            break;
        }
        let (here, there) = (here.map(|ours| ours.held.clone()), there.cloned());
        found.items.push(Discrepancy { call_id: call, kinds, here, there });
    }
    found
}

fn side(theirs: &TheirList, ours: &BTreeMap<CallId, OurResult>, whole: bool) -> MsaleSide {
    let count = |wanted: &dyn Fn(&CallId) -> bool, calls: &mut dyn Iterator<Item = &CallId>| {
        u32::try_from(calls.filter(|call| wanted(call)).count()).unwrap_or(u32::MAX)
    };
    let same = |call: &CallId| ours.get(call).map(|ours| &ours.held) == theirs.results.get(call);
    let there = |call: &CallId| theirs.results.contains_key(call);
    let here = |call: &CallId| ours.contains_key(call);
    MsaleSide {
        received_at: theirs.received_at,
        results: count(&|call| whole || here(call), &mut theirs.results.keys()),
        same: count(&same, &mut ours.keys()),
        missing_there: count(&|call| !there(call), &mut ours.keys()),
        unknown_here: count(&|call| whole && !here(call), &mut theirs.results.keys()),
        differing: count(&|call| there(call) && !same(call), &mut ours.keys()),
    }
}

fn kinds(here: Option<&OurResult>, listed: bool, there: Option<&HeldResult>) -> Vec<DiscrepancyKind> {
    let Some(here) = here else { return vec![DiscrepancyKind::UnknownHere] };
    let mut kinds = match here.delivery {
        Delivery::Delivered => Vec::new(),
        Delivery::Waiting => vec![DiscrepancyKind::Waiting],
        Delivery::GivenUp => vec![DiscrepancyKind::GivenUp],
        Delivery::Undeliverable => vec![DiscrepancyKind::Undeliverable],
    };
    match there {
        Some(there) if *there != here.held => kinds.push(DiscrepancyKind::Differing),
        None if listed => kinds.push(DiscrepancyKind::MissingThere),
        Some(_) | None => {}
    }
    kinds
}

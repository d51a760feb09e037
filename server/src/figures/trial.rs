//! The evaluation of a trial: partners side by side, each measure with its interval, each pair compared (C4).

use chinhchu_protocol::console::figures::{
    Comparison, Estimate, Figures, Measure, ReportBy, Share, Trial, TrialPartner,
};
use chinhchu_protocol::time::Timestamp;
use rusqlite::Connection;

use super::days::{self, Fresh};
use super::duty;
use super::kept::Packs;
use super::rebuild;
use super::report::Asked;
use super::sort::Sorter;
use super::stats::{self, ALPHA, Z};
use super::tally::Terms;
use super::words;
use crate::store::StoreError;

/// In the order in which they are shown.
pub const MEASURES: [Measure; 7] = [
    Measure::Answered,
    Measure::ServiceLevel,
    Measure::QueueLevel,
    Measure::Handling,
    Measure::Rejected,
    Measure::Evidence,
    Measure::Cost,
];

/// A partner and the times that it was reckoned from.
struct Party {
    shown: TrialPartner,
    /// Handling times, sorted.
    handles: Vec<u32>,
    /// Answered within T of joining the queue.
    of_queue: Share,
}

/// Makes it.
pub fn make(
    connection: &Connection,
    packs: &Packs,
    asked: &Asked,
    now: Timestamp,
) -> Result<(Trial, Vec<Fresh>), StoreError> {
    let Asked { period, filter, terms, .. } = asked;
    let snapshot = connection.unchecked_transaction()?;
    rebuild::whole(&snapshot)?;
    let mut sorter = Sorter::new(ReportBy::Partner, filter, terms);
    let fresh = days::each(&snapshot, packs, period, now, |pack| sorter.add(pack, period))?;
    duty::add(&snapshot, &mut sorter, ReportBy::Partner, filter, period, now)?;
    // Whoever sees a part only is not told of the pool.
    let pool = (!filter.is_part()).then(|| sorter.total.figures(terms).service_level);
    let mut rows = sorter.rows;
    rows.sort_by(|(a, _), (b, _)| (a.is_empty(), a).cmp(&(b.is_empty(), b)));
    let parties: Vec<Party> = rows
        .into_iter()
        .map(|(partner, mut tally)| {
            let figures = tally.figures(terms);
            let mut handles = std::mem::take(&mut tally.handles);
            handles.sort_unstable();
            let of_queue = Share::new(tally.within_of_queue, figures.offered);
            let shown = TrialPartner { partner, figures, measures: Vec::new() };
            let mut party = Party { shown, handles, of_queue };
            party.shown.measures = MEASURES.iter().map(|measure| estimate(*measure, &party, terms)).collect();
            party
        })
        .collect();
    let comparisons = compare(&parties, terms);
    let partners: Vec<TrialPartner> = parties.into_iter().map(|party| party.shown).collect();
    let trial = Trial {
        from: period.from,
        to: period.to,
        made_at: now,
        within_s: terms.within_s,
        price_per_call: terms.price_per_call,
        price_per_agent_hour: terms.price_per_agent_hour,
        confidence: 1.0 - ALPHA,
        words: words::evaluation(&partners, pool, &comparisons, terms.within_s),
        methods: words::methods(),
        partners,
        comparisons,
    };
    Ok((trial, fresh))
}

/// The share that a measure is, if it is one.
fn share(measure: Measure, party: &Party) -> Option<Share> {
    let figures = &party.shown.figures;
    match measure {
        Measure::Answered => Some(Share::new(figures.answered, figures.offered)),
        Measure::ServiceLevel => Some(figures.service_level),
        Measure::QueueLevel => Some(party.of_queue),
        Measure::Rejected => Some(figures.rejected),
        Measure::Evidence => Some(figures.evidence),
        Measure::Handling | Measure::Cost => None,
    }
}

fn estimate(measure: Measure, party: &Party, terms: &Terms) -> Estimate {
    let figures = &party.shown.figures;
    let (of, value, interval) = match (share(measure, party), measure) {
        (Some(share), _) => (share.of, share.share, stats::wilson(share.count, share.of)),
        (None, Measure::Handling) => {
            let median = figures.handle.p50_ms.map(f64::from);
            (figures.handle.count, median, stats::median_interval(&party.handles))
        }
        (None, _) => cost(figures, terms),
    };
    let (low, high) = interval.unzip();
    Estimate { measure, of, value, low, high }
}

/// Cost of one verification. By the call: as sure as the share of answered calls that were verified. By the hour:
/// as sure as the count of verifications.
fn cost(figures: &Figures, terms: &Terms) -> (u32, Option<f64>, Option<(f64, f64)>) {
    let told = figures.cost.and_then(|cost| Some((cost.total, cost.per_verification?)));
    let Some((total, value)) = told else { return (figures.verified, None, None) };
    let interval = if terms.price_per_agent_hour.is_some() {
        let reach = (Z / f64::from(figures.verified).sqrt()).exp();
        Some((value / reach, value * reach))
    } else {
        let price = total / f64::from(figures.answered.max(1));
        let of = figures.answered.max(figures.verified);
        stats::wilson(figures.verified, of).map(|(low, high)| (price / high, price / low))
    };
    (figures.verified, Some(value), interval)
}

fn compare(parties: &[Party], terms: &Terms) -> Vec<Comparison> {
    let mut found = Vec::new();
    for measure in MEASURES {
        for (n, a) in parties.iter().enumerate() {
            for b in parties.iter().skip(n + 1) {
                found.extend(pair(measure, a, b, terms));
            }
        }
    }
    let chances: Vec<f64> = found.iter().map(|comparison| comparison.p).collect();
    for (comparison, corrected) in found.iter_mut().zip(stats::holm(&chances)) {
        comparison.p_corrected = corrected;
        comparison.significant = corrected < ALPHA;
    }
    found
}

fn pair(measure: Measure, a: &Party, b: &Party, terms: &Terms) -> Option<Comparison> {
    let of = |party: &Party| party.shown.measures.iter().find(|one| one.measure == measure).copied();
    let difference = of(a)?.value? - of(b)?.value?;
    let (p, longer) = match measure {
        Measure::ServiceLevel if is_answered_again(a) && is_answered_again(b) => return None,
        Measure::Answered | Measure::ServiceLevel | Measure::Rejected | Measure::Evidence => {
            (shares_differ(measure, a, b)?, None)
        }
        Measure::Handling => {
            let found = stats::times_differ(&a.handles, &b.handles)?;
            (found.p, Some(found.longer))
        }
        Measure::Cost => (costs_differ(&a.shown.figures, &b.shown.figures, terms)?, None),
        Measure::QueueLevel => return None,
    };
    let (a, b) = (a.shown.partner.clone(), b.shown.partner.clone());
    Some(Comparison { measure, a, b, difference, longer, p, p_corrected: p, significant: false })
}

fn shares_differ(measure: Measure, a: &Party, b: &Party) -> Option<f64> {
    let (a, b) = (share(measure, a)?, share(measure, b)?);
    stats::shares_differ((a.count, a.of), (b.count, b.of))
}

/// Whatever was answered was answered in time: the service level would be the share of the answered a second time.
const fn is_answered_again(party: &Party) -> bool {
    party.shown.figures.service_level.count == party.shown.figures.answered
}

/// By the hour only. A cost by the call is a price divided by a share (verified ÷ answered): to test it would be to
/// test again what the answered, the evidence and the ends of calls say.
fn costs_differ(a: &Figures, b: &Figures, terms: &Terms) -> Option<f64> {
    terms.price_per_agent_hour?;
    let of = |figures: &Figures| Some((figures.cost?.per_verification?, figures.verified));
    stats::rates_differ(of(a)?, of(b)?)
}

//! The evaluation of a trial: partners side by side, each measure with its interval, each pair compared (C4).

use chinhchu_protocol::console::figures::{
    Comparison, Estimate, Figures, Measure, ReportBy, Share, Trial, TrialPartner,
};
use chinhchu_protocol::time::Timestamp;
use rusqlite::Connection;

use super::days::{self, Fresh};
use super::duty;
use super::report::Asked;
use super::sort::Sorter;
use super::stats::{self, ALPHA, Z};
use super::tally::Terms;
use super::words;
use crate::store::StoreError;

/// In the order in which they are shown.
pub const MEASURES: [Measure; 6] = [
    Measure::Answered,
    Measure::ServiceLevel,
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
}

/// Makes it.
pub fn make(
    connection: &Connection,
    asked: &Asked,
    now: Timestamp,
) -> Result<(Trial, Vec<Fresh>), StoreError> {
    let Asked { period, filter, terms, .. } = asked;
    let mut sorter = Sorter::new(ReportBy::Partner, filter, terms);
    let fresh = days::each(connection, period, now, |pack| sorter.add(pack, period))?;
    duty::add(connection, &mut sorter, ReportBy::Partner, filter, period, now)?;
    let mut rows = sorter.rows;
    rows.sort_by(|(a, _), (b, _)| (a.is_empty(), a).cmp(&(b.is_empty(), b)));
    let parties: Vec<Party> = rows
        .into_iter()
        .map(|(partner, mut tally)| {
            let figures = tally.figures(terms);
            let mut handles = std::mem::take(&mut tally.handles);
            handles.sort_unstable();
            let measures =
                MEASURES.iter().map(|measure| estimate(*measure, &figures, &handles, terms)).collect();
            Party { shown: TrialPartner { partner, figures, measures }, handles }
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
        words: words::evaluation(&partners, &comparisons),
        methods: words::methods(),
        partners,
        comparisons,
    };
    Ok((trial, fresh))
}

/// The share that a measure is, if it is one.
fn share(measure: Measure, figures: &Figures) -> Option<Share> {
    match measure {
        Measure::Answered => Some(Share::new(figures.answered, figures.offered)),
        Measure::ServiceLevel => Some(figures.service_level),
        Measure::Rejected => Some(figures.rejected),
        Measure::Evidence => Some(figures.evidence),
        Measure::Handling | Measure::Cost => None,
    }
}

fn estimate(measure: Measure, figures: &Figures, handles: &[u32], terms: &Terms) -> Estimate {
    let (of, value, interval) = match (share(measure, figures), measure) {
        (Some(share), _) => (share.of, share.share, stats::wilson(share.count, share.of)),
        (None, Measure::Handling) => {
            let median = figures.handle.p50_ms.map(f64::from);
            (figures.handle.count, median, stats::median_interval(handles))
        }
        (None, _) => cost(figures, terms),
    };
    let (low, high) = interval.unzip();
    Estimate { measure, of, value, low, high }
}

/// Cost of one verification. By the call: as sure as the share of answered calls that were verified. By the hour:
/// as sure as the count of verifications.
fn cost(figures: &Figures, terms: &Terms) -> (u32, Option<f64>, Option<(f64, f64)>) {
    let Some(cost) = figures.cost else { return (figures.verified, None, None) };
    let value = cost.per_verification;
    let interval = if terms.price_per_agent_hour.is_some() {
        let reach = (Z / f64::from(figures.verified).sqrt()).exp();
        Some((value / reach, value * reach))
    } else {
        let price = cost.total / f64::from(figures.answered.max(1));
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
    let p = match (share(measure, &a.shown.figures), share(measure, &b.shown.figures)) {
        (Some(a), Some(b)) => stats::shares_differ((a.count, a.of), (b.count, b.of)),
        (_, _) if measure == Measure::Handling => stats::times_differ(&a.handles, &b.handles),
        (_, _) => costs_differ(&a.shown.figures, &b.shown.figures, terms),
    }?;
    let (a, b) = (a.shown.partner.clone(), b.shown.partner.clone());
    Some(Comparison { measure, a, b, difference, p, p_corrected: p, significant: false })
}

fn costs_differ(a: &Figures, b: &Figures, terms: &Terms) -> Option<f64> {
    if terms.price_per_agent_hour.is_some() {
        let of = |figures: &Figures| figures.cost.map(|cost| (cost.per_verification, figures.verified));
        return stats::rates_differ(of(a)?, of(b)?);
    }
    let of = |figures: &Figures| (figures.verified, figures.answered.max(figures.verified));
    stats::shares_differ(of(a), of(b))
}

//! Puts calls into the rows of a report. Pure.

use std::collections::HashMap;

use chinhchu_protocol::console::figures::ReportBy;

use super::measure::{self, Measured};
use super::pack::{Entry, OfferEntry, Pack};
use super::period::{DAY_MS, HOUR_MS, OFFSET_MS, Period, day_name};
use super::tally::{Tally, Terms};

/// Which calls, and whose part in them. Empty lists and `None` leave nothing out.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Filter {
    /// Home or serving company is one of these; agents are of one of these.
    pub companies: Option<Vec<String>>,
    /// Only the part that agents of this partner had (empty: the companies' own).
    pub partner: Option<String>,
    /// Only the part that this agent had.
    pub agent: Option<String>,
    /// Home company.
    pub home: Option<String>,
    /// Serving company.
    pub serving: Option<String>,
    /// Dealer's account.
    pub dealer: Option<String>,
}

impl Filter {
    /// Whether calls are told as a part only.
    pub const fn is_part(&self) -> bool {
        self.partner.is_some() || self.agent.is_some()
    }
}

/// Sorts calls into rows.
pub struct Sorter<'t> {
    by: ReportBy,
    filter: &'t Filter,
    terms: &'t Terms,
    /// All calls, each once.
    pub total: Tally,
    /// Key and figures, in no order.
    pub rows: Vec<(String, Tally)>,
    places: HashMap<String, usize>,
}

/// What of a pack's names, profiles and people belongs to a report: looked up once per pack.
struct Looks {
    companies: Vec<bool>,
    homes: Vec<bool>,
    servings: Vec<bool>,
    dealers: Vec<bool>,
    people: Vec<bool>,
    /// Row of a name, profile, person or hour; [`UNKNOWN`] before it was asked for.
    rows: Vec<usize>,
}

const UNKNOWN: usize = usize::MAX;

impl<'t> Sorter<'t> {
    /// Nothing sorted yet.
    pub fn new(by: ReportBy, filter: &'t Filter, terms: &'t Terms) -> Self {
        let (total, rows, places) = (Tally::default(), Vec::new(), HashMap::new());
        Self { by, filter, terms, total, rows, places }
    }

    /// Adds the calls of a day that belong to a period.
    pub fn add(&mut self, pack: &Pack, period: &Period) {
        let start = pack.day * DAY_MS - OFFSET_MS;
        let (from, to) = (period.from.ms() - start, period.to.ms() - start);
        let (by, mut looks) = (self.by, self.looks(pack));
        let mut one = |entry: &Entry, offers: &[OfferEntry]| {
            let at = i64::from(entry.at);
            if from <= at && at < to && looks.wants(entry) {
                self.one(pack, entry, offers, &mut looks);
            }
        };
        if by == ReportBy::Dealer {
            for (entry, offers) in by_dealer(pack) {
                one(entry, offers);
            }
        } else {
            for (entry, offers) in with_offers(pack) {
                one(entry, offers);
            }
        }
    }

    fn one(&mut self, pack: &Pack, entry: &Entry, offers: &[OfferEntry], looks: &mut Looks) {
        let seen = |person: u32| looks.people.get(person as usize).copied().unwrap_or(false);
        let all = if self.filter.is_part() {
            measure::part(entry, offers, seen)
        } else {
            Some(measure::whole(entry, offers))
        };
        let Some(all) = all else { return };
        self.total.add(&all, &pack.names, self.terms);
        match self.by {
            ReportBy::Total => {}
            ReportBy::Partner => self.parts(pack, entry, offers, looks, 2),
            ReportBy::Agent => self.parts(pack, entry, offers, looks, 0),
            ReportBy::Serving
            | ReportBy::Home
            | ReportBy::Dealer
            | ReportBy::SubType
            | ReportBy::CustomerType
            | ReportBy::Payment
            | ReportBy::Day
            | ReportBy::Hour
            | ReportBy::HourOfDay => {
                let place = self.slot(pack, entry);
                self.into(pack, &all, looks, place);
            }
        }
    }

    /// One row for each agent or partner who was offered the call.
    fn parts(&mut self, pack: &Pack, entry: &Entry, offers: &[OfferEntry], looks: &mut Looks, what: usize) {
        let name = |person: u32| pack.people.get(person as usize).map_or(0, |names| names[what]);
        for (n, offer) in offers.iter().enumerate() {
            let key = name(offer.person);
            let seen = |person: u32| looks.people.get(person as usize).copied().unwrap_or(false);
            let told = |before: &OfferEntry| seen(before.person) && name(before.person) == key;
            if !told(offer) || offers.iter().take(n).any(told) {
                continue;
            }
            let mine = |person: u32| seen(person) && name(person) == key;
            if let Some(measured) = measure::part(entry, offers, mine) {
                self.into(pack, &measured, looks, key as usize);
            }
        }
    }

    /// Number within the pack of what the row is called after.
    fn slot(&self, pack: &Pack, entry: &Entry) -> usize {
        let profile = |what: usize| pack.profiles.get(entry.profile as usize).map_or(0, |names| names[what]);
        let number = match self.by {
            ReportBy::Serving => entry.serving,
            ReportBy::Home => entry.home,
            ReportBy::Dealer => entry.dealer,
            ReportBy::Payment => profile(0),
            ReportBy::SubType => profile(1),
            ReportBy::CustomerType => profile(2),
            ReportBy::Hour | ReportBy::HourOfDay => hour_of(entry),
            ReportBy::Total | ReportBy::Day | ReportBy::Partner | ReportBy::Agent => 0,
        };
        number as usize
    }

    fn into(&mut self, pack: &Pack, measured: &Measured, looks: &mut Looks, slot: usize) {
        let known = looks.rows.get(slot).copied().unwrap_or(UNKNOWN);
        let row = if known == UNKNOWN {
            let row = self.row(self.key(pack, slot));
            if let Some(place) = looks.rows.get_mut(slot) {
                *place = row;
            }
            row
        } else {
            known
        };
        if let Some((_, tally)) = self.rows.get_mut(row) {
            tally.add(measured, &pack.names, self.terms);
        }
    }

    fn key(&self, pack: &Pack, slot: usize) -> String {
        match self.by {
            ReportBy::Day => day_name(pack.day),
            ReportBy::Hour => format!("{}T{slot:02}", day_name(pack.day)),
            ReportBy::HourOfDay => format!("{slot:02}"),
            ReportBy::Total
            | ReportBy::Serving
            | ReportBy::Home
            | ReportBy::Partner
            | ReportBy::Agent
            | ReportBy::Dealer
            | ReportBy::SubType
            | ReportBy::CustomerType
            | ReportBy::Payment => pack.names.get(slot).cloned().unwrap_or_default(),
        }
    }

    /// Place of a row; a new one if need be.
    pub fn row(&mut self, key: String) -> usize {
        if let Some(place) = self.places.get(&key) {
            return *place;
        }
        self.rows.push((key.clone(), Tally::default()));
        self.places.insert(key, self.rows.len() - 1);
        self.rows.len() - 1
    }

    fn looks(&self, pack: &Pack) -> Looks {
        let filter = self.filter;
        let is = |wanted: &Option<String>| {
            pack.names.iter().map(|name| wanted.as_ref().is_none_or(|wanted| wanted == name)).collect()
        };
        let companies: Vec<bool> = pack
            .names
            .iter()
            .map(|name| filter.companies.as_ref().is_none_or(|list| list.contains(name)))
            .collect();
        let (partners, agents): (Vec<bool>, Vec<bool>) = (is(&filter.partner), is(&filter.agent));
        let has = |list: &[bool], name: u32| list.get(name as usize).copied().unwrap_or(false);
        let people = pack
            .people
            .iter()
            .map(|[agent, company, partner]| {
                has(&companies, *company) && has(&partners, *partner) && has(&agents, *agent)
            })
            .collect();
        let slots = pack.names.len().max(24);
        Looks {
            homes: is(&filter.home),
            servings: is(&filter.serving),
            dealers: is(&filter.dealer),
            companies,
            people,
            rows: vec![UNKNOWN; slots],
        }
    }
}

/// The calls of a pack, each with its offers.
fn with_offers(pack: &Pack) -> impl Iterator<Item = (&Entry, &[OfferEntry])> {
    let mut first = 0;
    pack.entries.iter().map(move |entry| {
        let end = first + entry.offers as usize;
        let offers = pack.offers.get(first..end).unwrap_or_default();
        first = end;
        (entry, offers)
    })
}

/// The same, one dealer after the other: there are thousands of them, and going to and fro between their rows takes
/// longer than counting.
fn by_dealer(pack: &Pack) -> Vec<(&Entry, &[OfferEntry])> {
    let calls: Vec<_> = with_offers(pack).collect();
    // Where the calls of each dealer begin, and then where the next of them goes.
    let mut places = vec![0; pack.names.len() + 1];
    for (entry, _) in &calls {
        if let Some(count) = places.get_mut(entry.dealer as usize + 1) {
            *count += 1;
        }
    }
    let mut before = 0;
    for place in &mut places {
        before += *place;
        *place = before;
    }
    let mut order = vec![usize::MAX; calls.len()];
    for (n, (entry, _)) in calls.iter().enumerate() {
        let Some(place) = places.get_mut(entry.dealer as usize) else { continue };
        if let Some(here) = order.get_mut(*place) {
            *here = n;
        }
        *place += 1;
    }
    order.into_iter().filter_map(|n| calls.get(n).copied()).collect()
}

impl Looks {
    fn wants(&self, entry: &Entry) -> bool {
        let has = |list: &[bool], name: u32| list.get(name as usize).copied().unwrap_or(false);
        (has(&self.companies, entry.home) || has(&self.companies, entry.serving))
            && has(&self.homes, entry.home)
            && has(&self.servings, entry.serving)
            && has(&self.dealers, entry.dealer)
    }
}

fn hour_of(entry: &Entry) -> u32 {
    entry.at / u32::try_from(HOUR_MS).unwrap_or(u32::MAX)
}

//! What a draft does to the catalogue: pure. The preview and the commit both come from here.
//!
//! Without a last day, a line that is set holds until the next change that is planned for it already, so that
//! nobody's plan falls away unseen; `replace_planned` lets it. Lines that are not named stay, or end in a
//! complete draft if they hold on its first day.

use std::collections::BTreeMap;

use chinhchu_protocol::console::policy::{
    PolicyEffect, PolicyPlanned, PolicyPreview, PolicyPreviewRow, PolicyValues,
};
use jiff::civil::Date;
use sha2::{Digest, Sha256};

use super::bitemporal::{Period, next_day};
use super::catalogue::{COLUMNS, Catalogue, Line, LineKey, value_for};
use super::fault::Fault;
use crate::cases::hex;

/// What a line shall say.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Wish {
    /// These values.
    Set(PolicyValues),
    /// Nothing any more.
    End,
}

/// One wished line; `at` is its line of the file, or its number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wished {
    /// Line of the file, or number of the single change.
    pub at: u32,
    /// Which line of the catalogue.
    pub key: LineKey,
    /// What it shall say.
    pub wish: Wish,
}

/// Everything that shall be known from now on, read and checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Draft {
    /// First day.
    pub from: Date,
    /// Last day, if it was given.
    pub to: Option<Date>,
    /// Ends lines that are not named.
    pub complete: bool,
    /// Lets planned changes fall away.
    pub replace_planned: bool,
    /// The lines, each at most once.
    pub wishes: Vec<Wished>,
    /// Oddities of the file.
    pub notes: Vec<&'static str>,
}

/// What becomes of the catalogue.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// For people.
    pub rows: Vec<PolicyPreviewRow>,
    /// Lines that differ afterwards.
    pub lines: BTreeMap<LineKey, Line>,
}

/// Applies a draft to what is known. Fails with every fault: a line that ends must hold.
pub fn apply(known: &Catalogue, draft: &Draft) -> Result<Outcome, Vec<Fault>> {
    let mut outcome = Outcome { rows: Vec::new(), lines: BTreeMap::new() };
    let mut faults = Vec::new();
    for wished in &draft.wishes {
        let before = known.line(&wished.key);
        if wished.wish == Wish::End && before.on(draft.from).is_none() {
            faults.push(Fault::in_change(wished.at, "sub_type", "not_in_force"));
            continue;
        }
        put(&mut outcome, draft, Some(wished.at), &wished.key, &before, &wished.wish);
    }
    for key in unnamed(known, draft) {
        let before = known.line(key);
        if draft.complete && before.on(draft.from).is_some() {
            put(&mut outcome, draft, None, key, &before, &Wish::End);
        } else if before.on(draft.from).is_some() {
            put_unnamed(&mut outcome, draft, key, &before);
        }
    }
    outcome.rows.sort_by_key(|row| (row.effect == PolicyEffect::Unchanged, row.line.unwrap_or(u32::MAX)));
    if faults.is_empty() { Ok(outcome) } else { Err(faults) }
}

fn unnamed<'a>(known: &'a Catalogue, draft: &Draft) -> impl Iterator<Item = &'a LineKey> {
    let named: Vec<LineKey> = draft.wishes.iter().map(|wished| wished.key.clone()).collect();
    known.order.iter().filter(move |key| !named.contains(key))
}

/// A line that the draft leaves alone.
fn put_unnamed(outcome: &mut Outcome, draft: &Draft, key: &LineKey, line: &Line) {
    outcome.rows.push(PolicyPreviewRow {
        effect: PolicyEffect::Unchanged,
        line: None,
        payment: key.payment,
        sub_type: key.sub_type.clone(),
        before: line.on(draft.from),
        after: line.on(draft.from),
        fields: Vec::new(),
        until: line.steady_until(draft.from).map(|day| day.to_string()),
        planned: planned(line, line.steady_until(draft.from)),
        falls_away: Vec::new(),
    });
}

fn put(outcome: &mut Outcome, draft: &Draft, at: Option<u32>, key: &LineKey, before: &Line, wish: &Wish) {
    let to = match (draft.to, draft.replace_planned) {
        (Some(to), _) => Some(to),
        (None, true) => None,
        (None, false) => before.steady_until(draft.from),
    };
    let mut after = before.clone();
    for customers in COLUMNS {
        let value = match wish {
            Wish::Set(values) => Some(value_for(values, customers)),
            Wish::End => None,
        };
        let period = Period { from: draft.from, to };
        *after.column_mut(customers) = before.column(customers).set(period, value);
    }
    let (was, is) = (before.on(draft.from), after.on(draft.from));
    let effect = match (&was, &is) {
        _ if after == *before => PolicyEffect::Unchanged,
        (None, _) => PolicyEffect::Added,
        (Some(_), None) => PolicyEffect::Ended,
        (Some(_), Some(_)) => PolicyEffect::Changed,
    };
    let until = after.steady_until(draft.from);
    outcome.rows.push(PolicyPreviewRow {
        effect,
        line: at,
        payment: key.payment,
        sub_type: key.sub_type.clone(),
        fields: differing(was.as_ref(), is.as_ref()),
        before: was,
        after: is,
        until: until.map(|day| day.to_string()),
        planned: planned(&after, until),
        falls_away: fallen(before, draft.from, to),
    });
    if after != *before {
        outcome.lines.insert(key.clone(), after);
    }
}

/// What is planned after a day of rest.
fn planned(line: &Line, until: Option<Date>) -> Vec<PolicyPlanned> {
    let mut list = Vec::new();
    let mut rest = until;
    while let Some(last) = rest {
        let from = next_day(last);
        list.push(PolicyPlanned { from: from.to_string(), values: line.on(from) });
        rest = line.steady_until(from).filter(|next| *next > last);
    }
    list
}

/// Changes that were planned within the period.
fn fallen(before: &Line, from: Date, to: Option<Date>) -> Vec<PolicyPlanned> {
    let all = planned(before, before.steady_until(from));
    let within = |one: &PolicyPlanned| to.is_none_or(|to| one.from <= to.to_string());
    all.into_iter().filter(within).collect()
}

fn differing(was: Option<&PolicyValues>, is: Option<&PolicyValues>) -> Vec<String> {
    let (Some(was), Some(is)) = (was, is) else { return Vec::new() };
    let columns = [
        ("name", was.name != is.name),
        ("icc_profile", was.icc_profile != is.icc_profile),
        ("type", was.kind != is.kind),
        ("khcn_vi2", was.individual_vi2 != is.individual_vi2),
        ("khdn", was.enterprise != is.enterprise),
    ];
    columns.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name.to_owned()).collect()
}

/// As shown before it is made known.
pub fn preview(known: &Catalogue, draft: &Draft, outcome: &Outcome, today: Date) -> PolicyPreview {
    let count = |effect| {
        let many = outcome.rows.iter().filter(|row| row.effect == effect).count();
        u32::try_from(many).unwrap_or(u32::MAX)
    };
    PolicyPreview {
        digest: digest(known.newest, draft, &outcome.rows),
        base: known.newest,
        valid_from: draft.from.to_string(),
        valid_to: draft.to.map(|day| day.to_string()),
        backdated: draft.from < today,
        added: count(PolicyEffect::Added),
        changed: count(PolicyEffect::Changed),
        ended: count(PolicyEffect::Ended),
        unchanged: count(PolicyEffect::Unchanged),
        rows: outcome.rows.clone(),
        notes: draft.notes.iter().map(|note| (*note).to_owned()).collect(),
    }
}

/// Over what the draft does, and to which catalogue.
fn digest(newest: u32, draft: &Draft, rows: &[PolicyPreviewRow]) -> String {
    let mut hash = Sha256::new();
    hash.update(format!(
        "chinhchu-policy-preview|{newest}|{}|{:?}|{}|{}|",
        draft.from, draft.to, draft.complete, draft.replace_planned
    ));
    hash.update(serde_json::to_vec(rows).unwrap_or_default());
    hex(&hash.finalize())
}

//! What somebody sent as a draft, read and checked: every fault at once.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chinhchu_protocol::console::policy::{PolicyDraft, PolicySingle, PolicySource, PolicyValues};
use jiff::civil::Date;
use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization as _;

use super::catalogue::{Catalogue, LineKey};
use super::change::{Draft, Wish, Wished};
use super::fault::Fault;
use super::{cell, file};
use crate::intake::walk::read_date;

/// Most single changes at once.
const MAX_SINGLE: usize = 200;
/// Longest reason, characters.
const MAX_REASON: usize = 500;

/// A draft with what it came from.
pub struct Sent {
    /// Read and checked.
    pub draft: Draft,
    /// File or single changes.
    pub source: PolicySource,
    /// Hash of the file.
    pub file_sha256: Option<[u8; 32]>,
}

/// Reads a draft; what a single change leaves out is taken from what is known of its first day.
pub fn read(known: &Catalogue, sent: &PolicyDraft) -> Result<Sent, Vec<Fault>> {
    let mut faults = Vec::new();
    let from = read_date(&sent.valid_from);
    if from.is_none() {
        faults.push(Fault::of_draft("valid_from", "not_a_day"));
    }
    let to = sent.valid_to.as_deref().map(read_date);
    if to == Some(None) {
        faults.push(Fault::of_draft("valid_to", "not_a_day"));
    }
    let lines = match (&sent.csv_base64, &sent.changes) {
        (Some(text), None) => of_file(text),
        (None, Some(changes)) if sent.complete => {
            faults.push(Fault::of_draft("complete", "only_with_file"));
            from.map_or(Err(Vec::new()), |day| of_changes(known, changes, day))
        }
        (None, Some(changes)) => from.map_or(Err(Vec::new()), |day| of_changes(known, changes, day)),
        (None, None) => Err(vec![Fault::of_draft("csv_base64", "missing")]),
        (Some(_), Some(_)) => Err(vec![Fault::of_draft("changes", "not_with_file")]),
    };
    match (from, lines) {
        (Some(from), Ok(lines)) if faults.is_empty() => Ok(Sent {
            draft: Draft {
                from,
                to: to.flatten(),
                complete: sent.complete,
                replace_planned: sent.replace_planned,
                wishes: lines.wishes,
                notes: lines.notes,
            },
            source: if lines.sha256.is_some() { PolicySource::Import } else { PolicySource::Single },
            file_sha256: lines.sha256,
        }),
        (_, lines) => {
            faults.extend(lines.err().unwrap_or_default());
            Err(file::capped(faults))
        }
    }
}

/// A reason that can stand beside a change for ever.
pub fn reason(text: &str) -> Result<(), Fault> {
    let code = if text.trim().is_empty() {
        "missing"
    } else if text.chars().count() > MAX_REASON {
        "too_long"
    } else if text.chars().any(char::is_control) {
        "control_character"
    } else {
        return Ok(());
    };
    Err(Fault::of_draft("reason", code))
}

struct Lines {
    wishes: Vec<Wished>,
    notes: Vec<&'static str>,
    sha256: Option<[u8; 32]>,
}

fn of_file(text: &str) -> Result<Lines, Vec<Fault>> {
    let bytes = STANDARD.decode(text).map_err(|_| vec![Fault::of_draft("csv_base64", "not_base64")])?;
    let read = file::read(&bytes)?;
    let sha256 = Some(Sha256::digest(&bytes).into());
    Ok(Lines { wishes: read.wishes, notes: read.notes, sha256 })
}

fn of_changes(known: &Catalogue, changes: &[PolicySingle], day: Date) -> Result<Lines, Vec<Fault>> {
    if changes.is_empty() {
        return Err(vec![Fault::of_draft("changes", "missing")]);
    }
    if changes.len() > MAX_SINGLE {
        return Err(vec![Fault::of_draft("changes", "too_many")]);
    }
    let mut faults = Vec::new();
    let mut wishes = Vec::with_capacity(changes.len());
    let mut seen = BTreeSet::new();
    for (number, change) in (1..).zip(changes) {
        let key = LineKey { payment: change.payment, sub_type: change.sub_type.clone() };
        let held = known.line(&key).on(day);
        let before = faults.len();
        check(number, change, held.is_some(), &mut faults);
        if !seen.insert(key.clone()) {
            faults.push(Fault::in_change(number, "sub_type", "duplicate"));
        }
        if faults.len() == before {
            wishes.extend(wish(change, held.as_ref()).map(|wish| Wished { at: number, key, wish }));
        }
    }
    let lines = Lines { wishes, notes: Vec::new(), sha256: None };
    if faults.is_empty() { Ok(lines) } else { Err(faults) }
}

fn check(number: u32, change: &PolicySingle, held: bool, faults: &mut Vec<Fault>) {
    let mut told = |field: &str, code: Option<&'static str>| {
        faults.extend(code.map(|code| Fault::in_change(number, field, code)));
    };
    told("sub_type", cell::sub_type(Some(change.payment), &change.sub_type));
    let given = [
        ("name", change.name.is_some()),
        ("icc_profile", change.icc_profile.is_some()),
        ("type", change.kind.is_some()),
        ("individual_vi2", change.individual_vi2.is_some()),
        ("enterprise", change.enterprise.is_some()),
    ];
    if change.end {
        for (field, _) in given.iter().filter(|(_, given)| *given) {
            told(field, Some("not_needed"));
        }
        return;
    }
    told("name", change.name.as_deref().and_then(cell::name));
    told("icc_profile", change.icc_profile.as_deref().and_then(cell::code));
    told("type", change.kind.as_deref().and_then(cell::code));
    let needed = ["name", "individual_vi2", "enterprise"];
    for (field, _) in given.iter().filter(|(field, given)| !given && !held && needed.contains(field)) {
        told(field, Some("missing"));
    }
}

/// What the line shall say; `None` only if something is missing, which was told already.
fn wish(change: &PolicySingle, held: Option<&PolicyValues>) -> Option<Wish> {
    if change.end {
        return Some(Wish::End);
    }
    let or = |new: &Option<String>, old: fn(&PolicyValues) -> &String| {
        let old = held.map(|held| old(held).clone());
        new.as_ref().map(|text| text.nfc().collect()).or(old)
    };
    Some(Wish::Set(PolicyValues {
        name: or(&change.name, |held| &held.name)?,
        icc_profile: or(&change.icc_profile, |held| &held.icc_profile).unwrap_or_default(),
        kind: or(&change.kind, |held| &held.kind).unwrap_or_default(),
        individual_vi2: change.individual_vi2.or(held.map(|held| held.individual_vi2))?,
        enterprise: change.enterprise.or(held.map(|held| held.enterprise))?,
    }))
}

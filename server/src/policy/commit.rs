//! Makes a change known: closes what was known and writes what is known now, with who and why and an entry in
//! the audit, in one transaction. The only place that writes to the catalogue.

use chinhchu_protocol::console::policy::{PolicyChange, PolicyCustomers, PolicyPreview, PolicySource};
use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::time::Timestamp;
use jiff::civil::Date;
use rusqlite::{Connection, params};
use serde_json::json;

use super::bitemporal::{Span, difference};
use super::catalogue::{BUILT_IN, COLUMNS, Catalogue, LineKey, Value, rule_id};
use super::change::{self, Draft, Outcome};
use super::fault::Fault;
use super::{Held, file, first_day, sql, vietnam_day, words};
use crate::audit::{self, Entry};
use crate::store::{StoreError, rows};
use crate::switchboard::sql::meta;

/// Who makes a change, why, and from what.
#[derive(Clone, Debug)]
pub struct Author {
    /// As in the audit: `person:<id>`, `cli:<account>`.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// From what.
    pub source: PolicySource,
    /// Hash of the file's bytes.
    pub file_sha256: Option<[u8; 32]>,
    /// A first day that is past is meant.
    pub backdated: bool,
    /// What was previewed.
    pub digest: Option<String>,
}

/// Why a change was not made.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// The draft does not fit the catalogue.
    #[error("the draft has {} faults", .0.len())]
    Faults(Vec<Fault>),
    /// Not what was previewed: the catalogue has changed since, or the draft has.
    #[error("the catalogue has changed since the preview")]
    NotAsPreviewed,
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Earliest and latest day of a validity.
const DAYS: (i16, i16) = (2000, 2199);

/// What a draft would do now.
pub fn preview(
    connection: &Connection,
    draft: &Draft,
    now: Timestamp,
) -> Result<(Outcome, PolicyPreview), CommitError> {
    let mut faults = Vec::new();
    let years = DAYS.0..=DAYS.1;
    for (field, day) in [("valid_from", Some(draft.from)), ("valid_to", draft.to)] {
        if day.is_some_and(|day| !years.contains(&day.year())) {
            faults.push(Fault::of_draft(field, "not_a_day"));
        }
    }
    if draft.to.is_some_and(|to| to < draft.from) {
        faults.push(Fault::of_draft("valid_to", "out_of_range"));
    }
    let known = known_now(connection)?;
    match change::apply(&known, draft) {
        Ok(outcome) if faults.is_empty() => {
            let preview = change::preview(&known, draft, &outcome, vietnam_day(now));
            Ok((outcome, preview))
        }
        Ok(_) => Err(CommitError::Faults(faults)),
        Err(more) => Err(CommitError::Faults(faults.into_iter().chain(more).collect())),
    }
}

/// Makes a draft known. Gives the change, or `None` if all of it holds already: then nothing is written.
pub fn commit(
    tx: &Connection,
    draft: &Draft,
    author: &Author,
    now: Timestamp,
) -> Result<(Option<PolicyChange>, PolicyPreview), CommitError> {
    let (outcome, preview) = preview(tx, draft, now)?;
    if author.digest.as_ref().is_some_and(|digest| *digest != preview.digest) {
        return Err(CommitError::NotAsPreviewed);
    }
    if preview.backdated && !author.backdated {
        return Err(CommitError::Faults(vec![Fault::of_draft("valid_from", "in_the_past")]));
    }
    if outcome.lines.is_empty() {
        return Ok((None, preview));
    }
    let known = known_now(tx)?;
    let change = write(tx, &known, draft, &outcome, &preview, author, now)?;
    let detail = json!({
        "change": change.change, "reason": change.reason, "source": change.source,
        "valid_from": change.valid_from, "valid_to": change.valid_to, "backdated": change.backdated,
        "complete": change.complete, "replace_planned": change.replace_planned,
        "added": change.added, "changed": change.changed, "ended": change.ended,
        "file_sha256": author.file_sha256.map(|hash| crate::cases::hex(&hash)),
    });
    let subject = format!("policy:{}", change.change);
    let entry = Entry { actor: &author.actor, action: "policy.changed", subject: &subject, detail: &detail };
    audit::append(tx, now, &entry)?;
    Ok((Some(change), preview))
}

/// Loads the plan's table into a store that has no catalogue yet; does nothing otherwise.
pub fn ensure_catalogue(tx: &Connection, now: Timestamp) -> Result<(), StoreError> {
    if sql::change_of(tx, 1)?.is_some() {
        return Ok(());
    }
    let broken = StoreError::Corrupt("the built-in catalogue");
    let Ok(table) = file::read(BUILT_IN.as_bytes()) else { return Err(broken) };
    let draft = Draft {
        from: first_day(),
        to: None,
        complete: true,
        replace_planned: true,
        wishes: table.wishes,
        notes: Vec::new(),
    };
    let Ok(outcome) = change::apply(&Catalogue::default(), &draft) else { return Err(broken) };
    let author = Author {
        actor: "installation".to_owned(),
        reason: "plan of 2021-10-01".to_owned(),
        source: PolicySource::Installation,
        file_sha256: None,
        backdated: true,
        digest: None,
    };
    // An older program had written the same table: calls were decided by it since then.
    let since = meta(tx, "policy_known_ms")?.and_then(|text| text.parse().ok()).map(Timestamp::from_ms);
    let preview = change::preview(&Catalogue::default(), &draft, &outcome, first_day());
    write(tx, &Catalogue::default(), &draft, &outcome, &preview, &author, since.unwrap_or(now))?;
    Ok(())
}

fn known_now(connection: &Connection) -> Result<Catalogue, StoreError> {
    sql::catalogue(connection, Timestamp::from_ms(i64::MAX))
}

fn write(
    tx: &Connection,
    known: &Catalogue,
    draft: &Draft,
    outcome: &Outcome,
    preview: &PolicyPreview,
    author: &Author,
    now: Timestamp,
) -> Result<PolicyChange, StoreError> {
    let last = sql::changes(tx, None, 1)?.pop();
    // Knowledge has an order: a clock that is behind the last change (a command's, on another machine) is not.
    let known_at = last.map_or(now, |last| now.max(last.known_at.plus_ms(1)));
    let change = PolicyChange {
        change: known.newest + 1,
        known_at,
        by: author.actor.clone(),
        by_name: None,
        reason: author.reason.clone(),
        source: author.source,
        valid_from: preview.valid_from.clone(),
        valid_to: preview.valid_to.clone(),
        backdated: preview.backdated,
        complete: draft.complete,
        replace_planned: draft.replace_planned,
        added: preview.added,
        changed: preview.changed,
        ended: preview.ended,
    };
    insert_change(tx, &change, author.file_sha256)?;
    // In the order of the draft: the first rows of new lines give the table its order.
    let keys =
        outcome.rows.iter().map(|row| LineKey { payment: row.payment, sub_type: row.sub_type.clone() });
    for key in keys {
        let Some(after) = outcome.lines.get(&key) else { continue };
        let before = known.line(&key);
        for customers in COLUMNS {
            let written = difference(before.column(customers), after.column(customers));
            for span in &written.close {
                close(tx, &key, customers, span, &change)?;
            }
            for span in &written.open {
                open(tx, &key, customers, span, &change)?;
            }
        }
    }
    Ok(change)
}

fn insert_change(tx: &Connection, change: &PolicyChange, file: Option<[u8; 32]>) -> Result<(), StoreError> {
    let sql = "INSERT INTO policy_changes (number, known_ms, actor, reason, source, valid_from, valid_to,
                 backdated, complete, replace_planned, added, changed, ended, file_sha256)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";
    rows::run(
        tx,
        sql,
        params![
            change.change,
            change.known_at.ms(),
            change.by,
            change.reason,
            words::source(change.source),
            change.valid_from,
            change.valid_to,
            change.backdated,
            change.complete,
            change.replace_planned,
            change.added,
            change.changed,
            change.ended,
            file
        ],
    )?;
    Ok(())
}

fn close(
    tx: &Connection,
    key: &LineKey,
    customers: PolicyCustomers,
    span: &Span<Value>,
    change: &PolicyChange,
) -> Result<(), StoreError> {
    let sql = "UPDATE policy_entries SET known_to_ms = ?5, closed_by = ?6
               WHERE payment = ?1 AND sub_type = ?2 AND customers = ?3 AND valid_from = ?4 AND known_to_ms IS NULL";
    let (payment, customers) = (words::payment(key.payment), words::customers(customers));
    let (from, known) = (span.period.from.to_string(), change.known_at.ms());
    let closed = rows::run(tx, sql, params![payment, key.sub_type, customers, from, known, change.change])?;
    if closed == 1 { Ok(()) } else { Err(StoreError::Corrupt("an entry of the catalogue is missing")) }
}

fn open(
    tx: &Connection,
    key: &LineKey,
    customers: PolicyCustomers,
    span: &Span<Value>,
    change: &PolicyChange,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO policy_entries (rule_id, payment, sub_type, customers, name, icc_profile, kind,
                 video_call, valid_from, valid_to, known_ms, change)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
    let value = &span.value;
    rows::run(
        tx,
        sql,
        params![
            rule_id(key, customers, value.video_call, span.period.from).0.as_bytes(),
            words::payment(key.payment),
            key.sub_type,
            words::customers(customers),
            value.name,
            value.icc_profile,
            value.kind,
            words::video_call(value.video_call),
            span.period.from.to_string(),
            span.period.to.map(|day: Date| day.to_string()),
            change.known_at.ms(),
            change.change
        ],
    )?;
    Ok(())
}

/// Notes what a call was decided by, in the transaction of its intake.
pub fn note_for_call(tx: &Connection, call: CallId, held: &Held) -> Result<(), StoreError> {
    let sql = "INSERT INTO call_rules (call_id, rule_id, day, known_ms) VALUES (?1, ?2, ?3, ?4)";
    let rule = held.entry.rule_id.0;
    rows::run(
        tx,
        sql,
        params![call.0.as_bytes(), rule.as_bytes(), held.day.to_string(), held.known_at.ms()],
    )?;
    Ok(())
}

//! What is and was known: `show`, `export`, `history`, `log`, `for-call`.

use std::io::Write as _;

use anyhow::anyhow;
use chinhchu_protocol::case::Payment;
use chinhchu_protocol::console::policy::PolicyEntry;
use chinhchu_protocol::ids::CallId;
use serde::Serialize;

use super::super::store::Opened;
use super::super::{CliError, Globals, output};
use super::OnDay;
use crate::policy::catalogue::{EVERY_TYPE, LineKey};
use crate::policy::{export, for_call, sql, words};

/// Rows of one type's history.
const MOST: u32 = 1_000;

#[derive(Serialize)]
struct RuleShown {
    payment: &'static str,
    sub_type: String,
    name: String,
    customers: &'static str,
    video_call: &'static str,
    valid_from: String,
    valid_to: Option<String>,
    rule_id: chinhchu_protocol::ids::RuleId,
}

pub fn show(globals: &Globals, opened: &Opened, args: &OnDay) -> Result<(), CliError> {
    let (day, known_at) = args.read(opened)?;
    let rules = opened.db.read_blocking(move |c| sql::entries_on(c, day, known_at))?;
    let shown = rules.into_iter().map(|entry| RuleShown {
        payment: words::payment(entry.payment),
        sub_type: entry.sub_type,
        name: entry.name,
        customers: words::customers(entry.customers),
        video_call: words::video_call(entry.video_call),
        valid_from: entry.valid_from,
        valid_to: entry.valid_to,
        rule_id: entry.rule_id,
    });
    output::list(globals, &shown.collect::<Vec<_>>())
}

pub fn export(opened: &Opened, args: &OnDay) -> Result<(), CliError> {
    let (day, known_at) = args.read(opened)?;
    let table = opened.db.read_blocking(move |c| export::csv(c, day, known_at))?;
    Ok(std::io::stdout().write_all(table.as_bytes())?)
}

#[derive(Serialize)]
struct HistoryShown {
    customers: &'static str,
    video_call: &'static str,
    name: String,
    valid_from: String,
    valid_to: Option<String>,
    known_from: chinhchu_protocol::time::Timestamp,
    known_to: Option<chinhchu_protocol::time::Timestamp>,
    change: u32,
    by: String,
    reason: String,
    rule_id: chinhchu_protocol::ids::RuleId,
}

pub fn history(globals: &Globals, opened: &Opened, sub_type: &str) -> Result<(), CliError> {
    let payment = if sub_type == EVERY_TYPE { Payment::Postpaid } else { Payment::Prepaid };
    let key = LineKey { payment, sub_type: sub_type.to_owned() };
    let found = opened.db.read_blocking(move |c| {
        let mut list = Vec::new();
        for entry in sql::entries_of(c, &key, MOST)? {
            let change = sql::change_of(c, entry.change)?;
            list.push((entry, change));
        }
        Ok::<_, crate::store::StoreError>(list)
    })?;
    if found.is_empty() {
        return Err(anyhow!("the catalogue never had this subscriber type").into());
    }
    let shown = found.into_iter().map(|(entry, change)| {
        let PolicyEntry { name, valid_from, valid_to, known_from, known_to, rule_id, .. } = entry;
        let (by, reason) = change.map_or_else(Default::default, |change| (change.by, change.reason));
        HistoryShown {
            customers: words::customers(entry.customers),
            video_call: words::video_call(entry.video_call),
            name,
            valid_from,
            valid_to,
            known_from,
            known_to,
            change: entry.change,
            by,
            reason,
            rule_id,
        }
    });
    output::list(globals, &shown.collect::<Vec<_>>())
}

pub fn log(globals: &Globals, opened: &Opened, last: u32) -> Result<(), CliError> {
    output::list(globals, &opened.db.read_blocking(move |c| sql::changes(c, None, last))?)
}

pub fn for_call(globals: &Globals, opened: &Opened, call: &str) -> Result<(), CliError> {
    let call: CallId =
        call.parse().map_err(|_| CliError::Settings(vec!["a call's id is a UUID".to_owned()]))?;
    let found = opened.db.read_blocking(move |c| for_call::for_call(c, call))?;
    output::object(globals, &found.ok_or_else(|| anyhow!("there is no such call"))?)
}

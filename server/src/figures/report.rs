//! A report: calls of a period, in rows (C4).

use std::collections::HashMap;

use chinhchu_protocol::console::figures::{Report, ReportBy, ReportRow};
use chinhchu_protocol::ids::AgentId;
use chinhchu_protocol::time::Timestamp;
use rusqlite::Connection;

use super::days::{self, Fresh};
use super::duty;
use super::kept::Packs;
use super::period::Period;
use super::rebuild;
use super::sort::{Filter, Sorter};
use super::tally::Terms;
use crate::store::{StoreError, rows};

/// Rows of one answer, unless fewer are asked for.
pub const MAX_ROWS: usize = 1_000;
/// Rows of one file.
pub const MAX_FILE_ROWS: usize = 100_000;

/// What is asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked {
    /// When.
    pub period: Period,
    /// What the rows are.
    pub by: ReportBy,
    /// Which calls.
    pub filter: Filter,
    /// Reckoned how.
    pub terms: Terms,
    /// Rows after this key.
    pub after: Option<String>,
    /// At most so many.
    pub limit: usize,
}

/// Makes it; gives also days that are worth keeping packed.
pub fn make(
    connection: &Connection,
    packs: &Packs,
    asked: &Asked,
    now: Timestamp,
) -> Result<(Report, Vec<Fresh>), StoreError> {
    let Asked { period, by, filter, terms, .. } = asked;
    let snapshot = connection.unchecked_transaction()?;
    rebuild::whole(&snapshot)?;
    let mut sorter = Sorter::new(*by, filter, terms);
    let fresh = days::each(&snapshot, packs, period, now, |pack| sorter.add(pack, period))?;
    duty::add(&snapshot, &mut sorter, *by, filter, period, now)?;
    let total = sorter.total.figures(terms);
    // Calls without a key stand last.
    sorter.rows.sort_by(|(a, _), (b, _)| (a.is_empty(), a).cmp(&(b.is_empty(), b)));
    let started = |key: &str| {
        asked.after.as_deref().is_none_or(|after| (key.is_empty(), key) > (after.is_empty(), after))
    };
    let labels = Labels::read(&snapshot, *by)?;
    let mut items = Vec::new();
    let mut next = None;
    for (key, mut tally) in sorter.rows.into_iter().filter(|(key, _)| started(key)) {
        if items.len() >= asked.limit {
            next = items.last().map(|row: &ReportRow| row.key.clone());
            break;
        }
        let figures = tally.figures(terms);
        items.push(ReportRow { label: labels.of(&key), key, figures });
    }
    let report = Report {
        from: period.from,
        to: period.to,
        made_at: now,
        by: *by,
        within_s: terms.within_s,
        partner: filter.partner.clone(),
        agent: filter.agent.clone(),
        home: filter.home.clone(),
        serving: filter.serving.clone(),
        dealer: filter.dealer.clone(),
        price_per_call: terms.price_per_call,
        price_per_agent_hour: terms.price_per_agent_hour,
        total,
        items,
        next,
    };
    Ok((report, fresh))
}

/// How keys are shown.
struct Labels(HashMap<String, String>);

impl Labels {
    fn read(connection: &Connection, by: ReportBy) -> Result<Self, StoreError> {
        let list = match by {
            ReportBy::Serving | ReportBy::Home => {
                rows::all(connection, "SELECT code, name FROM companies", [], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })?
            }
            ReportBy::Agent => rows::all(connection, "SELECT agent_id, name FROM agents", [], |row| {
                Ok((AgentId(rows::id(row, "agent_id")?).to_string(), row.get(1)?))
            })?,
            // The newest name of a type stands last, and stays.
            ReportBy::SubType => rows::all(
                connection,
                "SELECT sub_type, name FROM policy_entries ORDER BY known_ms, valid_from",
                [],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?,
            ReportBy::Total
            | ReportBy::Partner
            | ReportBy::Dealer
            | ReportBy::CustomerType
            | ReportBy::Payment
            | ReportBy::Day
            | ReportBy::Hour
            | ReportBy::HourOfDay => Vec::new(),
        };
        Ok(Self(list.into_iter().collect()))
    }

    fn of(&self, key: &str) -> String {
        self.0.get(key).cloned().unwrap_or_else(|| key.to_owned())
    }
}

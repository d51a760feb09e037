//! Time on duty within a period, for the rows of a report that are agents or spans of time.

use std::collections::{BTreeMap, HashMap};

use chinhchu_protocol::console::figures::ReportBy;
use chinhchu_protocol::ids::AgentId;
use chinhchu_protocol::time::Timestamp;
use rusqlite::{Connection, Row};
use uuid::Uuid;

use super::period::{DAY_MS, HOUR_MS, OFFSET_MS, Period, day_name};
use super::sort::{Filter, Sorter};
use crate::agents::SESSION_LIFE_MS;
use crate::store::StoreError;

/// Row by row and from one index: a month of some hundred agents has tens of thousands.
const DUTY: &str = "SELECT from_ms, to_ms, agent_id, company, partner, lost_ms
    FROM duty_figures INDEXED BY duty_figures_for_reports
    WHERE from_ms < ?1 AND from_ms > ?2 AND coalesce(to_ms, lost_ms, ?1) > ?3";

struct Duty<'r> {
    agent: AgentId,
    company: &'r str,
    partner: &'r str,
    from: i64,
    to: i64,
}

/// Time on duty by what the rows are, before they are named.
#[derive(Default)]
struct Sums {
    names: HashMap<String, u64>,
    agents: HashMap<AgentId, u64>,
    /// Number of the day, the hour, or the hour of the day.
    times: BTreeMap<i64, u64>,
}

/// Adds it to the total and to the rows. A report of some dealers' or home companies' calls has none: agents are
/// not on duty for them alone.
pub fn add(
    connection: &Connection,
    sorter: &mut Sorter<'_>,
    by: ReportBy,
    filter: &Filter,
    period: &Period,
    now: Timestamp,
) -> Result<(), StoreError> {
    if filter.home.is_some() || filter.dealer.is_some() {
        return Ok(());
    }
    let until = period.to.min(now);
    let agent = filter.agent.as_ref();
    let agent = agent.map(|name| name.parse::<AgentId>().ok().filter(|agent| agent.to_string() == *name));
    let (mut total, mut sums) = (0, Sums::default());
    let mut statement = connection.prepare_cached(DUTY)?;
    let mut found = statement.query([until.ms(), period.from.ms() - SESSION_LIFE_MS, period.from.ms()])?;
    while let Some(row) = found.next()? {
        let duty = read(row, period.from, until)?;
        if !wanted(filter, &duty) || agent.is_some_and(|agent| agent != Some(duty.agent)) {
            continue;
        }
        total += span(duty.from, duty.to);
        sums.add(by, &duty);
    }
    sorter.total.duty_ms = Some(total);
    sums.into_rows(sorter, by);
    Ok(())
}

impl Sums {
    fn add(&mut self, by: ReportBy, duty: &Duty<'_>) {
        let ms = span(duty.from, duty.to);
        match by {
            ReportBy::Serving => self.named(duty.company, ms),
            ReportBy::Partner => self.named(duty.partner, ms),
            ReportBy::Agent => *self.agents.entry(duty.agent).or_default() += ms,
            ReportBy::Day => self.in_time(duty, DAY_MS, i64::MAX),
            ReportBy::Hour => self.in_time(duty, HOUR_MS, i64::MAX),
            ReportBy::HourOfDay => self.in_time(duty, HOUR_MS, DAY_MS / HOUR_MS),
            ReportBy::Total
            | ReportBy::Home
            | ReportBy::Dealer
            | ReportBy::SubType
            | ReportBy::CustomerType
            | ReportBy::Payment => {}
        }
    }

    fn named(&mut self, name: &str, ms: u64) {
        match self.names.get_mut(name) {
            Some(sum) => *sum += ms,
            None => drop(self.names.insert(name.to_owned(), ms)),
        }
    }

    fn in_time(&mut self, duty: &Duty<'_>, step: i64, around: i64) {
        let mut from = duty.from;
        while from < duty.to {
            let number = (from + OFFSET_MS).div_euclid(step);
            let end = ((number + 1) * step - OFFSET_MS).min(duty.to);
            *self.times.entry(number.rem_euclid(around)).or_default() += span(from, end);
            from = end;
        }
    }

    fn into_rows(self, sorter: &mut Sorter<'_>, by: ReportBy) {
        let in_time = |number: i64| match by {
            ReportBy::Day => day_name(number),
            ReportBy::HourOfDay => format!("{number:02}"),
            _ => format!("{}T{:02}", day_name(number.div_euclid(24)), number.rem_euclid(24)),
        };
        let agents = self.agents.into_iter().map(|(agent, ms)| (agent.to_string(), ms));
        let times = self.times.into_iter().map(|(number, ms)| (in_time(number), ms));
        self.names.into_iter().chain(agents).chain(times).for_each(|(key, ms)| count(sorter, key, ms));
    }
}

fn count(sorter: &mut Sorter<'_>, key: String, ms: u64) {
    let row = sorter.row(key);
    if let Some((_, tally)) = sorter.rows.get_mut(row) {
        *tally.duty_ms.get_or_insert(0) += ms;
    }
}

fn span(from: i64, to: i64) -> u64 {
    u64::try_from(to - from).unwrap_or(0)
}

fn wanted(filter: &Filter, duty: &Duty<'_>) -> bool {
    let is = |wanted: &Option<String>, found: &str| wanted.as_ref().is_none_or(|wanted| wanted == found);
    filter.companies.as_ref().is_none_or(|list| list.iter().any(|code| code == duty.company))
        && is(&filter.partner, duty.partner)
        && is(&filter.serving, duty.company)
}

fn read<'r>(row: &'r Row<'_>, from: Timestamp, until: Timestamp) -> Result<Duty<'r>, StoreError> {
    let text = |column| row.get_ref(column)?.as_str_or_null().map_err(rusqlite::Error::from);
    let (began, over): (i64, Option<i64>) = (row.get(0)?, row.get(1)?);
    // Who is away may come back, and has been there then.
    let to = over.or(row.get(5)?).unwrap_or(i64::MAX).min(began + SESSION_LIFE_MS);
    Ok(Duty {
        agent: AgentId(Uuid::from_bytes(row.get(2)?)),
        company: text(3)?.unwrap_or_default(),
        partner: text(4)?.unwrap_or_default(),
        from: began.max(from.ms()),
        to: to.min(until.ms()),
    })
}

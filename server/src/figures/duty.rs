//! Time on duty within a period, for the rows of a report that are agents or spans of time.

use chinhchu_protocol::console::figures::ReportBy;
use chinhchu_protocol::ids::AgentId;
use chinhchu_protocol::time::Timestamp;
use rusqlite::{Connection, Row};

use super::period::{DAY_MS, HOUR_MS, OFFSET_MS, Period, day_name, day_of};
use super::sort::{Filter, Sorter};
use crate::agents::SESSION_LIFE_MS;
use crate::store::{StoreError, rows};

struct Duty {
    agent: String,
    company: String,
    partner: String,
    from: i64,
    to: i64,
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
    let sql = "SELECT * FROM duty_figures WHERE from_ms < ?1 AND from_ms > ?2 AND coalesce(to_ms, lost_ms, ?1) > ?3";
    let values = [until.ms(), period.from.ms() - SESSION_LIFE_MS, period.from.ms()];
    let mut total = 0;
    for duty in rows::all(connection, sql, values, |row| read(row, period.from, until))? {
        if !wanted(filter, &duty) {
            continue;
        }
        total += span(duty.from, duty.to);
        match by {
            ReportBy::Serving => count(sorter, duty.company, span(duty.from, duty.to)),
            ReportBy::Partner => count(sorter, duty.partner, span(duty.from, duty.to)),
            ReportBy::Agent => count(sorter, duty.agent, span(duty.from, duty.to)),
            ReportBy::Day | ReportBy::Hour | ReportBy::HourOfDay => by_time(sorter, by, &duty),
            ReportBy::Total
            | ReportBy::Home
            | ReportBy::Dealer
            | ReportBy::SubType
            | ReportBy::CustomerType
            | ReportBy::Payment => {}
        }
    }
    sorter.total.duty_ms = Some(total);
    Ok(())
}

fn by_time(sorter: &mut Sorter<'_>, by: ReportBy, duty: &Duty) {
    let step = if by == ReportBy::Day { DAY_MS } else { HOUR_MS };
    let mut from = duty.from;
    while from < duty.to {
        let local = from + OFFSET_MS;
        let end = ((local.div_euclid(step) + 1) * step - OFFSET_MS).min(duty.to);
        let day = day_name(day_of(Timestamp::from_ms(from)));
        let hour = local.rem_euclid(DAY_MS) / HOUR_MS;
        let key = match by {
            ReportBy::Day => day,
            ReportBy::Hour => format!("{day}T{hour:02}"),
            _ => format!("{hour:02}"),
        };
        count(sorter, key, span(from, end));
        from = end;
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

fn wanted(filter: &Filter, duty: &Duty) -> bool {
    let is = |wanted: &Option<String>, found: &str| wanted.as_ref().is_none_or(|wanted| wanted == found);
    filter.companies.as_ref().is_none_or(|list| list.contains(&duty.company))
        && is(&filter.partner, &duty.partner)
        && is(&filter.agent, &duty.agent)
        && is(&filter.serving, &duty.company)
}

fn read(row: &Row<'_>, from: Timestamp, until: Timestamp) -> rusqlite::Result<Duty> {
    let began: i64 = row.get("from_ms")?;
    let over: Option<i64> = row.get("to_ms")?;
    // Who is away may come back, and has been there then.
    let to = over.or(row.get("lost_ms")?).unwrap_or(i64::MAX).min(began + SESSION_LIFE_MS);
    Ok(Duty {
        agent: AgentId(rows::id(row, "agent_id")?).to_string(),
        company: row.get("company")?,
        partner: row.get::<_, Option<String>>("partner")?.unwrap_or_default(),
        from: began.max(from.ms()),
        to: to.min(until.ms()),
    })
}

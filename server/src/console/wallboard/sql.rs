//! What the wallboard counts in the store: how calls were served (C4), what is missing, whose names agents have.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use chinhchu_protocol::console::live::ServiceFigures;
use chinhchu_protocol::ids::{AgentId, CallId, CompanyCode};
use chinhchu_protocol::time::Timestamp;
use chinhchu_protocol::vietnam;
use rusqlite::{Connection, Row, params};

use super::board::Partners;
use super::{COUNT_SHARE, SECOND_MS};
use crate::companies;
use crate::console::review;
use crate::http::App;
use crate::store::{StoreError, rows};

/// A call should be answered within this: the operator's 80/20 rule of the staffing example.
pub const ANSWER_WITHIN_MS: i64 = 20_000;
/// «Now» in the service level.
const NOW_MS: i64 = 30 * 60 * 1_000;
/// A delivery that waits longer than this is a backlog.
const BACKLOG_MS: i64 = 5 * 60 * 1_000;
/// How far back evidence that is missing, and reviews that disagree, raise an alarm.
const ALARM_MS: i64 = 7 * vietnam::DAY_MS;

/// Home and serving company.
pub type Line = (CompanyCode, CompanyCode);
/// How each line was served.
pub type Served = BTreeMap<Line, ServiceFigures>;

/// How lines were served, in the last half hour and today.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Service {
    /// The last 30 minutes.
    pub now: Served,
    /// Since midnight in Vietnam.
    pub today: Served,
}

/// Everything that is counted, with the time of the count.
pub struct Counted {
    at: Timestamp,
    /// How long counting took, ms.
    took_ms: i64,
    /// Names of companies.
    pub companies: BTreeMap<CompanyCode, String>,
    /// Sign-in name and name of agents.
    pub agents: BTreeMap<AgentId, (String, String)>,
    /// Of all calls.
    pub service: Service,
    /// Evidence that is missing: home, serving, partners of the call, calls and the oldest.
    pub missing: Vec<MissingEvidence>,
    /// Deliveries that wait: by the one company of their endpoints.
    pub backlog: Vec<(Option<CompanyCode>, u32, Timestamp)>,
    /// Reviews that disagree.
    pub disagreed: Vec<review::sql::Disagreed>,
    /// Of the calls that were offered to a partner's agents, counted when somebody of the partner looks.
    partners: Mutex<BTreeMap<String, Service>>,
}

/// A call whose evidence is missing.
pub struct MissingEvidence {
    /// Home company.
    pub home: CompanyCode,
    /// Serving company.
    pub serving: CompanyCode,
    /// Partners whose agents were offered it.
    pub partners: Vec<Option<String>>,
    /// When it was taken in.
    pub created: Timestamp,
}

impl Counted {
    /// Nothing was counted, at this time.
    #[cfg(test)]
    pub fn nothing(at: Timestamp) -> Self {
        Self {
            at,
            took_ms: 0,
            companies: BTreeMap::new(),
            agents: BTreeMap::new(),
            service: Service::default(),
            missing: Vec::new(),
            backlog: Vec::new(),
            disagreed: Vec::new(),
            partners: Mutex::default(),
        }
    }

    /// Counts.
    pub async fn take(app: &App, now: Timestamp) -> Result<Self, StoreError> {
        let mut counted = app.db.read(move |connection| count(connection, now)).await?;
        counted.took_ms = app.clock.now().ms_since(now);
        Ok(counted)
    }

    /// Whether it may still be shown: the longer it took to count, the longer it is used.
    pub fn serves(&self, now: Timestamp) -> bool {
        let age = now.ms_since(self.at);
        age < SECOND_MS.max(self.took_ms.saturating_mul(COUNT_SHARE)) && age >= 0
    }

    /// Counts for a partner, once.
    pub async fn of_partner(&self, app: &App, partner: &str) -> Result<(), StoreError> {
        if self.partners.lock().unwrap_or_else(PoisonError::into_inner).contains_key(partner) {
            return Ok(());
        }
        let (name, now) = (partner.to_owned(), self.at);
        let service = app.db.read(move |connection| service(connection, now, Some(&name))).await?;
        let mut partners = self.partners.lock().unwrap_or_else(PoisonError::into_inner);
        partners.insert(partner.to_owned(), service);
        Ok(())
    }

    /// How lines were served, as far as a partner's people may know; of all calls, without one.
    pub fn service_for(&self, partner: Option<&str>) -> Service {
        let Some(partner) = partner else { return self.service.clone() };
        let partners = self.partners.lock().unwrap_or_else(PoisonError::into_inner);
        partners.get(partner).cloned().unwrap_or_default()
    }
}

fn count(connection: &Connection, now: Timestamp) -> Result<Counted, StoreError> {
    let companies = companies::sql::list(connection)?;
    let agents = rows::all(connection, "SELECT agent_id, username, name FROM agents", [], |row| {
        Ok((AgentId(rows::id(row, "agent_id")?), (row.get("username")?, row.get("name")?)))
    })?;
    let since = now.plus_ms(-ALARM_MS);
    Ok(Counted {
        at: now,
        took_ms: 0,
        companies: companies.into_iter().map(|one| (one.code, one.name)).collect(),
        agents: agents.into_iter().collect(),
        service: service(connection, now, None)?,
        missing: missing(connection, since)?,
        backlog: backlog(connection, now)?,
        disagreed: review::sql::disagreed_since(connection, since)?,
        partners: Mutex::default(),
    })
}

/// Row by row, and summed here: a sort into groups takes the database many times as long, and a wallboard counts
/// a whole day again and again. All of it stands in one index.
fn service(connection: &Connection, now: Timestamp, partner: Option<&str>) -> Result<Service, StoreError> {
    let sql = "SELECT created_ms, queued_ms, answered_ms, ended_ms, home, serving, end_reason, decision
               FROM call_figures AS f INDEXED BY call_figures_for_search
               WHERE created_ms >= ?1 AND (?2 IS NULL OR EXISTS (
                 SELECT 1 FROM partner_calls o WHERE o.partner = ?2 AND o.created_ms = f.created_ms
                   AND o.call_id = f.call_id))";
    let (recent, midnight) = (now.plus_ms(-NOW_MS), midnight(now));
    let mut statement = connection.prepare_cached(sql)?;
    let mut found = statement.query(params![recent.min(midnight).ms(), partner])?;
    let mut lines: Vec<(Line, [ServiceFigures; 2])> = Vec::new();
    while let Some(row) = found.next()? {
        let (home, serving) = (text(row, 4)?, text(row, 5)?);
        let known = lines.iter().position(|((h, s), _)| h.0 == home && s.0 == serving);
        let at = known.unwrap_or_else(|| {
            let line = (CompanyCode(home.to_owned()), CompanyCode(serving.to_owned()));
            lines.push((line, [ServiceFigures::default(); 2]));
            lines.len() - 1
        });
        let created: i64 = row.get(0)?;
        let [of_now, of_today] = &mut lines[at].1;
        for (sum, since) in [(of_now, recent), (of_today, midnight)] {
            if created >= since.ms() {
                count_call(sum, row)?;
            }
        }
    }
    let mut service = Service::default();
    for (line, [of_now, of_today]) in lines {
        service.now.insert(line.clone(), of_now);
        service.today.insert(line, of_today);
    }
    Ok(service)
}

fn text<'a>(row: &'a Row<'_>, column: usize) -> rusqlite::Result<&'a str> {
    Ok(row.get_ref(column)?.as_str_or_null()?.unwrap_or(""))
}

/// Both definitions of the service level count calls that joined the queue; who gave up is who hung up, was
/// cancelled or lost before anybody accepted.
fn count_call(sum: &mut ServiceFigures, row: &Row<'_>) -> rusqlite::Result<()> {
    let ms = |column| row.get::<_, Option<i64>>(column);
    let (queued, answered, ended) = (ms(1)?, ms(2)?, ms(3)?);
    let within = |at: Option<i64>| {
        at.zip(queued).is_some_and(|(at, queued)| at.saturating_sub(queued) <= ANSWER_WITHIN_MS)
    };
    let reason = text(row, 6)?;
    let gave_up = queued.is_some() && answered.is_none() && matches!(reason, "cancelled" | "caller_lost");
    sum.offered += u32::from(queued.is_some());
    sum.answered += u32::from(answered.is_some());
    sum.answered_within += u32::from(within(answered));
    sum.abandoned += u32::from(gave_up);
    sum.abandoned_within += u32::from(gave_up && within(ended));
    sum.no_agent += u32::from(reason == "no_agent");
    match text(row, 7)? {
        "confirmed" => sum.confirmed += 1,
        "rejected" => sum.rejected += 1,
        _ => {}
    }
    Ok(())
}

fn midnight(now: Timestamp) -> Timestamp {
    vietnam::midnight(vietnam::day_of(now))
}

fn line(row: &Row<'_>) -> rusqlite::Result<Line> {
    Ok((CompanyCode(row.get("home")?), CompanyCode(row.get("serving")?)))
}

fn missing(connection: &Connection, since: Timestamp) -> Result<Vec<MissingEvidence>, StoreError> {
    let sql = "SELECT home, serving, created_ms,
                 (SELECT json_group_array(DISTINCT partner) FROM offer_figures o WHERE o.call_id = f.call_id)
                   AS partners
               FROM call_figures AS f WHERE evidence = 'missing' AND created_ms >= ?1
               ORDER BY created_ms LIMIT 10000";
    let found = rows::all(connection, sql, [since.ms()], |row| {
        let partners: String = row.get("partners")?;
        Ok((line(row)?, rows::time(row, "created_ms")?, partners))
    })?;
    let read = |((home, serving), created, partners): (Line, Timestamp, String)| {
        Ok(MissingEvidence { home, serving, created, partners: serde_json::from_str(&partners)? })
    };
    found.into_iter().map(read).collect()
}

fn backlog(
    connection: &Connection,
    now: Timestamp,
) -> Result<Vec<(Option<CompanyCode>, u32, Timestamp)>, StoreError> {
    // Left alone, SQLite would look at everything that was ever delivered.
    let sql = "SELECT company, count(*) AS n, min(d.created_ms) AS oldest
               FROM webhook_deliveries d INDEXED BY webhook_deliveries_due JOIN webhooks w USING (webhook_id)
               WHERE delivered_ms IS NULL AND next_ms IS NOT NULL AND d.created_ms < ?1 AND removed_ms IS NULL
               GROUP BY company";
    rows::all(connection, sql, [now.plus_ms(-BACKLOG_MS).ms()], |row| {
        let company = row.get::<_, Option<String>>("company")?.map(CompanyCode);
        Ok((company, row.get("n")?, rows::time(row, "oldest")?))
    })
}

/// The partners to whose agents calls were offered that have not ended.
pub fn partners_of_live_calls(connection: &Connection) -> Result<Partners, StoreError> {
    // In this order: left alone, SQLite begins with every offer that was ever made.
    let sql = "SELECT c.call_id AS call_id, o.partner AS partner
               FROM calls c INDEXED BY calls_live CROSS JOIN offer_figures o ON o.call_id = c.call_id
               WHERE c.ended_ms IS NULL AND o.partner IS NOT NULL";
    let found = rows::all(connection, sql, [], |row| {
        Ok((CallId(rows::id(row, "call_id")?), row.get::<_, String>("partner")?))
    })?;
    let mut partners: BTreeMap<CallId, BTreeSet<String>> = BTreeMap::new();
    for (call, partner) in found {
        partners.entry(call).or_default().insert(partner);
    }
    Ok(partners)
}

//! Lists of agents and partners, as far as the asking person sees them.

use chinhchu_protocol::console::agents::{AgentListed, AgentStanding, PartnerListed};
use chinhchu_protocol::ids::{AgentId, CompanyCode};
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::Activity;
use rusqlite::{Connection, Row, params};

use super::keep::console_skills;
use crate::agents::sql as agent_sql;
use crate::console::Scope;
use crate::store::{StoreError, rows};
use crate::switchboard::Snapshot;

/// Rows looked at in one go while searching.
const BATCH: u32 = 500;
const MAX_PARTNERS: u32 = 500;

/// Which agents are wanted.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Of this company.
    pub company: Option<CompanyCode>,
    /// Of this partner; `Some(None)`: of the company's own staff.
    pub partner: Option<Option<String>>,
    /// Who does this now.
    pub state: Option<AgentStanding>,
    /// Whose name or user name holds this, in lower case.
    pub text: Option<String>,
    /// After this user name.
    pub after: String,
    /// At most so many.
    pub most: usize,
}

/// A part of the list by user name, and where it goes on.
pub fn agents(
    connection: &Connection,
    snapshot: &Snapshot,
    scope: &Scope,
    wanted: &Wanted,
) -> Result<(Vec<AgentListed>, Option<String>), StoreError> {
    let (mut found, mut after) = (Vec::new(), wanted.after.clone());
    loop {
        let batch = batch(connection, snapshot, scope, wanted, &after)?;
        let last = batch.len() < BATCH as usize;
        for agent in batch {
            after.clone_from(&agent.username);
            let fits = wanted.state.is_none_or(|state| state == agent.state)
                && wanted.text.as_ref().is_none_or(|text| holds(&agent, text));
            if !fits {
                continue;
            }
            if found.len() == wanted.most {
                let next = found.last().map(|agent: &AgentListed| agent.username.clone());
                return Ok((found, next));
            }
            found.push(agent);
        }
        if last {
            return Ok((found, None));
        }
    }
}

fn holds(agent: &AgentListed, text: &str) -> bool {
    agent.username.to_lowercase().contains(text) || agent.name.to_lowercase().contains(text)
}

fn batch(
    connection: &Connection,
    snapshot: &Snapshot,
    scope: &Scope,
    wanted: &Wanted,
    after: &str,
) -> Result<Vec<AgentListed>, StoreError> {
    let sql = "SELECT * FROM agents
               WHERE username > ?1 COLLATE NOCASE
                 AND (?2 IS NULL OR company IN (SELECT value FROM json_each(?2)))
                 AND (?3 IS NULL OR partner = ?3)
                 AND (?4 IS NULL OR company = ?4)
                 AND (?5 = 0 OR partner IS ?6)
               ORDER BY username COLLATE NOCASE LIMIT ?7";
    let company = wanted.company.as_ref().map(|code| code.0.as_str());
    let by_partner = wanted.partner.is_some();
    let partner = wanted.partner.clone().flatten();
    let filter = params![after, scope.companies_json(), scope.partner, company, by_partner, partner, BATCH];
    rows::all(connection, sql, filter, |row| listed(row, snapshot))
}

/// One agent as listed; none if there is none such for this person.
pub fn agent(
    connection: &Connection,
    snapshot: &Snapshot,
    scope: &Scope,
    id: AgentId,
) -> Result<Option<AgentListed>, StoreError> {
    let sql = "SELECT * FROM agents WHERE agent_id = ?1";
    let found = rows::first(connection, sql, [id.0.as_bytes()], |row| listed(row, snapshot))?;
    Ok(found.filter(|agent| scope.sees_agent(&agent.company, agent.partner.as_deref())))
}

fn listed(row: &Row<'_>, snapshot: &Snapshot) -> rusqlite::Result<AgentListed> {
    let agent_id = AgentId(rows::id(row, "agent_id")?);
    let disabled: Option<Timestamp> = rows::time_or_null(row, "disabled_ms")?;
    Ok(AgentListed {
        agent_id,
        username: row.get("username")?,
        name: row.get("name")?,
        company: CompanyCode(row.get("company")?),
        partner: row.get("partner")?,
        skills: console_skills(&agent_sql::skills(row)?),
        state: if disabled.is_some() { AgentStanding::Disabled } else { standing(snapshot, agent_id) },
        created_at: rows::time(row, "created_ms")?,
    })
}

/// What an agent does now, as the routing core has it.
pub fn standing(snapshot: &Snapshot, agent: AgentId) -> AgentStanding {
    let Some(status) = snapshot.state.agent(agent) else { return AgentStanding::SignedOut };
    match status.activity {
        Activity::SignedOut => AgentStanding::SignedOut,
        Activity::Available { .. } => AgentStanding::Available,
        Activity::Paused { .. } => AgentStanding::Paused,
        Activity::Ringing { .. } => AgentStanding::Ringing,
        Activity::OnCall { .. } => AgentStanding::OnCall,
        Activity::WrapUp { .. } => AgentStanding::WrapUp,
    }
}

/// Every partner through which agents are employed whom the person sees.
pub fn partners(connection: &Connection, scope: &Scope) -> Result<Vec<PartnerListed>, StoreError> {
    let sql = "SELECT partner, json_group_array(DISTINCT company) AS companies,
                      count(*) FILTER (WHERE disabled_ms IS NULL) AS agents
               FROM agents
               WHERE partner IS NOT NULL
                 AND (?1 IS NULL OR company IN (SELECT value FROM json_each(?1)))
                 AND (?2 IS NULL OR partner = ?2)
               GROUP BY partner ORDER BY partner LIMIT ?3";
    let filter = params![scope.companies_json(), scope.partner, MAX_PARTNERS];
    rows::all(connection, sql, filter, |row| {
        let companies: String = row.get("companies")?;
        let mut companies: Vec<CompanyCode> = serde_json::from_str(&companies).unwrap_or_default();
        companies.sort();
        Ok(PartnerListed { partner: row.get("partner")?, companies, agents: row.get("agents")? })
    })
}

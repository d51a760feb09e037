//! Changes of agents. Each is made, and written into the audit, in one transaction; what is out of the asking
//! person's scope is not there.

use chinhchu_protocol::agent::AgentProfile;
use chinhchu_protocol::console::agents::{AgentChange, AgentNew, AgentSkills};
use chinhchu_protocol::ids::AgentId;
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::Skills;
use rusqlite::{Connection, params};
use serde_json::{Value, json};

use crate::agents::names;
use crate::agents::sql::{self, StoredAgent};
use crate::audit::{self, Entry};
use crate::companies;
use crate::console::Scope;
use crate::console::refused::Refused;
use crate::intake::case::is_language;
use crate::store::{StoreError, rows};

/// Most languages of an agent.
const MAX_LANGUAGES: usize = 16;
const MAX_REASON: usize = 200;

/// Who changes something, and when.
#[derive(Clone, Debug)]
pub struct By {
    /// For the audit.
    pub actor: String,
    /// What of the installation that person sees.
    pub scope: Scope,
    /// Now.
    pub now: Timestamp,
}

impl By {
    fn note(&self, tx: &Connection, action: &str, agent: AgentId, detail: &Value) -> Result<(), StoreError> {
        let subject = format!("agent:{agent}");
        audit::append(tx, self.now, &Entry { actor: &self.actor, action, subject: &subject, detail })
            .map(drop)
    }
}

/// An agent whom the asking person sees.
pub fn own(connection: &Connection, scope: &Scope, agent: AgentId) -> Result<StoredAgent, Refused> {
    let found = sql::agent(connection, agent)?;
    let seen =
        |agent: &StoredAgent| scope.sees_agent(&agent.profile.company, agent.profile.partner.as_deref());
    found.filter(seen).ok_or(Refused::NotFound("agent"))
}

/// Every fault of what is known of an agent. What the person must not see does not exist.
pub fn faults(
    connection: &Connection,
    scope: &Scope,
    username: &str,
    change: &AgentChange,
) -> Result<Vec<(String, String)>, StoreError> {
    let AgentChange { name, company, partner, skills } = change;
    let mut faults: Vec<(String, String)> = names::faults(username, name, partner.as_deref())
        .into_iter()
        .map(|fault| (fault.field.to_owned(), fault.code.to_owned()))
        .collect();
    let mut fault = |field: &str, code: &str| faults.push((field.to_owned(), code.to_owned()));
    if !scope.sees_company(company) || !companies::sql::exists(connection, company)? {
        fault("company", "unknown_value");
    }
    if scope.partner.as_ref().is_some_and(|own| partner.as_ref() != Some(own)) {
        fault("partner", "unknown_value");
    }
    if skills.languages.len() > MAX_LANGUAGES {
        fault("skills.languages", "too_long");
    } else if !skills.languages.iter().all(|tag| is_language(tag)) {
        fault("skills.languages", "not_a_language");
    }
    Ok(faults)
}

/// Adds an agent; the password's hash was made before.
pub fn add(tx: &Connection, by: &By, id: AgentId, new: &AgentNew, hash: &str) -> Result<(), Refused> {
    let faults = faults(tx, &by.scope, &new.username, &new.agent)?;
    if !faults.is_empty() {
        return Err(Refused::Faults(faults));
    }
    let profile = profile(id, new.username.clone(), &new.agent);
    sql::insert_agent(tx, &profile, hash, by.now)?;
    sql::update_agent(tx, &profile, &routing_skills(&new.agent.skills))?;
    let detail = json!({ "company": profile.company, "partner": profile.partner });
    Ok(by.note(tx, "agent.added", id, &detail)?)
}

/// Changes what is known of an agent; counts at once.
pub fn change(tx: &Connection, by: &By, id: AgentId, change: &AgentChange) -> Result<(), Refused> {
    let before = own(tx, &by.scope, id)?;
    let faults = faults(tx, &by.scope, &before.profile.username, change)?;
    // Names of before are as they are.
    let faults: Vec<_> = faults.into_iter().filter(|(field, _)| field != "username").collect();
    if !faults.is_empty() {
        return Err(Refused::Faults(faults));
    }
    let skills = routing_skills(&change.skills);
    let profile = profile(id, before.profile.username.clone(), change);
    sql::update_agent(tx, &profile, &skills)?;
    let detail = json!({ "company": profile.company, "partner": profile.partner, "skills": skills });
    Ok(by.note(tx, "agent.changed", id, &detail)?)
}

/// Ends an agent's sign-in; a call goes first in line to another agent. Gives how many ended.
pub fn sign_out(tx: &Connection, by: &By, id: AgentId, reason: Option<&str>) -> Result<usize, Refused> {
    own(tx, &by.scope, id)?;
    if reason.is_some_and(|reason| reason.trim().is_empty() || reason.chars().count() > MAX_REASON) {
        return Err(Refused::Faults(vec![("reason".to_owned(), "too_long".to_owned())]));
    }
    by.note(tx, "agent.signed_out", id, &json!({}))?;
    Ok(sql::force_out(tx, id, reason, by.now)?)
}

/// Takes the account out of use; an open sign-in ends.
pub fn disable(tx: &Connection, by: &By, id: AgentId) -> Result<(), Refused> {
    own(tx, &by.scope, id)?;
    by.note(tx, "agent.disabled", id, &json!({}))?;
    let sql = "UPDATE agents SET disabled_ms = coalesce(disabled_ms, ?2) WHERE agent_id = ?1";
    rows::run(tx, sql, params![id.0.as_bytes(), by.now.ms()])?;
    sql::force_out(tx, id, Some("disabled"), by.now)?;
    Ok(())
}

/// Takes the account into use again.
pub fn enable(tx: &Connection, by: &By, id: AgentId) -> Result<(), Refused> {
    own(tx, &by.scope, id)?;
    by.note(tx, "agent.enabled", id, &json!({}))?;
    rows::run(tx, "UPDATE agents SET disabled_ms = NULL WHERE agent_id = ?1", [id.0.as_bytes()])?;
    Ok(())
}

/// Stores another password; an open sign-in ends.
pub fn reset_password(tx: &Connection, by: &By, id: AgentId, hash: &str) -> Result<(), Refused> {
    own(tx, &by.scope, id)?;
    by.note(tx, "agent.password_reset", id, &json!({}))?;
    let sql = "UPDATE agents SET password_hash = ?2 WHERE agent_id = ?1";
    rows::run(tx, sql, params![id.0.as_bytes(), hash])?;
    sql::force_out(tx, id, Some("password reset"), by.now)?;
    Ok(())
}

fn profile(agent_id: AgentId, username: String, change: &AgentChange) -> AgentProfile {
    let AgentChange { name, company, partner, .. } = change.clone();
    AgentProfile { agent_id, username, name, company, partner }
}

/// As the routing core knows them.
pub fn routing_skills(skills: &AgentSkills) -> Skills {
    Skills { customer_types: skills.customer_types.clone(), languages: skills.languages.clone() }
}

/// As the console shows them.
pub fn console_skills(skills: &Skills) -> AgentSkills {
    AgentSkills { customer_types: skills.customer_types.clone(), languages: skills.languages.clone() }
}

//! `agent`: the people who verify (C2). A password is made here and shown once; no default exists.

use std::collections::BTreeSet;

use anyhow::anyhow;
use chinhchu_protocol::agent::AgentProfile;
use chinhchu_protocol::case::CustomerType;
use chinhchu_protocol::ids::AgentId;
use chinhchu_routing::Skills;
use clap::{Args, Subcommand};
use rusqlite::params;
use serde::Serialize;
use serde_json::json;

use super::store::{Opened, company_code, company_exists, open, taken};
use super::{CliError, Globals, output};
use crate::agents::{names, password, sql};
use crate::intake::case::is_language;
use crate::store::rows;

/// Every skill of a kind.
const ALL: &str = "all";
/// No partner.
const NONE: &str = "none";
const MAX_LANGUAGES: usize = 16;

#[derive(Subcommand)]
pub enum AgentCommand {
    /// Add an agent; prints the password, this once
    Add(AddArgs),
    /// Change an agent; what is not named stays. Counts at once
    Set(SetArgs),
    /// Show every agent
    List,
    /// End an agent's sign-in at once; a call goes first in line to another agent
    SignOut {
        /// Sign-in name
        username: String,
        /// Why; kept with the sign-in
        #[arg(long)]
        reason: Option<String>,
    },
    /// Take the account out of use; an open sign-in ends. What its workstation has sealed is still taken
    Disable {
        /// Sign-in name
        username: String,
    },
    /// Take the account into use again
    Enable {
        /// Sign-in name
        username: String,
    },
    /// Make a new password and print it, this once; an open sign-in ends
    ResetPassword {
        /// Sign-in name
        username: String,
    },
}

/// A new agent.
#[derive(Args)]
pub struct AddArgs {
    /// Code of the company that employs the agent, such as 1
    #[arg(long)]
    company: String,
    /// Sign-in name, unique in the installation
    #[arg(long)]
    username: String,
    /// Name, as shown to dealers and on evidence
    #[arg(long)]
    name: String,
    /// Partner through which the agent is employed, if any
    #[arg(long)]
    partner: Option<String>,
    #[command(flatten)]
    skills: SkillArgs,
}

/// What changes.
#[derive(Args)]
pub struct SetArgs {
    /// Sign-in name
    username: String,
    /// Name, as shown to dealers and on evidence
    #[arg(long)]
    name: Option<String>,
    /// Code of the company that employs the agent from now on
    #[arg(long)]
    company: Option<String>,
    /// Partner through which the agent is employed; `none` for the company's own staff
    #[arg(long)]
    partner: Option<String>,
    #[command(flatten)]
    skills: SkillArgs,
}

/// Whom the agent can serve; counts where the company's rules say so (`company rules --skills`).
#[derive(Args, Clone)]
pub struct SkillArgs {
    /// A customer type that the agent can serve: individual, vi2 or enterprise; repeat for more; `all` for all
    #[arg(long, value_name = "TYPE")]
    skill: Vec<String>,
    /// A language that the agent speaks, such as vi or en; repeat for more; `all` for all
    #[arg(long, value_name = "TAG")]
    language: Vec<String>,
}

impl SkillArgs {
    /// Over what was known before.
    fn over(&self, before: &Skills) -> Result<Skills, CliError> {
        let mut faults = Vec::new();
        let mut skills = before.clone();
        if !self.skill.is_empty() {
            skills.customer_types = BTreeSet::new();
        }
        for name in self.skill.iter().filter(|name| *name != ALL) {
            match serde_json::from_value::<CustomerType>(name.as_str().into()) {
                Ok(known) => drop(skills.customer_types.insert(known)),
                Err(_) => faults.push("--skill: individual, vi2, enterprise or all".to_owned()),
            }
        }
        if !self.language.is_empty() {
            skills.languages = BTreeSet::new();
        }
        for tag in self.language.iter().filter(|tag| *tag != ALL) {
            if is_language(tag) && skills.languages.len() < MAX_LANGUAGES {
                skills.languages.insert(tag.clone());
            } else {
                faults.push(format!("--language: at most {MAX_LANGUAGES} tags such as vi, en, or all"));
            }
        }
        if faults.is_empty() { Ok(skills) } else { Err(CliError::Settings(faults)) }
    }
}

#[derive(Serialize)]
struct SignedOut {
    agent_id: AgentId,
    username: String,
    sessions_ended: usize,
}

#[derive(Serialize)]
struct AgentAdded {
    agent_id: AgentId,
    username: String,
    password: String,
}

#[derive(Serialize)]
struct AgentListed {
    agent_id: AgentId,
    username: String,
    name: String,
    company: String,
    partner: Option<String>,
    active: bool,
    skills: Skills,
}

pub fn run(globals: &Globals, command: AgentCommand) -> Result<(), CliError> {
    let opened = open(globals)?;
    match command {
        AgentCommand::Add(args) => add(globals, &opened, args),
        AgentCommand::List => {
            let list = opened.db.read_blocking(sql::agents)?;
            let listed: Vec<AgentListed> = list.into_iter().map(listed).collect();
            output::list(globals, &listed)
        }
        AgentCommand::Set(args) => set(globals, &opened, args),
        AgentCommand::SignOut { username, reason } => {
            if reason.as_ref().is_some_and(|reason| reason.trim().is_empty() || reason.chars().count() > 200)
            {
                return Err(CliError::Settings(vec!["--reason: 1 to 200 characters".to_owned()]));
            }
            let agent_id = find(&opened, &username)?.profile.agent_id;
            let now = opened.clock.now();
            let mark = opened.mark("agent.signed_out", subject(agent_id), json!({}));
            let sessions_ended = opened.db.write_blocking(move |tx| {
                mark.leave(tx)?;
                sql::force_out(tx, agent_id, reason.as_deref(), now)
            })?;
            output::object(globals, &SignedOut { agent_id, username, sessions_ended })
        }
        AgentCommand::Disable { username } => {
            let agent_id = find(&opened, &username)?.profile.agent_id;
            let now = opened.clock.now();
            let mark = opened.mark("agent.disabled", subject(agent_id), json!({}));
            opened.db.write_blocking(move |tx| {
                mark.leave(tx)?;
                let sql = "UPDATE agents SET disabled_ms = coalesce(disabled_ms, ?2) WHERE agent_id = ?1";
                rows::run(tx, sql, params![agent_id.0.as_bytes(), now.ms()])?;
                sql::force_out(tx, agent_id, Some("disabled"), now)
            })?;
            show(globals, &opened, &username)
        }
        AgentCommand::Enable { username } => {
            let agent_id = find(&opened, &username)?.profile.agent_id;
            let mark = opened.mark("agent.enabled", subject(agent_id), json!({}));
            opened.db.write_blocking(move |tx| {
                mark.leave(tx)?;
                let sql = "UPDATE agents SET disabled_ms = NULL WHERE agent_id = ?1";
                rows::run(tx, sql, params![agent_id.0.as_bytes()])
            })?;
            show(globals, &opened, &username)
        }
        AgentCommand::ResetPassword { username } => {
            let agent_id = find(&opened, &username)?.profile.agent_id;
            let password = password::fresh();
            let hash = password::hash(&password)?;
            let now = opened.clock.now();
            let mark = opened.mark("agent.password_reset", subject(agent_id), json!({}));
            opened.db.write_blocking(move |tx| {
                mark.leave(tx)?;
                let sql = "UPDATE agents SET password_hash = ?2 WHERE agent_id = ?1";
                rows::run(tx, sql, params![agent_id.0.as_bytes(), hash])?;
                sql::force_out(tx, agent_id, Some("password reset"), now)
            })?;
            output::object(globals, &AgentAdded { agent_id, username, password })
        }
    }
}

fn add(globals: &Globals, opened: &Opened, args: AddArgs) -> Result<(), CliError> {
    let AddArgs { company, username, name, partner, skills } = args;
    let skills = skills.over(&Skills::default())?;
    let company = company_code(&company)?;
    company_exists(opened, &company)?;
    checked(&names::faults(&username, &name, partner.as_deref()))?;
    let password = password::fresh();
    let hash = password::hash(&password)?;
    let now = opened.clock.now();
    let agent_id = AgentId(opened.clock.new_id());
    let profile = AgentProfile { agent_id, username: username.clone(), name, company, partner };
    let detail = json!({ "company": profile.company, "partner": profile.partner });
    let mark = opened.mark("agent.added", subject(agent_id), detail);
    opened
        .db
        .write_blocking(move |tx| {
            sql::insert_agent(tx, &profile, &hash, now)?;
            sql::update_agent(tx, &profile, &skills)?;
            mark.leave(tx)
        })
        .map_err(|error| taken(error, "an agent with this user name"))?;
    output::object(globals, &AgentAdded { agent_id, username, password })
}

fn set(globals: &Globals, opened: &Opened, args: SetArgs) -> Result<(), CliError> {
    let SetArgs { username, name, company, partner, skills } = args;
    let before = find(opened, &username)?;
    checked(&names::faults(&username, name.as_deref().unwrap_or("–"), partner.as_deref()))?;
    let mut profile = before.profile;
    if let Some(company) = company {
        profile.company = company_code(&company)?;
        company_exists(opened, &profile.company)?;
    }
    profile.name = name.unwrap_or(profile.name);
    profile.partner = match partner {
        Some(partner) => (partner != NONE).then_some(partner),
        None => profile.partner,
    };
    let skills = skills.over(&before.skills)?;
    let detail = json!({ "company": profile.company, "partner": profile.partner, "skills": skills });
    let mark = opened.mark("agent.changed", subject(profile.agent_id), detail);
    opened.db.write_blocking(move |tx| {
        sql::update_agent(tx, &profile, &skills)?;
        mark.leave(tx)
    })?;
    show(globals, opened, &username)
}

fn subject(agent: AgentId) -> String {
    format!("agent:{agent}")
}

fn find(opened: &Opened, username: &str) -> Result<sql::StoredAgent, CliError> {
    let wanted = username.to_owned();
    let agent = opened.db.read_blocking(move |c| sql::agent_by_name(c, &wanted))?;
    Ok(agent.ok_or_else(|| anyhow!("there is no agent with this user name"))?)
}

fn show(globals: &Globals, opened: &super::store::Opened, username: &str) -> Result<(), CliError> {
    output::object(globals, &listed(find(opened, username)?))
}

fn listed(agent: sql::StoredAgent) -> AgentListed {
    let AgentProfile { agent_id, username, name, company, partner } = agent.profile;
    AgentListed {
        agent_id,
        username,
        name,
        company: company.0,
        partner,
        active: agent.active,
        skills: agent.skills,
    }
}

/// Every fault as a fault of a flag.
pub fn checked(faults: &[names::Fault]) -> Result<(), CliError> {
    if faults.is_empty() {
        return Ok(());
    }
    Err(CliError::Settings(faults.iter().map(|fault| format!("--{}: {}", fault.field, fault.told)).collect()))
}

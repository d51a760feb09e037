//! `agent`: the people who verify (C2). A password is made here and shown once; no default exists.

use std::collections::BTreeSet;

use anyhow::anyhow;
use chinhchu_protocol::agent::AgentProfile;
use chinhchu_protocol::case::CustomerType;
use chinhchu_protocol::console::agents::{AgentChange, AgentNew};
use chinhchu_protocol::ids::AgentId;
use chinhchu_routing::Skills;
use clap::{Args, Subcommand};
use rusqlite::Connection;
use serde::Serialize;

use super::admin::not_done;
use super::store::{Opened, company_code, company_exists, open, open_to_look};
use super::{CliError, Globals, output};
use crate::agents::{password, sql};
use crate::audit::who;
use crate::console::Scope;
use crate::console::agents::keep::{self, By, console_skills};
use crate::console::refused::Refused;
use crate::intake::case::is_language;

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
    let is_new = matches!(command, AgentCommand::Add(_));
    let opened = if is_new { open(globals)? } else { open_to_look(globals)? };
    match command {
        AgentCommand::Add(args) => add(globals, &opened, args),
        AgentCommand::List => {
            let list = opened.db.read_blocking(sql::agents)?;
            let listed: Vec<AgentListed> = list.into_iter().map(listed).collect();
            output::list(globals, &listed)
        }
        AgentCommand::Set(args) => set(globals, &opened, args),
        AgentCommand::SignOut { username, reason } => {
            let (agent_id, by) = (find(&opened, &username)?.profile.agent_id, by(&opened));
            let ended =
                opened.db.write_blocking(move |tx| keep::sign_out(tx, &by, agent_id, reason.as_deref()));
            let sessions_ended = ended.map_err(not_done)?;
            output::object(globals, &SignedOut { agent_id, username, sessions_ended })
        }
        AgentCommand::Disable { username } => deed(globals, &opened, &username, keep::disable),
        AgentCommand::Enable { username } => deed(globals, &opened, &username, keep::enable),
        AgentCommand::ResetPassword { username } => {
            let agent_id = find(&opened, &username)?.profile.agent_id;
            let password = password::fresh();
            let (hash, by) = (password::hash(&password)?, by(&opened));
            let write = opened.db.write_blocking(move |tx| keep::reset_password(tx, &by, agent_id, &hash));
            write.map_err(not_done)?;
            output::object(globals, &AgentAdded { agent_id, username, password })
        }
    }
}

/// The command line sees the whole installation.
fn by(opened: &Opened) -> By {
    By { actor: who::command_line(), scope: Scope::default(), now: opened.clock.now() }
}

/// Changes one agent and shows the agent as it is then.
fn deed(
    globals: &Globals,
    opened: &Opened,
    username: &str,
    change: impl FnOnce(&Connection, &By, AgentId) -> Result<(), Refused> + Send + 'static,
) -> Result<(), CliError> {
    let (agent_id, by) = (find(opened, username)?.profile.agent_id, by(opened));
    opened.db.write_blocking(move |tx| change(tx, &by, agent_id)).map_err(not_done)?;
    show(globals, opened, username)
}

fn add(globals: &Globals, opened: &Opened, args: AddArgs) -> Result<(), CliError> {
    let AddArgs { company, username, name, partner, skills } = args;
    let skills = console_skills(&skills.over(&Skills::default())?);
    let company = company_code(&company)?;
    company_exists(opened, &company)?;
    let password = password::fresh();
    let (hash, by) = (password::hash(&password)?, by(opened));
    let agent_id = AgentId(opened.clock.new_id());
    let agent = AgentChange { name, company, partner, skills };
    let new = AgentNew { username: username.clone(), agent };
    opened.db.write_blocking(move |tx| keep::add(tx, &by, agent_id, &new, &hash)).map_err(not_done)?;
    output::object(globals, &AgentAdded { agent_id, username, password })
}

fn set(globals: &Globals, opened: &Opened, args: SetArgs) -> Result<(), CliError> {
    let SetArgs { username, name, company, partner, skills } = args;
    let before = find(opened, &username)?;
    let mut change = AgentChange {
        name: name.unwrap_or(before.profile.name),
        company: before.profile.company,
        partner: before.profile.partner,
        skills: console_skills(&skills.over(&before.skills)?),
    };
    if let Some(company) = company {
        change.company = company_code(&company)?;
        company_exists(opened, &change.company)?;
    }
    if let Some(partner) = partner {
        change.partner = (partner != NONE).then_some(partner);
    }
    deed(globals, opened, &username, move |tx, by, id| keep::change(tx, by, id, &change))
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

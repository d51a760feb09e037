//! `agent`: the people who verify (C2). A password is made here and shown once; no default exists.

use anyhow::anyhow;
use chinhchu_protocol::agent::AgentProfile;
use chinhchu_protocol::ids::AgentId;
use clap::Subcommand;
use rusqlite::params;
use serde::Serialize;

use super::store::{company_code, company_exists, open, taken};
use super::{CliError, Globals, output};
use crate::agents::{password, sql};
use crate::store::rows;

#[derive(Subcommand)]
pub enum AgentCommand {
    /// Add an agent; prints the password, this once
    Add {
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
    },
    /// Show every agent
    List,
    /// Take the account out of use; an open sign-in ends
    Disable {
        /// Sign-in name
        username: String,
    },
    /// Make a new password and print it, this once; an open sign-in ends
    ResetPassword {
        /// Sign-in name
        username: String,
    },
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
}

pub fn run(globals: &Globals, command: AgentCommand) -> Result<(), CliError> {
    let opened = open(globals)?;
    match command {
        AgentCommand::Add { company, username, name, partner } => {
            let company = company_code(&company)?;
            company_exists(&opened, &company)?;
            check_names(&username, &name, partner.as_deref())?;
            let password = fresh_password();
            let hash = password::hash(&password)?;
            let now = opened.clock.now();
            let agent_id = AgentId(opened.clock.new_id());
            let profile = AgentProfile { agent_id, username: username.clone(), name, company, partner };
            opened
                .db
                .write_blocking(move |tx| sql::insert_agent(tx, &profile, &hash, now))
                .map_err(|error| taken(error, "an agent with this user name"))?;
            output::object(globals, &AgentAdded { agent_id, username, password })
        }
        AgentCommand::List => {
            let list = opened.db.read_blocking(sql::agents)?;
            let listed: Vec<AgentListed> = list.into_iter().map(listed).collect();
            output::list(globals, &listed)
        }
        AgentCommand::Disable { username } => {
            let agent_id = find(&opened, &username)?;
            let now = opened.clock.now();
            opened.db.write_blocking(move |tx| {
                let sql = "UPDATE agents SET disabled_ms = coalesce(disabled_ms, ?2) WHERE agent_id = ?1";
                rows::run(tx, sql, params![agent_id.0.as_bytes(), now.ms()])?;
                end_sessions(tx, agent_id, now)
            })?;
            let agent = opened.db.read_blocking(move |c| sql::agent(c, agent_id))?;
            output::object(globals, &agent.map(listed).ok_or_else(|| anyhow!("there is no such agent"))?)
        }
        AgentCommand::ResetPassword { username } => {
            let agent_id = find(&opened, &username)?;
            let password = fresh_password();
            let hash = password::hash(&password)?;
            let now = opened.clock.now();
            opened.db.write_blocking(move |tx| {
                let sql = "UPDATE agents SET password_hash = ?2 WHERE agent_id = ?1";
                rows::run(tx, sql, params![agent_id.0.as_bytes(), hash])?;
                end_sessions(tx, agent_id, now)
            })?;
            output::object(globals, &AgentAdded { agent_id, username, password })
        }
    }
}

fn end_sessions(
    tx: &rusqlite::Connection,
    agent: AgentId,
    now: chinhchu_protocol::time::Timestamp,
) -> Result<(), crate::store::StoreError> {
    let sql = "UPDATE agent_sessions SET ended_ms = ?2, end_reason = 'forced'
               WHERE agent_id = ?1 AND ended_ms IS NULL";
    rows::run(tx, sql, params![agent.0.as_bytes(), now.ms()])?;
    Ok(())
}

fn find(opened: &super::store::Opened, username: &str) -> Result<AgentId, CliError> {
    let wanted = username.to_owned();
    let agent = opened.db.read_blocking(move |c| sql::agent_by_name(c, &wanted))?;
    Ok(agent.ok_or_else(|| anyhow!("there is no agent with this user name"))?.profile.agent_id)
}

fn listed(agent: sql::StoredAgent) -> AgentListed {
    let AgentProfile { agent_id, username, name, company, partner } = agent.profile;
    AgentListed { agent_id, username, name, company: company.0, partner, active: agent.active }
}

fn check_names(username: &str, name: &str, partner: Option<&str>) -> Result<(), CliError> {
    let mut faults = Vec::new();
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._-@".contains(&b);
    if username.is_empty() || username.len() > 64 || !username.bytes().all(plain) {
        faults.push("--username: 1 to 64 of A-Z a-z 0-9 . _ - @".to_owned());
    }
    for (flag, text) in [("--name", Some(name)), ("--partner", partner)] {
        if text.is_some_and(|text| text.trim().is_empty() || text.chars().count() > 128) {
            faults.push(format!("{flag}: 1 to 128 characters"));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(CliError::Settings(faults)) }
}

/// 100 random bits in groups that can be read out on a telephone; no letters that look alike.
fn fresh_password() -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let random: [u8; 20] = rand::random();
    let letters: Vec<char> = random.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect();
    letters.chunks(5).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

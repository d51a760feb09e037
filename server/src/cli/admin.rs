//! `admin`: people of the console. A password is made here and shown once; the second factor is set up at the
//! first sign-in.

use anyhow::anyhow;
use chinhchu_protocol::console::people::Role;
use chinhchu_protocol::ids::{CompanyCode, PersonId};
use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::json;

use super::agent::checked;
use super::store::{Opened, company_code, company_exists, open, taken};
use super::{CliError, Globals, output};
use crate::agents::{names, password};
use crate::console::{Scope, sql};

#[derive(Subcommand)]
pub enum AdminCommand {
    /// Add a person of the console; prints the password, this once
    Add(AddArgs),
    /// Show every person of the console
    List,
}

/// A new person.
#[derive(Args)]
pub struct AddArgs {
    /// Sign-in name, unique in the installation
    #[arg(long)]
    username: String,
    /// Name
    #[arg(long)]
    name: String,
    /// team_lead, supervisor, auditor or administrator
    #[arg(long, value_parser = role)]
    role: Role,
    /// Code of a company the person is limited to; repeat for more [default: all companies]
    #[arg(long, value_name = "CODE")]
    company: Vec<String>,
    /// Partner whose agents and calls the person is limited to [default: all]
    #[arg(long)]
    partner: Option<String>,
}

fn role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| "team_lead, supervisor, auditor or administrator".to_owned())
}

#[derive(Serialize)]
struct PersonAdded {
    person_id: PersonId,
    username: String,
    password: String,
}

#[derive(Serialize)]
struct PersonListed {
    person_id: PersonId,
    username: String,
    name: String,
    role: Role,
    companies: Option<Vec<CompanyCode>>,
    partner: Option<String>,
    active: bool,
    second_factor: bool,
}

pub fn run(globals: &Globals, command: AdminCommand) -> Result<(), CliError> {
    let opened = open(globals)?;
    match command {
        AdminCommand::Add(args) => add(globals, &opened, args),
        AdminCommand::List => {
            let people = opened.db.read_blocking(sql::people)?;
            let listed: Vec<PersonListed> = people.into_iter().map(listed).collect();
            output::list(globals, &listed)
        }
    }
}

fn add(globals: &Globals, opened: &Opened, args: AddArgs) -> Result<(), CliError> {
    let AddArgs { username, name, role, company, partner } = args;
    checked(&names::faults(&username, &name, partner.as_deref()))?;
    let scope = Scope { companies: companies(opened, &company)?, partner };
    let password = password::fresh();
    let person_id = PersonId(opened.clock.new_id());
    let person = sql::StoredPerson {
        person_id,
        username: username.clone(),
        name,
        role,
        scope,
        password_hash: Some(password::hash(&password)?),
        password_temporary: true,
        directory_id: None,
        totp_sealed: None,
        totp_on: None,
        totp_step: 0,
        created_at: opened.clock.now(),
        disabled_at: None,
    };
    let detail =
        json!({ "role": role, "companies": person.scope.companies, "partner": person.scope.partner });
    let mark = opened.mark("person.added", format!("person:{person_id}"), detail);
    opened
        .db
        .write_blocking(move |tx| {
            sql::insert_person(tx, &person)?;
            mark.leave(tx)
        })
        .map_err(|error| taken(error, "a person with this user name"))?;
    output::object(globals, &PersonAdded { person_id, username, password })
}

/// None named: all of them.
fn companies(
    opened: &Opened,
    named: &[String],
) -> Result<Option<std::collections::BTreeSet<CompanyCode>>, CliError> {
    if named.is_empty() {
        return Ok(None);
    }
    let codes =
        named.iter().map(|text| company_code(text)).collect::<Result<std::collections::BTreeSet<_>, _>>()?;
    for code in &codes {
        company_exists(opened, code)?;
    }
    Ok(Some(codes))
}

#[expect(dead_code, reason = "the commands that change a person come next")]
fn find(opened: &Opened, username: &str) -> Result<sql::StoredPerson, CliError> {
    let wanted = username.to_owned();
    let person = opened.db.read_blocking(move |connection| sql::person_by_name(connection, &wanted))?;
    Ok(person.ok_or_else(|| anyhow!("there is no person with this user name"))?)
}

fn listed(person: sql::StoredPerson) -> PersonListed {
    PersonListed {
        active: person.is_active(),
        second_factor: person.totp_on.is_some(),
        person_id: person.person_id,
        username: person.username,
        name: person.name,
        role: person.role,
        companies: person.scope.companies.map(|codes| codes.into_iter().collect()),
        partner: person.scope.partner,
    }
}

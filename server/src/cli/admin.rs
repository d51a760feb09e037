//! `admin`: people of the console. A password is made here and shown once; the second factor is set up at the
//! first sign-in.

use anyhow::anyhow;
use chinhchu_protocol::console::people::{PersonChange, Role};
use chinhchu_protocol::ids::{CompanyCode, PersonId};
use clap::{Args, Subcommand};
use rusqlite::Connection;
use serde::Serialize;

use super::store::{Opened, company_code, open, open_to_look};
use super::{CliError, Globals, output};
use crate::agents::password;
use crate::audit::who;
use crate::console::people::keep::{self, By, NewPerson};
use crate::console::refused::Refused;
use crate::console::sql;

/// Every company; no partner; no directory.
const ALL: &str = "all";
const NONE: &str = "none";

#[derive(Subcommand)]
pub enum AdminCommand {
    /// Add a person of the console; prints the password, this once
    Add(AddArgs),
    /// Change a person; what is not named stays. Counts with the person's next request
    Set(SetArgs),
    /// Show every person of the console
    List,
    /// Take a person's account out of use; every session ends
    Disable {
        /// Sign-in name
        username: String,
    },
    /// Take a person's account into use again
    Enable {
        /// Sign-in name
        username: String,
    },
    /// Make a new password and print it, this once; every session ends
    ResetPassword {
        /// Sign-in name
        username: String,
    },
    /// Forget the second factor (a lost telephone): it is set up anew at the next sign-in. Every session ends
    ResetSecondFactor {
        /// Sign-in name
        username: String,
    },
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
    /// The directory's own name for the person: lets the operator's directory sign the person in
    #[arg(long, value_name = "ID")]
    directory_id: Option<String>,
}

/// What changes.
#[derive(Args)]
pub struct SetArgs {
    /// Sign-in name
    username: String,
    /// Name
    #[arg(long)]
    name: Option<String>,
    /// team_lead, supervisor, auditor or administrator
    #[arg(long, value_parser = role)]
    role: Option<Role>,
    /// Code of a company the person is limited to from now on; repeat for more; `all` for all companies
    #[arg(long, value_name = "CODE")]
    company: Vec<String>,
    /// Partner the person is limited to from now on; `none` for all
    #[arg(long)]
    partner: Option<String>,
    /// The directory's own name for the person; `none` takes it away
    #[arg(long, value_name = "ID")]
    directory_id: Option<String>,
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
struct PersonShown {
    person_id: PersonId,
    username: String,
    name: String,
    role: Role,
    companies: Option<Vec<CompanyCode>>,
    partner: Option<String>,
    directory_id: Option<String>,
    active: bool,
    second_factor: bool,
}

pub fn run(globals: &Globals, command: AdminCommand) -> Result<(), CliError> {
    let is_new = matches!(command, AdminCommand::Add(_));
    let opened = if is_new { open(globals)? } else { open_to_look(globals)? };
    match command {
        AdminCommand::Add(args) => add(globals, &opened, args),
        AdminCommand::Set(args) => set(globals, &opened, args),
        AdminCommand::List => {
            let people = opened.db.read_blocking(sql::people)?;
            let listed: Vec<PersonShown> = people.into_iter().map(shown).collect();
            output::list(globals, &listed)
        }
        AdminCommand::Disable { username } => deed(globals, &opened, &username, keep::disable),
        AdminCommand::Enable { username } => deed(globals, &opened, &username, keep::enable),
        AdminCommand::ResetSecondFactor { username } => deed(globals, &opened, &username, keep::reset_factor),
        AdminCommand::ResetPassword { username } => {
            let person_id = find(&opened, &username)?.person_id;
            let password = password::fresh();
            let (hash, by) = (password::hash(&password)?, by(&opened));
            let write = opened.db.write_blocking(move |tx| keep::reset_password(tx, &by, person_id, &hash));
            write.map_err(not_done)?;
            output::object(globals, &PersonAdded { person_id, username, password })
        }
    }
}

fn add(globals: &Globals, opened: &Opened, args: AddArgs) -> Result<(), CliError> {
    let AddArgs { username, name, role, company, partner, directory_id } = args;
    let companies = if company.is_empty() { None } else { companies(&company)? };
    let password = password::fresh();
    let person_id = PersonId(opened.clock.new_id());
    let new = NewPerson {
        person_id,
        username: username.clone(),
        password_hash: Some(password::hash(&password)?),
        person: PersonChange { name, role, companies, partner, directory_id },
    };
    let by = by(opened);
    opened.db.write_blocking(move |tx| keep::add(tx, &by, new)).map_err(not_done)?;
    output::object(globals, &PersonAdded { person_id, username, password })
}

fn set(globals: &Globals, opened: &Opened, args: SetArgs) -> Result<(), CliError> {
    let SetArgs { username, name, role, company, partner, directory_id } = args;
    let before = find(opened, &username)?;
    let or_none = |text: String| (text != NONE).then_some(text);
    let known = before.scope.companies.map(|codes| codes.into_iter().collect());
    let change = PersonChange {
        name: name.unwrap_or(before.name),
        role: role.unwrap_or(before.role),
        companies: if company.is_empty() { known } else { companies(&company)? },
        partner: partner.map_or(before.scope.partner, or_none),
        directory_id: directory_id.map_or(before.directory_id, or_none),
    };
    deed(globals, opened, &username, move |tx, by, id| keep::change(tx, by, id, &change))
}

/// Changes one person and shows the person as it is then.
fn deed(
    globals: &Globals,
    opened: &Opened,
    username: &str,
    change: impl FnOnce(&Connection, &By, PersonId) -> Result<(), Refused> + Send + 'static,
) -> Result<(), CliError> {
    let (person_id, by) = (find(opened, username)?.person_id, by(opened));
    opened.db.write_blocking(move |tx| change(tx, &by, person_id)).map_err(not_done)?;
    output::object(globals, &shown(find(opened, username)?))
}

fn by(opened: &Opened) -> By {
    By { actor: who::command_line(), now: opened.clock.now() }
}

/// Wrong use is told by its flags, everything else by its sentence.
pub fn not_done(refused: Refused) -> CliError {
    match refused {
        Refused::Faults(faults) => CliError::Settings(
            faults.iter().map(|(field, code)| format!("--{}: {code}", flag(field))).collect(),
        ),
        refused @ (Refused::NotFound(_)
        | Refused::NameTaken
        | Refused::LastAdministrator
        | Refused::Store(_)) => CliError::NotDone(refused.into()),
    }
}

fn flag(field: &str) -> String {
    match field {
        "companies" => "company".to_owned(),
        "skills.languages" => "language".to_owned(),
        field => field.replace('_', "-"),
    }
}

fn companies(named: &[String]) -> Result<Option<Vec<CompanyCode>>, CliError> {
    if named.iter().any(|code| code == ALL) {
        return Ok(None);
    }
    named.iter().map(|text| company_code(text)).collect::<Result<Vec<_>, _>>().map(Some)
}

fn find(opened: &Opened, username: &str) -> Result<sql::StoredPerson, CliError> {
    let wanted = username.to_owned();
    let person = opened.db.read_blocking(move |connection| sql::person_by_name(connection, &wanted))?;
    Ok(person.ok_or_else(|| anyhow!("there is no person with this user name"))?)
}

fn shown(person: sql::StoredPerson) -> PersonShown {
    PersonShown {
        active: person.is_active(),
        second_factor: person.totp_on.is_some(),
        person_id: person.person_id,
        username: person.username,
        name: person.name,
        role: person.role,
        companies: person.scope.companies.map(|codes| codes.into_iter().collect()),
        partner: person.scope.partner,
        directory_id: person.directory_id,
    }
}

//! `company`: who there is, and who serves whom (C1).

use anyhow::anyhow;
use clap::Subcommand;

use super::store::{company_code, company_exists, open, taken};
use super::{CliError, Globals, output};
use crate::companies::sql;
use crate::store::StoreError;

#[derive(Subcommand)]
pub enum CompanyCommand {
    /// Show every company and whose agents take its calls
    List,
    /// Add a company; its calls go to its own agents until `company serve` says otherwise
    Add {
        /// Code of the new company, such as 10
        code: String,
        /// Name, as shown
        #[arg(long)]
        name: String,
    },
    /// Set what a company's cases must carry beyond the contract
    Rules {
        /// Code of the company, such as 4
        code: String,
        /// Consent must come with the case
        #[arg(long, value_name = "true|false")]
        require_consent: Option<bool>,
        /// The reference to the biometric match must come with the case
        #[arg(long, value_name = "true|false")]
        require_biometric_match: Option<bool>,
    },
    /// Let the agents of one company take the calls of another, from now on
    Serve {
        /// Code of the company whose calls are taken, such as 4
        code: String,
        /// Code of the company whose agents take them, such as 1
        #[arg(long, value_name = "COMPANY")]
        by: String,
    },
}

pub fn run(globals: &Globals, command: CompanyCommand) -> Result<(), CliError> {
    let opened = open(globals)?;
    match command {
        CompanyCommand::List => output::list(globals, &opened.db.read_blocking(sql::list)?),
        CompanyCommand::Add { code, name } => {
            let (code, now) = (company_code(&code)?, opened.clock.now());
            if name.trim().is_empty() || name.chars().count() > 128 {
                return Err(CliError::Settings(vec!["a name has 1 to 128 characters".to_owned()]));
            }
            let new = code.clone();
            opened
                .db
                .write_blocking(move |tx| sql::add(tx, &new, &name, now))
                .map_err(|error| taken(error, "a company with this code"))?;
            show(globals, &opened, &code)
        }
        CompanyCommand::Rules { code, require_consent, require_biometric_match } => {
            let code = company_code(&code)?;
            company_exists(&opened, &code)?;
            let rules = opened.db.write_blocking(move |tx| {
                let mut rules = sql::intake_rules(tx, &code)?;
                rules.require_consent = require_consent.unwrap_or(rules.require_consent);
                rules.require_biometric_match =
                    require_biometric_match.unwrap_or(rules.require_biometric_match);
                sql::set_intake_rules(tx, &code, rules)?;
                Ok::<_, StoreError>(rules)
            })?;
            output::object(globals, &rules)
        }
        CompanyCommand::Serve { code, by } => {
            let (home, serving) = (company_code(&code)?, company_code(&by)?);
            company_exists(&opened, &home)?;
            company_exists(&opened, &serving)?;
            let wanted = home.clone();
            opened.db.write_blocking(move |tx| sql::set_served_by(tx, &wanted, &serving))?;
            show(globals, &opened, &home)
        }
    }
}

fn show(
    globals: &Globals,
    opened: &super::store::Opened,
    code: &chinhchu_protocol::ids::CompanyCode,
) -> Result<(), CliError> {
    let list = opened.db.read_blocking(sql::list)?;
    let company = list.into_iter().find(|company| company.code == *code);
    output::object(globals, &company.ok_or_else(|| anyhow!("there is no company {code}"))?)
}

//! `company`: who there is, and who serves whom (C1).

use anyhow::anyhow;
use chinhchu_routing::Settings;
use clap::Subcommand;
use serde_json::{Value, json};

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
    /// Show how a company's calls and agents are treated (times, queue, what *decline* does), or change it
    Settings {
        /// Code of the company, such as 4
        code: String,
        /// What to change, such as decline_ends=false or ring_timeout_ms=15000; repeat for more
        #[arg(long, value_name = "NAME=VALUE")]
        set: Vec<String>,
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
        CompanyCommand::Settings { code, set } => {
            let code = company_code(&code)?;
            company_exists(&opened, &code)?;
            let wanted = code.clone();
            let before = opened.db.read_blocking(move |c| sql::settings(c, &wanted))?;
            let after = changed(&before, &set)?;
            if after != before {
                let settings = after.clone();
                opened.db.write_blocking(move |tx| sql::set_settings(tx, &code, &settings))?;
            }
            output::object(globals, &after)
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

/// The settings with every `NAME=VALUE` put in. A name that is no setting and a value of the wrong kind are
/// named, all at once.
fn changed(settings: &Settings, set: &[String]) -> Result<Settings, CliError> {
    let mut faults = Vec::new();
    let mut all = serde_json::to_value(settings)?;
    for text in set {
        let Some((name, value)) = text.split_once('=') else {
            faults.push(format!("{text}: NAME=VALUE, such as decline_ends=false"));
            continue;
        };
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
        let alone = serde_json::from_value::<Settings>(json!({ name: &value }));
        match alone.map(serde_json::to_value) {
            // What is left out when written is either no setting at all or at its default already.
            Ok(Ok(kept)) if kept.get(name) == Some(&value) || all.get(name).is_some() => all[name] = value,
            Ok(Ok(_)) => faults.push(format!("{name}: there is no such setting, or this is its default")),
            Ok(Err(error)) | Err(error) => faults.push(format!("{name}: {error}")),
        }
    }
    if faults.is_empty() { Ok(serde_json::from_value(all)?) } else { Err(CliError::Settings(faults)) }
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

#[cfg(test)]
mod tests {
    use super::{CliError, Settings, changed};

    #[test]
    fn settings_are_changed_by_name_and_every_fault_is_named() {
        let before = Settings::default();
        let set = ["decline_ends=false".to_owned(), "ring_timeout_ms=4000".to_owned()];
        let after = changed(&before, &set).unwrap_or_else(|_| panic!("good settings were refused"));
        assert_eq!(after, Settings { decline_ends: false, ring_timeout_ms: 4_000, ..before.clone() });
        let wrong = ["ring_timeout=4", "wrap_up_ms=soon", "decline_ends"].map(str::to_owned);
        let Err(CliError::Settings(faults)) = changed(&before, &wrong) else { panic!("faults were taken") };
        assert_eq!(faults.len(), 3, "{faults:?}");
    }
}

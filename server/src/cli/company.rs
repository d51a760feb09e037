//! `company`: who there is, who serves whom (C1), and every setting, from now on or from a moment ahead.

use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use chinhchu_protocol::console::settings::ChangeState;
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

mod dated;

use super::store::{company_code, company_exists, open, open_to_look, taken};
use super::{CliError, Globals, output};
use crate::companies::dated::SERVED_BY;
use crate::companies::{rules, sql};
use dated::{HolidayArgs, HoursArgs, When};

/// Takes a list away.
const NONE: &str = "none";

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
    /// Show a company's rules, or change some: what is not named stays. Counts at once, or from a moment on
    #[command(visible_alias = "set")]
    Rules {
        /// Code of the company, such as 4
        code: String,
        #[command(flatten)]
        changes: Box<RuleArgs>,
        #[command(flatten)]
        when: When,
    },
    /// Set the opening hours of a company that serves calls: the days that are named, others stay
    Hours(Box<HoursArgs>),
    /// Set a day that has other opening hours than its weekday
    Holiday(HolidayArgs),
    /// Let the agents of one company take the calls of another. Calls in line move with their place in time
    Serve {
        /// Code of the company whose calls are taken, such as 4
        code: String,
        /// Code of the company whose agents take them, such as 1
        #[arg(long, value_name = "COMPANY")]
        by: String,
        #[command(flatten)]
        when: When,
    },
    /// Show the changes of a company's settings, newest first; or what held at a moment
    History {
        /// Code of the company, such as 4
        code: String,
        /// Show every setting as it held then: 2026-12-01T08:00, 2026-12-01, or with an offset
        #[arg(long, value_name = "TIME")]
        at: Option<String>,
    },
    /// Take a change back that waits for its moment
    Withdraw {
        /// Code of the company, such as 4
        code: String,
        /// Id of the change, as `company history` shows it
        change_id: String,
    },
}

/// Rules to change.
#[derive(Args)]
pub struct RuleArgs {
    /// Consent must come with the case
    #[arg(long, value_name = "true|false")]
    require_consent: Option<bool>,
    /// The reference to the biometric match must come with the case
    #[arg(long, value_name = "true|false")]
    require_biometric_match: Option<bool>,
    /// Which free agent is asked first
    #[arg(long, value_name = "longest_idle|least_calls|round_robin")]
    selection: Option<String>,
    /// What an agent's skills mean
    #[arg(long, value_name = "off|prefer|require")]
    skills: Option<String>,
    /// Share of a partner in the company's calls, by weight; `=1` alone is the company's own staff; repeat for
    /// all of them (they replace those of before); `none` shares no more
    #[arg(long, value_name = "PARTNER=WEIGHT")]
    partner_share: Vec<String>,
    /// After how many seconds in line another company's agents may take the call, too; repeat for more (they
    /// replace those of before); `none` for no overflow
    #[arg(long, value_name = "SECONDS:COMPANY")]
    overflow: Vec<String>,
    /// Any other rule by its name, such as wrap_up_ms=15000; times are in milliseconds, and NAME=default takes
    /// the default again; repeat for more
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// Rules from a JSON file, as this command shows them; flags win over it
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

impl RuleArgs {
    fn patch(&self) -> Result<Map<String, Value>, CliError> {
        let wrong = |told: &str| CliError::Settings(vec![told.to_owned()]);
        let mut patch = match &self.file {
            Some(file) => {
                let text = std::fs::read(file).with_context(|| format!("read {}", file.display()))?;
                serde_json::from_slice(&text)
                    .map_err(|error| wrong(&format!("--file: not JSON rules: {error}")))?
            }
            None => Map::new(),
        };
        patch.extend(named(&self.set)?);
        let mut put =
            |name: &str, value: Option<Value>| value.map(|value| patch.insert(name.to_owned(), value));
        put("require_consent", self.require_consent.map(Value::from));
        put("require_biometric_match", self.require_biometric_match.map(Value::from));
        put("selection", self.selection.clone().map(Value::from));
        put("skills", self.skills.clone().map(Value::from));
        if !self.partner_share.is_empty() {
            let shares =
                self.partner_share.iter().filter(|text| *text != NONE).map(|text| rules::share(text));
            let shares = shares.collect::<Option<_>>();
            put(
                "partner_shares",
                Some(rules::shares_json(shares.ok_or_else(|| wrong("--partner-share: PARTNER=WEIGHT"))?)),
            );
        }
        if !self.overflow.is_empty() {
            let steps = self.overflow.iter().filter(|text| *text != NONE).map(|text| {
                let (seconds, to) = text.split_once(':')?;
                Some(json!({"after_ms": seconds.parse::<u32>().ok()?.checked_mul(1_000)?, "to": to}))
            });
            let steps: Option<Vec<Value>> = steps.collect();
            put("overflow", Some(steps.ok_or_else(|| wrong("--overflow: SECONDS:COMPANY"))?.into()));
        }
        Ok(patch)
    }
}

/// `NAME=VALUE`, each.
fn named(set: &[String]) -> Result<Map<String, Value>, CliError> {
    let pairs = set.iter().map(|text| {
        let (name, value) = text.split_once('=')?;
        let value = if value == "default" { Value::Null } else { value.parse().unwrap_or(value.into()) };
        Some((name.to_owned(), value))
    });
    let pairs: Option<Map<String, Value>> = pairs.collect();
    pairs.ok_or_else(|| CliError::Settings(vec!["--set: NAME=VALUE, such as decline_ends=false".to_owned()]))
}

pub fn run(globals: &Globals, command: CompanyCommand) -> Result<(), CliError> {
    let opened = match &command {
        CompanyCommand::List | CompanyCommand::History { .. } => open_to_look(globals)?,
        CompanyCommand::Add { .. }
        | CompanyCommand::Rules { .. }
        | CompanyCommand::Hours(_)
        | CompanyCommand::Holiday(_)
        | CompanyCommand::Serve { .. }
        | CompanyCommand::Withdraw { .. } => open(globals)?,
    };
    match command {
        CompanyCommand::List => output::list(globals, &opened.db.read_blocking(sql::list)?),
        CompanyCommand::Add { code, name } => {
            let (code, now) = (company_code(&code)?, opened.clock.now());
            if name.trim().is_empty() || name.chars().count() > 128 {
                return Err(CliError::Settings(vec!["a name has 1 to 128 characters".to_owned()]));
            }
            let new = code.clone();
            let mark = opened.mark("company.added", format!("company:{code}"), json!({ "name": name }));
            opened
                .db
                .write_blocking(move |tx| {
                    sql::add(tx, &new, &name, now)?;
                    mark.leave(tx)
                })
                .map_err(|error| taken(error, "a company with this code"))?;
            show(globals, &opened, &code)
        }
        CompanyCommand::Rules { code, changes, when } => {
            let code = company_code(&code)?;
            company_exists(&opened, &code)?;
            let patch = changes.patch()?;
            if !patch.is_empty() {
                let change = dated::change(&opened, &code, patch, &when)?;
                if change.state == ChangeState::Pending {
                    return output::object(globals, &change);
                }
            }
            let settings = opened.db.read_blocking(move |c| sql::rules(c, &code))?;
            output::object(globals, &serde_json::from_value::<rules::Rules>(settings)?)
        }
        CompanyCommand::Hours(args) => dated::hours(globals, &opened, &args),
        CompanyCommand::Holiday(args) => dated::holiday(globals, &opened, &args),
        CompanyCommand::Serve { code, by, when } => {
            let (home, serving) = (company_code(&code)?, company_code(&by)?);
            company_exists(&opened, &home)?;
            company_exists(&opened, &serving)?;
            let patch = Map::from_iter([(SERVED_BY.to_owned(), json!(serving))]);
            let change = dated::change(&opened, &home, patch, &when)?;
            if change.state == ChangeState::Pending {
                return output::object(globals, &change);
            }
            show(globals, &opened, &home)
        }
        CompanyCommand::History { code, at } => dated::history(globals, &opened, &code, at.as_deref()),
        CompanyCommand::Withdraw { code, change_id } => dated::withdraw(globals, &opened, &code, &change_id),
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

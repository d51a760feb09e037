//! `policy`: the catalogue, its changes, and what it decides (P1–P3).

mod import;
mod look;

use std::path::PathBuf;

use anyhow::anyhow;
use chinhchu_protocol::time::Timestamp;
use clap::{Args, Subcommand};
use jiff::civil::Date;

use super::store::{Opened, open, open_to_look};
use super::{CliError, Globals, output};
use crate::http::ApiError;
use crate::intake::walk::read_date;
use crate::policy::http::{no_rule, read_question};
use crate::policy::sql::rule_on;
use crate::policy::{decide, vietnam_day, words};

#[derive(Subcommand)]
pub enum PolicyCommand {
    /// Show the rules that hold on a day, as known now or at an earlier moment
    Show(OnDay),
    /// Decide for one subscriber and channel, as GET /v1/policy/decision does
    Decide(DecideArgs),
    /// Change the catalogue by a CSV file (the form that `export` writes); types that it does not name stay
    Import(ImportArgs),
    /// Write the catalogue of a day as CSV, on stdout; it imports again unchanged
    Export(OnDay),
    /// Everything that was ever known about a subscriber type: when it holds, when it was known, who and why
    History {
        /// Subscriber type, such as MC; `*` for postpaid
        sub_type: String,
    },
    /// Every change: who, when, why
    Log {
        /// The newest so many
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
        last: u32,
    },
    /// Which rule held for a call, as known then, and what would be said now
    ForCall {
        /// The call's id
        call: String,
    },
    /// What a draft would have meant for the calls of a past period; changes nothing
    WhatIf(WhatIfArgs),
}

#[derive(Args)]
pub struct OnDay {
    /// Day in Vietnam, YYYY-MM-DD; today if missing
    #[arg(long, alias = "at", value_name = "DAY")]
    on: Option<String>,
    /// As known at this moment (RFC 3339); now if missing
    #[arg(long, value_name = "TIME")]
    known_at: Option<String>,
}

#[derive(Args)]
pub struct DecideArgs {
    /// prepaid or postpaid
    #[arg(long)]
    payment: String,
    /// Subscriber type, such as MC; not needed for postpaid
    #[arg(long)]
    sub_type: Option<String>,
    /// individual, vi2 or enterprise
    #[arg(long)]
    customer_type: String,
    /// msale, tcqlkh, dthgd or cskh
    #[arg(long, default_value = "msale")]
    channel: String,
    /// Day (YYYY-MM-DD, Vietnam) or moment (RFC 3339); now if missing
    #[arg(long)]
    at: Option<String>,
}

#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct ImportArgs {
    /// CSV file, UTF-8; `-` for stdin
    file: PathBuf,
    /// First day on which it holds, YYYY-MM-DD; begins at midnight in Vietnam
    #[arg(long, value_name = "DAY")]
    valid_from: String,
    /// Last day; without it each line holds until the change that is planned for it already
    #[arg(long, value_name = "DAY")]
    valid_to: Option<String>,
    /// Why; stands beside the change for ever
    #[arg(long, required_unless_present = "preview")]
    reason: Option<String>,
    /// Show what would change, and change nothing
    #[arg(long)]
    preview: bool,
    /// End the types that the file does not name
    #[arg(long)]
    complete: bool,
    /// Allow a first day that is past; the change is marked
    #[arg(long)]
    backdated: bool,
    /// Let changes that are planned for later fall away
    #[arg(long)]
    replace_planned: bool,
}

#[derive(Args)]
pub struct WhatIfArgs {
    /// The draft: CSV file, as for `import`
    draft: PathBuf,
    /// First day of the period, YYYY-MM-DD
    #[arg(long, value_name = "DAY")]
    from: String,
    /// Last day of the period
    #[arg(long, value_name = "DAY")]
    to: String,
    /// Types that the draft does not name have no rule
    #[arg(long)]
    complete: bool,
    /// Calls to name, at most 500
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=500))]
    limit: u32,
    /// Where the list of calls goes on: `next` of the answer before
    #[arg(long, value_name = "CURSOR")]
    after: Option<String>,
}

pub fn run(globals: &Globals, command: PolicyCommand) -> Result<(), CliError> {
    let opened = if looks(&command) { open_to_look(globals)? } else { open(globals)? };
    match command {
        PolicyCommand::Show(args) => look::show(globals, &opened, &args),
        PolicyCommand::Decide(args) => decide(globals, &opened, &args),
        PolicyCommand::Import(args) => import::run(globals, &opened, &args),
        PolicyCommand::Export(args) => look::export(&opened, &args),
        PolicyCommand::History { sub_type } => look::history(globals, &opened, &sub_type),
        PolicyCommand::Log { last } => look::log(globals, &opened, last),
        PolicyCommand::ForCall { call } => look::for_call(globals, &opened, &call),
        PolicyCommand::WhatIf(args) => import::what_if(globals, &opened, &args),
    }
}

/// Whether a command changes nothing.
fn looks(command: &PolicyCommand) -> bool {
    match command {
        PolicyCommand::Import(args) => args.preview,
        PolicyCommand::Show(_)
        | PolicyCommand::Decide(_)
        | PolicyCommand::Export(_)
        | PolicyCommand::History { .. }
        | PolicyCommand::Log { .. }
        | PolicyCommand::ForCall { .. }
        | PolicyCommand::WhatIf(_) => true,
    }
}

fn decide(globals: &Globals, opened: &Opened, args: &DecideArgs) -> Result<(), CliError> {
    let today = vietnam_day(opened.clock.now());
    let question = read_question(&query(args)?, today).map_err(wrong_use)?;
    let channel = question.channel;
    let held = opened
        .db
        .read_blocking(move |c| {
            let customers = words::customers_of(question.customer_type);
            rule_on(c, question.payment, question.sub_type.as_deref(), customers, question.day)
        })?
        .map_err(|why| anyhow!("{}", no_rule(why).into_problem().detail))?;
    output::object(globals, &decide::decide(&held.entry, channel))
}

fn query(args: &DecideArgs) -> Result<String, CliError> {
    let pairs = [
        ("payment", Some(&args.payment)),
        ("sub_type", args.sub_type.as_ref()),
        ("customer_type", Some(&args.customer_type)),
        ("channel", Some(&args.channel)),
        ("at", args.at.as_ref()),
    ];
    let given: Vec<(&str, &String)> =
        pairs.into_iter().filter_map(|(name, value)| value.map(|value| (name, value))).collect();
    Ok(serde_urlencoded::to_string(given)?)
}

fn wrong_use(error: ApiError) -> CliError {
    let problem = error.into_problem();
    let faults =
        problem.errors.iter().map(|fault| format!("--{}: {}", fault.field.replace('_', "-"), fault.code));
    CliError::Settings(faults.collect())
}

/// A day of a flag.
fn day(flag: &str, text: &str) -> Result<Date, CliError> {
    read_date(text).ok_or_else(|| CliError::Settings(vec![format!("--{flag}: a day is YYYY-MM-DD")]))
}

impl OnDay {
    /// The day and the moment; today and now if they are missing.
    fn read(&self, opened: &Opened) -> Result<(Date, Timestamp), CliError> {
        let now = opened.clock.now();
        let on = self.on.as_deref().map_or(Ok(vietnam_day(now)), |text| day("on", text))?;
        let known_at = match &self.known_at {
            // The newest change may be a moment ahead of this clock.
            None => Timestamp::from_ms(i64::MAX),
            Some(text) => text.parse().map_err(|_| {
                CliError::Settings(vec!["--known-at: RFC 3339, such as 2026-11-23T09:15:00+07:00".to_owned()])
            })?,
        };
        Ok((on, known_at))
    }
}

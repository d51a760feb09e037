//! `report`: the figures of a period (C4), the evaluation of a trial, the reconciliation with mSale.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use chinhchu_protocol::console::figures::Reconciliation;
use chinhchu_protocol::problem::Problem;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::output::{object, say};
use super::store::{Opened, open_existing};
use super::{CliError, Globals};
use crate::console::Scope;
use crate::figures::kept::Packs;
use crate::figures::period::day_number;
use crate::figures::reconcile::Page;
use crate::figures::reconcile::http::of_day;
use crate::figures::report::{self, Asked, MAX_FILE_ROWS};
use crate::figures::{ask, rebuild, table, trial, xlsx};
use crate::objects::Keys;

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct ReportArgs {
    #[command(subcommand)]
    command: Option<ReportCommand>,
    #[command(flatten)]
    asked: AskedArgs,
    /// What the rows are: total, serving, home, partner, agent, dealer, sub_type, customer_type, payment, day,
    /// hour, hour_of_day
    #[arg(long, default_value = "total")]
    by: String,
    /// json, csv or xlsx
    #[arg(long, value_enum, default_value_t = Format::Json)]
    format: Format,
    /// Where to; stdout if missing
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Which calls, and how they are reckoned.
#[derive(Args)]
struct AskedArgs {
    /// First day (YYYY-MM-DD) or hour (YYYY-MM-DDTHH) of Vietnam
    #[arg(long, required = true)]
    from: Option<String>,
    /// Last day or hour; it belongs to the period
    #[arg(long, required = true)]
    to: Option<String>,
    /// T of the service level, seconds
    #[arg(long, default_value = "20", value_name = "S")]
    within: String,
    /// Đồng for an answered call
    #[arg(long, value_name = "DONG")]
    price_per_call: Option<String>,
    /// Đồng for an hour on duty
    #[arg(long, value_name = "DONG")]
    price_per_agent_hour: Option<String>,
    /// Only calls of this home company
    #[arg(long)]
    home: Option<String>,
    /// Only calls that this company serves
    #[arg(long)]
    serving: Option<String>,
    /// Only calls of this dealer's account
    #[arg(long)]
    dealer: Option<String>,
    /// Only the part of this partner's agents; empty: the companies' own
    #[arg(long)]
    partner: Option<String>,
    /// Only the part of this agent (its id)
    #[arg(long)]
    agent: Option<String>,
}

#[derive(Subcommand)]
enum ReportCommand {
    /// Partners side by side over a trial, with confidence intervals
    Trial(Box<TrialArgs>),
    /// The results of a day: delivered, waiting, given up, and what differs from mSale's list
    Reconcile(ReconcileArgs),
    /// Make the rows that reports count anew from the log; a server may run meanwhile
    Rebuild,
}

#[derive(Args)]
struct TrialArgs {
    #[command(flatten)]
    asked: AskedArgs,
}

#[derive(Args)]
struct ReconcileArgs {
    /// Day of Vietnam, YYYY-MM-DD
    day: String,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Json,
    Csv,
    Xlsx,
}

pub fn run(globals: &Globals, args: ReportArgs) -> Result<(), CliError> {
    match args.command {
        None => make(globals, &args),
        Some(ReportCommand::Trial(args)) => evaluate(globals, &args.asked),
        Some(ReportCommand::Reconcile(args)) => reconcile_day(globals, &args),
        Some(ReportCommand::Rebuild) => anew(globals),
    }
}

/// A store of before the figures were kept, or one that was restored, is brought up to date first.
fn open(globals: &Globals) -> Result<Opened, CliError> {
    let opened = open_existing(globals)?;
    if Keys::are_in(opened.db.folder()) {
        rebuild::catch_up_blocking(&opened.db, &Keys::open(opened.db.folder())?)?;
    }
    Ok(opened)
}

fn make(globals: &Globals, args: &ReportArgs) -> Result<(), CliError> {
    let asked = Asked { limit: MAX_FILE_ROWS, ..read(&args.asked, Some(&args.by))? };
    let opened = open(globals)?;
    let now = opened.clock.now();
    let (report, _) =
        opened.db.read_blocking(|connection| report::make(connection, &Packs::default(), &asked, now))?;
    let bytes = match args.format {
        Format::Json => [serde_json::to_vec(&report)?, b"\n".to_vec()].concat(),
        Format::Csv => table::csv(&table::of(&report))?,
        Format::Xlsx => xlsx::workbook(&report)?,
    };
    match (&args.out, args.format) {
        (Some(file), _) => {
            std::fs::write(file, bytes).with_context(|| format!("{} was not written", file.display()))?;
        }
        (None, Format::Xlsx) => return Err(anyhow!("name a file for the workbook: --out FILE").into()),
        (None, Format::Json | Format::Csv) => {
            std::io::Write::write_all(&mut std::io::stdout(), &bytes)?;
        }
    }
    Ok(())
}

fn evaluate(globals: &Globals, args: &AskedArgs) -> Result<(), CliError> {
    let asked = read(args, None)?;
    let opened = open(globals)?;
    let now = opened.clock.now();
    let (trial, _) =
        opened.db.read_blocking(|connection| trial::make(connection, &Packs::default(), &asked, now))?;
    if globals.json {
        return say(&serde_json::to_string(&trial)?);
    }
    trial.words.iter().try_for_each(|line| say(line))?;
    say("")?;
    trial.methods.iter().try_for_each(|line| say(line))
}

fn reconcile_day(globals: &Globals, args: &ReconcileArgs) -> Result<(), CliError> {
    let day = day_number(&args.day).ok_or_else(|| CliError::Settings(vec!["day: not_a_day".to_owned()]))?;
    let opened = open(globals)?;
    // All of them: a list on the command line has no pages.
    let page = Page { after: None, most: usize::MAX };
    let found = opened.db.read_blocking(|connection| of_day(connection, day, &Scope::default(), page))?;
    if globals.json {
        return say(&serde_json::to_string(&found)?);
    }
    let Reconciliation { results, delivered, waiting, given_up, undeliverable, msale, items, .. } = found;
    say(&format!(
        "{results} results: {delivered} delivered, {waiting} waiting, {given_up} given up, {undeliverable} without endpoint"
    ))?;
    match msale {
        None => say("mSale has not sent its list")?,
        Some(side) => say(&format!(
            "mSale holds {}: {} the same, {} missing there, {} unknown here, {} differing",
            side.results, side.same, side.missing_there, side.unknown_here, side.differing
        ))?,
    }
    items.iter().try_for_each(|item| {
        let kinds = serde_json::to_value(&item.kinds)?;
        let kinds: Vec<&str> =
            kinds.as_array().into_iter().flatten().filter_map(|kind| kind.as_str()).collect();
        say(&format!("{}  {}", item.call_id, kinds.join(", ")))
    })
}

fn anew(globals: &Globals) -> Result<(), CliError> {
    let opened = open_existing(globals)?;
    let keys = Keys::of_store(&opened.db)?;
    let mark = opened.mark("report.rebuilt", "figures".to_owned(), json!({}));
    opened.db.write_blocking(move |tx| mark.leave(tx))?;
    let records = rebuild::anew(&opened.db, &keys)?;
    object(globals, &json!({ "records": records }))
}

/// Reads what is asked for as the console does; faults are those of its fields.
fn read(args: &AskedArgs, by: Option<&String>) -> Result<Asked, CliError> {
    let fields = [
        ("from", args.from.as_ref()),
        ("to", args.to.as_ref()),
        ("by", by),
        ("within_s", Some(&args.within)),
        ("price_per_call", args.price_per_call.as_ref()),
        ("price_per_agent_hour", args.price_per_agent_hour.as_ref()),
        ("home", args.home.as_ref()),
        ("serving", args.serving.as_ref()),
        ("dealer", args.dealer.as_ref()),
        ("partner", args.partner.as_ref()),
        ("agent", args.agent.as_ref()),
    ];
    let query: BTreeMap<String, String> =
        fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.clone()))).collect();
    ask::read(&query).map_err(|problem: Problem| {
        let faults = problem.errors.iter();
        CliError::Settings(faults.map(|fault| format!("{}: {}", fault.field, fault.code)).collect())
    })
}

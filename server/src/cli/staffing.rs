//! `staffing`: how many agents are needed (C3). An interval needs no store.

use std::path::PathBuf;

use anyhow::Context as _;
use chinhchu_protocol::console::staffing::{
    StaffingDayQuestion, StaffingMethod, StaffingPast, StaffingQuestion, StaffingTarget,
};
use chinhchu_protocol::ids::CompanyCode;
use chinhchu_staffing::Fault;
use clap::{Args, Subcommand, ValueEnum};

use super::store::{company_code, open_existing};
use super::{CliError, Globals, output};
use crate::companies;
use crate::staffing::{self, http::period};
use crate::store::StoreError;

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct StaffingArgs {
    #[command(subcommand)]
    day: Option<StaffingCommand>,
    /// Calls that are expected in the interval
    #[arg(long, required = true, value_name = "NUMBER")]
    calls: Option<f64>,
    /// Length of the interval: 30m, 1h
    #[arg(long, default_value = "30m", value_name = "TIME")]
    per: String,
    /// Mean handling time of a call, wrap-up included: 180s, 3m
    #[arg(long, required = true, value_name = "TIME")]
    aht: Option<String>,
    /// Mean patience of callers: with it Erlang A is used, without it Erlang C (nobody hangs up)
    #[arg(long, value_name = "TIME")]
    patience: Option<String>,
    #[command(flatten)]
    target: TargetArgs,
}

#[derive(Subcommand)]
enum StaffingCommand {
    /// A day by half hours: from figures, from a past period of this installation, or by replaying that period
    Day(DayArgs),
}

#[derive(Args)]
struct TargetArgs {
    /// Share of calls to be answered in time
    #[arg(long, default_value_t = 0.8, value_name = "SHARE")]
    service_level: f64,
    /// What «in time» is
    #[arg(long, default_value = "20s", value_name = "TIME")]
    within: String,
    /// Share of paid time in which an agent is not at the calls
    #[arg(long, default_value_t = 0.0, value_name = "SHARE")]
    shrinkage: f64,
    /// Agents are not to be busier than that
    #[arg(long, default_value_t = 1.0, value_name = "SHARE")]
    occupancy: f64,
}

#[derive(Args)]
struct DayArgs {
    /// Serving company whose past calls are read; with --from and --to
    #[arg(long, requires_all = ["from", "to"], value_name = "COMPANY")]
    pool: Option<String>,
    /// First day of the past (Vietnam), YYYY-MM-DD
    #[arg(long, requires = "pool", value_name = "DAY")]
    from: Option<String>,
    /// Last day of the past
    #[arg(long, requires = "pool", value_name = "DAY")]
    to: Option<String>,
    /// Calls of the day; that of the past if missing; not with a replay
    #[arg(long, value_name = "NUMBER")]
    calls_a_day: Option<f64>,
    /// File with 48 numbers, one for each half hour from midnight on; that of the past if missing; not with a replay
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// Mean handling time; that of the past if missing; not with a replay
    #[arg(long, value_name = "TIME")]
    aht: Option<String>,
    /// Mean patience; that of the past if missing
    #[arg(long, value_name = "TIME")]
    patience: Option<String>,
    /// How it is reckoned
    #[arg(long, value_enum, default_value = "erlang-c")]
    method: Method,
    #[command(flatten)]
    target: TargetArgs,
}

#[derive(Clone, Copy, ValueEnum)]
enum Method {
    /// Nobody hangs up
    ErlangC,
    /// Callers have patience
    ErlangA,
    /// The calls of the past through the switchboard
    Replay,
}

pub fn run(globals: &Globals, args: StaffingArgs) -> Result<(), CliError> {
    if let Some(StaffingCommand::Day(args)) = args.day {
        return day(globals, args);
    }
    let question = StaffingQuestion {
        calls: args.calls.unwrap_or_default(),
        per_s: seconds("--per", &args.per)?,
        handle_s: seconds("--aht", args.aht.as_deref().unwrap_or_default())?,
        patience_s: args.patience.as_deref().map(|text| seconds("--patience", text)).transpose()?,
        target: target(&args.target)?,
    };
    let answer = staffing::interval(&question).map_err(fault)?;
    output::object(globals, &answer.needed)
}

fn day(globals: &Globals, args: DayArgs) -> Result<(), CliError> {
    let profile = args.profile.map(|path| {
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let numbers = text.split([',', ';', '\n', '\r', '\t', ' ']).filter(|text| !text.is_empty());
        numbers
            .map(str::parse::<f64>)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| CliError::Settings(vec!["--profile: 48 numbers".to_owned()]))
    });
    let past = match (&args.pool, args.from, args.to) {
        (Some(pool), Some(from), Some(to)) => Some(StaffingPast { pool: company_code(pool)?, from, to }),
        (_, _, _) => None,
    };
    let time = |field, text: Option<String>| text.map(|text| seconds(field, &text)).transpose();
    let question = StaffingDayQuestion {
        past,
        calls_a_day: args.calls_a_day,
        profile: profile.transpose()?,
        handle_s: time("--aht", args.aht)?,
        patience_s: time("--patience", args.patience)?,
        method: match args.method {
            Method::ErlangC => StaffingMethod::ErlangC,
            Method::ErlangA => StaffingMethod::ErlangA,
            Method::Replay => StaffingMethod::Replay,
        },
        target: target(&args.target)?,
    };
    let read = question.past.as_ref().map(|past| past_of(globals, past)).transpose()?;
    let past = read.as_ref().map(|(calls, settings)| (calls.as_slice(), settings));
    let answer = staffing::day(&question, past).map_err(fault)?;
    if globals.json {
        return output::object(globals, &answer);
    }
    output::list(globals, &answer.slots)?;
    output::say(&format!(
        "at most {} on the roster at one time, {} hours of the roster in all{}{}",
        answer.peak_scheduled,
        answer.scheduled_hours,
        if answer.reached { "" } else { "; NOT every half hour reaches the target" },
        if answer.cut_short { "; the search was cut short: fewer agents might do" } else { "" }
    ))
}

type Read = (Vec<chinhchu_staffing::fit::PastCall>, chinhchu_routing::Settings);

fn past_of(globals: &Globals, past: &StaffingPast) -> Result<Read, CliError> {
    let (from, to) = period(&past.from, &past.to).map_err(fault)?;
    let opened = open_existing(globals)?;
    let pool: CompanyCode = past.pool.clone();
    super::store::company_exists(&opened, &pool)?;
    Ok(opened.db.read_blocking(move |connection| {
        let settings = companies::sql::settings(connection, &pool)?;
        Ok::<_, StoreError>((staffing::read(connection, &pool, from, to)?, settings))
    })?)
}

fn target(args: &TargetArgs) -> Result<StaffingTarget, CliError> {
    Ok(StaffingTarget {
        service_level: args.service_level,
        within_s: seconds("--within", &args.within)?,
        occupancy: Some(args.occupancy),
        shrinkage: Some(args.shrinkage),
    })
}

fn seconds(flag: &str, text: &str) -> Result<f64, CliError> {
    let seconds = super::token::seconds(text);
    seconds.map(f64::from).ok_or_else(|| CliError::Settings(vec![format!("{flag}: such as 20s, 3m, 1h")]))
}

fn fault(fault: Fault) -> CliError {
    let why = match fault.code {
        "out_of_range" => "out of its bounds (docs/staffing.md)",
        "out_of_reach" => "no number of agents reaches it",
        "missing" => "missing",
        "too_many" => "too many for a replay: take a shorter period",
        "not_with_replay" => "a replay plays the calls as they were; leave it out",
        "not_a_day" => "a day such as 2026-11-01",
        other => other,
    };
    CliError::Settings(vec![format!("{}: {why}", fault.field)])
}

//! Changes of settings with their moment; opening hours and holidays as people write them.

use anyhow::anyhow;
use chinhchu_protocol::console::settings::CompanyChange;
use chinhchu_protocol::ids::{ChangeId, CompanyCode};
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::hours::Day;
use clap::Args;
use serde_json::{Map, Value, json};

use super::super::store::{Opened, company_code, company_exists};
use super::super::{CliError, Globals, output};
use crate::audit::who;
use crate::companies::changes::{self, Ask, ChangeError};
use crate::companies::{hours as written, rules, sql};

/// Changes shown.
const MOST_SHOWN: u32 = 200;
/// Why, where nobody said so.
const NO_REASON: &str = "command line";

/// From when on, and why.
#[derive(Args)]
pub struct When {
    /// From when on; at once if missing: 2026-12-01T08:00 or 2026-12-01 (Vietnam's time), or with an offset
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Why; kept with the change, so no customer's data
    #[arg(long, default_value = NO_REASON)]
    reason: String,
}

/// Opening hours.
#[derive(Args)]
pub struct HoursArgs {
    /// Code of the company that serves, such as 1
    code: String,
    /// Monday to Friday, such as 07:30-11:30,13:00-17:30, or `closed`; 22:00-06:00 ends on the next day
    #[arg(long, value_name = "SPANS")]
    weekdays: Option<String>,
    /// Monday
    #[arg(long, value_name = "SPANS")]
    mon: Option<String>,
    /// Tuesday
    #[arg(long, value_name = "SPANS")]
    tue: Option<String>,
    /// Wednesday
    #[arg(long, value_name = "SPANS")]
    wed: Option<String>,
    /// Thursday
    #[arg(long, value_name = "SPANS")]
    thu: Option<String>,
    /// Friday
    #[arg(long, value_name = "SPANS")]
    fri: Option<String>,
    /// Saturday
    #[arg(long, value_name = "SPANS")]
    sat: Option<String>,
    /// Sunday
    #[arg(long, value_name = "SPANS")]
    sun: Option<String>,
    /// Open at any time: takes hours and holidays away
    #[arg(long, conflicts_with_all = ["weekdays", "mon", "tue", "wed", "thu", "fri", "sat", "sun"])]
    always: bool,
    /// Serve who waits at closing time until the longest wait
    #[arg(long, value_name = "true|false")]
    serve_queue_after_close: Option<bool>,
    #[command(flatten)]
    when: When,
}

/// One day.
#[derive(Args)]
pub struct HolidayArgs {
    /// Code of the company that serves, such as 1
    code: String,
    /// The day, such as 2027-01-01
    day: String,
    /// Open in these spans, such as 08:00-10:00; closed all day if missing
    #[arg(long, value_name = "SPANS")]
    open: Option<String>,
    /// The day is like its weekday again
    #[arg(long, conflicts_with = "open")]
    remove: bool,
    #[command(flatten)]
    when: When,
}

/// Makes a change.
pub fn change(
    opened: &Opened,
    code: &CompanyCode,
    changes: Map<String, Value>,
    when: &When,
) -> Result<CompanyChange, CliError> {
    let effective_at = when.from.as_deref().map(|text| time("--from", text)).transpose()?;
    let ask = Ask {
        company: code.clone(),
        changes,
        effective_at,
        reason: when.reason.clone(),
        actor: who::command_line(),
    };
    let (id, now) = (ChangeId(opened.clock.new_id()), opened.clock.now());
    opened.db.write_blocking(move |tx| changes::propose(tx, &ask, id, now)).map_err(refused)
}

/// `company hours`.
pub fn hours(globals: &Globals, opened: &Opened, args: &HoursArgs) -> Result<(), CliError> {
    let code = known(opened, &args.code)?;
    let wanted = code.clone();
    let settings = opened.db.read_blocking(move |c| sql::rules(c, &wanted))?;
    let mut patch = Map::new();
    if let Some(serve) = args.serve_queue_after_close {
        patch.insert("serve_queue_after_close".to_owned(), json!(serve));
    }
    if args.always {
        patch.insert("hours".to_owned(), Value::Null);
    }
    let days = [&args.mon, &args.tue, &args.wed, &args.thu, &args.fri, &args.sat, &args.sun];
    for (n, (name, day)) in written::WEEKDAYS.iter().zip(days).enumerate() {
        let text = day.as_ref().or(args.weekdays.as_ref().filter(|_| n < 5));
        if let Some(text) = text {
            // Day by day: what is planned for the others stays as it is planned.
            patch.insert(format!("hours.weekly.{name}"), spans(text)?);
        }
    }
    if patch.is_empty() {
        let shown: rules::Rules = serde_json::from_value(settings)?;
        return output::object(
            globals,
            &json!({ "hours": shown.routing.hours,
            "serve_queue_after_close": shown.routing.serve_queue_after_close }),
        );
    }
    output::object(globals, &change(opened, &code, patch, &args.when)?)
}

/// `company holiday`.
pub fn holiday(globals: &Globals, opened: &Opened, args: &HolidayArgs) -> Result<(), CliError> {
    let code = known(opened, &args.code)?;
    let day: Day = args.day.parse().map_err(|_| wrong("DAY: YYYY-MM-DD, such as 2027-01-01".to_owned()))?;
    let value = match (&args.open, args.remove) {
        (_, true) => Value::Null,
        (Some(text), false) => spans(text)?,
        (None, false) => json!([]),
    };
    let patch = Map::from_iter([(format!("hours.holidays.{day}"), value)]);
    output::object(globals, &change(opened, &code, patch, &args.when)?)
}

/// `company history`.
pub fn history(globals: &Globals, opened: &Opened, code: &str, at: Option<&str>) -> Result<(), CliError> {
    let code = known(opened, code)?;
    let Some(at) = at else {
        let found = opened.db.read_blocking(move |c| changes::history(c, &code, None, MOST_SHOWN))?;
        let shown: Vec<CompanyChange> = found.into_iter().map(|(_, change)| change).collect();
        return output::list(globals, &shown);
    };
    let at = time("--at", at)?;
    let now = opened.clock.now();
    let held = opened.db.read_blocking(move |c| changes::then(c, &code, at, now))?;
    let held = held.ok_or_else(|| anyhow!("the company did not exist then"))?;
    let rules: rules::Rules = serde_json::from_value(held.holding.settings)?;
    let mut told = serde_json::to_value(rules)?;
    told["served_by"] = json!(held.holding.served_by);
    told["since"] = json!(held.since);
    told["change_id"] = json!(held.change_id);
    told["planned"] = json!(held.planned);
    output::object(globals, &told)
}

/// `company withdraw`.
pub fn withdraw(globals: &Globals, opened: &Opened, code: &str, id: &str) -> Result<(), CliError> {
    let code = known(opened, code)?;
    let id: ChangeId = id.parse().map_err(|_| anyhow!("there is no such change"))?;
    let (actor, now) = (who::command_line(), opened.clock.now());
    let done = opened.db.write_blocking(move |tx| changes::withdraw(tx, &code, id, &actor, now));
    output::object(globals, &done.map_err(refused)?)
}

fn known(opened: &Opened, code: &str) -> Result<CompanyCode, CliError> {
    let code = company_code(code)?;
    company_exists(opened, &code)?;
    Ok(code)
}

fn refused(error: ChangeError) -> CliError {
    match error {
        ChangeError::Faults(faults) => CliError::Settings(faults.iter().map(ToString::to_string).collect()),
        ChangeError::NoCompany
        | ChangeError::Conflict { .. }
        | ChangeError::NoChange
        | ChangeError::NotPending
        | ChangeError::Elsewhere
        | ChangeError::TooMany
        | ChangeError::Store(_) => error.into(),
    }
}

fn spans(text: &str) -> Result<Value, CliError> {
    written::spans_of(text)
        .ok_or_else(|| wrong("spans: such as 07:30-11:30,13:00-17:30, or `closed`".to_owned()))
}

/// Vietnam's time, unless the text names an offset.
fn time(flag: &str, text: &str) -> Result<Timestamp, CliError> {
    let whole = if text.len() == 10 { format!("{text}T00:00") } else { text.to_owned() };
    let read = text.parse().or_else(|_| format!("{whole}+07:00").parse());
    read.map_err(|_| wrong(format!("{flag}: such as 2026-12-01T08:00 or 2026-12-01")))
}

fn wrong(told: String) -> CliError {
    CliError::Settings(vec![told])
}

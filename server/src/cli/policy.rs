//! `policy`: the catalogue, and what it decides (P1–P3).

use anyhow::anyhow;
use clap::{Args, Subcommand};
use serde::Serialize;

use super::store::open;
use super::{CliError, Globals, output};
use crate::http::ApiError;
use crate::intake::walk::read_date;
use crate::policy::http::{no_rule, read_question};
use crate::policy::sql::{rule_on, rules_on, video_call_name};
use crate::policy::{Customers, decide, vietnam_day};

#[derive(Subcommand)]
pub enum PolicyCommand {
    /// Show the rules that hold on a day
    Show {
        /// Day in Vietnam, YYYY-MM-DD; today if missing
        #[arg(long, value_name = "DAY")]
        at: Option<String>,
    },
    /// Decide for one subscriber and channel, as GET /v1/policy/decision does
    Decide(DecideArgs),
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

#[derive(Serialize)]
struct RuleShown {
    payment: &'static str,
    sub_type: String,
    name: String,
    customers: &'static str,
    video_call: &'static str,
    valid_from: String,
    valid_to: Option<String>,
    rule_id: chinhchu_protocol::ids::RuleId,
}

pub fn run(globals: &Globals, command: PolicyCommand) -> Result<(), CliError> {
    let opened = open(globals)?;
    let today = vietnam_day(opened.clock.now());
    match command {
        PolicyCommand::Show { at } => {
            let wrong = || CliError::Settings(vec!["--at: YYYY-MM-DD".to_owned()]);
            let day = at.map_or(Some(today), |text| read_date(&text)).ok_or_else(wrong)?;
            let rules = opened.db.read_blocking(move |c| rules_on(c, day))?;
            let shown: Vec<RuleShown> = rules
                .into_iter()
                .map(|rule| RuleShown {
                    payment: rule.payment,
                    sub_type: rule.sub_type,
                    name: rule.name,
                    customers: rule.customers.name(),
                    video_call: video_call_name(rule.video_call),
                    valid_from: rule.valid_from,
                    valid_to: rule.valid_to,
                    rule_id: rule.rule_id,
                })
                .collect();
            output::list(globals, &shown)
        }
        PolicyCommand::Decide(args) => {
            let question = read_question(&query(&args)?, today).map_err(wrong_use)?;
            let channel = question.channel;
            let rule = opened
                .db
                .read_blocking(move |c| {
                    let customers = Customers::of(question.customer_type);
                    rule_on(c, question.payment, question.sub_type.as_deref(), customers, question.day)
                })?
                .map_err(|why| anyhow!("{}", no_rule(why).into_problem().detail))?;
            output::object(globals, &decide::decide(&rule, channel))
        }
    }
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

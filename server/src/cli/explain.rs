//! `explain CALL`: the call's story from the log, with times; for every offer who was considered, who was
//! not, and why, and by which version of the rules. Agents are named by their user names, never a customer.

use std::collections::BTreeMap;

use anyhow::anyhow;
use chinhchu_protocol::call::Decision;
use chinhchu_protocol::evidence::VerdictStanding;
use chinhchu_protocol::ids::{AgentId, CallId};
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::announce::call_of;
use chinhchu_routing::fact::{OfferOutcome, WhyNot};
use chinhchu_routing::{Event, Fact};
use clap::Args;
use serde::Serialize;
use serde_json::{Value, json};

use super::log::{LogFault, each};
use super::output::say;
use super::store::{Opened, open_existing};
use super::{CliError, Globals};
use crate::agents;

#[derive(Args)]
pub struct ExplainArgs {
    /// Id of the call, as eKYC and the agent's history show it
    call: String,
}

/// An agent in the story.
#[derive(Clone, Serialize)]
struct Who {
    agent: AgentId,
    username: String,
}

/// One offer: where it rang, how it ended, and who else was looked at.
#[derive(Serialize)]
struct OfferTold {
    offer: u32,
    at: Timestamp,
    rules_version: u32,
    to: Who,
    rang_at: Option<Timestamp>,
    /// `accepted`, or how it closed; null while it rings.
    outcome: Option<String>,
    closed_at: Option<Timestamp>,
    considered: Vec<NotAsked>,
    /// More were looked at than are listed.
    more: bool,
}

#[derive(Serialize)]
struct NotAsked {
    #[serde(flatten)]
    who: Who,
    why_not: WhyNot,
    why: &'static str,
}

/// Evidence that came, and what it counts for.
#[derive(Serialize)]
struct VerdictTold {
    at: Timestamp,
    assignment: u32,
    by: Who,
    decision: Decision,
    standing: VerdictStanding,
}

/// The whole story.
#[derive(Serialize)]
struct Story {
    call_id: CallId,
    offers: Vec<OfferTold>,
    verdicts: Vec<VerdictTold>,
    /// Every fact, as in the log, with its record.
    facts: Vec<Value>,
}

pub fn run(globals: &Globals, args: &ExplainArgs) -> Result<(), CliError> {
    let opened = open_existing(globals)?;
    let unknown = || anyhow!("there is no such call in the log");
    let call: CallId = args.call.parse().map_err(|_| unknown())?;
    let names = names(&opened)?;
    let mut story = Story { call_id: call, offers: Vec::new(), verdicts: Vec::new(), facts: Vec::new() };
    let mut lines = Vec::new();
    let read = each(&opened, |record| {
        // Most records are of other calls: their bytes tell without being read.
        if !mentions(&record.facts, call) {
            return Ok(());
        }
        for fact in record.facts()?.iter().filter(|fact| call_of(fact) == Some(call)) {
            story.take(fact, record.rules_version, &names);
            let mut value = serde_json::to_value(fact)?;
            value["seq"] = json!(record.seq);
            value["rules_version"] = json!(record.rules_version);
            lines.push(line(&value, &names));
            story.facts.push(value);
        }
        Ok(())
    });
    match read {
        Ok(_) => {}
        Err(LogFault::Broken(seq)) => {
            return Err(anyhow!("the log's chain of hashes breaks at record {seq}").into());
        }
        Err(LogFault::Other(error)) => return Err(error),
    }
    if story.facts.is_empty() {
        return Err(unknown().into());
    }
    if globals.json {
        return say(&serde_json::to_string(&story)?);
    }
    lines.iter().try_for_each(|line| say(line))?;
    story.offers.iter().try_for_each(print_offer)?;
    story.verdicts.iter().try_for_each(|told| {
        say(&format!(
            "\nverdict of {} (assignment {}), {}: {}, {}",
            told.by.username,
            told.assignment,
            told.at,
            code(&told.decision),
            standing(told.standing)
        ))
    })
}

impl Story {
    fn take(&mut self, fact: &Fact, rules_version: u32, names: &Names) {
        let who = |agent: AgentId| Who { agent, username: name(names, agent) };
        match &fact.event {
            Event::Offered { offer, agent, considered, more, .. } => {
                let considered = considered.iter().map(|one| NotAsked {
                    who: who(one.agent),
                    why_not: one.why_not,
                    why: words(one.why_not),
                });
                self.offers.push(OfferTold {
                    offer: *offer,
                    at: fact.at,
                    rules_version,
                    to: who(*agent),
                    rang_at: None,
                    outcome: None,
                    closed_at: None,
                    considered: considered.collect(),
                    more: *more,
                });
            }
            Event::Rang { offer, .. } => self.offer(*offer, |told| told.rang_at = Some(fact.at)),
            Event::OfferClosed { offer, outcome, .. } => {
                self.close(*offer, fact.at, outcome_words(*outcome));
            }
            Event::CallAccepted { offer, .. } => self.close(*offer, fact.at, "accepted"),
            Event::EvidenceTaken { assignment, agent, decision, standing, .. } => {
                self.verdicts.push(VerdictTold {
                    at: fact.at,
                    assignment: *assignment,
                    by: who(*agent),
                    decision: *decision,
                    standing: *standing,
                });
            }
            // The list of facts tells the rest.
            _ => {}
        }
    }

    fn offer(&mut self, number: u32, change: impl FnOnce(&mut OfferTold)) {
        if let Some(told) = self.offers.iter_mut().find(|told| told.offer == number) {
            change(told);
        }
    }

    fn close(&mut self, number: u32, at: Timestamp, outcome: &str) {
        self.offer(number, |told| {
            (told.outcome, told.closed_at) = (Some(outcome.to_owned()), Some(at));
        });
    }
}

type Names = BTreeMap<String, String>;

/// User names by id, as text: facts are searched for them.
fn names(opened: &Opened) -> Result<Names, CliError> {
    let list = opened.db.read_blocking(agents::sql::agents)?;
    Ok(list.into_iter().map(|one| (one.profile.agent_id.to_string(), one.profile.username)).collect())
}

fn name(names: &Names, agent: AgentId) -> String {
    names.get(&agent.to_string()).cloned().unwrap_or_else(|| agent.to_string())
}

fn mentions(facts: &[u8], call: CallId) -> bool {
    let id = call.to_string();
    facts.windows(id.len()).any(|window| window == id.as_bytes())
}

/// `time  #record  event  field=value …`.
fn line(fact: &Value, names: &Names) -> String {
    let skipped = ["at", "event", "call", "seq", "rules_version", "considered"];
    let details: Vec<String> = fact
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| !skipped.contains(&name.as_str()))
        .map(|(field, value)| {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            format!("{field}={}", names.get(&text).unwrap_or(&text))
        })
        .collect();
    let text = |name: &str| fact[name].as_str().unwrap_or("");
    format!("{}  #{}  {}  {}", text("at"), fact["seq"], text("event"), details.join(" "))
}

fn print_offer(told: &OfferTold) -> Result<(), CliError> {
    let outcome = told.outcome.as_deref().unwrap_or("rings");
    let after = told.closed_at.map(|at| format!(" after {} ms", at.ms_since(told.at))).unwrap_or_default();
    let to = &told.to.username;
    say(&format!(
        "\noffer {} to {to}, {}: {outcome}{after} (rules {})",
        told.offer, told.at, told.rules_version
    ))?;
    for other in &told.considered {
        say(&format!("    not {}: {}", other.who.username, other.why))?;
    }
    if told.considered.is_empty() {
        say("    nobody else was on duty")?;
    }
    if told.more { say("    and more, not listed") } else { Ok(()) }
}

const fn words(why: WhyNot) -> &'static str {
    match why {
        WhyNot::IdleForLess => "available, but idle for a shorter time",
        WhyNot::MoreCalls => "available, but has taken more calls since signing in",
        WhyNot::AskedMoreRecently => "available, but was asked more recently",
        WhyNot::PartnerOverShare => "available, but the partner has had more of its share",
        WhyNot::SkillMissing => "available, but lacks a skill that the call needs",
        WhyNot::OtherCompany => "available, but of a company that is asked only when nobody nearer is free",
        WhyNot::PassedBefore => "passed this call before",
        WhyNot::MissedBefore => "missed this call before",
        WhyNot::NeverRangBefore => "its workstation never rang for this call before",
        WhyNot::LostBefore => "was lost in this call before",
        WhyNot::Ringing => "another call rings there",
        WhyNot::InCall => "in a call",
        WhyNot::WrapUp => "wraps up after a call",
        WhyNot::Paused => "paused",
        WhyNot::Away => "its workstation is not connected",
    }
}

const fn outcome_words(outcome: OfferOutcome) -> &'static str {
    match outcome {
        OfferOutcome::Declined => "declined",
        OfferOutcome::Passed => "passed",
        OfferOutcome::Missed => "missed",
        OfferOutcome::NeverRang => "never rang",
        OfferOutcome::CallerAway => "withdrawn, the caller is away",
        OfferOutcome::CallOver => "withdrawn, the call is over",
        OfferOutcome::AgentAway => "withdrawn, the agent is away or signed out",
    }
}

const fn standing(standing: VerdictStanding) -> &'static str {
    match standing {
        VerdictStanding::Counts => "the call's verdict",
        VerdictStanding::Late => "the call's verdict, late",
        VerdictStanding::Superseded => "superseded, kept",
    }
}

fn code(value: &impl Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

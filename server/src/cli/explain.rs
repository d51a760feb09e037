//! `explain CALL`: the call's own facts from the log, in order, with who was considered for every offer.

use anyhow::anyhow;
use chinhchu_protocol::ids::CallId;
use chinhchu_routing::Fact;
use chinhchu_routing::announce::call_of;
use clap::Args;
use serde_json::{Value, json};

use super::output::say;
use super::store::open;
use super::{CliError, Globals};
use crate::store::{Db, StoreError};
use crate::switchboard::sql::records_after;

/// Records read at once.
const CHUNK: u32 = 1_000;

#[derive(Args)]
pub struct ExplainArgs {
    /// Id of the call, as eKYC and the agent's history show it
    call: String,
}

pub fn run(globals: &Globals, args: &ExplainArgs) -> Result<(), CliError> {
    let opened = open(globals)?;
    let unknown = || anyhow!("there is no such call in the log");
    let call: CallId = args.call.parse().map_err(|_| unknown())?;
    let facts = facts_of(&opened.db, call)?;
    if facts.is_empty() {
        return Err(unknown().into());
    }
    if globals.json {
        return say(&json!({ "call_id": call, "facts": facts }).to_string());
    }
    facts.iter().try_for_each(print_fact)
}

fn facts_of(db: &Db, call: CallId) -> Result<Vec<Value>, CliError> {
    let mut found = Vec::new();
    let mut after = 0;
    loop {
        let records = db.read_blocking(move |c| records_after(c, after, CHUNK))?;
        let Some(last) = records.last() else { return Ok(found) };
        after = last.seq;
        for record in &records {
            let facts: Vec<Fact> = record.facts().map_err(|error: StoreError| error)?;
            for fact in facts.iter().filter(|fact| call_of(fact) == Some(call)) {
                let mut value = serde_json::to_value(fact)?;
                value["seq"] = json!(record.seq);
                value["rules_version"] = json!(record.rules_version);
                found.push(value);
            }
        }
    }
}

/// `time  event  field=value …`, and one line for everybody who was considered.
fn print_fact(fact: &Value) -> Result<(), CliError> {
    let skipped = ["at", "event", "call", "seq", "rules_version", "considered"];
    let details: Vec<String> = fact
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| !skipped.contains(&name.as_str()))
        .map(|(name, value)| {
            format!("{name}={}", value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        })
        .collect();
    let text = |name: &str| fact[name].as_str().unwrap_or("").to_owned();
    say(&format!("{}  #{}  {}  {}", text("at"), fact["seq"], text("event"), details.join(" ")))?;
    for other in fact["considered"].as_array().into_iter().flatten() {
        let (agent, why) = (other["agent"].as_str().unwrap_or(""), other["why_not"].as_str().unwrap_or(""));
        say(&format!("    not {agent}: {why}"))?;
    }
    Ok(())
}

//! `replay`: the whole log, decided again under the rules that it names, and its chain of hashes.

use anyhow::anyhow;
use chinhchu_protocol::ids::CallId;
use chinhchu_routing::{Input, Logged, Replay, call_of};
use clap::Args;
use serde::Serialize;
use serde_json::{Value, json};

use super::log::{LogFault, each};
use super::output::say;
use super::store::open_existing;
use super::{CliError, Globals};
use crate::cases::hex;
use crate::switchboard::Record;

#[derive(Args)]
pub struct ReplayArgs {
    /// Report on this call alone; the chain is verified as a whole all the same
    #[arg(long)]
    call: Option<String>,
}

/// What was found.
#[derive(Serialize, Default)]
struct Found {
    /// Records read.
    records: u64,
    /// Of these, decided again and compared.
    compared: u64,
    /// Whether every record carries the hash of the one before.
    chain: &'static str,
    /// Hash of the last record, lower-case hex.
    head: String,
    /// Records that are decided otherwise now.
    differences: u64,
    /// The first of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<Value>,
}

pub fn run(globals: &Globals, args: &ReplayArgs) -> Result<(), CliError> {
    let opened = open_existing(globals)?;
    let wanted: Option<CallId> = args
        .call
        .as_ref()
        .map(|text| text.parse())
        .transpose()
        .map_err(|_| anyhow!("that is no id of a call"))?;
    let (mut replay, mut found) = (Replay::default(), Found { chain: "sound", ..Found::default() });
    let read = each(&opened, |record| {
        found.records += 1;
        let (compared, difference) = step(&mut replay, record, wanted)?;
        found.compared += u64::from(compared);
        found.differences += u64::from(difference.is_some());
        found.first = found.first.take().or(difference);
        Ok(())
    });
    match read {
        Ok(head) => found.head = hex(&head.hash),
        Err(LogFault::Broken(seq)) => {
            found.chain = "broken";
            found.first = found.first.take().or(Some(json!({ "seq": seq, "what": "the chain of hashes" })));
        }
        Err(LogFault::Other(error)) => return Err(error),
    }
    if wanted.is_some() && found.compared == 0 {
        return Err(anyhow!("there is no such call in the log").into());
    }
    tell(globals, &found)?;
    if found.chain == "sound" && found.differences == 0 {
        Ok(())
    } else {
        Err(anyhow!("the log is not what these rules make of its inputs").into())
    }
}

/// Decides one record again; whether it counts, and what differs.
fn step(
    replay: &mut Replay,
    record: &Record,
    wanted: Option<CallId>,
) -> Result<(bool, Option<Value>), CliError> {
    let facts = record.facts()?;
    let input: Input = serde_json::from_slice(&record.input)?;
    let compared = wanted.is_none_or(|call| facts.iter().any(|fact| call_of(fact) == Some(call)));
    let same_input = serde_json::to_vec(&input)? == record.input;
    let stepped = replay.step(&Logged { seq: record.seq, at: record.at, input, facts });
    let (what, got) = match stepped {
        Ok(facts) if serde_json::to_vec(&facts)? != record.facts => ("the bytes of the facts", Value::Null),
        Ok(_) if !same_input => ("the bytes of the input", Value::Null),
        Ok(_) => return Ok((compared, None)),
        Err(difference) => match difference.got {
            Ok(facts) => ("the facts", serde_json::to_value(facts)?),
            Err(refusal) => ("refused now", serde_json::to_value(refusal)?),
        },
    };
    let shown = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap_or_default();
    let difference = json!({
        "seq": record.seq, "at": record.at, "rules_version": record.rules_version, "what": what,
        "input": shown(&record.input), "facts": shown(&record.facts), "got": got,
    });
    Ok((compared, compared.then_some(difference)))
}

fn tell(globals: &Globals, found: &Found) -> Result<(), CliError> {
    if globals.json {
        return say(&serde_json::to_string(found)?);
    }
    say(&format!(
        "{} records, chain {}; {} decided again, {} otherwise",
        found.records, found.chain, found.compared, found.differences
    ))?;
    match &found.first {
        Some(first) => say(&format!("first difference: {}", serde_json::to_string_pretty(first)?)),
        None => say(&format!("head {}", found.head)),
    }
}

//! `evidence missing`: what verdicts should have left behind, and have not.

use std::path::PathBuf;

use anyhow::anyhow;
use clap::Args;

use super::export::objects;
use crate::cli::store::open_existing;
use crate::cli::{CliError, Globals, output};
use crate::evidence::missing::{KeyGaps, Missing, Owed, Why, lost_files, missing};
use crate::workstations::sql::name;

/// Files named one by one; more are counted.
const MOST_FILES: usize = 50;

#[derive(Args)]
pub struct MissingArgs {
    /// Folder of the pictures, if not `<data>/evidence`
    #[arg(long, value_name = "DIR")]
    evidence: Option<PathBuf>,
}

pub fn run(globals: &Globals, args: &MissingArgs) -> Result<(), CliError> {
    let opened = open_existing(globals)?;
    let objects = objects(globals, args.evidence.clone(), &opened)?;
    let found = opened.db.read_blocking(|c| {
        let files = lost_files(c, &objects)?;
        Ok::<_, crate::store::StoreError>(Missing { files, ..missing(c)? })
    })?;
    if globals.json {
        output::object(globals, &found)?;
    } else {
        tell(&found)?;
    }
    if found.is_empty() { Ok(()) } else { Err(anyhow!("evidence is missing").into()) }
}

fn tell(found: &Missing) -> Result<(), CliError> {
    if found.is_empty() {
        return output::say(
            "Nothing is missing: every number up to the highest of each key is here, every verdict has its evidence, \
             every picture its file.",
        );
    }
    found.keys.iter().try_for_each(|key| output::say(&of_key(key)))?;
    found.assignments.iter().try_for_each(|owed| output::say(&of_owed(owed)))?;
    for file in found.files.iter().take(MOST_FILES) {
        let of = if file.assignment == 0 {
            "intake".to_owned()
        } else {
            format!("assignment {}", file.assignment)
        };
        output::say(&format!(
            "call {} {of}: the file of its picture {} is not there",
            file.call_id, file.kind
        ))?;
    }
    match found.files.len().checked_sub(MOST_FILES) {
        Some(more @ 1..) => output::say(&format!("… and {more} more files")),
        Some(0) | None => Ok(()),
    }
}

fn of_key(key: &KeyGaps) -> String {
    let gap = |(from, to): &(u32, u32)| {
        if from == to { from.to_string() } else { format!("{from}–{to}") }
    };
    let gaps: Vec<String> = key.missing.iter().map(gap).collect();
    format!(
        "workstation «{}» ({}), key {} ({}): {} of 1–{} missing",
        key.name,
        key.workstation_id,
        key.key_id,
        name(key.state),
        gaps.join(", "),
        key.highest
    )
}

fn of_owed(owed: &Owed) -> String {
    let place = match (&owed.workstation, owed.workstation_id) {
        (Some(name), Some(id)) => format!("workstation «{name}» ({id})"),
        (None, Some(id)) => format!("workstation {id}"),
        (_, None) => "an unknown workstation".to_owned(),
    };
    let agent = owed.agent.clone().unwrap_or_else(|| owed.agent_id.to_string());
    let why = match owed.why {
        Why::Sealed => "its verdict was sealed",
        Why::ConversationOver => "its conversation was cut, perhaps after a verdict",
    };
    let last =
        owed.highest.map_or(String::new(), |n| format!("; number {n} is the last that came from there"));
    let awaited = if owed.awaited { "still awaited" } else { "the call has ended without it" };
    format!(
        "call {} assignment {}: {why} at {}, by agent {agent} at {place}; {awaited}{last}",
        owed.call_id, owed.assignment, owed.since
    )
}

//! `evidence`: what verdicts have left behind.

use anyhow::anyhow;
use clap::Subcommand;

use super::store::open_existing;
use super::{CliError, Globals, output};
use crate::evidence::missing::{Missing, missing};

#[derive(Subcommand)]
pub enum EvidenceCommand {
    /// Tell which evidence should be here and is not: numbers that a workstation's key has left out, and
    /// assignments with video but without a manifest or a logged reason. Exit code 1 if there is any
    Missing,
}

pub fn run(globals: &Globals, command: &EvidenceCommand) -> Result<(), CliError> {
    match command {
        EvidenceCommand::Missing => {
            let found = open_existing(globals)?.db.read_blocking(missing)?;
            if globals.json {
                output::object(globals, &found)?;
            } else {
                tell(&found)?;
            }
            if found.is_empty() { Ok(()) } else { Err(anyhow!("evidence is missing").into()) }
        }
    }
}

fn tell(found: &Missing) -> Result<(), CliError> {
    if found.is_empty() {
        return output::say("Nothing is missing.");
    }
    for key in &found.keys {
        let gap = |(from, to): &(u32, u32)| {
            if from == to { from.to_string() } else { format!("{from}–{to}") }
        };
        let gaps: Vec<String> = key.missing.iter().map(gap).collect();
        output::say(&format!(
            "workstation {} «{}», key {} ({}): {} of 1–{} missing",
            key.workstation_id,
            key.name,
            key.key_id,
            crate::workstations::sql::name(key.state),
            gaps.join(", "),
            key.highest
        ))?;
    }
    for owed in &found.assignments {
        let place =
            owed.workstation_id.map_or_else(|| "an unknown workstation".to_owned(), |id| id.to_string());
        let awaited = if owed.awaited { "still awaited" } else { "the call has ended without it" };
        output::say(&format!(
            "call {} assignment {}: owed since {} by agent {} at {place}; {awaited}",
            owed.call_id, owed.assignment, owed.since, owed.agent_id
        ))?;
    }
    Ok(())
}

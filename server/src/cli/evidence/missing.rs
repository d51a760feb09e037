//! `evidence missing`: what verdicts should have left behind, and have not.

use anyhow::anyhow;

use crate::cli::store::open_existing;
use crate::cli::{CliError, Globals, output};
use crate::evidence::missing::{Missing, missing};

pub fn run(globals: &Globals) -> Result<(), CliError> {
    let found = open_existing(globals)?.db.read_blocking(missing)?;
    if globals.json {
        output::object(globals, &found)?;
    } else {
        tell(&found)?;
    }
    if found.is_empty() { Ok(()) } else { Err(anyhow!("evidence is missing").into()) }
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

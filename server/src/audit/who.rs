//! Who: whoever runs a command, by the account of the operating system as the system itself says it; and by which
//! name people know whom an entry names.

use rusqlite::Connection;

use crate::agents;
use crate::console::sql::person_by_id;
use crate::store::StoreError;

/// By which people know an actor of the audit, where his id says nothing to them: the sign-in name of an agent, or of
/// a person of the console.
pub fn name(connection: &Connection, actor: &str) -> Result<Option<String>, StoreError> {
    let id = |kind: &str| actor.strip_prefix(kind);
    if let Some(agent) = id("agent:").and_then(|id| id.parse().ok()) {
        let found = agents::sql::agent(connection, agent)?;
        return Ok(found.map(|agent| agent.profile.username));
    }
    let Some(person) = id("person:").and_then(|id| id.parse().ok()) else { return Ok(None) };
    Ok(person_by_id(connection, person)?.map(|person| person.username))
}

/// `cli:<account>`.
pub fn command_line() -> String {
    format!("cli:{}", account())
}

/// The environment can name anybody; the owner of the process cannot be chosen.
#[cfg(unix)]
fn account() -> String {
    use std::os::unix::fs::MetadataExt;
    let Ok(process) = std::fs::metadata("/proc/self") else { return "unknown".to_owned() };
    let uid = process.uid().to_string();
    let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let named = accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == uid).then(|| name.to_owned())
    });
    named.unwrap_or_else(|| format!("uid {uid}"))
}

#[cfg(not(unix))]
fn account() -> String {
    std::env::var("USERNAME").unwrap_or_else(|_| "unknown".to_owned())
}

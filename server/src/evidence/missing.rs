//! What should be here and is not: per workstation key the numbers it has left out, and every assignment that
//! reached video without a manifest or a logged reason.
//!
//! Numbers alone cannot show a tail that is gone; the log knows which calls had video, so both are asked.

use std::collections::BTreeMap;

use chinhchu_protocol::ids::{AgentId, CallId, SessionId, WorkstationId};
use chinhchu_protocol::time::Timestamp;
use chinhchu_protocol::workstation::WorkstationState;
use chinhchu_routing::{Event, Fact, call_of};
use rusqlite::{Connection, params};
use serde::Serialize;
use uuid::Uuid;

use crate::agents;
use crate::objects::{ObjectId, Objects};
use crate::store::{StoreError, rows};
use crate::workstations;

/// Everything that is missing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Missing {
    /// Keys whose numbers have gaps.
    pub keys: Vec<KeyGaps>,
    /// Assignments whose evidence is not here.
    pub assignments: Vec<Owed>,
    /// Pictures whose files are not where they were put: a disk, a folder that was left out of a copy.
    pub files: Vec<LostFile>,
}

/// A picture that is named and not there.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct LostFile {
    /// The call.
    pub call_id: CallId,
    /// 0 for the intake's pictures.
    pub assignment: u32,
    /// Which picture.
    pub kind: String,
}

/// The gaps of one key.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct KeyGaps {
    /// The key.
    pub key_id: String,
    /// Whose; the name by which IT knows it.
    pub workstation_id: WorkstationId,
    /// By which IT knows it.
    pub name: String,
    /// Where it stands.
    pub state: WorkstationState,
    /// Highest number that is here.
    pub highest: u32,
    /// First and last number of each gap.
    pub missing: Vec<(u32, u32)>,
}

/// Why evidence is owed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The workstation has told of its sealed verdict.
    Sealed,
    /// The server heard of neither end any more: there may be a verdict.
    ConversationOver,
}

/// One assignment that owes evidence.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Owed {
    /// The call.
    pub call_id: CallId,
    /// Its assignment.
    pub assignment: u32,
    /// Who had it.
    pub agent_id: AgentId,
    /// Sign-in name.
    pub agent: Option<String>,
    /// Where.
    pub workstation_id: Option<WorkstationId>,
    /// By which IT knows it.
    pub workstation: Option<String>,
    /// Highest number of that workstation's newest key that is here; what is owed comes after it, or in a gap.
    pub highest: Option<u32>,
    /// Why it is owed.
    pub why: Why,
    /// Since when.
    pub since: Timestamp,
    /// Of the sealed manifest.
    pub manifest_sha256: Option<String>,
    /// The call waits for it still.
    pub awaited: bool,
}

impl Missing {
    /// Nothing is.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.assignments.is_empty() && self.files.is_empty()
    }
}

/// Reads the whole log and what is here.
pub fn missing(connection: &Connection) -> Result<Missing, StoreError> {
    let mut ledger = Ledger::default();
    let mut statement = connection.prepare("SELECT facts FROM log ORDER BY seq")?;
    let mut records = statement.query([])?;
    while let Some(row) = records.next()? {
        let facts: Vec<Fact> = serde_json::from_slice(&row.get::<_, Vec<u8>>(0)?)?;
        for fact in &facts {
            ledger.take(fact);
        }
    }
    Ok(Missing { keys: gaps(connection)?, assignments: standing(connection, ledger)?, files: Vec::new() })
}

/// What one call owes, read from its own records.
pub fn of_call(connection: &Connection, call: CallId) -> Result<Vec<Owed>, StoreError> {
    let sql = "SELECT facts FROM call_events JOIN log ON log.seq = call_events.seq
               WHERE call_id = ?1 ORDER BY log.seq";
    let records: Vec<Vec<u8>> = rows::all(connection, sql, [call.0.as_bytes()], |row| row.get(0))?;
    let mut ledger = Ledger::default();
    for record in records {
        let facts: Vec<Fact> = serde_json::from_slice(&record)?;
        facts.iter().filter(|fact| call_of(fact) == Some(call)).for_each(|fact| ledger.take(fact));
    }
    standing(connection, ledger)
}

/// What of the owed is not here, and where it should be.
fn standing(connection: &Connection, ledger: Ledger) -> Result<Vec<Owed>, StoreError> {
    let mut assignments = Vec::new();
    for (owed, session) in ledger.owed() {
        if is_here(connection, &owed)? {
            continue;
        }
        assignments.push(placed(connection, owed, session)?);
    }
    Ok(assignments)
}

/// Who and where, as people know them.
fn placed(connection: &Connection, owed: Owed, session: Option<SessionId>) -> Result<Owed, StoreError> {
    let agent = agents::sql::agent(connection, owed.agent_id)?.map(|agent| agent.profile.username);
    let workstation_id = match session {
        Some(session) => super::sql::workstation(connection, owed.agent_id, session)?,
        None => None,
    };
    let keys = workstations::sql::keys(connection)?;
    let key = keys.into_iter().rfind(|key| Some(key.workstation_id) == workstation_id);
    let Some(key) = key else { return Ok(Owed { agent, workstation_id, ..owed }) };
    let sql = "SELECT max(counter) FROM manifest_counters WHERE key_id = ?1";
    let highest = rows::first(connection, sql, [&key.key_id], |row| row.get(0))?.flatten();
    Ok(Owed { agent, workstation_id, workstation: Some(key.name), highest, ..owed })
}

/// Pictures that the store names and that have no file in the folder.
pub fn lost_files(connection: &Connection, objects: &Objects) -> Result<Vec<LostFile>, StoreError> {
    let sql = "SELECT call_id, assignment, kind, object_id, display_object_id FROM pictures";
    let mut statement = connection.prepare(sql)?;
    let mut pictures = statement.query([])?;
    let mut lost = Vec::new();
    while let Some(row) = pictures.next()? {
        let shown: Option<[u8; 16]> = row.get("display_object_id")?;
        let shown = shown.map(|bytes| ObjectId(Uuid::from_bytes(bytes)));
        let sent = ObjectId(rows::id(row, "object_id")?);
        if !objects.has(sent) || shown.is_some_and(|shown| !objects.has(shown)) {
            let (call_id, assignment) = (CallId(rows::id(row, "call_id")?), row.get("assignment")?);
            lost.push(LostFile { call_id, assignment, kind: row.get("kind")? });
        }
    }
    Ok(lost)
}

/// Held, or once held: a person's evidence that was erased since is not missing.
fn is_here(connection: &Connection, owed: &Owed) -> Result<bool, StoreError> {
    for table in ["evidence", "manifest_counters"] {
        let sql = format!("SELECT 1 FROM {table} WHERE call_id = ?1 AND assignment = ?2");
        let id = params![owed.call_id.0.as_bytes(), owed.assignment];
        if rows::first(connection, &sql, id, |_| Ok(()))?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn gaps(connection: &Connection) -> Result<Vec<KeyGaps>, StoreError> {
    let mut found = Vec::new();
    for key in workstations::sql::keys(connection)? {
        let sql = "SELECT counter FROM manifest_counters WHERE key_id = ?1 ORDER BY counter";
        let numbers: Vec<u32> = rows::all(connection, sql, [&key.key_id], |row| row.get(0))?;
        let missing = between(&numbers);
        if !missing.is_empty() {
            let highest = numbers.last().copied().unwrap_or(0);
            let (key_id, name, state) = (key.key_id, key.name, key.state);
            found.push(KeyGaps { key_id, workstation_id: key.workstation_id, name, state, highest, missing });
        }
    }
    Ok(found)
}

/// The gaps below numbers that stand in order, from 1.
fn between(numbers: &[u32]) -> Vec<(u32, u32)> {
    let mut next = 1;
    let mut gaps = Vec::new();
    for number in numbers {
        if *number > next {
            gaps.push((next, number - 1));
        }
        next = number.saturating_add(1);
    }
    gaps
}

/// Assignments on their way through the log.
#[derive(Default)]
struct Ledger {
    offers: BTreeMap<(CallId, u32), SessionId>,
    live: BTreeMap<(CallId, u32), Assignment>,
}

struct Assignment {
    agent: AgentId,
    session: Option<SessionId>,
    had_video: bool,
    owes: Option<(Why, Timestamp, Option<String>)>,
    ended: bool,
}

impl Ledger {
    fn take(&mut self, fact: &Fact) {
        match &fact.event {
            Event::Offered { call, offer, session, .. } => {
                self.offers.insert((*call, *offer), *session);
            }
            Event::CallAccepted { call, offer, assignment, agent, .. } => {
                let session = self.offers.remove(&(*call, *offer));
                let had = Assignment { agent: *agent, session, had_video: false, owes: None, ended: false };
                self.live.insert((*call, *assignment), had);
            }
            Event::OfferClosed { call, offer, .. } => {
                self.offers.remove(&(*call, *offer));
            }
            Event::VideoConnected { call, assignment } => {
                self.with(*call, *assignment, |one| one.had_video = true);
            }
            Event::VerdictSealed { call, assignment, manifest_sha256, .. } => {
                let owes = (Why::Sealed, fact.at, Some(manifest_sha256.clone()));
                self.with(*call, *assignment, |one| one.owes = Some(owes));
            }
            Event::ConversationOver { call, assignment, .. } => {
                self.with(*call, *assignment, |one| {
                    // Before any video there was nobody to give a verdict on.
                    if one.had_video && one.owes.is_none() {
                        one.owes = Some((Why::ConversationOver, fact.at, None));
                    }
                });
            }
            Event::EvidenceTaken { call, assignment, .. } => {
                self.live.remove(&(*call, *assignment));
            }
            Event::CallEnded { call, .. } => {
                for (_, one) in self.live.range_mut((*call, 0)..=(*call, u32::MAX)) {
                    one.ended = true;
                }
                // Its end is the logged reason of those that owe nothing.
                self.live.retain(|(of, _), one| of != call || one.owes.is_some());
            }
            // A voided assignment has its reason; everything else says nothing about evidence.
            _ => {}
        }
    }

    fn with(&mut self, call: CallId, assignment: u32, change: impl FnOnce(&mut Assignment)) {
        if let Some(one) = self.live.get_mut(&(call, assignment)) {
            change(one);
        }
    }

    fn owed(self) -> impl Iterator<Item = (Owed, Option<SessionId>)> {
        self.live.into_iter().filter_map(|((call_id, assignment), one)| {
            let (why, since, manifest_sha256) = one.owes?;
            let (agent_id, awaited) = (one.agent, !one.ended);
            let owed = Owed {
                call_id,
                assignment,
                agent_id,
                agent: None,
                workstation_id: None,
                workstation: None,
                highest: None,
                why,
                since,
                manifest_sha256,
                awaited,
            };
            Some((owed, one.session))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_told_by_first_and_last_number() {
        assert_eq!(between(&[]), []);
        assert_eq!(between(&[1, 2, 3]), []);
        assert_eq!(between(&[3, 4, 7, 9]), [(1, 2), (5, 6), (8, 8)]);
    }
}

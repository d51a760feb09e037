//! An agent's own day in figures, counted from facts.

use chinhchu_protocol::agent::AgentToday;
use chinhchu_protocol::call::Decision;
use chinhchu_protocol::evidence::VerdictStanding;
use chinhchu_protocol::ids::AgentId;
use chinhchu_protocol::time::Timestamp;
use chinhchu_protocol::vietnam::day_of;
use chinhchu_routing::{Event, Fact, OfferOutcome};
use rusqlite::{Connection, params};

use crate::store::{StoreError, rows};

/// Counts a fact, if it is one that counts.
pub fn count(tx: &Connection, fact: &Fact) -> Result<(), StoreError> {
    let (agent, [offered, accepted, confirmed, rejected, missed]) = match &fact.event {
        Event::Rang { agent, .. } => (agent, [1, 0, 0, 0, 0]),
        Event::CallAccepted { agent, .. } => (agent, [0, 1, 0, 0, 0]),
        // Another agent's verdict stands: this one is nobody's achievement.
        Event::EvidenceTaken { standing: VerdictStanding::Superseded, .. } => return Ok(()),
        Event::EvidenceTaken { agent, decision: Decision::Confirmed, .. } => (agent, [0, 0, 1, 0, 0]),
        Event::EvidenceTaken { agent, decision: Decision::Rejected, .. } => (agent, [0, 0, 0, 1, 0]),
        Event::OfferClosed { agent, outcome: OfferOutcome::Missed, .. } => (agent, [0, 0, 0, 0, 1]),
        // Everything else is no achievement of an agent.
        _ => return Ok(()),
    };
    let sql = "INSERT INTO agent_days (agent_id, day, offered, accepted, confirmed, rejected, missed)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
               ON CONFLICT (agent_id, day) DO UPDATE SET
                 offered = offered + excluded.offered, accepted = accepted + excluded.accepted,
                 confirmed = confirmed + excluded.confirmed, rejected = rejected + excluded.rejected,
                 missed = missed + excluded.missed";
    let id = agent.0.as_bytes();
    rows::run(tx, sql, params![id, day_of(fact.at), offered, accepted, confirmed, rejected, missed])?;
    Ok(())
}

/// The figures since local midnight.
pub fn today(connection: &Connection, agent: AgentId, now: Timestamp) -> Result<AgentToday, StoreError> {
    let sql = "SELECT * FROM agent_days WHERE agent_id = ?1 AND day = ?2";
    let found = rows::first(connection, sql, params![agent.0.as_bytes(), day_of(now)], |row| {
        Ok(AgentToday {
            offered: row.get("offered")?,
            accepted: row.get("accepted")?,
            confirmed: row.get("confirmed")?,
            rejected: row.get("rejected")?,
            missed: row.get("missed")?,
        })
    })?;
    Ok(found.unwrap_or_default())
}

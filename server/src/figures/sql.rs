//! Rows of calls, offers, and of what the fold remembers between two facts.

use chinhchu_protocol::ids::{AgentId, CallId, CompanyCode};
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::OfferOutcome;
use rusqlite::{Connection, Row, params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::call::{CallFigures, EvidenceState};
use super::duty_rows;
use super::given::Given;
use super::offer::{Employer, OfferFigures, Outcome};
use crate::cases::hex;
use crate::store::{StoreError, rows};

/// An agent, as the fold remembers it.
pub struct AgentRow {
    /// Whose it is.
    pub employer: Employer,
    /// The call it wraps up, and since when.
    pub wraps_up: Option<(CallId, Timestamp)>,
}

/// A call's figures.
pub fn call(connection: &Connection, call: CallId) -> Result<Option<CallFigures>, StoreError> {
    let sql = "SELECT * FROM call_figures WHERE call_id = ?1";
    rows::first(connection, sql, [call.0.as_bytes()], read_call)
}

/// Calls whose place in line a change of who serves whom moves.
pub fn in_line(connection: &Connection, home: &CompanyCode) -> Result<Vec<CallFigures>, StoreError> {
    // By the few that are in line, and not by all that a company ever had.
    let sql = "SELECT * FROM call_figures INDEXED BY call_figures_by_state
               WHERE state IN ('preparing', 'waiting', 'offering') AND home = ?1";
    rows::all(connection, sql, [&home.0], read_call)
}

/// Reads a whole row.
pub fn read_call(row: &Row<'_>) -> rusqlite::Result<CallFigures> {
    let agent: Option<[u8; 16]> = row.get("agent_id")?;
    let evidence: String = row.get("evidence")?;
    Ok(CallFigures {
        call_id: CallId(rows::id(row, "call_id")?),
        home: CompanyCode(row.get("home")?),
        serving: CompanyCode(row.get("serving")?),
        given: Given::read(row)?,
        agent: agent.map(|bytes| AgentId(Uuid::from_bytes(bytes))),
        partner: row.get("partner")?,
        created: rows::time(row, "created_ms")?,
        queued: rows::time_or_null(row, "queued_ms")?,
        rang: rows::time_or_null(row, "rang_ms")?,
        answered: rows::time_or_null(row, "answered_ms")?,
        accepted: rows::time_or_null(row, "accepted_ms")?,
        connected: rows::time_or_null(row, "connected_ms")?,
        ended: rows::time_or_null(row, "ended_ms")?,
        state: from_name(&row.get::<_, String>("state")?)?,
        end_reason: from_name_or_null(row, "end_reason")?,
        decision: from_name_or_null(row, "decision")?,
        offers: row.get("offers")?,
        declined: row.get("declined")?,
        passed: row.get("passed")?,
        missed: row.get("missed")?,
        never_rang: row.get("never_rang")?,
        redirected: row.get("redirected")?,
        reconnects: row.get("reconnects")?,
        assignments: row.get("assignments")?,
        wait_ms: row.get("wait_ms")?,
        talk_ms: row.get("talk_ms")?,
        wrap_ms: row.get("wrap_ms")?,
        handle_ms: row.get("handle_ms")?,
        verdict: rows::time_or_null(row, "verdict_ms")?,
        result: rows::time_or_null(row, "result_ms")?,
        manifest_sha256: row.get::<_, Option<Vec<u8>>>("manifest")?.map(|bytes| hex(&bytes)),
        evidence: EvidenceState::ALL
            .into_iter()
            .find(|state| state.name() == evidence)
            .ok_or(rusqlite::Error::InvalidQuery)?,
        late: row.get("late")?,
        closed: row.get("closed")?,
    })
}

/// Writes a call's figures, whole.
pub fn put_call(tx: &Connection, figures: &CallFigures) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO call_figures (call_id, home, serving, payment, sub_type, customer_type,
                 dealer, rule_id, agent_id, partner, created_ms, queued_ms, rang_ms, answered_ms, accepted_ms,
                 connected_ms, ended_ms, state, end_reason, decision, reason, offers, declined, passed, missed,
                 never_rang, redirected, reconnects, assignments, wait_ms, talk_ms, wrap_ms, handle_ms,
                 verdict_ms, result_ms, manifest, evidence, late, closed)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19,
                 ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34, ?35, ?36,
                 ?37, ?38, ?39)";
    let ms = |at: Option<Timestamp>| at.map(Timestamp::ms);
    let given = &figures.given;
    let values = params![
        figures.call_id.0.as_bytes(),
        figures.home.0,
        figures.serving.0,
        given.payment,
        given.sub_type,
        given.customer_type,
        given.dealer,
        given.rule.map(|rule| *rule.0.as_bytes()),
        figures.agent.map(|agent| *agent.0.as_bytes()),
        figures.partner,
        figures.created.ms(),
        ms(figures.queued),
        ms(figures.rang),
        ms(figures.answered),
        ms(figures.accepted),
        ms(figures.connected),
        ms(figures.ended),
        to_name(&figures.state)?,
        figures.end_reason.as_ref().map(to_name).transpose()?,
        figures.decision.as_ref().map(to_name).transpose()?,
        // A reason is part of the verdict: none without one.
        given.reason.as_ref().filter(|_| figures.decision.is_some()),
        figures.offers,
        figures.declined,
        figures.passed,
        figures.missed,
        figures.never_rang,
        figures.redirected,
        figures.reconnects,
        figures.assignments,
        figures.wait_ms,
        figures.talk_ms,
        figures.wrap_ms,
        figures.handle_ms,
        ms(figures.verdict),
        ms(figures.result),
        figures.manifest_sha256.as_deref().and_then(bytes_of),
        figures.evidence.name(),
        figures.late,
        figures.closed,
    ];
    rows::run(tx, sql, values)?;
    Ok(())
}

/// An offer's figures.
pub fn offer(connection: &Connection, call: CallId, offer: u32) -> Result<Option<OfferFigures>, StoreError> {
    let sql = "SELECT * FROM offer_figures WHERE call_id = ?1 AND offer = ?2";
    rows::first(connection, sql, params![call.0.as_bytes(), offer], read_offer)
}

/// Reads a whole row.
pub fn read_offer(row: &Row<'_>) -> rusqlite::Result<OfferFigures> {
    let outcome: Option<String> = row.get("outcome")?;
    let outcome = outcome.map(|name| outcome_of(&name)).transpose()?;
    Ok(OfferFigures {
        call_id: CallId(rows::id(row, "call_id")?),
        offer: row.get("offer")?,
        agent: AgentId(rows::id(row, "agent_id")?),
        employer: Employer { company: CompanyCode(row.get("company")?), partner: row.get("partner")? },
        at: rows::time(row, "at_ms")?,
        rang: rows::time_or_null(row, "rang_ms")?,
        done: rows::time_or_null(row, "done_ms")?.zip(outcome),
    })
}

/// Writes an offer's figures, whole, after its call's: the partner's people see the call from now on.
pub fn put_offer(tx: &Connection, offer: &OfferFigures) -> Result<(), StoreError> {
    let sql =
        "INSERT OR REPLACE INTO offer_figures (call_id, offer, agent_id, company, partner, at_ms, rang_ms,
                 done_ms, outcome)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let values = params![
        offer.call_id.0.as_bytes(),
        offer.offer,
        offer.agent.0.as_bytes(),
        offer.employer.company.0,
        offer.employer.partner,
        offer.at.ms(),
        offer.rang.map(Timestamp::ms),
        offer.done.map(|(at, _)| at.ms()),
        offer.done.map(|(_, outcome)| outcome.name()),
    ];
    rows::run(tx, sql, values)?;
    if let Some(partner) = &offer.employer.partner {
        let sql = "INSERT OR IGNORE INTO partner_calls (partner, created_ms, call_id)
                   SELECT ?1, created_ms, call_id FROM call_figures WHERE call_id = ?2";
        rows::run(tx, sql, params![partner, offer.call_id.0.as_bytes()])?;
    }
    Ok(())
}

/// What is remembered of an agent.
pub fn agent(connection: &Connection, agent: AgentId) -> Result<Option<AgentRow>, StoreError> {
    let sql = "SELECT * FROM figure_agents WHERE agent_id = ?1";
    rows::first(connection, sql, [agent.0.as_bytes()], |row| {
        let call: Option<[u8; 16]> = row.get("wrap_call")?;
        let call = call.map(|bytes| CallId(Uuid::from_bytes(bytes)));
        Ok(AgentRow {
            employer: Employer { company: CompanyCode(row.get("company")?), partner: row.get("partner")? },
            wraps_up: call.zip(rows::time_or_null(row, "wrap_since")?),
        })
    })
}

/// Whose an agent is now.
pub fn put_agent(tx: &Connection, agent: AgentId, employer: &Employer) -> Result<(), StoreError> {
    let sql = "INSERT INTO figure_agents (agent_id, company, partner) VALUES (?1, ?2, ?3)
               ON CONFLICT (agent_id) DO UPDATE SET company = excluded.company, partner = excluded.partner";
    rows::run(tx, sql, params![agent.0.as_bytes(), employer.company.0, employer.partner])?;
    Ok(())
}

/// What an agent wraps up now.
pub fn put_wrap_up(
    tx: &Connection,
    agent: AgentId,
    wraps_up: Option<(CallId, Timestamp)>,
) -> Result<(), StoreError> {
    let sql = "UPDATE figure_agents SET wrap_call = ?2, wrap_since = ?3 WHERE agent_id = ?1";
    let call = wraps_up.map(|(call, _)| *call.0.as_bytes());
    rows::run(tx, sql, params![agent.0.as_bytes(), call, wraps_up.map(|(_, since)| since.ms())])?;
    Ok(())
}

/// Who serves a company's calls now.
pub fn serving(connection: &Connection, home: &CompanyCode) -> Result<Option<CompanyCode>, StoreError> {
    let sql = "SELECT serving FROM figure_serving WHERE home = ?1";
    rows::first(connection, sql, [&home.0], |row| row.get(0).map(CompanyCode))
}

/// Who serves a company's calls from now on.
pub fn put_serving(tx: &Connection, home: &CompanyCode, serving: &CompanyCode) -> Result<(), StoreError> {
    let sql = "INSERT INTO figure_serving (home, serving) VALUES (?1, ?2)
               ON CONFLICT (home) DO UPDATE SET serving = excluded.serving";
    rows::run(tx, sql, [&home.0, &serving.0])?;
    Ok(())
}

/// Forgets every figure that can be made anew.
pub fn clear(tx: &Connection) -> Result<(), StoreError> {
    for table in
        ["call_figures", "offer_figures", "partner_calls", "duty_figures", "figure_agents", "figure_serving"]
    {
        tx.execute(&format!("DELETE FROM {table}"), [])?;
    }
    duty_rows::forget_outage(tx)
}

fn outcome_of(name: &str) -> rusqlite::Result<Outcome> {
    if name == Outcome::Accepted.name() {
        return Ok(Outcome::Accepted);
    }
    from_name::<OfferOutcome>(name).map(Outcome::Not)
}

/// A value by its name on the wire.
fn from_name<T: DeserializeOwned>(name: &str) -> rusqlite::Result<T> {
    let name = serde::de::value::StrDeserializer::<serde::de::value::Error>::new(name);
    T::deserialize(name).map_err(|_| rusqlite::Error::InvalidQuery)
}

fn from_name_or_null<T: DeserializeOwned>(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<T>> {
    row.get::<_, Option<String>>(column)?.map(|name| from_name(&name)).transpose()
}

/// The name on the wire.
fn to_name(value: &impl Serialize) -> Result<String, StoreError> {
    match serde_json::to_value(value)? {
        serde_json::Value::String(name) => Ok(name),
        _ => Err(StoreError::Corrupt("a name")),
    }
}

/// The bytes of a SHA-256 in hex.
pub fn bytes_of(hex: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if hex.len() != 64 || !hex.is_ascii() {
        return None;
    }
    for (n, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(2 * n..2 * n + 2)?, 16).ok()?;
    }
    Some(bytes)
}

//! Rows of agents and their sign-ins.

use chinhchu_protocol::agent::{AgentProfile, SessionCloseReason, WorkstationInfo};
use chinhchu_protocol::ids::{AgentId, CompanyCode, SessionId, WorkstationId};
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::Skills;
use rusqlite::{Connection, Row, params};

use super::session::AgentSession;
use crate::store::{StoreError, rows};

/// An agent, with what is needed to check a password.
pub struct StoredAgent {
    /// Who.
    pub profile: AgentProfile,
    /// PHC string.
    pub password_hash: String,
    /// May sign in.
    pub active: bool,
    /// Whom it can serve.
    pub skills: Skills,
}

/// A sign-in to be stored.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// Its id.
    pub session_id: SessionId,
    /// Whose.
    pub agent_id: AgentId,
    /// SHA-256 of the token.
    pub token_hash: [u8; 32],
    /// From where.
    pub workstation: WorkstationInfo,
    /// When it ends by itself.
    pub expires_at: Timestamp,
}

/// What a session token leads to.
pub enum FoundSession {
    /// A sign-in that stands.
    Open(AgentSession),
    /// One whose time is over, but which nobody has ended: in a call it goes on until the call is over.
    Expired(AgentSession),
    /// One that is over: why, since when, and whose it was.
    Closed(SessionCloseReason, Timestamp, AgentSession),
}

/// Stores a new agent; fails with a conflict if the user name is taken.
pub fn insert_agent(
    tx: &Connection,
    profile: &AgentProfile,
    password_hash: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO agents (agent_id, username, name, company, partner, password_hash, created_ms)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let AgentProfile { agent_id, username, name, company, partner } = profile;
    let id = agent_id.0.as_bytes();
    rows::run(tx, sql, params![id, username, name, company.0, partner, password_hash, now.ms()])?;
    Ok(())
}

/// An agent by user name.
pub fn agent_by_name(connection: &Connection, username: &str) -> Result<Option<StoredAgent>, StoreError> {
    rows::first(connection, "SELECT * FROM agents WHERE username = ?1", [username], stored_agent)
}

/// An agent by id.
pub fn agent(connection: &Connection, id: AgentId) -> Result<Option<StoredAgent>, StoreError> {
    rows::first(connection, "SELECT * FROM agents WHERE agent_id = ?1", [id.0.as_bytes()], stored_agent)
}

/// Every agent, by user name.
pub fn agents(connection: &Connection) -> Result<Vec<StoredAgent>, StoreError> {
    rows::all(connection, "SELECT * FROM agents ORDER BY username", [], stored_agent)
}

fn stored_agent(row: &Row<'_>) -> rusqlite::Result<StoredAgent> {
    Ok(StoredAgent {
        profile: profile(row)?,
        password_hash: row.get("password_hash")?,
        active: row.get::<_, Option<i64>>("disabled_ms")?.is_none(),
        skills: skills(row)?,
    })
}

/// The skills in a row of an agent.
pub fn skills(row: &Row<'_>) -> rusqlite::Result<Skills> {
    let text: String = row.get("skills")?;
    serde_json::from_str(&text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(error))
    })
}

fn profile(row: &Row<'_>) -> rusqlite::Result<AgentProfile> {
    Ok(AgentProfile {
        agent_id: AgentId(rows::id(row, "agent_id")?),
        username: row.get("username")?,
        name: row.get("name")?,
        company: CompanyCode(row.get("company")?),
        partner: row.get("partner")?,
    })
}

/// Stores a sign-in.
pub fn insert_session(tx: &Connection, session: &NewSession, now: Timestamp) -> Result<(), StoreError> {
    let sql = "INSERT INTO agent_sessions
                 (session_id, agent_id, token_hash, workstation_id, program, os, created_ms, expires_ms)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let (id, agent) = (session.session_id.0.as_bytes(), session.agent_id.0.as_bytes());
    let place = &session.workstation;
    let workstation = place.workstation_id.0.as_bytes();
    let expires = session.expires_at.ms();
    rows::run(
        tx,
        sql,
        params![id, agent, session.token_hash, workstation, place.version, place.os, now.ms(), expires],
    )?;
    Ok(())
}

/// Ends a sign-in; one that has ended stays as it is.
pub fn end_session(
    tx: &Connection,
    session: SessionId,
    reason: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql =
        "UPDATE agent_sessions SET ended_ms = ?2, end_reason = ?3 WHERE session_id = ?1 AND ended_ms IS NULL";
    rows::run(tx, sql, params![session.0.as_bytes(), now.ms(), reason])?;
    Ok(())
}

/// The sign-in behind a token.
pub fn session_by_token(
    connection: &Connection,
    token_hash: [u8; 32],
    now: Timestamp,
) -> Result<Option<FoundSession>, StoreError> {
    let sql = "SELECT agents.*, session_id, workstation_id, expires_ms, ended_ms, end_reason
               FROM agent_sessions JOIN agents USING (agent_id) WHERE token_hash = ?1";
    rows::first(connection, sql, [token_hash], |row| {
        let reason: Option<String> = row.get("end_reason")?;
        let session = AgentSession {
            session_id: SessionId(rows::id(row, "session_id")?),
            workstation_id: WorkstationId(rows::id(row, "workstation_id")?),
            expires_at: rows::time(row, "expires_ms")?,
            agent: profile(row)?,
        };
        let since = |name| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(name)?.map(Timestamp::from_ms));
        let (ended, disabled) = (since("ended_ms")?, since("disabled_ms")?);
        Ok(if let Some(reason) = reason {
            FoundSession::Closed(close_reason(&reason), ended.unwrap_or(session.expires_at), session)
        } else if let Some(disabled) = disabled {
            FoundSession::Closed(SessionCloseReason::Forced, disabled, session)
        } else if session.expires_at <= now {
            FoundSession::Expired(session)
        } else {
            FoundSession::Open(session)
        })
    })
}

/// Why a sign-in was closed; none while it stands.
pub fn closed(connection: &Connection, session: SessionId) -> Result<Option<SessionCloseReason>, StoreError> {
    let sql = "SELECT end_reason FROM agent_sessions WHERE session_id = ?1";
    let reason: Option<Option<String>> =
        rows::first(connection, sql, [session.0.as_bytes()], |row| row.get(0))?;
    Ok(reason.flatten().map(|reason| close_reason(&reason)))
}

/// Which of these sign-ins have ended.
pub fn ended_among(
    connection: &Connection,
    standing: &[(AgentId, SessionId)],
) -> Result<Vec<(AgentId, SessionId)>, StoreError> {
    let mut ended = Vec::new();
    for (agent, session) in standing {
        if closed(connection, *session)?.is_some() {
            ended.push((*agent, *session));
        }
    }
    Ok(ended)
}

/// Ends every open sign-in of an agent by an administrator's hand; gives how many there were.
pub fn force_out(
    tx: &Connection,
    agent: AgentId,
    note: Option<&str>,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let sql = "UPDATE agent_sessions SET ended_ms = ?2, end_reason = 'forced', end_note = ?3
               WHERE agent_id = ?1 AND ended_ms IS NULL";
    rows::run(tx, sql, params![agent.0.as_bytes(), now.ms(), note])
}

/// Changes what is known of an agent; counts at once.
pub fn update_agent(tx: &Connection, profile: &AgentProfile, skills: &Skills) -> Result<(), StoreError> {
    let sql = "UPDATE agents SET name = ?2, company = ?3, partner = ?4, skills = ?5 WHERE agent_id = ?1";
    let AgentProfile { agent_id, name, company, partner, .. } = profile;
    let skills = serde_json::to_string(skills)?;
    rows::run(tx, sql, params![agent_id.0.as_bytes(), name, company.0, partner, skills])?;
    Ok(())
}

/// Sign-ins whose time is over.
pub fn expired(connection: &Connection, now: Timestamp) -> Result<Vec<(AgentId, SessionId)>, StoreError> {
    let sql = "SELECT agent_id, session_id FROM agent_sessions WHERE ended_ms IS NULL AND expires_ms <= ?1";
    rows::all(connection, sql, [now.ms()], |row| {
        Ok((AgentId(rows::id(row, "agent_id")?), SessionId(rows::id(row, "session_id")?)))
    })
}

fn close_reason(stored: &str) -> SessionCloseReason {
    match stored {
        "signed_in_elsewhere" => SessionCloseReason::SignedInElsewhere,
        "expired" => SessionCloseReason::Expired,
        _ => SessionCloseReason::Forced,
    }
}

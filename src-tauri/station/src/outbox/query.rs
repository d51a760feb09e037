//! The statements of the outbox, one function each.

use chinhchu_protocol::call::{Decision, ImageKind};
use chinhchu_protocol::ids::{AgentId, CallId};
use chinhchu_protocol::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::crypt::Cipher;
use super::{ChainLink, MAX_PENDING, MAX_PENDING_BYTES, OutboxError, Parcel, PictureBytes};
use crate::picture::{HistoryEntry, OutboxPicture, UploadState};
use crate::session::CallKey;

/// Nothing waits longer than this, so what is due later was reckoned before the wall clock was set back.
const LONGEST_WAIT_MS: i64 = 15 * 60_000;

/// Most entries of the history that the screen gets.
const MAX_HISTORY: u32 = 200;

/// What the screen and the session need to know of the outbox.
#[derive(Clone, PartialEq, Debug)]
pub struct Summary {
    /// For the screen.
    pub picture: OutboxPicture,
    /// For the screen, newest first.
    pub history: Vec<HistoryEntry>,
    /// No further verdict fits.
    pub full: bool,
    /// Sealed and not acknowledged: these assignments must not be asked again.
    pub unacknowledged: Vec<(CallKey, Decision, String)>,
}

pub(super) fn next_link(connection: &Connection) -> Result<ChainLink, OutboxError> {
    let link = connection.query_row("SELECT counter, manifest_sha256 FROM chain", [], |row| {
        Ok(ChainLink { counter: row.get::<_, u32>(0)? + 1, previous_sha256: row.get(1)? })
    })?;
    Ok(link)
}

pub(super) fn insert_part(
    connection: &Connection,
    cipher: &Cipher,
    counter: u32,
    kind: &str,
    content_type: &str,
    plain: &[u8],
) -> Result<(), OutboxError> {
    let record = cipher.encrypt(counter, kind, plain)?;
    connection.execute(
        "INSERT INTO parts (counter, kind, content_type, record) VALUES (?1, ?2, ?3, ?4)",
        params![counter, kind, content_type, record],
    )?;
    Ok(())
}

pub(super) fn part(
    connection: &Connection,
    cipher: &Cipher,
    counter: u32,
    kind: &str,
) -> Result<Option<(String, Vec<u8>)>, OutboxError> {
    let found: Option<(String, Vec<u8>, String)> = connection
        .query_row(
            "SELECT p.content_type, p.record, v.key_id FROM parts p JOIN verdicts v USING (counter)
             WHERE p.counter = ?1 AND p.kind = ?2",
            params![counter, kind],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .optional()?;
    let Some((content_type, record, key_id)) = found else { return Ok(None) };
    if key_id != cipher.key_id() {
        return Err(OutboxError::KeyLost);
    }
    Ok(Some((content_type, cipher.decrypt(counter, kind, &record)?)))
}

pub(super) fn oldest_due(
    connection: &Connection,
    agent: AgentId,
    now: Timestamp,
) -> Result<Option<(u32, u32)>, OutboxError> {
    let due = connection
        .query_row(
            "SELECT counter, attempts FROM verdicts
             WHERE state = 'waiting' AND agent_id = ?1 AND next_try_at_ms NOT BETWEEN ?2 + 1 AND ?3
             ORDER BY counter LIMIT 1",
            params![agent.to_string(), now.ms(), now.plus_ms(LONGEST_WAIT_MS).ms()],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    Ok(due)
}

pub(super) fn waits(connection: &Connection, agent: AgentId) -> Result<bool, OutboxError> {
    let found = connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM verdicts WHERE state IN ('waiting', 'uploading') AND agent_id = ?1)",
        [agent.to_string()],
        |row| row.get(0),
    )?;
    Ok(found)
}

pub(super) fn parcel(
    connection: &Connection,
    cipher: &Cipher,
    counter: u32,
    attempts: u32,
) -> Result<Parcel, OutboxError> {
    let (key, manifest_sha256) = connection.query_row(
        "SELECT call_id, assignment, manifest_sha256 FROM verdicts WHERE counter = ?1",
        [counter],
        |row| Ok((call_key(row)?, row.get(2)?)),
    )?;
    let (_, manifest) = part(connection, cipher, counter, "manifest")?.ok_or(OutboxError::RecordDamaged)?;
    let mut pictures = Vec::new();
    for kind in [ImageKind::Screenshot, ImageKind::LiveFrame] {
        if let Some((content_type, bytes)) = part(connection, cipher, counter, kind.name())? {
            pictures.push(PictureBytes { kind, content_type, bytes });
        }
    }
    Ok(Parcel { counter, key, manifest_sha256, manifest, pictures, attempts })
}

pub(super) fn set_state(connection: &Connection, counter: u32, state: &str) -> Result<(), OutboxError> {
    connection.execute("UPDATE verdicts SET state = ?2 WHERE counter = ?1", params![counter, state])?;
    Ok(())
}

/// Deleted bytes must not live on in the write-ahead log.
pub(super) fn truncate_wal(connection: &Connection) -> Result<(), OutboxError> {
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(())
}

pub(super) fn summary(
    connection: &Connection,
    cipher: &Cipher,
    since: Timestamp,
    now: Timestamp,
) -> Result<Summary, OutboxError> {
    let (pending, bytes, oldest, next_try): (u32, i64, Option<i64>, Option<i64>) = connection.query_row(
        "SELECT count(*), coalesce(sum(bytes), 0), min(sealed_at_ms),
         min(CASE WHEN state = 'waiting' THEN next_try_at_ms END)
         FROM verdicts WHERE state != 'delivered' AND state != 'refused'",
        [],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
    )?;
    let bytes = u64::try_from(bytes).unwrap_or(0);
    let next_try = next_try.filter(|at| *at > now.ms()).map(Timestamp::from_ms);
    Ok(Summary {
        picture: OutboxPicture {
            pending,
            oldest_at: oldest.map(Timestamp::from_ms),
            next_try_at: next_try,
            ..OutboxPicture::only(state_name(connection, cipher)?)
        },
        history: history(connection, cipher, since)?,
        full: pending >= MAX_PENDING || bytes >= MAX_PENDING_BYTES,
        unacknowledged: unacknowledged(connection, cipher)?,
    })
}

/// The worst that is true of any record.
fn state_name(connection: &Connection, cipher: &Cipher) -> Result<&'static str, OutboxError> {
    let is = |condition: &str| {
        connection.query_row(
            &format!("SELECT EXISTS (SELECT 1 FROM verdicts WHERE {condition})"),
            [],
            |row| row.get::<_, bool>(0),
        )
    };
    let lost = "state IN ('waiting', 'uploading') AND key_id != ?1";
    let key_lost: bool = connection.query_row(
        &format!("SELECT EXISTS (SELECT 1 FROM verdicts WHERE state = 'key_lost' OR ({lost}))"),
        [cipher.key_id()],
        |row| row.get(0),
    )?;
    Ok(if is("state = 'damaged'")? {
        "damaged"
    } else if key_lost {
        "key_lost"
    } else if is("state = 'refused'")? {
        "refused"
    } else if is("state = 'waiting' AND attempts > 0 AND reached = 2")? {
        "not_allowed"
    } else if is("state = 'waiting' AND attempts > 0")? {
        "waiting_for_network"
    } else if is("state IN ('waiting', 'uploading')")? {
        "uploading"
    } else {
        "empty"
    })
}

fn history(
    connection: &Connection,
    cipher: &Cipher,
    since: Timestamp,
) -> Result<Vec<HistoryEntry>, OutboxError> {
    let mut statement = connection.prepare(
        "SELECT counter, state, delivered_at_ms, standing, refused_code FROM verdicts
         WHERE sealed_at_ms >= ?1 ORDER BY counter DESC LIMIT ?2",
    )?;
    let rows = statement
        .query_map(params![since.ms(), MAX_HISTORY], |row| Ok((row.get::<_, u32>(0)?, upload_state(row)?)))?;
    let mut entries = Vec::new();
    for row in rows {
        let (counter, upload) = row?;
        match part(connection, cipher, counter, "entry") {
            Ok(Some((_, json))) => {
                let entry: HistoryEntry =
                    serde_json::from_slice(&json).map_err(|_| OutboxError::RecordDamaged)?;
                entries.push(HistoryEntry { upload, ..entry });
            }
            // What cannot be read is told by the state of the outbox, not by the history.
            Ok(None) | Err(OutboxError::KeyLost | OutboxError::RecordDamaged) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(entries)
}

fn unacknowledged(
    connection: &Connection,
    cipher: &Cipher,
) -> Result<Vec<(CallKey, Decision, String)>, OutboxError> {
    let mut statement = connection.prepare(
        "SELECT call_id, assignment, manifest_sha256, counter FROM verdicts WHERE state != 'delivered'",
    )?;
    let rows = statement
        .query_map([], |row| Ok((call_key(row)?, row.get::<_, String>(2)?, row.get::<_, u32>(3)?)))?;
    let mut found = Vec::new();
    for row in rows {
        let (key, hash, counter) = row?;
        if let Ok(Some((_, json))) = part(connection, cipher, counter, "entry")
            && let Ok(entry) = serde_json::from_slice::<HistoryEntry>(&json)
        {
            found.push((key, entry.decision, hash));
        }
    }
    Ok(found)
}

fn upload_state(row: &Row<'_>) -> rusqlite::Result<UploadState> {
    let state: String = row.get(1)?;
    Ok(match state.as_str() {
        "uploading" => UploadState::Uploading,
        "delivered" => UploadState::Delivered {
            at: Timestamp::from_ms(row.get::<_, Option<i64>>(2)?.unwrap_or(0)),
            standing: row.get::<_, Option<String>>(3)?.unwrap_or_default(),
        },
        "refused" => UploadState::Refused { code: row.get::<_, Option<String>>(4)?.unwrap_or_default() },
        // waiting, key_lost, damaged: the CHECK of the table allows no other.
        _ => UploadState::OnDisk,
    })
}

fn call_key(row: &Row<'_>) -> rusqlite::Result<CallKey> {
    let text: String = row.get(0)?;
    let call_id: CallId = text.parse().map_err(|error: uuid::Error| {
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(error))
    })?;
    Ok(CallKey { call_id, assignment: row.get(1)? })
}

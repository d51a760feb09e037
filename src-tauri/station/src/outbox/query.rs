//! The statements of the outbox, one function each.

use chinhchu_protocol::call::{Decision, ImageKind};
use chinhchu_protocol::ids::{AgentId, CallId};
use chinhchu_protocol::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};

use super::crypt::Cipher;
use super::room::Room;
use super::{Delivered, Inner, OutboxError, Parcel, PictureBytes, Reach, ToSeal, aside, room};
use crate::picture::{HistoryEntry, OutboxPicture, UploadState};
use crate::session::CallKey;

/// Nothing waits longer than this, so what is due later was reckoned before the wall clock was set back.
const LONGEST_WAIT_MS: i64 = 15 * 60_000;
/// What the server has refused is asked again so often, ms.
pub(super) const ASK_AGAIN_MS: u64 = 3_600_000;

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

/// The whole record; what the history shows of it.
pub(super) fn insert(
    connection: &Connection,
    cipher: &Cipher,
    signer: &str,
    ToSeal { manifest, sealed, pictures, sealed_at }: &ToSeal,
) -> Result<HistoryEntry, OutboxError> {
    let entry = HistoryEntry {
        call_id: manifest.call_id,
        assignment: manifest.assignment,
        at: manifest.captured_at,
        decision: manifest.decision,
        reason: manifest.reason.clone(),
        upload: UploadState::OnDisk,
        counter: Some(manifest.counter),
        manifest_sha256: Some(sealed.manifest_sha256.clone()),
        capture_method: Some(manifest.capture_method),
    };
    let of_pictures: usize = pictures.iter().map(|picture| picture.bytes.len()).sum();
    let size = sealed.envelope.len() + sealed.leaves.len() + of_pictures;
    let inserted = connection.execute(
        "INSERT OR IGNORE INTO verdicts (signer, counter, call_id, assignment, agent_id, key_id, manifest_sha256,
         sealed_at_ms, bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            signer,
            manifest.counter,
            manifest.call_id.to_string(),
            manifest.assignment,
            manifest.agent_id.to_string(),
            cipher.key_id(),
            sealed.manifest_sha256,
            sealed_at.ms(),
            i64::try_from(size).unwrap_or(i64::MAX)
        ],
    )?;
    if inserted == 0 {
        return Err(OutboxError::SealedAlready);
    }
    let id = connection.last_insert_rowid();
    let json = "application/json";
    let entry_json = serde_json::to_vec(&entry).map_err(|_| OutboxError::Chain)?;
    insert_part(connection, cipher, id, "entry", json, &entry_json)?;
    insert_part(connection, cipher, id, "envelope", json, &sealed.envelope)?;
    insert_part(connection, cipher, id, "leaves", json, &sealed.leaves)?;
    for PictureBytes { kind, content_type, bytes } in pictures {
        insert_part(connection, cipher, id, kind.name(), content_type, bytes)?;
    }
    Ok(entry)
}

/// The record has its receipt.
pub(super) fn delivered(
    connection: &mut Connection,
    cipher: &Cipher,
    id: i64,
    Delivered { receipt, log_seq }: &Delivered,
    now: Timestamp,
) -> Result<(), OutboxError> {
    let json = serde_json::to_vec(receipt).map_err(|_| OutboxError::Chain)?;
    let log_seq = i64::try_from(*log_seq).unwrap_or(i64::MAX);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute("DELETE FROM parts WHERE verdict = ?1 AND kind = 'receipt'", [id])?;
    insert_part(&transaction, cipher, id, "receipt", "application/json", &json)?;
    transaction.execute(
        "UPDATE verdicts SET state = 'delivered', delivered_at_ms = ?2, settled_at_ms = ?3, standing = ?4,
         log_seq = ?5, key_id = ?6 WHERE id = ?1",
        params![
            id,
            receipt.received_at.ms(),
            now.ms(),
            super::standing_name(receipt.standing),
            log_seq,
            cipher.key_id()
        ],
    )?;
    let again = transaction.execute(
        "UPDATE verdicts SET state = 'waiting', attempts = 0, next_try_at_ms = 0
         WHERE state = 'delivered' AND log_seq > ?1 AND delivered_at_ms < ?2",
        params![log_seq, receipt.received_at.ms()],
    )?;
    transaction.commit()?;
    if again > 0 {
        tracing::warn!(again, "the server's log is shorter than it was: what it may have lost is sent again");
    }
    Ok(())
}

pub(super) fn insert_part(
    connection: &Connection,
    cipher: &Cipher,
    verdict: i64,
    kind: &str,
    content_type: &str,
    plain: &[u8],
) -> Result<(), OutboxError> {
    let record = cipher.encrypt(verdict, kind, plain)?;
    connection.execute(
        "INSERT INTO parts (verdict, kind, content_type, record) VALUES (?1, ?2, ?3, ?4)",
        params![verdict, kind, content_type, record],
    )?;
    Ok(())
}

pub(super) fn part(
    connection: &Connection,
    cipher: &Cipher,
    verdict: i64,
    kind: &str,
) -> Result<Option<(String, Vec<u8>)>, OutboxError> {
    let found: Option<(String, Vec<u8>, String)> = connection
        .query_row(
            "SELECT p.content_type, p.record, v.key_id FROM parts p JOIN verdicts v ON v.id = p.verdict
             WHERE p.verdict = ?1 AND p.kind = ?2",
            params![verdict, kind],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .optional()?;
    let Some((content_type, record, key_id)) = found else { return Ok(None) };
    if key_id != cipher.key_id() {
        return Err(OutboxError::KeyLost);
    }
    Ok(Some((content_type, cipher.decrypt(verdict, kind, &record)?)))
}

pub(super) fn oldest_due(
    connection: &Connection,
    agent: AgentId,
    now: Timestamp,
) -> Result<Option<(i64, u32)>, OutboxError> {
    let due = connection
        .query_row(
            "SELECT id, attempts FROM verdicts
             WHERE state IN ('waiting', 'refused') AND agent_id = ?1
             AND next_try_at_ms NOT BETWEEN ?2 + 1 AND ?2 + CASE state WHEN 'refused' THEN ?4 ELSE ?3 END
             ORDER BY state = 'refused', id LIMIT 1",
            params![agent.to_string(), now.ms(), LONGEST_WAIT_MS, ASK_AGAIN_MS.cast_signed()],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    Ok(due)
}

pub(super) fn waiting_agents(
    connection: &Connection,
    refused_since: Timestamp,
) -> Result<Vec<AgentId>, OutboxError> {
    let mut statement = connection.prepare(
        "SELECT DISTINCT agent_id FROM verdicts
         WHERE state = 'waiting' OR (state = 'refused' AND sealed_at_ms >= ?1)",
    )?;
    let rows =
        statement.query_map([refused_since.ms()], |row| id_of(&row.get::<_, String>(0)?).map(AgentId))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn agents(connection: &Connection) -> Result<Vec<AgentId>, OutboxError> {
    let mut statement = connection.prepare("SELECT DISTINCT agent_id FROM verdicts")?;
    let rows = statement.query_map([], |row| id_of(&row.get::<_, String>(0)?).map(AgentId))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Nothing of the record stays, in the file or in its log. Its number does, in the chain of its key.
pub(super) fn erase(connection: &Connection, id: i64) -> Result<(), OutboxError> {
    connection.execute("DELETE FROM verdicts WHERE id = ?1", [id])?;
    tracing::warn!("a case was erased on the server: its evidence is destroyed here, too");
    truncate_wal(connection)
}

pub(super) fn parcel(
    connection: &Connection,
    cipher: &Cipher,
    id: i64,
    attempts: u32,
) -> Result<Parcel, OutboxError> {
    let (key, manifest_sha256, signer, counter, again) = connection.query_row(
        "SELECT call_id, assignment, manifest_sha256, signer, counter, log_seq IS NOT NULL
         FROM verdicts WHERE id = ?1",
        [id],
        |row| Ok((call_key(row)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?)),
    )?;
    let whole = |kind| part(connection, cipher, id, kind)?.ok_or(OutboxError::RecordDamaged);
    let (_, envelope) = whole("envelope")?;
    let (_, leaves) = whole("leaves")?;
    let mut pictures = Vec::new();
    for kind in [ImageKind::Screenshot, ImageKind::LiveFrame] {
        if let Some((content_type, bytes)) = part(connection, cipher, id, kind.name())? {
            pictures.push(PictureBytes { kind, content_type, bytes });
        }
    }
    Ok(Parcel { id, key, signer, counter, manifest_sha256, envelope, leaves, pictures, attempts, again })
}

pub(super) fn set_state(connection: &Connection, id: i64, state: &str) -> Result<(), OutboxError> {
    connection.execute("UPDATE verdicts SET state = ?2 WHERE id = ?1", params![id, state])?;
    Ok(())
}

/// Deleted bytes must not live on in the write-ahead log.
pub(super) fn truncate_wal(connection: &Connection) -> Result<(), OutboxError> {
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(())
}

/// What is in the log goes into the file; the log is written from its beginning then.
pub(super) fn carry_log_over(connection: &Connection) -> Result<(), OutboxError> {
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
    Ok(())
}

pub(super) fn summary(inner: &Inner, since: Timestamp, now: Timestamp) -> Result<Summary, OutboxError> {
    let (connection, cipher) = (inner.connection()?, &inner.cipher);
    let (pending, bytes, oldest, next_try): (u32, i64, Option<i64>, Option<i64>) = connection.query_row(
        "SELECT count(*), coalesce(sum(bytes), 0), min(sealed_at_ms),
         min(CASE WHEN state = 'waiting' THEN next_try_at_ms END)
         FROM verdicts WHERE state != 'delivered' AND state != 'refused'",
        [],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
    )?;
    // What a restored server gets again is no reason to take no calls.
    let again: u32 = connection.query_row(
        "SELECT count(*) FROM verdicts WHERE state = 'waiting' AND log_seq IS NOT NULL",
        [],
        |row| row.get(0),
    )?;
    let free = (inner.limits.free_bytes > 0).then(|| room::free_bytes(&inner.path)).flatten();
    let room = inner.limits.room(pending.saturating_sub(again), u64::try_from(bytes).unwrap_or(0), free);
    let next_try = next_try.filter(|at| *at > now.ms() && inner.uploading.is_none());
    Ok(Summary {
        picture: OutboxPicture {
            pending,
            oldest_at: oldest.map(Timestamp::from_ms),
            state: state_name(connection, cipher, room)?.to_owned(),
            next_try_at: next_try.map(Timestamp::from_ms),
            warning: room.warning.map(str::to_owned),
            can_begin_anew: false,
            set_aside: inner.path.parent().map_or(0, aside::count),
        },
        history: history(inner, since)?,
        full: room.full.is_some(),
        unacknowledged: unacknowledged(connection, cipher)?,
    })
}

/// The worst that is true: first what stops the work, then of any record.
fn state_name(connection: &Connection, cipher: &Cipher, room: Room) -> Result<&'static str, OutboxError> {
    if let Some(full) = room.full {
        return Ok(full);
    }
    let is = |condition: &str| {
        let sql = format!("SELECT EXISTS (SELECT 1 FROM verdicts WHERE {condition})");
        connection.query_row(&sql, [], |row| row.get::<_, bool>(0))
    };
    let key_lost: bool = connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM verdicts
         WHERE state = 'key_lost' OR (state = 'waiting' AND key_id != ?1))",
        [cipher.key_id()],
        |row| row.get(0),
    )?;
    let reached =
        |reach: Reach| is(&format!("state = 'waiting' AND attempts > 0 AND reached = {}", reach as u8));
    Ok(if is("state = 'damaged'")? {
        "record_damaged"
    } else if key_lost {
        "key_lost"
    } else if reached(Reach::NotApproved)? {
        "not_approved"
    } else if reached(Reach::NotAllowed)? {
        "not_allowed"
    } else if reached(Reach::WrongReceipt)? {
        "receipt_wrong"
    } else if is("state = 'waiting' AND attempts > 0")? {
        "waiting_for_network"
    } else if is("state = 'refused'")? {
        // Below what can be helped now: one record that is refused for ever must not hide it.
        "refused"
    } else if is("state = 'waiting'")? {
        "uploading"
    } else {
        "empty"
    })
}

fn history(inner: &Inner, since: Timestamp) -> Result<Vec<HistoryEntry>, OutboxError> {
    let connection = inner.connection()?;
    let mut statement = connection.prepare(
        "SELECT id, state, delivered_at_ms, standing, refused_code FROM verdicts
         WHERE sealed_at_ms >= ?1 ORDER BY id DESC LIMIT ?2",
    )?;
    let rows = statement.query_map(params![since.ms(), MAX_HISTORY], |row| {
        let id: i64 = row.get(0)?;
        Ok((id, upload_state(row, inner.uploading == Some(id))?))
    })?;
    let mut entries = Vec::new();
    for row in rows {
        let (id, upload) = row?;
        match part(connection, &inner.cipher, id, "entry") {
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
        "SELECT call_id, assignment, manifest_sha256, id FROM verdicts WHERE state != 'delivered'",
    )?;
    let rows = statement
        .query_map([], |row| Ok((call_key(row)?, row.get::<_, String>(2)?, row.get::<_, i64>(3)?)))?;
    let mut found = Vec::new();
    for row in rows {
        let (key, hash, id) = row?;
        if let Ok(Some((_, json))) = part(connection, cipher, id, "entry")
            && let Ok(entry) = serde_json::from_slice::<HistoryEntry>(&json)
        {
            found.push((key, entry.decision, hash));
        }
    }
    Ok(found)
}

fn upload_state(row: &Row<'_>, uploading: bool) -> rusqlite::Result<UploadState> {
    let state: String = row.get(1)?;
    Ok(match state.as_str() {
        "waiting" if uploading => UploadState::Uploading,
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
    Ok(CallKey { call_id: CallId(id_of(&row.get::<_, String>(0)?)?), assignment: row.get(1)? })
}

fn id_of(text: &str) -> rusqlite::Result<uuid::Uuid> {
    text.parse().map_err(|error: uuid::Error| {
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(error))
    })
}

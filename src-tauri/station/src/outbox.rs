//! Verdicts and their evidence, on disk and synced before anybody is told that they are given, kept until
//! the server has them for good (I5).
//!
//! One SQLite file, `synchronous=FULL`. Every record is encrypted on its own, its id and kind bound to it,
//! under a key of the keyring; what is readable without the key are ids, hashes, times and states. Manifests
//! are counted without gaps and each names the hash of the one before; both survive the deletion of old
//! records. A delivered record stays sealed for seven days, so that a restored server can ask again.
//!
//! [`crypt`] one record · [`schema`] the file · [`backoff`] when to try again · [`courier`] the upload.

pub mod backoff;
pub mod courier;
mod crypt;
mod query;
mod schema;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chinhchu_protocol::call::ImageKind;
use chinhchu_protocol::evidence::{EvidenceReceipt, Manifest, VerdictStanding};
use chinhchu_protocol::ids::AgentId;
use chinhchu_protocol::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use thiserror::Error;

use self::crypt::Cipher;
use crate::evidence::hex_sha256;
use crate::keys::OutboxKey;
use crate::picture::{HistoryEntry, UploadState};
use crate::session::CallKey;

/// No further call is taken beyond this many undelivered verdicts …
pub const MAX_PENDING: u32 = 200;
/// … or this many bytes of them.
pub const MAX_PENDING_BYTES: u64 = 2 * 1024 * 1024 * 1024;
/// How long a delivered record is kept.
pub const KEEP_DELIVERED_MS: i64 = 7 * 24 * 3600 * 1000;

/// Why something could not be kept or read.
#[derive(Debug, Error)]
pub enum OutboxError {
    /// The disk, or the quota, is full.
    #[error("the disk is full")]
    DiskFull,
    /// The file is not ours, or broken.
    #[error("the outbox file is damaged")]
    Damaged(#[source] rusqlite::Error),
    /// Any other fault of the file.
    #[error("the outbox file cannot be used")]
    Storage(#[source] rusqlite::Error),
    /// The record was encrypted under a key that is gone.
    #[error("the key of this record is lost")]
    KeyLost,
    /// The record does not decrypt under its key: bytes were changed or swapped.
    #[error("a record is damaged")]
    RecordDamaged,
    /// This assignment has a verdict on this disk already.
    #[error("this assignment has its verdict")]
    SealedAlready,
    /// The manifest does not follow the chain it was offered, or cannot be written.
    #[error("the manifest does not follow the chain")]
    Chain,
}

impl OutboxError {
    /// Stable code for the screens.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::DiskFull => "disk_full",
            Self::Damaged(_) | Self::RecordDamaged => "outbox_damaged",
            Self::KeyLost => "key_lost",
            Self::SealedAlready => "verdict_given",
            Self::Storage(_) | Self::Chain => "outbox_failed",
        }
    }
}

impl From<rusqlite::Error> for OutboxError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::DiskFull,
            Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase) => {
                Self::Damaged(error)
            }
            _ => Self::Storage(error),
        }
    }
}

/// Where the next manifest stands in the chain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChainLink {
    /// From 1, without gaps.
    pub counter: u32,
    /// Hash of the manifest before; none for the first.
    pub previous_sha256: Option<String>,
}

/// One evidence picture with its bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct PictureBytes {
    /// Which.
    pub kind: ImageKind,
    /// `image/jpeg` or `image/png`.
    pub content_type: String,
    /// The file.
    pub bytes: Vec<u8>,
}

/// What is sealed under one manifest.
pub struct ToSeal {
    /// The manifest, complete.
    pub manifest: Manifest,
    /// Its pictures.
    pub pictures: Vec<PictureBytes>,
}

/// A sealed record, as it is now in the file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sealed {
    /// Of the manifest's exact bytes, lower-case hex.
    pub manifest_sha256: String,
    /// For the screen.
    pub entry: HistoryEntry,
}

/// A record ready to be sent.
pub struct Parcel {
    /// Its number.
    pub counter: u32,
    /// Which assignment.
    pub key: CallKey,
    /// Of `manifest`.
    pub manifest_sha256: String,
    /// The exact bytes.
    pub manifest: Vec<u8>,
    /// The pictures it names.
    pub pictures: Vec<PictureBytes>,
    /// Tries so far.
    pub attempts: u32,
}

/// What an upload came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// Durable on the server.
    Delivered(EvidenceReceipt),
    /// The server will never take it.
    Refused {
        /// Its stable code.
        code: String,
    },
    /// Not this time.
    Later {
        /// When to try again.
        next_try_at: Timestamp,
        /// How far it got.
        reach: Reach,
    },
}

/// How far an upload got that did not come through; the numbers stand in the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reach {
    /// No server answered.
    Nobody = 0,
    /// The server answered, but not now.
    Server = 1,
    /// The server does not let this session send it: the agent must sign in again.
    NotAllowed = 2,
}

/// The outbox of one profile. Its calls block on the disk: never on the driver's or the window's thread.
#[derive(Clone)]
pub struct Outbox {
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    connection: Connection,
    cipher: Cipher,
}

impl Outbox {
    /// Opens or makes the file, checks it, and takes up what a crash left half done.
    pub fn open(path: &Path, key: &OutboxKey) -> Result<Self, OutboxError> {
        let connection = schema::open(path)?;
        let inner = Inner { connection, cipher: Cipher::new(key) };
        Ok(Self { inner: Arc::new(Mutex::new(inner)) })
    }

    /// Seals one verdict: `make` words the manifest for its place in the chain. When this returns, the
    /// record is on the disk; if it fails, nothing is and the counter has not moved.
    pub fn seal(
        &self,
        make: impl FnOnce(ChainLink) -> Result<ToSeal, OutboxError>,
    ) -> Result<Sealed, OutboxError> {
        let mut guard = self.lock();
        let Inner { connection, cipher } = &mut *guard;
        let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let link = query::next_link(&transaction)?;
        let ToSeal { manifest, pictures } = make(link.clone())?;
        if manifest.counter != link.counter || manifest.previous_sha256 != link.previous_sha256 {
            return Err(OutboxError::Chain);
        }
        let bytes = serde_json::to_vec(&manifest).map_err(|_| OutboxError::Chain)?;
        let manifest_sha256 = hex_sha256(&bytes);
        let entry = HistoryEntry {
            call_id: manifest.call_id,
            assignment: manifest.assignment,
            at: manifest.captured_at,
            decision: manifest.decision,
            reason: manifest.reason.clone(),
            upload: UploadState::OnDisk,
        };
        let size: usize = bytes.len() + pictures.iter().map(|picture| picture.bytes.len()).sum::<usize>();
        let inserted = transaction.execute(
            "INSERT OR IGNORE INTO verdicts (counter, call_id, assignment, agent_id, key_id, manifest_sha256,
             sealed_at_ms, bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                link.counter,
                manifest.call_id.to_string(),
                manifest.assignment,
                manifest.agent_id.to_string(),
                cipher.key_id(),
                manifest_sha256,
                manifest.captured_at.ms(),
                i64::try_from(size).unwrap_or(i64::MAX)
            ],
        )?;
        if inserted == 0 {
            return Err(OutboxError::SealedAlready);
        }
        let entry_json = serde_json::to_vec(&entry).map_err(|_| OutboxError::Chain)?;
        query::insert_part(&transaction, cipher, link.counter, "entry", "application/json", &entry_json)?;
        query::insert_part(&transaction, cipher, link.counter, "manifest", "application/json", &bytes)?;
        for PictureBytes { kind, content_type, bytes } in &pictures {
            query::insert_part(&transaction, cipher, link.counter, kind.name(), content_type, bytes)?;
        }
        transaction.execute(
            "UPDATE chain SET counter = ?1, manifest_sha256 = ?2",
            params![link.counter, manifest_sha256],
        )?;
        transaction.commit()?;
        Ok(Sealed { manifest_sha256, entry })
    }

    /// The oldest record of this agent that is due, made ready. A record whose key is lost or that is
    /// damaged is marked and passed over.
    pub fn next_due(&self, agent: AgentId, now: Timestamp) -> Result<Option<Parcel>, OutboxError> {
        let guard = self.lock();
        loop {
            let Some((counter, attempts)) = query::oldest_due(&guard.connection, agent, now)? else {
                return Ok(None);
            };
            match query::parcel(&guard.connection, &guard.cipher, counter, attempts) {
                Ok(parcel) => {
                    query::set_state(&guard.connection, counter, "uploading")?;
                    return Ok(Some(parcel));
                }
                Err(OutboxError::KeyLost) => query::set_state(&guard.connection, counter, "key_lost")?,
                Err(OutboxError::RecordDamaged) => query::set_state(&guard.connection, counter, "damaged")?,
                Err(
                    error @ (OutboxError::DiskFull
                    | OutboxError::Damaged(_)
                    | OutboxError::Storage(_)
                    | OutboxError::SealedAlready
                    | OutboxError::Chain),
                ) => return Err(error),
            }
        }
    }

    /// Writes down what an upload came to.
    pub fn settle(&self, counter: u32, outcome: &Outcome, now: Timestamp) -> Result<(), OutboxError> {
        let guard = self.lock();
        match outcome {
            Outcome::Delivered(receipt) => guard.connection.execute(
                "UPDATE verdicts SET state = 'delivered', delivered_at_ms = ?2, settled_at_ms = ?3,
                 standing = ?4 WHERE counter = ?1",
                params![counter, receipt.received_at.ms(), now.ms(), standing_name(receipt.standing)],
            )?,
            Outcome::Refused { code } => guard.connection.execute(
                "UPDATE verdicts SET state = 'refused', refused_code = ?2, settled_at_ms = ?3
                 WHERE counter = ?1",
                params![counter, code, now.ms()],
            )?,
            Outcome::Later { next_try_at, reach } => guard.connection.execute(
                "UPDATE verdicts SET state = 'waiting', attempts = attempts + 1, next_try_at_ms = ?2,
                 reached = ?3 WHERE counter = ?1",
                params![counter, next_try_at.ms(), *reach as u8],
            )?,
        };
        Ok(())
    }

    /// The line is back: everything that waits is due at once.
    pub fn all_due(&self) -> Result<(), OutboxError> {
        let sql = "UPDATE verdicts SET next_try_at_ms = 0 WHERE state = 'waiting'";
        self.lock().connection.execute(sql, [])?;
        Ok(())
    }

    /// Deletes, for good, what was delivered long enough ago.
    pub fn purge(&self, now: Timestamp) -> Result<u32, OutboxError> {
        let guard = self.lock();
        let deleted = guard.connection.execute(
            "DELETE FROM verdicts WHERE state = 'delivered' AND settled_at_ms < ?1",
            [now.plus_ms(-KEEP_DELIVERED_MS).ms()],
        )?;
        if deleted > 0 {
            query::truncate_wal(&guard.connection)?;
        }
        Ok(u32::try_from(deleted).unwrap_or(u32::MAX))
    }

    /// A sealed picture, decrypted.
    pub fn picture(&self, key: CallKey, kind: ImageKind) -> Result<Option<PictureBytes>, OutboxError> {
        let guard = self.lock();
        let counter: Option<u32> = guard
            .connection
            .query_row(
                "SELECT counter FROM verdicts WHERE call_id = ?1 AND assignment = ?2",
                params![key.call_id.to_string(), key.assignment],
                |row| row.get(0),
            )
            .optional()?;
        let Some(counter) = counter else { return Ok(None) };
        let part = query::part(&guard.connection, &guard.cipher, counter, kind.name())?;
        Ok(part.map(|(content_type, bytes)| PictureBytes { kind, content_type, bytes }))
    }

    /// Whether evidence of this agent is still to be delivered.
    pub fn waits(&self, agent: AgentId) -> Result<bool, OutboxError> {
        query::waits(&self.lock().connection, agent)
    }

    /// What the screen and the session need to know.
    pub fn summary(&self, since: Timestamp, now: Timestamp) -> Result<query::Summary, OutboxError> {
        let guard = self.lock();
        query::summary(&guard.connection, &guard.cipher, since, now)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A panic inside leaves no half-written state behind: the transaction was rolled back.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub use self::query::Summary;

/// The name on the wire.
pub(crate) const fn standing_name(standing: VerdictStanding) -> &'static str {
    match standing {
        VerdictStanding::Counts => "counts",
        VerdictStanding::Late => "late",
        VerdictStanding::Superseded => "superseded",
    }
}

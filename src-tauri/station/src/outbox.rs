//! Verdicts and their evidence, on disk and synced before anybody is told that they are given, kept until
//! the server has them for good (I5).
//!
//! One SQLite file, `synchronous=FULL`, held by one program alone. Every record is encrypted on its own, its id
//! and kind bound to it, under a key of the keyring; what is readable without the key are ids, hashes, times and
//! states. Manifests are counted without gaps per signing key and each names the hash of the one before; both
//! survive the deletion of old records. A delivered record stays sealed for seven days with the server's signed
//! receipt, so that a restored server gets it again.
//!
//! [`chain`] numbers · [`crypt`] one record · [`schema`] the file · [`server`] which server it was · [`aside`] a
//! damaged one · [`room`] how much fits · [`backoff`] when to try again · [`courier`], [`upload`], [`receipt`] the way to the server.

pub mod aside;
pub mod backoff;
pub mod chain;
pub mod courier;
mod crypt;
mod query;
pub mod receipt;
pub mod room;
mod schema;
mod server;
#[cfg(all(test, target_os = "linux"))]
mod synced;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_again;
#[cfg(test)]
pub(crate) mod tests_support;
mod upload;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chinhchu_evidence::manifest::SealedManifest;
use chinhchu_protocol::call::ImageKind;
use chinhchu_protocol::evidence::{EvidenceReceipt, Manifest, VerdictStanding};
use chinhchu_protocol::ids::AgentId;
use chinhchu_protocol::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use thiserror::Error;

use self::chain::Closing;
use self::crypt::Cipher;
use self::room::Limits;
use crate::keys::OutboxKey;
use crate::picture::{ClosedStream, HistoryEntry};
use crate::session::CallKey;

/// How long a delivered record is kept.
pub const KEEP_DELIVERED_MS: i64 = 7 * 24 * 3600 * 1000;
/// How long the server takes evidence of a sign-in that has ended.
const DELIVERY_MS: i64 = 30 * 24 * 3600 * 1000;

/// Why something could not be kept or read.
#[derive(Debug, Error)]
pub enum OutboxError {
    /// The disk, or the quota, is full.
    #[error("the disk is full")]
    DiskFull,
    /// The file is not ours, or broken.
    #[error("the outbox file is damaged")]
    Damaged(#[source] rusqlite::Error),
    /// Another program, most likely another window of this profile, has the file.
    #[error("the outbox file is in use")]
    InUse,
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
    /// The signing key has no open chain in this file.
    #[error("the signing key has no chain in this file")]
    ChainClosed,
    /// The manifest does not follow the chain it was offered, or cannot be written.
    #[error("the manifest does not follow the chain")]
    Chain,
    /// The program is ending.
    #[error("the outbox is closed")]
    Closed,
}

impl OutboxError {
    /// Stable code for the screens.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::DiskFull => "disk_full",
            Self::Damaged(_) => "outbox_damaged",
            Self::InUse => "outbox_in_use",
            Self::RecordDamaged => "record_damaged",
            Self::KeyLost => "key_lost",
            Self::SealedAlready => "verdict_given",
            Self::ChainClosed => "key_unavailable",
            Self::Storage(_) | Self::Chain | Self::Closed => "outbox_failed",
        }
    }
}

impl From<rusqlite::Error> for OutboxError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::DiskFull,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged(error),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::InUse,
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
    /// The same, signed.
    pub sealed: SealedManifest,
    /// Its pictures.
    pub pictures: Vec<PictureBytes>,
    /// By the own clock, which the history's day goes by.
    pub sealed_at: Timestamp,
}

/// A sealed record, as it is now in the file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sealed {
    /// Of the signed statement's exact bytes, lower-case hex.
    pub manifest_sha256: String,
    /// For the screen.
    pub entry: HistoryEntry,
}

/// A record ready to be sent.
pub struct Parcel {
    /// Its place in the file.
    pub id: i64,
    /// Which assignment.
    pub key: CallKey,
    /// Which signing key.
    pub signer: String,
    /// Its number under that key.
    pub counter: u32,
    /// Of the signed statement.
    pub manifest_sha256: String,
    /// The signed statement, exact bytes.
    pub envelope: Vec<u8>,
    /// The leaves, exact bytes.
    pub leaves: Vec<u8>,
    /// The pictures it names.
    pub pictures: Vec<PictureBytes>,
    /// Tries so far.
    pub attempts: u32,
    /// The server had it once: most likely it has it still.
    pub again: bool,
}

/// What an upload came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// Durable on the server, and the receipt is its own.
    Delivered(Box<Delivered>),
    /// The server does not take it. It may another day: once the right backup is back, or after a mend of its own.
    Refused {
        /// Its stable code.
        code: String,
        /// When it is asked again.
        next_try_at: Timestamp,
    },
    /// The person's case was erased, as the server has signed: nothing of it may stay here either.
    Erased,
    /// Not this time.
    Later {
        /// When to try again.
        next_try_at: Timestamp,
        /// How far it got.
        reach: Reach,
    },
}

/// A receipt that was checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delivered {
    /// As it came, with its envelope.
    pub receipt: EvidenceReceipt,
    /// Where it stands in the server's log.
    pub log_seq: u64,
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
    /// This workstation's key is not approved, or no longer.
    NotApproved = 3,
    /// The server answered with a receipt that proves nothing.
    WrongReceipt = 4,
}

/// The outbox of one profile. Its calls block on the disk: never on the driver's or the window's thread.
#[derive(Clone)]
pub struct Outbox {
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    /// None once the program is ending.
    connection: Option<Connection>,
    cipher: Cipher,
    limits: Limits,
    path: PathBuf,
    /// Which record is on its way.
    uploading: Option<i64>,
    /// Bytes in SQLite's log that are not in the file yet, about.
    logged: u64,
}

impl Inner {
    fn connection(&self) -> Result<&Connection, OutboxError> {
        self.connection.as_ref().ok_or(OutboxError::Closed)
    }
}

impl Outbox {
    /// Opens or makes the file and checks it.
    pub fn open(path: &Path, key: &OutboxKey) -> Result<Self, OutboxError> {
        Self::open_with(path, key, Limits::DEFAULT)
    }

    /// The same with other bounds.
    pub fn open_with(path: &Path, key: &OutboxKey, limits: Limits) -> Result<Self, OutboxError> {
        let connection = Some(schema::open(path)?);
        let (cipher, path, logged) = (Cipher::new(key), path.to_owned(), schema::log_bytes(path));
        let inner = Inner { connection, cipher, limits, path, uploading: None, logged };
        Ok(Self { inner: Arc::new(Mutex::new(inner)) })
    }

    /// Whether another program has it, for who cannot open it himself.
    pub fn is_in_use(path: &Path) -> bool {
        schema::is_in_use(path)
    }

    /// Lets the file go: another program may open it now.
    pub fn close(&self) {
        self.lock().connection = None;
    }

    /// The same for a file that has turned out to be damaged: its log is not carried over into it.
    pub fn abandon(&self) {
        if let Some(connection) = self.lock().connection.take()
            && let Err(error) = schema::keep_log(&connection, true)
        {
            tracing::warn!(?error, "closing the damaged outbox may still write into it");
        }
    }

    /// Whether this signing key may number a manifest here.
    pub fn counts_for(&self, signer: &str) -> Result<bool, OutboxError> {
        chain::is_open(self.lock().connection()?, signer)
    }

    /// A fresh signing key begins at 1; whatever was counted before ends, and why.
    pub fn begin_chain(&self, signer: &str, why: Closing, now: Timestamp) -> Result<(), OutboxError> {
        let mut guard = self.lock();
        chain::begin(guard.connection.as_mut().ok_or(OutboxError::Closed)?, signer, why, now)
    }

    /// A key of the keyring that this file does not know: its manifests were counted in another.
    pub fn close_unknown_chain(&self, signer: &str, now: Timestamp) -> Result<(), OutboxError> {
        chain::close_unknown(self.lock().connection()?, signer, now)
    }

    /// The last signing key that ended.
    pub fn closed_chain(&self) -> Result<Option<ClosedStream>, OutboxError> {
        chain::closed(self.lock().connection()?)
    }

    /// Seals one verdict: `make` words and signs the manifest for its place in the chain of `signer`. When this
    /// returns, the record is on the disk; if it fails, nothing is and the counter has not moved.
    pub fn seal(
        &self,
        signer: &str,
        make: impl FnOnce(ChainLink) -> Result<ToSeal, OutboxError>,
    ) -> Result<Sealed, OutboxError> {
        self.seal_timed(signer, make, || ())
    }

    /// The same; `written` is called when all is encrypted and written, and only the sync is left.
    pub fn seal_timed(
        &self,
        signer: &str,
        make: impl FnOnce(ChainLink) -> Result<ToSeal, OutboxError>,
        written: impl FnOnce(),
    ) -> Result<Sealed, OutboxError> {
        let mut guard = self.lock();
        let Inner { connection, cipher, logged, .. } = &mut *guard;
        let connection = connection.as_mut().ok_or(OutboxError::Closed)?;
        let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let link = chain::next_link(&transaction, signer)?;
        let to_seal = make(link.clone())?;
        let manifest = &to_seal.manifest;
        if manifest.counter != link.counter || manifest.previous_sha256 != link.previous_sha256 {
            return Err(OutboxError::Chain);
        }
        let entry = query::insert(&transaction, cipher, signer, &to_seal)?;
        let manifest_sha256 = to_seal.sealed.manifest_sha256;
        chain::moved(&transaction, signer, link.counter, &manifest_sha256)?;
        written();
        transaction.commit()?;
        *logged += to_seal.pictures.iter().map(|picture| picture.bytes.len() as u64).sum::<u64>();
        Ok(Sealed { manifest_sha256, entry })
    }

    /// Carries SQLite's log over into the file once it is long. The courier does it, between verdicts: SQLite would do
    /// it at the end of every few of them, while the agent waits for the screen to say done.
    pub fn carry_log_over(&self) -> Result<(), OutboxError> {
        let mut guard = self.lock();
        if guard.logged >= schema::LONG_LOG_BYTES {
            query::carry_log_over(guard.connection()?)?;
            guard.logged = 0;
        }
        Ok(())
    }

    /// The oldest record of this agent that is due, made ready. A record whose key is lost or that is
    /// damaged is marked and passed over. Writes nothing else: a full disk holds no upload up.
    pub fn next_due(&self, agent: AgentId, now: Timestamp) -> Result<Option<Parcel>, OutboxError> {
        let mut guard = self.lock();
        loop {
            let connection = guard.connection()?;
            let Some((id, attempts)) = query::oldest_due(connection, agent, now)? else {
                return Ok(None);
            };
            match query::parcel(connection, &guard.cipher, id, attempts) {
                Ok(parcel) => {
                    guard.uploading = Some(id);
                    return Ok(Some(parcel));
                }
                Err(OutboxError::KeyLost) => query::set_state(connection, id, "key_lost")?,
                Err(OutboxError::RecordDamaged) => query::set_state(connection, id, "damaged")?,
                Err(
                    error @ (OutboxError::DiskFull
                    | OutboxError::Damaged(_)
                    | OutboxError::InUse
                    | OutboxError::Storage(_)
                    | OutboxError::SealedAlready
                    | OutboxError::ChainClosed
                    | OutboxError::Chain
                    | OutboxError::Closed),
                ) => return Err(error),
            }
        }
    }

    /// Writes down what an upload came to. A receipt is kept, sealed, with its record. A receipt that stands
    /// earlier in the server's log than older ones tells that the server was restored: what it lost is due again.
    pub fn settle(&self, id: i64, outcome: &Outcome, now: Timestamp) -> Result<(), OutboxError> {
        let mut guard = self.lock();
        let Inner { connection, cipher, uploading, .. } = &mut *guard;
        let connection = connection.as_mut().ok_or(OutboxError::Closed)?;
        match outcome {
            Outcome::Delivered(delivered) => query::delivered(connection, cipher, id, delivered, now)?,
            Outcome::Refused { code, next_try_at } => {
                connection.execute(
                    "UPDATE verdicts SET state = 'refused', refused_code = ?2, settled_at_ms = ?3,
                     attempts = attempts + 1, next_try_at_ms = ?4 WHERE id = ?1",
                    params![id, code, now.ms(), next_try_at.ms()],
                )?;
            }
            Outcome::Erased => query::erase(connection, id)?,
            Outcome::Later { next_try_at, reach } => {
                connection.execute(
                    "UPDATE verdicts SET state = 'waiting', attempts = attempts + 1, next_try_at_ms = ?2,
                     reached = ?3 WHERE id = ?1",
                    params![id, next_try_at.ms(), *reach as u8],
                )?;
            }
        }
        uploading.take_if(|uploading| *uploading == id);
        Ok(())
    }

    /// The line is back: everything that waits is due at once.
    pub fn all_due(&self) -> Result<(), OutboxError> {
        let sql = "UPDATE verdicts SET next_try_at_ms = 0 WHERE state = 'waiting'";
        self.lock().connection()?.execute(sql, [])?;
        Ok(())
    }

    /// Deletes, for good, what was delivered long enough ago.
    pub fn purge(&self, now: Timestamp) -> Result<u32, OutboxError> {
        let guard = self.lock();
        let deleted = guard.connection()?.execute(
            "DELETE FROM verdicts WHERE state = 'delivered' AND settled_at_ms < ?1",
            [now.plus_ms(-KEEP_DELIVERED_MS).ms()],
        )?;
        if deleted > 0 {
            query::truncate_wal(guard.connection()?)?;
        }
        Ok(u32::try_from(deleted).unwrap_or(u32::MAX))
    }

    /// A sealed picture, decrypted.
    pub fn picture(&self, key: CallKey, kind: ImageKind) -> Result<Option<PictureBytes>, OutboxError> {
        let guard = self.lock();
        let connection = guard.connection()?;
        let id: Option<i64> = connection
            .query_row(
                "SELECT id FROM verdicts WHERE call_id = ?1 AND assignment = ?2",
                params![key.call_id.to_string(), key.assignment],
                |row| row.get(0),
            )
            .optional()?;
        let Some(id) = id else { return Ok(None) };
        let part = query::part(connection, &guard.cipher, id, kind.name())?;
        Ok(part.map(|(content_type, bytes)| PictureBytes { kind, content_type, bytes }))
    }

    /// Agents whose evidence is still to be delivered. What is refused counts as long as the server takes anything
    /// of an ended sign-in.
    pub fn waiting_agents(&self, now: Timestamp) -> Result<Vec<AgentId>, OutboxError> {
        query::waiting_agents(self.lock().connection()?, now.plus_ms(-DELIVERY_MS))
    }

    /// Agents of all that is here.
    pub fn agents(&self) -> Result<Vec<AgentId>, OutboxError> {
        query::agents(self.lock().connection()?)
    }

    /// The server's incarnation, as it says now. Another one than before tells that it was restored from a backup:
    /// what it was given of late, and what it refused, is due again. Says how many.
    pub fn server_is(&self, server: &str, incarnation: u32, now: Timestamp) -> Result<usize, OutboxError> {
        let mut guard = self.lock();
        let connection = guard.connection.as_mut().ok_or(OutboxError::Closed)?;
        server::is(connection, server, incarnation, now)
    }

    /// What the screen and the session need to know.
    pub fn summary(&self, since: Timestamp, now: Timestamp) -> Result<Summary, OutboxError> {
        let guard = self.lock();
        query::summary(&guard, since, now)
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

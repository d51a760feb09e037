//! Pictures and other large objects in a folder, each sealed under the key of its case.
//!
//! Order of a write: a `pending_objects` row (committed), the file under a temporary name, fsync, rename,
//! fsync of the folder; then the transaction that names the object deletes the row. What was never named is
//! swept after [`KEEP_PENDING_MS`]: first its row, so that it can no longer be named, then its file.
//! File names are random ids: they say nothing about anybody (I9).

mod folder;
mod keys;
mod seal;
pub mod sql;

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use chinhchu_protocol::time::Timestamp;
use uuid::Uuid;

use crate::cases::erase;
use crate::clock::Clock;
use crate::store::{Db, StoreError};

pub use folder::{private, sync_folder};
pub use keys::{Keys, KeysError};
pub use seal::{CaseKey, SealError};

/// How long an object may lie unnamed.
pub const KEEP_PENDING_MS: i64 = 24 * 60 * 60 * 1000;

/// Names an object; the file's name is this id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ObjectId(pub Uuid);

/// What can go wrong with objects.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// The folder refused.
    #[error("the objects' folder refused: {0}")]
    Io(#[from] std::io::Error),
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The object was changed, or another key sealed it.
    #[error(transparent)]
    Seal(#[from] SealError),
}

/// The objects' folder; clones share it.
#[derive(Clone)]
pub struct Objects {
    db: Db,
    clock: Clock,
    folder: Arc<folder::Folder>,
}

impl Objects {
    /// Opens the folder to read beside the server that owns it: what it is just writing is left alone.
    pub fn beside(folder: PathBuf, db: Db, clock: Clock) -> Self {
        Self { db, clock, folder: Arc::new(folder::Folder::beside(folder)) }
    }

    /// Opens (and makes) the folder, for the one process that writes to it. Blocking.
    pub fn open(folder: PathBuf, db: Db, clock: Clock) -> Result<Self, ObjectError> {
        Ok(Self { db, clock, folder: Arc::new(folder::Folder::open(folder)?) })
    }

    /// Makes objects durable, in order. They are swept unless a transaction names them with [`sql::name`].
    pub async fn put(&self, key: &CaseKey, bodies: Vec<Bytes>) -> Result<Vec<ObjectId>, ObjectError> {
        let ids: Vec<ObjectId> = bodies.iter().map(|_| ObjectId(Uuid::from_bytes(rand::random()))).collect();
        let (pending, now) = (ids.clone(), self.clock.now());
        self.db.write(move |tx| sql::insert_pending(tx, &pending, now)).await?;
        let (folder, key, named) = (self.folder.clone(), key.clone(), ids.clone());
        blocking(move || {
            for (id, body) in named.iter().zip(bodies) {
                folder.write(*id, &key.seal(id.0.as_bytes(), &body))?;
            }
            folder.sync(&named)?;
            Ok(())
        })
        .await?;
        Ok(ids)
    }

    /// Reads an object. Blocking work runs on a thread of its own.
    pub async fn get(&self, key: &CaseKey, id: ObjectId) -> Result<Bytes, ObjectError> {
        let (folder, key) = (self.folder.clone(), key.clone());
        blocking(move || Ok(Bytes::from(key.open(id.0.as_bytes(), &folder.read(id)?)?))).await
    }

    /// Whether the object's file is there. Blocking.
    pub fn has(&self, id: ObjectId) -> bool {
        self.folder.has(id)
    }

    /// Removes what was never named; gives how many.
    pub async fn sweep(&self, now: Timestamp) -> Result<usize, ObjectError> {
        let before = now.plus_ms(-KEEP_PENDING_MS);
        let orphans = self.db.write(move |tx| sql::take_pending(tx, before)).await?;
        let (folder, count) = (self.folder.clone(), orphans.len());
        blocking(move || {
            for id in orphans {
                folder.remove(id)?;
            }
            Ok(())
        })
        .await?;
        Ok(count)
    }

    /// Removes files whose pictures were destroyed, at most `most`; gives how many.
    pub async fn remove_doomed(&self, most: u32) -> Result<usize, ObjectError> {
        let doomed = self.db.read(move |connection| erase::doomed(connection, most)).await?;
        if doomed.is_empty() {
            return Ok(0);
        }
        let (folder, gone) = (self.folder.clone(), doomed.clone());
        blocking(move || {
            for id in &gone {
                folder.remove(*id)?;
            }
            Ok(folder.sync(&gone)?)
        })
        .await?;
        let count = doomed.len();
        self.db.write(move |tx| erase::removed(tx, &doomed)).await?;
        Ok(count)
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ObjectError> + Send + 'static,
) -> Result<T, ObjectError> {
    let task = tokio::task::spawn_blocking(work);
    task.await.unwrap_or_else(|_| Err(ObjectError::Io(std::io::Error::other("the worker stopped"))))
}

#[cfg(test)]
mod tests;

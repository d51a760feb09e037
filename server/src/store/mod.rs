//! The embedded store: one SQLite file in the data folder.
//!
//! All writes of a process go through one thread ([`writer`]) that commits up to 64 jobs at once with
//! `synchronous=FULL`; a job is answered after its commit. Commands of the command line are processes of
//! their own on the same file, with short transactions. Reads use a small pool.
//!
//! Absent on purpose: SQL of other domains. Each domain keeps its statements in a file `sql.rs` of its own,
//! behind functions with domain types, so that a second body (PostgreSQL) can stand beside it.

pub mod copy;
mod error;
mod lock;
mod migrate;
mod readers;
pub mod rows;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Connection, Transaction};
use tokio::sync::watch;

pub use error::StoreError;
pub use lock::ServeLock;

/// Name of the database in the data folder.
pub const FILE_NAME: &str = "chinhchu.db";

/// A handle on the store; clones share it.
#[derive(Clone)]
pub struct Db {
    inner: Arc<Inner>,
}

struct Inner {
    folder: PathBuf,
    writer: writer::Writer,
    readers: readers::Readers,
}

impl Db {
    /// Opens (and if need be makes and migrates) the store of a data folder. Blocking.
    pub fn open(folder: impl AsRef<Path>) -> Result<Self, StoreError> {
        let folder = folder.as_ref().to_path_buf();
        make_folder(&folder)?;
        let file = folder.join(FILE_NAME);
        make_file(&file)?;
        let mut connection = Connection::open(&file)?;
        prepare(&connection)?;
        migrate::to_newest(&mut connection)?;
        let inner = Inner {
            writer: writer::Writer::start(connection)?,
            readers: readers::Readers::new(file),
            folder,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        &self.inner.folder
    }

    /// Runs a job in the writer's next transaction and answers after the commit. If the job fails, only its
    /// own changes are undone. The job must be short and must not wait for anything.
    pub async fn write<T, E, F>(&self, job: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
    {
        self.inner.writer.run(job).await
    }

    /// [`Self::write`] for places without a runtime (the command line). Blocking.
    pub fn write_blocking<T, E, F>(&self, job: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
    {
        self.inner.writer.run_blocking(job)
    }

    /// Runs a query on a connection of the pool; sees everything that was acknowledged before.
    pub async fn read<T, E, F>(&self, query: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        self.inner.readers.run(query).await
    }

    /// [`Self::read`] for places without a runtime. Blocking.
    pub fn read_blocking<T, E, F>(&self, query: F) -> Result<T, E>
    where
        E: From<StoreError>,
        F: FnOnce(&Connection) -> Result<T, E>,
    {
        self.inner.readers.run_blocking(query)
    }

    /// Empties the write-ahead log, so that what was deleted does not stay in it, and removes copies that killed
    /// commands left; `false` if somebody is reading an older state and it could not be emptied whole. Blocking.
    pub fn truncate_wal(&self) -> Result<bool, StoreError> {
        copy::remove_left(&self.inner.folder)?;
        let connection = Connection::open(self.inner.folder.join(FILE_NAME))?;
        prepare(&connection)?;
        let busy: i64 = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        Ok(busy == 0)
    }

    /// Changes whenever another process (a command of the command line) has changed the store, within half a
    /// second.
    pub fn changed_outside(&self) -> watch::Receiver<u64> {
        self.inner.writer.changed_outside()
    }
}

/// Makes a folder if there is none, for this account only.
pub fn make_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

/// Makes the file if there is none, for this account only; SQLite gives its other files the same rights.
fn make_file(file: &Path) -> std::io::Result<()> {
    private().create(true).append(true).open(file).map(drop)
}

/// Files that it makes are for this account only.
fn private() -> std::fs::OpenOptions {
    let mut options = std::fs::File::options();
    crate::objects::private(&mut options);
    options
}

/// What every connection needs.
fn prepare(connection: &Connection) -> Result<(), StoreError> {
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // Deleted mailboxes and keys must not stay in free pages.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(())
}

#[cfg(test)]
mod tests;

//! What can go wrong in the store.

/// A failed job or query. Texts come from SQLite and the system, never from stored values.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite refused.
    #[error("the store refused: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The file system refused.
    #[error("the data folder refused: {0}")]
    Io(#[from] std::io::Error),
    /// The store was written by a newer program.
    #[error("the store has version {found}, this program knows {known}; use the newer program")]
    TooNew {
        /// Version of the file.
        found: u32,
        /// Newest version of this program.
        known: u32,
    },
    /// Another `serve` has this data folder.
    #[error("another server is running on this data folder")]
    Locked,
    /// The writer has stopped.
    #[error("the store is closed")]
    Closed,
    /// A job panicked; its changes were undone.
    #[error("a job on the store panicked")]
    Panicked,
    /// The transaction of the job could not be committed; nothing of it was kept.
    #[error("not committed: {0}")]
    NotCommitted(String),
    /// A stored value does not have the shape that this program wrote.
    #[error("a stored value cannot be read: {0}")]
    Corrupt(&'static str),
    /// The rows that reports count are being made anew from the log and are not whole.
    #[error("the figures are being made anew from the log")]
    FiguresBehind,
}

impl StoreError {
    /// Whether a unique or primary key stood in the way.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Sqlite(error)
            if error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation))
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(_: serde_json::Error) -> Self {
        // The text of serde's error may quote the value.
        Self::Corrupt("JSON")
    }
}

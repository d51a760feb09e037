//! Reads the log from the store, record by record, the chain of hashes verified on the way.

use super::CliError;
use super::store::Opened;
use crate::store::StoreError;
use crate::switchboard::sql::records_after;
use crate::switchboard::{Head, Record};

/// Records read at once.
const CHUNK: u32 = 1_000;

/// Why the log was not read to its end.
pub enum LogFault {
    /// The chain of hashes breaks at this record, or one is missing before it.
    Broken(u64),
    /// Anything else.
    Other(CliError),
}

impl<E: Into<CliError>> From<E> for LogFault {
    fn from(error: E) -> Self {
        Self::Other(error.into())
    }
}

/// Hands every record to `take`, in order; gives the log's end. Works while the server runs: records that it
/// writes meanwhile are read, too.
pub fn each(
    opened: &Opened,
    mut take: impl FnMut(&Record) -> Result<(), CliError>,
) -> Result<Head, LogFault> {
    let mut head = Head::EMPTY;
    loop {
        let after = head.seq;
        let read = opened.db.read_blocking(move |connection| records_after(connection, after, CHUNK));
        let records = read.map_err(|error: StoreError| CliError::from(error))?;
        if records.is_empty() {
            return Ok(head);
        }
        for record in &records {
            head = head.follow(record).map_err(|_| LogFault::Broken(record.seq))?;
            take(record)?;
        }
    }
}

//! Reads a data folder without changing it, whether a server runs on it or not, for `audit verify` and `export`.

use std::path::Path;
use std::time::{Duration, SystemTime};
use std::{fs, io};

use chinhchu_protocol::ids::CallId;
use rusqlite::{Connection, OpenFlags};

use super::verify::Checker;
use super::{AuditRecord, held, sql};
use crate::cases::tombstones::Tombstones;
use crate::store::{FILE_NAME, ServeLock, StoreError, rows};
use crate::switchboard::Record;
use crate::switchboard::sql::records_after;

/// Records read at once.
const CHUNK: u32 = 1_000;
const FLAGS: OpenFlags = OpenFlags::SQLITE_OPEN_READ_ONLY.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

/// The store of a folder, to read.
pub struct Look {
    /// Reads.
    pub connection: Connection,
    /// How it lay when it was opened as it lies; none for one in use, which keeps its readers apart from its writer.
    at_rest: Option<Traces>,
}

/// By which a change is seen.
#[derive(PartialEq, Eq)]
struct Traces {
    store: (u64, SystemTime),
    wal: u64,
}

impl Traces {
    fn of(folder: &Path) -> io::Result<Self> {
        let store = fs::metadata(folder.join(FILE_NAME))?;
        let wal = fs::metadata(folder.join(format!("{FILE_NAME}-wal"))).map_or(0, |wal| wal.len());
        Ok(Self { store: (store.len(), store.modified()?), wal })
    }
}

impl Look {
    /// Whether what was read is to be trusted: a store that was read as it lies must not have been used since.
    pub fn undisturbed(&self, folder: &Path) -> bool {
        self.at_rest.as_ref().is_none_or(|before| Traces::of(folder).is_ok_and(|now| now == *before))
    }
}

/// Opens the store of a folder. One that nobody serves, and that left nothing in its write-ahead log, is read as it
/// lies, without a trace: also from a read-only disk.
pub fn open(folder: &Path) -> Result<Look, StoreError> {
    let traces = Traces::of(folder)?;
    if traces.wal > 0 || ServeLock::is_held(folder) {
        return Ok(Look { connection: open_in_use(folder)?, at_rest: None });
    }
    let path = std::path::absolute(folder.join(FILE_NAME))?.display().to_string();
    let path = path.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let uri = format!("file:{path}?immutable=1");
    let connection = Connection::open_with_flags(uri, FLAGS | OpenFlags::SQLITE_OPEN_URI)?;
    Ok(Look { connection, at_rest: Some(traces) })
}

/// Opens the store of a folder that may be in use, also while it is written to.
pub fn open_in_use(folder: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(folder.join(FILE_NAME), FLAGS)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    Ok(connection)
}

/// Every root with the exact bytes of its envelope, oldest first.
pub fn roots(connection: &Connection) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
    let sql = "SELECT day, envelope FROM day_roots ORDER BY day";
    rows::all(connection, sql, [], |row| Ok((row.get("day")?, row.get("envelope")?)))
}

/// Hands every record of the audit on, in order.
pub fn each_audit<E: From<StoreError>>(
    connection: &Connection,
    mut take: impl FnMut(AuditRecord) -> Result<(), E>,
) -> Result<(), E> {
    let mut after = 0;
    loop {
        let records = sql::records_after(connection, after, CHUNK)?;
        let Some(last) = records.last() else { return Ok(()) };
        after = last.seq;
        records.into_iter().try_for_each(&mut take)?;
    }
}

/// Hands every record of the log on, in order.
pub fn each_log<E: From<StoreError>>(
    connection: &Connection,
    mut take: impl FnMut(Record) -> Result<(), E>,
) -> Result<(), E> {
    let mut after = 0;
    loop {
        let records = records_after(connection, after, CHUNK)?;
        let Some(last) = records.last() else { return Ok(()) };
        after = last.seq;
        records.into_iter().try_for_each(&mut take)?;
    }
}

/// Hands a whole store to the checker, from one moment of it.
pub fn check(
    connection: &Connection,
    tombstones: &Tombstones,
    checker: &mut Checker,
) -> Result<(), StoreError> {
    check_while(connection, tombstones, checker, || Ok(()))
}

/// [`check`], asked before each record whether to go on.
pub fn check_while<E: From<StoreError>>(
    connection: &Connection,
    tombstones: &Tombstones,
    checker: &mut Checker,
    go_on: impl Fn() -> Result<(), E>,
) -> Result<(), E> {
    let snapshot = connection.unchecked_transaction().map_err(StoreError::from)?;
    for (day, envelope) in roots(&snapshot)? {
        checker.root(&day, &envelope);
    }
    for line in Tombstones::lines(tombstones.path()).map_err(StoreError::from)? {
        checker.tombstone(&line);
    }
    let erased: Vec<String> = checker.erased_calls().map(str::to_owned).collect();
    for call in erased {
        let Ok(id) = call.parse::<CallId>() else { continue };
        let sql = "SELECT 1 FROM cases WHERE call_id = ?1 AND key_wrapped IS NOT NULL";
        if rows::first(&snapshot, sql, [id.0.as_bytes()], |_| Ok(()))?.is_some() {
            checker.not_erased(&call);
        }
    }
    each_audit(&snapshot, |record| {
        checker.audit(&record);
        go_on()
    })?;
    let mut told = 0;
    each_log(&snapshot, |record| {
        checker.log(&record);
        told += held::taken(&snapshot, &record, checker)?;
        go_on()
    })?;
    held::receipts(&snapshot, told, checker)?;
    Ok(held::approvals(&snapshot, checker)?)
}

//! Reads a data folder without changing it, whether a server runs on it or not, for `audit verify` and `export`.

use std::path::Path;

use chinhchu_protocol::ids::CallId;
use rusqlite::{Connection, OpenFlags};

use super::verify::Checker;
use super::{AuditRecord, sql};
use crate::cases::tombstones::Tombstones;
use crate::store::{FILE_NAME, StoreError, rows};
use crate::switchboard::Record;
use crate::switchboard::sql::records_after;

/// Records read at once.
const CHUNK: u32 = 1_000;

/// Opens the store of a folder to read. One that nobody serves, and that left nothing in its write-ahead log, is
/// read as it lies: also from a read-only disk.
pub fn open(folder: &Path) -> Result<Connection, StoreError> {
    let file = folder.join(FILE_NAME);
    let wal = folder.join(format!("{FILE_NAME}-wal"));
    let at_rest = std::fs::metadata(&wal).map_or(true, |wal| wal.len() == 0);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = if at_rest {
        let path = std::path::absolute(&file)?.display().to_string();
        let path = path.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
        let uri = format!("file:{path}?immutable=1");
        Connection::open_with_flags(uri, flags | OpenFlags::SQLITE_OPEN_URI)?
    } else {
        Connection::open_with_flags(&file, flags)?
    };
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
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
    each_log(&snapshot, |record| {
        checker.log(&record);
        go_on()
    })
}

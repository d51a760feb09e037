//! One `serve` per data folder: the system frees the lock when the process dies, however it dies.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;

use super::StoreError;

/// How often a lock held by another server is asked for again: 2 s in all.
const HANDOVER_TRIES: u32 = 40;
const HANDOVER_PAUSE: Duration = Duration::from_millis(50);

/// Held for as long as a server serves the data folder.
#[derive(Debug)]
pub struct ServeLock {
    _file: File,
}

impl ServeLock {
    /// Takes the lock, or says that another server has it. Commands of the command line don't take it.
    pub fn take(folder: &Path) -> Result<Self, StoreError> {
        super::make_folder(folder)?;
        let file =
            File::options().create(true).truncate(false).write(true).open(folder.join("serve.lock"))?;
        // A server that is just stopping may hold it for a moment more: a restart waits that long.
        let mut patience = HANDOVER_TRIES;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::WouldBlock) if patience > 0 => {
                    patience -= 1;
                    std::thread::sleep(HANDOVER_PAUSE);
                }
                Err(TryLockError::WouldBlock) => return Err(StoreError::Locked),
                Err(TryLockError::Error(error)) => return Err(error.into()),
            }
        }
    }

    /// Whether a server serves the folder; leaves no trace.
    pub fn is_held(folder: &Path) -> bool {
        let file = File::open(folder.join("serve.lock"));
        file.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }
}

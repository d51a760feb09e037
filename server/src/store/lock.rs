//! One `serve` per data folder: the system frees the lock when the process dies, however it dies.

use std::fs::{File, TryLockError};
use std::path::Path;

use super::StoreError;

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
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(StoreError::Locked),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }
}

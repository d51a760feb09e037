//! Copies of the store that a command works on beside it, in the data folder: they may hold the keys of cases, so
//! they go when the command ends, and the next look removes what a killed command left.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::private;

/// Ending of every name; nothing else in the data folder has it.
const ENDING: &str = ".copy.tmp";

/// A file for this account only, locked for as long as somebody works on it.
#[derive(Debug)]
pub struct WorkingCopy {
    path: PathBuf,
    _lock: File,
}

impl WorkingCopy {
    /// An empty one.
    pub fn new(folder: &Path) -> io::Result<Self> {
        let path = folder.join(format!("{}{ENDING}", uuid::Uuid::from_bytes(rand::random())));
        let lock = private().write(true).create_new(true).open(&path)?;
        lock.try_lock()?;
        Ok(Self { path, _lock: lock })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes it the file of that name, which must not be there.
    pub fn becomes(self, file: &Path) -> io::Result<()> {
        File::open(&self.path)?.sync_all()?;
        fs::rename(&self.path, file)?;
        match file.parent() {
            Some(folder) if cfg!(unix) => File::open(folder)?.sync_all(),
            Some(_) | None => Ok(()),
        }
    }
}

impl Drop for WorkingCopy {
    fn drop(&mut self) {
        // Gone already if it has become a file of another name; if it cannot be removed, the next look tries again.
        let _ = remove(&self.path);
    }
}

/// Removes what killed commands left; gives how many. Those that somebody works on stay.
pub fn remove_left(folder: &Path) -> io::Result<usize> {
    let mut removed = 0;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        // `backup-….tmp` is what older programs called them.
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let is_old = name.strip_prefix("backup-").is_some_and(|rest| rest.strip_suffix(".tmp").is_some());
        if !(is_old || name.ends_with(ENDING)) {
            continue;
        }
        let found = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            found => found?,
        };
        match found.try_lock() {
            Ok(()) => {
                remove(&path)?;
                removed += 1;
            }
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Ok(removed)
}

fn remove(path: &Path) -> io::Result<()> {
    let mut journal = path.as_os_str().to_owned();
    journal.push("-journal");
    for file in [path, Path::new(&journal)] {
        match fs::remove_file(file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_command_left_is_removed_and_what_is_worked_on_stays() {
        let folder = tempfile::tempdir().expect("folder");
        let names = ["backup-1.tmp", "2.copy.tmp", "2.copy.tmp-journal", "chinhchu.db", "backup-notes.txt"];
        for name in names {
            fs::write(folder.path().join(name), b"x").expect("written");
        }
        let mine = WorkingCopy::new(folder.path()).expect("made");
        assert_eq!(remove_left(folder.path()).expect("looked"), 2);
        let left = |name: &str| folder.path().join(name).exists();
        assert_eq!(names.map(left), [false, false, false, true, true]);
        assert!(mine.path().exists(), "somebody works on it");
        let path = mine.path().to_path_buf();
        drop(mine);
        assert!(!path.exists());
    }
}

//! A damaged file is never repaired, overwritten or deleted: a person lets it be set aside, as it is, under a
//! name that says when, and a new one begins. What lies aside is counted, so that it is not forgotten.

use std::path::{Path, PathBuf};

use chinhchu_protocol::time::Timestamp;

/// More files of one second are nobody's doing.
const MAX_OF_A_SECOND: u32 = 100;

/// SQLite's own companions of the file belong to it.
const COMPANIONS: [&str; 3] = ["", "-wal", "-shm"];

/// `outbox.sqlite` → `outbox-damaged-20261123T091542Z.sqlite`, with its log. Takes another name if that is taken.
pub fn set_aside(path: &Path, now: Timestamp) -> std::io::Result<PathBuf> {
    let when = jiff::Timestamp::from(now).strftime("%Y%m%dT%H%M%SZ").to_string();
    let name = |number: u32| match number {
        0 => path.with_file_name(format!("outbox-damaged-{when}.sqlite")),
        _ => path.with_file_name(format!("outbox-damaged-{when}-{number}.sqlite")),
    };
    let free = |target: &PathBuf| !COMPANIONS.iter().any(|end| with_end(target, end).exists());
    let taken = || std::io::Error::from(std::io::ErrorKind::AlreadyExists);
    let target = (0..MAX_OF_A_SECOND).map(name).find(free).ok_or_else(taken)?;
    // The log first: a file without its log would look whole and be older.
    for end in ["-wal", "-shm", ""] {
        match std::fs::rename(with_end(path, end), with_end(&target, end)) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(target)
}

/// How many lie there.
pub fn count(folder: &Path) -> u32 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let is_one = |entry: std::io::Result<std::fs::DirEntry>| {
        let name = entry.ok()?.file_name().into_string().ok()?;
        (name.starts_with("outbox-damaged-") && Path::new(&name).extension()? == "sqlite").then_some(())
    };
    u32::try_from(entries.filter_map(is_one).count()).unwrap_or(u32::MAX)
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

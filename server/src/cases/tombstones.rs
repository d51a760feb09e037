//! Which calls were erased, in a signed, append-only file outside the database: a backup that is put back
//! brings erased keys with it, and the next start destroys them again before it serves.
//!
//! One DSSE envelope a line, each naming the line before by its hash. The file can lie anywhere (setting
//! `tombstones`); best on another disk than the data folder, so that no restore takes it back in time. It
//! holds ids of calls only. A line that was cut while it was written counts as not written.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use chinhchu_evidence::hex::sha256_hex;
use chinhchu_evidence::signed::Signed;
use chinhchu_evidence::{Envelope, PublicKey, SigningKey};
use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::time::Timestamp;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::erase::EraseError;
use crate::store::{Db, StoreError};
use crate::switchboard::sql::{meta, set_meta};

/// Name of the file in the data folder, if no other is set.
pub const FILE_NAME: &str = "tombstones.jsonl";
const NOTED: &str = "tombstones";
const NEWEST: &str = "tombstones_newest";

/// One erased call.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tombstone {
    /// `chinhchu-tombstone/1`.
    pub format: String,
    /// From 1, without gaps.
    pub n: u64,
    /// Whose case's key was destroyed.
    pub call_id: CallId,
    /// When it was asked for.
    pub erased_at: Timestamp,
    /// SHA-256 of the line before, hex; null in the first.
    pub previous_sha256: Option<String>,
}

impl Signed for Tombstone {
    const TYPE: &'static str = "application/vnd.chinhchu.tombstone+json";
    const FORMAT: &'static str = "chinhchu-tombstone/1";

    fn format(&self) -> &str {
        &self.format
    }
}

/// A tombstone with the hash of its line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Laid {
    /// What it says.
    pub tombstone: Tombstone,
    /// SHA-256 of its line, hex: by which the audit names it.
    pub sha256: String,
}

/// What can go wrong with the file.
#[derive(Debug, thiserror::Error)]
pub enum TombstoneError {
    /// The file cannot be read or written.
    #[error("the file of tombstones: {0}")]
    Io(#[from] io::Error),
    /// A line was changed, cut out or signed by another key.
    #[error("the file of tombstones is damaged at line {0}; put back the last good copy before serving")]
    Broken(u64),
    /// The file is older than the store, not there, or another one.
    #[error(
        "the file of tombstones lacks line {0}, which this store knows of; put its newest copy there, or name where it \
         lies (--tombstones), before serving or erasing"
    )]
    Short(u64),
    /// The last server of this store had its file elsewhere.
    #[error("the file of tombstones of this store was {}; name where it lies now (--tombstones)", .0.display())]
    Elsewhere(PathBuf),
}

/// Follows the lines of a file.
#[derive(Clone, Debug, Default)]
pub struct Follower {
    n: u64,
    last: Option<String>,
}

impl Follower {
    /// Steps over a line, if it is the one that follows and one of these keys signed it.
    pub fn follow(&mut self, line: &str, keys: &[PublicKey]) -> Result<Laid, TombstoneError> {
        let broken = TombstoneError::Broken(self.n + 1);
        let Ok(envelope) = Envelope::parse(line.as_bytes()) else { return Err(broken) };
        let Ok((tombstone, _)) = Tombstone::open_any(&envelope, keys) else { return Err(broken) };
        if tombstone.n != self.n + 1 || tombstone.previous_sha256 != self.last {
            return Err(broken);
        }
        let sha256 = sha256_hex(line.as_bytes());
        (self.n, self.last) = (tombstone.n, Some(sha256.clone()));
        Ok(Laid { tombstone, sha256 })
    }

    /// The line that follows.
    fn next(&mut self, call: CallId, now: Timestamp, key: &SigningKey) -> io::Result<(String, Laid)> {
        let tombstone = Tombstone {
            format: Tombstone::FORMAT.to_owned(),
            n: self.n + 1,
            call_id: call,
            erased_at: now,
            previous_sha256: self.last.clone(),
        };
        let envelope = tombstone.sign(key).map_err(io::Error::other)?;
        let line = String::from_utf8(envelope.to_bytes()).map_err(io::Error::other)?;
        let sha256 = sha256_hex(line.as_bytes());
        (self.n, self.last) = (tombstone.n, Some(sha256.clone()));
        Ok((line, Laid { tombstone, sha256 }))
    }
}

/// The file.
#[derive(Clone, Debug)]
pub struct Tombstones {
    path: PathBuf,
}

impl Tombstones {
    /// The file at this path; none there means that nobody was erased.
    pub fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whole lines of the file, unverified.
    pub fn lines(path: &Path) -> io::Result<Vec<String>> {
        let text = match fs::read_to_string(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            read => read?,
        };
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        Ok(whole.lines().map(str::to_owned).collect())
    }

    /// What the store knows of the file's end: number and hash of a line.
    fn newest(connection: &Connection) -> Result<Option<(u64, String)>, StoreError> {
        let noted = meta(connection, NEWEST)?;
        Ok(noted.and_then(|text| {
            let (n, sha256) = text.split_once(':')?;
            Some((n.parse().ok()?, sha256.to_owned()))
        }))
    }

    /// Notes in the transaction of an erasure that the file has these lines.
    pub fn note_newest(tx: &Connection, laid: &[Laid]) -> Result<(), StoreError> {
        let known = Self::newest(tx)?.map_or(0, |(n, _)| n);
        match laid.iter().max_by_key(|one| one.tombstone.n) {
            Some(one) if one.tombstone.n > known => {
                set_meta(tx, NEWEST, &format!("{}:{}", one.tombstone.n, one.sha256))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Fails unless the file has what the store knows of: a disk that is not there must not pass for a list of
    /// nobody.
    pub fn whole(&self, connection: &Connection, key: &PublicKey) -> Result<Vec<Laid>, EraseError> {
        let laid = self.read(key)?;
        if let Some((n, sha256)) = Self::newest(connection)? {
            let found = laid.iter().find(|one| one.tombstone.n == n);
            if found.is_none_or(|one| one.sha256 != sha256) {
                return Err(TombstoneError::Short(n).into());
            }
        }
        Ok(laid)
    }

    /// Notes in the store where the server that serves it has its file, for commands that are not told.
    pub fn note(&self, db: &Db) -> Result<(), StoreError> {
        // The one in the data folder is not named: a copy of the folder has its own.
        let own = std::path::absolute(db.folder().join(FILE_NAME))?;
        let path = std::path::absolute(&self.path)?;
        let path = if path == own { String::new() } else { path.display().to_string() };
        db.write_blocking(move |tx| set_meta(tx, NOTED, &path))
    }

    /// The file that the last server of this store had; otherwise the one in the data folder.
    pub fn noted(connection: &Connection, folder: &Path) -> Result<Self, StoreError> {
        let noted = meta(connection, NOTED)?.filter(|path| !path.is_empty()).map(PathBuf::from);
        Ok(Self::at(noted.unwrap_or_else(|| folder.join(FILE_NAME))))
    }

    /// Fails if the last server of this store had its file at another place than the data folder, and none is named.
    pub fn not_elsewhere(db: &Db) -> Result<(), EraseError> {
        let noted = db.read_blocking(|c| meta(c, NOTED))?.filter(|path| !path.is_empty());
        noted.map_or(Ok(()), |path| Err(TombstoneError::Elsewhere(PathBuf::from(path)).into()))
    }

    /// Every tombstone, verified.
    pub fn read(&self, key: &PublicKey) -> Result<Vec<Laid>, TombstoneError> {
        let mut follower = Follower::default();
        Self::lines(&self.path)?.iter().map(|line| follower.follow(line, &[*key])).collect()
    }

    /// Whether a call is among them.
    pub fn names(&self, call: CallId, key: &PublicKey) -> Result<bool, TombstoneError> {
        Ok(self.read(key)?.iter().any(|laid| laid.tombstone.call_id == call))
    }

    /// Adds the calls that have none, durably; gives the tombstones of all of them.
    pub fn lay(
        &self,
        calls: &[CallId],
        now: Timestamp,
        key: &SigningKey,
    ) -> Result<Vec<Laid>, TombstoneError> {
        let mut options = File::options();
        let options = crate::objects::private(options.create(true).truncate(false).read(true).write(true));
        let mut file = options.open(&self.path)?;
        // Two commands may erase at once.
        file.lock()?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        let mut follower = Follower::default();
        let mut laid = Vec::new();
        for line in text[..whole].lines() {
            laid.push(follower.follow(line, &[key.public()])?);
        }
        let known: BTreeSet<CallId> = laid.iter().map(|one| one.tombstone.call_id).collect();
        let mut added = String::new();
        for call in calls.iter().filter(|call| !known.contains(call)) {
            let (line, one) = follower.next(*call, now, key)?;
            added.push_str(&line);
            added.push('\n');
            laid.push(one);
        }
        // A line that was cut while it was written goes.
        let whole = u64::try_from(whole).map_err(io::Error::other)?;
        file.set_len(whole)?;
        file.seek(SeekFrom::Start(whole))?;
        file.write_all(added.as_bytes())?;
        file.sync_all()?;
        if let Some(folder) = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            crate::objects::sync_folder(folder)?;
        }
        laid.retain(|one| calls.contains(&one.tombstone.call_id));
        Ok(laid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(n: u8) -> CallId {
        CallId(uuid::Uuid::from_bytes([n; 16]))
    }

    #[test]
    fn a_changed_cut_out_or_foreign_line_is_named() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join(FILE_NAME);
        let (file, key) = (Tombstones::at(path.clone()), SigningKey::from_bytes(&[7; 32]));
        let now = Timestamp::from_ms(5);
        assert!(file.read(&key.public()).expect("no file").is_empty());
        file.lay(&[call(1), call(2)], now, &key).expect("laid");
        let again = file.lay(&[call(2), call(3)], now, &key).expect("laid");
        assert_eq!(again.iter().map(|one| one.tombstone.n).collect::<Vec<_>>(), [2, 3], "none twice");
        assert_eq!(file.read(&key.public()).expect("sound").len(), 3);

        let good = fs::read_to_string(&path).expect("text");
        let lines: Vec<&str> = good.lines().collect();
        let other = SigningKey::from_bytes(&[8; 32]).public();
        assert!(matches!(file.read(&other), Err(TombstoneError::Broken(1))));
        for (text, line) in [
            (format!("{}\n{}\n", lines[0], lines[2]), 2),
            (format!("{}\n{}\n{}\n", lines[1], lines[0], lines[2]), 1),
            (good.replacen(&lines[1][20..40], &lines[1][20..40].to_uppercase(), 1), 1),
        ] {
            fs::write(&path, text).expect("written");
            let told = file.read(&key.public());
            assert!(matches!(told, Err(TombstoneError::Broken(n)) if n >= line), "{told:?}");
        }
    }

    #[test]
    fn a_line_cut_while_it_was_written_counts_as_not_written() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join(FILE_NAME);
        let (file, key) = (Tombstones::at(path.clone()), SigningKey::from_bytes(&[7; 32]));
        file.lay(&[call(1)], Timestamp::from_ms(5), &key).expect("laid");
        let mut text = fs::read(&path).expect("text");
        text.extend_from_slice(b"{\"payload\":\"e");
        fs::write(&path, text).expect("written");
        assert_eq!(file.read(&key.public()).expect("sound").len(), 1);
        file.lay(&[call(2)], Timestamp::from_ms(6), &key).expect("laid");
        assert_eq!(file.read(&key.public()).expect("sound").len(), 2);
    }
}

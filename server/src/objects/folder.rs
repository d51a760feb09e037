//! Files of the objects: written whole or not at all.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::ObjectId;

/// `<root>/<first two hex digits>/<id>`, and `<root>/tmp` for what is being written.
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    pub fn beside(root: PathBuf) -> Self {
        Self { root }
    }

    pub fn open(root: PathBuf) -> io::Result<Self> {
        let tmp = root.join("tmp");
        fs::create_dir_all(&tmp)?;
        // Left over from a process that died while writing; nothing refers to them.
        for entry in fs::read_dir(&tmp)? {
            fs::remove_file(entry?.path())?;
        }
        for shard in 0..=u8::MAX {
            fs::create_dir_all(root.join(format!("{shard:02x}")))?;
        }
        sync_folder(&root)?;
        Ok(Self { root })
    }

    /// Durable after [`Self::sync`] only.
    pub fn write(&self, id: ObjectId, bytes: &[u8]) -> io::Result<()> {
        let tmp = self.root.join("tmp").join(id.0.to_string());
        let mut file = private(File::options().write(true).create_new(true)).open(&tmp)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&tmp, self.path(id))
    }

    /// Makes the names of these files durable.
    pub fn sync(&self, ids: &[ObjectId]) -> io::Result<()> {
        let folders: BTreeSet<PathBuf> = ids.iter().map(|id| self.shard(*id)).collect();
        folders.iter().try_for_each(|folder| sync_folder(folder))
    }

    pub fn read(&self, id: ObjectId) -> io::Result<Vec<u8>> {
        fs::read(self.path(id))
    }

    pub fn has(&self, id: ObjectId) -> bool {
        self.path(id).is_file()
    }

    /// Removing what is not there is fine.
    pub fn remove(&self, id: ObjectId) -> io::Result<()> {
        match fs::remove_file(self.path(id)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn shard(&self, id: ObjectId) -> PathBuf {
        self.root.join(format!("{:02x}", id.0.as_bytes()[0]))
    }

    fn path(&self, id: ObjectId) -> PathBuf {
        self.shard(id).join(id.0.to_string())
    }
}

/// Readable by this account only.
pub fn private(options: &mut fs::OpenOptions) -> &mut fs::OpenOptions {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options
}

/// Makes renames in a folder durable, where the system can.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

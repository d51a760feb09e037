//! A disk of few MiB that can be filled: a tmpfs in a mount namespace of its own, which a holder keeps while
//! workstations in it are killed. Needs root, or a system that gives mount namespaces to users.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};

/// Small enough to be filled in a moment; large enough for calls to be taken, which stop below 128 MiB.
pub const SIZE: &str = "176m";

/// A mounted disk; gone with its holder, which ends with this process.
pub struct Disk {
    holder: Child,
    /// The holder lives as long as this is open.
    _alive: ChildStdin,
    folder: PathBuf,
}

impl Disk {
    /// Mounts it over `folder`, for those inside only; or says why that cannot be.
    pub async fn mount(folder: &Path) -> Result<Self, String> {
        std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
        let script =
            format!("mount -t tmpfs -o size={SIZE},mode=700 tmpfs \"$1\" && echo mounted && exec cat");
        let mut unshare = Command::new("unshare");
        unshare.args(["--user", "--map-root-user", "--mount", "sh", "-c", &script, "sh"]).arg(folder);
        unshare.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut holder = unshare.spawn().map_err(|error| format!("unshare: {error}"))?;
        let alive = holder.stdin.take().ok_or("no stdin")?;
        let mut lines = BufReader::new(holder.stdout.take().ok_or("no stdout")?).lines();
        match lines.next_line().await {
            Ok(Some(line)) if line == "mounted" => {
                Ok(Self { holder, _alive: alive, folder: folder.to_owned() })
            }
            _ => {
                let output = holder.wait_with_output().await.map_err(|error| error.to_string())?;
                Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
            }
        }
    }

    /// Starts a program inside.
    pub fn enter(&self, program: &OsStr) -> Command {
        let [first, rest @ ..] = self.way_in();
        let mut command = Command::new(first);
        command.args(rest).arg(program);
        command
    }

    /// Before the program and its arguments: starts it inside.
    pub fn way_in(&self) -> [String; 7] {
        let target = self.holder_id().to_string();
        ["nsenter", "--user", "--preserve-credentials", "--mount", "--target", &target, "--"]
            .map(str::to_owned)
    }

    /// The folder as it is seen from outside.
    pub fn seen(&self) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.holder_id()));
        root.join(self.folder.strip_prefix("/").expect("absolute"))
    }

    /// Writes until nothing fits any more, and gives back so much.
    pub fn fill(&self, leave: u64) {
        let path = self.ballast();
        let mut file = std::fs::File::options().create(true).append(true).open(&path).expect("ballast");
        let block = vec![0x55; 1024 * 1024];
        for size in [block.len(), 4_096] {
            while std::io::Write::write(&mut file, &block[..size]).is_ok_and(|written| written > 0) {}
        }
        let length = file.metadata().expect("ballast").len();
        file.set_len(length.saturating_sub(leave)).expect("ballast");
    }

    /// All of it is free again.
    pub fn free(&self) {
        // Not there: it was not filled.
        let _ = std::fs::remove_file(self.ballast());
    }

    fn ballast(&self) -> PathBuf {
        self.seen().join("ballast")
    }

    fn holder_id(&self) -> u32 {
        self.holder.id().expect("the holder lives")
    }
}

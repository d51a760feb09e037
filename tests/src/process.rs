//! Child processes that never outlive their story, with their output kept for when it fails. Each leads a
//! process group of its own, so that what it started (a driver's browser) ends with it.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

/// A child process; killed and reaped when dropped.
pub struct Process {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `command`; stderr (and stdout, unless `piped`) goes to `dir/NAME.log`.
    pub fn start(name: &str, dir: &Path, mut command: Command, piped: bool) -> Result<Self> {
        let log = dir.join(format!("{name}.log"));
        let file = File::options().create(true).append(true).open(&log)?;
        command.stdin(Stdio::null()).stderr(file.try_clone()?);
        command.stdout(if piped { Stdio::piped() } else { Stdio::from(file) });
        command.process_group(0);
        let child = command.spawn().with_context(|| format!("{name} does not start"))?;
        Ok(Self { name: name.to_owned(), child, log })
    }

    /// Operating system id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The first line on stdout, within 20 s. Later lines are thrown away.
    pub fn first_line(&mut self) -> Result<String> {
        let stdout = self.child.stdout.take().context("stdout is not piped")?;
        let (sender, receiver) = std::sync::mpsc::sync_channel(1);
        std::thread::spawn(move || read_on(stdout, &sender));
        match receiver.recv_timeout(Duration::from_secs(20)) {
            Ok(line) => Ok(line),
            Err(_) => bail!("{} said nothing\n{}", self.name, self.tail()),
        }
    }

    /// SIGKILL to it and to all it started, and wait until it is gone.
    pub fn kill(&mut self) -> Result<()> {
        let group = format!("-{}", self.child.id());
        // Fails if the whole group is gone already, which is what is wanted.
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status()?;
        self.child.wait()?;
        Ok(())
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// What it wrote so far.
    pub fn output(&self) -> Result<String> {
        Ok(String::from_utf8_lossy(&std::fs::read(&self.log)?).into_owned())
    }

    /// The last lines of its log.
    pub fn tail(&self) -> String {
        tail_of(&self.name, &self.log)
    }
}

/// The last 40 lines of a log file, headed by its name.
pub fn tail_of(name: &str, log: &Path) -> String {
    let text = std::fs::read(log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let text = text.unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let last = lines[lines.len().saturating_sub(40)..].join("\n");
    format!("--- {name} ---\n{last}")
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}

fn read_on(stdout: ChildStdout, first: &std::sync::mpsc::SyncSender<String>) {
    for line in BufReader::new(stdout).lines() {
        let Ok(line) = line else { return };
        // Only the first send finds a receiver; reading on keeps the child from blocking on a full pipe.
        let _ = first.try_send(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_child_started_ends_with_it() {
        let dir = tempfile::tempdir().expect("dir");
        let mut shell = Command::new("sh");
        shell.args(["-c", "sleep 600 & echo $!; wait"]);
        let mut process = Process::start("shell", dir.path(), shell, true).expect("start");
        let grandchild = process.first_line().expect("its id");
        let state = format!("/proc/{}/stat", grandchild.trim());
        assert!(Path::new(&state).exists());
        drop(process);
        // Reaped by init, which takes a moment; until then it is a zombie.
        let gone = || std::fs::read_to_string(&state).map_or(true, |stat| stat.contains(") Z"));
        let until = std::time::Instant::now() + Duration::from_secs(10);
        while !gone() {
            assert!(std::time::Instant::now() < until, "it lives on");
            std::thread::yield_now();
        }
    }
}

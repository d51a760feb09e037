//! The real program, as a process: started, killed, stopped, and its commands.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};

/// The program of this build, or another one that is to be tried.
fn program() -> std::ffi::OsString {
    std::env::var_os("CHINHCHU_KILL_PROGRAM").unwrap_or_else(|| env!("CARGO_BIN_EXE_chinhchu-server").into())
}

/// A start that takes longer has failed; far above what is measured.
const START_LIMIT: Duration = Duration::from_mins(1);

/// One data folder, one port, and the process that serves them now.
pub struct Server {
    pub folder: PathBuf,
    pub port: u16,
    child: Option<Child>,
    stdout: Option<ChildStdout>,
    /// When the present process was started.
    pub begun: Instant,
}

impl Server {
    pub fn new(folder: &Path, port: u16) -> Self {
        Self { folder: folder.to_owned(), port, child: None, stdout: None, begun: Instant::now() }
    }

    pub fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What the server wrote on stderr, in all its lives.
    pub fn stderr(&self) -> PathBuf {
        self.folder.with_extension("stderr")
    }

    /// Starts a process; does not wait for it.
    pub fn begin(&mut self) {
        assert!(self.child.is_none(), "the one before is dead");
        let stderr = std::fs::File::options().create(true).append(true).open(self.stderr()).expect("log");
        let mut child = Command::new(program())
            .args(["serve", "--listen", &format!("127.0.0.1:{}", self.port), "--data"])
            .arg(&self.folder)
            .env("RUST_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .kill_on_drop(true)
            .spawn()
            .expect("the program starts");
        self.stdout = child.stdout.take();
        self.child = Some(child);
        self.begun = Instant::now();
    }

    /// Waits for the line on stdout; gives the time since [`Self::begin`].
    pub async fn listening(&mut self) -> Duration {
        let mut lines = BufReader::new(self.stdout.take().expect("stdout")).lines();
        let line = tokio::time::timeout(START_LIMIT, lines.next_line()).await.expect("a start in time");
        let line = line
            .expect("stdout")
            .unwrap_or_else(|| panic!("the server did not start:\n{}", self.last_words()));
        assert_eq!(line, format!("listening on {}", self.base()));
        self.begun.elapsed()
    }

    /// The end of its log, for messages.
    pub fn last_words(&self) -> String {
        let text = std::fs::read_to_string(self.stderr()).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    /// SIGKILL; returns once the process is gone.
    pub async fn kill(&mut self) {
        let mut child = self.child.take().expect("a process");
        child.kill().await.expect("killed");
    }

    /// `STOP`, `CONT` or `TERM`.
    pub async fn signal(&self, name: &str) {
        let pid = self.child.as_ref().and_then(Child::id).expect("a process");
        // The shell's own `kill`: not every machine has the program.
        let sent = Command::new("sh").args(["-c", &format!("kill -{name} {pid}")]).status().await;
        assert!(sent.expect("sh").success(), "signal {name}");
    }

    /// Waits until it has ended by itself; kills it if it does not.
    pub async fn ended(&mut self, limit: Duration) -> bool {
        let mut child = self.child.take().expect("a process");
        if let Ok(status) = tokio::time::timeout(limit, child.wait()).await {
            return status.expect("status").success();
        }
        child.kill().await.expect("killed");
        false
    }

    /// Runs a command of the command line on the folder, and reads its answer.
    pub async fn command(&self, arguments: &[&str]) -> Value {
        let output = command(&self.folder, arguments).output().await.expect("the program runs");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {error}");
        serde_json::from_slice(&output.stdout).expect("json")
    }
}

/// A command of the command line, not yet run.
pub fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program());
    command.args(arguments).arg("--json").arg("--data").arg(folder);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

/// A port that nobody listens on, below those that the system gives to outgoing connections: while no server
/// runs, a client that connects to such a port can meet itself.
pub fn free_port() -> u16 {
    let from = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap_or_default();
    let from: u16 = from.split_whitespace().next().and_then(|text| text.parse().ok()).unwrap_or(32_768);
    loop {
        let port = rand::random_range(10_000..from.max(10_100));
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

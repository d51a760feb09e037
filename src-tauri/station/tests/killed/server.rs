//! The real server, as a process, and its commands.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::seed::Rng;

/// A start that takes longer has failed; far above what is measured.
const START_LIMIT: Duration = Duration::from_mins(1);

/// One data folder, one port, and the process that serves them now.
pub struct Server {
    pub folder: PathBuf,
    pub port: u16,
    program: PathBuf,
    child: Option<Child>,
}

impl Server {
    pub fn new(folder: &Path, rng: &mut Rng) -> Self {
        Self { folder: folder.to_owned(), port: free_port(rng), program: program(), child: None }
    }

    pub fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What it wrote on stderr, in all its lives.
    pub fn stderr(&self) -> PathBuf {
        self.folder.with_extension("stderr")
    }

    /// Starts it, and waits until it listens.
    pub async fn start(&mut self) {
        let stderr = std::fs::File::options().create(true).append(true).open(self.stderr()).expect("log");
        let mut child = Command::new(&self.program)
            .args(["serve", "--listen", &format!("127.0.0.1:{}", self.port), "--data"])
            .arg(&self.folder)
            .env("RUST_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .kill_on_drop(true)
            .spawn()
            .expect("the program starts");
        let mut lines = BufReader::new(child.stdout.take().expect("stdout")).lines();
        self.child = Some(child);
        let line = tokio::time::timeout(START_LIMIT, lines.next_line()).await.expect("a start in time");
        let line = line.expect("stdout");
        assert_eq!(line, Some(format!("listening on {}", self.base())), "{}", self.last_words());
    }

    /// SIGKILL; returns once it is gone.
    pub async fn kill(&mut self) {
        self.child.take().expect("a process").kill().await.expect("killed");
    }

    /// The end of its log, for messages.
    pub fn last_words(&self) -> String {
        let text = std::fs::read_to_string(self.stderr()).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    /// Runs a command of the command line on the folder, and reads its answer.
    pub async fn command(&self, arguments: &[&str]) -> Value {
        self.look(arguments, false).await
    }

    /// The same; that something was found may be told by the exit code.
    pub async fn look(&self, arguments: &[&str], may_find: bool) -> Value {
        let mut command = Command::new(&self.program);
        command.args(arguments).arg("--json").arg("--data").arg(&self.folder).stdin(Stdio::null());
        let output = command.output().await.expect("the program runs");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(may_find || output.status.success(), "{arguments:?}: {error}");
        serde_json::from_slice(&output.stdout).expect("json")
    }
}

/// As `cargo xtask test` says; else the one of this build, made now if need be.
fn program() -> PathBuf {
    if let Some(path) = std::env::var_os("CHINHCHU_SERVER_BIN") {
        return PathBuf::from(path);
    }
    let built = std::process::Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--locked", "-p", "chinhchu-server", "--bin", "chinhchu-server"])
        .status();
    assert!(built.expect("cargo").success(), "the server cannot be built");
    let this = std::env::current_exe().expect("this program");
    this.ancestors().nth(2).expect("target/debug/deps").join("chinhchu-server")
}

/// A port that nobody listens on, below those that the system gives to outgoing connections: while no server
/// runs, a client that connects to such a port can meet itself.
fn free_port(rng: &mut Rng) -> u16 {
    loop {
        let port = u16::try_from(rng.between(10_000, 32_000)).expect("port");
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

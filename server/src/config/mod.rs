//! What an operator can set, checked as a whole before anything starts.
//!
//! Order of precedence: command line, `CHINHCHU_…` environment, TOML file, default.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use chinhchu_protocol::signal::IceServer;

use crate::cases::tombstones::{FILE_NAME, Tombstones};

pub use turn::{Place, Turn, TurnSecret};

pub mod directory;
mod turn;

/// Everything `serve` needs to know; made only by [`crate::cli`] or by tests, always checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Data folder: the log, projections and, without `evidence`, the pictures.
    pub data: PathBuf,
    /// Folder of the pictures, if not `<data>/evidence`.
    pub evidence: Option<PathBuf>,
    /// Signed list of erased calls, if not in the data folder.
    pub tombstones: Option<PathBuf>,
    /// Certificate chain and key; without them plain HTTP.
    pub tls: Option<TlsFiles>,
    /// How dealers and integrators reach this server, without a trailing slash; the listening address if missing.
    pub public_url: Option<String>,
    /// Prometheus figures, on a listener of their own.
    pub metrics_listen: Option<SocketAddr>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// STUN and TURN for pages and workstations.
    pub ice: Ice,
    /// The operator's directory, which may sign people of the console in.
    pub directory: Option<directory::Directory>,
    /// Serve the sandbox; loopback only.
    pub sandbox: bool,
    /// How long the body of an intake may take to arrive.
    pub intake_time: Duration,
}

/// How both ends of a call find a way to each other.
#[derive(Clone, Debug, Default)]
pub struct Ice {
    /// The same for everybody, as given.
    pub servers: Vec<IceServer>,
    /// The relay, with credentials made for each end of each assignment.
    pub turn: Option<Turn>,
}

/// PEM files of the server's certificate.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TlsFiles {
    /// Certificate chain, leaf first.
    pub cert: PathBuf,
    /// Private key.
    pub key: PathBuf,
}

impl Config {
    /// A config with every default for a data folder: loopback, free port, no TLS.
    pub fn for_data(data: impl Into<PathBuf>) -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            data: data.into(),
            evidence: None,
            tombstones: None,
            tls: None,
            public_url: None,
            metrics_listen: None,
            trusted_proxies: Vec::new(),
            ice: Ice::default(),
            directory: None,
            sandbox: false,
            intake_time: Duration::from_secs(90),
        }
    }

    /// Where the erased calls are listed.
    pub fn tombstones(&self) -> Tombstones {
        let path = self.tombstones.clone();
        Tombstones::at(path.unwrap_or_else(|| self.data.join(FILE_NAME)))
    }

    /// Where pictures lie.
    pub fn evidence_folder(&self) -> PathBuf {
        self.evidence.clone().unwrap_or_else(|| self.data.join("evidence"))
    }
}

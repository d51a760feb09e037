//! How a server of a story is served: on loopback with the sandbox, or with TLS in the middle of a network.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::network::SERVER_ADDRESS;
use crate::place::Place;
use crate::process::Process;
use crate::programs;

/// Everything that a start and a restart need.
pub struct Plan {
    dir: PathBuf,
    place: Place,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    certificate: Option<PathBuf>,
    /// 0 until it was served once.
    port: u16,
}

impl Plan {
    /// On loopback, with the sandbox that plays mSale.
    pub fn on_loopback(dir: &Path) -> Self {
        Self::new(dir, Place::Here, vec!["--sandbox".to_owned()], None)
    }

    /// In the middle of a network; with TLS, because neither workstation nor camera does without off loopback.
    pub fn in_network(dir: &Path, place: Place) -> Result<Self> {
        std::fs::create_dir_all(dir)?;
        let (certificate, key) = (dir.join("certificate.pem"), dir.join("key.pem"));
        let names = vec![SERVER_ADDRESS.to_owned(), "127.0.0.1".to_owned()];
        let made = rcgen::generate_simple_self_signed(names)?;
        std::fs::write(&certificate, made.cert.pem())?;
        std::fs::write(&key, made.signing_key.serialize_pem())?;
        let arguments = [("--tls-cert", &certificate), ("--tls-key", &key)]
            .into_iter()
            .flat_map(|(flag, path)| [flag.to_owned(), path.display().to_string()])
            .collect();
        Ok(Self::new(dir, place, arguments, Some(certificate)))
    }

    fn new(dir: &Path, place: Place, arguments: Vec<String>, certificate: Option<PathBuf>) -> Self {
        Self { dir: dir.to_owned(), place, arguments, environment: Vec::new(), certificate, port: 0 }
    }

    /// With more arguments of `serve`.
    #[must_use]
    pub fn with_arguments(mut self, arguments: &[&str]) -> Self {
        self.arguments.extend(arguments.iter().map(|&argument| argument.to_owned()));
        self
    }

    /// With a variable in its environment.
    #[must_use]
    pub fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Its folder; the data lies in `data` below.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The server's own certificate.
    pub fn certificate(&self) -> Option<&Path> {
        self.certificate.as_deref()
    }

    /// Starts the program; gives the base URL that it printed. A restart gets the same port.
    pub fn serve(&mut self) -> Result<(Process, String)> {
        std::fs::create_dir_all(&self.dir)?;
        let address = match self.place {
            Place::Here => "127.0.0.1",
            Place::In(_) => SERVER_ADDRESS,
        };
        let mut command = self.place.program(programs::server()?)?;
        command
            .args(["serve", "--listen", &format!("{address}:{}", self.port)])
            .args(["--metrics-listen", "127.0.0.1:0"])
            .args(&self.arguments)
            .arg("--data")
            .arg(self.dir.join("data"))
            .envs(self.environment.iter().cloned())
            .env("TZ", "Asia/Ho_Chi_Minh");
        let mut process = Process::start("server", &self.dir, command, true)?;
        let line = process.first_line()?;
        let printed = line.strip_prefix("listening on ").with_context(|| format!("unexpected: {line}"))?;
        let (scheme, rest) = printed.trim_end_matches('/').split_once("://").context("no URL")?;
        self.port = rest.rsplit(':').next().context("no port")?.parse()?;
        let host = match self.place {
            // A browser's camera works on localhost without TLS.
            Place::Here => "localhost",
            Place::In(_) => SERVER_ADDRESS,
        };
        Ok((process, format!("{scheme}://{host}:{}", self.port)))
    }

    /// The URL by which the harness, which is outside, reaches the server at `url`.
    pub fn door(&self, url: &str) -> Result<String> {
        match &self.place {
            Place::Here => Ok(format!("http://127.0.0.1:{}", self.port)),
            Place::In(host) => {
                let target = url.rsplit('/').next().context("no address")?;
                Ok(format!("https://127.0.0.1:{}", host.door(target)?))
            }
        }
    }

    /// Makes the harness trust the server's own certificate.
    pub fn trust(&self, builder: reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder> {
        let Some(path) = &self.certificate else { return Ok(builder) };
        let certificate = reqwest::Certificate::from_pem(&std::fs::read(path)?)?;
        Ok(builder.tls_certs_only([certificate]))
    }
}

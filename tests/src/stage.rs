//! Everything that one story needs, below one temporary folder. When a story fails, the folder stays and
//! its path is printed with the tails of the logs.

use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use tempfile::TempDir;

use crate::customer::Customer;
use crate::process::tail_of;
use crate::server::{Account, Created, Server};
use crate::station::Station;

/// A server and a place for the others.
pub struct Stage {
    dir: TempDir,
    /// The server.
    pub server: Server,
}

impl Stage {
    /// Starts a server.
    pub fn set() -> Result<Self> {
        let dir = tempfile::Builder::new().prefix("chinhchu-story-").tempdir()?;
        let server = Server::start(&dir.path().join("server"))?;
        Ok(Self { dir, server })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// An agent of a company, signed in at a window of its own, and available.
    pub async fn agent_on_duty(&self, company: &str, username: &str, name: &str) -> Result<Station> {
        self.agent_over(company, username, name, &self.server.url()).await
    }

    /// The same, reaching the server at `url`.
    pub async fn agent_over(&self, company: &str, username: &str, name: &str, url: &str) -> Result<Station> {
        let Account { username, password } = self.server.add_agent(company, username, name)?;
        let station = Station::start(&self.path().join(&username), url).await?;
        station.sign_in(&username, &password).await?;
        station.become_available().await?;
        Ok(station)
    }

    /// A customer in the queue with a call of this company's dealer; `codec` is `h264` or `vp8`.
    pub async fn customer_in_queue(&self, company: &str, codec: &str) -> Result<(Customer, Created)> {
        let created = self.server.create_call(company).await?;
        let customer = Customer::start(&self.path().join(format!("customer-{}", created.call_id))).await?;
        customer.enter_queue(&with_codec(&created.call_screen_url, codec)).await?;
        Ok((customer, created))
    }

    /// Runs a story on a fresh stage; on failure prints what the players logged, and keeps the folder.
    pub fn play(story: impl AsyncFnOnce(&mut Self) -> Result<()>) -> Result<()> {
        let _turn = Turn::wait();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        runtime.block_on(async {
            let mut stage = Self::set().context("the stage cannot be set")?;
            let outcome = story(&mut stage).await;
            if outcome.is_err() {
                for log in logs(stage.path()) {
                    eprintln!("{}", tail_of(&log.display().to_string(), &log));
                }
                eprintln!("kept: {}", stage.dir.keep().display());
            }
            outcome
        })
    }
}

/// At most two stories at a time: each runs a browser, a window and their drivers, and machines of two cores
/// are supported.
struct Turn;

static PLAYING: (Mutex<u8>, Condvar) = (Mutex::new(0), Condvar::new());

impl Turn {
    fn wait() -> Self {
        let (count, freed) = &PLAYING;
        let count = count.lock().unwrap_or_else(PoisonError::into_inner);
        let mut count = freed.wait_while(count, |n| *n >= 2).unwrap_or_else(PoisonError::into_inner);
        *count += 1;
        Self
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let (count, freed) = &PLAYING;
        *count.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        freed.notify_one();
    }
}

/// Adds `?codec=` before the fragment that holds the secret.
pub fn with_codec(url: &str, codec: &str) -> String {
    match url.split_once('#') {
        Some((page, secret)) => format!("{page}?codec={codec}#{secret}"),
        None => format!("{url}?codec={codec}"),
    }
}

fn logs(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let mut found = Vec::new();
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            found.extend(logs(&path).into_iter().filter(|log| log.extension().is_some_and(|e| e == "log")));
        } else if path.extension().is_some_and(|extension| extension == "log") {
            found.push(path);
        }
    }
    found
}

//! Everything that one story needs, below one temporary folder. When a story fails or panics, the folder stays and
//! its path is printed with the tails of the logs.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use tempfile::TempDir;

use crate::customer::Customer;
use crate::network::{Between, Network};
use crate::place::Place;
use crate::process::tail_of;
use crate::server::{Account, Created, Server};
use crate::serving::Plan;
use crate::station::{Seat, Station};

/// A server and a place for the others.
pub struct Stage {
    /// The server. Ends before the network does.
    pub server: Server,
    network: Option<Network>,
    dir: TempDir,
}

impl Stage {
    /// Starts a server on loopback, with the sandbox.
    pub fn set() -> Result<Self> {
        Self::set_by(|plan| plan)
    }

    /// The same; `plan` may add to how it is served.
    pub fn set_by(plan: impl FnOnce(Plan) -> Plan) -> Result<Self> {
        let dir = tempfile::Builder::new().prefix("chinhchu-story-").tempdir()?;
        let server = Server::start(plan(Plan::on_loopback(&dir.path().join("server"))))?;
        Ok(Self { server, network: None, dir })
    }

    /// Lays a network and starts a server in its middle; `plan` may add to how it is served.
    pub fn set_in_network(hosts: &[&str], between: Between, plan: impl FnOnce(Plan) -> Plan) -> Result<Self> {
        let dir = tempfile::Builder::new().prefix("chinhchu-story-").tempdir()?;
        let network = Network::lay(hosts, between)?;
        let place = Place::In(network.server().clone());
        let server = Server::start(plan(Plan::in_network(&dir.path().join("server"), place)?))?;
        Ok(Self { server, network: Some(network), dir })
    }

    /// The network; only in a story that has one.
    pub fn network(&self) -> Result<&Network> {
        self.network.as_ref().context("this story has no network of its own")
    }

    /// A seat for a workstation at this place.
    pub fn seat(&self, place: Place) -> Seat {
        Seat::at(&self.server.url(), self.server.extra_root().map(Path::to_owned), place)
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// An agent of a company, signed in at a window of its own, and available.
    pub async fn agent_on_duty(&self, company: &str, username: &str, name: &str) -> Result<Station> {
        self.agent_at(company, username, name, &self.seat(Place::Here)).await
    }

    /// The same at a certain seat.
    pub async fn agent_at(&self, company: &str, username: &str, name: &str, seat: &Seat) -> Result<Station> {
        let Account { username, password } = self.server.add_agent(company, username, name)?;
        let station = Station::start(&self.path().join(&username), seat).await?;
        station.sign_in(&username, &password).await?;
        station.be_approved(&self.server).await?;
        station.become_available().await?;
        Ok(station)
    }

    /// A customer in the queue with a call of this company's dealer; `codec` is `h264` or `vp8`.
    pub async fn customer_in_queue(&self, company: &str, codec: &str) -> Result<(Customer, Created)> {
        self.customer_at(company, codec, &Place::Here).await
    }

    /// The same at a certain place.
    pub async fn customer_at(
        &self,
        company: &str,
        codec: &str,
        place: &Place,
    ) -> Result<(Customer, Created)> {
        let mut created = self.server.create_call(company).await?;
        created.call_screen_url = with_codec(&created.call_screen_url, codec);
        let customer = self.phone_of(&created, place).await?;
        customer.enter_queue(&created.call_screen_url).await?;
        Ok((customer, created))
    }

    /// The phone for a call, with nothing on it yet.
    pub async fn phone_of(&self, created: &Created, place: &Place) -> Result<Customer> {
        Customer::start(&self.path().join(format!("customer-{}", created.call_id)), place).await
    }

    /// Runs a story on a fresh stage; on failure or panic prints what the players logged, and keeps the folder.
    pub fn play(story: impl AsyncFnOnce(&mut Self) -> Result<()>) -> Result<()> {
        Self::play_on(Self::set, story)
    }

    /// The same in a network of these hosts.
    pub fn play_in_network(hosts: &[&str], story: impl AsyncFnOnce(&mut Self) -> Result<()>) -> Result<()> {
        Self::play_on(|| Self::set_in_network(hosts, Between::Direct, |plan| plan), story)
    }

    /// The same on a stage that is set by `set`.
    pub fn play_on(
        set: impl FnOnce() -> Result<Self>,
        story: impl AsyncFnOnce(&mut Self) -> Result<()>,
    ) -> Result<()> {
        let _turn = Turn::wait();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        // For what is made and dropped outside the story itself.
        let _inside = runtime.enter();
        let mut stage = set().context("the stage cannot be set")?;
        // Nothing is used after a panic but the folder.
        let outcome = catch_unwind(AssertUnwindSafe(|| runtime.block_on(story(&mut stage))));
        if !matches!(outcome, Ok(Ok(()))) {
            for log in logs(stage.path()) {
                eprintln!("{}", tail_of(&log.display().to_string(), &log));
            }
            eprintln!("kept: {}", stage.dir.keep().display());
        }
        outcome.unwrap_or_else(|panic| resume_unwind(panic))
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
            // A browser's databases are called so too.
            found.extend(if path.ends_with("chromium") { Vec::new() } else { logs(&path) });
        } else if path.extension().is_some_and(|extension| extension == "log") {
            found.push(path);
        }
    }
    found
}

//! Puts the parts together and serves until told to stop. Tests start the same server on port 0.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::cases::erase::{EraseError, apply_tombstones};
use crate::cases::find;
use crate::cases::tombstones::Tombstones;
use crate::clock::Clock;
use crate::companies;
use crate::config::Config;
use crate::console;
use crate::evidence;
use crate::http::app::Parts;
use crate::http::rate::RateLimits;
use crate::http::serve::{TlsError, serve, tls};
use crate::http::{App, health, router};
use crate::intake::picture::PictureChecker;
use crate::objects::{Keys, KeysError, ObjectError, Objects};
use crate::policy::commit::ensure_catalogue;
use crate::retention::Keeper;
use crate::sandbox::{self, Msale};
use crate::sockets::Hub;
use crate::store::{Db, ServeLock, StoreError};
use crate::switchboard::Switchboard;
use crate::webhooks::sender::Sender;

/// Pictures decoded at once.
const PICTURES_AT_ONCE: usize = 4;
/// How often pictures that no call names are looked for.
const SWEEP_EVERY: Duration = Duration::from_hours(1);

/// Why the server did not start, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The pictures' folder cannot be used.
    #[error(transparent)]
    Objects(#[from] ObjectError),
    /// The certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Erased cases of a restored store could not be destroyed again.
    #[error(transparent)]
    Erased(#[from] EraseError),
    /// The store has lost its keys.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The client for the operator's directory cannot be made.
    #[error("no client for the directory: {0}")]
    Directory(#[from] reqwest::Error),
    /// A listener failed.
    #[error("the listener failed: {0}")]
    Listener(#[from] std::io::Error),
    /// The switchboard's task ended while it should run.
    #[error("the switchboard stopped by itself")]
    CoreStopped,
    /// The sandbox could not be set up.
    #[error("the sandbox could not be set up: {0}")]
    Sandbox(#[from] sandbox::MsaleError),
}

/// A server that answers.
pub struct Running {
    base_url: String,
    address: SocketAddr,
    app: App,
    core_stop: CancellationToken,
    core: JoinHandle<()>,
    http: JoinHandle<std::io::Result<()>>,
    _lock: ServeLock,
}

impl Running {
    /// `http(s)://` and the listening address.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What handlers share, for tests.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Until it has stopped: first no new requests, then the running ones, then the core.
    pub async fn wait(mut self) -> Result<(), RunError> {
        let served = tokio::select! {
            served = &mut self.http => served,
            // Without it nothing can be taken in: whoever watches the process starts it anew.
            _ = &mut self.core => return Err(RunError::CoreStopped),
        };
        self.core_stop.cancel();
        let _ = self.core.await;
        served.map_err(|error| RunError::Listener(std::io::Error::other(error)))??;
        Ok(())
    }
}

/// Starts on a bound listener; answers once this returns.
pub async fn start(
    listener: TcpListener,
    config: Config,
    stop: CancellationToken,
) -> Result<Running, RunError> {
    start_with_clock(listener, config, Clock::system(), stop).await
}

/// [`start`] with a clock that a test moves.
pub async fn start_with_clock(
    listener: TcpListener,
    config: Config,
    clock: Clock,
    stop: CancellationToken,
) -> Result<Running, RunError> {
    let tls = config.tls.as_ref().map(tls).transpose()?;
    let address = listener.local_addr()?;
    let base_url = format!("{}://{address}", if tls.is_some() { "https" } else { "http" });
    let (lock, db, keys, objects) = open(&config, clock.clone()).await?;
    let core_stop = CancellationToken::new();
    let (switchboard, core) =
        Switchboard::start(db.clone(), keys.clone(), clock.clone(), core_stop.clone()).await?;
    let msale = if config.sandbox {
        Some(Arc::new(Msale::new(sandbox::prepare(&db, &keys, &clock, &base_url).await?)?))
    } else {
        None
    };
    metrics_listener(&config, &stop).await?;
    let app = App::new(Parts {
        public_url: config.public_url.clone().unwrap_or_else(|| base_url.clone()),
        config,
        clock: clock.clone(),
        db: db.clone(),
        keys: keys.clone(),
        objects: objects.clone(),
        pictures: PictureChecker::new(PICTURES_AT_ONCE),
        switchboard: switchboard.clone(),
        limits: RateLimits::default(),
        hub: Hub::new(stop.clone()),
        console: console::Shared::new()?,
        destroyed: Arc::default(),
    });
    let keeper = Keeper {
        db: db.clone(),
        keys: keys.clone(),
        objects: objects.clone(),
        clock: clock.clone(),
        switchboard: switchboard.clone(),
        destroyed: app.destroyed.clone(),
    };
    tokio::spawn(keeper.run(stop.clone()));
    let (dated_db, dated_clock) = (db.clone(), clock.clone());
    let settings =
        companies::keeper::Keeper { db: dated_db, clock: dated_clock, switchboard: switchboard.clone() };
    tokio::spawn(settings.run(stop.clone()));
    tokio::spawn(Sender { db, keys, clock: clock.clone(), switchboard }.run(stop.clone()));
    tokio::spawn(sweep(app.clone(), stop.clone()));
    let http = tokio::spawn(serve(listener, router::router(app.clone(), msale), tls, stop));
    Ok(Running { base_url, address, app, core_stop, core, http, _lock: lock })
}

/// Everything on disk, opened on a thread that may wait.
async fn open(config: &Config, clock: Clock) -> Result<(ServeLock, Db, Keys, Objects), RunError> {
    let (data, evidence, tombstones) = (config.data.clone(), config.evidence_folder(), config.tombstones());
    let named = config.tombstones.is_some();
    let task = tokio::task::spawn_blocking(move || {
        let lock = ServeLock::take(&data)?;
        let db = Db::open(&data)?;
        let now = clock.now();
        db.write_blocking(move |tx| ensure_catalogue(tx, now))?;
        let keys = Keys::of_store(&db)?;
        if !named {
            Tombstones::not_elsewhere(&db)?;
        }
        // A restored store holds the keys of cases that were erased since: nothing is served before they go.
        let erased = apply_tombstones(&db, &keys, &tombstones, now)?;
        if erased > 0 {
            tracing::warn!(erased, "cases of a restored store were erased again");
        }
        find::fill_missing(&db, &keys)?;
        tombstones.note(&db)?;
        let objects = Objects::open(evidence, db.clone(), clock)?;
        Ok((lock, db, keys, objects))
    });
    task.await.map_err(|error| RunError::Listener(std::io::Error::other(error)))?
}

async fn metrics_listener(config: &Config, stop: &CancellationToken) -> Result<(), RunError> {
    let Some(address) = config.metrics_listen else { return Ok(()) };
    let Some(recorder) = health::install_recorder() else { return Ok(()) };
    let listener = tokio::net::TcpListener::bind(address).await?;
    let stop = stop.clone();
    tokio::spawn(async move {
        let stopped = stop.cancelled_owned();
        let served = axum::serve(listener, health::metrics_router(recorder)).with_graceful_shutdown(stopped);
        if let Err(error) = served.await {
            tracing::error!(%error, "the metrics listener failed");
        }
    });
    Ok(())
}

async fn sweep(app: App, stop: CancellationToken) {
    loop {
        // The rows of chunks before their objects.
        let now = app.clock.now();
        match app.db.write(move |tx| evidence::chunks::sweep(tx, now)).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "chunks of evidence that nobody gathered were removed"),
            Err(error) => tracing::warn!(%error, "the sweep of chunks failed"),
        }
        match app.db.write(move |tx| console::sql::sweep(tx, now)).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "sessions of the console that are long over were forgotten"),
            Err(error) => tracing::warn!(%error, "the sweep of the console's sessions failed"),
        }
        match app.objects.sweep(now).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "pictures that no call names were removed"),
            Err(error) => tracing::warn!(%error, "the sweep failed"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(SWEEP_EVERY) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_server_whose_switchboard_has_died_ends_instead_of_refusing_for_ever() {
        let folder = tempfile::tempdir().expect("folder");
        let listener = TcpListener::bind("127.0.0.1:0").expect("port");
        let started = start(listener, Config::for_data(folder.path()), CancellationToken::new()).await;
        let server = started.expect("starts");
        server.core.abort();
        let ended = tokio::time::timeout(Duration::from_secs(20), server.wait()).await.expect("ends");
        assert!(matches!(ended, Err(RunError::CoreStopped)));
    }
}

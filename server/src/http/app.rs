//! What handlers reach: made once by [`crate::run`], cloned cheaply into every request.

use std::ops::Deref;
use std::sync::Arc;

use tokio::sync::Notify;

use crate::clock::Clock;
use crate::config::Config;
use crate::console;
use crate::http::rate::RateLimits;
use crate::intake::picture::PictureChecker;
use crate::objects::{Keys, Objects};
use crate::sockets::Hub;
use crate::store::Db;
use crate::switchboard::Switchboard;

/// Everything that handlers share. `State<App>` in every handler, of all modules.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// The parts of an [`App`].
pub struct Parts {
    /// As checked at start.
    pub config: Config,
    /// How dealers reach this server, without a trailing slash.
    pub public_url: String,
    /// The only source of time.
    pub clock: Clock,
    /// The store.
    pub db: Db,
    /// The installation's secret and what is derived from it.
    pub keys: Keys,
    /// Pictures.
    pub objects: Objects,
    /// Decodes what integrators send.
    pub pictures: PictureChecker,
    /// The driver of the routing core.
    pub switchboard: Switchboard,
    /// Who may ask how often.
    pub limits: RateLimits,
    /// What the sockets and sign-in share.
    pub hub: Hub,
    /// What the console's sign-ins share.
    pub console: console::Shared,
    /// A case was destroyed: wakes who removes its files and empties the write-ahead log.
    pub destroyed: Arc<Notify>,
}

impl App {
    /// Puts the parts together.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

//! What sockets and sign-in share in memory. Nothing here needs to survive a restart.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chinhchu_protocol::ids::CallId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_util::sync::CancellationToken;

use crate::agents::attempts::Attempts;
use crate::agents::password::Checks;

/// Pages of different calls seldom wait for each other.
const TURNS: usize = 64;

/// Sockets of both kinds at once.
const MAX_SOCKETS: usize = 20_000;
/// Passwords checked at once: argon2 wants much memory.
const PASSWORD_CHECKS: usize = 4;
/// Longest wait until a password is checked.
const PASSWORD_WAIT: Duration = Duration::from_secs(10);

/// The shared part.
pub struct Hub {
    /// Wrong passwords.
    pub attempts: Attempts,
    /// Passwords being checked.
    pub password_checks: Checks,
    /// Cancelled when the server stops: sockets then say so and close.
    pub closing: CancellationToken,
    places: Arc<Semaphore>,
    mail: Mutex<HashMap<CallId, watch::Sender<u64>>>,
    /// Pages that say hello, one at a time of a call (and of the few that share its place).
    turns: [tokio::sync::Mutex<()>; TURNS],
}

impl Hub {
    /// Nobody is here yet.
    pub fn new(closing: CancellationToken) -> Self {
        Self {
            attempts: Attempts::default(),
            password_checks: Checks::new(PASSWORD_CHECKS, PASSWORD_WAIT),
            closing,
            places: Arc::new(Semaphore::new(MAX_SOCKETS)),
            mail: Mutex::default(),
            turns: std::array::from_fn(|_| tokio::sync::Mutex::default()),
        }
    }

    /// A page's turn to take a call over; the others of it wait.
    pub async fn turn(&self, call: CallId) -> tokio::sync::MutexGuard<'_, ()> {
        // The end of an id is random.
        let place = call.0.as_bytes()[15];
        self.turns[usize::from(place) % TURNS].lock().await
    }

    /// A place for one more socket, if there is one.
    pub fn place(&self) -> Option<OwnedSemaphorePermit> {
        self.places.clone().try_acquire_owned().ok()
    }

    /// Tells that a call has new signals.
    pub fn mail_came(&self, call: CallId) {
        let mut mail = self.mail.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = mail.get(&call) {
            if sender.receiver_count() == 0 {
                mail.remove(&call);
            } else {
                sender.send_modify(|count| *count += 1);
            }
        }
    }

    /// New signals of a call.
    pub fn mail(&self, call: CallId) -> watch::Receiver<u64> {
        let mut mail = self.mail.lock().unwrap_or_else(PoisonError::into_inner);
        mail.retain(|_, sender| sender.receiver_count() > 0);
        mail.entry(call).or_insert_with(|| watch::Sender::new(0)).subscribe()
    }
}

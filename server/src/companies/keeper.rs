//! The moments of dated changes, in the running server: each is applied within a second of its moment, and the
//! switchboard told.

use chinhchu_protocol::time::Timestamp;
use tokio_util::sync::CancellationToken;

use super::changes;
use crate::clock::Clock;
use crate::store::{Db, StoreError};
use crate::switchboard::Switchboard;

/// How often the switchboard is told everything, should a telling have failed.
const TELL_EVERY_MS: i64 = 30_000;
/// How often it is looked whether a change was made that comes sooner.
const LOOK_EVERY_MS: i64 = 1_000;

/// What the keeper needs.
pub struct Keeper {
    /// The store.
    pub db: Db,
    /// The store's time.
    pub clock: Clock,
    /// Is told what changed.
    pub switchboard: Switchboard,
}

impl Keeper {
    /// Until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        // What was written and not told yet is told the next time.
        let mut untold = false;
        let mut told_at = self.clock.now();
        loop {
            // One moment for the whole look: what comes due during it is met by the next one, at once.
            let now = self.clock.now();
            untold |= now.ms_since(told_at) >= TELL_EVERY_MS;
            match self.apply(now).await {
                Ok(applied) => untold |= applied > 0,
                Err(error) => tracing::warn!(%error, "dated changes could not be applied"),
            }
            if untold {
                match self.switchboard.configure().await {
                    Ok(()) => (untold, told_at) = (false, self.clock.now()),
                    Err(error) => tracing::warn!(%error, "changed settings could not be told"),
                }
            }
            let wake_at = self.wake_at(now).await;
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.clock.sleep_until(wake_at) => {}
            }
        }
    }

    /// Most looks find nothing due: they only read.
    async fn apply(&self, now: Timestamp) -> Result<usize, StoreError> {
        if self.db.read(changes::next_due).await?.is_none_or(|at| at > now) {
            return Ok(0);
        }
        self.db.write(move |tx| changes::apply_due(tx, now)).await
    }

    async fn wake_at(&self, now: Timestamp) -> Timestamp {
        let look = now.plus_ms(LOOK_EVERY_MS);
        let next = self.db.read(changes::next_due).await.ok().flatten();
        // What could not be applied is not tried without a pause.
        next.filter(|at| *at > now).map_or(look, |at| at.min(look))
    }
}

//! What time brings outside the core: sign-ins that expire, signals left over from ended calls.

use chinhchu_routing::{Input, Refusal, SignOutReason};
use tokio_util::sync::CancellationToken;

use super::{DriveError, Switchboard};
use crate::agents;
use crate::figures;
use crate::sockets::mailbox;
use crate::store::StoreError;

const EVERY_MS: i64 = 30_000;

impl Switchboard {
    /// Until `stop`.
    pub(super) async fn keep_house(self, stop: CancellationToken) {
        loop {
            if let Err(error) = self.expire_sessions().await {
                tracing::warn!(%error, "expired sign-ins could not be ended");
            }
            // Behind only if a command makes the figures anew, or ended in the middle of it.
            if let Err(error) = figures::rebuild::catch_up(&self.inner.db, &self.inner.keys).await {
                tracing::warn!(%error, "the figures could not be brought up to date");
            }
            if let Err(error) = figures::days::pack_finished(&self.inner.db, self.inner.clock.now()).await {
                tracing::warn!(%error, "the figures of finished days could not be packed");
            }
            if let Err(error) = self.inner.db.write(|tx| mailbox::sweep(tx)).await {
                tracing::warn!(%error, "left-over signals could not be removed");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.inner.clock.sleep_until(self.inner.clock.now().plus_ms(EVERY_MS)) => {}
            }
        }
    }

    async fn expire_sessions(&self) -> Result<(), StoreError> {
        let now = self.inner.clock.now();
        let expired = self.inner.db.read(move |connection| agents::sql::expired(connection, now)).await?;
        for (agent, session) in expired {
            let input = Input::SignOut { agent, session, why: SignOutReason::Expired };
            match self.drive(input).await {
                // In a call: it ends with the call.
                Ok(_) | Err(DriveError::Refused(Refusal::InCall)) => {}
                Err(DriveError::Refused(_)) => {
                    let end = move |tx: &rusqlite::Transaction<'_>| {
                        agents::sql::end_session(tx, session, "expired", now)
                    };
                    self.inner.db.write(end).await?;
                }
                Err(error) => return Err(StoreError::NotCommitted(error.to_string())),
            }
        }
        Ok(())
    }
}

//! What time brings to stored data while a server runs: day roots, cases whose time is over, files to remove.

use std::sync::Arc;

use chinhchu_protocol::time::Timestamp;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::sweep;
use crate::audit::root;
use crate::clock::Clock;
use crate::objects::{Keys, Objects};
use crate::store::{Db, StoreError, copy};
use crate::switchboard::Switchboard;

const EVERY_MS: i64 = 30_000;
/// Looking for what is over walks an index of everything that is kept.
const SWEEP_EVERY_MS: i64 = 60 * 60 * 1_000;
/// Files removed between two looks.
const FILES: u32 = 1_024;

/// What it needs.
#[derive(Clone)]
pub struct Keeper {
    /// The store.
    pub db: Db,
    /// Signs day roots.
    pub keys: Keys,
    /// Files of pictures.
    pub objects: Objects,
    /// Time.
    pub clock: Clock,
    /// Whose sender is woken for a root.
    pub switchboard: Switchboard,
    /// Told when a case was destroyed on demand.
    pub destroyed: Arc<Notify>,
}

impl Keeper {
    /// Until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let mut sweep_at = self.clock.now();
        let mut to_empty = false;
        loop {
            let now = self.clock.now();
            if let Err(error) = self.make_roots(now).await {
                tracing::error!(%error, "the root of a day could not be made; it will be made up for");
            }
            if now >= sweep_at {
                sweep_at = now.plus_ms(SWEEP_EVERY_MS);
                self.remove_copies().await;
                match sweep(&self.db, now).await {
                    Ok(swept) if swept != super::Swept::default() => {
                        let super::Swept { cases, pictures } = swept;
                        tracing::info!(cases, pictures, "what was kept long enough was destroyed");
                        to_empty = true;
                    }
                    Ok(_) => {}
                    Err(error) => tracing::error!(%error, "what is over could not be destroyed"),
                }
            }
            match self.objects.remove_doomed(FILES).await {
                Ok(0) => {}
                Ok(files) => {
                    tracing::info!(files, "files of destroyed pictures were removed");
                    to_empty = true;
                }
                Err(error) => tracing::error!(%error, "files of destroyed pictures could not be removed"),
            }
            // A reader may be in the way: then the next look tries again.
            if to_empty && self.empty_wal().await {
                to_empty = false;
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.destroyed.notified() => to_empty = true,
                () = self.clock.sleep_until(now.plus_ms(EVERY_MS)) => {}
            }
        }
    }

    /// What a killed `backup` left holds keys of cases.
    async fn remove_copies(&self) {
        let folder = self.db.folder().to_path_buf();
        match tokio::task::spawn_blocking(move || copy::remove_left(&folder)).await {
            Ok(Ok(0)) => {}
            Ok(Ok(copies)) => tracing::warn!(copies, "copies that a killed command had left were removed"),
            Ok(Err(error)) => tracing::error!(%error, "copies of the store could not be looked for"),
            Err(error) => tracing::error!(%error, "copies of the store could not be looked for"),
        }
    }

    async fn make_roots(&self, now: Timestamp) -> Result<(), StoreError> {
        let (db, keys) = (self.db.clone(), self.keys.clone());
        let task = tokio::task::spawn_blocking(move || root::make_due(&db, &keys, now, "server"));
        let made = task.await.map_err(|_| StoreError::Panicked)??;
        for one in &made {
            tracing::info!(day = one.day, sha256 = one.sha256, "root of a day");
        }
        if !made.is_empty() {
            self.switchboard.tell_deliveries();
        }
        Ok(())
    }

    async fn empty_wal(&self) -> bool {
        let db = self.db.clone();
        match tokio::task::spawn_blocking(move || db.truncate_wal()).await {
            Ok(Ok(emptied)) => emptied,
            Ok(Err(error)) => {
                tracing::warn!(%error, "the write-ahead log could not be emptied");
                false
            }
            Err(_) => false,
        }
    }
}

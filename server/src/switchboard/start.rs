//! Start: verify the chain, fold the log, tell the core for how long no server ran.

use std::sync::atomic::AtomicI64;
use std::sync::{Arc, RwLock};

use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::Input;
use chinhchu_routing::liveness::Liveness;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::driver::Driver;
use super::{Head, Inner, Snapshot, Switchboard, Topics, sql};
use crate::clock::Clock;
use crate::companies::changes;
use crate::figures;
use crate::objects::Keys;
use crate::store::{Db, StoreError};

/// Inputs that may wait; more are refused (429).
const QUEUE: usize = 1_024;
/// Records read at once.
const CHUNK: u32 = 1_000;
/// The wall clock may be behind the log by a last mark; more was set by somebody.
const WORTH_TELLING_MS: i64 = 2_000;
/// Name of the newest moment at which a server is known to have run.
pub const ALIVE: &str = "alive_ms";

impl Switchboard {
    /// Folds the log and starts the driver. The handle and the driver's task live until `stop`.
    pub async fn start(
        db: Db,
        keys: Keys,
        clock: Clock,
        stop: CancellationToken,
    ) -> Result<(Self, tokio::task::JoinHandle<()>), StoreError> {
        figures::rebuild::catch_up(&db, &keys).await?;
        let empty = Snapshot {
            state: chinhchu_routing::Switchboard::default(),
            rows: super::batch::Rows::new(),
            head: Head::EMPTY,
        };
        let snapshot = fold_after(&db, empty).await?;
        let (incarnation, alive) = db
            .read(|connection| {
                let number = |name| {
                    Ok::<_, StoreError>(sql::meta(connection, name)?.and_then(|text| text.parse().ok()))
                };
                let incarnation: Option<i64> = number("incarnation")?;
                Ok::<_, StoreError>((incarnation, number(ALIVE)?))
            })
            .await?;
        let last = snapshot.head.at.max(Timestamp::from_ms(alive.unwrap_or(0)));
        let ran_before = snapshot.head.seq > 0;
        let behind = clock.not_before(last);
        if behind > WORTH_TELLING_MS {
            tracing::warn!(behind_ms = behind, "the wall clock is behind the log; time goes on from the log");
        }
        let liveness = Liveness::resume(&snapshot.state, clock.now());
        let (queue, arriving) = mpsc::channel(QUEUE);
        let inner = Arc::new(Inner {
            db,
            keys,
            clock: clock.clone(),
            incarnation: u32::try_from(incarnation.unwrap_or(1)).unwrap_or(1),
            queue,
            snapshot: RwLock::new(Arc::new(snapshot)),
            topics: Topics::default(),
            liveness: std::sync::Mutex::new(liveness),
            deliveries: watch::Sender::new(0),
            looked_at: AtomicI64::new(0),
        });
        let now = clock.now();
        clock.take_leaps();
        let mut driver = Driver { inner: inner.clone(), queue: arriving, last_seen: now };
        let mut told = true;
        if ran_before && now > last {
            told = driver.own(Input::Outage { from: last, to: now }).await;
        }
        // Untold, calls would end and agents would ring as if nothing had happened (I6).
        if !(told && driver.own(Input::Started).await) {
            return Err(StoreError::NotCommitted("the start could not be written".to_owned()));
        }
        let switchboard = Self { inner };
        let task = tokio::spawn(driver.run(stop.clone()));
        // What became due while no server ran holds before the first call.
        let now = switchboard.inner.clock.now();
        switchboard.inner.db.write(move |tx| changes::apply_due(tx, now)).await?;
        switchboard.configure().await.map_err(|error| StoreError::NotCommitted(error.to_string()))?;
        tokio::spawn(switchboard.clone().follow_outside(stop.clone()));
        tokio::spawn(switchboard.clone().keep_house(stop));
        Ok((switchboard, task))
    }
}

/// Folds the records after a snapshot's head, verifying the chain, and fetches the rows of live calls anew.
pub async fn fold_after(db: &Db, mut snapshot: Snapshot) -> Result<Snapshot, StoreError> {
    loop {
        let after = snapshot.head.seq;
        // In one read, so that the rows are those of the last record.
        let read = move |connection: &rusqlite::Connection| {
            let snapshot = connection.unchecked_transaction()?;
            let records = sql::records_after(&snapshot, after, CHUNK)?;
            let rows = if records.is_empty() { sql::live_calls(&snapshot)? } else { Vec::new() };
            Ok::<_, StoreError>((records, rows))
        };
        let (records, rows) = db.read(read).await?;
        if records.is_empty() {
            snapshot.rows = rows.into_iter().map(|row| (row.call_id, Arc::new(row))).collect();
            return Ok(snapshot);
        }
        for record in &records {
            snapshot.head = snapshot.head.follow(record)?;
            for fact in record.facts()? {
                snapshot.state.apply(&fact);
            }
        }
    }
}

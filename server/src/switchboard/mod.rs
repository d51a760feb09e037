//! The driver of the routing core: the only one who asks it, writes its facts and publishes its state.
//!
//! Inputs go through one queue. [`driver`] takes all that has arrived (at most 64), decides on a copy,
//! writes records, projections and outgoing messages in one transaction, and only then swaps the copy in
//! and tells the [`topics`]. Whatever fails leaves the old state; the log alone says what is so.

mod batch;
mod call_token;
mod commit;
mod configure;
mod driver;
mod housekeeping;
pub mod intake;
pub mod outgoing;
mod record;
pub mod row;
mod snapshot;
pub mod sql;
mod start;
mod topics;
mod watch_call;

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use chinhchu_protocol::agent::LostSide;
use chinhchu_protocol::call::CallBody;
use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::liveness::Liveness;
use chinhchu_routing::{Fact, Input, Refusal};
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot, watch};

use crate::clock::Clock;
use crate::objects::Keys;
use crate::store::{Db, StoreError};
use crate::views;

pub use batch::Rows;
pub use call_token::CallTokenFault;
pub use intake::{Intake, TakeInError, Taken};
pub use record::{Hash, Head, Record};
pub use snapshot::Snapshot;
pub use topics::Topics;

/// Before a leave that was not written is told again.
const LEAVE_AGAIN: std::time::Duration = std::time::Duration::from_millis(500);

/// Rows that must become durable together with the facts of an input.
pub trait Side: Send + Sync {
    /// Runs in the transaction of the facts; if it fails, the input had no effect.
    fn write(&self, tx: &Connection, keys: &Keys, written: &Written<'_>) -> Result<(), StoreError>;
}

/// What an input came to, in the transaction that writes it.
pub struct Written<'a> {
    /// The time of the decision.
    pub now: Timestamp,
    /// None, if the input had taken effect before.
    pub facts: &'a [Fact],
    /// The log's end with the record of these facts; without facts, the end before the batch.
    pub head: Head,
}

/// What became of an input.
#[derive(Clone, PartialEq, Debug)]
pub struct Done {
    /// What it made so; empty if it had taken effect before.
    pub facts: Vec<Fact>,
}

/// Why an input had no effect.
#[derive(Debug, thiserror::Error)]
pub enum DriveError {
    /// The core refused.
    #[error("refused: {0}")]
    Refused(Refusal),
    /// Too many inputs wait.
    #[error("too many inputs wait")]
    Full,
    /// Not written.
    #[error("not written: {0}")]
    NotWritten(String),
    /// The core panicked on it; kept for a person to look at.
    #[error("the input was quarantined")]
    Quarantined,
    /// The server stops.
    #[error("the switchboard is closed")]
    Closed,
}

/// A handle on the switchboard; clones share it.
#[derive(Clone)]
pub struct Switchboard {
    inner: Arc<Inner>,
}

struct Inner {
    db: Db,
    keys: Keys,
    clock: Clock,
    incarnation: u32,
    queue: mpsc::Sender<Ticket>,
    snapshot: RwLock<Arc<Snapshot>>,
    topics: Topics,
    liveness: Mutex<Liveness>,
    deliveries: watch::Sender<u64>,
    /// Time up to which the driver has done everything, ms.
    looked_at: AtomicI64,
}

struct Ticket {
    input: Input,
    side: Option<Arc<dyn Side>>,
    reply: oneshot::Sender<Result<Done, DriveError>>,
}

impl Switchboard {
    /// Hands an input to the core and answers once its facts are durable.
    pub async fn drive(&self, input: Input) -> Result<Done, DriveError> {
        self.drive_with(input, None).await
    }

    /// [`Self::drive`] with rows that belong to the facts.
    pub async fn drive_with(&self, input: Input, side: Option<Arc<dyn Side>>) -> Result<Done, DriveError> {
        let (reply, answer) = oneshot::channel();
        self.inner.queue.try_send(Ticket { input, side, reply }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => DriveError::Full,
            mpsc::error::TrySendError::Closed(_) => DriveError::Closed,
        })?;
        answer.await.unwrap_or(Err(DriveError::Closed))
    }

    /// A socket has gone. Nobody would tell it again, so it waits for its place in the queue and is repeated
    /// until it is written.
    pub async fn leave(&self, input: Input) {
        loop {
            let (reply, answer) = oneshot::channel();
            let ticket = Ticket { input: input.clone(), side: None, reply };
            if self.inner.queue.send(ticket).await.is_err() {
                return;
            }
            match answer.await {
                Ok(Err(DriveError::NotWritten(error))) => {
                    tracing::warn!(error, "a socket's leave was not written; once more");
                    tokio::time::sleep(LEAVE_AGAIN).await;
                }
                // Done, or no longer of interest: a newer socket, another session, the server stops.
                Ok(_) | Err(_) => return,
            }
        }
    }

    /// [`Self::drive_with`]; if the core does not know a company or an agent yet, looks once whether a
    /// command of the command line has just made it.
    pub async fn drive_fresh(&self, input: Input, side: Option<Arc<dyn Side>>) -> Result<Done, DriveError> {
        match self.drive_with(input.clone(), side.clone()).await {
            Err(DriveError::Refused(
                Refusal::CompanyUnknown
                | Refusal::NobodyServes
                | Refusal::AgentUnknown
                | Refusal::AgentInactive,
            )) => {
                self.configure().await?;
                self.drive_with(input, side).await
            }
            answer => answer,
        }
    }

    /// eKYC cancels.
    pub async fn cancel(&self, call: CallId) -> Result<Option<CallBody>, DriveError> {
        self.drive(Input::Cancel { call }).await?;
        self.call_body(call).await.map_err(|error| DriveError::NotWritten(error.to_string()))
    }

    /// The body of `GET /v1/calls/{id}`; none if there is no such call.
    pub async fn call_body(&self, call: CallId) -> Result<Option<CallBody>, StoreError> {
        let (keys, snapshot) = (self.inner.keys.clone(), self.snapshot());
        let body = move |connection: &Connection| {
            let live = snapshot.rows.get(&call).cloned();
            let row = match live {
                Some(row) => Some(row),
                None => sql::call(connection, call)?.map(Arc::new),
            };
            match row {
                Some(row) => views::call::body(connection, &keys, &row, snapshot.place(call)),
                None => Ok(None),
            }
        };
        self.inner.db.read(body).await
    }

    /// The newest committed state.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.inner.snapshot.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A heartbeat of one side of an assignment, with the age of the other's media.
    pub fn heartbeat(&self, from: LostSide, call: CallId, assignment: u32, media_age_ms: Option<u32>) {
        let now = self.inner.clock.now();
        let mut liveness = self.inner.liveness();
        match from {
            LostSide::Caller => liveness.caller_heartbeat(now, call, assignment, media_age_ms),
            LostSide::Agent => liveness.agent_heartbeat(now, call, assignment, media_age_ms),
        }
    }

    /// How old, at the other end, the newest media of a side is; none if it never had any, or is silent.
    pub fn media_age_ms(&self, call: CallId, assignment: u32, of: LostSide) -> Option<u32> {
        self.inner.liveness().media_age_ms(self.inner.clock.now(), call, assignment, of)
    }

    /// Who wants to know when something changed.
    pub fn topics(&self) -> &Topics {
        &self.inner.topics
    }

    /// Up to when deadlines and silences have been judged.
    pub fn looked_at(&self) -> Timestamp {
        Timestamp::from_ms(self.inner.looked_at.load(Ordering::Acquire))
    }

    /// Grows when the log begins anew.
    pub fn incarnation(&self) -> u32 {
        self.inner.incarnation
    }

    /// Wakes the sender for deliveries that were written outside the driver.
    pub fn tell_deliveries(&self) {
        self.inner.deliveries.send_modify(|count| *count += 1);
    }

    /// Changes whenever outgoing messages were written: the sender need not poll.
    pub fn deliveries_written(&self) -> watch::Receiver<u64> {
        self.inner.deliveries.subscribe()
    }
}

impl Inner {
    fn liveness(&self) -> std::sync::MutexGuard<'_, Liveness> {
        self.liveness.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

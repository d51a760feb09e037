//! The one thread that writes: group commit, each job in a savepoint, answers after the commit.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};
use tokio::sync::{oneshot, watch};

use super::StoreError;

/// Jobs in one commit: more starve the others without gaining much (facts/log.md).
const MAX_BATCH: usize = 64;
/// Jobs that may wait; whoever comes later waits outside.
const QUEUE: usize = 1024;
/// How often changes of other processes are looked for.
const LOOK_OUTSIDE: Duration = Duration::from_millis(250);

/// Runs inside the transaction; gives what is to be done with the outcome of the commit.
type Job = Box<dyn FnOnce(&Transaction<'_>) -> (bool, Answer) + Send>;
/// Takes the text of a failed commit, if it failed.
type Answer = Box<dyn FnOnce(Option<&str>) + Send>;

/// The queue to the thread.
pub struct Writer {
    jobs: SyncSender<Job>,
    outside: watch::Receiver<u64>,
}

impl Writer {
    /// Starts the thread. It ends when the last handle is dropped, after the last job.
    pub fn start(connection: Connection) -> Result<Self, StoreError> {
        let (jobs, queue) = sync_channel(QUEUE);
        let (changed, outside) = watch::channel(0);
        // Read before anybody is told that the store is open: what comes after that is noticed.
        let version = data_version(&connection);
        std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || work(connection, &queue, &changed, version))?;
        Ok(Self { jobs, outside })
    }

    pub fn changed_outside(&self) -> watch::Receiver<u64> {
        self.outside.clone()
    }

    pub async fn run<T, E, F>(&self, job: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        // Whoever asked may have gone away; the job stands all the same.
        let job = wrap(job, move |result| drop(reply.send(result)));
        if let Err(full) = self.jobs.try_send(job) {
            let job = match full {
                std::sync::mpsc::TrySendError::Full(job) => job,
                std::sync::mpsc::TrySendError::Disconnected(_) => return Err(StoreError::Closed.into()),
            };
            let jobs = self.jobs.clone();
            let sent = tokio::task::spawn_blocking(move || jobs.send(job).is_ok()).await;
            if !matches!(sent, Ok(true)) {
                return Err(StoreError::Closed.into());
            }
        }
        answer.await.unwrap_or_else(|_| Err(never_begun().into()))
    }

    pub fn run_blocking<T, E, F>(&self, job: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
    {
        let (reply, answer) = sync_channel(1);
        let job = wrap(job, move |result| drop(reply.send(result)));
        self.jobs.send(job).map_err(|_| StoreError::Closed)?;
        answer.recv().unwrap_or_else(|_| Err(never_begun().into()))
    }
}

/// A job that was dropped without an answer: its transaction could not begin.
fn never_begun() -> StoreError {
    StoreError::NotCommitted("the transaction did not begin".to_owned())
}

fn wrap<T, E, F>(job: F, reply: impl FnOnce(Result<T, E>) + Send + 'static) -> Job
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
    F: FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
{
    Box::new(move |tx| {
        let result =
            catch_unwind(AssertUnwindSafe(|| job(tx))).unwrap_or_else(|_| Err(StoreError::Panicked.into()));
        let keep = result.is_ok();
        let answer: Answer = Box::new(move |failed| {
            reply(match (result, failed) {
                (Ok(_), Some(text)) => Err(StoreError::NotCommitted(text.to_owned()).into()),
                (result, _) => result,
            });
        });
        (keep, answer)
    })
}

fn work(
    mut connection: Connection,
    queue: &Receiver<Job>,
    changed: &watch::Sender<u64>,
    mut version: Option<i64>,
) {
    loop {
        let first = match queue.recv_timeout(LOOK_OUTSIDE) {
            Ok(job) => Some(job),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => return,
        };
        if let Some(first) = first {
            let batch: Vec<Job> =
                std::iter::once(first).chain(queue.try_iter().take(MAX_BATCH - 1)).collect();
            commit(&mut connection, batch);
        }
        // On this connection the number moves only when another one has written.
        let now = data_version(&connection);
        if now != version {
            version = now;
            changed.send_modify(|count| *count += 1);
        }
    }
}

fn data_version(connection: &Connection) -> Option<i64> {
    connection.pragma_query_value(None, "data_version", |row| row.get(0)).ok()
}

fn commit(connection: &mut Connection, batch: Vec<Job>) {
    let mut answers = Vec::with_capacity(batch.len());
    let outcome = in_transaction(connection, batch, &mut answers);
    if let Err(error) = &outcome {
        tracing::error!(%error, "a transaction was not committed");
        // After a failed fsync nobody knows what the disk holds: only a fresh start finds out.
        if error.sqlite_error_code() == Some(ErrorCode::SystemIoFailure) {
            tracing::error!("the disk failed; stopping so that no promise is made on it");
            std::process::exit(74);
        }
    }
    let failed = outcome.err().map(|error| error.to_string());
    for answer in answers {
        answer(failed.as_deref());
    }
}

fn in_transaction(
    connection: &mut Connection,
    batch: Vec<Job>,
    answers: &mut Vec<Answer>,
) -> rusqlite::Result<()> {
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for job in batch {
        tx.execute_batch("SAVEPOINT job")?;
        let (keep, answer) = job(&tx);
        answers.push(answer);
        tx.execute_batch(if keep { "RELEASE job" } else { "ROLLBACK TO job; RELEASE job" })?;
    }
    tx.commit()
}

//! The loop: wait for inputs, a deadline or an outage; decide; write; publish.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use chinhchu_protocol::call::CallState;
use chinhchu_protocol::time::Timestamp;
use chinhchu_routing::Input;
use chinhchu_routing::liveness::{Liveness, POLL_EVERY_MS};
use tokio::sync::{mpsc, oneshot};

use super::batch::{self, Decided, Verdict};
use super::commit::Commit;
use super::record::Head;
use super::{Done, DriveError, Inner, Snapshot, Ticket, sql, start};
use crate::clock::spans;
use crate::store::StoreError;

/// Inputs in one transaction (facts/log.md).
const MAX_BATCH: usize = 64;
/// How often the driver looks at the clock and leaves a mark that it lives.
const MARK_EVERY_MS: i64 = 1_000;
/// A longer pause than this between two looks at the clock is a span in which no server ran. Longer than
/// [`MARK_EVERY_MS`], and shorter than the shortest deadline (a ring's confirmation, 2 s): a ring whose own
/// commit takes that long could not be confirmed by anybody.
const LONGEST_PAUSE_MS: i64 = 1_500;
/// Before trying again when the store refuses.
const RETRY: std::time::Duration = std::time::Duration::from_millis(200);
/// How often an outage is told to a store that refuses.
const OUTAGE_TRIES: usize = 25;

pub struct Driver {
    pub inner: Arc<Inner>,
    pub queue: mpsc::Receiver<Ticket>,
    /// When the clock was last looked at.
    pub last_seen: Timestamp,
}

impl Driver {
    /// Ends when the last handle is dropped, or on `stop`, after everything that had arrived.
    pub async fn run(mut self, stop: tokio_util::sync::CancellationToken) {
        loop {
            let mut tickets = Vec::new();
            let wake_at = self.wake_at();
            tokio::select! {
                biased;
                () = stop.cancelled() => self.queue.close(),
                ticket = self.queue.recv() => match ticket {
                    Some(ticket) => tickets.push(ticket),
                    None => return,
                },
                () = self.inner.clock.sleep_until(wake_at) => {}
            }
            while tickets.len() < MAX_BATCH {
                let Ok(ticket) = self.queue.try_recv() else { break };
                tickets.push(ticket);
            }
            if self.queue.is_closed() && tickets.is_empty() {
                return;
            }
            self.round(tickets).await;
        }
    }

    fn wake_at(&self) -> Timestamp {
        let pause = if self.inner.liveness().is_idle() { MARK_EVERY_MS } else { POLL_EVERY_MS };
        let mark = self.last_seen.plus_ms(pause);
        self.snapshot().state.next_deadline().map_or(mark, |deadline| deadline.min(mark))
    }

    async fn round(&mut self, tickets: Vec<Ticket>) {
        let now = self.inner.clock.now().max(self.last_seen);
        let from = std::mem::replace(&mut self.last_seen, now);
        if !self.inner.clock.is_manual() {
            for span in spans(from, now, self.inner.clock.take_leaps(), LONGEST_PAUSE_MS) {
                tracing::warn!(ms = span.to.ms_since(span.from), "time in which no server ran");
                self.outage(span.from, span.to).await;
            }
        }
        self.arrived(tickets).await;
        if self.snapshot().state.next_deadline().is_some_and(|deadline| deadline <= now) {
            self.own(Input::Tick).await;
        }
        self.poll(now).await;
        if now.ms() / MARK_EVERY_MS != from.ms() / MARK_EVERY_MS {
            self.mark(now).await;
        }
        self.inner.looked_at.store(now.ms(), Ordering::Release);
    }

    /// What came before this round, also beyond its first batch. It goes before the deadlines: after a slow
    /// commit an accept that came in time must not lose to its own ring's end.
    async fn arrived(&mut self, mut tickets: Vec<Ticket>) {
        let mut behind = self.queue.len();
        while !tickets.is_empty() {
            self.process(tickets).await;
            tickets = Vec::new();
            while tickets.len() < MAX_BATCH && behind > 0 {
                let Ok(ticket) = self.queue.try_recv() else { break };
                tickets.push(ticket);
                behind -= 1;
            }
        }
    }

    /// What the heartbeats tell.
    async fn poll(&mut self, now: Timestamp) {
        let inputs = self.inner.liveness().poll(now);
        let tickets: Vec<Ticket> = inputs.into_iter().map(own_ticket).collect();
        if !tickets.is_empty() {
            self.process(tickets).await;
        }
    }

    /// Untold, it would cost calls whose time has run out meanwhile (I8): a store that refuses is asked again.
    async fn outage(&mut self, from: Timestamp, to: Timestamp) {
        for _ in 0..OUTAGE_TRIES {
            if self.own(Input::Outage { from, to }).await {
                return;
            }
            tokio::time::sleep(RETRY).await;
        }
    }

    /// An input of the driver's own; false if the store did not take it.
    pub async fn own(&mut self, input: Input) -> bool {
        let is_tick = input == Input::Tick;
        let (reply, mut answer) = oneshot::channel();
        self.process(vec![Ticket { input, side: None, reply }]).await;
        let due = self.snapshot().state.next_deadline().is_some_and(|deadline| deadline <= self.last_seen);
        if is_tick && due {
            // Not written, or a fault of the core: don't spin.
            tokio::time::sleep(RETRY).await;
        }
        !matches!(answer.try_recv(), Ok(Err(DriveError::NotWritten(_))) | Err(_))
    }

    /// So that a restart knows until when this server ran. Only while there is something whose time runs.
    async fn mark(&self, now: Timestamp) {
        if self.snapshot().state.next_deadline().is_none() {
            return;
        }
        let text = now.ms().to_string();
        let marked: Result<(), StoreError> =
            self.inner.db.write(move |tx| sql::set_meta(tx, start::ALIVE, &text)).await;
        if let Err(error) = marked {
            tracing::warn!(%error, "no mark of life was written");
        }
    }

    async fn process(&mut self, tickets: Vec<Ticket>) {
        match self.attempt(&tickets).await {
            Ok(answers) => answer(tickets, answers),
            Err(error) if tickets.len() > 1 => {
                tracing::warn!(%error, "a batch was not written; trying its inputs one by one");
                for ticket in tickets {
                    let answers = self.attempt(std::slice::from_ref(&ticket)).await;
                    let answers =
                        answers.unwrap_or_else(|error| vec![Err(DriveError::NotWritten(error.to_string()))]);
                    answer(vec![ticket], answers);
                }
            }
            Err(error) => answer(tickets, vec![Err(DriveError::NotWritten(error.to_string()))]),
        }
    }

    async fn attempt(&mut self, tickets: &[Ticket]) -> Result<Vec<Result<Done, DriveError>>, StoreError> {
        let before = self.with_rows(tickets).await?;
        let inputs: Vec<&Input> = tickets.iter().map(|ticket| &ticket.input).collect();
        let at = self.last_seen.max(before.head.at);
        let decided = batch::decide(&before.state, &before.rows, before.head, at, &inputs)?;
        let commit = self.commit(tickets, before.head, &decided, at)?;
        if !commit.is_empty() {
            match self.inner.db.write(move |tx| commit.write(tx)).await {
                Ok(0) => {}
                Ok(_) => self.inner.deliveries.send_modify(|count| *count += 1),
                Err(error) => {
                    self.catch_up().await;
                    return Err(error);
                }
            }
        }
        let answers = decided.verdicts.iter().map(answer_of).collect();
        self.publish(&before, decided);
        Ok(answers)
    }

    fn commit(
        &self,
        tickets: &[Ticket],
        before: Head,
        decided: &Decided,
        at: Timestamp,
    ) -> Result<Commit, StoreError> {
        let (mut head, mut records) = (before, decided.records.iter());
        let mut sides = Vec::new();
        let mut quarantined = Vec::new();
        for (ticket, verdict) in tickets.iter().zip(&decided.verdicts) {
            match verdict {
                Verdict::Facts(facts) => {
                    // Every input with facts has its record, in order.
                    if !facts.is_empty()
                        && let Some(record) = records.next()
                    {
                        head = Head { seq: record.seq, at: record.at, hash: record.hash };
                    }
                    sides.extend(ticket.side.clone().map(|side| (side, facts.clone(), head)));
                }
                Verdict::Refused(_) => {}
                Verdict::Panicked(reason) => {
                    tracing::error!("the routing core panicked on an input; it is in quarantine");
                    quarantined.push((serde_json::to_vec(&ticket.input)?, reason.clone()));
                }
            }
        }
        let calls = decided.calls.iter();
        let places: BTreeMap<_, _> =
            calls.filter_map(|call| Some((*call, decided.state.call(*call)?.queue?))).collect();
        Ok(Commit {
            keys: self.inner.keys.clone(),
            at,
            records: decided.records.clone(),
            sides,
            changed: decided.changed.clone(),
            told: decided.told.clone(),
            places,
            quarantined,
        })
    }

    /// Calls that ended some time ago are not in memory: their rows are fetched when an input names them.
    async fn with_rows(&self, tickets: &[Ticket]) -> Result<Snapshot, StoreError> {
        let mut snapshot = (*self.snapshot()).clone();
        for ticket in tickets {
            let call = match &ticket.input {
                Input::EvidenceStored { call, .. } => *call,
                Input::Recall { record } => record.call,
                // Every other input about an ended call is refused.
                _ => continue,
            };
            if !snapshot.rows.contains_key(&call) {
                let row = self.inner.db.read(move |connection| sql::call(connection, call)).await?;
                snapshot.rows.extend(row.map(|row| (call, Arc::new(row))));
            }
        }
        Ok(snapshot)
    }

    fn publish(&self, before: &Snapshot, decided: Decided) {
        let Decided { state, mut rows, head, told, agents, calls, .. } = decided;
        {
            let mut liveness = self.inner.liveness();
            for (_, fact, _) in &told {
                liveness.follow(fact);
            }
        }
        // The store has the ended ones.
        rows.retain(|_, row| row.state != CallState::Ended);
        // Expected waits change with the agents, too.
        let queues = !told.is_empty() || before.head.seq == 0;
        let snapshot = Arc::new(Snapshot { state, rows, head });
        *self.inner.snapshot.write().unwrap_or_else(PoisonError::into_inner) = snapshot;
        self.inner.topics.publish(head.seq, calls, agents, queues);
    }

    /// The log alone says what is so: folds what it holds beyond our state.
    async fn catch_up(&self) {
        let snapshot = self.snapshot();
        let caught = start::fold_after(&self.inner.db, (*snapshot).clone()).await;
        match caught {
            Ok(caught) if caught.head == snapshot.head => {}
            Ok(caught) => {
                let calls = snapshot.state.live_calls().chain(caught.state.live_calls()).collect::<Vec<_>>();
                let agents = caught.state.agents().collect::<Vec<_>>();
                let seq = caught.head.seq;
                *self.inner.liveness() = Liveness::resume(&caught.state, self.last_seen);
                *self.inner.snapshot.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(caught);
                self.inner.topics.publish(seq, calls, agents, true);
            }
            Err(error) => tracing::error!(%error, "the log could not be read again"),
        }
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        self.inner.snapshot.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn own_ticket(input: Input) -> Ticket {
    let (reply, _) = oneshot::channel();
    Ticket { input, side: None, reply }
}

fn answer_of(verdict: &Verdict) -> Result<Done, DriveError> {
    match verdict {
        Verdict::Facts(facts) => Ok(Done { facts: facts.clone() }),
        Verdict::Refused(refusal) => Err(DriveError::Refused(*refusal)),
        Verdict::Panicked(_) => Err(DriveError::Quarantined),
    }
}

fn answer(tickets: Vec<Ticket>, answers: Vec<Result<Done, DriveError>>) {
    for (ticket, answer) in tickets.into_iter().zip(answers) {
        // Whoever asked may have gone away.
        let _ = ticket.reply.send(answer);
    }
}

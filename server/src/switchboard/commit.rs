//! Everything that a batch writes, in one transaction: records, rows that came with inputs, projections and
//! outgoing messages.

use std::collections::BTreeMap;
use std::sync::Arc;

use chinhchu_protocol::call::QueuePlace;
use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::time::Timestamp;
use chinhchu_protocol::webhook::WebhookEventType;
use chinhchu_routing::{Event, Fact, SignOutReason, webhooks_of};
use rusqlite::Connection;

use super::outgoing::{self, Message};
use super::record::{Hash, Head, Record};
use super::row::CallRow;
use super::{Side, Written, sql};
use crate::agents;
use crate::console::review;
use crate::figures;
use crate::objects::Keys;
use crate::store::StoreError;

/// One batch, ready to be written.
pub struct Commit {
    pub keys: Keys,
    pub at: Timestamp,
    pub records: Vec<Record>,
    /// Each with the facts of its input and the log's end after them.
    pub sides: Vec<(Arc<dyn Side>, Vec<Fact>, Head)>,
    pub changed: Vec<Arc<CallRow>>,
    pub told: Vec<(u64, Fact, Option<Arc<CallRow>>)>,
    pub places: BTreeMap<CallId, QueuePlace>,
    /// Input and reason.
    pub quarantined: Vec<(Vec<u8>, String)>,
}

impl Commit {
    /// Whether there is anything to write.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty() && self.sides.is_empty() && self.quarantined.is_empty()
    }

    /// Writes all of it, or fails as a whole; gives how many messages wait to be sent.
    pub fn write(&self, tx: &Connection) -> Result<usize, StoreError> {
        for (input, reason) in &self.quarantined {
            sql::quarantine(tx, self.at, input, reason)?;
        }
        for record in &self.records {
            sql::append(tx, record)?;
        }
        for (side, facts, head) in &self.sides {
            side.write(tx, &self.keys, &Written { now: self.at, facts, head: *head })?;
        }
        for row in &self.changed {
            sql::put_call(tx, row)?;
            sql::clear_mailbox(tx, row)?;
        }
        figures::rebuild::follow(tx, &self.keys, self.told.iter().map(|(seq, fact, _)| (*seq, fact)))?;
        let mut messages = 0;
        for (seq, fact, row) in &self.told {
            end_sessions(tx, fact)?;
            agents::figures::count(tx, fact)?;
            if let Some(row) = row {
                review::draw(tx, &self.keys, fact, row)?;
                for event_type in webhooks_of(fact) {
                    messages += self.send(tx, *seq, fact, row, *event_type)?;
                }
            }
        }
        Ok(messages)
    }

    fn send(
        &self,
        tx: &Connection,
        seq: u64,
        fact: &Fact,
        row: &CallRow,
        event_type: WebhookEventType,
    ) -> Result<usize, StoreError> {
        let place = self.places.get(&row.call_id).copied();
        let message = Message { event_type, at: fact.at, seq, hash: self.hash_of(seq), row, place };
        outgoing::write(tx, &self.keys, &message)
    }

    fn hash_of(&self, seq: u64) -> Hash {
        self.records
            .iter()
            .find(|record| record.seq == seq)
            .map_or(super::record::GENESIS, |record| record.hash)
    }
}

fn end_sessions(tx: &Connection, fact: &Fact) -> Result<(), StoreError> {
    match &fact.event {
        Event::AgentSignedIn { replaced: Some(session), .. } => {
            agents::sql::end_session(tx, *session, "signed_in_elsewhere", fact.at)
        }
        Event::AgentSignedOut { session, why, .. } => {
            let reason = match why {
                SignOutReason::Agent => "agent",
                SignOutReason::Forced => "forced",
                SignOutReason::Expired => "expired",
            };
            agents::sql::end_session(tx, *session, reason, fact.at)
        }
        // Nothing else ends a session.
        _ => Ok(()),
    }
}

//! What is written with the fact that evidence was taken: its rows, its pictures, its place in the key's chain,
//! and the receipt that the server signs over the log's end.

use bytes::Bytes;
use chinhchu_evidence::Statement;
use chinhchu_evidence::receipt::{FORMAT, LogPlace, Receipt};
use chinhchu_evidence::signed::Signed;
use chinhchu_protocol::evidence::{Manifest, VerdictStanding};
use chinhchu_routing::{Event, Fact};
use rusqlite::Connection;

use super::sql::{self, NewEvidence};
use super::{chain, chunks, is_result};
use crate::cases::{self, NewPicture, hex};
use crate::figures::given;
use crate::objects::{CaseKey, Keys};
use crate::store::StoreError;
use crate::switchboard::{Head, Side, Written};

/// Checked evidence whose pictures are durable already.
pub struct Evidence {
    /// The case's key.
    pub key: CaseKey,
    /// Of the signed statement.
    pub hash: [u8; 32],
    /// Of the one before under the same key.
    pub previous: Option<[u8; 32]>,
    /// The manifest.
    pub manifest: Manifest,
    /// The manifest as JSON.
    pub fields: Vec<u8>,
    /// What was signed.
    pub statement: Statement,
    /// As uploaded.
    pub envelope: String,
    /// As uploaded.
    pub leaves: Bytes,
    /// What it shows.
    pub pictures: Vec<NewPicture>,
}

impl Side for Evidence {
    fn write(&self, tx: &Connection, keys: &Keys, written: &Written<'_>) -> Result<(), StoreError> {
        // No fact: the same evidence was taken before.
        let Some(standing) = written.facts.iter().find_map(standing) else { return Ok(()) };
        let (statement, now) = (&self.statement, written.now);
        let receipt = self.receipt(keys, written, standing)?;
        let new = NewEvidence {
            call: self.manifest.call_id,
            assignment: self.manifest.assignment,
            agent: self.manifest.agent_id,
            session: self.manifest.session_id,
            manifest_sha256: self.hash,
            manifest: &self.fields,
            envelope: &self.envelope,
            leaves: &self.leaves,
            key_id: &statement.key_id.to_string(),
            counter: statement.counter,
            receipt: &receipt,
            standing,
        };
        sql::insert(tx, &self.key, &new, now)?;
        if is_result(standing) {
            given::set_reason(tx, new.call, self.manifest.reason.as_deref())?;
        }
        chain::insert(tx, statement, self.hash, self.previous, now)?;
        for picture in &self.pictures {
            cases::sql::insert_picture(tx, new.call, new.assignment, picture, now)?;
        }
        chunks::forget(tx, new.call, new.assignment)
    }
}

impl Evidence {
    fn receipt(
        &self,
        keys: &Keys,
        written: &Written<'_>,
        standing: VerdictStanding,
    ) -> Result<String, StoreError> {
        let Head { seq, hash, .. } = written.head;
        let receipt = Receipt {
            format: FORMAT.to_owned(),
            call_id: self.statement.call_id,
            assignment: self.statement.assignment,
            manifest_sha256: hex(&self.hash),
            workstation_id: self.statement.workstation_id,
            key_id: self.statement.key_id,
            counter: self.statement.counter,
            received_at: written.now,
            standing,
            log: LogPlace { seq, hash: hex(&hash) },
        };
        let envelope = receipt.sign(keys.signing()).map_err(|_| StoreError::Corrupt("a receipt"))?;
        Ok(envelope.to_value().to_string())
    }
}

fn standing(fact: &Fact) -> Option<VerdictStanding> {
    match &fact.event {
        Event::EvidenceTaken { standing, .. } => Some(*standing),
        // Only that fact judges.
        _ => None,
    }
}

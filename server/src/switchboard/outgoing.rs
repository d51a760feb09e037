//! Messages for mSale and eKYC (S16), written in the transaction of their fact and sent afterwards by the
//! webhooks' sender. The exact body is kept sealed under the key of its case.

use chinhchu_protocol::call::QueuePlace;
use chinhchu_protocol::ids::{CallId, CompanyCode};
use chinhchu_protocol::time::Timestamp;
use chinhchu_protocol::webhook::{LogHead, WebhookEvent, WebhookEventType};
use rusqlite::{Connection, params};
use uuid::Uuid;

use super::record::Hash;
use super::row::CallRow;
use crate::cases::{self, hex};
use crate::objects::{CaseKey, Keys};
use crate::store::{StoreError, rows};
use crate::views;

const PAYLOAD: &[u8] = b"webhook";

/// What is to be told.
pub struct Message<'a> {
    /// What happened.
    pub event_type: WebhookEventType,
    /// When.
    pub at: Timestamp,
    /// Record of the log.
    pub seq: u64,
    /// Its hash.
    pub hash: Hash,
    /// The call right after it.
    pub row: &'a CallRow,
    /// Its place, if it waits.
    pub place: Option<QueuePlace>,
}

/// Writes one delivery for every endpoint that wants the message; gives how many.
pub fn write(tx: &Connection, keys: &Keys, message: &Message<'_>) -> Result<usize, StoreError> {
    let endpoints = endpoints(tx, &message.row.company, message.event_type)?;
    if endpoints.is_empty() {
        return Ok(0);
    }
    let call = message.row.call_id;
    let Some(key) = cases::sql::read_key(tx, keys, call)? else { return Ok(0) };
    let Some(data) = views::call::body(tx, keys, message.row, message.place)? else { return Ok(0) };
    let is_result = message.event_type == WebhookEventType::CallResult;
    let verdict = message.row.verdict.as_ref().filter(|_| is_result);
    let event = WebhookEvent {
        event_type: message.event_type,
        timestamp: message.at,
        data,
        manifest_sha256: verdict.map(|verdict| verdict.manifest_sha256.clone()),
        log_head: is_result.then(|| LogHead { seq: message.seq, hash: hex(&message.hash) }),
    };
    let sealed = seal_payload(&key, &serde_json::to_vec(&event)?);
    for webhook in &endpoints {
        let sql = "INSERT INTO webhook_deliveries
                     (delivery_id, webhook_id, call_id, event_type, log_seq, payload_sealed, created_ms, next_ms)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)";
        let delivery = Uuid::from_bytes(rand::random());
        let (name, seq) = (name(message.event_type), message.seq.cast_signed());
        let ids = (delivery.as_bytes(), webhook.as_bytes(), call.0.as_bytes());
        rows::run(tx, sql, params![ids.0, ids.1, ids.2, name, seq, sealed, message.at.ms()])?;
    }
    Ok(endpoints.len())
}

/// Seals the body of a delivery.
pub fn seal_payload(key: &CaseKey, body: &[u8]) -> Vec<u8> {
    key.seal(PAYLOAD, body)
}

/// Opens the body of a delivery: the exact bytes to sign and send.
pub fn open_payload(key: &CaseKey, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
    key.open(PAYLOAD, sealed).map_err(|_| StoreError::Corrupt("body of a webhook"))
}

/// Key under which the deliveries of a call are sealed.
pub fn payload_key(
    connection: &Connection,
    keys: &Keys,
    call: CallId,
) -> Result<Option<CaseKey>, StoreError> {
    cases::sql::read_key(connection, keys, call)
}

/// The name of an event as it stands on the wire and in `webhooks.events` (a JSON list).
pub const fn name(event_type: WebhookEventType) -> &'static str {
    match event_type {
        WebhookEventType::CallAccepted => "call.accepted",
        WebhookEventType::CallDeclined => "call.declined",
        WebhookEventType::CallEnded => "call.ended",
        WebhookEventType::CallResult => "call.result",
    }
}

fn endpoints(
    tx: &Connection,
    company: &CompanyCode,
    event: WebhookEventType,
) -> Result<Vec<Uuid>, StoreError> {
    let sql = "SELECT webhook_id FROM webhooks
               WHERE removed_ms IS NULL AND (company IS NULL OR company = ?1)
                 AND EXISTS (SELECT 1 FROM json_each(webhooks.events) WHERE value = ?2)";
    rows::all(tx, sql, params![company.0, name(event)], |row| rows::id(row, "webhook_id"))
}

//! Endpoints and deliveries in the store. Secrets lie sealed under the installation's key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chinhchu_protocol::ids::{CallId, CompanyCode, WebhookId};
use chinhchu_protocol::time::Timestamp;
use chinhchu_protocol::webhook::WebhookEventType;
use rusqlite::{Connection, Row, params};
use serde::Serialize;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::deliveries;
use crate::objects::Keys;
use crate::store::{StoreError, rows};
use crate::switchboard::outgoing;

const SECRET: &[u8] = b"webhook secret";

/// Every kind of event.
pub const EVENTS: [WebhookEventType; 4] = [
    WebhookEventType::CallAccepted,
    WebhookEventType::CallDeclined,
    WebhookEventType::CallEnded,
    WebhookEventType::CallResult,
];

/// An endpoint as listed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct WebhookListed {
    /// Names it.
    pub webhook_id: WebhookId,
    /// Where events go.
    pub url: String,
    /// `msale` or `ekyc`.
    #[serde(rename = "for")]
    pub audience: String,
    /// One company's calls only; null for all.
    pub company: Option<CompanyCode>,
    /// Names of the events.
    pub events: Vec<String>,
    /// When it was added.
    pub created_at: Timestamp,
    /// Deliveries that wait to be acknowledged.
    pub waiting: u32,
}

/// A delivery whose time has come.
pub struct Due {
    /// `webhook-id`, the same at every try.
    pub delivery_id: Uuid,
    /// Where to.
    pub url: String,
    /// `whsec_…`.
    pub secret: Zeroizing<String>,
    /// The exact bytes; `None` if the key of the case was destroyed.
    pub payload: Option<Vec<u8>>,
    /// Tries so far, or since a person wished for another.
    pub attempts: u32,
}

/// A fresh secret, `whsec_…`, 256 bits.
pub fn fresh_secret(random: &[u8; 32]) -> String {
    format!("whsec_{}", STANDARD.encode(random))
}

/// Adds an endpoint.
pub fn insert(tx: &Connection, keys: &Keys, webhook: &WebhookListed, secret: &str) -> Result<(), StoreError> {
    rows::run(
        tx,
        "INSERT INTO webhooks (webhook_id, url, audience, company, events, secret_sealed, created_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            webhook.webhook_id.0.as_bytes(),
            webhook.url,
            webhook.audience,
            webhook.company.as_ref().map(|code| code.0.as_str()),
            serde_json::to_string(&webhook.events)?,
            keys.secrets().seal(SECRET, secret.as_bytes()),
            webhook.created_at.ms()
        ],
    )?;
    Ok(())
}

/// Stands in deliveries for the call, where there is none.
pub const NO_CALL: CallId = CallId(Uuid::nil());

/// Writes a delivery, about no call, for every endpoint of mSale that asks for this event by name. It is sent
/// when the sender looks again.
pub fn announce(
    tx: &Connection,
    keys: &Keys,
    event: &str,
    body: &[u8],
    now: Timestamp,
) -> Result<usize, StoreError> {
    let sql = "SELECT webhook_id FROM webhooks WHERE removed_ms IS NULL AND audience = 'msale'
               AND company IS NULL AND EXISTS (SELECT 1 FROM json_each(webhooks.events) WHERE value = ?1)";
    let endpoints: Vec<Uuid> = rows::all(tx, sql, [event], |row| rows::id(row, "webhook_id"))?;
    let sealed = outgoing::seal_payload(keys.secrets(), body);
    for webhook in &endpoints {
        let sql = "INSERT INTO webhook_deliveries
                     (delivery_id, webhook_id, call_id, event_type, log_seq, payload_sealed, created_ms, next_ms)
                   VALUES (?1, ?2, ?3, ?4, 0, ?5, ?6, ?6)";
        let delivery = Uuid::from_bytes(rand::random());
        let ids = (delivery.as_bytes(), webhook.as_bytes(), NO_CALL.0.as_bytes());
        rows::run(tx, sql, params![ids.0, ids.1, ids.2, event, sealed, now.ms()])?;
    }
    Ok(endpoints.len())
}

/// Every endpoint that was not removed.
pub fn list(connection: &Connection) -> Result<Vec<WebhookListed>, StoreError> {
    let counts = deliveries::counts(connection)?;
    let sql = "SELECT * FROM webhooks WHERE removed_ms IS NULL ORDER BY created_ms LIMIT 500";
    rows::all(connection, sql, [], |row| {
        let events: String = row.get("events")?;
        let webhook_id = WebhookId(rows::id(row, "webhook_id")?);
        Ok(WebhookListed {
            webhook_id,
            url: row.get("url")?,
            audience: row.get("audience")?,
            company: row.get::<_, Option<String>>("company")?.map(CompanyCode),
            events: serde_json::from_str(&events).unwrap_or_default(),
            created_at: rows::time(row, "created_ms")?,
            waiting: counts.iter().find(|(id, ..)| *id == webhook_id).map_or(0, |(_, waiting, _)| *waiting),
        })
    })
}

/// Removes an endpoint and what waits for it; `false` if there is none.
pub fn remove(tx: &Connection, webhook: WebhookId, now: Timestamp) -> Result<bool, StoreError> {
    let id = webhook.0.as_bytes();
    let sql = "UPDATE webhooks SET removed_ms = ?2 WHERE webhook_id = ?1 AND removed_ms IS NULL";
    let removed = rows::run(tx, sql, params![id, now.ms()])?;
    let sql = "UPDATE webhook_deliveries SET next_ms = NULL WHERE webhook_id = ?1 AND next_ms IS NOT NULL";
    rows::run(tx, sql, [id])?;
    Ok(removed == 1)
}

/// Deliveries to send now, oldest first, of those not in `busy`.
pub fn due(
    connection: &Connection,
    keys: &Keys,
    now: Timestamp,
    busy: &[Uuid],
    most: u32,
) -> Result<Vec<Due>, StoreError> {
    let sql = "SELECT d.delivery_id, d.call_id, d.payload_sealed, d.attempts - d.attempts_before AS attempts,
                      w.url, w.secret_sealed
               FROM webhook_deliveries d JOIN webhooks w USING (webhook_id)
               WHERE d.next_ms <= ?1 ORDER BY d.next_ms LIMIT ?2";
    let limit = most.saturating_add(u32::try_from(busy.len()).unwrap_or(u32::MAX));
    let found = rows::all(connection, sql, params![now.ms(), limit], stored)?;
    let mut list = Vec::new();
    for stored in found.into_iter().filter(|stored| !busy.contains(&stored.delivery_id)).take(most as usize) {
        let key = if stored.call_id == NO_CALL {
            Some(keys.secrets().clone())
        } else {
            outgoing::payload_key(connection, keys, stored.call_id)?
        };
        let payload = key.map(|key| outgoing::open_payload(&key, &stored.payload_sealed)).transpose()?;
        let secret = keys.secrets().open(SECRET, &stored.secret_sealed).ok();
        let secret = secret.and_then(|bytes| String::from_utf8(bytes).ok());
        list.push(Due {
            delivery_id: stored.delivery_id,
            url: stored.url,
            secret: Zeroizing::new(secret.ok_or(StoreError::Corrupt("secret of a webhook"))?),
            payload,
            attempts: stored.attempts,
        });
    }
    Ok(list)
}

struct Stored {
    delivery_id: Uuid,
    call_id: CallId,
    payload_sealed: Vec<u8>,
    attempts: u32,
    url: String,
    secret_sealed: Vec<u8>,
}

fn stored(row: &Row<'_>) -> rusqlite::Result<Stored> {
    Ok(Stored {
        delivery_id: rows::id(row, "delivery_id")?,
        call_id: CallId(rows::id(row, "call_id")?),
        payload_sealed: row.get("payload_sealed")?,
        attempts: row.get("attempts")?,
        url: row.get("url")?,
        secret_sealed: row.get("secret_sealed")?,
    })
}

/// When the next delivery is due, if any waits.
pub fn next_due(connection: &Connection) -> Result<Option<Timestamp>, StoreError> {
    let sql = "SELECT min(next_ms) FROM webhook_deliveries WHERE next_ms IS NOT NULL";
    let next = rows::first(connection, sql, [], |row| row.get::<_, Option<i64>>(0))?;
    Ok(next.flatten().map(Timestamp::from_ms))
}

/// What became of a try.
pub fn record(
    tx: &Connection,
    delivery: Uuid,
    status: Option<u16>,
    delivered: Option<Timestamp>,
    next: Option<Timestamp>,
) -> Result<(), StoreError> {
    rows::run(
        tx,
        "UPDATE webhook_deliveries SET attempts = attempts + 1, last_status = ?2,
         delivered_ms = coalesce(delivered_ms, ?3), next_ms = CASE WHEN next_ms IS NULL THEN NULL ELSE ?4 END WHERE delivery_id = ?1",
        params![delivery.as_bytes(), status, delivered.map(Timestamp::ms), next.map(Timestamp::ms)],
    )?;
    Ok(())
}

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
    /// The endpoint.
    pub webhook_id: WebhookId,
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
pub fn insert(
    tx: &Connection,
    keys: &Keys,
    webhook: &WebhookListed,
    secret: &str,
) -> Result<bool, StoreError> {
    let written = rows::run(
        tx,
        "INSERT INTO webhooks (webhook_id, url, audience, company, events, secret_sealed, created_ms)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7
         WHERE (SELECT count(*) FROM webhooks WHERE removed_ms IS NULL AND company IS ?4) < ?8",
        params![
            webhook.webhook_id.0.as_bytes(),
            webhook.url,
            webhook.audience,
            webhook.company.as_ref().map(|code| code.0.as_str()),
            serde_json::to_string(&webhook.events)?,
            keys.secrets().seal(SECRET, secret.as_bytes()),
            webhook.created_at.ms(),
            MOST_OF_ONE
        ],
    )?;
    Ok(written == 1)
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

/// Most endpoints of a company, and of all companies together: each gets a row for every event.
pub const MOST_OF_ONE: u32 = 20;

/// Tries of one endpoint at once: one that does not answer must not take every place.
const OF_ONE: usize = 4;

/// A delivery that is on its way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Busy {
    /// Which.
    pub delivery: Uuid,
    /// Where to.
    pub webhook: WebhookId,
}

/// Deliveries to send now, of those not in `busy`: of each endpoint as many as it has places left, oldest first.
pub fn due(
    connection: &Connection,
    keys: &Keys,
    now: Timestamp,
    busy: &[Busy],
    most: usize,
) -> Result<Vec<Due>, StoreError> {
    let mut found: Vec<Stored> = Vec::new();
    for webhook in waited_for(connection, now)? {
        let taken: Vec<Uuid> =
            busy.iter().filter(|one| one.webhook == webhook).map(|one| one.delivery).collect();
        let of_this = oldest_due(connection, webhook, now)?;
        let free = OF_ONE.saturating_sub(taken.len());
        found.extend(of_this.into_iter().filter(|one| !taken.contains(&one.delivery_id)).take(free));
    }
    found.sort_by_key(|stored| stored.next_ms);
    let mut list = Vec::new();
    for stored in found.into_iter().take(most) {
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
            webhook_id: stored.webhook_id,
            url: stored.url,
            secret: Zeroizing::new(secret.ok_or(StoreError::Corrupt("secret of a webhook"))?),
            payload,
            attempts: stored.attempts,
        });
    }
    Ok(list)
}

/// Endpoints for which something is due.
fn waited_for(connection: &Connection, now: Timestamp) -> Result<Vec<WebhookId>, StoreError> {
    let sql = "SELECT webhook_id FROM webhooks w WHERE EXISTS (
                 SELECT 1 FROM webhook_deliveries d INDEXED BY webhook_deliveries_due_of
                 WHERE d.webhook_id = w.webhook_id AND d.next_ms <= ?1)";
    rows::all(connection, sql, [now.ms()], |row| Ok(WebhookId(rows::id(row, "webhook_id")?)))
}

/// Those due longest, twice as many as may be on their way, as those that are still count as due.
fn oldest_due(
    connection: &Connection,
    webhook: WebhookId,
    now: Timestamp,
) -> Result<Vec<Stored>, StoreError> {
    let sql = "SELECT d.delivery_id, d.webhook_id, d.call_id, d.payload_sealed, d.next_ms,
                      d.attempts - d.attempts_before AS attempts, w.url, w.secret_sealed
               FROM webhook_deliveries d INDEXED BY webhook_deliveries_due_of JOIN webhooks w USING (webhook_id)
               WHERE d.webhook_id = ?1 AND d.next_ms <= ?2 ORDER BY d.next_ms LIMIT ?3";
    let limit = u32::try_from(2 * OF_ONE).unwrap_or(u32::MAX);
    rows::all(connection, sql, params![webhook.0.as_bytes(), now.ms(), limit], stored)
}

struct Stored {
    delivery_id: Uuid,
    webhook_id: WebhookId,
    next_ms: i64,
    call_id: CallId,
    payload_sealed: Vec<u8>,
    attempts: u32,
    url: String,
    secret_sealed: Vec<u8>,
}

fn stored(row: &Row<'_>) -> rusqlite::Result<Stored> {
    Ok(Stored {
        delivery_id: rows::id(row, "delivery_id")?,
        webhook_id: WebhookId(rows::id(row, "webhook_id")?),
        next_ms: row.get("next_ms")?,
        call_id: CallId(rows::id(row, "call_id")?),
        payload_sealed: row.get("payload_sealed")?,
        attempts: row.get("attempts")?,
        url: row.get("url")?,
        secret_sealed: row.get("secret_sealed")?,
    })
}

/// When the next delivery becomes due that is not yet.
pub fn next_due(connection: &Connection, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    let sql = "SELECT min(next_ms) FROM webhook_deliveries INDEXED BY webhook_deliveries_due
               WHERE next_ms IS NOT NULL AND next_ms > ?1";
    let next = rows::first(connection, sql, [now.ms()], |row| row.get::<_, Option<i64>>(0))?;
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

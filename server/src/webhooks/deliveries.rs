//! Deliveries as people see them: listed without their bodies, sent again one by one or by a period.

use chinhchu_protocol::console::systems::{ConsoleDelivery, DeliveryState, Resent, WebhookAudience};
use chinhchu_protocol::ids::{CallId, CompanyCode, DeliveryId, WebhookId};
use chinhchu_protocol::time::Timestamp;
use rusqlite::types::ToSql;
use rusqlite::{Connection, Row, params, params_from_iter};
use serde_json::json;
use uuid::Uuid;

use super::{sql, wanted};
use crate::audit::{self, Entry};
use crate::objects::Keys;
use crate::store::{StoreError, rows};
use crate::switchboard::outgoing;

/// Sent again by one wish.
pub const MOST_RESENT: u32 = 1_000;
/// Longest period of a wish.
pub const LONGEST_MS: i64 = 31 * 86_400_000;
const BY_DUE: &str = "INDEXED BY webhook_deliveries_due";
const BY_GIVEN_UP: &str = "INDEXED BY webhook_deliveries_given_up";
/// Event of a test message.
const PING: &str = "test.ping";
/// Test messages of an endpoint that wait at once: each is tried again and again.
const MOST_PINGS: u32 = 5;

/// Which deliveries are wanted; all of them if nothing is named.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Where they stand.
    pub state: Option<DeliveryState>,
    /// Of this endpoint.
    pub webhook: Option<WebhookId>,
    /// About this call.
    pub call: Option<CallId>,
    /// Of endpoints of these companies only, as a JSON list.
    pub companies: Option<String>,
    /// Older than this one.
    pub before: Option<Cursor>,
}

/// A place in the list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cursor(i64, Uuid);

impl Cursor {
    /// After this delivery.
    pub const fn after(delivery: &ConsoleDelivery) -> Self {
        Self(delivery.created_at.ms(), delivery.delivery_id.0)
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.0, self.1.simple())
    }
}

impl std::str::FromStr for Cursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (ms, id) = text.split_once('.').ok_or(())?;
        Ok(Self(ms.parse().map_err(|_| ())?, Uuid::parse_str(id).map_err(|_| ())?))
    }
}

/// Why nothing was sent again.
#[derive(Debug, thiserror::Error)]
pub enum ResendError {
    /// There is no such delivery, or it is another's.
    #[error("there is no such delivery")]
    NoDelivery,
    /// Nobody listens there any more.
    #[error("its webhook was removed")]
    Dropped,
    /// Its body went with the case.
    #[error("the case was erased, and what was to be told with it")]
    Erased,
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// `by` names an index, where SQLite would choose one that makes it look at everything that was ever delivered.
fn select(by: &str) -> String {
    format!(
        "SELECT d.delivery_id, d.webhook_id, d.call_id, d.event_type, d.created_ms, d.attempts, d.next_ms,
           d.last_status, d.delivered_ms, d.resends, w.audience, w.removed_ms, c.company
         FROM webhook_deliveries d {by} JOIN webhooks w USING (webhook_id)
           LEFT JOIN cases c ON c.call_id = d.call_id"
    )
}

/// Deliveries, newest first.
pub fn list(connection: &Connection, filter: &Filter, most: u32) -> Result<Vec<ConsoleDelivery>, StoreError> {
    let mut values: Vec<Box<dyn ToSql>> = Vec::new();
    let mut wanted = String::from("1");
    let mut also = |condition: &str, value: Box<dyn ToSql>| {
        wanted.push_str(" AND ");
        wanted.push_str(condition);
        values.push(value);
    };
    if let Some(webhook) = filter.webhook {
        also("d.webhook_id = ?", Box::new(webhook.0.into_bytes()));
    }
    if let Some(call) = filter.call {
        also("d.call_id = ?", Box::new(call.0.into_bytes()));
    }
    if let Some(companies) = &filter.companies {
        // By their endpoints: a company with few deliveries must not be looked for among those of all.
        let own = "d.webhook_id IN (SELECT webhook_id FROM webhooks
                   WHERE company IN (SELECT value FROM json_each(?)))";
        also(own, Box::new(companies.clone()));
    }
    if let Some(Cursor(ms, id)) = filter.before {
        also("(d.created_ms, d.delivery_id) < (?, ", Box::new(ms));
        wanted.push_str("?)");
        values.push(Box::new(id.into_bytes()));
    }
    // The conditions as the partial indexes have them.
    let (by, stands) = match filter.state {
        None => ("", ""),
        Some(DeliveryState::Waiting) => (BY_DUE, " AND d.next_ms IS NOT NULL"),
        Some(DeliveryState::Delivered) => ("", " AND d.delivered_ms IS NOT NULL AND d.next_ms IS NULL"),
        Some(DeliveryState::GivenUp) => {
            (BY_GIVEN_UP, " AND d.delivered_ms IS NULL AND d.next_ms IS NULL AND w.removed_ms IS NULL")
        }
        Some(DeliveryState::Dropped) => {
            (BY_GIVEN_UP, " AND d.delivered_ms IS NULL AND d.next_ms IS NULL AND w.removed_ms IS NOT NULL")
        }
    };
    // A call has few.
    let by = if filter.call.is_some() { "" } else { by };
    let sql = format!(
        "{} WHERE {wanted}{stands} ORDER BY d.created_ms DESC, d.delivery_id DESC LIMIT {most}",
        select(by)
    );
    rows::all(connection, &sql, params_from_iter(values), listed)
}

/// One delivery, with the company of its endpoint.
pub fn one(
    connection: &Connection,
    id: DeliveryId,
) -> Result<Option<(ConsoleDelivery, Option<CompanyCode>)>, StoreError> {
    let sql = format!("{} WHERE d.delivery_id = ?1", select(""));
    let Some(found) = rows::first(connection, &sql, [id.0.as_bytes()], listed)? else { return Ok(None) };
    let sql = "SELECT company FROM webhooks WHERE webhook_id = ?1";
    let company: Option<Option<String>> =
        rows::first(connection, sql, [found.webhook_id.0.as_bytes()], |row| row.get(0))?;
    Ok(Some((found, company.flatten().map(CompanyCode))))
}

/// Sends one again, whatever became of it, under its own `webhook-id`.
pub fn resend(
    tx: &Connection,
    id: DeliveryId,
    may: impl Fn(Option<&CompanyCode>) -> bool,
    actor: &str,
    now: Timestamp,
) -> Result<ConsoleDelivery, ResendError> {
    let (found, _) = one(tx, id)?.filter(|(_, own)| may(own.as_ref())).ok_or(ResendError::NoDelivery)?;
    let sql = "SELECT removed_ms IS NOT NULL, length(payload_sealed) FROM webhook_deliveries
               JOIN webhooks USING (webhook_id) WHERE delivery_id = ?1";
    let state: Option<(bool, i64)> =
        rows::first(tx, sql, [id.0.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    match state.ok_or(ResendError::NoDelivery)? {
        (true, _) => return Err(ResendError::Dropped),
        (false, 0) => return Err(ResendError::Erased),
        (false, _) => {}
    }
    again(tx, &id.0, now)?;
    let detail = json!({ "webhook": found.webhook_id, "event": found.event, "attempts": found.attempts });
    let subject = format!("delivery:{id}");
    audit::append(tx, now, &Entry { actor, action: "webhook.resent", subject: &subject, detail: &detail })?;
    Ok(one(tx, id)?.ok_or(ResendError::NoDelivery)?.0)
}

/// Sends everything again that was given up and written in `[from, to)`, oldest first, at most
/// [`MOST_RESENT`].
pub fn resend_period(
    tx: &Connection,
    (from, to): (Timestamp, Timestamp),
    webhook: Option<WebhookId>,
    companies: Option<&str>,
    actor: &str,
    now: Timestamp,
) -> Result<Resent, StoreError> {
    let sql = "SELECT delivery_id FROM webhook_deliveries d JOIN webhooks w USING (webhook_id)
               WHERE d.delivered_ms IS NULL AND d.next_ms IS NULL AND w.removed_ms IS NULL
                 AND length(d.payload_sealed) > 0 AND d.created_ms >= ?1 AND d.created_ms < ?2
                 AND (?3 IS NULL OR d.webhook_id = ?3)
                 AND (?4 IS NULL OR w.company IN (SELECT value FROM json_each(?4)))
               ORDER BY d.created_ms, d.delivery_id";
    let id = webhook.map(|id| id.0.into_bytes());
    let found: Vec<Uuid> =
        rows::all(tx, sql, params![from.ms(), to.ms(), id, companies], |row| rows::id(row, "delivery_id"))?;
    for delivery in found.iter().take(MOST_RESENT as usize) {
        again(tx, delivery, now)?;
    }
    let all = u32::try_from(found.len()).unwrap_or(u32::MAX);
    let resent = all.min(MOST_RESENT);
    if resent > 0 {
        let detail = json!({ "from": from, "to": to, "webhook": webhook, "resent": resent });
        let entry = Entry { actor, action: "webhook.resent_period", subject: "webhooks", detail: &detail };
        audit::append(tx, now, &entry)?;
    }
    Ok(Resent { resent, left: all - resent })
}

fn again(tx: &Connection, delivery: &Uuid, now: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE webhook_deliveries SET next_ms = ?2, attempts_before = attempts, resends = resends + 1
               WHERE delivery_id = ?1";
    rows::run(tx, sql, params![delivery.as_bytes(), now.ms()])?;
    Ok(())
}

/// Writes a test message for an endpoint, or gives one that waits still, if several do; none if there is no such endpoint.
pub fn ping(
    tx: &Connection,
    keys: &Keys,
    webhook: WebhookId,
    now: Timestamp,
) -> Result<Option<DeliveryId>, StoreError> {
    let sql = "SELECT delivery_id FROM webhook_deliveries INDEXED BY webhook_deliveries_due_of
               WHERE webhook_id = ?1 AND next_ms IS NOT NULL AND event_type = ?2 LIMIT 1 OFFSET ?3";
    let wanted = params![webhook.0.as_bytes(), PING, MOST_PINGS - 1];
    let waiting = rows::first(tx, sql, wanted, |row| rows::id(row, "delivery_id"))?;
    if let Some(waiting) = waiting {
        return Ok(Some(DeliveryId(waiting)));
    }
    let body = serde_json::to_vec(&json!({ "type": PING, "timestamp": now, "data": {} }))?;
    let sealed = outgoing::seal_payload(keys.secrets(), &body);
    let sql = "INSERT INTO webhook_deliveries
                 (delivery_id, webhook_id, call_id, event_type, log_seq, payload_sealed, created_ms, next_ms)
               SELECT ?1, webhook_id, ?3, ?4, 0, ?5, ?6, ?6 FROM webhooks
               WHERE webhook_id = ?2 AND removed_ms IS NULL";
    let id = Uuid::from_bytes(rand::random());
    let (delivery, endpoint, no_call) = (id.as_bytes(), webhook.0.as_bytes(), sql::NO_CALL.0.into_bytes());
    let written = rows::run(tx, sql, params![delivery, endpoint, no_call, PING, sealed, now.ms()])?;
    Ok((written == 1).then_some(DeliveryId(id)))
}

/// How many deliveries of each endpoint wait, and how many were given up.
pub fn counts(connection: &Connection) -> Result<Vec<(WebhookId, u32, u32)>, StoreError> {
    let sql = format!(
        "SELECT webhook_id, sum(waits) AS waiting, sum(1 - waits) AS given_up FROM (
           SELECT webhook_id, 1 AS waits FROM webhook_deliveries {BY_DUE} WHERE next_ms IS NOT NULL
           UNION ALL
           SELECT webhook_id, 0 FROM webhook_deliveries {BY_GIVEN_UP}
             WHERE delivered_ms IS NULL AND next_ms IS NULL)
         GROUP BY webhook_id"
    );
    rows::all(connection, &sql, [], |row| {
        Ok((WebhookId(rows::id(row, "webhook_id")?), row.get("waiting")?, row.get("given_up")?))
    })
}

/// When an endpoint acknowledged last, of its newest deliveries.
pub fn last_delivered(connection: &Connection, webhook: WebhookId) -> Result<Option<Timestamp>, StoreError> {
    let sql = "SELECT max(delivered_ms) FROM (SELECT delivered_ms FROM webhook_deliveries
               WHERE webhook_id = ?1 ORDER BY created_ms DESC, delivery_id DESC LIMIT 1000)";
    let last: Option<Option<i64>> = rows::first(connection, sql, [webhook.0.as_bytes()], |row| row.get(0))?;
    Ok(last.flatten().map(Timestamp::from_ms))
}

fn listed(row: &Row<'_>) -> rusqlite::Result<ConsoleDelivery> {
    let call = CallId(rows::id(row, "call_id")?);
    let audience: String = row.get("audience")?;
    let (next_at, delivered_at) =
        (rows::time_or_null(row, "next_ms")?, rows::time_or_null(row, "delivered_ms")?);
    let removed: Option<i64> = row.get("removed_ms")?;
    let state = match (next_at, delivered_at, removed) {
        (Some(_), _, _) => DeliveryState::Waiting,
        (None, Some(_), _) => DeliveryState::Delivered,
        (None, None, None) => DeliveryState::GivenUp,
        (None, None, Some(_)) => DeliveryState::Dropped,
    };
    Ok(ConsoleDelivery {
        delivery_id: DeliveryId(rows::id(row, "delivery_id")?),
        webhook_id: WebhookId(rows::id(row, "webhook_id")?),
        audience: wanted::audience(&audience).unwrap_or(WebhookAudience::Msale),
        call_id: (call != sql::NO_CALL).then_some(call),
        company: row.get::<_, Option<String>>("company")?.map(CompanyCode),
        event: row.get("event_type")?,
        created_at: rows::time(row, "created_ms")?,
        attempts: row.get("attempts")?,
        next_at,
        last_status: row.get("last_status")?,
        delivered_at,
        resends: row.get("resends")?,
        state,
    })
}

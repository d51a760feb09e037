//! The worker that sends deliveries: woken when some were written, asleep until the next is due.

use std::time::Duration;

use chinhchu_protocol::time::Timestamp;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use standardwebhooks::{HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP, Webhook};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::plan;
use super::sql::{self, Busy, Due};
use crate::clock::Clock;
use crate::objects::Keys;
use crate::store::{Db, StoreError};
use crate::switchboard::Switchboard;

/// Deliveries on their way at once.
const AT_ONCE: usize = 64;
/// An endpoint that takes longer has not acknowledged.
const TIMEOUT: Duration = Duration::from_secs(10);
/// After a failed look into the store.
const PAUSE: Duration = Duration::from_secs(1);

/// What the worker needs.
#[derive(Clone)]
pub struct Sender {
    /// The store.
    pub db: Db,
    /// Opens secrets and bodies.
    pub keys: Keys,
    /// Time.
    pub clock: Clock,
    /// Says when deliveries were written.
    pub switchboard: Switchboard,
}

impl Sender {
    /// Sends until `stop`. A try that is under way at the stop is made again after the next start.
    pub async fn run(self, stop: CancellationToken) {
        let client = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("chinhchu-server/", env!("CARGO_PKG_VERSION")))
            .build();
        let client = match client {
            Ok(client) => client,
            Err(error) => {
                tracing::error!(%error, "webhooks cannot be sent");
                return;
            }
        };
        let mut written = self.switchboard.deliveries_written();
        let mut busy: Vec<Busy> = Vec::new();
        let mut tries: JoinSet<Uuid> = JoinSet::new();
        loop {
            written.mark_unchanged();
            let wake_at = match self.begin(&client, &mut busy, &mut tries).await {
                Ok(next) => next,
                Err(error) => {
                    tracing::warn!(%error, "deliveries could not be read");
                    Some(self.clock.now().plus_ms(i64::try_from(PAUSE.as_millis()).unwrap_or(1_000)))
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                changed = written.changed() => if changed.is_err() { return },
                Some(done) = tries.join_next() => match done {
                    Ok(delivery) => busy.retain(|one| one.delivery != delivery),
                    // A try that panicked: nothing is busy for sure any more but what still runs.
                    Err(_) => if tries.is_empty() { busy.clear() },
                },
                () = self.wait(wake_at) => {}
            }
        }
    }

    async fn wait(&self, at: Option<Timestamp>) {
        match at {
            Some(at) => self.clock.sleep_until(at).await,
            None => std::future::pending().await,
        }
    }

    /// Starts tries for what is due; says when to look again if nothing happens before.
    async fn begin(
        &self,
        client: &reqwest::Client,
        busy: &mut Vec<Busy>,
        tries: &mut JoinSet<Uuid>,
    ) -> Result<Option<Timestamp>, StoreError> {
        let free = AT_ONCE.saturating_sub(busy.len());
        if free == 0 {
            return Ok(None);
        }
        let (keys, now, taken) = (self.keys.clone(), self.clock.now(), busy.clone());
        let (due, next) = self
            .db
            .read(move |c| {
                Ok::<_, StoreError>((sql::due(c, &keys, now, &taken, free)?, sql::next_due(c, now)?))
            })
            .await?;
        for delivery in due {
            busy.push(Busy { delivery: delivery.delivery_id, webhook: delivery.webhook_id });
            let (sender, client) = (self.clone(), client.clone());
            tries.spawn(async move { sender.attempt(&client, delivery).await });
        }
        // What is due already runs or waits for a place: the end of a try wakes us.
        Ok(next)
    }

    async fn attempt(&self, client: &reqwest::Client, due: Due) -> Uuid {
        let delivery = due.delivery_id;
        let attempts = due.attempts + 1;
        let status = match &due.payload {
            Some(payload) => self.post(client, &due, payload.clone()).await,
            None => None,
        };
        let now = self.clock.now();
        let acknowledged = status.is_some_and(|status| (200..300).contains(&status));
        let next = if acknowledged || due.payload.is_none() {
            None
        } else {
            plan::wait_ms(attempts, rand::random()).map(|ms| now.plus_ms(ms))
        };
        let delivered = acknowledged.then_some(now);
        tracing::info!(%delivery, attempts, status, acknowledged, "webhook");
        metrics::counter!("chinhchu_webhook_attempts_total", "acknowledged" => acknowledged.to_string())
            .increment(1);
        let recorded = self.db.write(move |tx| sql::record(tx, delivery, status, delivered, next)).await;
        if let Err(error) = recorded {
            tracing::error!(%error, "a try could not be recorded; it will be made again");
        }
        delivery
    }

    async fn post(&self, client: &reqwest::Client, due: &Due, payload: Vec<u8>) -> Option<u16> {
        let id = due.delivery_id.to_string();
        let seconds = self.clock.now().ms().div_euclid(1000);
        let signature =
            Webhook::new(&due.secret).and_then(|webhook| webhook.sign(&id, seconds, &payload)).ok()?;
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in [
            (HEADER_WEBHOOK_ID, id),
            (HEADER_WEBHOOK_TIMESTAMP, seconds.to_string()),
            (HEADER_WEBHOOK_SIGNATURE, signature),
        ] {
            headers.insert(name, HeaderValue::from_str(&value).ok()?);
        }
        match client.post(&due.url).headers(headers).body(payload).send().await {
            Ok(response) => Some(response.status().as_u16()),
            Err(error) => {
                // Without the address: it may hold a secret.
                tracing::warn!(error = %error.without_url(), "webhook not sent");
                None
            }
        }
    }
}

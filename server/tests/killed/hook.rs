//! mSale's receiver of webhooks: it runs all the time, and is sometimes slow, broken or deaf.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::Value;
use tokio::sync::OnceCell;

use crate::books::Delivery;
use crate::http::sha256;
use crate::seed::Rng;
use crate::world::World;

/// Listens before the world is there: its address is part of it.
pub struct Hook {
    pub url: String,
    state: Arc<Inner>,
}

struct Inner {
    world: OnceCell<Arc<World>>,
    rng: Mutex<Rng>,
}

impl Hook {
    pub async fn open(seed: u64) -> Self {
        let state = Arc::new(Inner { world: OnceCell::new(), rng: Mutex::new(Rng::fork(seed, "hook", 0)) });
        let app = Router::new().route("/hook", post(receive)).with_state(state.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("port");
        let url = format!("http://{}/hook", listener.local_addr().expect("address"));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, state }
    }

    pub fn serve(&self, world: &Arc<World>) {
        assert!(self.state.world.set(world.clone()).is_ok(), "once");
    }
}

async fn receive(State(hook): State<Arc<Inner>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let world = hook.world.get().expect("a world").clone();
    let (mood, wait) = {
        let mut rng = hook.rng.lock().expect("rng");
        // Once no more calls are made it recovers, so that a run ends.
        let mood = if *world.open.borrow() { rng.between(1, 100) } else { 100 };
        (mood, rng.ms(50, 1_500))
    };
    // Slow ones are still answered when the server that asked is long dead.
    if (1..=10).contains(&mood) {
        tokio::time::sleep(wait).await;
    }
    if (11..=22).contains(&mood) {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    if !is_signed(&world.hook_secret, &headers, &body) {
        world.books.fault("a webhook with a wrong signature");
        return StatusCode::BAD_REQUEST;
    }
    // Taken, but the answer is a failure: the same event must come again, and once more does no harm.
    let acknowledged = !(23..=27).contains(&mood);
    match read(&headers, &body, acknowledged) {
        Some(delivery) => world.books.write(|pages| pages.deliveries.push(delivery)),
        None => world.books.fault("a webhook that cannot be read"),
    }
    if acknowledged { StatusCode::NO_CONTENT } else { StatusCode::INTERNAL_SERVER_ERROR }
}

pub fn is_signed(secret: &str, headers: &HeaderMap, body: &[u8]) -> bool {
    standardwebhooks::Webhook::new(secret).expect("secret").verify(body, headers).is_ok()
}

fn read(headers: &HeaderMap, body: &[u8], acknowledged: bool) -> Option<Delivery> {
    let event: Value = serde_json::from_slice(body).ok()?;
    Some(Delivery {
        id: headers.get("webhook-id")?.to_str().ok()?.to_owned(),
        event: event["type"].as_str()?.to_owned(),
        call: event["data"]["call_id"].as_str()?.parse().ok()?,
        end_reason: event["data"]["end_reason"].as_str().map(str::to_owned),
        body_sha256: sha256(body),
        acknowledged,
    })
}

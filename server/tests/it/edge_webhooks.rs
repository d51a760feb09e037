//! Webhooks (S16): signed, retried with the same id until acknowledged.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use chinhchu_protocol::ids::WebhookId;
use chinhchu_server::store::StoreError;
use chinhchu_server::webhooks::sql::{WebhookListed, fresh_secret, insert};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::edge_world::World;

pub type Received = (HeaderMap, Bytes);

/// A receiver that fails a number of times first.
pub async fn receiver(failures: usize) -> (String, mpsc::UnboundedReceiver<Received>) {
    let (sender, received) = mpsc::unbounded_channel();
    let left = Arc::new(Mutex::new(failures));
    let handler =
        async |State((left, sender)): State<(Arc<Mutex<usize>>, mpsc::UnboundedSender<Received>)>,
               headers: HeaderMap,
               body: Bytes| {
            let _ = sender.send((headers, body));
            let mut left = left.lock().expect("lock");
            if *left > 0 {
                *left -= 1;
                return StatusCode::SERVICE_UNAVAILABLE;
            }
            StatusCode::NO_CONTENT
        };
    let app = Router::new().route("/hook", post(handler)).with_state((left, sender));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("port");
    let url = format!("http://{}/hook", listener.local_addr().expect("address"));
    tokio::spawn(async move { axum::serve(listener, app).await });
    (url, received)
}

pub async fn add(world: &World, url: &str, events: &[&str]) -> String {
    let secret = fresh_secret(&[7; 32]);
    let webhook = WebhookListed {
        webhook_id: WebhookId(world.clock.new_id()),
        url: url.to_owned(),
        audience: "msale".to_owned(),
        company: None,
        events: events.iter().map(|event| (*event).to_owned()).collect(),
        created_at: world.clock.now(),
        waiting: 0,
    };
    let (keys, signing) = (world.server.app().keys.clone(), secret.clone());
    let write = world.server.app().db.write(move |tx| insert(tx, &keys, &webhook, &signing));
    write.await.expect("added");
    secret
}

#[tokio::test]
async fn a_webhook_is_signed_and_sent_again_with_the_same_id_until_it_is_acknowledged() {
    let world = World::start().await;
    let (url, mut received) = receiver(1).await;
    let secret = add(&world, &url, &["call.ended"]).await;
    let token = world.token("1", 600).await.token;
    let call = world.call(&token).await;
    let path = format!("/v1/calls/{}", call["call_id"].as_str().expect("id"));
    let cancelled: Value = world
        .post(&format!("{path}/cancel"), &token)
        .send()
        .await
        .expect("answer")
        .json()
        .await
        .expect("json");

    let first = received.recv().await.expect("first try");
    let second = received.recv().await.expect("second try");
    assert_eq!(first.0["webhook-id"], second.0["webhook-id"]);
    assert_eq!(first.1, second.1);
    let verifier = standardwebhooks::Webhook::new(&secret).expect("secret");
    for (headers, body) in [&first, &second] {
        verifier.verify(body, headers).expect("signed");
    }
    let event: Value = serde_json::from_slice(&second.1).expect("json");
    assert_eq!(event["type"], "call.ended");
    assert_eq!(event["data"]["call_id"], call["call_id"]);
    assert_eq!(event["data"]["end_reason"], json!("cancelled"));
    assert_eq!(event["data"]["state"], cancelled["state"]);
    delivered(&world).await;
    assert!(received.try_recv().is_err(), "an acknowledged webhook is not sent again");
}

/// Waits until no delivery is open.
async fn delivered(world: &World) {
    let open = || {
        world.server.app().db.read(|c| {
            let sql = "SELECT count(*) FROM webhook_deliveries WHERE delivered_ms IS NULL";
            Ok::<i64, StoreError>(c.query_row(sql, [], |row| row.get(0))?)
        })
    };
    for _ in 0..100 {
        if open().await.expect("count") == 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("a delivery stayed open");
}

/// S8, S9, S16: the sandbox's mSale, through the public API only.
#[tokio::test]
async fn the_sandbox_plays_msale_from_the_token_to_the_end_of_the_call() {
    let world = World::start_with(|config| config.sandbox = true).await;
    let issued: Value = world
        .client
        .post(format!("{}/sandbox/api/msale/token", world.url))
        .json(&json!({"company": "4"}))
        .send()
        .await
        .expect("answer")
        .json()
        .await
        .expect("json");
    assert_eq!(issued["company"], "4");
    let token = issued["token"].as_str().expect("token");
    let call = world.call(token).await;
    let id = call["call_id"].as_str().expect("id");
    world.post(&format!("/v1/calls/{id}/cancel"), token).send().await.expect("answer");
    delivered(&world).await;
    let result = world.client.get(format!("{}/sandbox/api/msale/results/{id}", world.url));
    let result: Value = result.send().await.expect("answer").json().await.expect("json");
    assert_eq!(result["events"], json!(["call.ended"]));
    assert_eq!(result["event"]["data"]["end_reason"], "cancelled");
    assert_eq!(result["activation"], "refused", "mandatory, and never confirmed (P3)");

    let forged = world.client.post(format!("{}/sandbox/api/msale/webhook", world.url)).body("{}");
    assert_eq!(forged.send().await.expect("answer").status(), 401);
}

//! Dealers: each keeps one call of its company in the queue or at the agent, with a page that stays until its end.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chinhchu_protocol::call::CallState;
use chinhchu_protocol::caller::{CallerToServer, ServerToCaller};
use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::signal::Signal;
use chinhchu_protocol::time::Timestamp;
use futures_util::{SinkExt, StreamExt};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::seed::Rng;

/// Of everybody's case: must not be found on a workstation's disk.
pub const CUSTOMER: &str = "Nguyễn Thị Ánh Mẫu";
/// Of everybody's case.
pub const ID_NUMBER: &str = "079190001234";

const HEARTBEAT: Duration = Duration::from_millis(500);
const AGAIN: Duration = Duration::from_millis(200);
/// A page that hears nothing for so long comes again.
const SILENCE: Duration = Duration::from_secs(4);

/// What the dealers know.
pub struct Dealers {
    pub base: String,
    pub http: reqwest::Client,
    /// A drawn picture for card and portrait.
    pub picture: Vec<u8>,
    /// Every call that was made.
    pub calls: Mutex<Vec<CallId>>,
    /// False: no further calls.
    pub open: watch::Sender<bool>,
}

impl Dealers {
    pub fn new(base: String, picture: Vec<u8>) -> Self {
        let http = reqwest::Client::builder().timeout(SILENCE).build().expect("client");
        Self { base, http, picture, calls: std::sync::Mutex::default(), open: watch::Sender::new(true) }
    }
}

/// Call after call until the dealers close.
pub async fn work(dealers: Arc<Dealers>, token: String, mut rng: Rng) {
    while *dealers.open.borrow() {
        let (call, call_token) = take_in(&dealers, &token, &mut rng).await;
        dealers.calls.lock().expect("calls").push(call);
        let device = format!("{:032x}", u128::from(rng.next()));
        let mut page = 0;
        loop {
            page += 1;
            match visit(&dealers.base, &call_token, &device, page).await {
                Visit::Over => break,
                Visit::Broken => tokio::time::sleep(AGAIN).await,
            }
        }
    }
}

async fn take_in(dealers: &Dealers, token: &str, rng: &mut Rng) -> (CallId, String) {
    let key = format!("{:016x}", rng.next());
    loop {
        let request = dealers.http.post(format!("{}/v1/calls", dealers.base)).bearer_auth(token);
        let request = request.header("Idempotency-Key", &key).multipart(form(&dealers.picture, &key));
        // The server may be away: that is what this is about.
        if let Ok(answer) = request.send().await {
            let status = answer.status();
            let body: Value = answer.json().await.unwrap_or_default();
            let call = body["call_id"].as_str().and_then(|id| id.parse().ok());
            match (call, body["call_token"].as_str()) {
                (Some(call), Some(call_token)) => return (call, call_token.to_owned()),
                _ => assert!(status.is_server_error() || status == 429, "intake: {status} {body}"),
            }
        }
        tokio::time::sleep(AGAIN).await;
    }
}

fn form(picture: &[u8], key: &str) -> Form {
    let case = json!({
        "external_id": format!("EK-{key}"),
        "dealer": {"account": "dl.hcm.0123", "name": "ĐL Quận 3"},
        "subscriber": {"msisdn": "0901234567", "payment": "prepaid", "sub_type": "MC", "customer_type": "individual"},
        "customer": {"full_name": CUSTOMER, "date_of_birth": "1990-05-17", "id_kind": "cccd",
                     "id_number": ID_NUMBER, "id_issued_on": "2021-08-02", "address": "Quận 3"},
        "consent": {"given_at": "2026-11-23T09:15:00+07:00", "text_version": "2026-04"}
    });
    let part =
        |bytes: Vec<u8>, kind: &str| Part::bytes(bytes).file_name("file").mime_str(kind).expect("mime");
    let form = Form::new().part("case", part(case.to_string().into_bytes(), "application/json"));
    ["id_front", "portrait"]
        .into_iter()
        .fold(form, |form, kind| form.part(kind, part(picture.to_vec(), "image/jpeg")))
}

enum Visit {
    /// The call is over for its page.
    Over,
    /// The page must come again.
    Broken,
}

/// The page's side of one assignment.
#[derive(Default)]
struct Talk {
    assignment: u32,
    offer: Option<u32>,
    connected: bool,
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn visit(base: &str, call_token: &str, device: &str, page: u32) -> Visit {
    let url = format!("{}/v1/caller/socket", base.replace("http://", "ws://"));
    let Ok(Ok((mut socket, _))) = tokio::time::timeout(SILENCE, connect_async(url)).await else {
        return Visit::Broken;
    };
    let hello = CallerToServer::Hello {
        version: chinhchu_protocol::VERSION,
        call_token: call_token.to_owned(),
        device_secret: device.to_owned(),
        page_id: page.to_string(),
    };
    if !send(&mut socket, &hello).await {
        return Visit::Broken;
    }
    let mut talk = Talk::default();
    let mut tick = tokio::time::interval(HEARTBEAT);
    let mut heard = Instant::now();
    loop {
        let good = tokio::select! {
            message = socket.next() => {
                heard = Instant::now();
                match message {
                    Some(Ok(Message::Text(text))) => match serde_json::from_str(&text) {
                        Ok(frame) => match talk.take(&mut socket, frame).await {
                            Some(visit) => return visit,
                            None => true,
                        },
                        // A frame of a newer server.
                        Err(_) => true,
                    },
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => true,
                    Some(Ok(Message::Binary(_) | Message::Frame(_) | Message::Close(_)) | Err(_)) | None => false,
                }
            }
            _ = tick.tick() => heard.elapsed() < SILENCE && talk.beat(&mut socket).await,
        };
        if !good {
            return Visit::Broken;
        }
    }
}

impl Talk {
    /// What is said every half second.
    async fn beat(&self, socket: &mut Socket) -> bool {
        let mut good = send(socket, &CallerToServer::Ping { sent_at: Timestamp::from_ms(0) }).await;
        if self.assignment > 0 {
            let media_age_ms = self.connected.then_some(20);
            good &=
                send(socket, &CallerToServer::Heartbeat { assignment: self.assignment, media_age_ms }).await;
        }
        good
    }

    async fn take(&mut self, socket: &mut Socket, frame: ServerToCaller) -> Option<Visit> {
        let good = match frame {
            ServerToCaller::View { view, .. } => {
                if matches!(view.state, CallState::AwaitingEvidence | CallState::Ended) {
                    return Some(Visit::Over);
                }
                let assignment = view.assignment.map_or(0, |assignment| assignment.n);
                if self.assignment != assignment {
                    *self = Self { assignment, ..Self::default() };
                }
                view.state != CallState::Preparing
                    || send(socket, &CallerToServer::Ready { consent: None }).await
            }
            ServerToCaller::SignalAck { assignment, n } if assignment == self.assignment => {
                let number = *self.offer.get_or_insert(n + 1);
                let signal = Signal::Offer { connection: number, sdp: format!("v=0 {number}") };
                number <= n || send(socket, &CallerToServer::Signal { assignment, n: number, signal }).await
            }
            ServerToCaller::Signal { assignment, n, signal } => {
                self.connected |= matches!(signal, Signal::Answer { .. });
                send(socket, &CallerToServer::SignalAck { assignment, n }).await
            }
            ServerToCaller::Replaced => false,
            // Pongs, heartbeats, refusals of what will be said again, and what a newer server adds.
            _ => true,
        };
        (!good).then_some(Visit::Broken)
    }
}

async fn send(socket: &mut Socket, frame: &CallerToServer) -> bool {
    let text = serde_json::to_string(frame).expect("json");
    matches!(tokio::time::timeout(SILENCE, socket.send(Message::Text(text.into()))).await, Ok(Ok(())))
}

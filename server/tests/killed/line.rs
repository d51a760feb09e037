//! A WebSocket as a client has it: it may fail at any moment, and the client comes again.

use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::seed::Rng;

const OPEN_LIMIT: Duration = Duration::from_secs(3);
const SEND_LIMIT: Duration = Duration::from_secs(3);

/// What came.
pub enum Got<T> {
    Frame(T),
    /// A frame of a newer server: nothing to do, and no reason to part.
    Unknown,
    Gone,
}

/// Why it did not open.
pub enum NotOpen {
    /// The server does not know the session.
    Unauthorized,
    /// Nobody there, or not now.
    Later,
}

/// An open socket.
pub struct Line {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub heard: Instant,
}

impl Line {
    pub async fn open(base: &str, path: &str, token: Option<&str>) -> Result<Self, NotOpen> {
        let url = format!("{}{path}", base.replace("http://", "ws://"));
        let mut request = url.into_client_request().expect("request");
        if let Some(token) = token {
            request.headers_mut().insert("authorization", format!("Bearer {token}").parse().expect("header"));
        }
        match tokio::time::timeout(OPEN_LIMIT, connect_async(request)).await {
            Ok(Ok((socket, _))) => Ok(Self { socket, heard: Instant::now() }),
            Ok(Err(Error::Http(response))) if response.status() == 401 => Err(NotOpen::Unauthorized),
            Ok(Err(_)) | Err(_) => Err(NotOpen::Later),
        }
    }

    /// False if the socket is gone.
    pub async fn send(&mut self, frame: &impl Serialize) -> bool {
        let text = serde_json::to_string(frame).expect("json");
        let sent = tokio::time::timeout(SEND_LIMIT, self.socket.send(Message::Text(text.into()))).await;
        matches!(sent, Ok(Ok(())))
    }

    /// The next frame. May be dropped and called again.
    pub async fn next<T: DeserializeOwned>(&mut self) -> Got<T> {
        loop {
            let message = self.socket.next().await;
            self.heard = Instant::now();
            match message {
                Some(Ok(Message::Text(text))) => {
                    return serde_json::from_str(&text).map_or(Got::Unknown, Got::Frame);
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Binary(_) | Message::Frame(_) | Message::Close(_)) | Err(_)) | None => {
                    return Got::Gone;
                }
            }
        }
    }
}

/// Pauses between attempts: growing, with jitter.
#[derive(Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    pub async fn pause(&mut self, rng: &mut Rng) {
        let longest = (100_u64 << self.failures.min(4)).min(1_000);
        self.failures += 1;
        tokio::time::sleep(rng.ms(longest / 2, longest)).await;
    }

    pub fn reset(&mut self) {
        self.failures = 0;
    }
}

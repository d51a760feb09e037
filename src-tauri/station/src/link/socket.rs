//! The WebSocket of one session: opened, kept open, opened again with growing pauses; pings measure the
//! round trip and the clocks' offset. Frames go in and out unjudged; the session machine knows what they
//! mean and says again what a broken socket swallowed.

use std::sync::Arc;
use std::time::Duration;

use chinhchu_protocol::agent::{AgentToServer, ServerToAgent};
use futures_util::{SinkExt, StreamExt};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderValue, StatusCode, header};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream, connect_async_tls_with_config};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::outbox::backoff::pause_ms;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const PING_EVERY: Duration = Duration::from_secs(5);
/// Neither pong nor anything else for this long: the line is dead, whatever TCP thinks.
const SILENCE: Duration = Duration::from_secs(12);
const FIRST_PAUSE_MS: u64 = 250;
const LONGEST_PAUSE_MS: u64 = 5_000;
/// Of the last so many pings the fastest tells the offset best.
const BEST_OF: usize = 8;

/// What the link reports.
#[derive(Debug)]
pub enum LinkEvent {
    /// The socket is open.
    Open,
    /// The socket is gone; the link goes on by itself.
    Closed,
    /// A frame of the server.
    Frame(Box<ServerToAgent>),
    /// Measured by pings.
    Measured {
        /// Round trip, ms.
        round_trip_ms: u32,
        /// Server clock minus ours, ms.
        clock_offset_ms: i32,
    },
    /// The server does not know the session any more; the link has ended.
    Unauthorized,
}

/// What one link needs.
pub struct LinkConfig {
    /// `ws://` or `wss://`, with path.
    pub url: String,
    /// Session token.
    pub token: String,
    /// Whom to trust.
    pub tls: Arc<rustls::ClientConfig>,
    /// Time for pings.
    pub clock: Arc<dyn Clock>,
}

type Socket = WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>;

enum End {
    /// Try again.
    Broken,
    /// Do not.
    Over,
}

/// Runs until cancelled, or the server no longer knows the session. `outgoing` frames are sent while the
/// socket is open and dropped while it is not.
pub async fn run(
    config: LinkConfig,
    mut outgoing: mpsc::Receiver<AgentToServer>,
    events: mpsc::Sender<LinkEvent>,
    stop: CancellationToken,
) {
    let mut failures = 0_u32;
    loop {
        let attempt = tokio::time::timeout(CONNECT_TIMEOUT, connect(&config));
        let connected = tokio::select! {
            () = stop.cancelled() => return,
            connected = attempt => connected,
        };
        match connected {
            Ok(Ok(socket)) => {
                while outgoing.try_recv().is_ok() {} // Said to nobody; the session says it again.
                if events.send(LinkEvent::Open).await.is_err() {
                    return;
                }
                let opened = Instant::now();
                let end = converse(&config, socket, &mut outgoing, &events, &stop).await;
                if opened.elapsed() > SILENCE {
                    failures = 0;
                }
                match end {
                    End::Broken if events.send(LinkEvent::Closed).await.is_err() => return,
                    End::Broken => {}
                    End::Over => return,
                }
            }
            Ok(Err(error)) if is_unauthorized(&error) => {
                let _ = events.send(LinkEvent::Unauthorized).await; // A stopped driver needs no word.
                return;
            }
            Ok(Err(_)) | Err(_) => {}
        }
        let pause = pause_ms(failures, rand::random(), FIRST_PAUSE_MS, LONGEST_PAUSE_MS);
        failures = failures.saturating_add(1);
        tracing::debug!(pause_ms = pause, failures, "no line to the server");
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(Duration::from_millis(pause)) => {}
        }
    }
}

async fn connect(config: &LinkConfig) -> Result<Socket, WsError> {
    let mut request = config.url.as_str().into_client_request()?;
    let bearer = HeaderValue::try_from(format!("Bearer {}", config.token))
        .map_err(|error| WsError::HttpFormat(error.into()))?;
    request.headers_mut().insert(header::AUTHORIZATION, bearer);
    let limits = WebSocketConfig::default()
        .max_message_size(Some(chinhchu_protocol::MAX_FRAME_BYTES * 4))
        .max_frame_size(Some(chinhchu_protocol::MAX_FRAME_BYTES * 4))
        .write_buffer_size(0)
        .max_write_buffer_size(1024 * 1024);
    let connector = Connector::Rustls(config.tls.clone());
    let (socket, _) = connect_async_tls_with_config(request, Some(limits), true, Some(connector)).await?;
    Ok(socket)
}

fn is_unauthorized(error: &WsError) -> bool {
    matches!(error, WsError::Http(response) if response.status() == StatusCode::UNAUTHORIZED)
}

async fn converse(
    config: &LinkConfig,
    mut socket: Socket,
    outgoing: &mut mpsc::Receiver<AgentToServer>,
    events: &mpsc::Sender<LinkEvent>,
    stop: &CancellationToken,
) -> End {
    // The first ping comes after the hello that the session sends now.
    let mut pings = tokio::time::interval_at(Instant::now() + Duration::from_millis(200), PING_EVERY);
    let mut heard = Instant::now();
    let mut offset = ClockOffset::default();
    loop {
        tokio::select! {
            () = stop.cancelled() => {
                let _ = tokio::time::timeout(Duration::from_millis(500), socket.close(None)).await;
                return End::Over;
            }
            message = outgoing.recv() => {
                let Some(message) = message else { return End::Over };
                if !send(&mut socket, &message).await {
                    return End::Broken;
                }
            }
            _ = pings.tick() => {
                let ping = AgentToServer::Ping { sent_at: config.clock.now().wall };
                if heard.elapsed() > SILENCE || !send(&mut socket, &ping).await {
                    return End::Broken;
                }
            }
            frame = socket.next() => {
                heard = Instant::now();
                let text = match frame {
                    Some(Ok(Message::Text(text))) => text,
                    Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Binary(_) | Message::Frame(_))) => continue,
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return End::Broken,
                };
                if let Some(event) = judge(config, &text, &mut offset)
                    && events.send(event).await.is_err()
                {
                    return End::Over;
                }
            }
        }
    }
}

fn judge(config: &LinkConfig, text: &str, offset: &mut ClockOffset) -> Option<LinkEvent> {
    // A message of a newer server that this version does not know is no reason to part.
    let frame: ServerToAgent = serde_json::from_str(text)
        .inspect_err(
            |error| tracing::warn!(category = ?error.classify(), "a frame of the server is not understood"),
        )
        .ok()?;
    if let ServerToAgent::Pong { sent_at, now } = frame {
        let (round_trip_ms, clock_offset_ms) =
            offset.measured(sent_at.ms(), now.ms(), config.clock.now().wall.ms());
        return Some(LinkEvent::Measured { round_trip_ms, clock_offset_ms });
    }
    Some(LinkEvent::Frame(Box::new(frame)))
}

async fn send(socket: &mut Socket, message: &AgentToServer) -> bool {
    let Ok(json) = serde_json::to_string(message) else { return true };
    if json.len() > chinhchu_protocol::MAX_FRAME_BYTES {
        tracing::warn!(bytes = json.len(), "a frame is too large and is not sent");
        return true;
    }
    let sent = tokio::time::timeout(SILENCE, socket.send(Message::text(json))).await;
    matches!(sent, Ok(Ok(())))
}

/// The clocks' offset from the fastest of the last pings: its asymmetry is the smallest.
#[derive(Default)]
pub struct ClockOffset {
    samples: std::collections::VecDeque<(i64, i64)>,
}

impl ClockOffset {
    /// Times in ms: ours when sent, the server's, ours when received. Gives the newest round trip and the
    /// best offset.
    pub fn measured(&mut self, sent: i64, server: i64, received: i64) -> (u32, i32) {
        let round_trip = received.saturating_sub(sent).max(0);
        let offset = server.saturating_sub(sent.saturating_add(round_trip / 2));
        if self.samples.len() == BEST_OF {
            self.samples.pop_front();
        }
        self.samples.push_back((round_trip, offset));
        let best = self.samples.iter().min().map_or(offset, |(_, offset)| *offset);
        let clamped = best.clamp(i64::from(i32::MIN), i64::from(i32::MAX));
        (u32::try_from(round_trip).unwrap_or(u32::MAX), i32::try_from(clamped).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::ClockOffset;

    #[test]
    fn the_fastest_ping_tells_the_clock_offset() {
        let mut offset = ClockOffset::default();
        assert_eq!(offset.measured(1_000, 6_050, 1_100), (100, 5_000));
        // A slow, lopsided ping: its own offset would be 5,400.
        assert_eq!(offset.measured(2_000, 7_900, 3_000), (1_000, 5_000));
        assert_eq!(offset.measured(4_000, 9_012, 4_020), (20, 5_002));
    }
}

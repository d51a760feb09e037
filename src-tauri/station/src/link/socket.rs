//! The WebSocket of one session: opened, kept open, opened again when it is dead; pings measure the round trip
//! and the clocks' offset. Frames go in and out unjudged; the session machine knows what they mean and says
//! again what a broken socket swallowed.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use chinhchu_protocol::agent::{AgentToServer, ServerToAgent};
use futures_util::{SinkExt, StreamExt};
use tokio::sync::{mpsc, watch};
use tokio_tungstenite::MaybeTlsStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_util::sync::CancellationToken;

use super::alive::{Hearing, LOOK_EVERY_MS, Patience, Sleep, has_moved};
use super::dial::{Dialed, Socket, dial};
use super::offset::{ClockOffset, Measured};
use crate::clock::Clock;

/// A socket that held for so long was a good one: the next attempts begin anew.
const HELD_MS: u64 = 5_000;

/// What the link reports.
#[derive(Debug)]
pub enum LinkEvent {
    /// The socket is open.
    Open,
    /// The socket is gone; the link goes on by itself.
    Closed,
    /// A frame of the server.
    Frame {
        /// The frame.
        frame: Box<ServerToAgent>,
        /// Own clock when it was read.
        heard_mono_ms: u64,
    },
    /// Measured by pings.
    Measured {
        /// Round trip, ms.
        round_trip_ms: u32,
        /// Server clock minus ours, ms.
        clock_offset_ms: i64,
        /// The offset is known to half of it, ms.
        offset_rtt_ms: u32,
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
    /// Time for pings, silence and sleep.
    pub clock: Arc<dyn Clock>,
    /// A call is on or rings: a dead socket must be found and replaced at once.
    pub urgent: watch::Receiver<bool>,
}

enum End {
    /// Try again.
    Broken(&'static str),
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
    let (mut failures, mut held_ms) = (0_u32, 0);
    loop {
        let socket = match dial(&config, &mut failures, held_ms, &stop).await {
            Dialed::Open(socket) => *socket,
            Dialed::Unauthorized => {
                let _ = events.send(LinkEvent::Unauthorized).await; // A stopped driver needs no word.
                return;
            }
            Dialed::Stopped => return,
        };
        while outgoing.try_recv().is_ok() {} // Said to nobody; the session says it again.
        if events.send(LinkEvent::Open).await.is_err() {
            return;
        }
        let opened = config.clock.now().mono_ms;
        match converse(&config, socket, &mut outgoing, &events, &stop).await {
            End::Broken(why) => {
                tracing::debug!(why, "the socket is gone");
                if events.send(LinkEvent::Closed).await.is_err() {
                    return;
                }
            }
            End::Over => return,
        }
        held_ms = config.clock.now().mono_ms.saturating_sub(opened);
        if held_ms >= HELD_MS {
            failures = 0;
        }
    }
}

async fn converse(
    config: &LinkConfig,
    mut socket: Socket,
    outgoing: &mut mpsc::Receiver<AgentToServer>,
    events: &mpsc::Sender<LinkEvent>,
    stop: &CancellationToken,
) -> End {
    let begun = config.clock.now().mono_ms;
    // The first look, and with it the first ping, comes after the hello that the session sends now.
    let period = Duration::from_millis(LOOK_EVERY_MS);
    let mut look = tokio::time::interval_at(tokio::time::Instant::now() + period, period);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let (mut hearing, mut sleep) = (Hearing::new(begun), Sleep::new(begun));
    let mut offset = ClockOffset::default();
    // Where the system sends this kind of socket another way from the beginning, that tells nothing.
    let ends = ends(&socket).filter(|(local, peer)| !has_moved(*local, *peer));
    let mut first = true;
    loop {
        tokio::select! {
            () = stop.cancelled() => {
                let _ = tokio::time::timeout(Duration::from_millis(500), socket.close(None)).await;
                return End::Over;
            }
            message = outgoing.recv() => {
                let Some(message) = message else { return End::Over };
                if !send(config, &mut socket, &message).await {
                    return End::Broken("send");
                }
            }
            _ = look.tick() => {
                let now = config.clock.now();
                if sleep.slept(now.mono_ms) {
                    return End::Broken("sleep");
                }
                if hearing.is_dead(now.mono_ms, *config.urgent.borrow()) {
                    return End::Broken("silence");
                }
                if ends.is_some_and(|(local, peer)| has_moved(local, peer)) {
                    return End::Broken("moved");
                }
                if hearing.ping_is_due(now.mono_ms) || std::mem::take(&mut first) {
                    offset.sent(now);
                    if !send(config, &mut socket, &AgentToServer::Ping { sent_at: now.wall }).await {
                        return End::Broken("send");
                    }
                }
            }
            frame = socket.next() => {
                let now = config.clock.now();
                if sleep.slept(now.mono_ms) {
                    return End::Broken("sleep"); // What the buffers kept over it may be long over.
                }
                hearing.heard(now.mono_ms);
                let text = match frame {
                    Some(Ok(Message::Text(text))) => text,
                    Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Binary(_) | Message::Frame(_))) => continue,
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return End::Broken("closed"),
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

/// Both addresses of the socket, own first.
fn ends(socket: &Socket) -> Option<(SocketAddr, SocketAddr)> {
    let stream = match socket.get_ref() {
        MaybeTlsStream::Plain(stream) => stream,
        MaybeTlsStream::Rustls(stream) => stream.get_ref().0,
        _ => return None, // The enum is another crate's and open; no other kind is built in.
    };
    Some((stream.local_addr().ok()?, stream.peer_addr().ok()?))
}

fn judge(config: &LinkConfig, text: &str, offset: &mut ClockOffset) -> Option<LinkEvent> {
    // A message of a newer server that this version does not know is no reason to part.
    let frame: ServerToAgent = serde_json::from_str(text)
        .inspect_err(
            |error| tracing::warn!(category = ?error.classify(), "a frame of the server is not understood"),
        )
        .ok()?;
    let now = config.clock.now();
    if let ServerToAgent::Pong { sent_at, now: server } = frame {
        let Measured { round_trip_ms, clock_offset_ms, offset_rtt_ms } =
            offset.answered(sent_at, server, now)?;
        return Some(LinkEvent::Measured { round_trip_ms, clock_offset_ms, offset_rtt_ms });
    }
    Some(LinkEvent::Frame { frame: Box::new(frame), heard_mono_ms: now.mono_ms })
}

async fn send(config: &LinkConfig, socket: &mut Socket, message: &AgentToServer) -> bool {
    let Ok(json) = serde_json::to_string(message) else { return true };
    if json.len() > chinhchu_protocol::MAX_FRAME_BYTES {
        tracing::warn!(bytes = json.len(), "a frame is too large and is not sent");
        return true;
    }
    let patience = Duration::from_millis(Patience::new(*config.urgent.borrow()).silence_ms);
    let sent = tokio::time::timeout(patience, socket.send(Message::text(json))).await;
    matches!(sent, Ok(Ok(())))
}

//! One WebSocket as typed frames, with its limits: size, rate, silence and slow readers.

use std::time::Duration;

use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use chinhchu_protocol::MAX_FRAME_BYTES;
use chinhchu_protocol::time::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use crate::clock::Clock;

/// Hello must come within this time after the upgrade.
pub const HELLO_TIME: Duration = Duration::from_secs(10);
/// How often a ping goes out, and after which silence a socket is gone. Any frame or pong is a sign of life.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pace {
    /// Nobody waits for it.
    Idle,
    /// A person stands before a frozen picture.
    InCall,
}

impl Pace {
    const fn ping_every(self) -> Duration {
        match self {
            Self::Idle => Duration::from_secs(5),
            Self::InCall => Duration::from_secs(1),
        }
    }

    const fn silent_after(self) -> Duration {
        match self {
            Self::Idle => Duration::from_secs(15),
            Self::InCall => Duration::from_secs(3),
        }
    }
}

/// A reader slower than this is gone.
const SEND_TIME: Duration = Duration::from_secs(10);
/// Frames a second in the long run, and at once.
const FRAMES_A_SECOND: f64 = 50.0;
const BURST: f64 = 200.0;

/// What comes in.
pub enum Incoming<T> {
    /// A frame.
    Frame(T),
    /// A frame that is not one of ours.
    Unreadable,
    /// More frames than anybody needs.
    TooMany,
    /// Closed, broken or silent.
    Gone,
}

/// A socket.
pub struct Wire {
    socket: WebSocket,
    clock: Clock,
    heard: Instant,
    /// When the other end was last heard, by the server's clock.
    pub last_heard: Timestamp,
    pace: Pace,
    ping: tokio::time::Interval,
    /// When the socket was last looked after.
    looked: Instant,
    budget: f64,
    budget_at: Instant,
}

/// Small buffers: thousands of idle sockets at 8 KiB instead of 136 KiB each.
pub fn sized(upgrade: WebSocketUpgrade) -> WebSocketUpgrade {
    upgrade
        .read_buffer_size(4096)
        .write_buffer_size(0)
        .max_write_buffer_size(4 * MAX_FRAME_BYTES)
        .max_frame_size(MAX_FRAME_BYTES)
        .max_message_size(MAX_FRAME_BYTES)
}

impl Wire {
    /// Takes over an upgraded socket.
    pub fn new(socket: WebSocket, clock: Clock) -> Self {
        let (now, last_heard) = (Instant::now(), clock.now());
        let (pace, ping) = (Pace::Idle, pings(Pace::Idle));
        Self { socket, clock, heard: now, last_heard, pace, ping, looked: now, budget: BURST, budget_at: now }
    }

    /// Other patience from now on; nothing that was before counts against the socket.
    pub fn set_pace(&mut self, pace: Pace) {
        if pace != self.pace {
            (self.pace, self.ping) = (pace, pings(pace));
            (self.heard, self.looked) = (Instant::now(), Instant::now());
        }
    }

    /// The next thing that comes in. May be dropped and called again.
    pub async fn next<T: DeserializeOwned>(&mut self) -> Incoming<T> {
        loop {
            tokio::select! {
                // What has arrived goes before the judgement that nothing has.
                biased;
                message = self.socket.recv() => {
                    let Some(Ok(message)) = message else { return Incoming::Gone };
                    self.heard = Instant::now();
                    self.last_heard = self.clock.now();
                    match message {
                        Message::Close(_) => return Incoming::Gone,
                        _ if !self.spend() => return Incoming::TooMany,
                        Message::Text(text) => {
                            return serde_json::from_str(&text).map_or(Incoming::Unreadable, Incoming::Frame);
                        }
                        Message::Binary(_) => return Incoming::Unreadable,
                        Message::Ping(_) | Message::Pong(_) => {}
                    }
                }
                _ = self.ping.tick() => {
                    if self.is_silent() || !self.put(Message::Ping(bytes::Bytes::new())).await {
                        return Incoming::Gone;
                    }
                }
            }
        }
    }

    /// A pause of this process (or of the machine) is no silence of the other end: it gets its time again.
    fn is_silent(&mut self) -> bool {
        let now = Instant::now();
        let paused =
            now.duration_since(std::mem::replace(&mut self.looked, now)) > 2 * self.pace.ping_every();
        if paused {
            self.heard = now;
        }
        now.duration_since(self.heard) > self.pace.silent_after()
    }

    /// Sends a frame; false if the other end is gone or too slow.
    pub async fn send(&mut self, frame: &impl Serialize) -> bool {
        match serde_json::to_string(frame) {
            Ok(text) => self.put(Message::Text(text.into())).await,
            Err(error) => {
                tracing::error!(%error, "a frame could not be written");
                false
            }
        }
    }

    /// Says goodbye; what was sent before still arrives.
    pub async fn close(mut self) {
        let _ = tokio::time::timeout(SEND_TIME, self.socket.send(Message::Close(None))).await;
    }

    async fn put(&mut self, message: Message) -> bool {
        matches!(tokio::time::timeout(SEND_TIME, self.socket.send(message)).await, Ok(Ok(())))
    }

    fn spend(&mut self) -> bool {
        let now = Instant::now();
        let refill = now.duration_since(self.budget_at).as_secs_f64() * FRAMES_A_SECOND;
        self.budget = (self.budget + refill).min(BURST) - 1.0;
        self.budget_at = now;
        self.budget >= 0.0
    }
}

fn pings(pace: Pace) -> tokio::time::Interval {
    let mut ping = tokio::time::interval(pace.ping_every());
    ping.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    ping
}

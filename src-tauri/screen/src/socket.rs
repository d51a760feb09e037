//! The body for every other system, and the fallback: frames over a loopback WebSocket into the page, which
//! draws them itself ([`VideoSurface::place`] has nothing to do).
//!
//! Wire, version 1. The page connects to `url?stream=remote` or `?stream=own` and sends the token as its first
//! text frame. Each frame is one binary message: 16 bytes little-endian `u32 magic 0x43434631, u32 width,
//! u32 height, u32 seq`, then Y, U and V without padding (chroma `⌈w/2⌉ × ⌈h/2⌉`). The page acknowledges each
//! drawn frame with the text `{"ack":seq}`; at most two are unacknowledged, and the newest wins. A cleared
//! surface sends one small black frame. Of two viewers of a stream the newer one stays.
//!
//! The port is random and on 127.0.0.1; the `Origin` must be one of ours, so that no web page of a browser
//! on this machine gets a picture, and the token keeps other programs out.

mod stream;
mod viewer;

use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use rand::RngCore as _;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::surface::VideoSurface;
use stream::Stream;

/// First four bytes of a frame message.
pub const MAGIC: u32 = 0x4343_4631;

/// Connections at once: two viewers, and some that are just being replaced.
const MOST_CONNECTIONS: usize = 8;

/// The two streams of the page. Dropping it closes the port and the connections.
pub struct SocketSurfaces {
    port: u16,
    door: Arc<Door>,
    accepting: JoinHandle<()>,
}

/// What a connection needs to know.
struct Door {
    origins: Vec<String>,
    token: Mutex<String>,
    remote: Arc<Stream>,
    own: Arc<Stream>,
}

/// Why there is no socket.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// No loopback port.
    #[error("no loopback port")]
    Bind(#[source] std::io::Error),
}

impl SocketSurfaces {
    /// Listens on a random port of 127.0.0.1; only pages of these origins are let in
    /// (`tauri://localhost`, `http://tauri.localhost`). Must run inside tokio.
    pub async fn start(origins: Vec<String>) -> Result<Self, SocketError> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(SocketError::Bind)?;
        let port = listener.local_addr().map_err(SocketError::Bind)?.port();
        let door = Arc::new(Door {
            origins,
            token: Mutex::new(new_token()),
            remote: Arc::new(Stream::default()),
            own: Arc::new(Stream::default()),
        });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&door)));
        Ok(Self { port, door, accepting })
    }

    /// `ws://127.0.0.1:port/`; the page appends `?stream=remote` or `?stream=own`.
    pub fn url(&self) -> String {
        format!("ws://127.0.0.1:{}/", self.port)
    }

    /// The secret that the page sends as its first text frame. Good until [`SocketSurfaces::renew_token`].
    pub fn token(&self) -> String {
        self.door.token()
    }

    /// Makes the old secret worthless for new connections; those that stand stay.
    pub fn renew_token(&self) -> String {
        let token = new_token();
        token.clone_into(&mut self.door.token.lock().unwrap_or_else(PoisonError::into_inner));
        token
    }

    /// The customer's picture.
    pub fn remote(&self) -> Arc<dyn VideoSurface> {
        Arc::clone(&self.door.remote) as _
    }

    /// The agent's own picture.
    pub fn own(&self) -> Arc<dyn VideoSurface> {
        Arc::clone(&self.door.own) as _
    }
}

impl Drop for SocketSurfaces {
    fn drop(&mut self) {
        self.accepting.abort();
        self.door.remote.close();
        self.door.own.close();
    }
}

impl Door {
    fn token(&self) -> String {
        self.token.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn stream(&self, query: Option<&str>) -> Option<&Arc<Stream>> {
        match query? {
            "stream=remote" => Some(&self.remote),
            "stream=own" => Some(&self.own),
            _ => None,
        }
    }
}

fn new_token() -> String {
    let mut secret = [0_u8; 32];
    rand::rng().fill_bytes(&mut secret);
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(secret)
}

async fn accept(listener: TcpListener, door: Arc<Door>) {
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((tcp, _)) => {
                let door = Arc::clone(&door);
                tokio::spawn(async move {
                    viewer::serve(tcp, &door).await;
                    drop(place);
                });
            }
            Err(error) => {
                // Out of file handles, most likely: give others time to close theirs.
                tracing::warn!(%error, "the video socket could not take a connection");
                tokio::time::sleep(std::time::Duration::from_millis(200)).await;
            }
        }
    }
}

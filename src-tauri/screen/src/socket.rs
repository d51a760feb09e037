//! The body for every other system, and the fallback: frames over a loopback WebSocket into the page.
use std::sync::Arc;

use crate::surface::VideoSurface;

/// The two streams of the page. Dropping it closes the port.
pub struct SocketSurfaces {}

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
        let _ = origins;
        Err(SocketError::Bind(std::io::ErrorKind::Unsupported.into()))
    }

    /// `ws://127.0.0.1:port/`; the page appends `?stream=remote` or `?stream=own`.
    pub fn url(&self) -> String {
        String::new()
    }

    /// The secret that the page sends as its first text frame.
    pub fn token(&self) -> String {
        String::new()
    }

    /// The customer's picture.
    pub fn remote(&self) -> Arc<dyn VideoSurface> {
        unreachable!()
    }

    /// The agent's own picture.
    pub fn own(&self) -> Arc<dyn VideoSurface> {
        unreachable!()
    }
}

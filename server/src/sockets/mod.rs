//! The two WebSockets: the call page's and the workstation's.
//!
//! Sockets carry state, not commands: after hello and after every change the whole view goes out, numbered
//! by the log. A client that reconnects gets the view and every signal it has not acknowledged.
//!
//! [`conversation`] what both ends do · [`caller`] and [`agent`] what only one does · [`wire`] frames, limits, time · [`mailbox`] SDP and ICE ·
//! [`pages`] which device has a call, [`fingerprint`] whose DTLS it is · [`hub`] what the sockets share.

pub mod agent;
pub mod caller;
mod conversation;
mod fingerprint;
pub mod hub;
pub mod mailbox;
pub mod origin;
pub mod pages;
mod wire;

use axum::Router;
use axum::routing::get;

pub use hub::Hub;

use crate::http::App;

/// Both sockets.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/v1/caller/socket", get(caller::upgrade))
        .route("/v1/agent/socket", get(agent::upgrade))
}

//! The sandbox (`serve --sandbox`, loopback only): plays mSale Core and eKYC's server side against the public
//! API, over HTTP, with credentials of its own. Nothing here reaches into the server's state.
//!
//! What the sandbox's page calls (all JSON; errors are problem+json):
//!
//! | request | answer |
//! |---|---|
//! | `GET /sandbox/api/companies` | `{"companies":[{"code":"1","name":"…","served_by":"1"}]}` (S9: whose dealer plays) |
//! | `POST /sandbox/api/msale/token` `{"company":"4"}` | `{"token","token_id","company","expires_at"}` — mSale asks `POST /v1/companies/{code}/tokens` (S8) and keeps it 15 minutes |
//! | `GET /sandbox/api/msale/results` | `{"results":[Result]}` newest first, at most 200 |
//! | `GET /sandbox/api/msale/results/{call_id}` | `Result`; 404 `not_found` until something arrived |
//! | `GET /sandbox/api/msale/results/{call_id}/images/{kind}` | the picture as mSale holds it |
//! | `POST /sandbox/api/msale/webhook` | where the server sends its webhooks; 204 |
//!
//! `Result` = `{"call_id","received_at","events":["call.accepted",…],"event":{"type","timestamp","data":CallBody,
//! "manifest_sha256","log_head"},"activation":"activated"|"refused"|null,
//! "images":[{"kind","sha256","content_type","bytes","verified":true}],"duplicates":0}`.
//! `event` is the newest webhook as received (the result, once it came); `images` the pictures that arrived with
//! the result, each checked against its hash; `activation` mSale's own decision: a mandatory profile only
//! after a confirmed call (P3). `duplicates` counts results that came again: mSale takes each `call_id` once
//! (S16).
//!
//! The page itself calls `POST /v1/calls` with the token, as the eKYC app would.

mod http;
mod msale;
mod setup;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;

use crate::http::{App, pages};

pub use msale::{Msale, MsaleAccess, MsaleError};
pub use setup::prepare;

/// Largest webhook that the sandbox takes.
const MAX_WEBHOOK_BYTES: usize = 256 * 1024;

/// Routes of the sandbox, on a server that was started with `--sandbox`.
pub fn routes(msale: Arc<Msale>) -> Router<App> {
    http::routes(msale).layer(DefaultBodyLimit::max(MAX_WEBHOOK_BYTES)).merge(pages::sandbox_routes())
}

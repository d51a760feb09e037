//! Which pages may open a socket: a browser always says where its page came from.

use axum::http::{HeaderMap, header};

use crate::http::App;

/// No `Origin` (no browser), or our own.
pub fn allowed(app: &App, headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let Ok(origin) = origin.to_str() else { return false };
    let own = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let same_host = own.is_some_and(|host| {
        origin.split_once("://").is_some_and(|(_, from)| from.eq_ignore_ascii_case(host))
    });
    same_host || origin.eq_ignore_ascii_case(&app.public_url)
}

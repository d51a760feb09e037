//! The session's cookie: not readable by scripts, never sent from another site's page.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::http::App;

/// Over TLS the browser itself guarantees that this host alone has set it, for all of it.
const SECURE_NAME: &str = "__Host-chinhchu-console";
/// Without TLS (loopback, development).
const PLAIN_NAME: &str = "chinhchu-console";

/// Whether browsers reach this server over TLS.
pub fn is_secure(app: &App) -> bool {
    app.config.tls.is_some() || app.public_url.starts_with("https://")
}

/// The token of a request, if it has one.
pub fn token<'a>(app: &App, headers: &'a HeaderMap) -> Option<&'a str> {
    named(headers, name(app))
}

/// The value of a cookie.
pub fn named<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value)
}

/// Hands a token out; it lives as long as the browser and is judged by the server alone.
pub fn set(app: &App, token: &str) -> Option<HeaderValue> {
    let secure = if is_secure(app) { "; Secure" } else { "" };
    HeaderValue::from_str(&format!("{}={token}; Path=/; HttpOnly; SameSite=Strict{secure}", name(app))).ok()
}

/// Takes it back.
pub fn clear(app: &App) -> Option<HeaderValue> {
    let secure = if is_secure(app) { "; Secure" } else { "" };
    HeaderValue::from_str(&format!("{}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0{secure}", name(app)))
        .ok()
}

/// Its name here.
pub fn name(app: &App) -> &'static str {
    if is_secure(app) { SECURE_NAME } else { PLAIN_NAME }
}

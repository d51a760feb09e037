//! Where a request comes from. `X-Forwarded-For` can be forged by anybody: it is believed only as far as
//! proxies that the configuration names have written it.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};

use super::{ApiError, App};

/// The client's address. Personal data: for limits only, never for logs (I9).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

impl FromRequestParts<App> for ClientAddress {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let peer = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map(|info| info.0.ip())
            .ok_or_else(|| ApiError::internal("no peer address"))?;
        Ok(Self(behind_proxies(peer, &parts.headers, &app.config.trusted_proxies)))
    }
}

/// Most proxies in a row.
const MOST_PROXIES: usize = 32;

/// The nearest address that is not a named proxy. Read from the end: each proxy adds its own word there, and what
/// stands before may be anything.
pub fn behind_proxies(peer: IpAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> IpAddr {
    let lines: Vec<&[u8]> = headers.get_all("x-forwarded-for").iter().map(HeaderValue::as_bytes).collect();
    let words = lines.into_iter().rev().flat_map(|line| line.rsplit(|byte| *byte == b','));
    let mut nearest = peer;
    for word in words.take(MOST_PROXIES) {
        let address = std::str::from_utf8(word).ok().and_then(|word| word.trim().parse().ok());
        let Some(address) = address.filter(|_| trusted.contains(&nearest)) else { break };
        nearest = address;
    }
    nearest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forwarded_addresses_count_only_from_named_proxies() {
        let ip = |text: &str| text.parse::<IpAddr>().expect("address");
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", "198.51.100.7, 203.0.113.9".parse().expect("header"));
        let proxy = ip("127.0.0.1");
        assert_eq!(behind_proxies(proxy, &headers, &[]), proxy);
        assert_eq!(behind_proxies(proxy, &headers, &[proxy]), ip("203.0.113.9"));
        assert_eq!(behind_proxies(proxy, &headers, &[proxy, ip("203.0.113.9")]), ip("198.51.100.7"));
        assert_eq!(behind_proxies(ip("192.0.2.1"), &headers, &[proxy]), ip("192.0.2.1"));
    }

    #[test]
    fn whatever_a_client_writes_the_word_of_the_named_proxy_counts() {
        let ip = |text: &str| text.parse::<IpAddr>().expect("address");
        let (proxy, real) = (ip("127.0.0.1"), ip("203.0.113.9"));
        let forged: Vec<String> = (0..40).map(|n| format!("198.51.100.{n}")).collect();
        for before in [forged.join(","), "nonsense".to_owned(), ",,".to_owned(), "\u{e9}".to_owned()] {
            let mut headers = HeaderMap::new();
            let value = format!("{before}, {real}");
            headers.insert("x-forwarded-for", value.as_bytes().try_into().expect("header"));
            assert_eq!(behind_proxies(proxy, &headers, &[proxy]), real, "{before}");
            // A proxy that writes a line of its own.
            let mut headers = HeaderMap::new();
            headers.append("x-forwarded-for", before.as_bytes().try_into().expect("header"));
            headers.append("x-forwarded-for", real.to_string().parse().expect("header"));
            assert_eq!(behind_proxies(proxy, &headers, &[proxy]), real, "{before}");
        }
    }
}

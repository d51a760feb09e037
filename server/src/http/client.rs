//! Where a request comes from. `X-Forwarded-For` can be forged by anybody: it is believed only as far as
//! proxies that the configuration names have written it.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;

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

/// The nearest address that is not a named proxy.
pub fn behind_proxies(peer: IpAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> IpAddr {
    let mut nearest = peer;
    let forwarded: Vec<IpAddr> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(','))
        .map_while(|text| text.trim().parse().ok())
        .take(32)
        .collect();
    for address in forwarded.into_iter().rev() {
        if !trusted.contains(&nearest) {
            break;
        }
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
}

//! Which pages may open a socket: a browser always says where its page came from.

use axum::http::uri::Authority;
use axum::http::{HeaderMap, header};

use crate::http::App;

/// No `Origin` (no browser), or our own. HTTP/2 names the host in the address and not in a header.
pub fn allowed(app: &App, headers: &HeaderMap, authority: Option<&Authority>) -> bool {
    is_own(headers, authority, &app.public_url)
}

fn is_own(headers: &HeaderMap, authority: Option<&Authority>, public_url: &str) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let Ok(origin) = origin.to_str() else { return false };
    let named = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let same_host = named.or(authority.map(Authority::as_str)).is_some_and(|host| {
        origin.split_once("://").is_some_and(|(_, from)| from.eq_ignore_ascii_case(host))
    });
    same_host || origin.eq_ignore_ascii_case(public_url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_our_own_by_the_host_it_was_asked_for_whatever_version_of_http_names_it() {
        let headers = |host: Option<&str>, origin: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ORIGIN, origin.parse().expect("header"));
            if let Some(host) = host {
                headers.insert(header::HOST, host.parse().expect("header"));
            }
            headers
        };
        let (public, console) = ("https://calls.example", "https://console.example:8443");
        let authority: Authority = "console.example:8443".parse().expect("authority");
        let first = headers(Some("console.example:8443"), console);
        let second = headers(None, console);
        assert!(is_own(&first, None, public), "HTTP/1.1");
        assert!(is_own(&second, Some(&authority), public), "HTTP/2");
        assert!(!is_own(&second, None, public));
        assert!(!is_own(&headers(None, "https://evil.example"), Some(&authority), public));
        assert!(
            !is_own(&headers(Some("evil.example"), console), Some(&authority), public),
            "the header counts"
        );
        assert!(is_own(&headers(None, public), Some(&authority), public));
        assert!(is_own(&HeaderMap::new(), None, public), "no browser");
    }
}

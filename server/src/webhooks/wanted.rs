//! What an endpoint may be: checked alike for the command line and the console.

use std::net::IpAddr;

use chinhchu_protocol::console::systems::WebhookAudience;
use chinhchu_protocol::ids::CompanyCode;

use super::sql::EVENTS;
use crate::audit::root;
use crate::switchboard::outgoing;

/// Longest address.
const MAX_URL: usize = 2_048;

/// `https://…`, on loopback also `http://…`.
pub fn is_safe(url: &str) -> bool {
    let loopback = ["127.0.0.1", "[::1]", "localhost"];
    url.len() <= MAX_URL
        && reqwest::Url::parse(url).is_ok_and(|parsed| match parsed.scheme() {
            "https" => parsed.has_host(),
            "http" => parsed.host_str().is_some_and(|host| loopback.contains(&host)),
            _ => false,
        })
}

/// [`is_safe`] for the console: plain `http` reaches whatever listens on the server's own machine, which is no business
/// of somebody in a browser, unless the server itself is for this machine only.
pub fn is_safe_from_afar(url: &str, own: IpAddr) -> bool {
    is_safe(url) && (own.is_loopback() || url.starts_with("https:"))
}

/// What of an address may be shown to whoever only reads: a path or query may hold a secret.
pub fn origin(url: &str) -> String {
    reqwest::Url::parse(url).map_or_else(|_| String::new(), |parsed| parsed.origin().ascii_serialization())
}

/// Names of the events; all of calls, if none is named.
pub fn events(wanted: &[String]) -> Option<Vec<String>> {
    let known = EVENTS.map(|event| outgoing::name(event).to_owned());
    if wanted.is_empty() {
        return Some(known.to_vec());
    }
    let mut events: Vec<String> = Vec::new();
    for event in wanted {
        if !(known.contains(event) || event == root::EVENT) {
            return None;
        }
        if !events.contains(event) {
            events.push(event.clone());
        }
    }
    Some(events)
}

/// Day roots are for mSale of all companies.
pub fn roots_fit(events: &[String], audience: WebhookAudience, company: Option<&CompanyCode>) -> bool {
    let for_all = audience == WebhookAudience::Msale && company.is_none();
    for_all || !events.iter().any(|event| event == root::EVENT)
}

/// Name of an audience in rows.
pub const fn name(audience: WebhookAudience) -> &'static str {
    match audience {
        WebhookAudience::Msale => "msale",
        WebhookAudience::Ekyc => "ekyc",
    }
}

/// Reads [`name`].
pub fn audience(text: &str) -> Option<WebhookAudience> {
    [WebhookAudience::Msale, WebhookAudience::Ekyc].into_iter().find(|known| name(*known) == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_and_loopback_are_told_results() {
        for safe in
            ["https://msale.example/hook", "http://127.0.0.1:9/x", "http://localhost:1", "http://[::1]:2/"]
        {
            assert!(is_safe(safe), "{safe}");
        }
        let unsafe_ = [
            "http://msale.example",
            "http://127.0.0.1.example/",
            "ftp://a",
            "https://",
            "x",
            "http://localhost.example",
        ];
        for url in unsafe_ {
            assert!(!is_safe(url), "{url}");
        }
        let (here, afar) = (IpAddr::from([127, 0, 0, 1]), IpAddr::from([192, 0, 2, 1]));
        assert!(
            is_safe_from_afar("http://127.0.0.1:9/x", here)
                && !is_safe_from_afar("http://127.0.0.1:9/x", afar)
        );
        assert!(is_safe_from_afar("https://msale.example/hook", afar));
        assert_eq!(origin("https://msale.example:8443/hook?key=secret"), "https://msale.example:8443");
    }

    #[test]
    fn events_are_known_named_once_and_roots_are_for_msale_of_all() {
        let all = events(&[]).expect("all");
        assert_eq!(all.len(), 4);
        let named = ["call.result".to_owned(), "call.result".to_owned(), root::EVENT.to_owned()];
        let some = events(&named).expect("known");
        assert_eq!(some.len(), 2);
        assert_eq!(events(&["call.rung".to_owned()]), None);
        let one = CompanyCode("1".to_owned());
        assert!(roots_fit(&some, WebhookAudience::Msale, None));
        assert!(
            !roots_fit(&some, WebhookAudience::Msale, Some(&one))
                && !roots_fit(&some, WebhookAudience::Ekyc, None)
        );
    }
}

//! The DTLS fingerprint in an SDP: the page keeps one certificate for the whole call, so another one means
//! another device, or somebody in between.

use std::collections::BTreeSet;

/// More fingerprints than an offer needs are nobody's browser.
const MAX_LINES: usize = 16;

/// All fingerprints of an offer as one text, whatever their order, case and repetition; none if it has none.
pub fn of(sdp: &str) -> Option<String> {
    let lines = sdp.lines().filter_map(|line| line.trim().strip_prefix("a=fingerprint:"));
    let all: BTreeSet<String> = lines.take(MAX_LINES).map(normal).collect();
    (!all.is_empty()).then(|| all.into_iter().collect::<Vec<_>>().join(","))
}

fn normal(line: &str) -> String {
    line.split_ascii_whitespace().collect::<Vec<_>>().join(" ").to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offer_says_the_same_fingerprint_however_it_is_written() {
        let bundled =
            "v=0\r\nm=audio 9\r\na=fingerprint:sha-256 AA:0b\r\nm=video 9\r\na=fingerprint:sha-256 AA:0B\r\n";
        let session = "v=0\na=fingerprint:SHA-256  aa:0b\nm=audio 9\n";
        assert_eq!(of(bundled).as_deref(), Some("sha-256 aa:0b"));
        assert_eq!(of(bundled), of(session));
        assert_ne!(of(bundled), of("a=fingerprint:sha-256 AA:0C"));
        assert_ne!(of(bundled), of(&format!("{bundled}a=fingerprint:sha-256 AA:0C")), "one more");
        assert_eq!(of("v=0"), None);
    }
}

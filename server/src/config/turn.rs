//! Time-limited credentials for the TURN relay, the way coturn's `use-auth-secret` reads them (draft-uberti-behave-turn-rest): the name is `<expiry>:<id>`, the password base64(HMAC-SHA1(secret, name)).
//!
//! The relay and this server share the secret and nothing else. A credential is derived, never stored: the
//! same end of the same assignment always gets the same one, so that views don't change by themselves. The
//! id says nothing about anybody.

use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chinhchu_protocol::agent::LostSide;
use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::signal::IceServer;
use chinhchu_protocol::time::Timestamp;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use zeroize::Zeroizing;

use crate::objects::Keys;

/// A credential outlives the longest call: outages lengthen it.
const MARGIN_MS: i64 = 10 * 60 * 1000;

/// The relay.
#[derive(Clone, Debug)]
pub struct Turn {
    /// `turn:HOST:PORT?transport=udp`, `turns:…`.
    pub urls: Vec<String>,
    /// Shared with the relay.
    pub secret: TurnSecret,
    /// How long a credential holds at least, from the accept.
    pub ttl: Duration,
}

/// Prints nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct TurnSecret(Zeroizing<String>);

impl TurnSecret {
    /// Of the settings.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl fmt::Debug for TurnSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TurnSecret")
    }
}

/// Which end of which assignment, and for how long it may last.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The call.
    pub call: CallId,
    /// Its assignment.
    pub assignment: u32,
    /// Which end.
    pub side: LostSide,
    /// When the agent accepted.
    pub accepted_at: Timestamp,
    /// The company's longest call.
    pub max_call_ms: u32,
}

impl super::Ice {
    /// What one end of an assignment may use.
    pub fn servers_for(&self, keys: &Keys, place: Place) -> Vec<IceServer> {
        let relay = self.turn.as_ref().map(|turn| turn.server(keys, place));
        self.servers.iter().cloned().chain(relay).collect()
    }
}

impl Turn {
    fn server(&self, keys: &Keys, place: Place) -> IceServer {
        let lasts = i64::from(place.max_call_ms).saturating_add(MARGIN_MS);
        let ttl = i64::try_from(self.ttl.as_millis()).unwrap_or(i64::MAX);
        let expiry = place.accepted_at.plus_ms(lasts.max(ttl)).ms().div_euclid(1_000);
        let username = format!("{expiry}:{}", keys.relay_id(place.call, place.assignment, place.side));
        let credential = credential(&self.secret, &username);
        IceServer { urls: self.urls.clone(), username: Some(username), credential: Some(credential) }
    }
}

fn credential(secret: &TurnSecret, username: &str) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.0.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(username.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::super::Ice;
    use super::*;

    /// RFC 2202, case 2; and what `openssl dgst -sha1 -hmac north -binary | base64` says of a name.
    #[test]
    fn a_credential_is_what_the_relay_reckons() {
        let of = |secret: &str, name| credential(&TurnSecret::new(secret.to_owned()), name);
        assert_eq!(of("Jefe", "what do ya want for nothing?"), "7/zfauXrL6LSdBbV8YTfnCWafHk=");
        assert_eq!(of("north", "1763889318:k3Jq9VnX"), "R31+Y8YIvbawCL1DWkuJMthl6Iw=");
    }

    #[test]
    fn each_end_of_each_assignment_has_one_credential_that_outlives_the_longest_call() {
        let folder = tempfile::tempdir().expect("folder");
        let keys = Keys::open(folder.path()).expect("keys");
        let turn = Turn {
            urls: vec!["turn:127.0.0.1:3478?transport=udp".to_owned()],
            secret: TurnSecret::new("0123456789abcdef".to_owned()),
            ttl: Duration::from_mins(1),
        };
        let ice = Ice { servers: Vec::new(), turn: Some(turn) };
        let (call, accepted_at) = (CallId(uuid::Uuid::from_u128(7)), Timestamp::from_ms(1_700_000_000_999));
        let place =
            Place { call, assignment: 1, side: LostSide::Caller, accepted_at, max_call_ms: 1_800_000 };
        let of = |place| ice.servers_for(&keys, place).remove(0);
        let one = of(place);
        assert_eq!(one, of(place), "it changed by itself");
        let name = one.username.clone().expect("name");
        let (expiry, id) = name.split_once(':').expect("two parts");
        assert_eq!(expiry, "1700002400", "accept, longest call and ten minutes");
        assert!(id.len() >= 16 && !name.contains(&call.to_string()));
        assert_ne!(one.username, of(Place { side: LostSide::Agent, ..place }).username);
        assert_ne!(one.username, of(Place { assignment: 2, ..place }).username);
        assert!(!format!("{ice:?}").contains("0123456789abcdef"), "the secret is printed");
    }
}

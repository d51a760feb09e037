//! Settings of the TURN relay: `[turn]` in the file, `--turn-…`, `CHINHCHU_TURN_…`. The secret has no flag:
//! other accounts of the machine can read a command line.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use figment::providers::Env;
use serde::{Deserialize, Serialize};

use super::settings::{Text, Texts};
use super::token::seconds;
use crate::config::{Turn, TurnSecret};

const SECRET: &str = "CHINHCHU_TURN_SECRET";
/// Shorter ones can be guessed from one credential.
const MIN_SECRET: usize = 16;
const MIN_TTL_S: u32 = 60;
const MAX_TTL_S: u32 = 7 * 24 * 60 * 60;
/// A credential holds for the longest call of its company and ten minutes anyway; `ttl` makes it hold longer.
const DEFAULT_TTL_S: u32 = MIN_TTL_S;

/// As given, before any check.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TurnSettings {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub urls: Option<Texts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_file: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl: Option<Text>,
}

/// `CHINHCHU_TURN_URL`, `…_SECRET_FILE`, `…_TTL`.
pub fn variables() -> Env {
    let names = ["url", "secret_file", "ttl"];
    Env::prefixed("CHINHCHU_TURN_").only(&names).map(|name| match name.as_str() {
        "url" => "turn.urls".into(),
        other => format!("turn.{other}").into(),
    })
}

/// Read by itself: as a setting, a secret of digits would become a number. It wins over the file's; a
/// `secret_file` beside it is a fault, told by [`TurnSettings::check`].
pub fn secret_of_environment(turn: &mut Option<TurnSettings>) {
    if let Ok(secret) = std::env::var(SECRET) {
        turn.get_or_insert_default().secret = Some(secret);
    }
}

impl TurnSettings {
    /// What the flags say, if anything.
    pub fn of_flags(urls: &[String], secret_file: Option<&PathBuf>) -> Option<Self> {
        let urls = (!urls.is_empty()).then(|| Texts::Many(urls.to_vec()));
        let any = urls.is_some() || secret_file.is_some();
        any.then(|| Self { urls, secret_file: secret_file.cloned(), ..Self::default() })
    }

    /// Checks all of it. No fault repeats the secret.
    pub fn check(self, faults: &mut Vec<String>) -> Option<Turn> {
        let before = faults.len();
        let urls = self.urls.map(Texts::list).unwrap_or_default();
        if urls.is_empty() {
            faults
                .push("turn.urls: name at least one, such as turn:turn.example.vn:3478?transport=udp".into());
        }
        if !urls.iter().all(|url| is_turn_url(url)) {
            faults.push("turn.urls: turn:HOST[:PORT][?transport=udp|tcp] or turns:… each".into());
        }
        let secret = match (self.secret, self.secret_file) {
            (Some(_), Some(_)) => {
                faults.push(format!("turn.secret (or {SECRET}) and turn.secret_file: only one of them"));
                None
            }
            (Some(secret), None) => Some(secret),
            (None, Some(file)) => match fs::read_to_string(&file) {
                Ok(text) => Some(text.trim_end_matches(['\r', '\n']).to_owned()),
                Err(error) => {
                    faults.push(format!("turn.secret_file: {}: {}", file.display(), error.kind()));
                    None
                }
            },
            (None, None) => {
                faults.push(format!(
                    "turn.secret_file (or {SECRET}): the relay's static-auth-secret is missing"
                ));
                None
            }
        };
        if secret
            .as_ref()
            .is_some_and(|secret| secret.len() < MIN_SECRET || secret.contains(char::is_whitespace))
        {
            faults.push(format!("turn.secret: at least {MIN_SECRET} characters, no spaces"));
        }
        let ttl = match self.ttl {
            None => Some(DEFAULT_TTL_S),
            Some(Text::Number(seconds)) => Some(seconds),
            Some(Text::Text(text)) => seconds(&text),
        };
        let ttl = ttl.filter(|ttl| (MIN_TTL_S..=MAX_TTL_S).contains(ttl));
        if ttl.is_none() {
            faults.push("turn.ttl: from 1m to 7d, such as 3600, 90m, 2h".into());
        }
        let good = faults.len() == before;
        let (secret, ttl) = (secret?, ttl?);
        good.then(|| Turn { urls, secret: TurnSecret::new(secret), ttl: Duration::from_secs(ttl.into()) })
    }
}

fn is_turn_url(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("turn:").or_else(|| url.strip_prefix("turns:")) else { return false };
    let (place, transport) = rest.split_once('?').map_or((rest, None), |(place, query)| (place, Some(query)));
    let known = transport.is_none_or(|query| ["transport=udp", "transport=tcp"].contains(&query));
    let (host, port) = match place.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port.parse::<u16>().is_ok_and(|port| port > 0)),
        _ => (place, true),
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || "-.".contains(c);
    let v6 = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let good = match v6 {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.chars().all(plain),
    };
    known && port && good
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(settings: TurnSettings) -> Result<Turn, Vec<String>> {
        let mut faults = Vec::new();
        settings.check(&mut faults).ok_or(faults)
    }

    fn good() -> TurnSettings {
        TurnSettings {
            urls: Some(Texts::One("turn:127.0.0.1:3478?transport=udp turns:turn.example.vn".to_owned())),
            secret: Some("0123456789abcdef".to_owned()),
            ..TurnSettings::default()
        }
    }

    #[test]
    fn a_relay_is_taken_from_a_secret_or_a_file() {
        assert_eq!(check(good()).expect("good").urls.len(), 2);
        let file = tempfile::NamedTempFile::new().expect("file");
        fs::write(file.path(), "0123456789abcdef\n").expect("written");
        let of_file = TurnSettings { secret: None, secret_file: Some(file.path().into()), ..good() };
        let (one, two) = (check(good()).expect("good"), check(of_file).expect("good"));
        assert_eq!(one.secret, two.secret);
    }

    #[test]
    fn every_fault_of_the_relay_is_named_and_none_repeats_the_secret() {
        let secret = "short secret";
        let wrong = TurnSettings {
            urls: Some(Texts::One("stun:x turn:a b?transport=udp turn:h:0 turn:h?transport=dtls".to_owned())),
            secret: Some(secret.to_owned()),
            ttl: Some(Text::Text("a year".to_owned())),
            ..TurnSettings::default()
        };
        let faults = check(wrong).expect_err("wrong");
        assert_eq!(faults.len(), 3, "{faults:?}");
        assert!(!faults.iter().any(|fault| fault.contains(secret)));
        for (settings, word) in [
            (TurnSettings { secret: None, ..good() }, "missing"),
            (TurnSettings { urls: None, ..good() }, "turn.urls"),
            (TurnSettings { secret_file: Some("x".into()), ..good() }, "only one"),
            (TurnSettings { secret: None, secret_file: Some("/none/here".into()), ..good() }, "/none/here"),
        ] {
            let faults = check(settings).expect_err("wrong");
            assert!(faults.len() == 1 && faults[0].contains(word), "{word} in {faults:?}");
        }
    }

    #[test]
    fn addresses_of_relays_are_read() {
        for good in ["turn:h", "turns:h:5349?transport=tcp", "turn:[::1]:3478", "turn:[2001:db8::1]"] {
            assert!(is_turn_url(good), "{good}");
        }
        for bad in ["turn:", "turn:h:0", "turn:h:x", "turn:[::1", "turn:h?x", "stun:h", "turn:a/b"] {
            assert!(!is_turn_url(bad), "{bad}");
        }
    }
}

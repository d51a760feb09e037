//! Settings from flags, environment and file, checked as a whole: every fault is named at once.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use chinhchu_protocol::signal::IceServer;
use figment::Figment;
use figment::providers::{Env, Format as _, Serialized, Toml};
use serde::{Deserialize, Serialize};

use super::oidc::{self, OidcSettings};
use super::turn::{self, TurnSettings};
use super::{CliError, Globals};
use crate::config::{Config, TlsFiles};

/// As given, before any check. The names are those of the TOML file, of `CHINHCHU_…` and, with `-`, of flags.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tombstones: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_cert: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_key: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics_listen: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trusted_proxy: Option<Texts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ice_server: Option<Texts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sandbox: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turn: Option<TurnSettings>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oidc: Option<OidcSettings>,
}

/// A text that a file or variable may write as a number.
#[derive(Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Text {
    Number(u32),
    Text(String),
}

/// One text (parted by spaces) or a list of them.
#[derive(Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Texts {
    One(String),
    Many(Vec<String>),
}

impl Texts {
    pub fn list(self) -> Vec<String> {
        match self {
            Self::One(text) => text.split_whitespace().map(str::to_owned).collect(),
            Self::Many(list) => list,
        }
    }
}

const NAMES: [&str; 11] = [
    "data",
    "listen",
    "evidence",
    "tombstones",
    "tls_cert",
    "tls_key",
    "public_url",
    "metrics_listen",
    "trusted_proxy",
    "ice_server",
    "sandbox",
];

/// Puts flags over variables over the file.
pub fn gather(globals: &Globals, flags: &Settings) -> Result<Settings, CliError> {
    let mut figment = Figment::new();
    if let Some(file) = &globals.config {
        figment = figment.merge(Toml::file_exact(file));
    }
    figment = figment.merge(Env::prefixed("CHINHCHU_").only(&NAMES));
    let mut flags = flags.clone();
    flags.data = flags.data.or_else(|| globals.data.clone());
    figment = figment.merge(turn::variables()).merge(oidc::variables());
    let settings: Result<Settings, figment::Error> = figment.merge(Serialized::defaults(flags)).extract();
    let mut settings = settings
        .map_err(|errors| CliError::Settings(errors.into_iter().map(|error| error.to_string()).collect()))?;
    turn::secret_of_environment(&mut settings.turn);
    oidc::secret_of_environment(&mut settings.oidc);
    Ok(settings)
}

/// The data folder alone, for commands.
pub fn data_folder(globals: &Globals) -> Result<PathBuf, CliError> {
    gather(globals, &Settings::default())?.data.ok_or_else(|| CliError::Settings(vec![NO_DATA.to_owned()]))
}

const NO_DATA: &str = "name the data folder: --data DIR or CHINHCHU_DATA";
const DEFAULT_LISTEN: &str = "127.0.0.1:8080";

/// Checks everything; gives every fault at once.
pub fn check(settings: Settings) -> Result<Config, CliError> {
    let mut faults = Vec::new();
    let mut config = Config::for_data(settings.data.clone().unwrap_or_default());
    if settings.data.is_none() {
        faults.push(NO_DATA.to_owned());
    }
    match settings.listen.as_deref().unwrap_or(DEFAULT_LISTEN).parse() {
        Ok(address) => config.listen = address,
        Err(_) => faults.push("listen: an address and a port, such as 127.0.0.1:8080".to_owned()),
    }
    config.evidence = settings.evidence;
    config.tombstones = settings.tombstones;
    config.sandbox = settings.sandbox.unwrap_or(false);
    config.tls = match (settings.tls_cert, settings.tls_key) {
        (Some(cert), Some(key)) => Some(TlsFiles { cert, key }),
        (None, None) => None,
        (Some(_), None) | (None, Some(_)) => {
            faults.push("tls_cert and tls_key belong together".to_owned());
            None
        }
    };
    if let Some(files) = &config.tls
        && let Err(error) = crate::http::serve::tls(files)
    {
        faults.push(format!("tls: {error}"));
    }
    if let Some(url) = settings.public_url {
        match public_url(&url) {
            Some(url) => config.public_url = Some(url),
            None => faults.push("public_url: http(s)://HOST[:PORT] without a path".to_owned()),
        }
    }
    config.metrics_listen = settings.metrics_listen.and_then(|text| {
        let address = metrics_address(text);
        if address.is_none() {
            faults.push("metrics_listen: a port, or an address and a port".to_owned());
        }
        address
    });
    for text in settings.trusted_proxy.map(Texts::list).unwrap_or_default() {
        match text.parse::<IpAddr>() {
            Ok(address) => config.trusted_proxies.push(address),
            Err(_) => faults.push("trusted_proxy: an IP address each".to_owned()),
        }
    }
    for text in settings.ice_server.map(Texts::list).unwrap_or_default() {
        match ice_server(&text) {
            Some(server) => config.ice.servers.push(server),
            None => faults.push("ice_server: stun:HOST[:PORT] or turn:HOST[:PORT],USER,SECRET".to_owned()),
        }
    }
    if let Some(turn) = settings.turn {
        config.ice.turn = turn.check(&mut faults);
    }
    if let Some(oidc) = settings.oidc {
        config.directory = oidc.check(&mut faults);
    }
    if config.sandbox && !config.listen.ip().is_loopback() {
        faults.push("sandbox: served on loopback only; listen on 127.0.0.1 or [::1]".to_owned());
    }
    if faults.is_empty() { Ok(config) } else { Err(CliError::Settings(faults)) }
}

fn public_url(text: &str) -> Option<String> {
    let url = text.trim_end_matches('/');
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "-.:[]".contains(c);
    (!host.is_empty() && host.chars().all(plain)).then(|| url.to_owned())
}

fn metrics_address(text: Text) -> Option<SocketAddr> {
    let on_loopback = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    match text {
        Text::Number(port) => u16::try_from(port).ok().map(on_loopback),
        Text::Text(text) => text.parse().ok().or_else(|| text.parse().ok().map(on_loopback)),
    }
}

fn ice_server(text: &str) -> Option<IceServer> {
    let mut parts = text.split(',').map(str::to_owned);
    let url = parts.next()?;
    let known = ["stun:", "stuns:", "turn:", "turns:"].iter().any(|scheme| url.starts_with(scheme));
    let (username, credential) = (parts.next(), parts.next());
    let turn_is_complete = !url.starts_with("turn") || (username.is_some() && credential.is_some());
    (known && turn_is_complete && parts.next().is_none()).then_some(IceServer {
        urls: vec![url],
        username,
        credential,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_setting_is_named_at_once() {
        let settings = Settings {
            listen: Some("everywhere".to_owned()),
            tls_cert: Some("cert.pem".into()),
            public_url: Some("calls.example.vn".to_owned()),
            trusted_proxy: Some(Texts::One("proxy.local".to_owned())),
            ice_server: Some(Texts::Many(vec!["turn:turn.example.vn".to_owned()])),
            ..Settings::default()
        };
        let Err(CliError::Settings(faults)) = check(settings) else { panic!("wrong settings were taken") };
        let words = ["data", "listen", "tls", "public_url", "trusted_proxy", "ice_server"];
        for word in words {
            assert!(faults.iter().any(|fault| fault.contains(word)), "{word} in {faults:?}");
        }
        assert_eq!(faults.len(), words.len());
    }

    #[test]
    fn the_sandbox_is_refused_beyond_loopback() {
        let settings = |listen: &str| Settings {
            data: Some("d".into()),
            listen: Some(listen.to_owned()),
            sandbox: Some(true),
            ..Settings::default()
        };
        assert!(check(settings("0.0.0.0:8080")).is_err());
        assert!(check(settings("127.0.0.1:0")).is_ok_and(|config| config.sandbox));
    }
}

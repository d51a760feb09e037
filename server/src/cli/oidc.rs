//! Settings of the operator's directory: `[oidc]` in the file, `--oidc-…`, `CHINHCHU_OIDC_…`. The secret has no
//! flag: other accounts of the machine can read a command line.

use std::fs;
use std::path::PathBuf;

use clap::Args;
use figment::providers::Env;
use serde::{Deserialize, Serialize};

use super::settings::Texts;
use crate::config::directory::{DEFAULT_CLAIM, Directory, DirectorySecret};

const SECRET: &str = "CHINHCHU_OIDC_CLIENT_SECRET";
const MAX_TEXT: usize = 255;

/// As given, before any check.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OidcSettings {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret_file: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claim: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Texts>,
}

/// Flags of `serve`.
#[derive(Args)]
pub struct OidcArgs {
    /// The operator's directory (OpenID Connect) that may sign people of the console in, as it names itself
    #[arg(long = "oidc-issuer", id = "oidc_issuer", value_name = "URL")]
    issuer: Option<String>,
    /// This server's name in the directory; its redirect address there is PUBLIC_URL/v1/console/directory/back
    #[arg(long = "oidc-client-id", id = "oidc_client_id", value_name = "ID")]
    client_id: Option<String>,
    /// File with the secret that the directory gave this server; none for a public client
    #[arg(long = "oidc-client-secret-file", id = "oidc_client_secret_file", value_name = "FILE")]
    client_secret_file: Option<PathBuf>,
    /// The claim that names a person (`admin add --directory-id`) [default: sub]
    #[arg(long = "oidc-claim", id = "oidc_claim", value_name = "NAME")]
    claim: Option<String>,
    /// What the sign-in page calls the directory [default: the issuer's host]
    #[arg(long = "oidc-name", id = "oidc_name", value_name = "TEXT")]
    name: Option<String>,
}

impl OidcArgs {
    /// What the flags say, if anything.
    pub fn settings(&self) -> Option<OidcSettings> {
        let Self { issuer, client_id, client_secret_file, claim, name } = self;
        let texts = [issuer, client_id, claim, name];
        let any = texts.iter().any(|text| text.is_some()) || client_secret_file.is_some();
        any.then(|| OidcSettings {
            issuer: issuer.clone(),
            client_id: client_id.clone(),
            client_secret: None,
            client_secret_file: client_secret_file.clone(),
            claim: claim.clone(),
            name: name.clone(),
            scopes: None,
        })
    }
}

/// `CHINHCHU_OIDC_ISSUER`, `…_CLIENT_ID`, `…_CLIENT_SECRET_FILE`, `…_CLAIM`, `…_NAME`, `…_SCOPES`.
pub fn variables() -> Env {
    let names = ["issuer", "client_id", "client_secret_file", "claim", "name", "scopes"];
    Env::prefixed("CHINHCHU_OIDC_").only(&names).map(|name| format!("oidc.{name}").into())
}

/// Read by itself: as a setting, a secret of digits would become a number. It wins over the file's.
pub fn secret_of_environment(oidc: &mut Option<OidcSettings>) {
    if let Ok(secret) = std::env::var(SECRET) {
        oidc.get_or_insert_default().client_secret = Some(secret);
    }
}

impl OidcSettings {
    /// Checks all of it. No fault repeats the secret.
    pub fn check(self, faults: &mut Vec<String>) -> Option<Directory> {
        let before = faults.len();
        let issuer = self.issuer.unwrap_or_default();
        let host = host_of(&issuer);
        if host.is_none() {
            faults.push("oidc.issuer: https://HOST[/PATH] (http on loopback only)".to_owned());
        }
        let client_id = self.client_id.unwrap_or_default();
        let claim = self.claim.unwrap_or_else(|| DEFAULT_CLAIM.to_owned());
        let name = self.name.or_else(|| host.clone()).unwrap_or_default();
        for (field, text) in [("client_id", &client_id), ("claim", &claim), ("name", &name)] {
            if text.trim().is_empty() || text.len() > MAX_TEXT {
                faults.push(format!("oidc.{field}: 1 to {MAX_TEXT} bytes"));
            }
        }
        let secret = match (self.client_secret, self.client_secret_file) {
            (Some(_), Some(_)) => {
                faults.push(format!(
                    "oidc.client_secret (or {SECRET}) and oidc.client_secret_file: only one of them"
                ));
                None
            }
            (Some(secret), None) => Some(secret),
            (None, Some(file)) => match fs::read_to_string(&file) {
                Ok(text) => Some(text.trim_end_matches(['\r', '\n']).to_owned()),
                Err(error) => {
                    faults.push(format!("oidc.client_secret_file: {}: {}", file.display(), error.kind()));
                    None
                }
            },
            (None, None) => None,
        };
        if secret.as_ref().is_some_and(String::is_empty) {
            faults.push("oidc.client_secret: must not be empty".to_owned());
        }
        let good = faults.len() == before;
        good.then(|| Directory {
            name,
            issuer,
            client_id,
            client_secret: secret.map(DirectorySecret::new),
            claim,
            scopes: self.scopes.map(Texts::list).unwrap_or_default(),
        })
    }
}

/// The host of an issuer. Over plain HTTP anybody on the way could sign himself in: loopback only.
fn host_of(issuer: &str) -> Option<String> {
    let (secure, rest) = match (issuer.strip_prefix("https://"), issuer.strip_prefix("http://")) {
        (Some(rest), _) => (true, rest),
        (None, Some(rest)) => (false, rest),
        (None, None) => return None,
    };
    let place = rest.split('/').next().unwrap_or_default();
    let host = place.rsplit_once(':').map_or(place, |(host, _)| host);
    let local = ["localhost", "127.0.0.1", "[::1]"].contains(&host);
    let plain = |c: char| c.is_ascii_alphanumeric() || "-.[]:".contains(c);
    let good = !host.is_empty() && place.chars().all(plain) && !rest.contains(['?', '#', '@', ' ']);
    (good && (secure || local)).then(|| host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(issuer: &str) -> OidcSettings {
        OidcSettings {
            issuer: Some(issuer.to_owned()),
            client_id: Some("chinhchu".to_owned()),
            ..OidcSettings::default()
        }
    }

    #[test]
    fn a_directory_needs_an_issuer_that_nobody_on_the_way_can_play() {
        let mut faults = Vec::new();
        for good in
            ["https://sso.example.vn/realms/nv", "http://127.0.0.1:8080", "https://sso.example.vn:8443"]
        {
            assert!(settings(good).check(&mut faults).is_some(), "{good}: {faults:?}");
        }
        for bad in
            ["http://sso.example.vn", "sso.example.vn", "https://", "https://a@b.vn", "https://a.vn/?x=1"]
        {
            assert!(settings(bad).check(&mut faults).is_none(), "{bad}");
        }
        let directory = settings("https://sso.example.vn/x").check(&mut faults).expect("good");
        assert_eq!((directory.name.as_str(), directory.claim.as_str()), ("sso.example.vn", "sub"));
    }

    #[test]
    fn every_wrong_setting_of_a_directory_is_named_and_no_secret_told() {
        let mut faults = Vec::new();
        let settings = OidcSettings {
            client_secret: Some("rất bí mật".to_owned()),
            client_secret_file: Some("/dev/null".into()),
            claim: Some(String::new()),
            ..OidcSettings::default()
        };
        assert!(settings.check(&mut faults).is_none());
        let told = faults.join("\n");
        for word in ["oidc.issuer", "oidc.client_id", "oidc.claim", "oidc.client_secret_file"] {
            assert!(told.contains(word), "{word} in {told}");
        }
        assert!(!told.contains("bí mật"));
    }
}

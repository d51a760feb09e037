//! Secrets: the sign-in, the outbox key and the signing key, in the keyring of the operating system, per profile.
//!
//! Without a keyring the program works, but what would lie there lives only as long as the program does.

use std::collections::BTreeMap;
use std::sync::Mutex;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use chinhchu_protocol::agent::SignedIn;
use chinhchu_protocol::ids::{AgentId, SessionId};
use thiserror::Error;
use zeroize::{Zeroize, Zeroizing};

/// Bytes of the outbox key.
pub const KEY_BYTES: usize = 32;

const SERVICE: &str = "vn.chinhchu.workstation";

/// What can go wrong with the keyring.
#[derive(Debug, Error)]
pub enum KeysError {
    /// There is no keyring service, or it is locked and stays so.
    #[error("the keyring of the operating system cannot be used")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The entry is there and is not ours.
    #[error("an entry of the keyring cannot be read")]
    Malformed,
}

/// Named secrets of one profile. Calls may block: never on the thread of the window or of the driver.
pub trait Keyring: Send + Sync {
    /// The secret, if there is one.
    fn get(&self, name: &str) -> Result<Option<Zeroizing<String>>, KeysError>;
    /// Sets it.
    fn set(&self, name: &str, secret: &str) -> Result<(), KeysError>;
    /// Deletes it; no error if there is none.
    fn delete(&self, name: &str) -> Result<(), KeysError>;
}

/// The operating system's: Secret Service or Credential Manager.
pub struct OsKeyring {
    profile: String,
}

impl OsKeyring {
    /// Entries of one profile.
    pub fn new(profile: &str) -> Self {
        Self { profile: profile.to_owned() }
    }

    fn entry(&self, name: &str) -> Result<keyring::v1::Entry, KeysError> {
        keyring::v1::Entry::new(SERVICE, &format!("{}/{name}", self.profile)).map_err(unavailable)
    }
}

fn unavailable(error: keyring::v1::Error) -> KeysError {
    KeysError::Unavailable(Box::new(error))
}

impl Keyring for OsKeyring {
    fn get(&self, name: &str) -> Result<Option<Zeroizing<String>>, KeysError> {
        match self.entry(name)?.get_password() {
            Ok(secret) => Ok(Some(Zeroizing::new(secret))),
            Err(keyring::v1::Error::NoEntry) => Ok(None),
            Err(error) => Err(unavailable(error)),
        }
    }

    fn set(&self, name: &str, secret: &str) -> Result<(), KeysError> {
        self.entry(name)?.set_password(secret).map_err(unavailable)
    }

    fn delete(&self, name: &str) -> Result<(), KeysError> {
        match self.entry(name)?.delete_credential() {
            Ok(()) | Err(keyring::v1::Error::NoEntry) => Ok(()),
            Err(error) => Err(unavailable(error)),
        }
    }
}

/// Lives as long as the program: what is left where the system has no keyring.
#[derive(Default)]
pub struct RunKeyring {
    secrets: Mutex<BTreeMap<String, Zeroizing<String>>>,
}

impl Keyring for RunKeyring {
    fn get(&self, name: &str) -> Result<Option<Zeroizing<String>>, KeysError> {
        let secrets = self.secrets.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        Ok(secrets.get(name).cloned())
    }

    fn set(&self, name: &str, secret: &str) -> Result<(), KeysError> {
        let mut secrets = self.secrets.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        secrets.insert(name.to_owned(), Zeroizing::new(secret.to_owned()));
        Ok(())
    }

    fn delete(&self, name: &str) -> Result<(), KeysError> {
        let mut secrets = self.secrets.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        secrets.remove(name);
        Ok(())
    }
}

/// The key of the outbox; wiped from memory when dropped.
#[derive(Clone)]
pub struct OutboxKey(Zeroizing<[u8; KEY_BYTES]>);

impl OutboxKey {
    /// A fresh one.
    pub fn random() -> Self {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        rand::RngCore::fill_bytes(&mut rand::rng(), bytes.as_mut_slice());
        Self(bytes)
    }

    /// The bytes, for the cipher only.
    pub fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }

    /// The profile's key; a fresh one is kept first if there is none yet.
    pub fn load(keyring: &dyn Keyring) -> Result<Self, KeysError> {
        if let Some(text) = keyring.get("outbox-key")? {
            let mut decoded = BASE64.decode(text.as_bytes()).map_err(|_| KeysError::Malformed)?;
            let bytes: Result<[u8; KEY_BYTES], _> = decoded.as_slice().try_into();
            decoded.zeroize();
            return Ok(Self(Zeroizing::new(bytes.map_err(|_| KeysError::Malformed)?)));
        }
        let key = Self::random();
        keyring.set("outbox-key", &BASE64.encode(key.0.as_slice()))?;
        Ok(key)
    }
}

/// The server's public key, held on to when it is first told: another one later is refused. By server, for a
/// profile may be pointed at another.
pub fn pinned_server_key(keyring: &dyn Keyring, server_url: &str) -> Result<Option<String>, KeysError> {
    Ok(pins(keyring)?.remove(server_url))
}

/// Holds on to it.
pub fn pin_server_key(keyring: &dyn Keyring, server_url: &str, key: &str) -> Result<(), KeysError> {
    let mut pins = pins(keyring)?;
    pins.insert(server_url.to_owned(), key.to_owned());
    let text = serde_json::to_string(&pins).map_err(|_| KeysError::Malformed)?;
    keyring.set("server-keys", &text)
}

fn pins(keyring: &dyn Keyring) -> Result<BTreeMap<String, String>, KeysError> {
    let Some(text) = keyring.get("server-keys")? else { return Ok(BTreeMap::new()) };
    serde_json::from_str(&text).map_err(|_| KeysError::Malformed)
}

/// The kept sign-in, bound to its server: another server's must never be sent the token.
pub fn load_session(keyring: &dyn Keyring, server_url: &str) -> Result<Option<SignedIn>, KeysError> {
    let Some(text) = keyring.get("session")? else { return Ok(None) };
    let kept: Option<(String, SignedIn)> = serde_json::from_str(&text).ok();
    Ok(kept.filter(|(server, _)| server == server_url).map(|(_, signed_in)| signed_in))
}

/// Keeps a sign-in.
pub fn keep_session(keyring: &dyn Keyring, server_url: &str, signed_in: &SignedIn) -> Result<(), KeysError> {
    let text = serde_json::to_string(&(server_url, signed_in)).map_err(|_| KeysError::Malformed)?;
    keyring.set("session", &Zeroizing::new(text))
}

/// Forgets this session; another that was kept since then stays.
pub fn forget_session(keyring: &dyn Keyring, session_id: SessionId) -> Result<(), KeysError> {
    let Some(text) = keyring.get("session")? else { return Ok(()) };
    let kept: Option<(String, SignedIn)> = serde_json::from_str(&text).ok();
    match kept {
        Some((_, kept)) if kept.session_id != session_id => Ok(()),
        Some(_) | None => keyring.delete("session"),
    }
}

/// A sign-in that is over, kept for what was sealed in it and is not delivered: one of each agent, and each in an
/// entry of its own, for some keyrings take only 2.5 KiB in one.
pub fn keep_ended(keyring: &dyn Keyring, server_url: &str, signed_in: &SignedIn) -> Result<(), KeysError> {
    let text = serde_json::to_string(&(server_url, signed_in)).map_err(|_| KeysError::Malformed)?;
    keyring.set(&ended_entry(signed_in.agent.agent_id), &Zeroizing::new(text))
}

/// The kept one of an agent, bound to its server.
pub fn load_ended(
    keyring: &dyn Keyring,
    server_url: &str,
    agent: AgentId,
) -> Result<Option<SignedIn>, KeysError> {
    let Some(text) = keyring.get(&ended_entry(agent))? else { return Ok(None) };
    let kept: Option<(String, SignedIn)> = serde_json::from_str(&text).ok();
    Ok(kept.filter(|(server, _)| server == server_url).map(|(_, signed_in)| signed_in))
}

/// Forgets it.
pub fn forget_ended(keyring: &dyn Keyring, agent: AgentId) -> Result<(), KeysError> {
    keyring.delete(&ended_entry(agent))
}

fn ended_entry(agent: AgentId) -> String {
    format!("session-of-{agent}")
}

//! How secrets look: a prefix that says what it opens (and lets scanners find leaked ones), then 256 random
//! bits in base64url.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::TryRngCore as _;
use rand::rngs::OsRng;
use sha2::{Digest, Sha256};

/// What a secret opens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SecretKind {
    /// Company token.
    Company,
    /// Service credential.
    Service,
}

impl SecretKind {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Company => "cct_",
            Self::Service => "csc_",
        }
    }

    /// What a presented secret claims to be.
    pub fn of(text: &str) -> Option<Self> {
        [Self::Company, Self::Service].into_iter().find(|kind| text.starts_with(kind.prefix()))
    }
}

/// A fresh secret on its way to its owner; shown once, never stored, never printed in logs.
pub struct Secret(String);

impl Secret {
    /// 256 bits of the system's randomness.
    pub fn fresh(kind: SecretKind) -> Result<Self, rand::rand_core::OsError> {
        let mut bytes = [0; 32];
        OsRng.try_fill_bytes(&mut bytes)?;
        Ok(Self(format!("{}{}", kind.prefix(), URL_SAFE_NO_PAD.encode(bytes))))
    }

    /// What is stored.
    pub fn hash(&self) -> [u8; 32] {
        hash(&self.0)
    }

    /// For the one answer that shows it.
    pub fn reveal(self) -> String {
        self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Stored and looked up instead of the secret. With 256 random bits a plain hash cannot be guessed.
pub fn hash(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// S8
    #[test]
    fn a_secret_has_256_random_bits_and_prints_as_nothing() {
        let secret = Secret::fresh(SecretKind::Company).expect("randomness");
        assert_eq!(format!("{secret:?}"), "Secret");
        let text = secret.reveal();
        assert_eq!(text.len(), "cct_".len() + 43);
        assert_eq!(SecretKind::of(&text), Some(SecretKind::Company));
    }
}

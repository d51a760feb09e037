//! One record, encrypted: XChaCha20-Poly1305, a fresh nonce each, id and kind as associated data, so that no
//! record can be put in another's place.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};

use super::OutboxError;
use crate::evidence::hex;
use crate::keys::OutboxKey;

const NONCE_BYTES: usize = 24;

/// Encrypts and decrypts under one key.
pub(super) struct Cipher {
    aead: XChaCha20Poly1305,
    key_id: String,
}

impl Cipher {
    pub fn new(key: &OutboxKey) -> Self {
        let digest = Sha256::new().chain_update(b"chinhchu-outbox-key-id/1").chain_update(key.bytes());
        let key_id = hex(&digest.finalize()[..8]);
        Self { aead: XChaCha20Poly1305::new(&Key::from(*key.bytes())), key_id }
    }

    /// Tells the keys apart without saying anything of them.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// Nonce, then ciphertext and tag.
    pub fn encrypt(&self, verdict: i64, kind: &str, plain: &[u8]) -> Result<Vec<u8>, OutboxError> {
        let mut nonce = [0; NONCE_BYTES];
        rand::RngCore::fill_bytes(&mut rand::rng(), &mut nonce);
        let aad = associated(verdict, kind);
        let sealed = self
            .aead
            .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: &aad })
            .map_err(|_| OutboxError::Chain)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    pub fn decrypt(&self, verdict: i64, kind: &str, record: &[u8]) -> Result<Vec<u8>, OutboxError> {
        let (nonce, sealed) = record.split_first_chunk::<NONCE_BYTES>().ok_or(OutboxError::RecordDamaged)?;
        let aad = associated(verdict, kind);
        self.aead
            .decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: &aad })
            .map_err(|_| OutboxError::RecordDamaged)
    }
}

fn associated(verdict: i64, kind: &str) -> Vec<u8> {
    format!("chinhchu-outbox/2|{verdict}|{kind}").into_bytes()
}

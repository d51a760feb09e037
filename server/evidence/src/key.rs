//! Ed25519 keys (RFC 8032): the server's, and one per workstation.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer, VerifyingKey};
use rand_core::CryptoRng;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use zeroize::Zeroizing;

use crate::fault::Fault;
use crate::hex;

const PREFIX: &str = "ed25519:";

/// The private half; wiped when dropped, never printed.
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// A new key.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut seed = Zeroizing::new([0; 32]);
        rng.fill_bytes(seed.as_mut());
        Self::from_bytes(&seed)
    }

    /// From the seed, as [`Self::to_bytes`] gave it.
    pub fn from_bytes(seed: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// The seed, for the keyring or a sealed row.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// Signs exactly these bytes.
    pub fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        self.0.sign(bytes).to_bytes()
    }

    /// Signs exactly these bytes; base64, for a proof of possession.
    pub fn prove(&self, bytes: &[u8]) -> String {
        STANDARD.encode(self.sign(bytes))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

/// The public half, written `ed25519:<base64 of 32 bytes>`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// From its 32 bytes; keys of small order, under which many messages share a signature, are refused.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, Fault> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| Fault::BadKey)?;
        if key.is_weak() { Err(Fault::BadKey) } else { Ok(Self(key)) }
    }

    /// Its 32 bytes.
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// Short name of the key, for rows and envelopes.
    pub fn id(&self) -> KeyId {
        let hash = hex::sha256(self.0.as_bytes());
        let mut id = [0; 16];
        id.copy_from_slice(&hash[..16]);
        KeyId(id)
    }

    /// For two people to compare, one at the workstation and one who approves: `1a2b-3c4d-5e6f-7a8b-9c0d`.
    pub fn fingerprint(&self) -> String {
        let hash = hex::encode(&hex::sha256(self.0.as_bytes()));
        let groups: Vec<&str> = (0..5).map(|group| &hash[group * 4..group * 4 + 4]).collect();
        groups.join("-")
    }

    /// Whether this key signed exactly these bytes (strict: one signature per key and message).
    pub fn verify(&self, bytes: &[u8], signature: &[u8; 64]) -> bool {
        self.0.verify_strict(bytes, &Signature::from_bytes(signature)).is_ok()
    }

    /// Whether `proof` is [`SigningKey::prove`] of these bytes.
    pub fn proves(&self, bytes: &[u8], proof: &str) -> bool {
        decode::<64>(proof).is_some_and(|signature| self.verify(bytes, &signature))
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", STANDARD.encode(self.0.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for PublicKey {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        let bytes = text.strip_prefix(PREFIX).and_then(decode::<32>).ok_or(Fault::BadKey)?;
        Self::from_bytes(&bytes)
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// Short name of a key: the first 16 bytes of its SHA-256, as 32 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; 16]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for KeyId {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        hex::decode(text).map(Self).ok_or(Fault::BadKey)
    }
}

impl Serialize for KeyId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for KeyId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// Strict base64 of exactly `N` bytes: each value has one text.
fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    STANDARD.decode(text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8032, 7.1, test 2.
    const SEED: &str = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
    const PUBLIC: &str = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
    const SIGNATURE: &str = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e\
                             458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";

    #[test]
    fn the_vector_of_rfc_8032_holds() {
        let key = SigningKey::from_bytes(&hex::decode(SEED).expect("hex"));
        assert_eq!(hex::encode(&key.public().to_bytes()), PUBLIC);
        assert_eq!(hex::encode(&key.sign(&[0x72])), SIGNATURE);
        assert!(key.public().verify(&[0x72], &hex::decode(SIGNATURE).expect("hex")));
        assert!(!key.public().verify(&[0x73], &hex::decode(SIGNATURE).expect("hex")));
    }

    #[test]
    fn a_public_key_reads_back_and_has_one_text_only() {
        let key = SigningKey::from_bytes(&[7; 32]).public();
        assert_eq!(key.to_string().parse(), Ok(key));
        assert_eq!(key.id().to_string().parse(), Ok(key.id()));
        let hash = hex::encode(&hex::sha256(&key.to_bytes()));
        assert_eq!(key.fingerprint().replace('-', ""), hash[..20]);
        let text = key.to_string();
        for wrong in [&text[8..], &text[..text.len() - 1], &text.replace("ed25519:", "Ed25519:"), ""] {
            assert_eq!(wrong.parse::<PublicKey>(), Err(Fault::BadKey), "{wrong}");
        }
        assert_eq!(PublicKey::from_bytes(&[0; 32]), Err(Fault::BadKey), "small order");
    }

    #[test]
    fn nothing_of_the_private_half_is_printed() {
        assert_eq!(format!("{:?}", SigningKey::from_bytes(&[7; 32])), "SigningKey(…)");
    }

    #[test]
    fn a_proof_of_possession_is_bound_to_its_bytes() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let proof = key.prove(b"nonce");
        assert!(key.public().proves(b"nonce", &proof));
        assert!(!key.public().proves(b"Nonce", &proof));
        assert!(!SigningKey::from_bytes(&[8; 32]).public().proves(b"nonce", &proof));
    }
}

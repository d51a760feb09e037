//! DSSE v1 envelopes (github.com/secure-systems-lab/dsse): a signature over exact bytes and their type, never
//! over re-written JSON. One envelope, one signature, one way of writing it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::key::{PublicKey, SigningKey};

/// Type of a manifest's statement.
pub const MANIFEST: &str = "application/vnd.chinhchu.manifest+json";
/// Type of a receipt.
pub const RECEIPT: &str = "application/vnd.chinhchu.receipt+json";
/// Type of an enrolment.
pub const ENROLMENT: &str = "application/vnd.chinhchu.enrolment+json";
/// Type of a witness frame's statement.
pub const WITNESS: &str = "application/vnd.chinhchu.witness+json";
/// Type of a day's root.
pub const DAY_ROOT: &str = "application/vnd.chinhchu.day-root+json";
/// Type of the word that a case is erased.
pub const ERASED: &str = "application/vnd.chinhchu.erased+json";
/// Type of a bundle's list of parts.
pub const BUNDLE: &str = "application/vnd.chinhchu.bundle+json";

/// Signed bytes. The fields stand in alphabetical order: writing it by way of a sorted map gives the same bytes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Envelope {
    /// Base64 of the signed bytes.
    pub payload: String,
    /// What the bytes are.
    pub payload_type: String,
    /// Exactly one.
    pub signatures: Vec<EnvelopeSignature>,
}

/// Who signed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnvelopeSignature {
    /// [`PublicKey::id`].
    pub keyid: String,
    /// Base64 of the 64 bytes.
    pub sig: String,
}

impl Envelope {
    /// Signs these bytes as being of this type.
    pub fn sign(payload_type: &str, payload: &[u8], key: &SigningKey) -> Self {
        let sig = STANDARD.encode(key.sign(&pae(payload_type, payload)));
        Self {
            payload: STANDARD.encode(payload),
            payload_type: payload_type.to_owned(),
            signatures: vec![EnvelopeSignature { keyid: key.public().id().to_string(), sig }],
        }
    }

    /// The signed bytes, if they are of this type and this key signed them.
    pub fn open(&self, payload_type: &str, key: &PublicKey) -> Result<Vec<u8>, Fault> {
        let [signature] = self.signatures.as_slice() else { return Err(Fault::NotAnEnvelope) };
        if self.payload_type != payload_type {
            return Err(Fault::WrongType);
        }
        if signature.keyid != key.id().to_string() {
            return Err(Fault::WrongKey);
        }
        let payload = STANDARD.decode(&self.payload).map_err(|_| Fault::NotAnEnvelope)?;
        let sig = STANDARD.decode(&signature.sig).map_err(|_| Fault::NotAnEnvelope)?;
        let sig: [u8; 64] = sig.try_into().map_err(|_| Fault::NotAnEnvelope)?;
        if key.verify(&pae(payload_type, &payload), &sig) { Ok(payload) } else { Err(Fault::BadSignature) }
    }

    /// As [`Self::open`], by whichever of these keys signed.
    pub fn open_any<'a>(
        &self,
        payload_type: &str,
        keys: &'a [PublicKey],
    ) -> Result<(Vec<u8>, &'a PublicKey), Fault> {
        let named = self.signatures.first().map(|signature| signature.keyid.as_str());
        let key = keys.iter().find(|key| named == Some(key.id().to_string().as_str()));
        let key = key.ok_or(Fault::WrongKey)?;
        self.open(payload_type, key).map(|payload| (payload, key))
    }

    /// Reads an envelope; only exactly as [`Self::to_bytes`] writes it.
    pub fn parse(bytes: &[u8]) -> Result<Self, Fault> {
        let envelope: Self = serde_json::from_slice(bytes).map_err(|_| Fault::NotAnEnvelope)?;
        if envelope.to_bytes() == bytes { Ok(envelope) } else { Err(Fault::NotAnEnvelope) }
    }

    /// JSON without spaces.
    pub fn to_bytes(&self) -> Vec<u8> {
        let signatures = self.signatures.iter().map(|signature| {
            format!(r#"{{"keyid":{},"sig":{}}}"#, text(&signature.keyid), text(&signature.sig))
        });
        let signatures: Vec<String> = signatures.collect();
        let (payload, payload_type) = (text(&self.payload), text(&self.payload_type));
        let signatures = signatures.join(",");
        format!(r#"{{"payload":{payload},"payloadType":{payload_type},"signatures":[{signatures}]}}"#)
            .into_bytes()
    }

    /// The same as a JSON value, for an answer.
    pub fn to_value(&self) -> serde_json::Value {
        let signatures = self.signatures.iter();
        let signatures: Vec<serde_json::Value> =
            signatures.map(|one| serde_json::json!({ "keyid": one.keyid, "sig": one.sig })).collect();
        serde_json::json!({
            "payload": self.payload, "payloadType": self.payload_type, "signatures": signatures,
        })
    }

    /// From a JSON value, as [`Self::to_value`] gave it.
    pub fn of_value(value: &serde_json::Value) -> Result<Self, Fault> {
        Self::deserialize(value).map_err(|_| Fault::NotAnEnvelope)
    }
}

fn text(value: &str) -> serde_json::Value {
    serde_json::Value::String(value.to_owned())
}

/// DSSE's pre-authentication encoding: what is really signed.
pub fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut bytes = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[7; 32])
    }

    #[test]
    fn the_encoding_is_that_of_the_specification() {
        // protocol.md of DSSE, "Test Vectors".
        assert_eq!(
            pae("http://example.com/HelloWorld", b"hello world"),
            b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
        );
    }

    #[test]
    fn an_envelope_opens_for_its_type_and_key_only() {
        let envelope = Envelope::sign(RECEIPT, b"{}", &key());
        assert_eq!(envelope.open(RECEIPT, &key().public()).as_deref(), Ok(&b"{}"[..]));
        assert_eq!(envelope.open(MANIFEST, &key().public()), Err(Fault::WrongType));
        let other = SigningKey::from_bytes(&[8; 32]).public();
        assert_eq!(envelope.open(RECEIPT, &other), Err(Fault::WrongKey));
        let mut renamed = envelope.clone();
        renamed.signatures[0].keyid = other.id().to_string();
        assert_eq!(renamed.open(RECEIPT, &other), Err(Fault::BadSignature));
        let mut retyped = envelope.clone();
        retyped.payload_type = MANIFEST.into();
        assert_eq!(retyped.open(MANIFEST, &key().public()), Err(Fault::BadSignature));
        let mut twice = envelope;
        twice.signatures.push(twice.signatures[0].clone());
        assert_eq!(twice.open(RECEIPT, &key().public()), Err(Fault::NotAnEnvelope));
    }

    #[test]
    fn any_flipped_bit_of_an_envelope_is_found() {
        let bytes = Envelope::sign(RECEIPT, b"{\"a\":1}", &key()).to_bytes();
        assert_eq!(Envelope::parse(&bytes).expect("reads").to_bytes(), bytes);
        for at in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[at / 8] ^= 1 << (at % 8);
            let opened = Envelope::parse(&flipped).and_then(|found| found.open(RECEIPT, &key().public()));
            assert!(opened.is_err(), "bit {at}");
        }
    }

    #[test]
    fn by_way_of_a_json_value_the_bytes_stay_the_same() {
        let envelope = Envelope::sign(RECEIPT, b"{}", &key());
        assert_eq!(serde_json::to_vec(&envelope).expect("json"), envelope.to_bytes());
        assert_eq!(serde_json::to_vec(&envelope.to_value()).expect("json"), envelope.to_bytes());
        assert_eq!(Envelope::of_value(&envelope.to_value()), Ok(envelope));
    }
}

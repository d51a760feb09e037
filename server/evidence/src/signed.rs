//! What the server signs: each a short JSON statement with a format of its own, in a DSSE envelope.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::dsse::Envelope;
use crate::fault::Fault;
use crate::hex;
use crate::key::{PublicKey, SigningKey};

/// A statement with its type and format.
pub trait Signed: Serialize + DeserializeOwned {
    /// Payload type of its envelope.
    const TYPE: &'static str;
    /// What its `format` must say.
    const FORMAT: &'static str;

    /// Its `format`.
    fn format(&self) -> &str;

    /// Signs it.
    fn sign(&self, key: &SigningKey) -> Result<Envelope, Fault> {
        if self.format() != Self::FORMAT {
            return Err(Fault::WrongFormat);
        }
        let bytes = serde_json::to_vec(self).map_err(|_| Fault::Unreadable)?;
        Ok(Envelope::sign(Self::TYPE, &bytes, key))
    }

    /// Reads it, if this key signed it.
    fn open(envelope: &Envelope, key: &PublicKey) -> Result<Self, Fault> {
        Self::read(&envelope.open(Self::TYPE, key)?)
    }

    /// Reads it, if one of these keys signed it; says which.
    fn open_any<'a>(envelope: &Envelope, keys: &'a [PublicKey]) -> Result<(Self, &'a PublicKey), Fault> {
        let (bytes, key) = envelope.open_any(Self::TYPE, keys)?;
        Ok((Self::read(&bytes)?, key))
    }

    /// Reads it from its exact bytes.
    fn read(bytes: &[u8]) -> Result<Self, Fault> {
        let statement: Self = serde_json::from_slice(bytes).map_err(|_| Fault::Unreadable)?;
        if statement.format() == Self::FORMAT { Ok(statement) } else { Err(Fault::WrongFormat) }
    }
}

/// SHA-256 of the bytes that an envelope signs, hex: by which the next statement names this one.
pub fn statement_sha256(envelope: &Envelope) -> Result<String, Fault> {
    use base64::Engine;
    let payload = base64::engine::general_purpose::STANDARD.decode(&envelope.payload);
    payload.map(|bytes| hex::sha256_hex(&bytes)).map_err(|_| Fault::NotAnEnvelope)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{receipt, server_key};
    use crate::receipt::Receipt;
    use crate::witness::Witness;

    #[test]
    fn a_statement_opens_for_what_it_is_and_for_nothing_else() {
        let envelope = receipt().sign(&server_key()).expect("signs");
        assert_eq!(Receipt::open(&envelope, &server_key().public()), Ok(receipt()));
        assert_eq!(Witness::open(&envelope, &server_key().public()).err(), Some(Fault::WrongType));
        let other = SigningKey::from_bytes(&[8; 32]).public();
        assert_eq!(Receipt::open_any(&envelope, &[other]).err(), Some(Fault::WrongKey));
        let keys = [other, server_key().public()];
        assert_eq!(Receipt::open_any(&envelope, &keys), Ok((receipt(), &keys[1])));
    }

    #[test]
    fn another_format_is_neither_signed_nor_read() {
        let old = Receipt { format: "chinhchu-receipt/0".into(), ..receipt() };
        assert_eq!(old.sign(&server_key()).err(), Some(Fault::WrongFormat));
        let bytes = serde_json::to_vec(&old).expect("json");
        let forced = Envelope::sign(Receipt::TYPE, &bytes, &server_key());
        assert_eq!(Receipt::open(&forced, &server_key().public()).err(), Some(Fault::WrongFormat));
    }
}

//! `Idempotency-Key`: a retry never makes a second call (I5).

use axum::http::HeaderMap;
use chinhchu_protocol::problem::ErrorCode;

use crate::http::ApiError;

/// Name of the header.
pub const HEADER: &str = "idempotency-key";
const MAX_CHARACTERS: usize = 128;

/// Reads the key: exactly one, 1–128 visible ASCII characters.
pub fn read(headers: &HeaderMap) -> Result<String, ApiError> {
    let refused =
        |detail: &str| ApiError::new(ErrorCode::IdempotencyKeyMissing, detail).with(HEADER, "missing");
    let mut values = headers.get_all(HEADER).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(refused("Send one Idempotency-Key, a fresh one for every new call."));
    };
    match value.to_str() {
        Ok(key) if (1..=MAX_CHARACTERS).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic()) => {
            Ok(key.to_owned())
        }
        Ok(_) | Err(_) => Err(refused("The Idempotency-Key must be 1 to 128 visible ASCII characters.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_one_header_of_visible_ascii() {
        let read_one = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.append(HEADER, value.parse().expect("header"));
            read(&headers).ok()
        };
        assert_eq!(read_one("EK-17:a"), Some("EK-17:a".to_owned()));
        assert_eq!(read_one(&"k".repeat(128)).map(|key| key.len()), Some(128));
        for bad in ["", "two words", &"k".repeat(129)] {
            assert_eq!(read_one(bad), None, "{bad:?}");
        }
        assert!(read(&HeaderMap::new()).is_err());
    }
}

//! Lower-case hex, one way of writing each value: upper case is not read.

use sha2::{Digest, Sha256};

/// SHA-256.
pub type Hash = [u8; 32];

/// The hash of some bytes.
pub fn sha256(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}

/// The hash of some bytes, lower-case hex.
pub fn sha256_hex(bytes: &[u8]) -> String {
    encode(&sha256(bytes))
}

/// Lower-case hex.
pub fn encode(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0x0f)]).collect()
}

/// Reads exactly `N` bytes of lower-case hex.
pub fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0_u8; N];
    if text.len() != 2 * N {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = value(pair[0])? << 4 | value(pair[1])?;
    }
    Some(bytes)
}

fn digit(nibble: u8) -> char {
    char::from(if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 })
}

fn value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_is_read_in_one_way_only() {
        assert_eq!(encode(&[0x00, 0xaf, 0x9c]), "00af9c");
        assert_eq!(decode("00af9c"), Some([0x00, 0xaf, 0x9c]));
        for wrong in ["00AF9C", "00af9", "00af9c0", "00af9g", ""] {
            assert_eq!(decode::<3>(wrong), None, "{wrong}");
        }
    }
}

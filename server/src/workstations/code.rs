//! One-time codes of IT: whoever holds one enrols one workstation without waiting.

use sha2::{Digest, Sha256};

/// No letters that look alike; 32 of them, so that a byte's low bits choose without favour.
const LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
/// 100 bits, in groups that can be read out on a telephone.
const LENGTH: usize = 20;
const GROUP: usize = 5;
/// A code as it is written, with room for dashes and spaces.
const MAX_WRITTEN: usize = 64;

/// A fresh code.
pub fn fresh(random: [u8; LENGTH]) -> String {
    let letters: Vec<String> =
        random.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)]).to_string()).collect();
    letters.chunks(GROUP).map(<[String]>::concat).collect::<Vec<_>>().join("-")
}

/// What is kept of a code; none if it cannot be one. Case, dashes and spaces don't count.
pub fn hash(written: &str) -> Option<[u8; 32]> {
    if written.len() > MAX_WRITTEN {
        return None;
    }
    let letters = written.bytes().filter(|byte| !matches!(byte, b'-' | b' '));
    let letters: Vec<u8> = letters.map(|byte| byte.to_ascii_uppercase()).collect();
    (letters.len() == LENGTH).then(|| Sha256::digest(&letters).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_write_it() {
        let code = fresh([7; LENGTH]);
        assert_eq!(code, "HHHHH-HHHHH-HHHHH-HHHHH");
        assert_eq!(hash(&code), hash(" hhhhh hhhhh-HHHHHhhhhh"));
        assert_ne!(hash(&code), hash(&fresh([8; LENGTH])));
        assert_eq!(hash("HHHHH"), None);
        assert_eq!(hash(&"H".repeat(65)), None);
    }
}

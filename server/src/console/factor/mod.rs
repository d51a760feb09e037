//! The second factor: time-based codes (RFC 6238: SHA-1, six digits, 30 s, one step of drift either way), and
//! recovery codes for who has lost the telephone.
//!
//! The secret is stored sealed for its person. A code is taken once: the last step that was used is stored, and
//! nothing at or before it counts again. Recovery codes are stored as hashes.

pub mod http;
pub mod sql;

use chinhchu_protocol::console::account::FactorOffer;
use chinhchu_protocol::ids::PersonId;
use chinhchu_protocol::time::Timestamp;
use qrcode::QrCode;
use qrcode::render::svg;
use sha2::{Digest, Sha256};
use totp_rs::{Builder, Secret, Totp};

use crate::agents::password::letters;
use crate::objects::Keys;

/// Shown by authenticator apps beside the account's name.
const ISSUER: &str = "Chính Chủ";
/// 160 bits, as RFC 4226 recommends.
const SECRET_BYTES: usize = 20;
/// So many recovery codes at a time.
pub const RECOVERY_CODES: usize = 10;
/// Letters of a recovery code, 5 bits each.
const RECOVERY_LETTERS: usize = 20;

/// A secret that cannot be used: opened with the wrong key, or of the wrong shape.
#[derive(Debug, thiserror::Error)]
#[error("the second factor cannot be read")]
pub struct FactorFault;

/// A fresh secret: sealed for its person, and as the person's app wants it.
pub fn fresh(keys: &Keys, person: PersonId, username: &str) -> Result<(Vec<u8>, FactorOffer), FactorFault> {
    let bytes: [u8; SECRET_BYTES] = rand::random();
    let totp = of(bytes, username)?;
    let uri = totp.to_url().map_err(|_| FactorFault)?;
    let code = QrCode::new(uri.as_bytes()).map_err(|_| FactorFault)?;
    // As black on white also where the page is dark, or phones do not read it.
    let qr_svg = code
        .render::<svg::Color<'_>>()
        .min_dimensions(240, 240)
        .dark_color(svg::Color("#000"))
        .light_color(svg::Color("#fff"))
        .build();
    let sealed = keys.secrets().seal(&place(person), &bytes);
    Ok((sealed, FactorOffer { secret: totp.secret().to_base32(), uri, qr_svg }))
}

/// The time step that a code belongs to, if it is one of now.
pub fn step_of(
    keys: &Keys,
    person: PersonId,
    sealed: &[u8],
    code: &str,
    now: Timestamp,
) -> Result<Option<u64>, FactorFault> {
    let bytes = keys.secrets().open(&place(person), sealed).map_err(|_| FactorFault)?;
    let totp = of(bytes.try_into().map_err(|_| FactorFault)?, "")?;
    let code: String = code.chars().filter(|c| !c.is_whitespace()).take(16).collect();
    let seconds = u64::try_from(now.ms() / 1_000).map_err(|_| FactorFault)?;
    Ok(totp.check(&code, seconds))
}

/// The algorithm with its secret. Pure.
fn of(secret: [u8; SECRET_BYTES], username: &str) -> Result<Totp, FactorFault> {
    Builder::new()
        .with_secret(Secret::new_stack(secret))
        .with_issuer(Some(ISSUER))
        .with_account_name(username)
        .with_digits(6)
        .with_skew(1)
        .with_step_duration(30)
        .build()
        .map_err(|_| FactorFault)
}

/// A secret that was copied to another person's row opens nothing.
fn place(person: PersonId) -> Vec<u8> {
    [b"second factor/1:", person.0.as_bytes().as_slice()].concat()
}

/// Fresh recovery codes and what is stored of them.
pub fn recovery_codes(person: PersonId) -> (Vec<String>, Vec<[u8; 32]>) {
    let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| letters(RECOVERY_LETTERS)).collect();
    let hashes = codes.iter().map(|code| recovery_hash(person, code)).collect();
    (codes, hashes)
}

/// As stored. With 100 random bits a plain hash cannot be guessed; dashes, spaces and case do not count.
pub fn recovery_hash(person: PersonId, code: &str) -> [u8; 32] {
    let plain: String =
        code.chars().filter(char::is_ascii_alphanumeric).take(64).map(|c| c.to_ascii_lowercase()).collect();
    Sha256::new().chain_update(person.0.as_bytes()).chain_update(plain.as_bytes()).finalize().into()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn keys() -> (tempfile::TempDir, Keys) {
        let folder = tempfile::tempdir().expect("folder");
        let keys = Keys::open(folder.path()).expect("keys");
        (folder, keys)
    }

    /// Appendix B of RFC 6238, cut to six digits.
    #[test]
    fn the_codes_are_those_of_the_rfc() {
        let totp = of(*b"12345678901234567890", "").expect("totp");
        for (at, code) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")]
        {
            assert_eq!(totp.generate(at).to_string(), code);
        }
    }

    #[test]
    fn a_code_counts_in_its_step_and_one_beside_it_and_for_its_person_only() {
        let (_folder, keys) = keys();
        let (hoa, lan) = (PersonId(Uuid::from_u128(1)), PersonId(Uuid::from_u128(2)));
        let (sealed, offer) = fresh(&keys, hoa, "hoa").expect("fresh");
        assert!(offer.uri.starts_with("otpauth://totp/") && offer.uri.contains(&offer.secret));
        assert!(offer.qr_svg.contains("<svg"));
        let at = |seconds: i64| Timestamp::from_ms(seconds * 1_000);
        let secret = Secret::try_from_base32(&offer.secret).expect("base32");
        let code =
            of(secret.as_bytes().try_into().expect("bytes"), "").expect("totp").generate(3_000).to_string();
        let step = |person, seconds| step_of(&keys, person, &sealed, &code, at(seconds));
        for seconds in [2_970, 3_000, 3_029, 3_059] {
            assert_eq!(step(hoa, seconds).expect("opens"), Some(100), "{seconds}");
        }
        assert_eq!(step(hoa, 3_060).expect("opens"), None);
        assert_eq!(step(hoa, 2_969).expect("opens"), None);
        assert!(step(lan, 3_000).is_err(), "another's secret");
        let spaced = format!("{} {}", &code[..3], &code[3..]);
        assert_eq!(step_of(&keys, hoa, &sealed, &spaced, at(3_000)).expect("opens"), Some(100));
        for strange in ["", "12345", "abcdef", "１２３４５６", "0000000"] {
            assert_eq!(step_of(&keys, hoa, &sealed, strange, at(3_000)).expect("opens"), None);
        }
    }

    #[test]
    fn a_recovery_code_is_read_as_people_type_it_and_only_for_its_person() {
        let (hoa, lan) = (PersonId(Uuid::from_u128(1)), PersonId(Uuid::from_u128(2)));
        let (codes, hashes) = recovery_codes(hoa);
        assert_eq!((codes.len(), hashes.len()), (RECOVERY_CODES, RECOVERY_CODES));
        assert_eq!(recovery_hash(hoa, &codes[0].to_uppercase().replace('-', " ")), hashes[0]);
        assert_ne!(recovery_hash(lan, &codes[0]), hashes[0]);
    }
}

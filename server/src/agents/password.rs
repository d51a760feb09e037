//! Passwords of people: argon2id, and the same work for a user name that does not exist.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};

/// A password could not be hashed.
#[derive(Debug, thiserror::Error)]
#[error("the password cannot be hashed")]
pub struct HashError;

/// Hashes a password for storage (PHC string). Takes tens of milliseconds: not on a thread of the runtime.
pub fn hash(password: &str) -> Result<String, HashError> {
    let hash = Argon2::default().hash_password(password.as_bytes()).map_err(|_| HashError)?;
    Ok(hash.to_string())
}

/// Whether a password fits. Without a stored hash it does the same work and says no, so that the time tells
/// nobody which user names exist.
pub fn verify(password: &str, stored: Option<&str>) -> bool {
    let Some(parsed) = stored.and_then(|text| PasswordHash::new(text).ok()) else {
        let _ = hash(password);
        return false;
    };
    Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_fits_its_own_hash_only() {
        let stored = hash("đúng rồi").expect("hash");
        assert!(stored.starts_with("$argon2id$"));
        assert!(verify("đúng rồi", Some(&stored)));
        assert!(!verify("sai", Some(&stored)));
        assert!(!verify("đúng rồi", None));
    }
}

//! Passwords of people: argon2id, and the same work for a user name that does not exist.

use std::sync::Arc;
use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

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

/// 100 random bits in groups that can be read out on a telephone; no letters that look alike.
pub fn fresh() -> String {
    letters(20)
}

/// Random letters (5 bits each) in groups of five; none look alike.
pub fn letters(count: usize) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let letter = |_| char::from(LETTERS[usize::from(rand::random::<u8>() % 32)]);
    let letters: Vec<char> = (0..count).map(letter).collect();
    letters.chunks(5).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// Checks one password at a time per place; a place stays taken until the work is done, even if whoever
/// asked has gone away.
pub struct Checks {
    places: Arc<Semaphore>,
    longest_wait: Duration,
}

/// No place came free in time.
#[derive(Debug, thiserror::Error)]
#[error("too many passwords are being checked")]
pub struct Busy;

impl Checks {
    /// As many at once; others wait for so long.
    pub fn new(places: usize, longest_wait: Duration) -> Self {
        Self { places: Arc::new(Semaphore::new(places)), longest_wait }
    }

    /// [`verify`] on a thread of its own.
    pub async fn verify(&self, password: String, stored: Option<String>) -> Result<bool, Busy> {
        let place = tokio::time::timeout(self.longest_wait, self.places.clone().acquire_owned());
        let place = place.await.map_err(|_| Busy)?.map_err(|_| Busy)?;
        let checked = tokio::task::spawn_blocking(move || {
            let fits = verify(&password, stored.as_deref());
            drop(place);
            fits
        });
        checked.await.map_err(|_| Busy)
    }

    /// [`hash`] on a thread of its own, in a place as the checks have.
    pub async fn hash(&self, password: String) -> Result<String, Busy> {
        let place = tokio::time::timeout(self.longest_wait, self.places.clone().acquire_owned());
        let place = place.await.map_err(|_| Busy)?.map_err(|_| Busy)?;
        let hashed = tokio::task::spawn_blocking(move || {
            let hashed = hash(&password);
            drop(place);
            hashed
        });
        hashed.await.map_err(|_| Busy)?.map_err(|_| Busy)
    }

    /// How many could begin now.
    pub fn free(&self) -> usize {
        self.places.available_permits()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_that_nobody_waits_for_any_more_still_holds_its_place() {
        let checks = Arc::new(Checks::new(1, Duration::from_secs(10)));
        // The work may be done before it is looked at: then once more.
        for _ in 0..10 {
            let asked = tokio::spawn({
                let checks = checks.clone();
                async move { checks.verify("mật khẩu".repeat(20), None).await }
            });
            while checks.free() == 1 && !asked.is_finished() {
                tokio::task::yield_now().await;
            }
            asked.abort();
            let gone = asked.await.is_err_and(|error| error.is_cancelled());
            if gone && checks.free() == 0 {
                return;
            }
        }
        panic!("whoever hangs up frees a place while the work goes on");
    }

    #[tokio::test]
    async fn whoever_finds_no_place_in_time_is_told_so() {
        let checks = Checks::new(0, Duration::ZERO);
        assert!(checks.verify("x".to_owned(), None).await.is_err());
    }

    #[test]
    fn a_password_fits_its_own_hash_only() {
        let stored = hash("đúng rồi").expect("hash");
        assert!(stored.starts_with("$argon2id$"));
        assert!(verify("đúng rồi", Some(&stored)));
        assert!(!verify("sai", Some(&stored)));
        assert!(!verify("đúng rồi", None));
    }
}

//! How often a user name may be tried: five wrong passwords, then one try a minute.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use chinhchu_protocol::time::Timestamp;

/// Wrong tries that cost nothing.
pub const FREE_TRIES: u32 = 5;
const PAUSE_MS: i64 = 60_000;
/// After a quiet time a name starts anew.
pub const FORGET_MS: i64 = 15 * 60_000;
/// More names than this at once are an attack on the table itself: then every further name waits.
const MAX_NAMES: usize = 10_000;

/// Wrong tries by user name (lower case).
#[derive(Default)]
pub struct Attempts {
    wrong: Mutex<HashMap<String, (u32, Timestamp)>>,
}

impl Attempts {
    /// Takes one try; gives the seconds to wait if there is none left.
    pub fn take(&self, username: &str, now: Timestamp) -> Result<(), u32> {
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        if wrong.len() >= MAX_NAMES {
            wrong.retain(|_, (_, last)| now.ms_since(*last) < FORGET_MS);
        }
        let name = username.to_lowercase();
        if wrong.len() >= MAX_NAMES && !wrong.contains_key(&name) {
            return Err(60);
        }
        let (count, last) = wrong.entry(name).or_insert((0, now));
        if now.ms_since(*last) >= FORGET_MS {
            *count = 0;
        }
        let left = PAUSE_MS - now.ms_since(*last);
        if *count >= FREE_TRIES && left > 0 {
            return Err(u32::try_from(left / 1_000 + 1).unwrap_or(60));
        }
        // Counted before the password is checked, so that many tries at once gain nothing.
        (*count, *last) = (*count + 1, now);
        Ok(())
    }

    /// The password was right.
    pub fn clear(&self, username: &str) {
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner).remove(&username.to_lowercase());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_five_wrong_passwords_a_name_must_wait_and_others_need_not() {
        let attempts = Attempts::default();
        let now = Timestamp::from_ms(1_000_000);
        for _ in 0..5 {
            attempts.take("Hoa", now).expect("free");
        }
        assert!(attempts.take("hoa", now).is_err());
        attempts.take("lan", now).expect("another name");
        attempts.take("hoa", now.plus_ms(60_000)).expect("after a minute");
        assert!(attempts.take("hoa", now.plus_ms(60_001)).is_err());
        attempts.clear("HOA");
        attempts.take("hoa", now.plus_ms(60_002)).expect("starts anew");
    }
}

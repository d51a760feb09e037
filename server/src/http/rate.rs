//! Rate limits: a bucket per company and per address, bounded in number. Full buckets are forgotten.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use chinhchu_protocol::problem::ErrorCode;
use chinhchu_protocol::time::Timestamp;

use super::ApiError;

/// More keys than this are not told apart: they share one bucket.
const MAX_KEYS: usize = 10_000;

/// How much is let through.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// At once, after a quiet time.
    pub burst: u32,
    /// In the long run, per minute.
    pub per_minute: u32,
}

/// Requests of one company's tokens: far above the need of a whole country (10 calls a second).
pub const COMPANY: Rate = Rate { burst: 600, per_minute: 6_000 };
/// Sign-ins from one address: a shift of agents behind one NAT, not a guesser of passwords.
pub const SIGN_IN: Rate = Rate { burst: 60, per_minute: 60 };

#[derive(Clone, Copy)]
struct Bucket {
    /// In thousandths of a request.
    left: i64,
    at: Timestamp,
}

/// Buckets of one kind.
pub struct RateLimit {
    rate: Rate,
    buckets: Mutex<HashMap<String, Bucket>>,
}

impl RateLimit {
    /// Nothing used yet.
    pub fn new(rate: Rate) -> Self {
        Self { rate, buckets: Mutex::new(HashMap::new()) }
    }

    /// Takes one request out of the bucket of `key`, or says when to come back.
    pub fn take(&self, key: &str, now: Timestamp) -> Result<(), ApiError> {
        let full = i64::from(self.rate.burst) * 1000;
        // Thousandths a millisecond = requests a second.
        let refill = |ms: i64| ms.max(0).saturating_mul(i64::from(self.rate.per_minute)) / 60;
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MAX_KEYS && !buckets.contains_key(key) {
            buckets.retain(|_, bucket| bucket.left + refill(now.ms_since(bucket.at)) < full);
        }
        let key = if buckets.len() >= MAX_KEYS && !buckets.contains_key(key) { "" } else { key };
        let bucket = buckets.entry(key.to_owned()).or_insert(Bucket { left: full, at: now });
        bucket.left = (bucket.left + refill(now.ms_since(bucket.at))).min(full);
        bucket.at = now;
        if bucket.left < 1000 {
            return Err(ApiError::new(ErrorCode::RateLimited, "Too many requests; slow down.").retry_after(1));
        }
        bucket.left -= 1000;
        Ok(())
    }
}

/// The limits of a server.
pub struct RateLimits {
    /// By company.
    pub company: RateLimit,
    /// By address.
    pub sign_in: RateLimit,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self { company: RateLimit::new(COMPANY), sign_in: RateLimit::new(SIGN_IN) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_then_the_rate_holds_and_keys_do_not_disturb_each_other() {
        let limit = RateLimit::new(Rate { burst: 3, per_minute: 60 });
        let at = Timestamp::from_ms(1_000_000);
        let passed = (0..10).filter(|_| limit.take("1", at).is_ok()).count();
        assert_eq!(passed, 3);
        assert!(limit.take("2", at).is_ok());
        assert!(limit.take("1", at.plus_ms(900)).is_err());
        assert!(limit.take("1", at.plus_ms(1_900)).is_ok());
    }
}

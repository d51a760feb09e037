//! When a delivery that was not acknowledged is tried again. Pure.

/// First wait, ms.
const FIRST_MS: i64 = 1_000;
/// Longest wait between two tries, ms.
const LONGEST_MS: i64 = 60 * 60 * 1_000;
/// After this many tries (about 30 hours) nobody is waiting any more; a person can send it again.
pub const MAX_ATTEMPTS: u32 = 40;

/// The wait after the try number `attempts` (from 1) failed, or `None` to give up. `jitter` spreads tries of
/// many deliveries over the last quarter of the wait.
pub fn wait_ms(attempts: u32, jitter: u16) -> Option<i64> {
    if attempts >= MAX_ATTEMPTS {
        return None;
    }
    let doubled = FIRST_MS << attempts.saturating_sub(1).min(20);
    let wait = doubled.min(LONGEST_MS);
    Some(wait - wait / 4 * i64::from(jitter) / i64::from(u16::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_an_hour_and_last_more_than_a_day() {
        assert_eq!(wait_ms(1, 0), Some(1_000));
        assert_eq!(wait_ms(2, 0), Some(2_000));
        assert_eq!(wait_ms(30, 0), Some(LONGEST_MS));
        assert_eq!(wait_ms(MAX_ATTEMPTS, 0), None);
        let shortest: i64 = (1..MAX_ATTEMPTS).filter_map(|n| wait_ms(n, u16::MAX)).sum();
        assert!(shortest >= 20 * 60 * 60 * 1_000, "{shortest}");
        let usual: i64 = (1..MAX_ATTEMPTS).filter_map(|n| wait_ms(n, u16::MAX / 2)).sum();
        assert!(usual >= 24 * 60 * 60 * 1_000, "{usual}");
    }
}

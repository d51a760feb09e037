//! When to try again: doubling from a second to a minute, a quarter of it by chance, so that a thousand
//! workstations do not come back at the same moment. Time and chance are arguments.

/// First pause, ms.
pub const FIRST_MS: u64 = 1_000;
/// Longest pause, ms.
pub const LONGEST_MS: u64 = 60_000;

/// Pause after `attempts` tries that failed; `chance` is from 0 (no jitter) to 1.
pub fn pause_ms(attempts: u32, chance: f64, first_ms: u64, longest_ms: u64) -> u64 {
    let doubled = first_ms.saturating_mul(1_u64.checked_shl(attempts.min(32)).unwrap_or(u64::MAX));
    let whole = doubled.min(longest_ms);
    // Up to a quarter less: never longer than the longest, never zero.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a quarter of at most a minute, in milliseconds"
    )]
    let less = (whole as f64 / 4.0 * chance.clamp(0.0, 1.0)) as u64;
    whole - less
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_minute_and_jitter_only_shortens_them() {
        let whole: Vec<u64> = (0..8).map(|n| pause_ms(n, 0.0, FIRST_MS, LONGEST_MS)).collect();
        assert_eq!(whole, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
        assert_eq!(pause_ms(3, 1.0, FIRST_MS, LONGEST_MS), 6_000);
        assert_eq!(pause_ms(u32::MAX, 1.0, FIRST_MS, LONGEST_MS), 45_000);
    }
}

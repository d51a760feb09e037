//! Numbers that look random and are the same for the same seed.

/// Of a seed and a position (SplitMix64).
pub fn number(seed: u64, position: u64) -> u64 {
    let mut z = seed.wrapping_add(position.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// From above 0 to 1.
pub fn share(seed: u64, position: u64) -> f64 {
    let top = u32::try_from(number(seed, position) >> 32).unwrap_or(u32::MAX);
    (f64::from(top) + 1.0) / 4_294_967_296.0
}

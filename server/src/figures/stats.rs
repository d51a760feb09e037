//! Intervals and tests for the evaluation of a trial. Pure; formulas and sources stand at each function.

/// Of the standard normal distribution, 97.5 %: for intervals of 95 %.
pub const Z: f64 = 1.959_963_984_540_054;
/// A difference counts as shown below this.
pub const ALPHA: f64 = 0.05;
/// Fewer times give no interval for the median at 95 %.
const FEWEST: usize = 6;

/// Wilson's interval for a share (E. B. Wilson 1927).
pub fn wilson(count: u32, of: u32) -> Option<(f64, f64)> {
    if of == 0 {
        return None;
    }
    let (n, p) = (f64::from(of), f64::from(count) / f64::from(of));
    let z2 = Z * Z;
    let middle = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    Some(((middle - half).max(0.0), (middle + half).min(1.0)))
}

/// Below this expected count in any of the four fields the normal distribution is no likeness of a share
/// (W. G. Cochran 1954).
const FEWEST_EXPECTED: f64 = 5.0;
/// Tables as likely as the one that was found, but for rounding.
const AS_LIKELY: f64 = 1.0 + 1e-7;

/// Chance of so different shares if they were the same, two-sided: with the pooled share, or Fisher's exact test
/// where an expected count is small.
pub fn shares_differ(a: (u32, u32), b: (u32, u32)) -> Option<f64> {
    if a.1 == 0 || b.1 == 0 {
        return None;
    }
    let (na, nb) = (f64::from(a.1), f64::from(b.1));
    let pooled = (f64::from(a.0) + f64::from(b.0)) / (na + nb);
    if pooled.min(1.0 - pooled) * na.min(nb) < FEWEST_EXPECTED {
        return Some(fisher(a, b));
    }
    let error = (pooled * (1.0 - pooled) * (1.0 / na + 1.0 / nb)).sqrt();
    Some(two_sided((f64::from(a.0) / na - f64::from(b.0) / nb) / error))
}

/// Fisher's exact test (R. A. Fisher 1934), two-sided: of all tables with these sums, those that are not more
/// likely than the one that was found. A step for each table: few, as one of the sums is small.
#[expect(clippy::cast_precision_loss, reason = "counts of calls")]
fn fisher(a: (u32, u32), b: (u32, u32)) -> f64 {
    let (na, nb) = (i64::from(a.1), i64::from(b.1));
    let hits = i64::from(a.0) + i64::from(b.0);
    let (least, most) = ((hits - nb).max(0), hits.min(na));
    let found = i64::from(a.0);
    // How likely one hit more in `a` is, by how likely this many are; each likelihood is told by that of `found`.
    let step = |k: i64| {
        let (up, down) = ((hits - k, na - k), (k + 1, nb - hits + k + 1));
        up.0 as f64 * up.1 as f64 / (down.0 as f64 * down.1 as f64)
    };
    let (mut all, mut unlikely) = (1.0, 1.0);
    let mut count = |likely: f64| {
        all += likely;
        if likely <= AS_LIKELY {
            unlikely += likely;
        }
    };
    let mut likely = 1.0;
    for k in found..most {
        likely *= step(k);
        count(likely);
    }
    likely = 1.0;
    for k in (least..found).rev() {
        likely /= step(k);
        count(likely);
    }
    (unlikely / all).min(1.0)
}

/// Interval for the median that asks nothing of the distribution: the values at the places
/// n/2 ± z√n/2 of the sorted list (W. J. Conover, Practical Nonparametric Statistics, 3.2). `list` is sorted.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "places in a list"
)]
pub fn median_interval(list: &[u32]) -> Option<(f64, f64)> {
    let n = list.len();
    if n < FEWEST {
        return None;
    }
    let (half, reach) = (n as f64 / 2.0, Z * (n as f64).sqrt() / 2.0);
    let low = (half - reach).floor().max(1.0) as usize;
    let high = ((1.0 + half + reach).ceil() as usize).min(n);
    Some((f64::from(*list.get(low - 1)?), f64::from(*list.get(high - 1)?)))
}

/// What Mann and Whitney's test says of two lists of times.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Ranked {
    /// Chance of so different times if they were spread alike.
    pub p: f64,
    /// Of all pairs of one time of each list, the share in which the first list's is the longer (ties half): U ÷
    /// (n·m). This is what differs, and its direction; the medians may say otherwise.
    pub longer: f64,
}

/// Mann and Whitney's test, with ties and continuity corrected. Both lists are sorted.
#[expect(clippy::cast_precision_loss, reason = "counts of calls")]
pub fn times_differ(a: &[u32], b: &[u32]) -> Option<Ranked> {
    if a.is_empty() || b.is_empty() {
        return None;
    }
    let (na, nb) = (a.len() as f64, b.len() as f64);
    let (ranks, ties) = ranks_of_first(a, b);
    let n = na + nb;
    let u = ranks - na * (na + 1.0) / 2.0;
    let longer = u / (na * nb);
    let spread = (na * nb / 12.0 * ((n + 1.0) - ties / (n * (n - 1.0)))).sqrt();
    if spread <= 0.0 || spread.is_nan() {
        // All times are the same.
        return Some(Ranked { p: 1.0, longer });
    }
    let off = ((u - na * nb / 2.0).abs() - 0.5).max(0.0);
    Some(Ranked { p: two_sided(off / spread), longer })
}

/// Sum of the ranks of `a` in both lists together (ties share theirs), and Σ(t³ − t) over ties of t.
#[expect(clippy::cast_precision_loss, reason = "counts of calls")]
fn ranks_of_first(a: &[u32], b: &[u32]) -> (f64, f64) {
    let (mut here, mut there, mut before, mut ranks, mut ties) = (0, 0, 0.0, 0.0, 0.0);
    while let Some(next) = a.get(here).into_iter().chain(b.get(there)).min().copied() {
        let same = |list: &[u32], from: usize| list.iter().skip(from).take_while(|one| **one == next).count();
        let (in_a, in_b) = (same(a, here), same(b, there));
        let count = (in_a + in_b) as f64;
        ranks += in_a as f64 * (before + f64::midpoint(count, 1.0));
        ties += count * count * count - count;
        before += count;
        here += in_a;
        there += in_b;
    }
    (ranks, ties)
}

/// Chance of so different rates of verifications per hour paid: normal test of the logarithms, each with the
/// error 1/√n of a count.
pub fn rates_differ(a: (f64, u32), b: (f64, u32)) -> Option<f64> {
    if a.1 == 0 || b.1 == 0 || a.0 <= 0.0 || b.0 <= 0.0 {
        return None;
    }
    let error = (1.0 / f64::from(a.1) + 1.0 / f64::from(b.1)).sqrt();
    Some(two_sided((a.0 / b.0).ln() / error))
}

/// Holm's correction (S. Holm 1979): the chances, each multiplied so that all together err in 5 % at most.
#[expect(clippy::cast_precision_loss, reason = "a few comparisons")]
pub fn holm(chances: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..chances.len()).collect();
    order.sort_by(|a, b| chances[*a].total_cmp(&chances[*b]));
    let mut corrected = vec![0.0; chances.len()];
    let mut least: f64 = 0.0;
    for (place, n) in order.iter().enumerate() {
        least = least.max((chances.len() - place) as f64 * chances[*n]).min(1.0);
        corrected[*n] = least;
    }
    corrected
}

/// Chance of a standard normal value at least so far from 0.
pub fn two_sided(z: f64) -> f64 {
    erfc(z.abs() / std::f64::consts::SQRT_2)
}

/// 1 − erf: by its series near 0, by its continued fraction elsewhere (NIST DLMF 7.6.2, 7.9.2).
fn erfc(x: f64) -> f64 {
    let scale = (-x * x).exp() / std::f64::consts::PI.sqrt();
    if x < 2.5 {
        let (mut term, mut sum, mut n) = (x, x, 0.0);
        while term > sum * 1e-17 && term > 0.0 {
            n += 1.0;
            term *= 2.0 * x * x / (2.0 * n + 1.0);
            sum += term;
        }
        return (1.0 - 2.0 * scale * sum).max(0.0);
    }
    let mut fraction = 0.0;
    for n in (1..=60).rev() {
        fraction = f64::from(n) / 2.0 / (x + fraction);
    }
    scale / (x + fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, wanted: f64) {
        assert!((found - wanted).abs() < 1e-6, "{found} is not {wanted}");
    }

    /// Published values: scipy.stats and statsmodels give the same.
    #[test]
    fn intervals_and_chances_are_those_of_the_tables() {
        let (low, high) = wilson(81, 263).expect("interval");
        // R. G. Newcombe 1998, table I: 81 of 263 gives 0.2553 to 0.3662.
        assert!((low - 0.2553).abs() < 5e-5 && (high - 0.3662).abs() < 5e-5, "{low} {high}");
        let (low, high) = wilson(0, 20).expect("interval");
        // The same table: 0 of 20 gives 0.0000 to 0.1611.
        assert!(low == 0.0 && (high - 0.1611).abs() < 5e-5, "{high}");
        near(two_sided(1.959_963_984_540_054), 0.05);
        near(two_sided(0.0), 1.0);
        near(two_sided(2.575_829_303_548_901), 0.01);
        near(two_sided(5.0) * 1e6, 0.573_303_143_7);
        near(two_sided(3.535), two_sided(3.536) + 7.7e-7);
    }

    #[test]
    fn shares_are_compared_with_the_pooled_share() {
        // 30/100 against 45/100: pooled 0.375, z = −2.1909, p = 0.02846.
        let p = shares_differ((30, 100), (45, 100)).expect("chance");
        assert!((p - 0.028_46).abs() < 1e-5, "{p}");
        // SciPy 1.17; Fisher's exact test would say 0.109.
        near(shares_differ((20, 200), (11, 60)).expect("chance"), 0.080_634_157_776_655_04);
        assert_eq!(shares_differ((5, 5), (9, 9)), Some(1.0));
        assert_eq!(shares_differ((0, 0), (9, 9)), None);
    }

    /// Values of `scipy.stats.fisher_exact` 1.17.
    #[test]
    fn rare_events_are_compared_by_fishers_exact_test() {
        let cases = [
            ((1, 5_000), (1, 50), 0.019_705_892_157_843_234),
            ((4_999, 5_000), (49, 50), 0.019_705_892_157_843_234),
            ((0, 400), (1, 40), 0.090_909_090_909_090_91),
            ((3, 10), (9, 12), 0.083_557_309_563_501_5),
            ((0, 3), (3, 3), 0.1),
            ((2, 2_000_000), (9, 1_000_000), 0.001_371_716_033_251_840_8),
        ];
        for (a, b, wanted) in cases {
            near(shares_differ(a, b).expect("chance"), wanted);
            near(shares_differ(b, a).expect("chance"), wanted);
        }
    }

    #[test]
    fn times_are_compared_by_their_ranks() {
        // `scipy.stats.mannwhitneyu` 1.17, asymptotic with continuity: U = 0 of 5 × 5.
        let found = times_differ(&[1, 2, 3, 4, 5], &[6, 7, 8, 9, 10]).expect("chance");
        near(found.p, 0.012_185_780_355_344_813);
        near(found.longer, 0.0);
        let (a, b) = ([100, 110, 120, 180, 190, 200], [90, 150, 180, 300, 400, 500, 600]);
        let found = times_differ(&a, &b).expect("chance");
        near(found.p, 0.197_925_634_484_521_6);
        near(found.longer, 11.5 / 42.0);
        near(times_differ(&b, &a).expect("chance").longer, 30.5 / 42.0);
        // Ties share ranks: 1, 2.5, 2.5 against 4.5, 4.5, 6 → R = 6, Σ(t³ − t) = 12.
        assert_eq!(ranks_of_first(&[1, 2, 2], &[3, 3, 4]), (6.0, 12.0));
        assert_eq!(times_differ(&[3, 3], &[3, 3, 3]), Some(Ranked { p: 1.0, longer: 0.5 }));
        assert_eq!(times_differ(&[], &[1]), None);
    }

    #[test]
    fn the_median_lies_between_two_places_of_the_list() {
        let list: Vec<u32> = (1..=100).collect();
        assert_eq!(median_interval(&list), Some((40.0, 61.0)));
        assert_eq!(median_interval(&[1, 2, 3, 4, 5]), None);
        assert_eq!(median_interval(&[1, 2, 3, 4, 5, 6]), Some((1.0, 6.0)));
    }

    #[test]
    fn holm_multiplies_the_least_chance_most_and_keeps_their_order() {
        let corrected = holm(&[0.01, 0.04, 0.03, 0.005]);
        for (found, wanted) in corrected.iter().zip([0.03, 0.06, 0.06, 0.02]) {
            near(*found, wanted);
        }
        assert!(holm(&[]).is_empty());
        near(holm(&[0.9, 0.8])[0], 1.0);
    }

    #[test]
    fn a_rate_is_as_sure_as_its_count() {
        let p = rates_differ((2.0, 100), (1.0, 100)).expect("chance");
        near(p, two_sided(2.0_f64.ln() / 0.02_f64.sqrt()));
        assert_eq!(rates_differ((2.0, 0), (1.0, 100)), None);
    }
}

//! How a company's calls are shared among partners (C2): integer counters of what was offered lately, compared
//! by weight. Old offers fade, so that a partner who comes back after hours is not owed all of them.

use std::collections::BTreeMap;

/// One offer. More than 1, so that halving loses little.
const OFFER: u64 = 1 << 16;
/// At so many offers every counter is halved.
const MEMORY: u64 = 128 * OFFER;

/// What was lately offered to the agents of each partner; `""` stands for the company's own staff.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct Shares(BTreeMap<String, u64>);

impl Shares {
    /// An offer was made.
    pub(crate) fn offered(&mut self, partner: &str) {
        let count = self.0.entry(partner.to_owned()).or_default();
        *count = count.saturating_add(OFFER);
        let sum: u64 = self.0.values().fold(0, |sum, count| sum.saturating_add(*count));
        if sum >= MEMORY {
            for count in self.0.values_mut() {
                *count /= 2;
            }
        }
    }

    /// The offer was closed without an accept: it was no call.
    pub(crate) fn not_taken(&mut self, partner: &str) {
        if let Some(count) = self.0.get_mut(partner) {
            *count = count.saturating_sub(OFFER);
        }
    }

    /// Partners by what they are owed, most first; equals have the same rank, who has no weight has none.
    pub(crate) fn ranks<'w>(&self, weights: &'w BTreeMap<String, u32>) -> BTreeMap<&'w str, usize> {
        let had = |partner: &str| u128::from(self.0.get(partner).copied().unwrap_or(0));
        let mut named: Vec<(&str, u128, u128)> = weights
            .iter()
            .filter(|(_, weight)| **weight > 0)
            .map(|(partner, weight)| (partner.as_str(), had(partner), u128::from(*weight)))
            .collect();
        named.sort_by(|a, b| (a.1 * b.2).cmp(&(b.1 * a.2)));
        let mut ranks = BTreeMap::new();
        let mut rank = 0;
        for (n, (partner, had, weight)) in named.iter().enumerate() {
            let before = n.checked_sub(1).and_then(|n| named.get(n));
            if before.is_some_and(|(_, less, their)| less * weight < had * their) {
                rank += 1;
            }
            ranks.insert(*partner, rank);
        }
        ranks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// C2: 7 to 3, however long it goes on.
    #[test]
    fn calls_are_shared_by_weight() {
        let weights = [("A".to_owned(), 7), ("B".to_owned(), 3), ("C".to_owned(), 0)].into();
        let mut shares = Shares::default();
        let mut had = BTreeMap::<String, u32>::new();
        for _ in 0..10_000 {
            let ranks = shares.ranks(&weights);
            let next = ranks.iter().min_by_key(|(_, rank)| **rank).expect("somebody").0.to_string();
            shares.offered(&next);
            *had.entry(next).or_default() += 1;
        }
        assert!((6_990..=7_010).contains(&had["A"]), "{had:?}");
        assert_eq!(had.get("C"), None);
    }

    #[test]
    fn who_was_away_for_long_is_owed_some_calls_and_not_all() {
        let weights = [("A".to_owned(), 1), ("B".to_owned(), 1)].into();
        let mut shares = Shares::default();
        for _ in 0..5_000 {
            shares.offered("A");
        }
        let mut in_a_row = 0;
        while shares.ranks(&weights)["B"] == 0 {
            shares.offered("B");
            in_a_row += 1;
        }
        assert!((10..=128).contains(&in_a_row), "{in_a_row}");
    }

    #[test]
    fn an_offer_that_was_not_taken_does_not_count() {
        let weights = [("A".to_owned(), 1), ("B".to_owned(), 1)].into();
        let mut shares = Shares::default();
        assert_eq!(shares.ranks(&weights), [("A", 0), ("B", 0)].into(), "equals");
        shares.offered("A");
        assert_eq!(shares.ranks(&weights), [("A", 1), ("B", 0)].into());
        shares.not_taken("A");
        assert_eq!(shares.ranks(&weights), [("A", 0), ("B", 0)].into());
    }
}

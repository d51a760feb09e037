//! A sorted map that can be written on without touching what lies below.
//!
//! `decide` runs the very same fold as `apply`, on a layer over the live state: what it has decided so far is
//! what it goes on from, and the live state stays as it is. Copying the state instead would cost more than
//! all decisions of a day.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeBounds;

/// Either the table itself (`base` is `None`), or a layer over another one.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Table<'a, K: Ord, V> {
    base: Option<&'a BTreeMap<K, V>>,
    own: BTreeMap<K, V>,
    /// Keys of `base` that are not there any more; always empty without a base.
    gone: BTreeSet<K>,
}

impl<K: Ord, V> Default for Table<'_, K, V> {
    fn default() -> Self {
        Self { base: None, own: BTreeMap::new(), gone: BTreeSet::new() }
    }
}

impl<K: Ord + Clone, V: Clone> Table<'_, K, V> {
    /// A layer over this table. Only a table without a base is layered: layers don't pile up.
    pub(crate) fn layer(&self) -> Table<'_, K, V> {
        debug_assert!(self.base.is_none(), "a layer over a layer would hide the lowest one");
        Table { base: Some(&self.own), own: BTreeMap::new(), gone: BTreeSet::new() }
    }

    fn below(&self, key: &K) -> Option<&V> {
        if self.gone.contains(key) { None } else { self.base.and_then(|base| base.get(key)) }
    }

    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.own.get(key).or_else(|| self.below(key))
    }

    pub(crate) fn contains(&self, key: &K) -> bool {
        self.get(key).is_some()
    }

    pub(crate) fn insert(&mut self, key: K, value: V) {
        self.gone.remove(&key);
        self.own.insert(key, value);
    }

    /// Takes a value out, to be changed and inserted again, or for good.
    pub(crate) fn take(&mut self, key: &K) -> Option<V> {
        let below = self.below(key).cloned();
        if self.base.is_some_and(|base| base.contains_key(key)) {
            self.gone.insert(key.clone());
        }
        self.own.remove(key).or(below)
    }

    /// Entries of a range, in order.
    pub(crate) fn range<R: RangeBounds<K> + Clone>(&self, range: R) -> impl Iterator<Item = (&K, &V)> {
        let visible = |entry: &(&K, &V)| !self.gone.contains(entry.0) && !self.own.contains_key(entry.0);
        let mut below =
            self.base.map(|base| base.range(range.clone())).into_iter().flatten().filter(visible).peekable();
        let mut own = self.own.range(range).peekable();
        std::iter::from_fn(move || match (below.peek(), own.peek()) {
            (Some(b), Some(o)) if b.0 < o.0 => below.next(),
            (Some(_), None) => below.next(),
            (_, Some(_)) => own.next(),
            (None, None) => None,
        })
    }

    /// The first key.
    pub(crate) fn first(&self) -> Option<&K> {
        self.iter().next().map(|(key, _)| key)
    }

    /// All entries, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.range(..)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_shows_its_own_writes_and_leaves_the_table_alone() {
        let mut table = Table::default();
        for key in 0..6 {
            table.insert(key, "below");
        }
        let before = table.clone();
        let mut layer = table.layer();
        layer.insert(9, "new");
        layer.insert(2, "changed");
        assert_eq!(layer.take(&4), Some("below"));
        assert_eq!(layer.take(&4), None);
        assert_eq!(layer.take(&9), Some("new"));
        layer.insert(4, "again");
        assert_eq!(layer.take(&0), Some("below"));
        let seen: Vec<_> = layer.range(..5).map(|(k, v)| (*k, *v)).collect();
        assert_eq!(seen, [(1, "below"), (2, "changed"), (3, "below"), (4, "again")]);
        assert_eq!(layer.iter().count(), 5);
        assert!(!layer.contains(&0) && !layer.contains(&9) && layer.contains(&5));
        drop(layer);
        assert_eq!(table, before);
    }
}

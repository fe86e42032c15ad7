//! Exact counts that can be taken back: how often each key is there, and quantiles over them.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::{Figure, NotApplicable};

/// How often each key is there. A count may be below zero for a while, where something is taken out before it comes in;
/// a key whose count is zero is not kept, so that two tallies of the same are equal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally<K>(BTreeMap<K, i64>);

impl<K> Default for Tally<K> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Ord + Clone> Tally<K> {
    /// Counts a key `times` times more.
    pub fn apply(&mut self, key: K, times: i64) {
        match self.0.entry(key) {
            Entry::Occupied(mut count) => {
                let now = count.get().wrapping_add(times);
                if now == 0 {
                    count.remove();
                } else {
                    *count.get_mut() = now;
                }
            }
            Entry::Vacant(place) => {
                if times != 0 {
                    place.insert(times);
                }
            }
        }
    }

    /// Takes in another tally.
    pub fn merge(&mut self, other: &Self) {
        for (key, count) in &other.0 {
            self.apply(key.clone(), *count);
        }
    }

    /// How often a key is there.
    #[must_use]
    pub fn of(&self, key: &K) -> i64 {
        self.0.get(key).copied().unwrap_or(0)
    }

    /// The keys that are there, in order, with how often.
    pub fn iter(&self) -> impl Iterator<Item = (&K, i64)> {
        self.0
            .iter()
            .map(|(key, count)| (key, *count))
            .filter(|(_, count)| *count > 0)
    }

    /// How many different keys are there.
    #[must_use]
    pub fn distinct(&self) -> i64 {
        i64::try_from(self.iter().count()).unwrap_or(i64::MAX)
    }

    /// How many are there, all keys together.
    #[must_use]
    pub fn total(&self) -> i64 {
        self.iter().map(|(_, count)| count).sum()
    }

    /// The smallest key that is there.
    #[must_use]
    pub fn first(&self) -> Option<&K> {
        self.iter().next().map(|(key, _)| key)
    }

    /// Whether nothing is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Tally<i64> {
    /// The nearest-rank quantile: the smallest value such that at least `part` in `of` of all values are not larger. The
    /// median is `quantile(1, 2)`, the ninetieth percentile `quantile(9, 10)`.
    ///
    /// # Errors
    /// [`NotApplicable::TooFew`] where nothing was counted.
    pub fn quantile(&self, part: i64, of: i64) -> Figure<i64> {
        let total = i128::from(self.total());
        let mut so_far = 0_i128;
        for (value, count) in self.iter() {
            so_far += i128::from(count);
            if so_far * i128::from(of) >= total * i128::from(part) {
                return Ok(*value);
            }
        }
        Err(NotApplicable::TooFew)
    }
}

/// A map of accumulators by key, in which an empty one is not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grouped<K, V>(BTreeMap<K, V>);

impl<K, V> Default for Grouped<K, V> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Ord + Clone, V: Clone + Default + PartialEq> Grouped<K, V> {
    /// Changes what stands under a key.
    pub fn change(&mut self, key: K, change: impl FnOnce(&mut V)) {
        let mut entry = match self.0.entry(key) {
            Entry::Occupied(entry) => entry,
            Entry::Vacant(place) => place.insert_entry(V::default()),
        };
        change(entry.get_mut());
        if *entry.get() == V::default() {
            entry.remove();
        }
    }

    /// Takes in another map.
    pub fn merge(&mut self, other: &Self, merge: impl Fn(&mut V, &V)) {
        for (key, value) in &other.0 {
            self.change(key.clone(), |mine| merge(mine, value));
        }
    }

    /// What stands under a key.
    #[must_use]
    pub fn get(&self, key: &K) -> Option<&V> {
        self.0.get(key)
    }

    /// All of it, in the order of the keys.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(values: &[i64]) -> Tally<i64> {
        let mut tally = Tally::default();
        for value in values {
            tally.apply(*value, 1);
        }
        tally
    }

    #[test]
    fn quantiles_are_values_that_are_there() {
        let ten = tally(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 100]);
        assert_eq!((ten.quantile(1, 2), ten.quantile(9, 10)), (Ok(5), Ok(9)));
        assert_eq!(tally(&[7]).quantile(9, 10), Ok(7));
        assert_eq!(tally(&[]).quantile(1, 2), Err(NotApplicable::TooFew));
    }

    #[test]
    fn what_is_taken_out_before_it_comes_in_counts_for_nothing_until_then() {
        let mut tally = tally(&[3]);
        tally.apply(5, -1);
        assert_eq!((tally.total(), tally.distinct(), tally.of(&5)), (1, 1, -1));
        tally.apply(5, 1);
        assert_eq!(tally, self::tally(&[3]));
    }
}

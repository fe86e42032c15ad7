//! Every random decision of a run, from its seed.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use satchel_disk::Loss;

pub(crate) struct Dice(StdRng);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }

    pub(crate) fn number(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform in `0..below`.
    pub(crate) fn below(&mut self, below: usize) -> usize {
        usize::try_from(self.number() % below.max(1) as u64).unwrap()
    }

    /// Uniform in `from..to`.
    pub(crate) fn between(&mut self, from: i64, to: i64) -> i64 {
        from + i64::try_from(self.below(usize::try_from(to - from).unwrap())).unwrap()
    }

    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// What a crash takes: more often all that may be lost than nothing.
    pub(crate) fn loss(&mut self) -> Loss {
        if self.chance(70) { Loss::Power } else { Loss::Process }
    }

    pub(crate) fn pick<T: Clone>(&mut self, from: &[T]) -> Option<T> {
        if from.is_empty() {
            return None;
        }
        let at = self.below(from.len());
        Some(from[at].clone())
    }

    /// One of several, by weight.
    pub(crate) fn weighted<T: Copy>(&mut self, from: &[(T, usize)]) -> T {
        let total: usize = from.iter().map(|(_, weight)| weight).sum();
        let mut at = self.below(total);
        for (one, weight) in from {
            if at < *weight {
                return *one;
            }
            at -= weight;
        }
        from[0].0
    }
}

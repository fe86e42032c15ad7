use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// Every random decision of a run, from its seed.
#[derive(Debug)]
pub struct Dice(StdRng);

impl Dice {
    /// The dice of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }

    /// Any number.
    pub fn number(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform in `0..below`; 0 where there is nothing to choose.
    pub fn below(&mut self, below: usize) -> usize {
        let below = u64::try_from(below).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.number() % below).unwrap_or(0)
    }

    /// Any byte.
    pub fn byte(&mut self) -> u8 {
        self.number().to_le_bytes()[0]
    }

    /// True so many times of a hundred.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of several.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let at = self.below(from.len());
        from.get(at)
    }

    /// A number that trips programs: small, round in bits, or anything.
    pub fn awkward(&mut self) -> u64 {
        match self.below(8) {
            0 => 0,
            1 => 1,
            2 => self.below(300) as u64,
            3 => u64::from(u32::MAX),
            4 => i64::MAX.unsigned_abs(),
            5 => u64::MAX,
            6 => 1 << self.below(64),
            _ => self.number(),
        }
    }
}

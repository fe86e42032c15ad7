//! When to try again: a random time in [0, cap], the cap doubling (full jitter, so that a herd spreads out).

/// Waiting times after failures.
#[derive(Debug, Clone, Copy, Default)]
pub struct Backoff {
    failures: u32,
}

/// First cap, in milliseconds.
const FIRST_MS: u64 = 500;
/// Largest cap, in milliseconds.
const LONGEST_MS: u64 = 5 * 60 * 1000;

impl Backoff {
    /// Milliseconds to wait after one more failure. `random` is uniform over all values.
    pub fn next_ms(&mut self, random: u64) -> u64 {
        let cap = FIRST_MS
            .checked_shl(self.failures)
            .unwrap_or(LONGEST_MS)
            .min(LONGEST_MS);
        self.failures = (self.failures + 1).min(20);
        random % (cap + 1)
    }

    /// It worked.
    pub fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cap_doubles_up_to_five_minutes_and_falls_back_after_a_success() {
        let mut backoff = Backoff::default();
        let waits: Vec<u64> = (0..30).map(|_| backoff.next_ms(u64::MAX)).collect();
        assert!(waits[0] <= 500 && waits.iter().all(|wait| *wait <= LONGEST_MS));
        let mut backoff = Backoff { failures: 20 };
        assert_eq!(backoff.next_ms(LONGEST_MS), LONGEST_MS);
        backoff.reset();
        assert!(backoff.next_ms(u64::MAX) <= FIRST_MS);
    }
}

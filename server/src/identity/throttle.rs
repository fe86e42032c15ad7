//! Failures of enrolment and sign-in are counted by where they come from, and slowed down.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::IdentityError;

/// Failures are counted in windows of so long.
const WINDOW_MS: i64 = 15 * 60 * 1000;
/// Sources remembered at once; beyond it the oldest windows are forgotten.
const MOST: usize = 50_000;

/// Counts failures by source: an address, or a device. In memory: codes have 80 bits and keys 256, so that this is against
/// noise and its cost, not what keeps a guesser out.
#[derive(Default)]
pub struct Throttle(Mutex<HashMap<String, (i64, u32)>>);

impl Throttle {
    /// Passes a source that failed fewer than `limit` times in its window.
    ///
    /// # Errors
    /// [`IdentityError::Throttled`] with the seconds to wait.
    pub fn check(&self, source: &str, limit: u32, now_ms: i64) -> Result<(), IdentityError> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match counts.get(source) {
            Some((since, failures)) if *failures >= limit && now_ms < since + WINDOW_MS => {
                let wait_s = (since + WINDOW_MS - now_ms).div_euclid(1000) + 1;
                Err(IdentityError::Throttled(u32::try_from(wait_s).unwrap_or(u32::MAX)))
            }
            _ => Ok(()),
        }
    }

    /// Notes a failure of this source.
    pub fn failed(&self, source: &str, now_ms: i64) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= MOST {
            counts.retain(|_, (since, _)| now_ms < *since + WINDOW_MS);
        }
        if counts.len() >= MOST {
            counts.clear();
        }
        let (since, failures) = counts.entry(source.to_owned()).or_insert((now_ms, 0));
        if now_ms >= *since + WINDOW_MS {
            (*since, *failures) = (now_ms, 0);
        }
        *failures += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_that_fails_too_often_waits_for_its_window_to_end_and_others_do_not() {
        let throttle = Throttle::default();
        for _ in 0..3 {
            throttle.check("a", 3, 0).unwrap();
            throttle.failed("a", 0);
        }
        assert!(matches!(
            throttle.check("a", 3, 1000),
            Err(IdentityError::Throttled(900))
        ));
        throttle.check("b", 3, 1000).unwrap();
        throttle.check("a", 3, WINDOW_MS).unwrap();
        throttle.failed("a", WINDOW_MS);
        throttle.check("a", 3, WINDOW_MS).unwrap();
    }
}

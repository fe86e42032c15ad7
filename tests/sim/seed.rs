//! The seeds that every run of the suite plays.

/// Together they meet every fault, every nemesis that is on and every kind of receipt, which the suite checks. The bugs
/// that seeds have found so far are reduced in `reduced`: what a seed plays changes with the simulator.
pub(crate) const FIXED: &[u64] = &[2, 3, 4, 5, 10, 13, 14, 15, 17];

/// A seed that nobody has chosen.
#[expect(clippy::disallowed_methods, reason = "a fresh seed; it is printed where a run fails")]
pub(crate) fn fresh() -> u64 {
    rand::Rng::next_u64(&mut rand::rng()) % 1_000_000_000
}

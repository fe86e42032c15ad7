//! The seeds that every run of the suite plays.

/// Together they meet every fault, every nemesis and every kind of receipt, which the suite checks. What a seed plays
/// changes with the simulator, so that a seed that found a bug keeps nothing: each bug is reduced to its steps in
/// `reduced` or `rule`, which CI plays.
pub(crate) const FIXED: &[u64] = &[1, 2, 3, 4, 5, 6, 8, 9, 11, 14, 17, 20, 23, 25, 26, 27, 50, 64, 95];

/// A seed that nobody has chosen.
#[expect(clippy::disallowed_methods, reason = "a fresh seed; it is printed where a run fails")]
pub(crate) fn fresh() -> u64 {
    rand::Rng::next_u64(&mut rand::rng()) % 1_000_000_000
}

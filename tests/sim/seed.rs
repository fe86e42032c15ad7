//! The seeds that every run of the suite plays.

/// A seed and what it is here for. The bugs that seeds have found so far are reduced in `reduced`: what a seed plays
/// changes with the simulator.
pub(crate) const FIXED: &[(u64, &str)] = &[
    (1, "everyday life"),
    (2, "everyday life"),
    (3, "everyday life"),
    (4, "everyday life"),
    (5, "everyday life"),
    (6, "everyday life"),
    (7, "everyday life"),
    (8, "everyday life"),
    (9, "everyday life"),
    (10, "everyday life"),
    (11, "everyday life"),
    (12, "everyday life"),
    (18, "a revoked phone"),
    (32, "a revoked phone, and children that arrive before their parents"),
    (50, "a revoked phone, and a decision about quarantine"),
];

/// A seed that nobody has chosen.
#[expect(clippy::disallowed_methods, reason = "a fresh seed; it is printed where a run fails")]
pub(crate) fn fresh() -> u64 {
    rand::Rng::next_u64(&mut rand::rng()) % 1_000_000_000
}

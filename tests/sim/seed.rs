//! The seeds that every run of the suite plays.

/// A seed and what it is here for.
pub(crate) const FIXED: &[(u64, &str)] = &[
    (
        1,
        "an edit made while the answer was on its way was never pushed: what another had written came after it, and \
         everything up to the acknowledged version in order of arrival counted as acknowledged",
    ),
    (
        497_459_148,
        "an edit went to quarantine, its customer was purged and came back; the next edit took the same number of the \
         same incarnation, and once the first was let in the second never could be",
    ),
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
];

/// A seed that nobody has chosen.
#[expect(clippy::disallowed_methods, reason = "a fresh seed; it is printed where a run fails")]
pub(crate) fn fresh() -> u64 {
    rand::Rng::next_u64(&mut rand::rng()) % 1_000_000_000
}

//! Bugs planted where the harness holds the parts, so that the checks can be seen to catch them.

use crate::run;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plant {
    /// Some exchanges are answered and then rolled back.
    AcknowledgesWithoutWriting,
    /// Some documents are left out of the answer.
    SkipsDocuments,
    /// What a member lost is not told.
    ForgetsLosses,
    /// A document of somebody's private scope is added to an answer, once.
    LeaksPrivateScopes,
    /// The relay answers before its commit is on the disk.
    RelayDoesNotSync,
    /// A phone says that an edit is written before it is on the disk.
    PhonesDoNotSync,
}

/// Words of the check that is there for a bug, any of them.
type Words = &'static [&'static str];

/// Whether some seed finds the bug, by the check that is there for it.
fn is_caught(plant: Plant, expected: Words) -> bool {
    (100..112).any(|seed| {
        let found = run(seed, Some(plant)).err().unwrap_or_default();
        println!("{seed}: {}", found.rsplit("=> ").next().unwrap_or_default());
        expected.iter().any(|words| found.contains(words))
    })
}

const LOST: Words = &[
    "the acknowledged change",
    "an acknowledged change",
    "has lost its change",
    "said to be kept apart",
];

/// The checks are known to be able to fail.
#[test]
fn what_the_relay_forgets_or_tells_too_much_is_caught() {
    for (plant, expected) in [
        (Plant::AcknowledgesWithoutWriting, LOST),
        (Plant::SkipsDocuments, &["agree"]),
        (Plant::ForgetsLosses, &["may not read"]),
        (Plant::LeaksPrivateScopes, &["may not read"]),
    ] {
        assert!(is_caught(plant, expected), "{plant:?}");
    }
}

/// The nemesis is the power cut.
#[test]
fn what_is_answered_before_it_is_synced_is_caught() {
    for plant in [Plant::RelayDoesNotSync, Plant::PhonesDoNotSync] {
        assert!(is_caught(plant, LOST), "{plant:?}");
    }
}

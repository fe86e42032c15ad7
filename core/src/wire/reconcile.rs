//! Finding which documents of a scope differ between device and relay: range-based set reconciliation (negentropy) over
//! hash(id, heads). Equal sets cost one short message each way; otherwise the messages grow with the difference.

use negentropy::{Id, Negentropy, NegentropyStorageVector};
use sha2::{Digest as _, Sha256};

use super::WireError;
use crate::ids::{DocumentId, Heads};

/// SHA-256 over a document's id and its sorted heads.
pub type VersionHash = [u8; 32];

/// Largest message of one step, in bytes. What does not fit goes with the next.
const STEP_BYTES: u64 = 32 << 10;
/// Largest message that is looked at, in bytes.
const MESSAGE_BYTES: usize = 64 << 10;

/// The hash of a document at a version.
#[must_use]
pub fn version_hash(id: DocumentId, heads: &Heads) -> VersionHash {
    let mut hash = Sha256::new();
    hash.update(id.as_bytes());
    hash.update(heads.to_bytes());
    hash.finalize().into()
}

/// What one side holds of a scope.
pub struct VersionSet(Negentropy<'static, NegentropyStorageVector>);

/// What a step has shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Step {
    /// Versions that only the asking side has.
    pub have: Vec<VersionHash>,
    /// Versions that only the answering side has.
    pub need: Vec<VersionHash>,
    /// The next question; `None` where everything is known.
    pub next: Option<Vec<u8>>,
}

impl VersionSet {
    /// The set of these versions.
    ///
    /// # Errors
    /// [`WireError::Malformed`] where they make no set.
    pub fn new(versions: impl IntoIterator<Item = VersionHash>) -> Result<Self, WireError> {
        let mut storage = NegentropyStorageVector::new();
        for version in versions {
            storage
                .insert(0, Id::from_byte_array(version))
                .map_err(|_| WireError::Malformed)?;
        }
        storage.seal().map_err(|_| WireError::Malformed)?;
        let negentropy = Negentropy::owned(storage, STEP_BYTES).map_err(|_| WireError::Malformed)?;
        Ok(Self(negentropy))
    }

    /// The first question.
    ///
    /// # Errors
    /// [`WireError::Malformed`] where it was asked before.
    pub fn ask(&mut self) -> Result<Vec<u8>, WireError> {
        self.0.initiate().map_err(|_| WireError::Malformed)
    }

    /// The answer to a question of the other side.
    ///
    /// # Errors
    /// [`WireError`] where the bytes are no question.
    pub fn answer(&mut self, question: &[u8]) -> Result<Vec<u8>, WireError> {
        if question.len() > MESSAGE_BYTES {
            return Err(WireError::TooLarge);
        }
        self.0.reconcile(question).map_err(|_| WireError::Malformed)
    }

    /// Takes in an answer.
    ///
    /// # Errors
    /// [`WireError`] where the bytes are no answer.
    pub fn go_on(&mut self, answer: &[u8]) -> Result<Step, WireError> {
        if answer.len() > MESSAGE_BYTES {
            return Err(WireError::TooLarge);
        }
        self.0.set_initiator();
        let (mut have, mut need) = (Vec::new(), Vec::new());
        let next = self
            .0
            .reconcile_with_ids(answer, &mut have, &mut need)
            .map_err(|_| WireError::Malformed)?;
        let bytes = |ids: Vec<Id>| ids.into_iter().map(Id::to_bytes).collect();
        Ok(Step {
            have: bytes(have),
            need: bytes(need),
            next,
        })
    }
}

impl std::fmt::Debug for VersionSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VersionSet").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn hash(number: u32) -> VersionHash {
        Sha256::digest(number.to_be_bytes()).into()
    }

    /// Runs it to the end: what differs, the rounds and the bytes.
    fn run(
        ours: &BTreeSet<u32>,
        theirs: &BTreeSet<u32>,
    ) -> (BTreeSet<VersionHash>, BTreeSet<VersionHash>, usize, usize) {
        let (mut have, mut need) = (BTreeSet::new(), BTreeSet::new());
        let set = |numbers: &BTreeSet<u32>| VersionSet::new(numbers.iter().copied().map(hash)).unwrap();
        let mut question = Some(set(ours).ask().unwrap());
        let (mut rounds, mut bytes) = (0, 0);
        while let Some(asked) = question {
            let answer = set(theirs).answer(&asked).unwrap();
            rounds += 1;
            bytes += asked.len() + answer.len();
            let step = set(ours).go_on(&answer).unwrap();
            have.extend(step.have);
            need.extend(step.need);
            question = step.next;
        }
        (have, need, rounds, bytes)
    }

    #[test]
    fn equal_sets_cost_one_round_and_twenty_differences_a_few() {
        let all: BTreeSet<u32> = (0..10_000).collect();
        let (have, need, rounds, bytes) = run(&all, &all);
        println!("10,000 equal: {rounds} round, {bytes} bytes");
        assert!(have.is_empty() && need.is_empty());
        assert_eq!(rounds, 1);
        assert!(bytes < 600, "{bytes}");
        let other: BTreeSet<u32> = (10..10_010).collect();
        let (have, need, rounds, bytes) = run(&all, &other);
        println!("20 of 10,000 differ: {rounds} rounds, {bytes} bytes");
        assert_eq!((have.len(), need.len()), (10, 10));
        assert!(rounds <= 4 && bytes < 40_000, "{rounds} rounds, {bytes} bytes");
    }

    proptest! {
        #[test]
        fn whatever_differs_is_found(ours in proptest::collection::btree_set(0_u32..400, 0..300),
                                     theirs in proptest::collection::btree_set(0_u32..400, 0..300)) {
            let (have, need, _, _) = run(&ours, &theirs);
            let only = |one: &BTreeSet<u32>, other: &BTreeSet<u32>| -> BTreeSet<VersionHash> {
                one.difference(other).copied().map(hash).collect()
            };
            prop_assert_eq!(have, only(&ours, &theirs));
            prop_assert_eq!(need, only(&theirs, &ours));
        }

        #[test]
        fn bytes_that_are_no_message_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let set = || VersionSet::new((0..50).map(hash)).unwrap();
            let mut led = bytes.clone();
            led.insert(0, 0x61);
            for message in [&bytes, &led] {
                let _ = set().answer(message);
                let _ = set().go_on(message);
            }
        }
    }
}

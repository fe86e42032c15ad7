//! Whether changes follow on what is there: dependencies, sequence numbers, numbers of operations.
//!
//! Automerge takes these on trust, and what is wrong in them is poison: an operation number beyond 32 bits, one that is
//! used twice, an actor whose second change has not seen its first.

use std::collections::{BTreeMap, BTreeSet};

use satchel_core::document::{Document, Entry, Refusal};
use satchel_core::ids::ChangeHash;

use super::{Barred, Fresh};

/// Most operations in one document: numbers of operations stay far below 32 bits, and loading stays a matter of a second.
const MOST_OPERATIONS: u64 = 2_000_000;

/// Everything that a change may follow on.
struct Ledger {
    changes: BTreeMap<ChangeHash, Entry>,
    /// The last change of each actor.
    last: BTreeMap<Vec<u8>, ChangeHash>,
    /// The greatest number of an operation.
    greatest: u64,
    /// How many operations there are.
    operations: u64,
}

impl Ledger {
    fn of(document: &mut Document) -> Self {
        let mut ledger = Self {
            changes: BTreeMap::new(),
            last: BTreeMap::new(),
            greatest: 0,
            operations: 0,
        };
        for entry in document.ledger() {
            ledger.enter(entry);
        }
        ledger
    }

    /// Takes in the seeds where a change builds on something that is not here: a later seed is planted with the first
    /// change that names it, so it is as good as here. Making them costs more than looking.
    fn plant_needed(&mut self, document: &Document, fresh: &[Fresh]) -> Result<(), satchel_core::document::Error> {
        let written = fresh.iter().filter(|one| !one.is_seed);
        let own: BTreeSet<ChangeHash> = written.map(|one| one.header.hash).collect();
        let needed = fresh.iter().flat_map(|one| &one.header.dependencies);
        if needed
            .into_iter()
            .all(|hash| own.contains(hash) || self.changes.contains_key(hash))
        {
            return Ok(());
        }
        for seed in document.seeds()? {
            self.changes.entry(seed.hash).or_insert(seed);
        }
        Ok(())
    }

    fn enter(&mut self, entry: Entry) {
        self.greatest = self.greatest.max(entry.max_op);
        self.operations += (entry.max_op + 1).saturating_sub(entry.start_op);
        self.last.insert(entry.actor.clone(), entry.hash);
        self.changes.insert(entry.hash, entry);
    }

    /// Whether `old` is among what `from` are built on, or is one of them. A change's operations are numbered above all
    /// that it has seen, so whatever ends below `old` has not seen it.
    fn has_seen(&self, from: &[ChangeHash], old: &Entry) -> bool {
        let mut next = from.to_vec();
        let mut seen = BTreeSet::new();
        while let Some(hash) = next.pop() {
            if hash == old.hash {
                return true;
            }
            if let Some(entry) = self.changes.get(&hash).filter(|entry| entry.max_op >= old.max_op)
                && seen.insert(hash)
            {
                next.extend(&entry.dependencies);
            }
        }
        false
    }
}

/// Each change must be its actor's next and have seen the one before, must build on what is here, and must number its
/// operations above all that it has seen and right after the greatest that there is.
pub(super) fn check(
    document: &mut Document,
    fresh: &[Fresh],
) -> Result<Result<(), Barred>, satchel_core::document::Error> {
    let mut ledger = Ledger::of(document);
    ledger.plant_needed(document, fresh)?;
    for Fresh { header, .. } in fresh {
        let entry = Entry {
            hash: header.hash,
            actor: header.actor_bytes.clone(),
            seq: header.seq,
            start_op: header.start_op,
            max_op: header.max_op,
            dependencies: header.dependencies.clone(),
        };
        if let Err(barred) = follows(&ledger, &entry) {
            return Ok(Err(barred));
        }
        ledger.enter(entry);
        if ledger.operations > MOST_OPERATIONS {
            return Ok(Err(Barred::TooLarge));
        }
    }
    Ok(Ok(()))
}

fn follows(ledger: &Ledger, entry: &Entry) -> Result<(), Barred> {
    // All begins with the seed, which ties a change to its document.
    if entry.dependencies.is_empty() {
        return Err(Barred::Refused(Refusal::BadHeader));
    }
    let mut above = 0;
    for hash in &entry.dependencies {
        let dependency = ledger.changes.get(hash).ok_or(Barred::MissingDependencies)?;
        above = above.max(dependency.max_op);
    }
    let before = ledger.last.get(&entry.actor).and_then(|hash| ledger.changes.get(hash));
    let last = before.map_or(0, |before| before.seq);
    if entry.seq <= last {
        return Err(Barred::Refused(Refusal::ActorConflict));
    }
    if entry.seq != last + 1 {
        return Err(Barred::Refused(Refusal::SequenceGap));
    }
    if entry.start_op <= above || entry.start_op > ledger.greatest.max(above) + 1 {
        return Err(Barred::Refused(Refusal::OperationsOutOfOrder));
    }
    if before.is_some_and(|before| !ledger.has_seen(&entry.dependencies, before)) {
        return Err(Barred::Refused(Refusal::BadHeader));
    }
    Ok(())
}

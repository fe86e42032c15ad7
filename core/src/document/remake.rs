//! Making changes anew: under another incarnation, or without one that they build on.
//!
//! A change names its actor, its number and what it builds on inside its hashed bytes. Where a clone of the device has
//! taken the same number, or where a change is dropped for good, what follows must be written again. It is written
//! operation by operation, so that text, counters and logs keep exactly what their author did, and keeps author and time.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU64;

use automerge::legacy::{ElementId, Key, ObjectId, Op, OpId, OpType};
use automerge::{ActorId as AutomergeActor, Change, ExpandedChange, ScalarValue};

use super::archive;
use super::change::incarnation;
use super::{Document, Error, error};
use crate::ids::{ActorId, ChangeHash, Heads};

/// A document of which some changes were left out or made anew.
#[derive(Debug)]
pub struct Remade {
    /// The document as it is now.
    pub document: Document,
    /// Changes that were made anew: the hash that each had, and its bytes now. In an order in which each comes after what
    /// it builds on.
    pub changes: Vec<(ChangeHash, Vec<u8>)>,
}

impl Document {
    /// The document as it was at a version: what that is built on, and nothing else.
    ///
    /// # Errors
    /// [`Error::UnknownVersion`] where the version is not in this document.
    pub fn earlier(&mut self, heads: &Heads) -> Result<Self, Error> {
        let (kind, id) = (self.kind, self.id);
        let heads = super::to_automerge(heads);
        let doc = error::contain(|| self.doc.fork_at(&heads).map_err(|_| Error::UnknownVersion))?;
        Ok(Self { id, kind, doc })
    }

    /// The document without the changes `dropped`, and with the changes `anew` and all that builds on either made again
    /// under other incarnations, one from `incarnation` for each of before. What is left of a change is what does not
    /// stand inside a dropped one; a change of which nothing is left is left out.
    ///
    /// # Errors
    /// [`Error::Damaged`] or [`Error::Poisoned`] where Automerge fails.
    pub fn remade(
        &mut self,
        dropped: &BTreeSet<ChangeHash>,
        anew: &BTreeSet<ChangeHash>,
        incarnation: &mut dyn FnMut() -> ActorId,
    ) -> Result<Remade, Error> {
        let mut changes = self.doc.get_changes(&[]);
        changes.sort_by_key(Change::start_op);
        let (kind, id) = (self.kind, self.id);
        error::contain(|| {
            let mut remake = Remake::new(dropped, anew, incarnation);
            for change in &changes {
                remake.take(change)?;
            }
            let mut document = Self::new(kind, id)?;
            let kept: Vec<Change> = remake.kept;
            document.doc.apply_changes(kept).map_err(|_| Error::Damaged)?;
            let made: Vec<Vec<u8>> = remake.made.iter().map(|(_, bytes)| bytes.clone()).collect();
            document.merge(&made)?;
            Ok(Remade {
                document,
                changes: remake.made,
            })
        })
    }
}

struct Remake<'a> {
    dropped: &'a BTreeSet<ChangeHash>,
    anew: &'a BTreeSet<ChangeHash>,
    incarnation: &'a mut dyn FnMut() -> ActorId,
    /// By incarnation of before, the one of now.
    incarnations: BTreeMap<ActorId, ActorId>,
    kept: Vec<Change>,
    made: Vec<(ChangeHash, Vec<u8>)>,
    /// What stands for a change that is not there as it was: what it was made to, or what it was built on.
    stands_for: BTreeMap<ChangeHash, Vec<ChangeHash>>,
    /// The greatest operation number that a change and all below it have.
    reach: BTreeMap<ChangeHash, u64>,
    greatest: u64,
    /// The last sequence number by actor of now.
    numbers: BTreeMap<Vec<u8>, u64>,
    operations: BTreeMap<(u64, Vec<u8>), Fate>,
}

/// What became of an operation.
enum Fate {
    /// It has another id.
    Moved(OpId),
    /// It is not there any more: what it overwrote, and what it was inserted after.
    Gone {
        overwrote: Vec<OpId>,
        after: Option<ElementId>,
    },
}

impl<'a> Remake<'a> {
    fn new(
        dropped: &'a BTreeSet<ChangeHash>,
        anew: &'a BTreeSet<ChangeHash>,
        incarnation: &'a mut dyn FnMut() -> ActorId,
    ) -> Self {
        Self {
            dropped,
            anew,
            incarnation,
            incarnations: BTreeMap::new(),
            kept: Vec::new(),
            made: Vec::new(),
            stands_for: BTreeMap::new(),
            reach: BTreeMap::new(),
            greatest: 0,
            numbers: BTreeMap::new(),
            operations: BTreeMap::new(),
        }
    }

    /// Takes the next change, in an order in which each comes after what it builds on.
    fn take(&mut self, change: &Change) -> Result<(), Error> {
        let hash = ChangeHash(change.hash().0);
        let moved = change
            .deps()
            .iter()
            .any(|one| self.stands_for.contains_key(&ChangeHash(one.0)));
        if !self.dropped.contains(&hash) && !self.anew.contains(&hash) && !moved {
            self.note_reach(hash, change);
            self.kept.push(change.clone());
            return Ok(());
        }
        let mut expanded = change.decode();
        let before = expanded.actor_id.clone();
        let first = expanded.start_op.get();
        expanded.deps = self.dependencies(&expanded.deps);
        if self.dropped.contains(&hash) {
            for (number, operation) in (first..).zip(&expanded.operations) {
                self.gone(&OpId(number, before.clone()), operation);
            }
            self.leave_out(hash, &expanded.deps);
            return Ok(());
        }
        let actor = self.actor(&before)?;
        let below = expanded
            .deps
            .iter()
            .filter_map(|one| self.reach.get(&ChangeHash(one.0)));
        let least = below.max().map_or(1, |reach| reach + 1);
        // As it was where that may be: between concurrent values the greater number wins.
        let start = first.clamp(least, least.max(self.greatest + 1));
        let mut operations = Vec::new();
        for (number, operation) in (first..).zip(std::mem::take(&mut expanded.operations)) {
            let id = OpId(number, before.clone());
            if let Some(operation) = self.operation(&operation) {
                let now = OpId(start + operations.len() as u64, actor.clone());
                self.operations.insert(key(&id), Fate::Moved(now));
                operations.push(operation);
            } else {
                self.gone(&id, &operation);
            }
        }
        if operations.is_empty() {
            self.leave_out(hash, &expanded.deps);
            return Ok(());
        }
        let number = self.numbers.entry(actor.to_bytes().to_vec()).or_default();
        *number += 1;
        let made = Change::from(ExpandedChange {
            operations,
            seq: *number,
            start_op: NonZeroU64::new(start).ok_or(Error::Damaged)?,
            actor_id: actor,
            hash: None,
            ..expanded
        });
        let now = ChangeHash(made.hash().0);
        self.note_reach(now, &made);
        self.stands_for.insert(hash, vec![now]);
        self.made.push((hash, made.raw_bytes().to_vec()));
        Ok(())
    }

    fn note_reach(&mut self, hash: ChangeHash, change: &Change) {
        let below = change
            .deps()
            .iter()
            .filter_map(|one| self.reach.get(&ChangeHash(one.0)));
        let reach = below.copied().max().unwrap_or(0).max(change.max_op());
        self.greatest = self.greatest.max(reach);
        self.reach.insert(hash, reach);
    }

    fn leave_out(&mut self, hash: ChangeHash, dependencies: &[automerge::ChangeHash]) {
        let below = dependencies.iter().map(|one| ChangeHash(one.0)).collect();
        self.stands_for.insert(hash, below);
    }

    fn dependencies(&self, before: &[automerge::ChangeHash]) -> Vec<automerge::ChangeHash> {
        let before: Vec<ChangeHash> = before.iter().map(|one| ChangeHash(one.0)).collect();
        let now = self.hashes(&before);
        now.into_iter().map(super::to_automerge_hash).collect()
    }

    /// What stands for these changes now. What stands for one was mapped when it was noted.
    fn hashes(&self, before: &[ChangeHash]) -> BTreeSet<ChangeHash> {
        let mut now = BTreeSet::new();
        for one in before {
            match self.stands_for.get(one) {
                Some(instead) => now.extend(instead),
                None => {
                    now.insert(*one);
                }
            }
        }
        now
    }

    fn actor(&mut self, before: &AutomergeActor) -> Result<AutomergeActor, Error> {
        let own = incarnation(before).ok_or(Error::Damaged)?;
        let now = *self.incarnations.entry(own).or_insert_with(|| (self.incarnation)());
        let bytes = before.to_bytes();
        let mut actor = bytes[..bytes.len() - own.0.len()].to_vec();
        actor.extend(now.0);
        Ok(AutomergeActor::from(actor))
    }

    fn gone(&mut self, id: &OpId, operation: &Op) {
        let overwrote = self.overwritten(operation);
        let after = operation.insert.then(|| self.element(&operation.key)).flatten();
        self.operations.insert(key(id), Fate::Gone { overwrote, after });
    }

    /// The ids, as they are now, of what an operation overwrites; what is gone gives way to what it overwrote itself.
    fn overwritten(&self, operation: &Op) -> Vec<OpId> {
        let mut now: Vec<OpId> = Vec::new();
        for id in operation.pred.iter() {
            match self.operations.get(&key(id)) {
                Some(Fate::Moved(moved)) => now.push(moved.clone()),
                Some(Fate::Gone { overwrote, .. }) => now.extend(overwrote.iter().cloned()),
                None => now.push(id.clone()),
            }
        }
        now.sort_unstable();
        now.dedup();
        now
    }

    /// The element that a key names, as it is now; `None` for the key of a map. Before one that is gone stands what it was
    /// inserted after.
    fn element(&self, name: &Key) -> Option<ElementId> {
        let Key::Seq(element) = name else { return None };
        let ElementId::Id(id) = element else {
            return Some(ElementId::Head);
        };
        Some(match self.operations.get(&key(id)) {
            Some(Fate::Moved(moved)) => ElementId::Id(moved.clone()),
            Some(Fate::Gone { after, .. }) => after.clone().unwrap_or(ElementId::Head),
            None => element.clone(),
        })
    }

    fn is_gone(&self, id: &OpId) -> bool {
        matches!(self.operations.get(&key(id)), Some(Fate::Gone { .. }))
    }

    /// The operation in the terms of now; `None` where what it works on is gone.
    fn operation(&self, before: &Op) -> Option<Op> {
        let mut now = before.clone();
        if let ObjectId::Id(id) = &before.obj {
            now.obj = match self.operations.get(&key(id)) {
                Some(Fate::Gone { .. }) => return None,
                Some(Fate::Moved(moved)) => ObjectId::Id(moved.clone()),
                None => before.obj.clone(),
            };
        }
        if let Key::Seq(ElementId::Id(id)) = &before.key
            && !before.insert
            && self.is_gone(id)
        {
            return None;
        }
        if let Some(element) = self.element(&before.key) {
            now.key = Key::Seq(element);
        }
        let overwrites = self.overwritten(before);
        // A deletion or a count needs what it works on.
        if overwrites.is_empty() && !before.pred.is_empty() && !matches!(before.action, OpType::Put(_)) {
            return None;
        }
        now.pred = overwrites.into();
        if let (OpType::Put(ScalarValue::Bytes(bytes)), Key::Map(name), ObjectId::Root) =
            (&before.action, &before.key, &before.obj)
            && name == archive::ARCHIVED_KEY
        {
            let put_away = |heads: &Heads| Heads::new(self.hashes(heads.hashes()).into_iter().collect());
            if let Some(bytes) = archive::with_heads(bytes, put_away) {
                now.action = OpType::Put(ScalarValue::Bytes(bytes));
            }
        }
        Some(now)
    }
}

fn key(id: &OpId) -> (u64, Vec<u8>) {
    (id.counter(), id.actor().to_bytes().to_vec())
}

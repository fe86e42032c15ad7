//! Changes whose numbers are taken: the relay writes them again, in their author's name.
//!
//! While something waited for a decision, another installation of its author may have used the same numbers. What a person
//! then lets in is made anew under an incarnation that nobody else has; author, time and what was done stay.

use std::collections::BTreeSet;

use satchel_core::clock::random;
use satchel_core::document::{self, Document, Header, HistoryEntry};
use satchel_core::domain;
use satchel_core::ids::{ActorId, ChangeHash, Heads};

use super::{Context, RelayError, Store, commit};
use crate::store::log::{Parked, StoredDocument};

/// What waits, on nothing but what it builds on.
pub(super) struct Apart {
    document: Document,
    /// The changes that the log does not have.
    pub(super) hashes: Vec<ChangeHash>,
    /// Whether the log has the same in another form: an author's device that notices makes its edits anew by itself.
    pub(super) is_there: bool,
}

/// What waits, beside the document as the log has it. `None` where it can't be read, or builds on what is not here.
pub(super) fn apart(store: &dyn Store, stored: &StoredDocument, parked: &Parked) -> Result<Option<Apart>, RelayError> {
    let Some(kind) = domain::kind(&stored.kind) else {
        return Ok(None);
    };
    let whole = commit::load(store, kind, stored)?;
    // What waits was perhaps never let through the checks.
    match document::contain(|| beside(whole, &parked.changes)) {
        Ok(apart) => Ok(apart),
        Err(document::Error::Poisoned) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn beside(mut whole: Document, changes: &[Vec<u8>]) -> Result<Option<Apart>, document::Error> {
    let mut fresh = Vec::new();
    let mut hashes = BTreeSet::new();
    let mut below = Vec::new();
    for bytes in changes {
        let Ok(header) = Header::read(bytes) else {
            return Ok(None);
        };
        if whole.contains(&Heads::new(vec![header.hash])) {
            continue;
        }
        let outside = header.dependencies.iter().filter(|hash| !hashes.contains(*hash));
        below.extend(outside.copied());
        hashes.insert(header.hash);
        fresh.push(bytes);
    }
    let below = Heads::new(below);
    if !whole.contains(&below) {
        return Ok(None);
    }
    let mut document = whole.earlier(&below)?;
    if document.merge(&fresh).is_err() {
        return Ok(None);
    }
    let known = whole.history();
    let history = document.history();
    let mut waiting = history.iter().filter(|entry| hashes.contains(&entry.hash)).peekable();
    let is_there = waiting.peek().is_some() && waiting.all(|entry| known.iter().any(|other| is_same(entry, other)));
    Ok(Some(Apart {
        document,
        hashes: hashes.into_iter().collect(),
        is_there,
    }))
}

/// Whether two changes say the same: a change made anew keeps who, when and what.
fn is_same(one: &HistoryEntry, other: &HistoryEntry) -> bool {
    let fields =
        |entry: &HistoryEntry| -> Vec<String> { entry.fields.iter().map(|change| change.field.clone()).collect() };
    one.by == other.by && one.at_ms == other.at_ms && fields(one) == fields(other)
}

impl Apart {
    /// The raw changes in their new form, each after what it builds on.
    pub(super) fn anew(mut self, context: &Context<'_>) -> Result<Vec<Vec<u8>>, RelayError> {
        let mut incarnation = || ActorId(random(context.entropy));
        let anew = self.hashes.iter().copied().collect();
        let remade = self.document.remade(&BTreeSet::new(), &anew, &mut incarnation)?;
        Ok(remade.changes.into_iter().map(|(_, bytes)| bytes).collect())
    }
}

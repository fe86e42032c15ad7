//! Own changes made anew: where another installation took their numbers, and where one of them was dropped.

use std::collections::{BTreeMap, BTreeSet};

use super::super::identity;
use super::{Engine, Error};
use crate::clock::random;
use crate::document::{self, Document, Header, Remade};
use crate::ids::{ActorId, ChangeHash, DocumentId, Heads, ScopeId};
use crate::store::{LocalChange, NewDocument, Origin, Transaction};
use crate::wire::Point;

/// What the device knows of a document's own changes before it is rebuilt.
pub(super) struct Standing {
    /// The version that the relay has.
    pub(super) acked: Option<Heads>,
    /// The cursor at the first edit that the relay has not acknowledged.
    base: Option<Point>,
}

impl Standing {
    pub(super) fn read(tx: &Transaction<'_>, id: DocumentId, acked: Option<Heads>) -> Result<Self, Error> {
        let local = tx.local_changes(id)?;
        let base = local.iter().find_map(|change: &LocalChange| change.base);
        Ok(Self { acked, base })
    }
}

/// A clone of this device or a restored backup of it has used the same numbers: where changes that came take an actor and
/// a number that a change of ours has, ours are made anew, under another incarnation. `refused` says that the relay has
/// answered so. Returns whether the document was rebuilt.
pub(super) fn renumber(
    engine: &Engine,
    tx: &Transaction<'_>,
    ours: &mut Document,
    standing: &Standing,
    theirs: &[Vec<u8>],
    refused: bool,
) -> Result<bool, Error> {
    let mut last: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
    for entry in ours.ledger() {
        let seq = last.entry(entry.actor).or_default();
        *seq = (*seq).max(entry.seq);
    }
    let mut came = BTreeSet::new();
    let mut taken = BTreeSet::new();
    for change in theirs {
        let header = Header::read(change).map_err(|_| document::Error::Damaged)?;
        came.insert(header.hash);
        let known = last.get(&header.actor_bytes).is_some_and(|last| header.seq <= *last);
        if known && !ours.contains(&Heads::new(vec![header.hash])) {
            taken.insert(header.actor);
        }
    }
    if taken.is_empty() && !refused {
        return Ok(false);
    }
    let me = identity::identity(tx)?.map(|identity| identity.member);
    let mut anew = BTreeSet::new();
    for (hash, header) in unacknowledged(ours, standing.acked.as_ref())? {
        let own = header.by.is_some() && header.by == me || taken.contains(&header.actor);
        if own && !came.contains(&hash) {
            anew.insert(hash);
        }
    }
    engine.renew_actor(tx)?;
    *ours = remade(engine, ours, &BTreeSet::new(), &anew)?.document;
    tracing::info!(doc.id = %ours.id(), changes = anew.len(), "own changes were made anew: their numbers were taken");
    Ok(true)
}

/// Changes that the relay has not acknowledged, with their headers.
pub(super) fn unacknowledged(
    document: &mut Document,
    acked: Option<&Heads>,
) -> Result<Vec<(ChangeHash, Header)>, Error> {
    let acked = acked
        .filter(|acked| document.contains(acked))
        .cloned()
        .unwrap_or_default();
    let mut found = Vec::new();
    for change in document.changes_since(&acked) {
        let header = Header::read(&change).map_err(|_| document::Error::Damaged)?;
        if !document.is_seed_actor(header.actor) {
            found.push((header.hash, header));
        }
    }
    Ok(found)
}

pub(super) fn remade(
    engine: &Engine,
    document: &mut Document,
    dropped: &BTreeSet<ChangeHash>,
    anew: &BTreeSet<ChangeHash>,
) -> Result<Remade, Error> {
    let mut incarnation = || ActorId(random(engine.0.entropy.as_ref()));
    Ok(document.remade(dropped, anew, &mut incarnation)?)
}

/// Keeps a rebuilt document in the place of the one before: what the relay does not have of it is pushed. What was parked
/// is so no more.
pub(super) fn keep(
    tx: &Transaction<'_>,
    document: &mut Document,
    scope: Option<ScopeId>,
    standing: &Standing,
    known: &Heads,
) -> Result<(), Error> {
    let id = document.id();
    let heads = document.heads();
    let local = document.changes_since(known);
    tx.forget_changes(id)?;
    tx.append_changes(id, Origin::Local(standing.base), &local, &heads)?;
    tx.put_document(&NewDocument {
        id,
        kind: document.kind().name,
        scope,
        snapshot: &document.save(),
        heads: &heads,
    })?;
    tx.set_parked(id, None)?;
    Ok(())
}

//! Applying a batch: one transaction, with its cursor.

use std::collections::BTreeSet;

use minicbor::bytes::ByteVec;

use super::super::edit::sound;
use super::pack::NO_MORE_PACKS;
use super::rebuild::{self, Standing};
use super::{AGREED, AGREED_AT, Engine, Error, damage, delta, note_newest, purge, relation, row, verdict};
use crate::document::{self, Document, Header};
use crate::ids::{ChangeHash, Heads};
use crate::projection::Row;
use crate::schema::Kind;
use crate::store::{Indexing, Loading, NewDocument, Origin, StoredDocument, SyncPoint, Transaction};
use crate::sync::Batch;
use crate::wire::{Doc, Point};

/// From so many documents in a batch on, their search entries are made afterwards, in the background.
const BULK: usize = 50;
/// After so many raw changes the snapshot takes them in.
const FOLD_AFTER: u64 = 40;

/// The code under which a document waits here for its edits to be made anew.
pub(super) const CONFLICT: &str = "actor-conflict";

impl Engine {
    pub(super) fn apply_batch(&self, batch: &Batch) -> Result<(), Error> {
        let now_ms = self.now_ms();
        let agreed = self.transact(|tx| {
            relation::take_in(tx, batch)?;
            row::load_held(tx, batch)?;
            let indexing = if batch.records() >= BULK {
                Indexing::Later
            } else {
                Indexing::Now
            };
            for doc in &batch.docs {
                take_in(self, tx, doc, indexing, now_ms)?;
            }
            for delta in &batch.deltas {
                if let Some(doc) = delta::expand(tx, delta)? {
                    take_in(self, tx, &doc, indexing, now_ms)?;
                }
            }
            let wish = row::Wish::read(tx)?;
            for came in &batch.rows {
                row::take_in(tx, &wish, came, indexing, now_ms)?;
            }
            for delta in &batch.row_deltas {
                if let Some(came) = row::expand(tx, delta)? {
                    row::take_in(tx, &wish, &came, indexing, now_ms)?;
                }
            }
            for verdict in &batch.verdicts {
                verdict::take_in(self, tx, verdict, now_ms)?;
            }
            for flag in &batch.flags {
                verdict::note(tx, flag, now_ms)?;
            }
            for floor in &batch.floors {
                tx.set_loading(Loading {
                    scope: floor.scope,
                    seq: floor.seq,
                    done: floor.done,
                })?;
            }
            advance(tx, batch, now_ms)
        })?;
        if let Some(agreed) = agreed {
            self.compared(agreed, now_ms);
        }
        Ok(())
    }
}

/// Takes in one document. What cannot be read is noted and stops nothing.
pub(super) fn take_in(
    engine: &Engine,
    tx: &Transaction<'_>,
    doc: &Doc,
    indexing: Indexing,
    now_ms: i64,
) -> Result<(), Error> {
    let Ok(row) = serde_json::from_slice::<Row>(&doc.row) else {
        return damage::unreadable(tx, doc, now_ms);
    };
    let local = tx.document(doc.id)?;
    // What fails or panics halfway through a document leaves it as it was.
    let attempt = |work: &dyn Fn() -> Result<(), Error>| document::contain(|| Ok(tx.attempt(work)));
    let mut outcome = attempt(&|| match &local {
        None => insert(tx, doc, &row, indexing),
        Some(local) => update(engine, tx, doc, &row, local, indexing),
    });
    // What is here and what came do not go together: of the two it is the relay's that others have too.
    if let (Err(_) | Ok(Err(Error::Document(_))), Some(kind), Some(_)) = (&outcome, tx.kind(&doc.kind), &local) {
        outcome = attempt(&|| damage::heal(tx, kind, doc, indexing));
    }
    match outcome {
        Err(_) | Ok(Err(Error::Document(_))) => damage::unreadable(tx, doc, now_ms),
        Ok(other) => other,
    }
}

/// A document that is not here: its bytes and its row are kept as they came, nothing is loaded.
pub(super) fn insert(tx: &Transaction<'_>, doc: &Doc, row: &Row, indexing: Indexing) -> Result<(), Error> {
    let Some(snapshot) = &doc.snapshot else {
        // Changes without what they build on: ask for the whole.
        damage::expect(tx, doc)?;
        tx.set_want_whole(doc.id, true)?;
        return Ok(());
    };
    damage::verify(tx, doc, snapshot)?;
    tx.put_document(&NewDocument {
        id: doc.id,
        kind: &doc.kind,
        scope: Some(doc.scope),
        snapshot,
        heads: &doc.heads,
    })?;
    tx.append_changes(doc.id, Origin::Relay, &bytes(&doc.changes), &doc.heads)?;
    tx.set_acked(doc.id, &doc.heads)?;
    tx.put_row(doc.id, row, indexing)?;
    Ok(())
}

fn update(
    engine: &Engine,
    tx: &Transaction<'_>,
    doc: &Doc,
    row: &Row,
    local: &StoredDocument,
    indexing: Indexing,
) -> Result<(), Error> {
    if local.state.kind != doc.kind {
        return damage::replace(tx, doc, row, indexing);
    }
    if local.state.is_row_only() {
        return row::over(tx, doc, row, indexing);
    }
    let Some(kind) = tx.kind(&doc.kind) else {
        return update_unknown(tx, doc, row, local, indexing);
    };
    let clean = !local.state.is_dirty() && local.state.parked.is_none() && !local.state.want_whole;
    if clean && row.schema != delta::PROJECT_ANEW && doc.snapshot.is_none() && leads(&local.state.heads, doc)? {
        tx.append_changes(doc.id, Origin::Relay, &bytes(&doc.changes), &doc.heads)?;
        tx.set_acked(doc.id, &doc.heads)?;
        tx.put_row(doc.id, row, indexing)?;
        return fold(tx, kind, doc);
    }
    merge(engine, tx, kind, doc, row, local, indexing)
}

/// Whether the changes that came lead from this version to the relay's with nothing missing.
fn leads(from: &Heads, doc: &Doc) -> Result<bool, Error> {
    let after = heads_after(from, &doc.changes)?;
    Ok(after.whole && after.heads == doc.heads)
}

/// A version as the headers of changes tell it.
pub(super) struct After {
    pub(super) heads: Heads,
    /// Whether all that they build on is there for certain. A change may name what stands deeper in the document, which
    /// headers do not tell from what is missing.
    pub(super) whole: bool,
}

/// The version after the changes that are not in it yet.
pub(super) fn heads_after(from: &Heads, changes: &[ByteVec]) -> Result<After, Error> {
    let mut after = After {
        heads: from.clone(),
        whole: true,
    };
    let mut known: BTreeSet<ChangeHash> = from.hashes().iter().copied().collect();
    for bytes in changes {
        let header = Header::read(bytes).map_err(|_| document::Error::Damaged)?;
        if !after.heads.hashes().contains(&header.hash) {
            after.heads = after.heads.after(&header.dependencies, header.hash);
        }
        after.whole &= header.dependencies.iter().all(|one| known.contains(one));
        known.insert(header.hash);
    }
    Ok(after)
}

/// Merges what came with what was written here, and projects anew: the row that came is not of this version.
fn merge(
    engine: &Engine,
    tx: &Transaction<'_>,
    kind: &'static Kind,
    doc: &Doc,
    row: &Row,
    local: &StoredDocument,
    indexing: Indexing,
) -> Result<(), Error> {
    let blank = local.state.heads.is_empty();
    let Ok(mut ours) = sound(kind, local) else {
        return damage::heal(tx, kind, doc, indexing);
    };
    let theirs = match &doc.snapshot {
        Some(snapshot) => {
            let mut theirs = Document::load(kind, doc.id, snapshot, bytes(&doc.changes))?;
            theirs.changes_since(&Heads::default())
        }
        None => bytes(&doc.changes).iter().map(|bytes| bytes.to_vec()).collect(),
    };
    let standing = Standing::read(tx, doc.id, local.state.acked.clone())?;
    // The relay has refused a number of ours, and the whole of what it has is here: ours are made anew whatever it was.
    let refused = doc.snapshot.is_some()
        && local
            .state
            .parked
            .as_ref()
            .is_some_and(|parked| parked.code == CONFLICT);
    let rebuilt = rebuild::renumber(engine, tx, &mut ours, &standing, &theirs, refused)?;
    let mut fresh = Vec::new();
    for change in theirs {
        let header = Header::read(&change).map_err(|_| document::Error::Damaged)?;
        if !ours.contains(&Heads::new(vec![header.hash])) {
            fresh.push(change);
        }
    }
    match ours.merge(&fresh) {
        Ok(()) => {}
        Err(document::Error::MissingDependencies) => return wants_whole(tx, doc),
        Err(error) => return Err(error.into()),
    }
    if !ours.contains(&doc.heads) {
        return wants_whole(tx, doc);
    }
    let heads = ours.heads();
    if rebuilt {
        rebuild::keep(tx, &mut ours, Some(doc.scope), &standing, &doc.heads)?;
    } else if blank {
        let snapshot = ours.save();
        tx.put_document(&NewDocument {
            id: doc.id,
            kind: &doc.kind,
            scope: Some(doc.scope),
            snapshot: &snapshot,
            heads: &heads,
        })?;
    } else {
        tx.append_changes(doc.id, Origin::Relay, &fresh, &heads)?;
    }
    if local.state.scope != Some(doc.scope) {
        tx.set_scope(doc.id, Some(doc.scope))?;
    }
    tx.set_acked(doc.id, &doc.heads)?;
    tx.set_want_whole(doc.id, false)?;
    if heads == doc.heads && row.schema >= kind.schema {
        tx.put_row(doc.id, row, indexing)?;
    } else {
        tx.put_row(doc.id, &ours.project(), indexing)?;
    }
    fold(tx, kind, doc)
}

/// What came does not lead where the relay says. Of changes something is missing, and the whole has it; a whole that
/// misses something is damaged, and to ask for it again at once would have no end.
fn wants_whole(tx: &Transaction<'_>, doc: &Doc) -> Result<(), Error> {
    if doc.snapshot.is_some() {
        return Err(document::Error::Damaged.into());
    }
    tx.set_want_whole(doc.id, true)?;
    Ok(())
}

/// A kind of a newer app: kept as it comes, never loaded, never written.
fn update_unknown(
    tx: &Transaction<'_>,
    doc: &Doc,
    row: &Row,
    local: &StoredDocument,
    indexing: Indexing,
) -> Result<(), Error> {
    if let Some(snapshot) = &doc.snapshot {
        damage::verify(tx, doc, snapshot)?;
        tx.put_document(&NewDocument {
            id: doc.id,
            kind: &doc.kind,
            scope: Some(doc.scope),
            snapshot,
            heads: &doc.heads,
        })?;
        tx.set_want_whole(doc.id, false)?;
    } else if local.state.want_whole || !leads(&local.state.heads, doc)? {
        // It cannot be loaded to see whether something is missing.
        tx.set_want_whole(doc.id, true)?;
        return Ok(());
    }
    tx.append_changes(doc.id, Origin::Relay, &bytes(&doc.changes), &doc.heads)?;
    tx.set_acked(doc.id, &doc.heads)?;
    tx.put_row(doc.id, row, indexing)?;
    Ok(())
}

fn fold(tx: &Transaction<'_>, kind: &'static Kind, doc: &Doc) -> Result<(), Error> {
    if tx.change_count(doc.id)? <= FOLD_AFTER {
        return Ok(());
    }
    let Some(stored) = tx.document(doc.id)? else {
        return Ok(());
    };
    // Only tidying: what came is kept whether it succeeds or not.
    if let Ok(mut document) = Document::load(kind, doc.id, &stored.snapshot, &stored.changes) {
        tx.fold(doc.id, &document.save())?;
    }
    Ok(())
}

pub(super) fn bytes(changes: &[ByteVec]) -> Vec<&[u8]> {
    changes.iter().map(|bytes| bytes.as_slice()).collect()
}

/// Moves the cursor, and compares digests where the catch-up is complete: then the answer says whether they agree.
fn advance(tx: &Transaction<'_>, batch: &Batch, now_ms: i64) -> Result<Option<bool>, Error> {
    tx.set_point(SyncPoint::Cursor, Some(batch.to))?;
    // What is loaded and what was asked for stands ahead of the cursor: a relay that is put back to between the two is no
    // relay that gave everything which is here.
    let ahead = batch.floors.iter().map(|floor| floor.seq);
    let ahead = ahead.chain(batch.docs.iter().map(|doc| doc.seq));
    let run = batch.to.run;
    note_newest(tx, std::iter::once(batch.to).chain(ahead.map(|seq| Point { run, seq })))?;
    let still_loads = tx.clear_loaded(batch.to.seq)?;
    if batch.more {
        return Ok(None);
    }
    tx.set_point(SyncPoint::CaughtUp, Some(batch.to))?;
    if still_loads {
        return Ok(None);
    }
    tx.clear_packs()?;
    tx.set_meta(NO_MORE_PACKS, None)?;
    purge::forget_rows_unnamed(tx)?;
    // No digest means that the relay's was the one of our Hello, which may have changed by what just came: only an
    // unchanged device can take it as agreement.
    let agreed = match &batch.digest {
        Some(digest) => tx.granted_digest()?.to_bytes().as_slice() == digest.as_slice(),
        None => batch.records() == 0 || tx.meta(AGREED)?.is_some_and(|bytes| bytes == [1]),
    };
    tx.set_meta(AGREED, Some(&[u8::from(agreed)]))?;
    if agreed {
        tx.set_meta(AGREED_AT, Some(&now_ms.to_be_bytes()))?;
    } else {
        tracing::warn!("device and relay do not agree on what the granted scopes hold");
    }
    // What is asked for whole may be all that is missing: a repair waits for it.
    let settled = agreed || tx.wanted(i64::MAX, 1)?.is_empty();
    Ok(settled.then_some(agreed))
}

//! What came, or is here, and cannot be read: it stays as it was, the whole is asked for, and no other is concerned.

use super::Error;
use super::apply::{bytes, heads_after, insert};
use super::receipt::wait_ms;
use crate::document::{self, Document};
use crate::ids::Heads;
use crate::projection::Row;
use crate::schema::Kind;
use crate::store::{Indexing, NewDocument, Notice, Transaction};
use crate::wire::Doc;

/// Whether snapshot and changes lead where the relay says, by their headers alone. Where these do not tell (a change may
/// be in the snapshot already, or build on what stands inside it), the document is loaded.
pub(super) fn verify(tx: &Transaction<'_>, doc: &Doc, snapshot: &[u8]) -> Result<(), Error> {
    // An empty snapshot is the seed alone, which changes take the place of.
    let version = if snapshot.is_empty() {
        Heads::default()
    } else {
        document::heads_of(snapshot)?
    };
    let after = heads_after(&version, &doc.changes)?;
    let kind = tx.kind(&doc.kind);
    // A kind that this version does not know cannot be loaded: its headers must do.
    if after.heads == doc.heads && (after.whole || kind.is_none()) {
        return Ok(());
    }
    let kind = kind.ok_or(document::Error::Damaged)?;
    let mut loaded = Document::load(kind, doc.id, snapshot, bytes(&doc.changes))?;
    if loaded.heads() == doc.heads {
        Ok(())
    } else {
        Err(document::Error::Damaged.into())
    }
}

/// What is here cannot be read: the relay's whole takes its place, once it was loaded and leads where it says, and edits
/// made here that the relay lacks are put on top. Where one of them cannot be, all stays as it is: nothing written here
/// is given up for it.
pub(super) fn heal(tx: &Transaction<'_>, kind: &'static Kind, doc: &Doc, indexing: Indexing) -> Result<(), Error> {
    let Some(snapshot) = &doc.snapshot else {
        tx.set_want_whole(doc.id, true)?;
        return Ok(());
    };
    let kept = tx.state(doc.id)?.map(|state| state.kind);
    if kept.as_deref() != Some(kind.name) {
        return Err(document::Error::Damaged.into());
    }
    let mut whole = Document::load(kind, doc.id, snapshot, bytes(&doc.changes))?;
    if whole.heads() != doc.heads {
        return Err(document::Error::Damaged.into());
    }
    let local = tx.local_changes(doc.id)?;
    whole.merge(local.iter().map(|change| &change.bytes))?;
    tx.put_document(&NewDocument {
        id: doc.id,
        kind: &doc.kind,
        scope: Some(doc.scope),
        snapshot: &whole.save(),
        heads: &whole.heads(),
    })?;
    tx.set_acked(doc.id, &doc.heads)?;
    tx.set_want_whole(doc.id, false)?;
    tx.put_row(doc.id, &whole.project(), indexing)?;
    Ok(())
}

/// What is here is of another kind than the relay says: its whole takes its place, unless something was written here.
pub(super) fn replace(tx: &Transaction<'_>, doc: &Doc, row: &Row, indexing: Indexing) -> Result<(), Error> {
    let (Some(kind), Some(snapshot)) = (tx.kind(&doc.kind), &doc.snapshot) else {
        return Err(document::Error::Damaged.into());
    };
    // A document begins with the seed of its kind.
    let mut whole = Document::load(kind, doc.id, snapshot, bytes(&doc.changes))?;
    let born = whole.contains(&Document::seed_heads(kind, doc.id)?);
    if !born || whole.heads() != doc.heads || !tx.local_changes(doc.id)?.is_empty() {
        return Err(document::Error::Damaged.into());
    }
    tx.delete_document(doc.id)?;
    insert(tx, doc, row, indexing)
}

/// What came cannot be read: the document stays as it was, and the whole is asked for. Where that is what came, it is asked
/// for again later, and the person is told.
pub(super) fn unreadable(tx: &Transaction<'_>, doc: &Doc, now_ms: i64) -> Result<(), Error> {
    tracing::warn!(doc.id = %doc.id, doc.kind = %doc.kind, "a document that came cannot be read; it is left as it was");
    match tx.state(doc.id)? {
        Some(state) if state.want_whole && doc.snapshot.is_some() => {
            tx.set_trouble(doc.id, "unreadable", now_ms + wait_ms(&state))?;
            let (code, became) = ("unreadable", "unreadable");
            tx.add_notice(&Notice::new(doc.id, &doc.kind, code, became, &doc.heads, now_ms))?;
            return Ok(());
        }
        Some(_) => {}
        None => expect(tx, doc)?,
    }
    tx.set_want_whole(doc.id, true)?;
    Ok(())
}

/// A place for a document that is to come: it holds nothing, and nobody sees it.
pub(super) fn expect(tx: &Transaction<'_>, doc: &Doc) -> Result<(), Error> {
    let heads = Heads::default();
    tx.put_document(&NewDocument {
        id: doc.id,
        kind: &doc.kind,
        scope: Some(doc.scope),
        snapshot: &[],
        heads: &heads,
    })?;
    tx.set_acked(doc.id, &heads)?;
    Ok(())
}

//! Records of which only the row is here: what a manager reads from above and does not want as documents.
//!
//! A row is a copy of what the relay has. It is replaced by the next one, and by the whole document where somebody asks
//! for that. What was written here is a document and stays one.

use super::super::edit::sound;
use super::super::identity;
use super::apply::bytes;
use super::{Engine, Error, damage};
use crate::document;
use crate::ids::{DocumentId, ScopeId};
use crate::policy::Holder;
use crate::projection::Row;
use crate::projection::difference::Difference;
use crate::store::{DocumentState, Holding, Indexing, Loading, NewDocument, Origin, Reader, Transaction};
use crate::sync::Batch;
use crate::wire::delta::fingerprint;
use crate::wire::{Doc, DocRow, RowDelta};

/// Name of the small value that says that this device wants rows alone of what its member only reads from above.
pub(super) const ROWS_ONLY: &str = "rows_only";

impl Engine {
    /// Whether this device wants the records of scopes that its member only reads from above ([`Holder`]) as rows alone.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn rows_only(&self) -> Result<bool, Error> {
        self.read(wants_rows)
    }

    /// Turns that on or off. On, nothing that is here goes: a document gives way to a row when somebody else changes it.
    /// Off, what is here as rows alone is loaded whole with the next exchanges; until then it stays as it is.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn set_rows_only(&self, on: bool) -> Result<(), Error> {
        if self.rows_only()? == on {
            return Ok(());
        }
        self.transact(|tx| {
            tx.set_meta(ROWS_ONLY, on.then_some(&[1_u8][..]))?;
            if !on {
                load_whole(tx, |_| true)?;
            }
            Ok(())
        })
    }

    /// Asks for the document of a record of which only the row is here: the next exchange brings it. Returns whether
    /// that is to be waited for.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Store`].
    pub fn ask_for_document(&self, id: DocumentId) -> Result<bool, Error> {
        let asked = self.transact(|tx| {
            let state = tx.state(id)?.ok_or(Error::NotFound)?;
            if state.is_row_only() && !state.want_whole {
                tx.set_want_whole(id, true)?;
            }
            Ok(state.is_row_only())
        })?;
        if asked {
            // A live connection carries it at once.
            self.written();
        }
        Ok(asked)
    }
}

/// Whether this device wants rows alone of what its member only reads from above.
pub(super) fn wants_rows(reader: &Reader<'_>) -> Result<bool, Error> {
    Ok(reader.meta(ROWS_ONLY)?.is_some())
}

/// Which scopes this device wants as rows alone.
pub(super) struct Wish(Option<Holder>);

impl Wish {
    pub(super) fn read(reader: &Reader<'_>) -> Result<Self, Error> {
        Ok(Self(if wants_rows(reader)? { holder(reader)? } else { None }))
    }

    pub(super) fn is_of_rows(&self, reader: &Reader<'_>, scope: ScopeId) -> Result<bool, Error> {
        let Some(holder) = self.0 else { return Ok(false) };
        let entry = reader.scope(scope)?;
        let assigned = entry.is_some_and(|entry| entry.assignees.contains(&holder.member));
        Ok(!holder.holds(scope, assigned))
    }
}

/// This device's member, as far as it decides which scopes he holds himself.
fn holder(reader: &Reader<'_>) -> Result<Option<Holder>, Error> {
    let Some(me) = identity::identity(reader)? else {
        return Ok(None);
    };
    let team = reader.member(me.member)?.and_then(|member| member.team);
    Ok(Some(Holder {
        member: me.member,
        org: me.org,
        team,
    }))
}

/// Scopes that a batch made this member's own load whole, where only rows of them are here.
pub(super) fn load_held(tx: &Transaction<'_>, batch: &Batch) -> Result<(), Error> {
    if batch.scopes.is_empty() && batch.directory.is_none() {
        return Ok(());
    }
    let Some(holder) = holder(tx)? else { return Ok(()) };
    let named = |scope: ScopeId| batch.scopes.iter().find(|row| row.scope == scope);
    let moved = batch.directory.is_some();
    load_whole(tx, |scope| match named(scope) {
        Some(row) => holder.holds(scope, row.assignees.contains(&holder.member)),
        None => moved && holder.holds(scope, false),
    })
}

/// What is here as rows alone of these scopes is loaded again, from the beginning.
fn load_whole(tx: &Transaction<'_>, is_wanted: impl Fn(ScopeId) -> bool) -> Result<(), Error> {
    for scope in tx.scopes_of_rows()? {
        if is_wanted(scope) && tx.access(scope)?.is_some() {
            tx.set_loading(Loading {
                scope,
                seq: 0,
                done: false,
            })?;
        }
    }
    Ok(())
}

/// Takes in a record's row. The relay may not have heard yet that this device wants documents of the scope: then no
/// document gives way, and of a row the whole is asked for.
pub(super) fn take_in(
    tx: &Transaction<'_>,
    wish: &Wish,
    came: &DocRow,
    indexing: Indexing,
    now_ms: i64,
) -> Result<(), Error> {
    let row = serde_json::from_slice::<Row>(&came.row);
    let (Ok(row), false) = (row, came.heads.is_empty()) else {
        return damage::unreadable(tx, &unread(came), now_ms);
    };
    let row = Row {
        heads: came.heads.clone(),
        ..row
    };
    match tx.state(came.id)? {
        Some(state) if state.kind != came.kind => {
            if state.is_row_only() {
                tx.delete_document(came.id)?;
                return keep(tx, came, &row, indexing);
            }
            // Which of them is right only the whole tells.
            tx.set_want_whole(came.id, true)?;
            Ok(())
        }
        Some(state) if !gives_way(tx, &state)? => stay(tx, came, &state),
        Some(state) if !state.is_row_only() && !wish.is_of_rows(tx, came.scope)? => stay(tx, came, &state),
        // The version that is here whole.
        Some(state) if !state.is_row_only() && state.heads == came.heads && !state.want_whole => {
            tx.set_acked(came.id, &came.heads)?;
            Ok(())
        }
        _ => {
            keep(tx, came, &row, indexing)?;
            if !wish.is_of_rows(tx, came.scope)? {
                tx.set_want_whole(came.id, true)?;
            }
            Ok(())
        }
    }
}

fn keep(tx: &Transaction<'_>, came: &DocRow, row: &Row, indexing: Indexing) -> Result<(), Error> {
    tx.put_row_only(came.id, &came.kind, came.scope, &came.heads)?;
    tx.put_row(came.id, row, indexing)?;
    Ok(())
}

/// Whether a newer row may take the place of what is here: nothing of it was written here.
fn gives_way(tx: &Transaction<'_>, state: &DocumentState) -> Result<bool, Error> {
    Ok(state.is_row_only()
        || !state.is_dirty()
            && state.parked.is_none()
            && state.holding != Holding::Written
            && tx.local_changes(state.id)?.is_empty())
}

/// A document that was written here is at another version than the relay's row: it is brought there whole, unless it is
/// beyond it already.
fn stay(tx: &Transaction<'_>, came: &DocRow, state: &DocumentState) -> Result<(), Error> {
    if state.scope != Some(came.scope) {
        tx.set_scope(came.id, Some(came.scope))?;
    }
    if state.acked.as_ref() == Some(&came.heads) {
        return Ok(());
    }
    if state.heads == came.heads {
        tx.set_acked(came.id, &came.heads)?;
        return Ok(());
    }
    let stored = tx.document(came.id)?.zip(tx.kind(&came.kind));
    let ours = stored.map(|(stored, kind)| document::contain(|| sound(kind, &stored)));
    let is_beyond = ours.is_some_and(|ours| ours.is_ok_and(|mut ours| ours.contains(&came.heads)));
    if is_beyond {
        tx.set_acked(came.id, &came.heads)?;
    } else {
        tx.set_want_whole(came.id, true)?;
    }
    Ok(())
}

/// The row that a difference leads to; `None` where nothing is to be done, or the whole is asked for instead.
pub(super) fn expand(tx: &Transaction<'_>, delta: &RowDelta) -> Result<Option<DocRow>, Error> {
    let Some(state) = tx.state(delta.id)? else {
        // The digests bring about a repair.
        return Ok(None);
    };
    if state.acked.as_ref() == Some(&delta.heads) {
        return Ok(None);
    }
    let row = differing(tx, delta, &state)?;
    if row.is_none() {
        tx.set_want_whole(delta.id, true)?;
    }
    Ok(row)
}

fn differing(tx: &Transaction<'_>, delta: &RowDelta, state: &DocumentState) -> Result<Option<DocRow>, Error> {
    let (Some(scope), Some(record), Some(acked)) = (state.scope, tx.record(delta.id)?, &state.acked) else {
        return Ok(None);
    };
    // A row with edits in it that the relay lacks is not the one that differs in nothing else.
    let same = record.row.heads == *acked && record.row.schema == delta.schema;
    if !same || fingerprint(acked) != delta.known {
        return Ok(None);
    }
    let Ok(difference) = serde_json::from_slice::<Difference>(&delta.difference) else {
        return Ok(None);
    };
    let Some(row) = difference.onto(&record.row) else {
        return Ok(None);
    };
    Ok(Some(DocRow {
        id: delta.id,
        kind: state.kind.clone(),
        scope,
        heads: delta.heads.clone(),
        row: serde_json::to_vec(&row).map_err(crate::store::Error::from)?.into(),
    }))
}

/// A document came, or what changed in it, of a record of which only the row is here: the whole takes its place; of
/// changes nothing but the row can be used.
pub(super) fn over(tx: &Transaction<'_>, doc: &Doc, row: &Row, indexing: Indexing) -> Result<(), Error> {
    let Some(snapshot) = &doc.snapshot else {
        tx.put_row_only(doc.id, &doc.kind, doc.scope, &doc.heads)?;
        tx.put_row(doc.id, row, indexing)?;
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
    tx.set_want_whole(doc.id, false)?;
    tx.put_row(doc.id, row, indexing)?;
    Ok(())
}

/// What came, as a document of which nothing can be read.
fn unread(came: &DocRow) -> Doc {
    Doc {
        id: came.id,
        kind: came.kind.clone(),
        scope: came.scope,
        seq: 0,
        snapshot: None,
        changes: Vec::new(),
        heads: came.heads.clone(),
        row: came.row.clone(),
    }
}

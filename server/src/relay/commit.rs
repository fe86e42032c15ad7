//! Writing into the log what passed every check.

use satchel_core::document::Document;
use satchel_core::ids::{DocumentId, MemberId, ScopeId};
use satchel_core::projection::Row;
use satchel_core::projection::difference::differing;
use satchel_core::schema::Kind;
use satchel_core::wire::limit;

use super::{Context, RelayError, Store};
use crate::figure::{self, keep::Written};
use crate::store::log::{NewChange, StoredDocument};

/// What goes into the log under one seq.
pub(super) struct Entry<'a> {
    pub(super) kind: &'static Kind,
    pub(super) id: DocumentId,
    /// The document's projection with the changes in it.
    pub(super) row: &'a Row,
    /// What the log holds of the document; `None` for a new one.
    pub(super) stored: Option<&'a StoredDocument>,
    pub(super) scope: ScopeId,
    /// Who made it, where it is new.
    pub(super) creator: MemberId,
    pub(super) changes: &'a [NewChange],
}

/// Writes changes that passed every check: the document with its new projection, the changes, its seq. The caller then
/// looks at what waited for a new document ([`super::release`]).
pub(super) fn commit(store: &mut dyn Store, context: &Context<'_>, entry: &Entry<'_>) -> Result<u64, RelayError> {
    let seq = store.next_seq()?;
    let Entry {
        kind, id, row, stored, ..
    } = *entry;
    let next = StoredDocument {
        id,
        kind: kind.name.to_owned(),
        scope: entry.scope,
        creator: stored.map_or(entry.creator, |stored| stored.creator),
        snapshot: stored.map(|stored| stored.snapshot.clone()).unwrap_or_default(),
        folded_seq: stored.map_or(0, |stored| stored.folded_seq),
        heads: row.heads.clone(),
        row: serde_json::to_string(row)?,
        schema: kind.schema,
        created_seq: stored.map_or(seq, |stored| stored.created_seq),
        seq,
    };
    store.put_document(&next)?;
    store.append_changes(id, seq, entry.changes, context.now_ms)?;
    // A row of before that cannot be read stops nothing: devices get the whole row then.
    if let Some(before) = stored.and_then(|stored| serde_json::from_str(&stored.row).ok())
        && let serde_json::Value::Object(after) = serde_json::to_value(row)?
    {
        store.note_difference(id, seq, &differing(&before, &after))?;
    }
    let before = stored.and_then(|stored| figure::count::read(&stored.row));
    let written = Written {
        kind,
        id,
        scope: entry.scope,
        before: before.as_ref(),
        after: row,
    };
    figure::keep::written(store, &written)?;
    fold(store, kind, next)?;
    Ok(seq)
}

/// After this many unfolded changes the snapshot takes them in.
const FOLD_AFTER: u64 = 40;

/// Folds changes into the snapshot, losslessly: the new snapshot replaces the old one only after it was read again to
/// the same version. The raw changes stay.
fn fold(store: &mut dyn Store, kind: &'static Kind, stored: StoredDocument) -> Result<(), RelayError> {
    let (changes, bytes) = store.unfolded(stored.id)?;
    if changes <= FOLD_AFTER && bytes <= limit::UNFOLDED_BYTES as u64 {
        return Ok(());
    }
    let snapshot = load(store, kind, &stored)?.save();
    let again = Document::load(kind, stored.id, &snapshot, std::iter::empty::<&[u8]>());
    if again.is_ok_and(|mut again| again.heads() == stored.heads) {
        let folded_seq = stored.seq;
        store.put_document(&StoredDocument {
            snapshot,
            folded_seq,
            ..stored
        })?;
        // Whoever has less than the snapshot gets the whole.
        store.forget_differences(stored.id, folded_seq)?;
    } else {
        tracing::error!(doc.id = %stored.id, "a snapshot did not read back to its version; it was not kept");
    }
    Ok(())
}

/// Opens a stored document.
pub(super) fn load(store: &dyn Store, kind: &'static Kind, stored: &StoredDocument) -> Result<Document, RelayError> {
    let changes = store.changes_after(stored.id, stored.folded_seq)?;
    Ok(Document::load(kind, stored.id, &stored.snapshot, &changes)?)
}

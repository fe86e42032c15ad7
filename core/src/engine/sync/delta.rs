//! A document, from what the relay sent of it and what is here.

use minicbor::bytes::ByteVec;

use super::Error;
use crate::ids::Heads;
use crate::projection::Row;
use crate::projection::difference::Difference;
use crate::store::{DocumentState, Transaction};
use crate::wire::delta::{fingerprint, restore};
use crate::wire::{Delta, Doc, limit};

/// The schema step of a row that nobody may show: its document is projected anew. Steps begin at 1.
pub(super) const PROJECT_ANEW: u32 = 0;

/// The document that a delta stands for; `None` where nothing is to be done. Where the device does not stand where the
/// relay took it to stand, it asks for the whole. A document that is not here at all is left to the repair, which the
/// digests bring about.
pub(super) fn expand(tx: &Transaction<'_>, delta: &Delta) -> Result<Option<Doc>, Error> {
    let Some(state) = tx.state(delta.id)? else {
        return Ok(None);
    };
    let acked = state.acked.clone().unwrap_or_default();
    if fingerprint(&acked) == *delta.fingerprint {
        return Ok(None);
    }
    let clean = !state.is_dirty() && state.parked.is_none();
    if delta.changes.is_empty() {
        // Our own changes come back. Where their receipt was lost, this acknowledges them; where more was written since
        // they are pushed again with it.
        if fingerprint(&state.heads) == *delta.fingerprint {
            return as_it_is(tx, state);
        }
        if clean {
            tx.set_want_whole(delta.id, true)?;
        }
        return Ok(None);
    }
    let doc = document(tx, delta, &state, &acked, clean)?;
    if doc.is_none() {
        tx.set_want_whole(delta.id, true)?;
    }
    Ok(doc)
}

/// What stands here, as the relay would send it.
fn as_it_is(tx: &Transaction<'_>, state: DocumentState) -> Result<Option<Doc>, Error> {
    let (Some(scope), Some(record)) = (state.scope, tx.record(state.id)?) else {
        return Ok(None);
    };
    let row = row_bytes(&record.row)?;
    Ok(Some(Doc {
        id: state.id,
        kind: state.kind,
        scope,
        seq: 0,
        snapshot: None,
        changes: Vec::new(),
        heads: state.heads,
        row,
    }))
}

fn document(
    tx: &Transaction<'_>,
    delta: &Delta,
    state: &DocumentState,
    acked: &Heads,
    clean: bool,
) -> Result<Option<Doc>, Error> {
    let Some(Told {
        changes,
        heads,
        between,
    }) = changes(delta, acked)
    else {
        return Ok(None);
    };
    let (Some(scope), Some(record)) = (state.scope, tx.record(delta.id)?) else {
        return Ok(None);
    };
    let Ok(difference) = serde_json::from_slice::<Difference>(&delta.difference) else {
        return Ok(None);
    };
    // What changed in the row was told from before the first change to after the last. A row with edits in it that the
    // relay lacks, or with some of these changes already, is not the one that differs in nothing else: the document is
    // projected anew, as the row of no schema asks for.
    let same = record.row.heads == *acked;
    let whole = same && !between;
    // Of a record of which only the row is here nothing can be projected.
    let anew = !state.is_row_only() && tx.kind(&state.kind).is_some() && (same || !clean);
    if record.row.schema != delta.schema || !whole && !anew {
        return Ok(None);
    }
    let Some(mut row) = difference.onto(&record.row) else {
        return Ok(None);
    };
    row.heads = heads.clone();
    row.schema = if whole { delta.schema } else { PROJECT_ANEW };
    Ok(Some(Doc {
        id: delta.id,
        kind: state.kind.clone(),
        scope,
        seq: 0,
        snapshot: None,
        changes,
        heads,
        row: row_bytes(&row)?,
    }))
}

fn row_bytes(row: &Row) -> Result<ByteVec, Error> {
    Ok(serde_json::to_vec(row).map_err(crate::store::Error::from)?.into())
}

/// What a delta brings to where the device stands.
struct Told {
    /// The changes that are not here yet.
    changes: Vec<ByteVec>,
    /// The version that they lead to.
    heads: Heads,
    /// Whether the device stands behind the first of those that came, not before it.
    between: bool,
}

/// What is not here yet of a delta's changes. The first may be here already: an answer that was cut is told again from
/// where it began, and a relay that was restored gets in one push what it told in two.
fn changes(delta: &Delta, acked: &Heads) -> Option<Told> {
    let bytes: usize = delta.changes.iter().map(|change| change.len()).sum();
    let [base] = acked.hashes() else { return None };
    if delta.changes.len() > limit::CHANGES_PER_DELTA || bytes > limit::UNFOLDED_BYTES {
        return None;
    }
    (0..delta.changes.len()).find_map(|known| {
        let mut last = *base;
        let mut changes = Vec::new();
        for rest in &delta.changes[known..] {
            let (change, hash) = restore(rest, last);
            changes.push(ByteVec::from(change));
            last = hash;
        }
        let heads = Heads::new(vec![last]);
        (fingerprint(&heads) == *delta.fingerprint).then_some(Told {
            changes,
            heads,
            between: known > 0,
        })
    })
}

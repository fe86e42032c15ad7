//! Losing access: hand in first, then delete, then say so.

use super::apply::CONFLICT;
use super::{Engine, Error};
use crate::ids::{DocumentId, ScopeId};
use crate::store::{DocumentState, PendingOut, Transaction};

/// Documents deleted in one transaction.
const PAGE: u32 = 200;
/// Name of the small value that says that a record was deleted outside of a scope's purge, and its bytes may still stand
/// in the index, in free pages or in the log.
const SWEEP_OWED: &str = "sweep_owed";

/// A record was deleted by itself: its bytes are swept before the next exchange ends, also after a crash.
pub(super) fn owe_sweep(tx: &Transaction<'_>, id: DocumentId) -> Result<(), Error> {
    tx.set_meta(SWEEP_OWED, Some(id.as_bytes()))?;
    Ok(())
}

/// Once everything is here: rows that the relay does not name are of nothing that it has.
pub(super) fn forget_rows_unnamed(tx: &Transaction<'_>) -> Result<(), Error> {
    if let Some(id) = tx.forget_rows_unnamed()? {
        owe_sweep(tx, id)?;
    }
    Ok(())
}

impl Engine {
    /// Deletes what may be deleted of the scopes to drop. Where nothing of one is left, its receipt is owed. Returns how
    /// many scopes were emptied.
    pub(super) fn purge_outs(&self) -> Result<u64, Error> {
        let (outs, owed) = self
            .0
            .store
            .read::<_, Error>(|reader| Ok((reader.pending_outs()?, reader.meta(SWEEP_OWED)?)))?;
        let mut emptied = Vec::new();
        for out in outs.into_iter().filter(|out| !out.purged) {
            emptied.extend(self.purge(out)?);
        }
        if emptied.is_empty() && owed.is_none() {
            return Ok(0);
        }
        // Rows are gone; now their bytes leave the index, the free pages and the log. Before the receipt is owed: a crash
        // in between sweeps again.
        self.0.store.sweep()?;
        if owed.is_some() {
            self.transact(|tx| {
                // What was deleted meanwhile is swept next time.
                if tx.meta(SWEEP_OWED)? == owed {
                    tx.set_meta(SWEEP_OWED, None)?;
                }
                Ok(())
            })?;
        }
        let mut told = 0;
        for out in emptied {
            told += u64::from(self.transact(|tx| finish(tx, out))?);
        }
        Ok(told)
    }

    /// Deletes what may be deleted. Returns the scope with its count where nothing of it is left.
    fn purge(&self, out: PendingOut) -> Result<Option<PendingOut>, Error> {
        let mut out = out;
        let mut after = None;
        let mut kept = 0;
        loop {
            let mut last = None;
            let deleted = self.transact(|tx| {
                let page = tx.in_scope(out.scope, after, PAGE)?;
                last = page.last().map(|state| state.id);
                let mut deleted = 0;
                let mut apart = false;
                for state in page {
                    // Only after a receipt for everything in it: an edit made meanwhile makes it dirty again.
                    if state.is_dirty() {
                        kept += 1;
                    } else if waits_to_be_made_anew(&state) {
                        // The relay keeps nothing of it, and what it would be made anew beside is not sent any more: it is
                        // pushed once more, and kept apart as it is.
                        tx.set_parked(state.id, None)?;
                        tx.set_want_whole(state.id, false)?;
                        kept += 1;
                    } else {
                        tx.delete_document(state.id)?;
                        deleted += 1;
                        apart |= state.acked.as_ref() != Some(&state.heads);
                    }
                }
                if apart {
                    // The relay keeps edits of ours apart that we forget here: what we write after coming back must not
                    // take their numbers.
                    self.renew_actor(tx)?;
                }
                tx.set_pending_out(PendingOut {
                    documents: out.documents + deleted,
                    ..out
                })?;
                Ok(deleted)
            })?;
            out.documents += deleted;
            match last {
                Some(last) => after = Some(last),
                None => return Ok((kept == 0).then_some(out)),
            }
        }
    }
}

fn finish(tx: &Transaction<'_>, out: PendingOut) -> Result<bool, Error> {
    if !tx.in_scope(out.scope, None, 1)?.is_empty() {
        return Ok(false);
    }
    forget_scope(tx, out.scope)?;
    tx.set_pending_out(PendingOut { purged: true, ..out })?;
    Ok(true)
}

fn forget_scope(tx: &Transaction<'_>, scope: ScopeId) -> Result<(), Error> {
    tx.clear_loading(Some(scope))?;
    tx.delete_scope(scope)?;
    Ok(())
}

/// Whether the relay has refused numbers of this document's edits, and the whole that they are to be made anew beside is
/// not here yet. Edits that it keeps apart under the same code are asked for no whole.
fn waits_to_be_made_anew(state: &DocumentState) -> bool {
    state.want_whole && state.parked.as_ref().is_some_and(|parked| parked.code == CONFLICT)
}

//! What is done in the background, in slices: filling new columns after an upgrade, and indexing what came in bulk.

use super::{Engine, Error};
use crate::ids::DocumentId;
use crate::store::{IndexProgress, Indexing};

/// Rows filled in one transaction.
const REFILLED: u32 = 2_000;
/// Records indexed in one transaction.
const INDEXED: u32 = 1_000;

/// How far the background work is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Kinds whose rows are still being filled after an upgrade.
    pub unfilled: Vec<&'static str>,
    /// The search index.
    pub index: IndexProgress,
}

impl Progress {
    /// Whether nothing is left to do.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.unfilled.is_empty() && self.index.pending == 0
    }
}

impl Engine {
    /// How far the background work is.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn progress(&self) -> Result<Progress, Error> {
        self.read(|reader| {
            Ok(Progress {
                unfilled: reader.unfilled()?,
                index: reader.index_progress()?,
            })
        })
    }

    /// Does one slice of the background work and tells how far it is; call until complete.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn maintain(&self) -> Result<Progress, Error> {
        let before = self.progress()?;
        if let Some(kind) = before.unfilled.first() {
            self.transact(|tx| Ok(tx.refill(kind, REFILLED)?))?;
        } else if before.index.pending > 0 {
            self.transact(|tx| Ok(tx.index_pending(INDEXED)?))?;
        }
        self.progress()
    }

    /// Makes the rows, columns, keys and search entries of up to `limit` documents after `after` again from the documents
    /// themselves: a repair, for what a fault of this code left wrong. Returns where to go on; `None` at the end. A
    /// document that cannot be read keeps its row, and so does a record of which only the row is here.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn rebuild(&self, after: Option<DocumentId>, limit: u32) -> Result<Option<DocumentId>, Error> {
        self.transact(|tx| {
            let states = tx.documents(after, limit)?;
            for state in &states {
                match self.load(tx, state.id) {
                    Ok((_, mut document)) => tx.put_row(state.id, &document.project(), Indexing::Later)?,
                    Err(Error::Document(_) | Error::UnknownKind | Error::RowOnly) => {}
                    Err(error) => return Err(error),
                }
            }
            let full = states.len() >= limit as usize;
            Ok(states.last().filter(|_| full).map(|state| state.id))
        })
    }

    /// Sees to it that a list of the kind is complete: after an upgrade the first one waits for its columns.
    pub(super) fn fill(&self, kind: &str) -> Result<(), Error> {
        if self.kind(kind).is_none() {
            return Err(Error::UnknownKind);
        }
        if self.read(|reader| Ok(reader.is_filled(kind)?))? {
            return Ok(());
        }
        while !self.transact(|tx| Ok(tx.refill(kind, REFILLED)?))? {}
        Ok(())
    }
}

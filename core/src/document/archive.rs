//! Archiving: an edit beats an archive.
//!
//! To archive is to write down the version that was put away. The record is archived as long as nobody has changed it
//! beyond that version; a change made apart (or later) brings the whole record back, never a husk of it.

use automerge::transaction::Transactable;
use automerge::{ROOT, ReadDoc, ScalarValue};
use serde::{Deserialize, Serialize};

use super::edit::{Author, read_message};
use super::hydrate::decode_scalar;
use super::{Document, Error, to_automerge};
use crate::ids::{Heads, MemberId};

pub(super) const ARCHIVED_KEY: &str = "_archived";
const PURPOSE: &str = "archive";

/// What an archiving wrote down.
#[derive(Debug, Serialize, Deserialize)]
struct Archived {
    by: MemberId,
    at_ms: i64,
    heads: Heads,
}

/// What an archiving wrote down, with the version that it put away named anew; `None` where the bytes are no archiving.
pub(super) fn with_heads(bytes: &[u8], heads: impl FnOnce(&Heads) -> Heads) -> Option<Vec<u8>> {
    let archived: Archived = serde_json::from_slice(bytes).ok()?;
    let heads = heads(&archived.heads);
    serde_json::to_vec(&Archived { heads, ..archived }).ok()
}

/// Whether a record is put away.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ArchiveState {
    pub(super) archived: bool,
    pub(super) edited_after: bool,
}

impl Document {
    /// Puts the record away as it was at `at` (the present version where `None`).
    ///
    /// # Errors
    /// [`Error::UnknownVersion`] where `at` is not in this document.
    pub fn archive(&mut self, at: Option<&Heads>, author: &Author<'_>) -> Result<Vec<Vec<u8>>, Error> {
        let heads = match at {
            Some(at) => at.clone(),
            None => self.heads(),
        };
        let archived = Archived {
            by: author.member,
            at_ms: author.at_ms,
            heads,
        };
        let json = serde_json::to_vec(&archived).map_err(|_| Error::Damaged)?;
        self.change(at, author, Some(PURPOSE), 1, |document| {
            Ok(document.doc.put(ROOT, ARCHIVED_KEY, ScalarValue::Bytes(json))?)
        })
    }

    /// Brings the record back.
    ///
    /// # Errors
    /// [`Error::Damaged`] where Automerge fails.
    pub fn restore(&mut self, author: &Author<'_>) -> Result<Vec<Vec<u8>>, Error> {
        self.change(None, author, None, 1, |document| {
            if document.doc.get(ROOT, ARCHIVED_KEY)?.is_some() {
                document.doc.delete(ROOT, ARCHIVED_KEY)?;
            }
            Ok(())
        })
    }

    pub(super) fn archive_state(&mut self) -> ArchiveState {
        let values = self.doc.get_all(ROOT, ARCHIVED_KEY).unwrap_or_default();
        let read =
            |value: &automerge::Value<'_>| serde_json::from_value::<Archived>(decode_scalar(value.as_scalar()?)).ok();
        let archivings: Vec<Archived> = values.iter().filter_map(|(value, _)| read(value)).collect();
        let mut state = ArchiveState::default();
        for archived in archivings {
            // A version that is not here cannot have been seen by anybody: such an archiving puts nothing away.
            if !self.contains(&archived.heads) {
                continue;
            }
            let later = self.doc.get_changes_meta(&to_automerge(&archived.heads));
            let edited = later
                .iter()
                .any(|meta| read_message(meta.message.as_deref()).1 != Some(PURPOSE));
            state.archived |= !edited;
            state.edited_after |= edited;
        }
        state.edited_after &= !state.archived;
        state
    }
}

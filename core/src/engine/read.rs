//! Reading records: as they are, as they were, and where people wrote apart.

use serde_json::{Map, Value};

use super::{Engine, Error};
use crate::document::{self, Conflict, Document, HistoryEntry};
use crate::ids::{DocumentId, Heads};
use crate::query::{self, Related};
use crate::store::{Hits, ListQuery, Notice, Page, Record, SearchQuery};

impl Engine {
    /// A record; `None` where it is not on this device. Its row's heads are the version to give back with an edit.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn get(&self, id: DocumentId) -> Result<Option<Record>, Error> {
        self.read(|reader| Ok(reader.record(id)?))
    }

    /// One page of a list.
    ///
    /// # Errors
    /// [`Error::UnknownKind`]; [`Error::Store`] with `UnknownColumn`, `BadCursor` and the others.
    pub fn list(&self, query: &ListQuery) -> Result<Page, Error> {
        self.fill(&query.kind)?;
        self.read(|reader| Ok(reader.list(query)?))
    }

    /// How many records a list has.
    ///
    /// # Errors
    /// As [`Engine::list`].
    pub fn count(&self, query: &ListQuery) -> Result<u64, Error> {
        self.fill(&query.kind)?;
        self.read(|reader| Ok(reader.count(query)?))
    }

    /// Searches. Until the index is complete ([`Engine::progress`]) some records are not found.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn search(&self, query: &SearchQuery) -> Result<Hits, Error> {
        self.read(|reader| Ok(reader.search(query)?))
    }

    /// Everything that hangs on a record or points to it, by kind and field, up to `limit` of each.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn related(&self, id: DocumentId, limit: u32) -> Result<Vec<Related>, Error> {
        for kind in self.kinds() {
            self.fill(kind.name)?;
        }
        self.read(|reader| Ok(query::related(reader, id, limit)?))
    }

    /// Records where values written apart stand beside each other, the last changed first.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn in_conflict(&self, limit: u32) -> Result<Vec<Record>, Error> {
        self.read(|reader| Ok(reader.in_conflict(limit)?))
    }

    /// The conflicts of a record: the field, every value, who wrote it and when.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::RowOnly`], [`Error::UnknownKind`], [`Error::Document`], [`Error::Store`].
    pub fn conflicts(&self, id: DocumentId) -> Result<Vec<Conflict>, Error> {
        self.look(id, |document| Ok(document.conflicts()))
    }

    /// Every change of a record with its author and time, each after what it builds on.
    ///
    /// # Errors
    /// As [`Engine::conflicts`].
    pub fn history(&self, id: DocumentId) -> Result<Vec<HistoryEntry>, Error> {
        self.look(id, |document| Ok(document.history()))
    }

    /// The changes of one field.
    ///
    /// # Errors
    /// As [`Engine::conflicts`].
    pub fn field_history(&self, id: DocumentId, field: &str) -> Result<Vec<HistoryEntry>, Error> {
        self.look(id, |document| Ok(document.field_history(field)))
    }

    /// The fields of a record as they were at a version.
    ///
    /// # Errors
    /// As [`Engine::conflicts`]; [`Error::UnknownVersion`].
    pub fn at_version(&self, id: DocumentId, heads: &Heads) -> Result<Map<String, Value>, Error> {
        self.look(id, |document| document.fields_at(heads))
    }

    /// What the person has to know of his own edits, newest first, before the number `before`.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn notices(&self, before: Option<i64>, limit: u32) -> Result<Vec<Notice>, Error> {
        self.read(|reader| Ok(reader.notices(before, limit)?))
    }

    /// Notes that a notice was shown.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn mark_notice_seen(&self, number: i64) -> Result<(), Error> {
        self.transact(|tx| Ok(tx.mark_notice_seen(number)?))
    }

    /// Looks into a document; a panic on its bytes is its own.
    fn look<T>(
        &self,
        id: DocumentId,
        look: impl FnOnce(&mut Document) -> Result<T, document::Error>,
    ) -> Result<T, Error> {
        let seen = self.read(|reader| {
            let (_, mut document) = self.load(reader, id)?;
            Ok(document::contain(|| look(&mut document))?)
        });
        self.ask_for_what_lacks(id, &seen)?;
        seen
    }
}

//! Reading records.

use satchel_core::ids::{DocumentId, MemberId};
use satchel_core::schema::ViolationCode;
use satchel_core::{policy, query};

use super::zone;
use crate::record::AnyRecord;
use crate::runtime::on_thread;
use crate::{
    Agenda, Conflict, Day, Entry, ForbiddenReason, HistoryEntry, Page, Query, Related, Satchel, SatchelError,
    SearchPage, SearchQuery, Version,
};

/// What somebody wants to do with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Action {
    /// Change it.
    Edit,
    /// Put it away or bring it back.
    Archive,
}

#[uniffi::export]
impl Satchel {
    /// A record; absent where it is not on this device.
    ///
    /// # Errors
    /// As every reading: [`SatchelError::Unavailable`] where the database is closed, [`SatchelError::DatabaseDamaged`].
    pub async fn get(&self, id: DocumentId) -> Result<Option<Entry>, SatchelError> {
        let engine = self.engine().clone();
        on_thread(move || {
            let record = engine.get(id)?;
            Ok(record.and_then(|record| Entry::of(record, engine.kinds())))
        })
        .await
    }

    /// One page of a list. Pages stay in order while others write: nothing is shown twice.
    ///
    /// # Errors
    /// [`SatchelError::Invalid`] at `kind`, `column` or `after`, and as every reading.
    pub async fn list(&self, query: Query) -> Result<Page, SatchelError> {
        let engine = self.engine().clone();
        on_thread(move || Ok(Page::of(engine.list(&query.plain()?)?, engine.kinds()))).await
    }

    /// How many records a list has.
    ///
    /// # Errors
    /// As [`Satchel::list`].
    pub async fn count(&self, query: Query) -> Result<i64, SatchelError> {
        let engine = self.engine().clone();
        on_thread(move || Ok(crate::status::count(engine.count(&query.plain()?)?))).await
    }

    /// Searches. Until [`Satchel::maintenance`] has no records left to index, some are not found.
    ///
    /// # Errors
    /// As every reading.
    pub async fn search(&self, query: SearchQuery) -> Result<SearchPage, SatchelError> {
        let engine = self.engine().clone();
        on_thread(move || Ok(SearchPage::of(engine.search(&query.plain())?, engine.kinds()))).await
    }

    /// Everything that hangs on a record or points to it, by kind and field, up to `limit` of each.
    ///
    /// # Errors
    /// As every reading.
    pub async fn related(&self, id: DocumentId, limit: i32) -> Result<Vec<Related>, SatchelError> {
        let engine = self.engine().clone();
        on_thread(move || {
            let limit = u32::try_from(limit).unwrap_or(1).max(1);
            let found = engine.related(id, limit)?;
            Ok(found
                .into_iter()
                .map(|related| Related::of(related, engine.kinds()))
                .collect())
        })
        .await
    }

    /// The agenda of a civil day in a zone: of one member (what he takes part in, what is assigned to him or to nobody),
    /// or of everybody.
    ///
    /// # Errors
    /// [`SatchelError::Invalid`] at `zone`, and as every reading.
    pub async fn agenda(&self, day: Day, zone: String, member: Option<MemberId>) -> Result<Agenda, SatchelError> {
        let engine = self.engine().clone();
        on_thread(move || {
            let zone = self::zone(&zone)?;
            let agenda = engine.read(|reader| Ok(query::agenda(reader, day, zone, member)?))?;
            Ok(Agenda::of(agenda, engine.kinds()))
        })
        .await
    }

    /// Records where values written apart stand beside each other, the last changed first.
    ///
    /// # Errors
    /// As every reading.
    pub async fn in_conflict(&self, limit: i32) -> Result<Vec<Entry>, SatchelError> {
        let engine = self.engine().clone();
        on_thread(move || {
            let limit = u32::try_from(limit).unwrap_or(1).max(1);
            Ok(Entry::all(engine.in_conflict(limit)?, engine.kinds()))
        })
        .await
    }

    /// The conflicts of a record: the field, every value, who wrote it and when.
    ///
    /// # Errors
    /// [`SatchelError::NotFound`], and as every reading.
    pub async fn conflicts(&self, id: DocumentId) -> Result<Vec<Conflict>, SatchelError> {
        self.with_document(id, move |engine| {
            let record = engine.get(id)?.ok_or(SatchelError::NotFound)?;
            let kind = engine.kind(&record.kind);
            let conflicts = engine.conflicts(id)?;
            Ok(conflicts
                .into_iter()
                .map(|conflict| Conflict::of(conflict, kind))
                .collect())
        })
        .await
    }

    /// Every change of a record (of one field, where it is named) with its author and time, each after what it builds
    /// on.
    ///
    /// # Errors
    /// [`SatchelError::NotFound`], and as every reading.
    pub async fn history(&self, id: DocumentId, field: Option<String>) -> Result<Vec<HistoryEntry>, SatchelError> {
        self.with_document(id, move |engine| {
            let entries = match &field {
                Some(field) => engine.field_history(id, field)?,
                None => engine.history(id)?,
            };
            Ok(entries.into_iter().map(Into::into).collect())
        })
        .await
    }

    /// A record as it was at a version.
    ///
    /// # Errors
    /// [`SatchelError::NotFound`]; [`SatchelError::Invalid`] at `version`; and as every reading.
    pub async fn at_version(&self, id: DocumentId, version: Version) -> Result<AnyRecord, SatchelError> {
        self.with_document(id, move |engine| {
            let record = engine.get(id)?.ok_or(SatchelError::NotFound)?;
            let fields = engine.at_version(id, &version.0)?;
            let known = engine
                .kind(&record.kind)
                .and_then(|kind| AnyRecord::read(kind, &fields));
            known.ok_or_else(|| SatchelError::invalid("kind", ViolationCode::UnknownChoice))
        })
        .await
    }

    /// Why the person may not do something with a record that is here; absent where he may.
    ///
    /// # Errors
    /// [`SatchelError::NotFound`], [`SatchelError::SignedOut`], and as every reading.
    pub async fn forbidden(&self, action: Action, id: DocumentId) -> Result<Option<ForbiddenReason>, SatchelError> {
        let engine = self.engine().clone();
        on_thread(move || {
            let action = match action {
                Action::Edit => policy::Action::Edit,
                Action::Archive => policy::Action::Archive,
            };
            Ok(engine.may(action, id)?.err().map(Into::into))
        })
        .await
    }
}

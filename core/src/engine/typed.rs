//! The typed face of a kind's records.

use std::marker::PhantomData;

use super::{Engine, Error, Observation, Saved};
use crate::ids::{Heads, ScopeId};
use crate::projection::Row;
use crate::schema::Entity;
use crate::store::{ListQuery, Record};

/// The records of one kind.
#[derive(Debug, Clone)]
pub struct Records<T> {
    engine: Engine,
    kind: PhantomData<T>,
}

/// A record that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found<T: Entity> {
    /// Its id.
    pub id: T::Id,
    /// The record.
    pub record: T,
    /// Its version: to be given back with an edit.
    pub heads: Heads,
    /// Everything else that is known of it: unknown fields, what is derived, conflicts, who and when.
    pub row: Row,
    /// Its scope.
    pub scope: Option<ScopeId>,
    /// Whether it holds edits that the relay neither has nor keeps apart.
    pub pending: bool,
    /// Why the relay keeps its last edit apart, where it does.
    pub parked: Option<String>,
}

impl<T: Entity> From<Record> for Found<T> {
    fn from(record: Record) -> Self {
        Self {
            id: record.id.into(),
            record: record.row.typed(),
            heads: record.row.heads.clone(),
            row: record.row,
            scope: record.scope,
            pending: record.pending,
            parked: record.parked,
        }
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundPage<T: Entity> {
    /// The records, in order.
    pub records: Vec<Found<T>>,
    /// Where the next page begins; `None` where this was the last.
    pub next: Option<String>,
}

impl Engine {
    /// The records of one kind, typed.
    #[must_use]
    pub fn of<T: Entity>(&self) -> Records<T> {
        Records {
            engine: self.clone(),
            kind: PhantomData,
        }
    }
}

impl<T: Entity> Records<T> {
    /// Makes a record.
    ///
    /// # Errors
    /// As [`Engine::create`].
    pub fn create(&self, patch: T::Patch) -> Result<T::Id, Error> {
        Ok(self.engine.create(T::KIND.name, &patch.into())?.id.into())
    }

    /// A record of this kind; `None` where it is not on this device.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn get(&self, id: T::Id) -> Result<Option<Found<T>>, Error> {
        let record = self.engine.get(id.into())?;
        Ok(record.filter(|record| record.kind == T::KIND.name).map(Found::from))
    }

    /// Changes a record at the version on which the form was opened.
    ///
    /// # Errors
    /// As [`Engine::edit`].
    pub fn edit(&self, id: T::Id, patch: T::Patch, at: Option<&Heads>) -> Result<Saved, Error> {
        self.engine.edit(id.into(), &patch.into(), at)
    }

    /// Puts a record away.
    ///
    /// # Errors
    /// As [`Engine::archive`].
    pub fn archive(&self, id: T::Id, at: Option<&Heads>) -> Result<Saved, Error> {
        self.engine.archive(id.into(), at)
    }

    /// Brings a record back.
    ///
    /// # Errors
    /// As [`Engine::restore`].
    pub fn restore(&self, id: T::Id) -> Result<Saved, Error> {
        self.engine.restore(id.into())
    }

    /// The query for all records of this kind, to be narrowed.
    #[must_use]
    pub fn query(&self) -> ListQuery {
        ListQuery::new(T::KIND.name)
    }

    /// One page of a list of this kind.
    ///
    /// # Errors
    /// As [`Engine::list`].
    pub fn list(&self, query: &ListQuery) -> Result<FoundPage<T>, Error> {
        let page = self.engine.list(&Self::bound(query))?;
        Ok(FoundPage {
            records: page.records.into_iter().map(Found::from).collect(),
            next: page.next,
        })
    }

    /// How many records a list has.
    ///
    /// # Errors
    /// As [`Engine::count`].
    pub fn count(&self, query: &ListQuery) -> Result<u64, Error> {
        self.engine.count(&Self::bound(query))
    }

    /// Observes a list of this kind.
    ///
    /// # Errors
    /// As [`Engine::observe`].
    pub fn observe(&self, query: &ListQuery) -> Result<Observation, Error> {
        self.engine.observe(&Self::bound(query))
    }

    /// Whatever kind the query names, it is this one that is listed.
    fn bound(query: &ListQuery) -> ListQuery {
        ListQuery {
            kind: T::KIND.name.to_owned(),
            ..query.clone()
        }
    }
}

//! Making and changing records.

use serde_json::Value;

use super::{Engine, Error, guard, identity};
use crate::clock::random;
use crate::document::{self, Author, Document, contain};
use crate::ids::{DocumentId, Heads};
use crate::policy::{Action, Placement, place};
use crate::schema::{Kind, Patch};
use crate::store::{Indexing, NewDocument, Origin, StoredDocument, SyncPoint, Transaction};

/// Raw changes beside a snapshot after which they are folded into it. Until then they are the insurance.
const FOLD_AFTER: u64 = 32;

/// What an edit led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// The record.
    pub id: DocumentId,
    /// Its version now: what the next form is opened on.
    pub heads: Heads,
    /// Whether anything changed.
    pub changed: bool,
}

impl Engine {
    /// Makes a record.
    ///
    /// # Errors
    /// [`Error::UnknownKind`], [`Error::Invalid`], [`Error::Denied`], [`Error::ParentMissing`], [`Error::NotEnrolled`],
    /// [`Error::Store`].
    pub fn create(&self, kind: &str, patch: &Patch) -> Result<Saved, Error> {
        let id = DocumentId::ordered(self.now_ms(), random(self.0.entropy.as_ref()));
        self.create_as(kind, id, patch)
    }

    /// Makes a record under an id of the caller's: a deterministic one, so that two devices which make "the same" record
    /// make one.
    ///
    /// # Errors
    /// As [`Engine::create`]; [`Error::Exists`].
    pub fn create_as(&self, kind: &str, id: DocumentId, patch: &Patch) -> Result<Saved, Error> {
        let kind = self.kind(kind).ok_or(Error::UnknownKind)?;
        let saved = self.transact(|tx| {
            let me = identity::identity(tx)?.ok_or(Error::NotEnrolled)?;
            if tx.state(id)?.is_some() {
                return Err(Error::Exists);
            }
            let (mut document, changes) =
                self.as_author(tx, |author| Ok(Document::create(kind, id, patch, author)?))?;
            let mut failed = None;
            let fields = document.fields();
            let placement = place(kind, id, &fields, me.member, me.org, |parent| match tx.state(parent) {
                Ok(state) => state.and_then(|state| state.scope),
                Err(error) => {
                    failed = Some(error);
                    None
                }
            });
            if let Some(error) = failed {
                return Err(error.into());
            }
            let Placement::In(scope) = placement else {
                return Err(Error::ParentMissing);
            };
            guard::may_create(tx, kind, Some(scope))?;
            let heads = document.heads();
            tx.put_document(&NewDocument {
                id,
                kind: kind.name,
                scope: Some(scope),
                snapshot: &[],
                heads: &Heads::default(),
            })?;
            tx.append_changes(id, Origin::Local(tx.point(SyncPoint::Cursor)?), &changes, &heads)?;
            tx.put_row(id, &document.project(), Indexing::Now)?;
            Ok(Saved {
                id,
                heads,
                changed: true,
            })
        })?;
        self.written();
        Ok(saved)
    }

    /// Changes a record: the patch is applied at the version on which the form was opened (the present one where `None`)
    /// and merged.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::RowOnly`], [`Error::Invalid`], [`Error::Denied`], [`Error::UnknownVersion`],
    /// [`Error::UnknownKind`], [`Error::Document`], [`Error::Store`].
    pub fn edit(&self, id: DocumentId, patch: &Patch, at: Option<&Heads>) -> Result<Saved, Error> {
        self.change(id, Action::Edit, |document, author| document.edit(patch, at, author))
    }

    /// Settles a conflict (`field`, or `field/key` in a map) by choosing a value, or another one; null for none. `at` is
    /// the version on which the values were looked at: one that arrived later stays beside the chosen one.
    ///
    /// # Errors
    /// As [`Engine::edit`].
    pub fn resolve(&self, id: DocumentId, field: &str, value: &Value, at: Option<&Heads>) -> Result<Saved, Error> {
        self.change(id, Action::Edit, |document, author| {
            let patch = document.resolution(field, value)?;
            document.edit(&patch, at, author)
        })
    }

    /// Puts a record away as it was at `at` (the present version where `None`): an edit made apart brings it back.
    ///
    /// # Errors
    /// As [`Engine::edit`].
    pub fn archive(&self, id: DocumentId, at: Option<&Heads>) -> Result<Saved, Error> {
        self.change(id, Action::Archive, |document, author| document.archive(at, author))
    }

    /// Brings a record back.
    ///
    /// # Errors
    /// As [`Engine::edit`].
    pub fn restore(&self, id: DocumentId) -> Result<Saved, Error> {
        self.change(id, Action::Archive, Document::restore)
    }

    fn change(
        &self,
        id: DocumentId,
        action: Action,
        write: impl FnOnce(&mut Document, &Author<'_>) -> Result<Vec<Vec<u8>>, crate::document::Error>,
    ) -> Result<Saved, Error> {
        let saved = self.transact(|tx| {
            let loaded = self.load(tx, id);
            if let Err(Error::RowOnly) = loaded {
                // Whose edit would be refused needs no document for it.
                let record = tx.record(id)?.ok_or(Error::NotFound)?;
                let kind = self.kind(&record.kind).ok_or(Error::UnknownKind)?;
                guard::may_edit(tx, kind, action, &record)?;
            }
            let (kind, mut document) = loaded?;
            let record = tx.record(id)?.ok_or(Error::NotFound)?;
            guard::may_edit(tx, kind, action, &record)?;
            let (changes, row) = self.as_author(tx, |author| {
                Ok(contain(|| {
                    let changes = write(&mut document, author)?;
                    Ok((changes, document.project()))
                })?)
            })?;
            let heads = row.heads.clone();
            if changes.is_empty() {
                return Ok(Saved {
                    id,
                    heads,
                    changed: false,
                });
            }
            let base = tx.point(SyncPoint::Cursor)?;
            tx.append_changes(id, Origin::Local(base), &changes, &heads)?;
            tx.put_row(id, &row, Indexing::Now)?;
            if tx.change_count(id)? >= FOLD_AFTER {
                // Where the snapshot does not load to the same version, the raw changes stay.
                tx.fold(id, &document.save())?;
            }
            Ok(Saved {
                id,
                heads,
                changed: true,
            })
        });
        self.ask_for_what_lacks(id, &saved)?;
        let saved = saved?;
        if saved.changed {
            self.written();
        }
        Ok(saved)
    }

    /// Where a call did not find the document, or could not work with it, the relay is asked for the whole.
    pub(super) fn ask_for_what_lacks<T>(&self, id: DocumentId, outcome: &Result<T, Error>) -> Result<(), Error> {
        match outcome {
            Err(Error::Document(_)) => self.want_whole(id),
            Err(Error::RowOnly) => self.ask_for_document(id).map(drop),
            _ => Ok(()),
        }
    }

    /// What is here of a document cannot be worked with: the relay is asked for the whole, which takes its place.
    pub(super) fn want_whole(&self, id: DocumentId) -> Result<(), Error> {
        self.transact(|tx| {
            // What the relay never had it cannot give.
            if tx
                .state(id)?
                .is_some_and(|state| state.acked.is_some() && !state.want_whole)
            {
                tx.set_want_whole(id, true)?;
            }
            Ok(())
        })
    }

    /// Loads the document of a record that is here.
    pub(crate) fn load(
        &self,
        tx: &crate::store::Reader<'_>,
        id: DocumentId,
    ) -> Result<(&'static Kind, Document), Error> {
        let stored = tx.document(id)?.ok_or(Error::NotFound)?;
        let kind = self.kind(&stored.state.kind).ok_or(Error::UnknownKind)?;
        if stored.state.is_row_only() {
            return Err(Error::RowOnly);
        }
        Ok((kind, sound(kind, &stored)?))
    }

    /// Runs `write` on behalf of this device's person, now.
    pub(crate) fn as_author<T>(
        &self,
        tx: &Transaction<'_>,
        write: impl FnOnce(&Author<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let me = identity::identity(tx)?.ok_or(Error::NotEnrolled)?;
        if super::sync::is_wiped(tx)? {
            return Err(Error::Wiped);
        }
        let zone = self.zone();
        write(&Author {
            member: me.member,
            actor: identity::actor(tx)?,
            at_ms: self.now_ms(),
            zone: &zone,
            entropy: self.0.entropy.as_ref(),
        })
    }
}

/// A document that is here, where its bytes lead to the version that it is kept under: a snapshot is kept as it came, and
/// only now it shows where it leads.
pub(super) fn sound(kind: &'static Kind, local: &StoredDocument) -> Result<Document, document::Error> {
    let mut ours = Document::load(kind, local.state.id, &local.snapshot, &local.changes)?;
    // Nothing at all is the seed, which is no version.
    if local.state.heads.is_empty() || ours.heads() == local.state.heads {
        Ok(ours)
    } else {
        Err(document::Error::Damaged)
    }
}

//! Making and changing records.

use satchel_core::ids::DocumentId;

use crate::record::AnyPatch;
use crate::runtime::on_thread;
use crate::{Satchel, SatchelError, Saved, Value, Version};

#[uniffi::export]
impl Satchel {
    /// Makes a record of the patch's kind. It is on the disk when this returns, whether or not the caller still waits.
    ///
    /// # Errors
    /// [`SatchelError::Invalid`], [`SatchelError::Forbidden`], [`SatchelError::NotFound`] where the record that it hangs
    /// on is not here, [`SatchelError::SignedOut`] before the device is enrolled, and as every writing.
    pub async fn create(&self, patch: AnyPatch) -> Result<Saved, SatchelError> {
        let engine = self.engine().clone();
        on_thread(move || {
            let (kind, patch) = patch.plain();
            Ok(engine.create(kind.name, &patch)?.into())
        })
        .await
    }

    /// Changes a record: what the patch names, at the version on which the form was opened (the present one where
    /// absent). What another person changed meanwhile stays; where it was the same field, both values stand beside each
    /// other. It is on the disk when this returns.
    ///
    /// # Errors
    /// [`SatchelError::NotFound`] where no record of that kind is here under the id, [`SatchelError::Invalid`],
    /// [`SatchelError::Forbidden`], and as every writing.
    pub async fn edit(&self, id: DocumentId, patch: AnyPatch, version: Option<Version>) -> Result<Saved, SatchelError> {
        let (kind, patch) = patch.plain();
        self.with_document(id, move |engine| {
            engine
                .get(id)?
                .filter(|record| record.kind == kind.name)
                .ok_or(SatchelError::NotFound)?;
            Ok(engine
                .edit(id, &patch, version.as_ref().map(|version| &version.0))?
                .into())
        })
        .await
    }

    /// Puts a record away as it was at a version (the present one where absent): an edit made apart brings it back.
    ///
    /// # Errors
    /// As [`Satchel::edit`].
    pub async fn archive(&self, id: DocumentId, version: Option<Version>) -> Result<Saved, SatchelError> {
        self.with_document(id, move |engine| {
            Ok(engine.archive(id, version.as_ref().map(|version| &version.0))?.into())
        })
        .await
    }

    /// Brings a record back.
    ///
    /// # Errors
    /// As [`Satchel::edit`].
    pub async fn restore(&self, id: DocumentId) -> Result<Saved, SatchelError> {
        self.with_document(id, move |engine| Ok(engine.restore(id)?.into()))
            .await
    }

    /// Settles a conflict (`field`, or `field/key` in a map) by choosing one of its values, or another one. `version` is
    /// the one on which the values were looked at: one that arrived later stays beside the chosen one.
    ///
    /// # Errors
    /// As [`Satchel::edit`].
    pub async fn resolve(
        &self,
        id: DocumentId,
        field: String,
        value: Value,
        version: Option<Version>,
    ) -> Result<Saved, SatchelError> {
        let value = value.plain()?;
        self.with_document(id, move |engine| {
            let at = version.as_ref().map(|version| &version.0);
            Ok(engine.resolve(id, &field, &value, at)?.into())
        })
        .await
    }
}

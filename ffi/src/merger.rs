//! Records that are there twice.

use satchel_core::duplicates::Likeness;
use satchel_core::ids::DocumentId;
use satchel_core::merger;

use crate::runtime::on_thread;
use crate::{Satchel, SatchelError, Saved};

/// A record that is likely the same as another one.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Duplicate {
    /// The record.
    pub id: DocumentId,
    /// How likely, and why.
    pub likeness: Likeness,
}

#[uniffi::export]
impl Satchel {
    /// The records on this device that are likely the same as one that is here, the likeliest first. Nothing is merged
    /// by itself.
    ///
    /// # Errors
    /// [`SatchelError::NotFound`], and as every reading.
    pub async fn duplicates(&self, id: DocumentId) -> Result<Vec<Duplicate>, SatchelError> {
        let engine = self.engine().clone();
        on_thread(move || {
            let suspects = merger::find(&engine, id.into())?;
            let duplicate = |suspect: merger::Suspect| Duplicate {
                id: suspect.id.into(),
                likeness: suspect.likeness,
            };
            Ok(suspects.into_iter().map(duplicate).collect())
        })
        .await
    }

    /// Says that `loser` is the same as `survivor` and is shown as it. It can be taken back.
    ///
    /// # Errors
    /// [`SatchelError::NotFound`], [`SatchelError::Invalid`] where both are one, and as every edit.
    pub async fn merge(&self, loser: DocumentId, survivor: DocumentId) -> Result<Saved, SatchelError> {
        let engine = self.engine().clone();
        on_thread(move || Ok(merger::merge(&engine, loser.into(), survivor.into())?.into())).await
    }

    /// Takes back that `loser` is the same as `survivor`.
    ///
    /// # Errors
    /// As every edit.
    pub async fn unmerge(&self, loser: DocumentId, survivor: DocumentId) -> Result<Saved, SatchelError> {
        let engine = self.engine().clone();
        on_thread(move || Ok(merger::unmerge(&engine, loser.into(), survivor.into())?.into())).await
    }
}

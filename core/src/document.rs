//! One record as one Automerge document: what merges.
//!
//! Generic over the table of kinds; it never names one. A document is opened from bytes, changed or merged, saved and
//! dropped: nothing here keeps documents in memory between operations.

mod archive;
mod change;
mod chunk;
mod conflict;
mod edit;
mod error;
mod history;
mod hydrate;
mod remake;
mod seed;
mod snapshot;

pub use change::{Admitted, Entry, Header, MAX_CHANGE_BYTES, Refusal};
pub use conflict::{Conflict, Sibling};
pub use edit::Author;
pub use error::Error;
pub use error::contain;
pub use history::{FieldChange, HistoryEntry};
pub use remake::Remade;
pub use seed::seed_actor;
pub use snapshot::{heads_of, loads, restored, stripped};

use automerge::AutoCommit;

use crate::ids::{ChangeHash, DocumentId, Heads};
use crate::schema::{Kind, Patch};

/// A record's document, loaded.
pub struct Document {
    id: DocumentId,
    kind: &'static Kind,
    doc: AutoCommit,
}

impl std::fmt::Debug for Document {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Document")
            .field("id", &self.id)
            .field("kind", &self.kind.name)
            .finish_non_exhaustive()
    }
}

impl Document {
    /// The document before its first change: nothing but its seed, the same on every device.
    ///
    /// # Errors
    /// [`Error::Damaged`] where Automerge fails.
    pub fn new(kind: &'static Kind, id: DocumentId) -> Result<Self, Error> {
        let mut doc = seed::build(kind, id, 1)?;
        // Nobody writes as a seed; every edit sets its author's actor.
        doc.set_actor(automerge::ActorId::random());
        Ok(Self { id, kind, doc })
    }

    /// A new record: its document after the first change, and that change.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every violation where the values do not make a valid record.
    pub fn create(
        kind: &'static Kind,
        id: DocumentId,
        patch: &Patch,
        author: &Author<'_>,
    ) -> Result<(Self, Vec<Vec<u8>>), Error> {
        let mut document = Self::new(kind, id)?;
        let changes = document.edit(patch, None, author)?;
        Ok((document, changes))
    }

    /// Opens a document from a snapshot and the changes since. An empty snapshot is the seed alone.
    ///
    /// # Errors
    /// [`Error::Damaged`] where the bytes cannot be read; a panic inside Automerge is contained and shows as
    /// [`Error::Poisoned`].
    pub fn load<C: AsRef<[u8]>>(
        kind: &'static Kind,
        id: DocumentId,
        snapshot: &[u8],
        changes: impl IntoIterator<Item = C>,
    ) -> Result<Self, Error> {
        snapshot::loaded();
        let mut document = if snapshot.is_empty() {
            Self::new(kind, id)?
        } else {
            let doc = error::contain(|| AutoCommit::load(snapshot).map_err(|_| Error::Damaged))?;
            Self { id, kind, doc }
        };
        document.merge(changes)?;
        Ok(document)
    }

    /// Takes in changes made elsewhere; those already here change nothing.
    ///
    /// # Errors
    /// [`Error::MissingDependencies`] where a change builds on one that is not here (nothing is taken in then),
    /// [`Error::Damaged`] or [`Error::Poisoned`] where bytes cannot be read.
    pub fn merge<C: AsRef<[u8]>>(&mut self, changes: impl IntoIterator<Item = C>) -> Result<(), Error> {
        let mut parsed = Vec::new();
        for bytes in changes {
            let bytes = bytes.as_ref();
            parsed.push(error::contain(|| {
                automerge::Change::try_from(bytes).map_err(|_| Error::Damaged)
            })?);
        }
        if parsed.is_empty() {
            return Ok(());
        }
        self.plant_needed_seeds(&parsed)?;
        let doc = &mut self.doc;
        error::contain(move || {
            let wanted: Vec<automerge::ChangeHash> = parsed.iter().map(automerge::Change::hash).collect();
            doc.apply_changes(parsed).map_err(|_| Error::Damaged)?;
            if wanted.iter().all(|hash| doc.get_change_meta_by_hash(hash).is_some()) {
                Ok(())
            } else {
                Err(Error::MissingDependencies)
            }
        })
    }

    /// The id.
    #[must_use]
    pub fn id(&self) -> DocumentId {
        self.id
    }

    /// The kind.
    #[must_use]
    pub fn kind(&self) -> &'static Kind {
        self.kind
    }

    /// The version.
    pub fn heads(&mut self) -> Heads {
        from_automerge(&self.doc.get_heads())
    }

    /// The whole history as one uncompressed snapshot (packs and frames compress many together).
    pub fn save(&mut self) -> Vec<u8> {
        self.doc.save_nocompress()
    }

    /// Whether every one of these changes is in the document.
    pub fn contains(&mut self, heads: &Heads) -> bool {
        heads
            .hashes()
            .iter()
            .all(|hash| self.doc.get_change_meta_by_hash(&to_automerge_hash(*hash)).is_some())
    }

    /// The raw changes since a version, in an order in which each comes after what it depends on, and its operations
    /// after those before it in number: the relay takes no gap. Seeds of the first step are left out: both sides make
    /// them.
    pub fn changes_since(&mut self, heads: &Heads) -> Vec<Vec<u8>> {
        let seed = seed_actor(self.id, 1);
        let mut changes = self.doc.get_changes(&to_automerge(heads));
        // Automerge's own order is that of arrival, which keeps to dependencies only.
        changes.sort_by_key(automerge::Change::start_op);
        changes
            .into_iter()
            .filter(|change| change.actor_id().to_bytes() != seed.0)
            .map(|change| change.raw_bytes().to_vec())
            .collect()
    }

    /// The text of a version of a change: an empty document has its seed only.
    #[must_use]
    pub fn is_blank(&mut self) -> bool {
        let heads = self.doc.get_heads();
        heads.iter().all(|hash| {
            let seed = seed_actor(self.id, 1);
            self.doc
                .get_change_meta_by_hash(hash)
                .is_some_and(|meta| meta.actor.to_bytes() == seed.0)
        })
    }
}

pub(crate) fn from_automerge(hashes: &[automerge::ChangeHash]) -> Heads {
    Heads::new(hashes.iter().map(|hash| ChangeHash(hash.0)).collect())
}

pub(crate) fn to_automerge_hash(hash: ChangeHash) -> automerge::ChangeHash {
    automerge::ChangeHash(hash.0)
}

pub(crate) fn to_automerge(heads: &Heads) -> Vec<automerge::ChangeHash> {
    heads.hashes().iter().copied().map(to_automerge_hash).collect()
}

//! Seeds: every container and counter of a kind is born in one fixed change per schema step, the same on every device.
//!
//! A container born on two devices would be two containers, one of them hidden with all that was written into it. The
//! seed's actor is derived from document id and step, so its bytes (and hash) are equal everywhere, and changes of one
//! document can never be applied to another: their dependencies would be missing. What a seed holds is frozen once
//! released; a later field that needs a container comes with a later step.

use std::collections::BTreeSet;

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{AutoCommit, ObjType, ROOT, ReadDoc, ScalarValue};
use sha2::{Digest, Sha256};

use super::{Document, Entry, Error, from_automerge};
use crate::ids::{ActorId, DocumentId, Heads};
use crate::schema::{Kind, Merge};

/// Key of the root under which the document names its kind.
pub(super) const KIND_KEY: &str = "_kind";

/// The actor of a seed.
#[must_use]
pub fn seed_actor(id: DocumentId, step: u32) -> ActorId {
    let mut hash = Sha256::new();
    hash.update(b"satchel seed");
    hash.update(id.as_bytes());
    hash.update(step.to_be_bytes());
    let digest: [u8; 32] = hash.finalize().into();
    let mut actor = [0; 16];
    actor.copy_from_slice(&digest[..16]);
    ActorId(actor)
}

/// Plants the seed of `step` into a document that has those before it, at the version of the step before.
pub(super) fn plant(doc: &mut AutoCommit, kind: &Kind, id: DocumentId, step: u32) -> Result<(), Error> {
    let mut seed = build(kind, id, step)?;
    doc.merge(&mut seed)?;
    Ok(())
}

/// A document of nothing but the seeds up to `step`.
pub(super) fn build(kind: &Kind, id: DocumentId, step: u32) -> Result<AutoCommit, Error> {
    let mut doc = AutoCommit::new();
    for step in 1..=step {
        doc.set_actor(automerge::ActorId::from(seed_actor(id, step).0));
        if step == 1 {
            doc.put(ROOT, KIND_KEY, kind.name)?;
        }
        for field in kind.fields.iter().filter(|field| field.since == step) {
            match field.merge {
                Merge::Register => {}
                Merge::Text => {
                    doc.put_object(ROOT, field.name, ObjType::Text)?;
                }
                Merge::Counter => doc.put(ROOT, field.name, ScalarValue::counter(0))?,
                Merge::Set | Merge::Map | Merge::Log => {
                    doc.put_object(ROOT, field.name, ObjType::Map)?;
                }
            }
        }
        // An empty step still makes a change, so that steps always chain.
        let options = CommitOptions::default().with_time(0);
        if doc.pending_ops() > 0 {
            doc.commit_with(options);
        } else {
            doc.empty_change(options);
        }
    }
    Ok(doc)
}

impl Document {
    /// Plants the seeds up to `step` where they are missing. Called before an edit touches a container of a later step:
    /// a seed counts only once a change depends on it.
    pub(super) fn plant_up_to(&mut self, step: u32) -> Result<(), Error> {
        for step in 1..=step {
            if !self.has_seed(step) {
                plant(&mut self.doc, self.kind, self.id, step)?;
            }
        }
        Ok(())
    }

    /// A change from a device of a newer schema may depend on a seed that this document has not needed so far.
    pub(super) fn plant_needed_seeds(&mut self, changes: &[automerge::Change]) -> Result<(), Error> {
        // Making seeds costs more than looking: most changes build on what is here or on each other.
        let own: BTreeSet<automerge::ChangeHash> = changes.iter().map(automerge::Change::hash).collect();
        let mut needed = changes
            .iter()
            .flat_map(automerge::Change::deps)
            .filter(|hash| !own.contains(hash));
        if needed.all(|hash| self.doc.get_change_meta_by_hash(hash).is_some()) {
            return Ok(());
        }
        for step in 2..=self.kind.schema {
            if self.has_seed(step) {
                continue;
            }
            let mut seed = build(self.kind, self.id, step)?;
            let hashes = seed.get_heads();
            if changes
                .iter()
                .any(|change| change.deps().iter().any(|dependency| hashes.contains(dependency)))
            {
                self.doc.merge(&mut seed)?;
            }
        }
        Ok(())
    }

    /// Whether these bytes are a seed of this document as this version makes it.
    ///
    /// # Errors
    /// [`Error::Damaged`] where Automerge fails.
    pub fn is_own_seed(&self, bytes: &[u8]) -> Result<bool, Error> {
        let mut seeds = build(self.kind, self.id, self.kind.schema)?;
        Ok(seeds.get_changes(&[]).iter().any(|change| change.raw_bytes() == bytes))
    }

    /// The seeds of this document as this version makes them, whether they were needed so far or not.
    ///
    /// # Errors
    /// [`Error::Damaged`] where Automerge fails.
    pub fn seeds(&self) -> Result<Vec<Entry>, Error> {
        let doc = build(self.kind, self.id, self.kind.schema)?;
        let mut seeds = Self {
            id: self.id,
            kind: self.kind,
            doc,
        };
        Ok(seeds.ledger())
    }

    /// Whether a later schema step than this version knows has been written into it: such a document is read, merged and
    /// handed on, and not written.
    pub fn is_newer(&mut self) -> bool {
        self.has_seed(self.kind.schema + 1)
    }

    /// Whether the seed of a step is here: what it wrote first tells by whom it was written. Walking all changes for it
    /// would make each edit cost what the history is long.
    fn has_seed(&mut self, step: u32) -> bool {
        let actor = automerge::ActorId::from(seed_actor(self.id, step).0);
        let mut fields = self.kind.fields.iter();
        let written = match step {
            1 => Some(KIND_KEY),
            _ => fields
                .find(|field| field.since == step && field.merge != Merge::Register)
                .map(|field| field.name),
        };
        match written {
            Some(key) => {
                let values = self.doc.get_all(ROOT, key).unwrap_or_default();
                values
                    .iter()
                    .any(|(_, id)| matches!(id, automerge::ObjId::Id(_, by, _) if by == &actor))
            }
            None => self.doc.get_changes_meta(&[]).iter().any(|meta| *meta.actor == actor),
        }
    }

    /// The version of a document that holds nothing but its first seed.
    ///
    /// # Errors
    /// [`Error::Damaged`] where Automerge fails.
    pub fn seed_heads(kind: &'static Kind, id: DocumentId) -> Result<Heads, Error> {
        Ok(from_automerge(&build(kind, id, 1)?.get_heads()))
    }
}

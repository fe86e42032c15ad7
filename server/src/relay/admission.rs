//! Whether changes from elsewhere may enter a document: the checks in their order, before anything is written.

mod order;

use std::collections::BTreeSet;

use satchel_core::document::{Document, Error, Header, Refusal};
use satchel_core::ids::{DeviceId, Heads};
use satchel_core::projection::Row;
use satchel_core::wire::limit;

use super::{Limits, RelayError, Store};

/// A change that the document does not have.
pub(super) struct Fresh {
    pub(super) header: Header,
    pub(super) bytes: Vec<u8>,
    /// A seed of a later schema step: made by everybody, written by nobody.
    pub(super) is_seed: bool,
}

/// A push, parsed.
pub(super) struct Parsed {
    /// The changes that the document does not have, in the order sent.
    pub(super) fresh: Vec<Fresh>,
    /// Whether every change was there already.
    pub(super) nothing_new: bool,
}

/// Why changes are not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Barred {
    /// Hostile or damaged.
    Refused(Refusal),
    /// They build on something that is not here.
    MissingDependencies,
    /// A limit is exceeded.
    TooLarge,
}

impl Barred {
    /// The stable code for receipts.
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Refused(Refusal::TooLarge) | Self::TooLarge => "too-large",
            Self::Refused(Refusal::Damaged) => "damaged",
            Self::Refused(Refusal::BadHeader) => "bad-header",
            Self::Refused(Refusal::ForeignActor) => "foreign-actor",
            Self::Refused(Refusal::ActorConflict) => "actor-conflict",
            Self::Refused(Refusal::SequenceGap) => "sequence-gap",
            Self::Refused(Refusal::OperationsOutOfOrder) => "operations-out-of-order",
            Self::Refused(Refusal::Poisonous) => "poisonous",
            Self::MissingDependencies => "needs-dependencies",
        }
    }
}

/// Reads the headers, verifies the hashes, and leaves out what the document has.
pub(super) fn parse(document: &mut Document, changes: &[Vec<u8>]) -> Result<Parsed, Barred> {
    if changes.len() > limit::CHANGES_PER_PUSH {
        return Err(Barred::TooLarge);
    }
    let mut fresh: Vec<Fresh> = Vec::new();
    let mut seen = BTreeSet::new();
    for bytes in changes {
        let header = Header::read(bytes).map_err(Barred::Refused)?;
        let known = document.contains(&Heads::new(vec![header.hash]));
        if !known && seen.insert(header.hash) {
            let is_seed = document.is_seed_actor(header.actor);
            fresh.push(Fresh {
                header,
                bytes: bytes.clone(),
                is_seed,
            });
        }
    }
    Ok(Parsed {
        nothing_new: fresh.is_empty(),
        fresh,
    })
}

/// Checks whose changes they are and that each follows on what is there, then lets them in behind a shadow. Returns the
/// document's projection with them.
pub(super) fn admit(
    store: &dyn Store,
    document: &mut Document,
    fresh: &[Fresh],
    device: Option<DeviceId>,
    limits: Limits,
) -> Result<Result<Row, Barred>, RelayError> {
    for one in fresh {
        if !owns(store, document, one, device)? {
            return Ok(Err(Barred::Refused(Refusal::ForeignActor)));
        }
    }
    if let Err(barred) = order::check(document, fresh)? {
        return Ok(Err(barred));
    }
    let changes: Vec<Vec<u8>> = fresh.iter().map(|one| one.bytes.clone()).collect();
    let admitted = match document.admit(&changes) {
        Ok(admitted) => admitted,
        Err(Error::MissingDependencies) => return Ok(Err(Barred::MissingDependencies)),
        Err(_) => return Ok(Err(Barred::Refused(Refusal::Poisonous))),
    };
    // The row too: what is short in a document may be long as JSON, and both go to every device.
    let fits = admitted.snapshot_bytes <= limits.document_bytes
        && serde_json::to_string(&admitted.row)?.len() <= limits.document_bytes;
    Ok(if fits { Ok(admitted.row) } else { Err(Barred::TooLarge) })
}

/// Whether the actor is the sender's: an incarnation of this device, or one that nobody has claimed. A later seed is
/// made by everybody; its bytes must be those that we would make.
fn owns(store: &dyn Store, document: &Document, fresh: &Fresh, device: Option<DeviceId>) -> Result<bool, RelayError> {
    if fresh.is_seed {
        return Ok(document.is_own_seed(&fresh.bytes)?);
    }
    Ok(match store.actor_owner(fresh.header.actor)? {
        None => true,
        Some(owner) => owner == device,
    })
}

//! Whether changes from elsewhere may enter a document: the checks in their order, before anything is written.

mod order;

use std::collections::BTreeSet;

use satchel_core::document::{Document, Error, Header, Refusal};
use satchel_core::ids::{DeviceId, Heads};
use satchel_core::projection::Row;
use satchel_core::wire::limit;

use super::{Limits, RelayError, Store};
use crate::store::StoreError;

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

/// What the document alone says about changes that it does not have. It holds as long as the document has the version
/// that it had then.
pub(super) struct Weighed {
    /// The changes that the document does not have, in the order sent.
    pub(super) fresh: Vec<Fresh>,
    /// Whether every seed among them is as we would make it.
    own_seeds: bool,
    /// The record with them; or why the document cannot take them in.
    outcome: Result<Row, Barred>,
    /// About how many bytes of memory this takes.
    pub(super) bytes: usize,
}

/// Looks at changes beside the document: whether each follows on what is there, and lets them in behind a shadow. The
/// document has them afterwards, where they pass.
pub(super) fn weigh(document: &mut Document, fresh: Vec<Fresh>, limits: Limits) -> Result<Weighed, RelayError> {
    let mut own_seeds = true;
    for one in fresh.iter().filter(|one| one.is_seed) {
        own_seeds &= document.is_own_seed(&one.bytes)?;
    }
    let mut bytes = fresh.iter().map(|one| one.bytes.len()).sum();
    // What is nobody's seed is refused before its place is looked at; there is nothing to let in.
    let outcome = if own_seeds {
        let_in(document, &fresh, limits)?
    } else {
        Err(Barred::Refused(Refusal::ForeignActor))
    };
    let outcome = outcome.map(|(row, length)| {
        bytes += length;
        row
    });
    Ok(Weighed {
        fresh,
        own_seeds,
        outcome,
        bytes,
    })
}

/// The record with the changes in it, and how long it is as JSON.
type LetIn = Result<(Row, usize), Barred>;

fn let_in(document: &mut Document, fresh: &[Fresh], limits: Limits) -> Result<LetIn, RelayError> {
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
    let length = serde_json::to_string(&admitted.row)?.len();
    let fits = admitted.snapshot_bytes <= limits.document_bytes && length <= limits.document_bytes;
    Ok(if fits {
        Ok((admitted.row, length))
    } else {
        Err(Barred::TooLarge)
    })
}

impl Weighed {
    /// The changes and the record with them, where they are `device`'s as of this transaction (or anybody's, where that is
    /// `None`) and the document takes them in.
    pub(super) fn admitted(
        self,
        store: &dyn Store,
        device: Option<DeviceId>,
    ) -> Result<Result<(Vec<Fresh>, Row), Barred>, StoreError> {
        let foreign = Barred::Refused(Refusal::ForeignActor);
        if !self.own_seeds {
            return Ok(Err(foreign));
        }
        let checked = self.fresh.iter().filter(|one| device.is_some() && !one.is_seed);
        for one in checked {
            // An incarnation of this device, or one that nobody has claimed.
            if store
                .actor_owner(one.header.actor)?
                .is_some_and(|owner| owner != device)
            {
                return Ok(Err(foreign));
            }
        }
        Ok(self.outcome.map(|row| (self.fresh, row)))
    }
}

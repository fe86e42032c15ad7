//! Checks made before the writer's turn.
//!
//! Nearly all the work of a push is to look at its document: to load it, to read what came, to let it in behind a shadow.
//! That needs no writing transaction. So it is done beside the writer, on one view of the log, for many pushes at a time;
//! and the writer, of whom there is one, looks up what was found.
//!
//! What was found is a function of the kind, the document's history and what came, and of nothing else. A version names a
//! whole history. So it holds in the writing transaction if the document has the same version there (or still is not
//! there), and is thrown away if not: then the writer looks for himself. Whatever else decides (whose an actor is, what was
//! dropped, who may write where, of which record it is a part) is asked in the writing transaction only.

use std::collections::BTreeMap;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use satchel_core::document::Document;
use satchel_core::domain;
use satchel_core::ids::{DocumentId, Heads};
use satchel_core::schema::Kind;
use satchel_core::wire::{Frame, Push};

use super::admission::{self, Barred, Weighed};
use super::{Limits, RelayError, Store, commit};
use crate::store::log::StoredDocument;

/// Bytes of what was found that may be kept until the writer's turn; what is beyond, the writer finds himself.
const ROOM: usize = 16 << 20;

/// What a push comes to, as far as its document alone says.
pub(super) enum Judgement {
    /// The changes cannot be read.
    Barred(Barred),
    /// What is stored is damaged: nothing can be let in, and what came waits for somebody to see to it.
    Unreadable,
    /// All of it was there.
    Duplicate,
    /// Looked at beside the document.
    Weighed(Box<Weighed>),
}

/// Looks at what came beside the document. Reads only.
pub(super) fn judge(
    store: &dyn Store,
    kind: &'static Kind,
    id: DocumentId,
    stored: Option<&StoredDocument>,
    changes: &[Vec<u8>],
    limits: Limits,
) -> Result<Judgement, RelayError> {
    let mut document = match stored {
        Some(stored) => match commit::load(store, kind, stored) {
            Ok(document) => document,
            Err(RelayError::Document(error)) => {
                tracing::error!(doc.id = %id, %error, "a stored document cannot be read");
                return Ok(Judgement::Unreadable);
            }
            Err(error) => return Err(error),
        },
        None => Document::new(kind, id)?,
    };
    let parsed = match admission::parse(&mut document, changes) {
        Ok(parsed) => parsed,
        Err(barred) => return Ok(Judgement::Barred(barred)),
    };
    if parsed.nothing_new && stored.is_some() {
        return Ok(Judgement::Duplicate);
    }
    let weighed = admission::weigh(&mut document, parsed.fresh, limits)?;
    Ok(Judgement::Weighed(Box::new(weighed)))
}

/// What was found about one push, and on which version of its document (`None`: it was not there).
pub(super) struct Foreseen {
    on: Option<Heads>,
    judgement: Judgement,
}

impl Foreseen {
    /// What was found, if it holds for the document as it is now.
    pub(super) fn holding(self, stored: Option<&StoredDocument>) -> Option<Judgement> {
        (self.on.as_ref() == stored.map(|stored| &stored.heads)).then_some(self.judgement)
    }
}

/// What was found about the pushes of one message, by their place among its pushes. Empty is always right.
#[derive(Default)]
pub struct Foresight {
    found: BTreeMap<usize, Foreseen>,
    bytes: usize,
}

impl Foresight {
    /// Looks at those pushes of a message whose places are in `places`, on one view of the log.
    ///
    /// # Errors
    /// Where the database fails.
    pub fn of(store: &dyn Store, limits: Limits, frames: &[Frame], places: Range<usize>) -> Result<Self, RelayError> {
        let mut foresight = Self::default();
        let pushes = pushes(frames).enumerate().skip(places.start).take(places.len());
        for (place, push) in pushes {
            if foresight.is_full() {
                break;
            }
            // A panic is its push's own; the writer meets it again and says so.
            let looked = catch_unwind(AssertUnwindSafe(|| look(store, limits, push)));
            if let Some(foreseen) = looked.unwrap_or(Ok(None))? {
                foresight.keep(place, foreseen);
            }
        }
        Ok(foresight)
    }

    /// Takes in what was found about other pushes of the same message.
    pub fn extend(&mut self, other: Self) {
        self.bytes += other.bytes;
        self.found.extend(other.found);
    }

    /// Whether as much is kept as may be.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.bytes >= ROOM
    }

    /// What was found about the push at that place.
    pub(super) fn take(&mut self, place: usize) -> Option<Foreseen> {
        self.found.remove(&place)
    }

    fn keep(&mut self, place: usize, foreseen: Foreseen) {
        if let Judgement::Weighed(weighed) = &foreseen.judgement {
            self.bytes += weighed.bytes;
        }
        self.found.insert(place, foreseen);
    }
}

/// How many pushes a message has.
#[must_use]
pub fn count_pushes(frames: &[Frame]) -> usize {
    pushes(frames).count()
}

fn pushes(frames: &[Frame]) -> impl Iterator<Item = &Push> {
    frames.iter().filter_map(|frame| match frame {
        Frame::Push(push) => Some(push),
        _ => None,
    })
}

fn look(store: &dyn Store, limits: Limits, push: &Push) -> Result<Option<Foreseen>, RelayError> {
    let Some(kind) = domain::kind(&push.kind) else {
        return Ok(None);
    };
    let stored = store.document(push.id)?;
    if stored.as_ref().is_some_and(|stored| stored.kind != kind.name) {
        return Ok(None);
    }
    let changes: Vec<Vec<u8>> = push.changes.iter().map(|bytes| bytes.to_vec()).collect();
    let judgement = judge(store, kind, push.id, stored.as_ref(), &changes, limits)?;
    // What is refused is looked at again: that is rare, and damage of the file may have been mended meanwhile.
    let keeps = matches!(judgement, Judgement::Weighed(_) | Judgement::Duplicate);
    Ok(keeps.then(|| Foreseen {
        on: stored.map(|stored| stored.heads),
        judgement,
    }))
}

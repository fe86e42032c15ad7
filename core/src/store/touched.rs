//! What a transaction touched, so that live queries look at nothing else.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::DocumentId;

/// Beyond so many records in one transaction (a first sync), live queries of the kind are told to read again instead.
const MOST: usize = 2_000;

/// The records that one transaction touched, by kind.
#[derive(Debug, Default)]
pub struct Touched {
    /// What happened to single records.
    pub records: BTreeMap<DocumentId, Touch>,
    /// Kinds of which too many records were touched to tell them one by one.
    pub many: BTreeSet<String>,
}

/// What happened to one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touch {
    /// Its kind.
    pub kind: String,
    /// Its row before, as JSON; `None` where it was not there.
    pub before: Option<String>,
    /// Its row after, as JSON; `None` where it is gone.
    pub after: Option<String>,
}

impl Touched {
    /// Whether nothing was touched.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty() && self.many.is_empty()
    }

    /// Notes one more touch; of several the first `before` and the last `after` count.
    pub(super) fn note(&mut self, id: DocumentId, touch: Touch) {
        if self.many.contains(&touch.kind) {
            return;
        }
        if let Some(present) = self.records.get_mut(&id) {
            present.after = touch.after;
            return;
        }
        if self.records.len() >= MOST {
            let kinds: BTreeSet<String> = std::mem::take(&mut self.records)
                .into_values()
                .map(|touch| touch.kind)
                .collect();
            self.many.extend(kinds);
            self.many.insert(touch.kind);
            return;
        }
        self.records.insert(id, touch);
    }

    pub(super) fn knows(&self, id: DocumentId) -> bool {
        self.records.contains_key(&id)
    }
}

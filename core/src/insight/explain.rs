//! From a figure to the records that made it: pages of ids, by the same rule by which the figure counts.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::fact::Fact;
use crate::ids::DocumentId;

/// The most ids of one page.
pub const MOST: usize = 500;

/// A page of the records that made a figure, in the order of their ids.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdPage {
    /// The records.
    pub ids: Vec<DocumentId>,
    /// After which id the next page begins; absent where this was the last.
    pub next: Option<DocumentId>,
}

/// Collects one page, keeping no more than it has however many facts come by, in whatever order.
#[derive(Debug, Clone)]
pub struct Pager {
    after: Option<DocumentId>,
    limit: usize,
    found: BTreeSet<DocumentId>,
}

impl Pager {
    /// The page after an id, of at most `limit` records (and 500).
    #[must_use]
    pub fn new(after: Option<DocumentId>, limit: usize) -> Self {
        Self {
            after,
            limit: limit.clamp(1, MOST),
            found: BTreeSet::new(),
        }
    }

    /// Takes a record that is in the figure.
    pub fn take(&mut self, id: DocumentId) {
        if self.after.is_none_or(|after| id > after) {
            self.found.insert(id);
            // One more than the page tells whether there is another.
            if self.found.len() > self.limit + 1 {
                self.found.pop_last();
            }
        }
    }

    /// The page.
    #[must_use]
    pub fn finish(self) -> IdPage {
        let more = self.found.len() > self.limit;
        let ids: Vec<DocumentId> = self.found.into_iter().take(self.limit).collect();
        IdPage {
            next: ids.last().copied().filter(|_| more),
            ids,
        }
    }
}

/// The page of those facts that `counts` says are in the figure.
pub fn page<'a, F: Fact + 'a>(
    facts: impl IntoIterator<Item = &'a F>,
    counts: impl Fn(&F) -> bool,
    after: Option<DocumentId>,
    limit: usize,
) -> IdPage {
    let mut pager = Pager::new(after, limit);
    for fact in facts.into_iter().filter(|fact| counts(fact)) {
        pager.take(fact.id());
    }
    pager.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_cover_everything_once_whatever_the_order() {
        let ids: Vec<DocumentId> = (0..23_u8)
            .map(|n| DocumentId::from_bytes([n.wrapping_mul(73); 16]))
            .collect();
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let mut pager = Pager::new(after, 5);
            for id in &ids {
                pager.take(*id);
            }
            let page = pager.finish();
            assert!(page.ids.len() <= 5);
            seen.extend(page.ids);
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        let mut sorted = ids;
        sorted.sort_unstable();
        assert_eq!(seen, sorted);
    }
}

//! Which customers are one, from what people decided.
//!
//! A merger is an entry in the log of the customer that goes; it names the survivor. References are never rewritten:
//! who reads one resolves it here. All that is shown follows from the set of entries alone, so every device that has
//! the same entries shows the same customer.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::CustomerId;
use crate::domain::customer::{AliasEvent, standing_survivors};

/// Customers that were merged, and into which.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AliasTable {
    /// For each customer of a group of at least two: the one that stands for the group.
    representatives: BTreeMap<CustomerId, CustomerId>,
    /// For each representative: its group, itself included.
    groups: BTreeMap<CustomerId, BTreeSet<CustomerId>>,
    /// Representatives of groups that people merged differently, apart from each other.
    unsettled: BTreeSet<CustomerId>,
}

impl AliasTable {
    /// Builds the table from the alias logs of customers. The order does not matter.
    #[must_use]
    pub fn from_events<'a>(logs: impl IntoIterator<Item = (CustomerId, &'a [AliasEvent])>) -> Self {
        let survivors = logs.into_iter().map(|(loser, log)| (loser, standing_survivors(log)));
        Self::from_survivors(survivors)
    }

    /// Builds the table from the standing survivors of each customer.
    #[must_use]
    pub fn from_survivors(survivors: impl IntoIterator<Item = (CustomerId, Vec<CustomerId>)>) -> Self {
        let mut into: BTreeMap<CustomerId, BTreeSet<CustomerId>> = BTreeMap::new();
        for (loser, found) in survivors {
            let others = found.into_iter().filter(|survivor| *survivor != loser);
            into.entry(loser).or_default().extend(others);
        }
        into.retain(|_, survivors| !survivors.is_empty());
        let mut table = Self::default();
        for group in groups(&into) {
            let (representative, settled) = representative(&group, &into);
            for member in &group {
                table.representatives.insert(*member, representative);
            }
            if !settled {
                table.unsettled.insert(representative);
            }
            table.groups.insert(representative, group);
        }
        table
    }

    /// The customer that `id` is shown as; itself where it was not merged.
    #[must_use]
    pub fn resolve(&self, id: CustomerId) -> CustomerId {
        self.representatives.get(&id).copied().unwrap_or(id)
    }

    /// Every customer that is the same as `id`, itself included, smallest id first: where what hangs on it is found.
    #[must_use]
    pub fn members(&self, id: CustomerId) -> Vec<CustomerId> {
        match self.groups.get(&self.resolve(id)) {
            Some(group) => group.iter().copied().collect(),
            None => vec![id],
        }
    }

    /// Whether people merged the customer differently, apart from each other (into two survivors, or each into the
    /// other): it is shown as one, and somebody should look.
    #[must_use]
    pub fn needs_review(&self, id: CustomerId) -> bool {
        self.unsettled.contains(&self.resolve(id))
    }
}

/// The groups of customers that mergers connect, whatever their direction (union-find over the mergers).
fn groups(into: &BTreeMap<CustomerId, BTreeSet<CustomerId>>) -> Vec<BTreeSet<CustomerId>> {
    let mut parent: BTreeMap<CustomerId, CustomerId> = BTreeMap::new();
    let mut root = |id: CustomerId, joined: Option<CustomerId>| {
        let mut path = Vec::new();
        let mut at = id;
        while let Some(next) = parent.get(&at).copied().filter(|next| *next != at) {
            path.push(at);
            at = next;
        }
        let top = joined.unwrap_or(at);
        parent.insert(at, top);
        for below in path {
            parent.insert(below, top);
        }
        top
    };
    for (loser, survivors) in into {
        for survivor in survivors {
            let top = root(*survivor, None);
            root(*loser, Some(top));
        }
    }
    let ids: BTreeSet<CustomerId> = into
        .iter()
        .flat_map(|(loser, found)| found.iter().chain([loser]))
        .copied()
        .collect();
    let mut groups: BTreeMap<CustomerId, BTreeSet<CustomerId>> = BTreeMap::new();
    for id in ids {
        groups.entry(root(id, None)).or_default().insert(id);
    }
    groups.into_values().collect()
}

/// The customer that stands for a group, and whether the mergers agree on it: the survivor that was not itself merged
/// away (of several the smallest id), else, where each was merged into another, the smallest id of the circle at the
/// end.
fn representative(
    group: &BTreeSet<CustomerId>,
    into: &BTreeMap<CustomerId, BTreeSet<CustomerId>>,
) -> (CustomerId, bool) {
    let mut last = group.iter().filter(|id| !into.contains_key(id));
    if let Some(survivor) = last.next() {
        return (*survivor, last.next().is_none());
    }
    let mut at = group.first().copied().unwrap_or_default();
    let mut path: Vec<CustomerId> = Vec::new();
    loop {
        if let Some(begin) = path.iter().position(|passed| *passed == at) {
            let smallest = path.iter().skip(begin).min().copied().unwrap_or(at);
            return (smallest, false);
        }
        path.push(at);
        at = into.get(&at).and_then(BTreeSet::first).copied().unwrap_or(at);
    }
}

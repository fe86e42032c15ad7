//! What the logs of several kinds have in common: happened-before, from the events that each author had seen.

use std::collections::HashSet;

use crate::ids::EventId;
use crate::schema::value::Stamp;

/// An entry of a log.
pub trait Stamped {
    /// Who, when, having seen what.
    fn stamp(&self) -> &Stamp;
}

/// The newest events: those that no other event of the log had seen. Two of them were made apart.
///
/// An event also counts as seen where only a later event that saw it is missing a link: seeing is transitive, because an
/// author who saw an event had seen what that one names.
#[must_use]
pub fn newest<E: Stamped>(log: &[E]) -> Vec<&E> {
    let seen: HashSet<EventId> = log
        .iter()
        .flat_map(|event| event.stamp().seen.iter().copied())
        .collect();
    log.iter().filter(|event| !seen.contains(&event.stamp().id)).collect()
}

/// Whether `later` happened after `earlier`: it, or something it had seen, names `earlier`.
#[must_use]
pub fn happened_before<E: Stamped>(log: &[E], earlier: &E, later: &E) -> bool {
    let target = earlier.stamp().id;
    let mut open: Vec<EventId> = later.stamp().seen.clone();
    let mut done = HashSet::new();
    while let Some(id) = open.pop() {
        if id == target {
            return true;
        }
        if done.insert(id)
            && let Some(event) = log.iter().find(|event| event.stamp().id == id)
        {
            open.extend(event.stamp().seen.iter().copied());
        }
    }
    false
}

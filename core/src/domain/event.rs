//! What the logs of several kinds have in common: happened-before, from the events that each author had seen.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use crate::ids::EventId;
use crate::schema::value::Stamp;

/// An entry of a log.
pub trait Stamped {
    /// Who, when, having seen what.
    fn stamp(&self) -> &Stamp;
}

/// Which event of a log came after which. Seeing is transitive: who saw an event had seen what that one names. An event
/// that names itself, or one that is not in the log, names nothing.
///
/// The work is linear in the events and the links between them, because a log may come from a hostile device.
#[derive(Debug)]
pub struct Order<'a, E> {
    log: &'a [E],
    /// For each event the places of those it names.
    seen: Vec<Vec<usize>>,
}

impl<'a, E: Stamped> Order<'a, E> {
    /// The order of a log.
    #[must_use]
    pub fn of(log: &'a [E]) -> Self {
        let places: HashMap<EventId, usize> = log
            .iter()
            .enumerate()
            .map(|(at, event)| (event.stamp().id, at))
            .collect();
        let links = |(at, event): (usize, &E)| {
            let named = event.stamp().seen.iter().filter_map(|id| places.get(id).copied());
            named.filter(|place| *place != at).collect()
        };
        Self {
            log,
            seen: log.iter().enumerate().map(links).collect(),
        }
    }

    /// The places of the newest of the events to keep: those that no other of them had seen. Two of them were made apart.
    /// Where a hostile log runs in a circle so that none is newest, all of them are.
    pub fn newest_among(&self, keep: impl Fn(usize, &E) -> bool) -> Vec<usize> {
        let kept: Vec<usize> = (0..self.log.len()).filter(|at| keep(*at, &self.log[*at])).collect();
        let named = kept.iter().flat_map(|at| self.seen[*at].iter().copied());
        let overtaken = reach(&self.seen, named.collect());
        let newest: Vec<usize> = kept.iter().copied().filter(|at| !overtaken[*at]).collect();
        if newest.is_empty() { kept } else { newest }
    }

    /// The places of all events in one order that keeps happened-before; of events made apart the one with the earlier
    /// clock comes first, then the one with the smaller id: the same on every device. Events that run in a circle come
    /// last.
    #[must_use]
    pub fn in_line(&self) -> Vec<usize> {
        let key = |at: usize| Reverse((self.log[at].stamp().at, self.log[at].stamp().id, at));
        let mut missing: Vec<usize> = self.seen.iter().map(Vec::len).collect();
        let mut seen_by = vec![Vec::new(); self.log.len()];
        for (at, named) in self.seen.iter().enumerate() {
            for earlier in named {
                seen_by[*earlier].push(at);
            }
        }
        let ready = (0..self.log.len()).filter(|at| missing[*at] == 0);
        let mut ready: BinaryHeap<_> = ready.map(key).collect();
        let mut line = Vec::with_capacity(self.log.len());
        while let Some(Reverse((_, _, at))) = ready.pop() {
            line.push(at);
            for later in &seen_by[at] {
                missing[*later] -= 1;
                if missing[*later] == 0 {
                    ready.push(key(*later));
                }
            }
        }
        let mut circle: Vec<usize> = (0..self.log.len()).filter(|at| missing[*at] > 0).collect();
        circle.sort_by_key(|at| Reverse(key(*at)));
        line.extend(circle);
        line
    }

    /// For each event whether it came after the one at `place`.
    #[must_use]
    pub fn after(&self, place: usize) -> Vec<bool> {
        let mut seen_by = vec![Vec::new(); self.log.len()];
        for (at, named) in self.seen.iter().enumerate() {
            for earlier in named {
                seen_by[*earlier].push(at);
            }
        }
        let first = seen_by[place].clone();
        reach(&seen_by, first)
    }
}

/// What can be reached from `open` along the links, `open` included.
fn reach(links: &[Vec<usize>], mut open: Vec<usize>) -> Vec<bool> {
    let mut reached = vec![false; links.len()];
    while let Some(at) = open.pop() {
        if !std::mem::replace(&mut reached[at], true) {
            open.extend(&links[at]);
        }
    }
    reached
}

/// The newest events of a log: those that no other event of it had seen. Two of them were made apart.
#[must_use]
pub fn newest<E: Stamped>(log: &[E]) -> Vec<&E> {
    let newest = Order::of(log).newest_among(|_, _| true);
    newest.into_iter().map(|at| &log[at]).collect()
}

/// Whether `later` happened after `earlier`: it, or something it had seen, names `earlier`.
#[must_use]
pub fn happened_before<E: Stamped>(log: &[E], earlier: &E, later: &E) -> bool {
    let place = |event: &E| log.iter().position(|one| one.stamp().id == event.stamp().id);
    match (place(earlier), place(later)) {
        (Some(earlier), Some(later)) => Order::of(log).after(earlier)[later],
        _ => false,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::ids::MemberId;

    /// A stamp by the event's number, its author's, the minute, and the numbers of the events that it had seen.
    pub(crate) fn stamp(id: u8, by: u8, minute: i64, seen: &[u8]) -> Stamp {
        Stamp {
            id: event_id(id),
            seen: seen.iter().copied().map(event_id).collect(),
            by: MemberId::from_bytes([by; 16]),
            at: DateTime::from_timestamp(minute * 60, 0).unwrap(),
            zone: "Asia/Shanghai".to_owned(),
        }
    }

    pub(crate) fn event_id(number: u8) -> EventId {
        EventId::from_bytes([number; 16])
    }

    struct Event(Stamp);

    impl Stamped for Event {
        fn stamp(&self) -> &Stamp {
            &self.0
        }
    }

    fn log(events: &[(u8, &[u8])]) -> Vec<Event> {
        events.iter().map(|(id, seen)| Event(stamp(*id, 1, 0, seen))).collect()
    }

    fn newest_of(events: &[(u8, &[u8])]) -> Vec<EventId> {
        newest(&log(events)).iter().map(|event| event.0.id).collect()
    }

    #[test]
    fn two_events_made_apart_are_both_newest_until_one_has_seen_both() {
        assert_eq!(newest_of(&[(1, &[]), (2, &[1]), (3, &[1])]), [event_id(2), event_id(3)]);
        assert_eq!(
            newest_of(&[(4, &[2, 3]), (1, &[]), (2, &[1]), (3, &[1])]),
            [event_id(4)]
        );
        assert_eq!(newest_of(&[]), []);
    }

    #[test]
    fn seeing_is_transitive_and_has_nothing_to_do_with_the_order_of_the_log() {
        let log = log(&[(3, &[2]), (1, &[]), (2, &[1]), (4, &[])]);
        assert!(happened_before(&log, &log[1], &log[0]));
        assert!(!happened_before(&log, &log[0], &log[1]));
        assert!(!happened_before(&log, &log[3], &log[0]));
        assert!(!happened_before(&log, &log[0], &log[0]));
    }

    #[test]
    fn a_line_keeps_what_happened_before_whatever_the_clocks_say() {
        let line = |events: &[(u8, i64, &[u8])]| {
            let log: Vec<Event> = events
                .iter()
                .map(|(id, at, seen)| Event(stamp(*id, 1, *at, seen)))
                .collect();
            let line = Order::of(&log).in_line();
            line.into_iter()
                .map(|at| log[at].0.id.as_bytes()[0])
                .collect::<Vec<_>>()
        };
        assert_eq!(line(&[(3, 1, &[2]), (1, 9, &[]), (2, 5, &[1])]), [1, 2, 3]);
        assert_eq!(line(&[(1, 7, &[]), (2, 5, &[]), (3, 5, &[])]), [2, 3, 1]);
        assert_eq!(line(&[(1, 7, &[2]), (2, 5, &[1]), (3, 9, &[])]), [3, 2, 1]);
        assert_eq!(line(&[]), [0_u8; 0]);
    }

    #[test]
    fn a_hostile_log_hides_no_event_by_naming_itself_or_running_in_a_circle() {
        assert_eq!(newest_of(&[(1, &[1])]), [event_id(1)]);
        assert_eq!(newest_of(&[(1, &[2]), (2, &[1])]), [event_id(1), event_id(2)]);
        assert_eq!(newest_of(&[(1, &[9])]), [event_id(1)]);
    }
}

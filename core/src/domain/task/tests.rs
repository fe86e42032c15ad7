use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::domain::event::tests::stamp;
use crate::schema::Entity;

const START: TaskEventKind = TaskEventKind::Start;
const COMPLETE: TaskEventKind = TaskEventKind::Complete;
const CANCEL: TaskEventKind = TaskEventKind::Cancel;
const DEFER: TaskEventKind = TaskEventKind::Defer;
const REOPEN: TaskEventKind = TaskEventKind::Reopen;

/// A task from what happened to it: event, number, minute, the numbers of the events it had seen.
fn task(events: &[(TaskEventKind, u8, i64, &[u8])]) -> Task {
    let event = |(kind, id, minute, seen): &(TaskEventKind, u8, i64, &[u8])| TaskEvent {
        stamp: stamp(*id, *id, *minute, seen),
        event: *kind,
        reason: None,
    };
    Task {
        events: events.iter().map(event).collect(),
        ..Task::default()
    }
}

#[test]
fn done_beats_cancelled_whoever_wrote_apart_or_later() {
    assert_eq!(
        task(&[(COMPLETE, 1, 0, &[]), (CANCEL, 2, 9, &[])]).state(),
        TaskState::Done
    );
    assert_eq!(
        task(&[(COMPLETE, 1, 0, &[]), (CANCEL, 2, 9, &[1])]).state(),
        TaskState::Done
    );
    assert_eq!(
        task(&[(CANCEL, 1, 0, &[]), (COMPLETE, 2, 9, &[1])]).state(),
        TaskState::Done
    );
}

#[test]
fn completed_twice_it_was_done_when_it_was_first_done() {
    let twice = task(&[(COMPLETE, 1, 30, &[]), (COMPLETE, 2, 10, &[])]);
    assert_eq!(twice.done_at(), Some(stamp(2, 2, 10, &[]).at));
    assert_eq!(task(&[]).done_at(), None);
    assert_eq!(task(&[]).state(), TaskState::Open);
}

#[test]
fn reopened_apart_from_a_completion_it_is_open() {
    let first = (COMPLETE, 1, 0, [].as_slice());
    let apart = task(&[first, (REOPEN, 2, 5, &[1]), (COMPLETE, 3, 9, &[1])]);
    assert_eq!(
        (apart.state(), apart.done_at()),
        (TaskState::Open, None),
        "the safe side: the work is looked at again"
    );
}

#[test]
fn completed_after_it_was_reopened_it_is_done() {
    let again = task(&[
        (COMPLETE, 1, 0, &[]),
        (REOPEN, 2, 5, &[1]),
        (COMPLETE, 3, 2, &[2]),
    ]);
    assert_eq!(again.state(), TaskState::Done);
    assert_eq!(
        again.done_at(),
        Some(stamp(3, 3, 2, &[]).at),
        "the first completion was overruled"
    );
    // Two reopenings made apart: a completion must have seen both.
    let reopened = [(REOPEN, 2, 5, [1].as_slice()), (REOPEN, 3, 5, [1].as_slice())];
    let one = task(&[reopened[0], reopened[1], (COMPLETE, 4, 9, &[2])]);
    assert_eq!(one.state(), TaskState::Open);
    let both = task(&[reopened[0], reopened[1], (COMPLETE, 4, 9, &[2, 3])]);
    assert_eq!(both.state(), TaskState::Done);
}

#[test]
fn short_of_done_the_newest_event_tells() {
    assert_eq!(
        task(&[(DEFER, 1, 0, &[]), (START, 2, 5, &[1])]).state(),
        TaskState::InProgress
    );
    assert_eq!(
        task(&[(START, 1, 0, &[]), (DEFER, 2, 5, &[1])]).state(),
        TaskState::Deferred
    );
    assert_eq!(
        task(&[(CANCEL, 1, 0, &[]), (START, 2, 5, &[1])]).state(),
        TaskState::InProgress
    );
    // Made apart, cancelled beats deferred beats begun.
    assert_eq!(
        task(&[(DEFER, 1, 0, &[]), (CANCEL, 2, 0, &[]), (START, 3, 0, &[])]).state(),
        TaskState::Cancelled
    );
    assert_eq!(
        task(&[(DEFER, 1, 0, &[]), (START, 3, 0, &[])]).state(),
        TaskState::Deferred
    );
}

#[test]
fn an_event_of_a_newer_app_changes_nothing_here() {
    assert_eq!(
        task(&[(START, 1, 0, &[]), (TaskEventKind::Unknown, 2, 5, &[])]).state(),
        TaskState::InProgress
    );
}

/// Events of which each had seen some of those before it.
fn any_events() -> impl Strategy<Value = Vec<TaskEvent>> {
    let kinds = [START, COMPLETE, CANCEL, DEFER, REOPEN, TaskEventKind::Unknown];
    let one = (proptest::sample::select(kinds.to_vec()), any::<u8>(), 0..5_i64);
    proptest::collection::vec(one, 0..8).prop_map(|picks| {
        let number = |at: usize| u8::try_from(at + 1).unwrap();
        let events = picks.into_iter().enumerate().map(|(at, (event, mask, minute))| {
            let seen: Vec<u8> = (0..at).filter(|bit| mask >> bit & 1 == 1).map(number).collect();
            TaskEvent {
                stamp: stamp(number(at), number(at), minute, &seen),
                event,
                reason: None,
            }
        });
        events.collect()
    })
}

fn of(events: Vec<TaskEvent>) -> Task {
    Task {
        events,
        ..Task::default()
    }
}

fn derived(events: Vec<TaskEvent>) -> Value {
    let fields = serde_json::to_value(of(events)).unwrap();
    Value::Object((Task::KIND.derive)(fields.as_object().unwrap()))
}

proptest! {
    #[test]
    fn any_order_of_the_log_gives_the_same_task(
        (events, shuffled) in any_events().prop_flat_map(|events| (Just(events.clone()), Just(events).prop_shuffle()))
    ) {
        prop_assert_eq!(derived(events), derived(shuffled));
    }

    #[test]
    fn without_a_reopening_no_later_event_takes_done_back(events in any_events(), later in any_events()) {
        let not_reopened = |event: &TaskEvent| event.event != REOPEN;
        let mut log: Vec<TaskEvent> = events.into_iter().filter(not_reopened).collect();
        let was_done = of(log.clone()).state() == TaskState::Done;
        let shift = |event: TaskEvent| TaskEvent {
            stamp: crate::schema::value::Stamp { id: crate::ids::EventId::derived(event.stamp.id.as_bytes(), "later"), ..event.stamp },
            ..event
        };
        log.extend(later.into_iter().filter(not_reopened).map(shift));
        prop_assert!(!was_done || of(log).state() == TaskState::Done);
    }
}

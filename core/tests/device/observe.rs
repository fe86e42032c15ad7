use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use satchel_core::domain::customer::CustomerLevel;
use satchel_core::domain::{Customer, CustomerId, CustomerPatch};
use satchel_core::engine::Change;
use satchel_core::projection::Cell;
use satchel_core::store::Test;

use crate::Phone;

fn level(level: CustomerLevel) -> CustomerPatch {
    CustomerPatch {
        level: Some(level),
        ..CustomerPatch::default()
    }
}

fn told(changes: &[Change]) -> Vec<(&'static str, Option<CustomerId>)> {
    let one = |change: &Change| match change {
        Change::Added { id, .. } => ("added", Some((*id).into())),
        Change::Changed { id, .. } => ("changed", Some((*id).into())),
        Change::Removed { id } => ("removed", Some((*id).into())),
        Change::Reset => ("reset", None),
    };
    changes.iter().map(one).collect()
}

#[test]
fn a_live_list_tells_what_comes_changes_and_goes() {
    let phone = Phone::new();
    let customers = phone.engine.of::<Customer>();
    let query = customers.query().filter("level", Test::Eq(Cell::Text("a".to_owned())));
    let live = customers.observe(&query).unwrap();
    let id = phone.customer("Shop");
    let other = phone.customer("Other");
    assert!(live.take().is_empty(), "neither belongs to the list");
    customers.edit(id, level(CustomerLevel::A), None).unwrap();
    assert_eq!(told(&live.take()), [("added", Some(id))]);
    let patch = CustomerPatch {
        industry: Some("tea".to_owned()),
        ..CustomerPatch::default()
    };
    customers.edit(id, patch.clone(), None).unwrap();
    customers.edit(other, patch, None).unwrap();
    let changes = live.take();
    assert_eq!(told(&changes), [("changed", Some(id))]);
    let Change::Changed { row, .. } = &changes[0] else {
        panic!()
    };
    assert_eq!(row.fields["industry"], "tea");
    customers.archive(id, None).unwrap();
    assert_eq!(told(&live.take()), [("removed", Some(id))]);
    customers.restore(id).unwrap();
    customers.edit(id, level(CustomerLevel::B), None).unwrap();
    assert!(
        live.take().is_empty(),
        "it came back and left again before anybody looked"
    );
}

#[test]
fn what_happens_between_two_looks_is_told_once_a_record() {
    let phone = Phone::new();
    let customers = phone.engine.of::<Customer>();
    let live = customers.observe(&customers.query()).unwrap();
    let id = phone.customer("Shop");
    for tag in 0..5 {
        let patch = CustomerPatch {
            add_tags: vec![tag.to_string()],
            ..CustomerPatch::default()
        };
        customers.edit(id, patch, None).unwrap();
    }
    let changes = live.take();
    assert_eq!(told(&changes), [("added", Some(id))]);
    let Change::Added { row, .. } = &changes[0] else {
        panic!()
    };
    assert_eq!(row.fields["tags"].as_array().unwrap().len(), 5);
    assert!(live.take().is_empty());
}

#[test]
fn a_listener_that_never_looks_is_told_to_read_again() {
    let phone = Phone::new();
    let customers = phone.engine.of::<Customer>();
    let live = customers.observe(&customers.query()).unwrap();
    for number in 0..1_001 {
        phone.customer(&format!("Shop {number}"));
    }
    assert_eq!(told(&live.take()), [("reset", None)]);
    let id = phone.customer("One more");
    assert_eq!(told(&live.take()), [("added", Some(id))]);
}

#[test]
fn a_listener_is_called_outside_of_locks_and_once_until_it_looks() {
    let phone = Phone::new();
    let calls = Arc::new(AtomicU32::new(0));
    let (engine, counter) = (phone.engine.clone(), Arc::clone(&calls));
    let query = phone.engine.of::<Customer>().query();
    let live = phone
        .engine
        .observe_with(&query, move || {
            counter.fetch_add(1, Ordering::SeqCst);
            // Reads and writes as it likes: no lock is held. A write of its own does not call it again before it looks.
            assert!(engine.of::<Customer>().count(&engine.of::<Customer>().query()).unwrap() > 0);
            let patch = CustomerPatch {
                name: Some("made by the listener".to_owned()),
                ..CustomerPatch::default()
            };
            engine.of::<Customer>().create(patch).unwrap();
        })
        .unwrap();
    phone.customer("A");
    phone.customer("B");
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    assert_eq!(live.take().len(), 3);
    drop(live);
    phone.customer("C");
    assert_eq!(calls.load(Ordering::SeqCst), 1, "dropping the handle ends it");
}

#[test]
fn waiting_ends_with_a_change_or_with_the_engine() {
    let phone = Phone::new();
    let customers = phone.engine.of::<Customer>();
    let live = Arc::new(customers.observe(&customers.query()).unwrap());
    let waiting = Arc::clone(&live);
    let waiter = std::thread::spawn(move || waiting.wait(Duration::from_mins(1)));
    let id = phone.customer("A");
    assert_eq!(told(&waiter.join().unwrap()), [("added", Some(id))]);
    let waiting = Arc::clone(&live);
    let waiter = std::thread::spawn(move || waiting.wait(Duration::from_mins(1)));
    phone.engine.close().unwrap();
    assert!(waiter.join().unwrap().is_empty());
    assert!(live.is_ended());
}

#[test]
fn a_query_that_cannot_be_answered_cannot_be_observed() {
    let phone = Phone::new();
    let query = phone.engine.of::<Customer>().query().filter("needs", Test::IsNull);
    assert!(phone.engine.observe(&query).is_err());
}

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::domain::event::tests::stamp;
use crate::schema::Entity;

/// An event by its number, its author's, the minute, and the numbers of the events that it had seen.
fn event(kind: VisitEventKind, id: u8, by: u8, minute: i64, seen: &[u8]) -> VisitEvent {
    VisitEvent {
        stamp: stamp(id, by, minute, seen),
        event: kind,
        ..VisitEvent::default()
    }
}

fn visit(events: Vec<VisitEvent>) -> Visit {
    Visit {
        events,
        ..Visit::default()
    }
}

const CHECKIN: VisitEventKind = VisitEventKind::Checkin;
const CHECKOUT: VisitEventKind = VisitEventKind::Checkout;
const ABANDON: VisitEventKind = VisitEventKind::Abandon;

#[test]
fn done_work_is_never_erased() {
    let began = event(CHECKIN, 1, 1, 0, &[]);
    let done = event(CHECKOUT, 2, 1, 30, &[1]);
    let abandoned = event(ABANDON, 3, 2, 45, &[]);
    let after_seeing_it_done = event(ABANDON, 4, 2, 50, &[1, 2]);
    assert_eq!(visit(vec![]).status(), VisitStatus::Planned);
    assert_eq!(visit(vec![began.clone()]).status(), VisitStatus::InProgress);
    assert_eq!(visit(vec![abandoned.clone()]).status(), VisitStatus::Abandoned);
    assert_eq!(
        visit(vec![began.clone(), abandoned.clone()]).status(),
        VisitStatus::Abandoned
    );
    let apart = visit(vec![began.clone(), done.clone(), abandoned]);
    assert_eq!(apart.status(), VisitStatus::Completed);
    assert_eq!(apart.duration_s(), Some(1800));
    assert_eq!(
        visit(vec![began, done, after_seeing_it_done]).status(),
        VisitStatus::Completed
    );
}

#[test]
fn two_check_outs_never_inflate_the_time() {
    let began = event(CHECKIN, 1, 1, 0, &[]);
    let tablet = event(CHECKIN, 2, 1, 5, &[]);
    let out = event(CHECKOUT, 3, 1, 30, &[1]);
    let late = event(CHECKOUT, 4, 1, 240, &[2]);
    assert_eq!(visit(vec![began, tablet, late, out]).duration_s(), Some(30 * 60));
}

#[test]
fn the_check_out_of_the_person_who_checked_in_counts_before_anothers() {
    let began = event(CHECKIN, 1, 1, 10, &[]);
    let colleague = event(CHECKOUT, 2, 2, 15, &[]);
    let own = event(CHECKOUT, 3, 1, 40, &[1]);
    assert_eq!(
        visit(vec![began.clone(), colleague.clone(), own]).duration_s(),
        Some(30 * 60)
    );
    assert_eq!(visit(vec![began, colleague]).duration_s(), Some(5 * 60));
}

#[test]
fn without_a_valid_check_out_there_is_no_duration_rather_than_zero() {
    let began = event(CHECKIN, 1, 1, 10, &[]);
    let before_it = event(CHECKOUT, 2, 1, 5, &[]);
    assert_eq!(visit(vec![began.clone()]).duration_s(), None);
    assert_eq!(visit(vec![before_it.clone()]).duration_s(), None);
    let odd = visit(vec![began, before_it]);
    assert_eq!((odd.ended_at(), odd.duration_s()), (None, None));
    assert_eq!(
        odd.status(),
        VisitStatus::Completed,
        "somebody did check out: shown as done, without a time"
    );
}

/// A visit checked in `metres` north of the customer.
fn checked_in(metres: i64, evidence: impl FnOnce(&mut Position)) -> Visit {
    // A ten-millionth of a degree of latitude is 1.11 cm.
    let mut here = Position::new(399_042_000 + metres * 100_000 / 1_112, 1_164_074_000);
    here.accuracy_m = Some(0);
    evidence(&mut here);
    let mut record = visit(vec![event(CHECKIN, 1, 1, 0, &[])]);
    record.events[0].position = Some(here);
    record.expected_place = Some(Place {
        position: Some(Position::new(399_042_000, 1_164_074_000)),
        ..Place::default()
    });
    record
}

#[test]
fn evidence_says_inside_outside_or_nothing() {
    let accurate_to = |accuracy: i64| move |here: &mut Position| here.accuracy_m = Some(accuracy);
    assert_eq!(
        checked_in(150, accurate_to(40)).verification(),
        Verification::Verified
    );
    assert_eq!(
        checked_in(150, accurate_to(60)).verification(),
        Verification::Unverified
    );
    assert_eq!(
        checked_in(250, accurate_to(60)).verification(),
        Verification::Unverified
    );
    assert_eq!(
        checked_in(300, accurate_to(60)).verification(),
        Verification::Invalid
    );
    let mut wide = checked_in(300, accurate_to(60));
    wide.geo_radius_m = Some(500);
    assert_eq!(wide.verification(), Verification::Verified);
    assert_eq!(wide.distance_m(), Some(300));
}

#[test]
fn what_is_missing_simulated_or_impossible_proves_nothing() {
    let unverified = |evidence: fn(&mut Position)| {
        assert_eq!(checked_in(0, evidence).verification(), Verification::Unverified);
    };
    unverified(|here| here.accuracy_m = None);
    unverified(|here| here.mock = Some(true));
    unverified(|here| here.accuracy_m = Some(-5_000));
    unverified(|here| here.lat_e7 = i64::MAX);
    unverified(|here| here.lat_e7 = i64::MIN);
    unverified(|here| here.lon_e7 = 1_800_000_001);
    assert_eq!(visit(vec![]).verification(), Verification::Unverified);
    assert_eq!(checked_in(0, |here| here.lat_e7 = i64::MIN).distance_m(), None);
    let mut nowhere = checked_in(0, |_| {});
    nowhere.expected_place = None;
    assert_eq!(nowhere.verification(), Verification::Unverified);
}

#[test]
fn a_local_edit_is_held_to_what_makes_sense() {
    let ends_first = Visit {
        planned_start: Some(stamp(1, 1, 60, &[]).at),
        planned_end: Some(stamp(1, 1, 0, &[]).at),
        zone: Some("Mars/Olympus".to_owned()),
        ..Visit::default()
    };
    let found = ends_first.check();
    assert!(found.contains(&Violation::new("planned_end", ViolationCode::Inconsistent)));
    assert!(found.contains(&Violation::new("zone", ViolationCode::Malformed)));
    let mut by_hand = visit(vec![event(CHECKIN, 1, 1, 0, &[])]);
    by_hand.events[0].method = Some(ProofMethod::Manual);
    assert_eq!(
        by_hand.check(),
        [Violation::new("events", ViolationCode::Required)]
    );
    by_hand.events[0].reason = Some("地下室没有信号".to_owned());
    assert_eq!(by_hand.check(), []);
}

fn any_event(id: u8) -> impl Strategy<Value = VisitEvent> {
    let kinds = [CHECKIN, CHECKOUT, VisitEventKind::Pause, ABANDON, VisitEventKind::Unknown];
    (proptest::sample::select(kinds.to_vec()), 1..3_u8, 0..50_i64).prop_map(move |(kind, by, minute)| {
        let mut one = event(kind, id, by, minute, &[]);
        one.position = Some(Position::new(399_042_000 + minute, 1_164_074_000));
        one
    })
}

fn derived(events: Vec<VisitEvent>) -> Value {
    let fields = serde_json::to_value(visit(events)).unwrap();
    Value::Object((Visit::KIND.derive)(fields.as_object().unwrap()))
}

proptest! {
    #[test]
    fn any_order_of_the_log_gives_the_same_visit(
        (events, shuffled) in (0..8_u8).prop_flat_map(|count| {
            let events: Vec<_> = (0..count).map(any_event).collect();
            events.prop_flat_map(|events| (Just(events.clone()), Just(events).prop_shuffle()))
        })
    ) {
        prop_assert_eq!(derived(events), derived(shuffled));
    }
}

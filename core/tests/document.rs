//! What documents promise when two people write apart.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

#[path = "fixture/phone.rs"]
mod phone;

use satchel_core::document::{Document, Error, heads_of, loads};
use satchel_core::domain::kind;
use satchel_core::domain::visit::{VisitEvent, VisitEventKind, VisitKind, VisitStatus};
use satchel_core::domain::{CustomerPatch, Deal, DealPatch, NotePatch, ProcessTemplate, Visit, VisitPatch};
use satchel_core::ids::DocumentId;
use satchel_core::schema::Patch;
use satchel_core::schema::value::Money;
use serde_json::json;

use phone::Phone;

fn id() -> DocumentId {
    DocumentId::from_bytes([9; 16])
}

fn named(name: &str) -> Patch {
    CustomerPatch {
        name: Some(name.to_owned()),
        ..CustomerPatch::default()
    }
    .into()
}

/// A record that two phones hold alike.
fn shared(kind_name: &str, patch: impl Into<Patch>) -> (Phone, Document, Phone, Document) {
    let (ann, bo) = (Phone::new(1), Phone::new(2));
    let kind = kind(kind_name).unwrap();
    let (first, changes) = Document::create(kind, id(), &patch.into(), &ann.author(1_000)).unwrap();
    let second = Document::load(kind, id(), &[], &changes).unwrap();
    (ann, first, bo, second)
}

fn exchange(first: &mut Document, second: &mut Document) {
    let (a, b) = (first.heads(), second.heads());
    let (to_second, to_first) = (first.changes_since(&b), second.changes_since(&a));
    first.merge(to_first).unwrap();
    second.merge(to_second).unwrap();
    assert_eq!(first.project(), second.project());
}

#[test]
fn both_edits_live_and_the_same_field_shows_both_values_with_their_authors() {
    let (ann, mut first, bo, mut second) = shared("customer", named("Corner shop"));
    let edit = CustomerPatch {
        name: Some("Corner store".to_owned()),
        ..CustomerPatch::default()
    };
    first.edit(&edit.into(), None, &ann.author(2_000)).unwrap();
    let edit = CustomerPatch {
        name: Some("街角小店".to_owned()),
        industry: Some("retail".to_owned()),
        add_tags: vec!["VIP".to_owned()],
        ..CustomerPatch::default()
    };
    second.edit(&edit.into(), None, &bo.author(3_000)).unwrap();
    exchange(&mut first, &mut second);
    let row = first.project();
    assert_eq!(row.fields["industry"], "retail");
    assert_eq!(row.fields["tags"], json!(["VIP"]));
    assert_eq!(row.conflicts, ["name"]);
    let conflicts = first.conflicts();
    let mut seen: Vec<_> = conflicts[0]
        .siblings
        .iter()
        .map(|one| (one.value.clone(), one.by, one.at_ms))
        .collect();
    seen.sort_by_key(|one| one.2);
    assert_eq!(
        seen,
        [
            (json!("Corner store"), Some(ann.member), 2_000),
            (json!("街角小店"), Some(bo.member), 3_000)
        ]
    );

    let settle = first.resolution("name", &json!("Corner store")).unwrap();
    first.edit(&settle, None, &ann.author(4_000)).unwrap();
    exchange(&mut first, &mut second);
    assert!(second.conflicts().is_empty());
    assert_eq!(second.fields()["name"], "Corner store");
}

#[test]
fn a_form_opened_before_and_saved_after_a_sync_reverts_nothing() {
    let (ann, mut first, bo, mut second) = shared("customer", named("Corner shop"));
    let opened = second.heads();
    let edit = CustomerPatch {
        name: Some("Ann's name".to_owned()),
        industry: Some("food".to_owned()),
        ..CustomerPatch::default()
    };
    first.edit(&edit.into(), None, &ann.author(2_000)).unwrap();
    exchange(&mut first, &mut second);
    // Bo saves the form that he opened before the sync.
    second
        .edit(&named("Bo's name"), Some(&opened), &bo.author(3_000))
        .unwrap();
    exchange(&mut first, &mut second);
    assert_eq!(first.fields()["industry"], "food");
    assert_eq!(first.project().conflicts, ["name"]);
    // And once more on the same old version: Automerge writes under an actor derived from Bo's.
    second
        .edit(&named("Bo's second name"), Some(&opened), &bo.author(3_500))
        .unwrap();
    exchange(&mut first, &mut second);
    assert_eq!(first.conflicts()[0].siblings.len(), 3);
}

#[test]
fn two_people_write_one_note_and_both_texts_survive() {
    let note = NotePatch {
        body: Some("买家想要样品。".to_owned()),
        ..NotePatch::default()
    };
    let (ann, mut first, bo, mut second) = shared("note", note);
    let write = |text: &str| {
        Patch::from(NotePatch {
            body: Some(text.to_owned()),
            ..NotePatch::default()
        })
    };
    first
        .edit(&write("重要：买家想要样品。"), None, &ann.author(2_000))
        .unwrap();
    second
        .edit(&write("买家想要样品。周五前寄出。"), None, &bo.author(2_000))
        .unwrap();
    exchange(&mut first, &mut second);
    assert_eq!(first.fields()["body"], "重要：买家想要样品。周五前寄出。");
}

#[test]
fn done_work_survives_a_plan_changed_meanwhile_and_statuses_come_from_events() {
    let shop = DocumentId::from_bytes([5; 16]);
    let visit = VisitPatch {
        customer_id: Some(shop.into()),
        visit_kind: Some(VisitKind::Planned),
        ..VisitPatch::default()
    };
    let (ann, mut first, bo, mut second) = shared("visit", visit);
    let event = |event| VisitPatch {
        append_events: vec![VisitEvent {
            event,
            ..VisitEvent::default()
        }],
        ..VisitPatch::default()
    };
    first
        .edit(&event(VisitEventKind::Checkin).into(), None, &ann.author(10_000))
        .unwrap();
    first
        .edit(&event(VisitEventKind::Checkout).into(), None, &ann.author(70_000))
        .unwrap();
    second
        .edit(&event(VisitEventKind::Abandon).into(), None, &bo.author(20_000))
        .unwrap();
    exchange(&mut first, &mut second);
    let row = second.project();
    let visit: Visit = row.typed();
    assert_eq!(visit.status(), VisitStatus::Completed);
    assert_eq!(row.derived["status"], "completed");
    assert_eq!(row.derived["duration_s"], 60);
    assert_eq!(visit.events.len(), 3);
}

#[test]
fn events_of_one_edit_stay_in_the_order_in_which_they_were_given() {
    // Ids have random tails: of so many edits some would come out of order if their order were left to chance.
    for number in 1..=20 {
        let (ann, kind) = (Phone::new(number), kind("visit").unwrap());
        let given = [VisitEventKind::Checkin, VisitEventKind::Pause, VisitEventKind::Checkout];
        let patch = VisitPatch {
            customer_id: Some(DocumentId::from_bytes([5; 16]).into()),
            visit_kind: Some(VisitKind::Unplanned),
            append_events: given
                .iter()
                .map(|event| VisitEvent {
                    event: *event,
                    ..VisitEvent::default()
                })
                .collect(),
            ..VisitPatch::default()
        };
        let (mut document, _) = Document::create(kind, id(), &patch.into(), &ann.author(1_000)).unwrap();
        let visit: Visit = document.project().typed();
        let kept: Vec<VisitEventKind> = visit.events.iter().map(|event| event.event).collect();
        assert_eq!(kept, given, "seed {number}");
    }
}

#[test]
fn a_deal_won_and_lost_apart_is_disputed_until_somebody_has_seen_both() {
    let deal = DealPatch {
        customer_id: Some(DocumentId::from_bytes([5; 16]).into()),
        name: Some("Shelf".to_owned()),
        amount: Some(Money::new(100_000, "CNY")),
        expected_close: Some("2026-12-01".parse().unwrap()),
        ..DealPatch::default()
    };
    let (ann, mut first, bo, mut second) = shared("deal", deal);
    let template = ProcessTemplate::standard();
    let to = |code: &str| DealPatch {
        append_moves: vec![template.move_to(code).unwrap()],
        ..DealPatch::default()
    };
    first.edit(&to("won").into(), None, &ann.author(2_000)).unwrap();
    let mut lost = to("lost");
    lost.lost_reason = Some(satchel_core::domain::deal::LostReason::Price);
    second.edit(&lost.into(), None, &bo.author(2_000)).unwrap();
    exchange(&mut first, &mut second);
    assert_eq!(first.project().derived["disputed"], true);
    first.edit(&to("won").into(), None, &ann.author(3_000)).unwrap();
    exchange(&mut first, &mut second);
    let row = second.project();
    assert_eq!(
        (&row.derived["disputed"], &row.derived["stage"]),
        (&json!(false), &json!("won"))
    );
    assert_eq!(row.typed::<Deal>().moves.len(), 3);
}

#[test]
fn an_edit_beats_an_archive_and_an_archive_that_saw_everything_holds() {
    let (ann, mut first, bo, mut second) = shared("customer", named("Corner shop"));
    first.archive(None, &ann.author(2_000)).unwrap();
    assert!(first.project().archived);
    second.edit(&named("Still open"), None, &bo.author(2_000)).unwrap();
    exchange(&mut first, &mut second);
    let row = first.project();
    assert!(!row.archived && row.edited_after_archive);
    first.archive(None, &ann.author(3_000)).unwrap();
    assert!(first.project().archived);
    first.restore(&ann.author(4_000)).unwrap();
    let row = first.project();
    assert!(!row.archived);
}

#[test]
fn an_addition_beats_a_removal_that_had_not_seen_it() {
    let patch = CustomerPatch {
        name: Some("S".to_owned()),
        add_tags: vec!["a".to_owned(), "b".to_owned()],
        ..CustomerPatch::default()
    };
    let (ann, mut first, bo, mut second) = shared("customer", patch);
    let remove = CustomerPatch {
        remove_tags: vec!["a".to_owned(), "b".to_owned()],
        ..CustomerPatch::default()
    };
    let add = CustomerPatch {
        add_tags: vec!["a".to_owned()],
        ..CustomerPatch::default()
    };
    first.edit(&remove.into(), None, &ann.author(2_000)).unwrap();
    second.edit(&add.into(), None, &bo.author(2_000)).unwrap();
    exchange(&mut first, &mut second);
    assert_eq!(first.fields()["tags"], json!(["a"]));
}

#[test]
fn history_tells_who_changed_which_field_and_any_version_can_be_read() {
    let (ann, mut first, bo, mut second) = shared("customer", named("One"));
    let start = first.heads();
    second.edit(&named("Two"), None, &bo.author(2_000)).unwrap();
    exchange(&mut first, &mut second);
    first
        .edit(
            &CustomerPatch {
                industry: Some("food".to_owned()),
                ..CustomerPatch::default()
            }
            .into(),
            None,
            &ann.author(3_000),
        )
        .unwrap();
    let names: Vec<_> = first
        .field_history("name")
        .into_iter()
        .map(|entry| {
            let change = &entry.fields[0];
            (entry.by, entry.at_ms, change.before.clone(), change.after.clone())
        })
        .collect();
    assert_eq!(
        names,
        [
            (Some(ann.member), 1_000, None, Some(json!("One"))),
            (Some(bo.member), 2_000, Some(json!("One")), Some(json!("Two"))),
        ]
    );
    assert_eq!(first.fields_at(&start).unwrap()["name"], "One");
    assert_eq!(first.history().len(), 3);
}

#[test]
fn an_invalid_edit_is_refused_with_every_violation_and_changes_nothing() {
    let (ann, mut first, ..) = shared("customer", named("One"));
    let before = first.heads();
    let bad = Patch::from(CustomerPatch {
        name: Some("  ".to_owned()),
        channel_tier: Some(7),
        ..CustomerPatch::default()
    });
    let Err(Error::Invalid(violations)) = first.edit(&bad, None, &ann.author(2_000)) else {
        panic!("it was let through")
    };
    assert_eq!(violations.len(), 2);
    assert_eq!(first.heads(), before);
    assert!(
        first.edit(&named("One"), None, &ann.author(2_000)).unwrap().is_empty(),
        "nothing changed, no change made"
    );
}

#[test]
fn changes_of_one_document_do_not_fit_another() {
    let ann = Phone::new(1);
    let kind = kind("customer").unwrap();
    let (_, changes) = Document::create(kind, id(), &named("One"), &ann.author(1_000)).unwrap();
    let other = Document::load(kind, DocumentId::from_bytes([8; 16]), &[], &changes);
    assert!(matches!(other, Err(Error::MissingDependencies)));
}

#[test]
fn a_snapshot_and_the_changes_since_open_to_the_same_record() {
    let (ann, mut first, ..) = shared("customer", named("One"));
    let snapshot = first.save();
    let changes = first.edit(&named("Two"), None, &ann.author(2_000)).unwrap();
    let mut again = Document::load(first.kind(), id(), &snapshot, &changes).unwrap();
    assert_eq!(again.project(), first.project());
}

#[test]
fn the_heads_of_a_snapshot_are_read_without_loading_it_and_damage_is_seen() {
    let (ann, mut first, bo, mut second) = shared("customer", named("Corner shop"));
    first.edit(&named("Corner store"), None, &ann.author(2_000)).unwrap();
    second.edit(&named("街角小店"), None, &bo.author(2_000)).unwrap();
    exchange(&mut first, &mut second);
    let (heads, snapshot) = (first.heads(), first.save());
    assert_eq!(heads.hashes().len(), 2, "two wrote apart");
    let before = loads();
    assert_eq!(heads_of(&snapshot).unwrap(), heads);
    assert_eq!(loads(), before);
    Document::load(first.kind(), id(), &snapshot, std::iter::empty::<&[u8]>()).unwrap();
    assert_eq!(loads(), before + 1, "loading is counted");

    for at in 0..snapshot.len() {
        let mut damaged = snapshot.clone();
        damaged[at] ^= 1 << (at % 8);
        assert!(heads_of(&damaged).is_err(), "damage at {at}");
        assert!(heads_of(&snapshot[..at]).is_err(), "cut at {at}");
    }
    let mut longer = snapshot;
    longer.push(0);
    assert!(heads_of(&longer).is_err(), "something follows");
}

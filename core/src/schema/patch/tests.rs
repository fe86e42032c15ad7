#![expect(
    clippy::needless_pass_by_value,
    reason = "a test reads better with json!(…) in the call"
)]

use proptest::prelude::*;

use super::*;
use crate::ids::DocumentId;
use crate::schema::Entity;
use crate::schema::sample::{Colour, Part, Sample, SampleEvent, SampleField, SamplePatch};
use crate::schema::value::Money;

fn from(json: Value) -> Result<Patch, Vec<Violation>> {
    Patch::from_json(Sample::KIND, json.as_object().unwrap())
}

fn creating(json: Value) -> Result<Patch, Vec<Violation>> {
    Patch::creating(Sample::KIND, json.as_object().unwrap())
}

/// A typed patch with an edit of every sort.
fn every_edit() -> SamplePatch {
    SamplePatch {
        title: Some("new".to_owned()),
        body: Some("two people".to_owned()),
        colour: Some(Colour::DarkRed),
        price: Some(Money::new(5, "CNY")),
        parts: Some(vec![Part::default()]),
        add_to_count: Some(-2),
        add_tags: vec!["a".to_owned()],
        remove_tags: vec!["b".to_owned()],
        put_shares: [("a".to_owned(), 1), ("both".to_owned(), 2)].into(),
        remove_shares: vec!["b".to_owned(), "both".to_owned()],
        append_events: vec![SampleEvent::default()],
        clear: vec![SampleField::Remark, SampleField::Rank],
        ..SamplePatch::default()
    }
}

#[test]
fn a_typed_patch_names_only_what_changes() {
    assert!(Patch::from(SamplePatch::default()).is_empty());
    let patch = Patch::from(every_edit());
    let names: Vec<&str> = patch.fields.keys().map(String::as_str).collect();
    let expected = [
        "body", "colour", "count", "events", "parts", "price", "rank", "remark", "shares", "tags", "title",
    ];
    assert_eq!(names, expected);
    assert_eq!(patch.fields["remark"], Edit::Clear);
    assert_eq!(patch.fields["colour"], Edit::Set(json!("dark_red")));
    // What is put and removed at once is there afterwards.
    let entries = [("a", Some(json!(1))), ("b", None), ("both", Some(json!(2)))];
    let entries = entries.map(|(key, value)| (key.to_owned(), value));
    assert_eq!(patch.fields["shares"], Edit::Entries(entries.into()));
}

#[test]
fn a_field_that_is_set_and_cleared_at_once_is_set() {
    let patch = SamplePatch {
        remark: Some("kept".to_owned()),
        clear: vec![SampleField::Remark],
        ..SamplePatch::default()
    };
    assert_eq!(Patch::from(patch).fields["remark"], Edit::Set(json!("kept")));
}

#[test]
fn json_says_the_same_as_the_typed_patch() {
    let patch = Patch::from(every_edit());
    assert_eq!(from(Value::Object(patch.to_json())), Ok(patch));
    let json = json!({
        "title": "A", "remark": null, "count": { "add": 3 }, "tags": { "remove": ["x"] },
        "shares": { "a": 1, "b": null }, "events": { "append": [{ "note": "n" }] },
    });
    let patch = from(json.clone()).unwrap();
    assert_eq!(patch.check(Sample::KIND, true), []);
    assert_eq!(
        patch.fields["shares"],
        Edit::Entries([("a".to_owned(), Some(json!(1))), ("b".to_owned(), None)].into())
    );
}

#[test]
fn every_mistake_in_json_is_named_at_once() {
    let mistakes = json!({
        "nonsense": 1, "count": 3, "tags": ["a"], "events": { "remove": [] }, "shares": 1, "title": "fine",
    });
    let found = from(mistakes).unwrap_err();
    let wrong = |field: &str| Violation::new(field, ViolationCode::WrongOperation);
    assert_eq!(
        found,
        [
            wrong("count"),
            wrong("events"),
            Violation::new("nonsense", ViolationCode::UnknownField),
            wrong("shares"),
            wrong("tags")
        ]
    );
    for odd in [
        json!({ "add": 1, "and": 2 }),
        json!({ "add": "1" }),
        json!({ "add": 1.5 }),
        json!(null),
    ] {
        assert_eq!(from(json!({ "count": odd })).unwrap_err(), [wrong("count")]);
    }
    for odd in [json!({ "add": "a" }), json!({ "put": ["a"] }), json!(null)] {
        assert_eq!(from(json!({ "tags": odd })).unwrap_err(), [wrong("tags")]);
    }
}

#[test]
fn a_record_given_whole_becomes_the_patch_that_makes_it() {
    let patch = creating(json!({
        "title": "A", "remark": null, "count": 3, "tags": ["a"], "shares": { "a": 1 }, "events": [{ "note": "n" }],
    }))
    .unwrap();
    assert_eq!(patch.fields.len(), 5, "null is nothing given");
    assert_eq!(patch.fields["count"], Edit::Add(3));
    assert_eq!(patch.check(Sample::KIND, false), []);
    let found = creating(json!({ "nonsense": 1, "count": "3", "tags": "a", "shares": [], "events": {} })).unwrap_err();
    let malformed = |field: &str| Violation::new(field, ViolationCode::Malformed);
    assert_eq!(
        found,
        [
            malformed("count"),
            malformed("events"),
            Violation::new("nonsense", ViolationCode::UnknownField),
            malformed("shares"),
            malformed("tags")
        ]
    );
}

/// What is wrong with one edit of an existing record.
fn wrong_with(field: &str, edit: Edit) -> Vec<ViolationCode> {
    let mut patch = Patch::default();
    patch.push(field, edit);
    patch
        .check(Sample::KIND, true)
        .into_iter()
        .map(|one| one.code)
        .collect()
}

#[test]
fn an_edit_is_checked_by_itself() {
    let elements = |add: Value, remove: Value| Edit::Elements {
        add: vec![add],
        remove: vec![remove],
    };
    let entry = |key: &str, value: Value| Edit::Entries([(key.to_owned(), Some(value))].into());
    assert_eq!(wrong_with("title", Edit::Set(json!("B"))), []);
    assert_eq!(wrong_with("title", Edit::Set(json!(1))), [ViolationCode::Malformed]);
    assert_eq!(wrong_with("title", Edit::Set(json!(null))), [ViolationCode::Malformed]);
    assert_eq!(wrong_with("title", Edit::Clear), [ViolationCode::Required]);
    assert_eq!(wrong_with("remark", Edit::Clear), []);
    assert_eq!(wrong_with("title", Edit::Add(1)), [ViolationCode::WrongOperation]);
    assert_eq!(
        wrong_with("count", Edit::Set(json!(1))),
        [ViolationCode::WrongOperation]
    );
    assert_eq!(wrong_with("tags", elements(json!("a"), json!(""))), []);
    assert_eq!(
        wrong_with("tags", elements(json!(" "), json!("a"))),
        [ViolationCode::Malformed]
    );
    assert_eq!(
        wrong_with("tags", elements(json!("a"), json!(1))),
        [ViolationCode::Malformed]
    );
    assert_eq!(wrong_with("shares", entry("a", json!(1))), []);
    assert_eq!(wrong_with("shares", entry("", json!(1))), [ViolationCode::Malformed]);
    assert_eq!(wrong_with("shares", entry("a", json!("1"))), [ViolationCode::Malformed]);
    assert_eq!(
        wrong_with("events", Edit::Append(vec![json!("text")])),
        [ViolationCode::Malformed]
    );
    assert_eq!(wrong_with("nonsense", Edit::Clear), [ViolationCode::UnknownField]);
}

#[test]
fn what_is_fixed_is_written_once() {
    let patch = Patch::from(SamplePatch {
        holder: Some(DocumentId::from_bytes([1; 16])),
        batch: Some("b".to_owned()),
        ..SamplePatch::default()
    });
    assert_eq!(patch.check(Sample::KIND, false), []);
    let fixed = |field: &str| Violation::new(field, ViolationCode::Fixed);
    assert_eq!(patch.check(Sample::KIND, true), [fixed("batch"), fixed("holder")]);
}

/// Any JSON, and now and then something near a patch.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-z]{0,3}".prop_map(Value::from),
    ];
    let key = prop_oneof![
        Just("add".to_owned()),
        Just("remove".to_owned()),
        Just("append".to_owned()),
        "[a-z]{0,2}"
    ];
    leaf.prop_recursive(3, 16, 4, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(key.clone(), inner, 0..4).prop_map(|parts| json!(parts)),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_json_is_taken_for_a_patch_reads_back_the_same(
        picks in proptest::collection::vec((0..Sample::KIND.fields.len(), any_json()), 0..5)
    ) {
        let json: Map<String, Value> =
            picks.into_iter().map(|(at, value)| (Sample::KIND.fields[at].name.to_owned(), value)).collect();
        if let Ok(patch) = Patch::from_json(Sample::KIND, &json) {
            prop_assert_eq!(Patch::from_json(Sample::KIND, &patch.to_json()), Ok(patch));
        }
    }
}

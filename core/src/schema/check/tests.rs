#![expect(
    clippy::needless_pass_by_value,
    reason = "a test reads better with json!(…) in the call"
)]

use serde_json::json;

use super::*;
use crate::schema::Entity;
use crate::schema::sample::Sample;

/// A valid record with `changes` laid over it.
fn found(changes: Value) -> Vec<Violation> {
    let mut fields = json!({ "holder": "0190163d-8694-739b-aea5-966c26f8ad91", "title": "A" });
    let fields = fields.as_object_mut().unwrap();
    fields.extend(changes.as_object().unwrap().clone());
    check(Sample::KIND, fields)
}

#[track_caller]
fn refuses(field: &str, code: ViolationCode, value: Value) {
    assert_eq!(found(json!({ field: value })), [Violation::new(field, code)]);
}

#[track_caller]
fn refuses_at(field: &str, code: ViolationCode, limit: i64, value: Value) {
    assert_eq!(
        found(json!({ field: value })),
        [Violation::with_limit(field, code, limit)]
    );
}

#[test]
fn a_required_field_is_filled_with_more_than_blanks() {
    assert_eq!(found(json!({})), []);
    for blank in [json!(null), json!(""), json!(" \u{3000}\n")] {
        refuses("title", ViolationCode::Required, blank);
    }
    let nothing = check(Sample::KIND, &Map::new());
    let required: Vec<&str> = nothing.iter().map(|one| one.field.as_str()).collect();
    assert_eq!(required, ["holder", "title"]);
}

#[test]
fn lengths_are_characters_of_a_text_and_elements_of_everything_else() {
    assert_eq!(found(json!({ "title": "客户名称五" })), []);
    refuses_at("title", ViolationCode::TooLong, 5, json!("客户名称五个"));
    refuses_at("body", ViolationCode::TooLong, 8, json!("123456789"));
    refuses_at("tags", ViolationCode::TooLong, 2, json!(["a", "b", "c"]));
    refuses_at("shares", ViolationCode::TooLong, 2, json!({ "a": 1, "b": 2, "c": 3 }));
    let part = json!({ "name": "p" });
    refuses_at("parts", ViolationCode::TooLong, 2, json!([part, part, part]));
    assert_eq!(found(json!({ "tags": ["longer than the two elements allowed"] })), []);
}

#[test]
fn numbers_and_amounts_keep_within_their_limits() {
    assert_eq!(
        found(json!({ "rank": -3, "price": { "minor": 0, "currency": "CNY" } })),
        []
    );
    refuses_at("rank", ViolationCode::TooSmall, -3, json!(-4));
    refuses_at("rank", ViolationCode::TooLarge, 3, json!(4));
    refuses_at(
        "price",
        ViolationCode::TooSmall,
        0,
        json!({ "minor": -1, "currency": "CNY" }),
    );
}

#[test]
fn a_value_is_of_its_type() {
    for (field, value) in [
        ("title", json!(1)),
        ("rank", json!("1")),
        ("rank", json!(1.5)),
        ("rank", json!(u64::MAX)),
        ("flag", json!("true")),
        ("day", json!("2026-02-30")),
        ("day", json!("2026-02-03T00:00:00Z")),
        ("instant", json!("2026-02-03")),
        ("instant", json!(1_700_000_000)),
        ("member", json!("somebody")),
        ("price", json!(5)),
        ("price", json!({ "minor": 5 })),
        ("parts", json!([{ "colour": "green" }])),
        ("tags", json!("a")),
        ("tags", json!([1])),
        ("tags", json!([1, 2])),
        ("shares", json!(["a"])),
        ("shares", json!({ "a": "1" })),
        ("events", json!([{ "note": "no stamp" }])),
        ("count", json!("1")),
    ] {
        refuses(field, ViolationCode::Malformed, value);
    }
}

#[test]
fn a_local_edit_writes_only_codes_of_the_list_however_deep() {
    assert_eq!(found(json!({ "colour": "dark_red" })), []);
    refuses("colour", ViolationCode::UnknownChoice, json!("blue"));
    refuses("colour", ViolationCode::UnknownChoice, json!("unknown"));
    refuses(
        "parts",
        ViolationCode::UnknownChoice,
        json!([{ "name": "p", "colour": "blue" }]),
    );
}

#[test]
fn a_local_edit_writes_only_values_that_make_sense() {
    for currency in ["", "cny", "yuan", "€€€"] {
        refuses(
            "price",
            ViolationCode::Malformed,
            json!({ "minor": 1, "currency": currency }),
        );
    }
    assert_eq!(
        found(json!({ "spot": { "lat_e7": -900_000_000, "lon_e7": 1_800_000_000 } })),
        []
    );
    for spot in [
        json!({ "lat_e7": 900_000_001, "lon_e7": 0 }),
        json!({ "lat_e7": i64::MIN, "lon_e7": 0 }),
        json!({ "lat_e7": 0, "lon_e7": 0, "accuracy_m": -1 }),
    ] {
        refuses("spot", ViolationCode::Malformed, spot);
    }
}

#[test]
fn the_kinds_own_check_runs_once_every_field_is_sound() {
    let odd = json!({ "rank": 0, "flag": true });
    assert_eq!(found(odd), [Violation::new("flag", ViolationCode::Inconsistent)]);
    let worse = json!({ "rank": 0, "flag": true, "title": "" });
    assert_eq!(found(worse), [Violation::new("title", ViolationCode::Required)]);
}

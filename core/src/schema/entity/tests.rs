#![expect(
    clippy::needless_pass_by_value,
    reason = "a test reads better with json!(…) in the call"
)]

use serde_json::json;

use super::*;
use crate::ids::{EventId, MemberId};
use crate::schema::sample::{Colour, Sample};
use crate::schema::value::Stamp;

fn read(fields: Value) -> Sample {
    typed(fields.as_object().unwrap())
}

#[test]
fn absent_fields_read_blank() {
    assert_eq!(read(json!({})), Sample::default());
    assert_eq!(read(json!({ "remark": null })).remark, None);
}

#[test]
fn a_bad_value_hides_neither_the_record_nor_its_neighbours() {
    let record = read(json!({
        "title": "kept", "rank": "three", "day": "2026-02-30", "price": { "minor": 5 }, "of_a_newer_app": [1, 2],
    }));
    let kept = Sample {
        title: "kept".to_owned(),
        ..Sample::default()
    };
    assert_eq!(record, kept);
}

#[test]
fn a_bad_element_hides_none_of_the_others() {
    let record = read(json!({
        "tags": ["a", 1, "b"],
        "shares": { "a": 1, "b": "2" },
        "parts": "none",
    }));
    assert_eq!(record.tags, ["a", "b"]);
    assert_eq!(record.shares, [("a".to_owned(), 1)].into());
    assert_eq!(record.parts, []);
}

#[test]
fn an_event_that_the_table_lets_through_and_the_struct_does_not_hides_no_other() {
    let stamp = |seen: Value| {
        let mut stamp = serde_json::to_value(Stamp {
            id: EventId::from_bytes([1; 16]),
            by: MemberId::from_bytes([2; 16]),
            ..Stamp::default()
        })
        .unwrap();
        stamp["seen"] = seen;
        stamp
    };
    // To the table a list may be absent; the struct takes no null for it.
    let record = read(json!({
        "title": "kept",
        "events": [{ "stamp": stamp(json!(null)), "note": "hostile" }, { "stamp": stamp(json!([])), "note": "honest" }],
    }));
    assert_eq!(record.title, "kept");
    let notes: Vec<&str> = record.events.iter().map(|event| event.note.as_str()).collect();
    assert_eq!(notes, ["honest"]);
}

#[test]
fn the_code_of_a_newer_app_reads_as_unknown() {
    assert_eq!(read(json!({ "colour": "ultraviolet" })).colour, Some(Colour::Unknown));
    assert_eq!(read(json!({ "colour": "dark_red" })).colour, Some(Colour::DarkRed));
    assert_eq!(Colour::from_code("dark_red"), Colour::DarkRed);
    assert_eq!(Colour::from_code("ultraviolet"), Colour::Unknown);
    for colour in [Colour::DarkRed, Colour::Green, Colour::Unknown] {
        assert_eq!(serde_json::to_value(colour).unwrap(), colour.code());
    }
}

#[test]
fn derived_values_are_computed_from_whatever_is_there() {
    let derived = |fields: Value| (Sample::KIND.derive)(fields.as_object().unwrap());
    assert_eq!(derived(json!({}))["entries"], 0);
    assert_eq!(derived(json!({ "events": [{ "note": "no stamp" }, 7] }))["entries"], 0);
}

//! Random values, records and patches of any kind, made from its table: what property tests and the simulator write.
//!
//! Everything here is valid as a local edit, or becomes so by leaving out what a kind's own check refuses; an edit of a
//! record that somebody else has edited may still be refused, as it may in life.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, NaiveDate, Utc};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use satchel_core::schema::check::{check, is_blank};
use satchel_core::schema::{Edit, Field, Kind, Merge, Patch, Type};
use serde_json::{Map, Value, json};

/// Texts that have tripped programs: width, script, direction, composition, formulas, blanks at the ends; and some that
/// a field with a form of its own takes (a currency, a zone).
const TEXTS: &[&str] = &[
    "CNY",
    "USD",
    "JPY",
    "Asia/Shanghai",
    "Europe/Berlin",
    "A",
    "街角小店",
    "上海市浦东新区",
    "Ünïcödé",
    "e\u{301}",
    "👩‍👩‍👧‍👦",
    "שלום",
    "=1+1",
    "'; DROP TABLE",
    "two\nlines",
    " edges ",
    "\"quoted\", with commas",
    "ｆｕｌｌ　ｗｉｄｔｈ",
    "100%",
];

fn text(max_chars: usize) -> impl Strategy<Value = String> {
    let random = proptest::string::string_regex("[a-zA-Z0-9 一-龥]{0,24}");
    let random = random.map_or_else(|_| Just("A".to_owned()).boxed(), Strategy::boxed);
    let one = prop_oneof![3 => select(TEXTS).prop_map(str::to_owned), 1 => random];
    one.prop_map(move |text| text.chars().take(max_chars).collect())
}

fn instant() -> impl Strategy<Value = DateTime<Utc>> {
    (0..4_000_000_000_000_i64).prop_map(|ms| DateTime::from_timestamp_millis(ms).unwrap_or_default())
}

fn id() -> impl Strategy<Value = Value> {
    // Few, so that two records often name the same one.
    (0..12_u8).prop_map(|number| json!(satchel_core::ids::DocumentId::from_bytes([number; 16])))
}

/// A well-formed and sensible value of a type.
pub fn value(ty: Type) -> BoxedStrategy<Value> {
    match ty {
        Type::Text => text(usize::MAX).prop_map(Value::from).boxed(),
        Type::Integer => prop_oneof![
            4 => (-3..20_000_i64).prop_map(Value::from),
            1 => select(&[i64::MIN, i64::MAX, 0][..]).prop_map(Value::from),
        ]
        .boxed(),
        Type::Boolean => any::<bool>().prop_map(Value::from).boxed(),
        Type::Day => (0..40_000_i64)
            .prop_map(|days| json!(NaiveDate::default() + Duration::days(days)))
            .boxed(),
        Type::Instant => instant().prop_map(|instant| json!(instant)).boxed(),
        Type::Choice(codes) => select(codes).prop_map(Value::from).boxed(),
        Type::Reference(_) | Type::Member => id().boxed(),
        Type::List(item) => vec(value(*item), 0..4).prop_map(Value::from).boxed(),
        Type::Object(shape) => {
            let part = |member: &'static satchel_core::schema::Member| {
                let filled = value(member.ty).prop_map(Some);
                let part = if member.optional {
                    prop_oneof![2 => filled, 1 => Just(None)].boxed()
                } else {
                    filled.boxed()
                };
                part.prop_map(|part| part.map(|part| (member.name.to_owned(), part)))
            };
            let parts: Vec<_> = shape.members.iter().map(part).collect();
            parts
                .prop_map(|parts| Value::Object(parts.into_iter().flatten().collect()))
                .prop_filter("makes no sense", move |value| (shape.sound)(value))
                .boxed()
        }
    }
}

/// One value of a field, or one element of a container, within the field's limits.
fn element(field: &'static Field) -> BoxedStrategy<Value> {
    let limit = |number: i64| {
        let number = field.max.map_or(number, |max| number.min(max));
        field.min.map_or(number, |min| number.max(min))
    };
    let whole = matches!(field.merge, Merge::Register | Merge::Text);
    let most = field.max_len.filter(|_| whole).map_or(usize::MAX, |max| max as usize);
    value(field.ty)
        .prop_map(move |mut value| {
            match &mut value {
                Value::Number(number) => return number.as_i64().map_or(Value::Null, |number| limit(number).into()),
                Value::String(text) if field.ty == Type::Text => *text = text.chars().take(most).collect(),
                Value::Array(items) => items.truncate(most),
                Value::Object(parts) => {
                    if let Some(minor) = parts.get_mut("minor") {
                        *minor = limit(minor.as_i64().unwrap_or(0)).into();
                    }
                }
                _ => {}
            }
            value
        })
        .boxed()
}

/// The entries of a map: random ones, or a family of keys or numbers that a kind may hold to each other.
fn entries(field: &'static Field) -> BoxedStrategy<BTreeMap<String, Value>> {
    let most = field.max_len.map_or(4, |max| max.min(4)) as usize;
    let key = text(40).prop_filter("a key", |key| !key.is_empty());
    let random = btree_map(key, element(field), 0..=most).boxed();
    if field.ty != Type::Integer {
        return random;
    }
    let part = select(&["qty_milli", "price_minor", "discount_bp"][..]);
    let line = (select(&["SKU-1", "SKU-2"][..]), part).prop_map(|(product, part)| format!("{product}/{part}"));
    let lines = btree_map(line, element(field), 1..=most);
    let shares = (1..10_000_i64, id(), id()).prop_map(|(share, first, second)| {
        let name = |id: Value| id.as_str().unwrap_or_default().to_owned();
        let (first, second) = (name(first), name(second));
        if first == second {
            [(first, json!(10_000))].into()
        } else {
            [(first, json!(share)), (second, json!(10_000 - share))].into()
        }
    });
    prop_oneof![random, lines, shares].boxed()
}

fn elements(field: &'static Field) -> BoxedStrategy<Vec<Value>> {
    let most = field.max_len.map_or(4, |max| max.min(4)) as usize;
    let distinct = |items: Vec<Value>| {
        let mut seen = BTreeSet::new();
        items
            .into_iter()
            .filter(|one| !is_blank(one) && seen.insert(one.to_string()))
            .collect()
    };
    vec(element(field), 0..=most).prop_map(distinct).boxed()
}

/// Events as one person logs them: each has seen the one before.
fn in_a_row(events: Vec<Value>) -> Vec<Value> {
    let mut seen = json!([]);
    let stamped = events.into_iter().enumerate().map(|(at, mut event)| {
        let id = json!(satchel_core::ids::EventId::derived(&[0; 16], &at.to_string()));
        if let Some(stamp) = event.get_mut("stamp") {
            stamp["id"] = id.clone();
            stamp["seen"] = std::mem::replace(&mut seen, json!([id]));
        }
        event
    });
    stamped.collect()
}

/// A field's whole value.
fn whole(field: &'static Field) -> BoxedStrategy<Value> {
    match field.merge {
        Merge::Register | Merge::Text => element(field),
        Merge::Counter => (-1_000..1_000_i64).prop_map(Value::from).boxed(),
        Merge::Set => elements(field).prop_map(Value::from).boxed(),
        Merge::Log => elements(field).prop_map(in_a_row).prop_map(Value::from).boxed(),
        Merge::Map => entries(field).prop_map(|entries| json!(entries)).boxed(),
    }
}

/// The plain values of a valid record: every required field, and some of the others.
pub fn record(kind: &'static Kind) -> BoxedStrategy<Map<String, Value>> {
    let field = |field: &'static Field| {
        let filled = whole(field).prop_map(move |value| Some((field.name.to_owned(), value)));
        if field.required {
            let not_blank = |one: &Option<(String, Value)>| one.as_ref().is_some_and(|(_, value)| !is_blank(value));
            filled.prop_filter("required", not_blank).boxed()
        } else {
            prop_oneof![2 => filled, 1 => Just(None)].boxed()
        }
    };
    let fields: Vec<_> = kind.fields.iter().map(field).collect();
    fields
        .prop_map(move |fields| without_refused(kind, fields.into_iter().flatten().collect()))
        .prop_filter("valid", move |fields| check(kind, fields).is_empty())
        .boxed()
}

/// Leaves out the fields that the kind's own check refuses.
fn without_refused(kind: &Kind, mut fields: Map<String, Value>) -> Map<String, Value> {
    for _ in 0..kind.fields.len() {
        let refused: Vec<String> = check(kind, &fields).into_iter().map(|one| one.field).collect();
        let removed = refused.iter().filter(|field| fields.remove(*field).is_some()).count();
        // A missing field may be what another one asks for: a reason, for how a log ends.
        if removed == 0 && !refused.is_empty() {
            fields.retain(|name, _| kind.field(name).is_some_and(|field| field.merge != Merge::Log));
        } else if refused.is_empty() {
            break;
        }
    }
    fields
}

/// An edit of a record that exists: one to three of the fields that may still change.
pub fn patch(kind: &'static Kind) -> BoxedStrategy<Patch> {
    let open: Vec<&'static Field> = kind.fields.iter().filter(|field| !kind.is_fixed(field)).collect();
    let one = select(open).prop_flat_map(|field| edit(field).prop_map(move |edit| (field.name.to_owned(), edit)));
    btree_map_of(vec(one, 1..=3))
}

fn btree_map_of(edits: impl Strategy<Value = Vec<(String, Edit)>> + 'static) -> BoxedStrategy<Patch> {
    edits
        .prop_map(|edits| Patch {
            fields: edits.into_iter().collect(),
        })
        .boxed()
}

fn edit(field: &'static Field) -> BoxedStrategy<Edit> {
    match field.merge {
        Merge::Register | Merge::Text => {
            let set = element(field)
                .prop_filter("blank", |value| !is_blank(value))
                .prop_map(Edit::Set);
            if field.required {
                set.boxed()
            } else {
                prop_oneof![4 => set, 1 => Just(Edit::Clear)].boxed()
            }
        }
        Merge::Counter => (-1_000..1_000_i64).prop_map(Edit::Add).boxed(),
        Merge::Set => (elements(field), elements(field))
            .prop_map(|(add, remove)| Edit::Elements { add, remove })
            .boxed(),
        Merge::Map => (entries(field), vec(text(40), 0..2))
            .prop_map(|(put, remove)| {
                let removed = remove.into_iter().filter(|key| !key.is_empty()).map(|key| (key, None));
                Edit::Entries(
                    removed
                        .chain(put.into_iter().map(|(key, value)| (key, Some(value))))
                        .collect(),
                )
            })
            .boxed(),
        Merge::Log => elements(field).prop_map(Edit::Append).boxed(),
    }
}

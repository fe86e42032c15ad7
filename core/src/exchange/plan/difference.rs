//! What a row would change in a record that is there.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Change;
use crate::domain::Deal;
use crate::domain::deal::StageMove;
use crate::schema::check::check;
use crate::schema::entity::typed;
use crate::schema::{Edit, Field, Kind, Merge, Patch, Violation};

/// What a row says of a record.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Wanted {
    /// Fields as the row has them; blank cells are not here.
    pub(super) fields: Map<String, Value>,
    /// The stage that a deal is to be in.
    pub(super) stage: Option<StageMove>,
}

/// The change of each field in which `present` does not have what the row says.
pub(super) fn differences(kind: &Kind, present: &Map<String, Value>, wanted: &Wanted) -> Vec<(Change, String, Edit)> {
    let mut found = Vec::new();
    for (name, value) in &wanted.fields {
        // What decides where a record hangs was decided when it was made.
        let Some(field) = kind.field(name).filter(|field| !kind.is_fixed(field)) else {
            continue;
        };
        let before = present.get(name).filter(|value| !value.is_null());
        if let Some(edit) = edit(field, before, value) {
            let from = before.cloned().unwrap_or(Value::Null);
            let to = match &edit {
                Edit::Set(value) => value.clone(),
                Edit::Elements { add, .. } => Value::Array(add.clone()),
                Edit::Entries(entries) => serde_json::to_value(entries).unwrap_or_default(),
                _ => Value::Null,
            };
            found.push((
                Change {
                    field: name.clone(),
                    from,
                    to,
                },
                name.clone(),
                edit,
            ));
        }
    }
    if let Some(step) = &wanted.stage {
        let stage = typed::<Deal>(present).stage();
        if stage.as_ref() != Some(&step.stage) {
            let change = Change {
                field: "stage".to_owned(),
                from: stage.map_or(Value::Null, Value::String),
                to: Value::String(step.stage.clone()),
            };
            found.push((change, "moves".to_owned(), Edit::Append(vec![json(step)])));
        }
    }
    found
}

/// The patch that makes a new record of what the row says, or what is wrong with the record.
pub(super) fn creation(kind: &Kind, wanted: &Wanted) -> Result<Patch, Vec<Violation>> {
    let whole = whole(wanted);
    let found = check(kind, &whole);
    if found.is_empty() {
        Patch::creating(kind, &whole)
    } else {
        Err(found)
    }
}

/// What would be wrong with the changed fields of a record afterwards. What is wrong with others is not this row's.
pub(super) fn flaws(kind: &Kind, present: &Map<String, Value>, wanted: &Wanted, patch: &Patch) -> Vec<Violation> {
    let mut after = present.clone();
    for (name, edit) in &patch.fields {
        match (edit, after.get_mut(name)) {
            (Edit::Set(value), _) => drop(after.insert(name.clone(), value.clone())),
            (Edit::Elements { add, .. }, Some(Value::Array(known))) => known.extend(add.iter().cloned()),
            (Edit::Entries(entries), Some(Value::Object(known))) => {
                known.extend(
                    entries
                        .iter()
                        .filter_map(|(key, value)| Some((key.clone(), value.clone()?))),
                );
            }
            _ => drop(
                wanted
                    .fields
                    .get(name)
                    .map(|value| after.insert(name.clone(), value.clone())),
            ),
        }
    }
    if let Some(step) = wanted.stage.as_ref().filter(|_| patch.fields.contains_key("moves")) {
        after.insert("moves".to_owned(), Value::Array(vec![json(step)]));
    }
    let mut found = check(kind, &after);
    found.retain(|violation| patch.fields.contains_key(&violation.field) || violation.field == "lost_reason");
    found
}

fn whole(wanted: &Wanted) -> Map<String, Value> {
    let mut fields = wanted.fields.clone();
    if let Some(step) = &wanted.stage {
        fields.insert("moves".to_owned(), Value::Array(vec![json(step)]));
    }
    fields
}

fn json(step: &StageMove) -> Value {
    serde_json::to_value(step).unwrap_or_default()
}

fn edit(field: &Field, before: Option<&Value>, wanted: &Value) -> Option<Edit> {
    match field.merge {
        Merge::Set => {
            let has = |one: &Value| {
                before
                    .and_then(Value::as_array)
                    .is_some_and(|known| known.contains(one))
            };
            let add: Vec<Value> = wanted.as_array()?.iter().filter(|one| !has(one)).cloned().collect();
            (!add.is_empty()).then(|| Edit::Elements {
                add,
                remove: Vec::new(),
            })
        }
        Merge::Map => {
            // An entry without a value only says that the key is there.
            let differs = |(key, value): &(&String, &Value)| {
                let known = before.and_then(|map| map.get(*key));
                if value.as_str() == Some("") {
                    known.is_none()
                } else {
                    known != Some(*value)
                }
            };
            let put: BTreeMap<String, Option<Value>> = wanted
                .as_object()?
                .iter()
                .filter(differs)
                .map(|(key, value)| (key.clone(), Some(value.clone())))
                .collect();
            (!put.is_empty()).then_some(Edit::Entries(put))
        }
        Merge::Register | Merge::Text => {
            let wanted = before.map_or_else(|| wanted.clone(), |before| overlaid(before, wanted));
            (!before.is_some_and(|before| same(before, &wanted))).then_some(Edit::Set(wanted))
        }
        Merge::Counter | Merge::Log => None,
    }
}

/// A value of several parts (a place) keeps the parts that the row does not have: a position taken at the door is not
/// lost to a list of addresses.
fn overlaid(before: &Value, wanted: &Value) -> Value {
    match (before, wanted) {
        (Value::Object(before), Value::Object(wanted)) => {
            let mut parts = before.clone();
            for (name, part) in wanted {
                let part = parts
                    .get(name)
                    .map_or_else(|| part.clone(), |known| overlaid(known, part));
                parts.insert(name.clone(), part);
            }
            Value::Object(parts)
        }
        _ => wanted.clone(),
    }
}

/// Whether two values say the same: spaces round a text and parts without a value do not count.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::String(a), Value::String(b)) => a.trim() == b.trim(),
        (Value::Object(a), Value::Object(b)) => {
            let covers = |a: &Map<String, Value>, b: &Map<String, Value>| {
                a.iter()
                    .all(|(name, part)| part.is_null() || b.get(name).is_some_and(|other| same(part, other)))
            };
            covers(a, b) && covers(b, a)
        }
        _ => a == b,
    }
}

//! What an edit names: only what changes. Saving a whole struct that a screen loaded before a sync would revert the
//! other person's edit.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::check::{Violation, ViolationCode, is_blank};
use super::field::{Field, Merge};
use super::kind::Kind;

/// The change of one field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edit {
    /// Register or text: the new value.
    Set(Value),
    /// Register or text: no value any more.
    Clear,
    /// Counter: the increment.
    Add(i64),
    /// Set: elements to add and to remove.
    Elements {
        /// Elements that are in the set afterwards, even if another device removes them meanwhile.
        add: Vec<Value>,
        /// Elements to take out as far as this device has seen them.
        remove: Vec<Value>,
    },
    /// Map: entries to put (a value) or to remove (`None`).
    Entries(BTreeMap<String, Option<Value>>),
    /// Log: events to append. Their stamps are written by the document.
    Append(Vec<Value>),
}

/// An edit of a record, field by field.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Patch {
    /// The changed fields; a field that is not here stays as it is.
    pub fields: BTreeMap<String, Edit>,
}

impl Patch {
    /// Largest patch, in bytes of its edits' JSON: half of what a change may have.
    pub const MOST_BYTES: usize = 512 << 10;

    /// Whether it changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Adds a change; for the generated typed patches.
    pub fn push(&mut self, field: &str, edit: Edit) {
        self.fields.insert(field.to_owned(), edit);
    }

    /// Reads the JSON form of a patch: a register or a text takes its new value or `null`; a counter `{"add": 2}`; a
    /// set `{"add": […], "remove": […]}`; a map its entries, `null` removing one; a log `{"append": […]}`.
    ///
    /// # Errors
    /// Every violation at once: unknown fields, operations a field does not have.
    pub fn from_json(kind: &Kind, json: &Map<String, Value>) -> Result<Self, Vec<Violation>> {
        let mut patch = Self::default();
        let mut found = Vec::new();
        for (name, value) in json {
            let Some(field) = kind.field(name) else {
                found.push(Violation::new(name, ViolationCode::UnknownField));
                continue;
            };
            match edit_from_json(field, value) {
                Some(edit) => patch.push(name, edit),
                None => found.push(Violation::new(name, ViolationCode::WrongOperation)),
            }
        }
        if found.is_empty() { Ok(patch) } else { Err(found) }
    }

    /// The JSON form that [`Patch::from_json`] reads.
    #[must_use]
    pub fn to_json(&self) -> Map<String, Value> {
        self.fields
            .iter()
            .map(|(name, edit)| {
                let value = match edit {
                    Edit::Set(value) => value.clone(),
                    Edit::Clear => Value::Null,
                    Edit::Add(amount) => json!({ "add": amount }),
                    Edit::Elements { add, remove } => json!({ "add": add, "remove": remove }),
                    Edit::Entries(entries) => json!(entries),
                    Edit::Append(events) => json!({ "append": events }),
                };
                (name.clone(), value)
            })
            .collect()
    }

    /// The patch that makes a new record out of plain values (the JSON form of a whole record): sets, maps and logs are
    /// given whole.
    ///
    /// # Errors
    /// Unknown fields, values that a field cannot hold.
    pub fn creating(kind: &Kind, values: &Map<String, Value>) -> Result<Self, Vec<Violation>> {
        let mut patch = Self::default();
        let mut found = Vec::new();
        for (name, value) in values {
            let Some(field) = kind.field(name) else {
                found.push(Violation::new(name, ViolationCode::UnknownField));
                continue;
            };
            if value.is_null() {
                continue;
            }
            let edit = match (field.merge, value) {
                (Merge::Register | Merge::Text, _) => Some(Edit::Set(value.clone())),
                (Merge::Counter, Value::Number(amount)) => amount.as_i64().map(Edit::Add),
                (Merge::Set, Value::Array(items)) => Some(Edit::Elements {
                    add: items.clone(),
                    remove: Vec::new(),
                }),
                (Merge::Log, Value::Array(items)) => Some(Edit::Append(items.clone())),
                (Merge::Map, Value::Object(entries)) => Some(Edit::Entries(
                    entries
                        .iter()
                        .map(|(key, value)| (key.clone(), Some(value.clone())))
                        .collect(),
                )),
                _ => None,
            };
            match edit {
                Some(edit) => patch.push(name, edit),
                None => found.push(Violation::new(name, ViolationCode::Malformed)),
            }
        }
        if found.is_empty() { Ok(patch) } else { Err(found) }
    }

    /// Checks the edit by itself: every field known, every operation one that the field has, every value well formed,
    /// and nothing changed that is fixed once the record exists.
    #[must_use]
    pub fn check(&self, kind: &Kind, exists: bool) -> Vec<Violation> {
        let mut found = Vec::new();
        for (name, edit) in &self.fields {
            let Some(field) = kind.field(name) else {
                found.push(Violation::new(name, ViolationCode::UnknownField));
                continue;
            };
            if exists && kind.is_fixed(field) {
                found.push(Violation::new(name, ViolationCode::Fixed));
            } else if let Some(code) = wrong(field, edit) {
                found.push(Violation::new(name, code));
            }
        }
        found.extend(self.too_long());
        found
    }

    /// What a patch writes must fit one change with room to spare: what does not could never be handed in.
    fn too_long(&self) -> Option<Violation> {
        let sizes = self.fields.iter().map(|(name, edit)| {
            let length = serde_json::to_string(edit).map_or(usize::MAX, |json| json.len());
            (length, name)
        });
        let whole = sizes
            .clone()
            .fold(0_usize, |sum, (length, _)| sum.saturating_add(length));
        let (_, longest) = sizes.max()?;
        let most = i64::try_from(Self::MOST_BYTES).unwrap_or(i64::MAX);
        (whole > Self::MOST_BYTES).then(|| Violation::with_limit(longest, ViolationCode::TooLong, most))
    }
}

fn wrong(field: &Field, edit: &Edit) -> Option<ViolationCode> {
    let malformed = |fits: bool| if fits { None } else { Some(ViolationCode::Malformed) };
    match (field.merge, edit) {
        (Merge::Register | Merge::Text, Edit::Set(value)) => malformed(field.ty.accepts(value)),
        (Merge::Register | Merge::Text, Edit::Clear) => field.required.then_some(ViolationCode::Required),
        (Merge::Counter, Edit::Add(_)) => None,
        (Merge::Set, Edit::Elements { add, remove }) => malformed(
            add.iter().all(|one| field.ty.accepts(one) && !is_blank(one))
                && remove.iter().all(|one| field.ty.accepts(one)),
        ),
        (Merge::Map, Edit::Entries(entries)) => malformed(
            entries
                .iter()
                .all(|(key, value)| !key.is_empty() && value.as_ref().is_none_or(|value| field.ty.accepts(value))),
        ),
        (Merge::Log, Edit::Append(events)) => malformed(events.iter().all(Value::is_object)),
        _ => Some(ViolationCode::WrongOperation),
    }
}

fn edit_from_json(field: &Field, value: &Value) -> Option<Edit> {
    let list = |name: &str| match value.get(name) {
        None => Some(Vec::new()),
        Some(Value::Array(items)) => Some(items.clone()),
        Some(_) => None,
    };
    let only = |names: &[&str]| {
        value
            .as_object()
            .is_some_and(|map| map.keys().all(|key| names.contains(&key.as_str())))
    };
    match field.merge {
        Merge::Register | Merge::Text if value.is_null() => Some(Edit::Clear),
        Merge::Register | Merge::Text => Some(Edit::Set(value.clone())),
        Merge::Counter if only(&["add"]) => value.get("add").and_then(Value::as_i64).map(Edit::Add),
        Merge::Set if only(&["add", "remove"]) => Some(Edit::Elements {
            add: list("add")?,
            remove: list("remove")?,
        }),
        Merge::Log if only(&["append"]) => list("append").map(Edit::Append),
        Merge::Map => value.as_object().map(|entries| {
            let one =
                |(key, value): (&String, &Value)| (key.clone(), Some(value.clone()).filter(|value| !value.is_null()));
            Edit::Entries(entries.iter().map(one).collect())
        }),
        Merge::Counter | Merge::Set | Merge::Log => None,
    }
}

/// Names the typed patch of a kind; for the macro.
pub trait Patched {
    /// The typed patch.
    type Patch: Into<Patch> + Default;
}

/// A typed value as JSON; for the generated patches.
#[must_use]
pub fn value<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap_or(Value::Null)
}

/// Typed values as JSON; for the generated patches.
#[must_use]
pub fn values<T: Serialize>(items: &[T]) -> Vec<Value> {
    items.iter().map(value).collect()
}

#[cfg(test)]
mod tests;

//! Checks of a local edit, from the table of fields. Only local edits are refused: a merged state is shown with its
//! violations.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::field::{Field, Merge};
use super::kind::Kind;
use super::shape::Type;

/// One thing wrong with a record or an edit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Violation {
    /// The field; empty where it is about the record as a whole.
    pub field: String,
    /// What is wrong.
    pub code: ViolationCode,
    /// The limit that was passed, or the like. Never a customer's data.
    pub limit: Option<i64>,
}

/// What can be wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum ViolationCode {
    /// Required and blank.
    Required,
    /// Longer than allowed, or too many elements.
    TooLong,
    /// Below the smallest value.
    TooSmall,
    /// Above the largest value.
    TooLarge,
    /// Not of the field's type or form.
    Malformed,
    /// A code that is not in the list.
    UnknownChoice,
    /// No field of that name.
    UnknownField,
    /// Fixed when the record was made.
    Fixed,
    /// An operation that the field's merge rule does not have.
    WrongOperation,
    /// Parts do not add up.
    Inconsistent,
    /// The step is not allowed from the present state.
    NotAllowed,
}

impl Violation {
    /// A violation of `field` without a limit.
    #[must_use]
    pub fn new(field: &str, code: ViolationCode) -> Self {
        Self {
            field: field.to_owned(),
            code,
            limit: None,
        }
    }

    /// A violation of `field` that names the limit.
    #[must_use]
    pub fn with_limit(field: &str, code: ViolationCode, limit: i64) -> Self {
        Self {
            field: field.to_owned(),
            code,
            limit: Some(limit),
        }
    }
}

/// Checks a whole record: every field by its table entry, then the kind's own check.
#[must_use]
pub fn check(kind: &Kind, fields: &Map<String, Value>) -> Vec<Violation> {
    let mut found: Vec<Violation> = kind
        .fields
        .iter()
        .flat_map(|field| check_field(field, fields.get(field.name)))
        .collect();
    if found.is_empty() {
        found.extend((kind.check)(fields));
    }
    found
}

/// Checks one field's value.
fn check_field(field: &Field, value: Option<&Value>) -> Vec<Violation> {
    let Some(value) = value.filter(|value| !is_blank(value)) else {
        return if field.required {
            vec![Violation::new(field.name, ViolationCode::Required)]
        } else {
            Vec::new()
        };
    };
    let mut found = Vec::new();
    match (field.merge, value) {
        (Merge::Set | Merge::Log, Value::Array(items)) => {
            check_length(field, items.len(), &mut found);
            for item in items {
                check_value(field, &field.ty, item, &mut found);
            }
        }
        (Merge::Map, Value::Object(entries)) => {
            check_length(field, entries.len(), &mut found);
            for entry in entries.values() {
                check_value(field, &field.ty, entry, &mut found);
            }
        }
        (Merge::Set | Merge::Log | Merge::Map, _) => {
            found.push(Violation::new(field.name, ViolationCode::Malformed));
        }
        (Merge::Register | Merge::Text | Merge::Counter, _) => check_value(field, &field.ty, value, &mut found),
    }
    // A hundred bad elements are one thing to say.
    found.dedup();
    found
}

fn check_value(field: &Field, ty: &Type, value: &Value, found: &mut Vec<Violation>) {
    if !ty.accepts(value) {
        found.push(Violation::new(field.name, ViolationCode::Malformed));
        return;
    }
    check_parts(field, ty, value, found);
    // In a container the length is the number of its elements.
    if matches!(field.merge, Merge::Register | Merge::Text) {
        match (ty, value) {
            (Type::Text, Value::String(text)) => check_length(field, text.chars().count(), found),
            (Type::List(_), Value::Array(items)) => check_length(field, items.len(), found),
            _ => {}
        }
    }
    // The amount of a money value stands in its first part by convention of `value::Money`.
    let number = value.as_i64().or_else(|| value.get("minor").and_then(Value::as_i64));
    if let Some(number) = number {
        if let Some(min) = field.min.filter(|min| number < *min) {
            found.push(Violation::with_limit(field.name, ViolationCode::TooSmall, min));
        }
        if let Some(max) = field.max.filter(|max| number > *max) {
            found.push(Violation::with_limit(field.name, ViolationCode::TooLarge, max));
        }
    }
}

/// A local edit may not write a code that the list lacks, nor a value that makes no sense, however deep it stands.
fn check_parts(field: &Field, ty: &Type, value: &Value, found: &mut Vec<Violation>) {
    match ty {
        Type::Choice(codes) => {
            let listed = value.as_str().is_some_and(|code| codes.contains(&code));
            if !listed {
                found.push(Violation::new(field.name, ViolationCode::UnknownChoice));
            }
        }
        Type::List(item) => {
            for one in value.as_array().into_iter().flatten() {
                check_parts(field, item, one, found);
            }
        }
        Type::Object(shape) => {
            if !(shape.sound)(value) {
                found.push(Violation::new(field.name, ViolationCode::Malformed));
            }
            for member in shape.members {
                if let Some(part) = value.get(member.name).filter(|part| !part.is_null()) {
                    check_parts(field, &member.ty, part, found);
                }
            }
        }
        _ => {}
    }
}

fn check_length(field: &Field, length: usize, found: &mut Vec<Violation>) {
    if let Some(max) = field.max_len.filter(|max| length > *max as usize) {
        found.push(Violation::with_limit(
            field.name,
            ViolationCode::TooLong,
            i64::from(max),
        ));
    }
}

/// Whether a value counts as not given.
#[must_use]
pub fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(parts) => parts.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests;

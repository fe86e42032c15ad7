//! The typed face of a kind.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::check::Violation;
use super::field::{Field, Merge};
use super::kind::Kind;
use super::patch::Patch;
use super::shape::FieldValue;

/// A struct that is a kind of record. Implemented by `#[entity]`.
pub trait Entity: Serialize + DeserializeOwned + Default + Clone + Send + Sync + 'static {
    /// The typed id.
    type Id: Copy + Eq + std::fmt::Debug + Send + Sync + Into<crate::ids::DocumentId> + From<crate::ids::DocumentId>;
    /// The typed patch.
    type Patch: Into<Patch> + Default;
    /// The kind, as data.
    const KIND: &'static Kind;
}

/// What a record has to say beyond its table. Every method has a default: a kind implements it to add a check.
pub trait Record {
    /// Checks what no single field can tell.
    fn check(&self) -> Vec<Violation> {
        Vec::new()
    }
}

/// Reads a typed record from plain values. Values and elements that are not of their field's type (a newer app's, or
/// hostile) are left out, so that one bad field never hides a record and one bad event never hides a log.
#[must_use]
pub fn typed<T: Entity>(fields: &Map<String, Value>) -> T {
    let known = || {
        fields
            .iter()
            .filter_map(|(name, value)| Some((name, fitting(T::KIND.field(name)?, value)?)))
    };
    let whole: Map<String, Value> = known().map(|(name, value)| (name.clone(), value)).collect();
    serde_json::from_value(Value::Object(whole)).unwrap_or_else(|_| {
        // The table lets something through that the struct does not take, as a part nested deeper than the table looks.
        // Each is tried by itself then.
        let parts = known().filter_map(|(name, value)| Some((name.clone(), readable::<T>(name, value)?)));
        serde_json::from_value(Value::Object(parts.collect())).unwrap_or_default()
    })
}

/// What of a value is of its field's type; nothing where none of it is.
fn fitting(field: &Field, value: &Value) -> Option<Value> {
    let fits = |one: &&Value| field.ty.accepts(one);
    match (field.merge, value) {
        (Merge::Set | Merge::Log, Value::Array(items)) => Some(items.iter().filter(fits).cloned().collect()),
        (Merge::Map, Value::Object(entries)) => {
            let good = entries.iter().filter(|(_, one)| fits(one));
            Some(Value::Object(
                good.map(|(key, one)| (key.clone(), one.clone())).collect(),
            ))
        }
        (Merge::Set | Merge::Log | Merge::Map, _) => None,
        (Merge::Register | Merge::Text | Merge::Counter, one) => fits(&one).then(|| one.clone()),
    }
}

/// What of a value the struct takes for the field of that name.
fn readable<T: Entity>(name: &str, value: Value) -> Option<Value> {
    let reads = |value: &Value| T::deserialize(json!({ name: value })).is_ok();
    match value {
        value if reads(&value) => Some(value),
        Value::Array(items) => Some(items.into_iter().filter(|one| reads(&json!([one]))).collect()),
        Value::Object(entries) => {
            let good: Map<String, Value> = entries
                .into_iter()
                .filter(|(key, one)| reads(&json!({ key: one })))
                .collect();
            Some(Value::Object(good)).filter(reads)
        }
        _ => None,
    }
}

/// One derived value as JSON; for the macro.
#[must_use]
pub fn derived_value<T: FieldValue + Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap_or(Value::Null)
}

#[cfg(test)]
mod tests;

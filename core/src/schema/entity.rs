//! The typed face of a kind.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::check::Violation;
use super::kind::Kind;
use super::patch::Patch;
use super::shape::FieldValue;

/// A struct that is a kind of record. Implemented by `#[entity]`.
pub trait Entity: Serialize + DeserializeOwned + Default + Clone + Send + Sync + 'static {
    /// The typed id.
    type Id: Copy + Into<crate::ids::DocumentId> + From<crate::ids::DocumentId>;
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

/// Reads a typed record from plain values. Values that are not of their field's type (a newer app's, or hostile) are
/// left out, so one bad field never hides a record.
#[must_use]
pub fn typed<T: Entity>(fields: &Map<String, Value>) -> T {
    let fits = |name: &str, value: &Value| match T::KIND.field(name) {
        Some(field) => match field.merge {
            super::Merge::Set | super::Merge::Log => value
                .as_array()
                .is_some_and(|items| items.iter().all(|one| field.ty.accepts(one))),
            super::Merge::Map => value
                .as_object()
                .is_some_and(|map| map.values().all(|one| field.ty.accepts(one))),
            _ => field.ty.accepts(value),
        },
        None => false,
    };
    let known: Map<String, Value> = fields
        .iter()
        .filter(|(name, value)| fits(name, value))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    serde_json::from_value(Value::Object(known)).unwrap_or_default()
}

/// One derived value as JSON; for the macro.
#[must_use]
pub fn derived_value<T: FieldValue + Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap_or(Value::Null)
}

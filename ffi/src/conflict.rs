//! Where people wrote apart, and what was written when.

use satchel_core::document;
use satchel_core::ids::MemberId;
use satchel_core::schema::Kind;

use crate::entry::{Touch, instant};
use crate::{Value, Version};

/// A field where values written apart stand beside each other.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Conflict {
    /// The field, or `field/key` in a map.
    pub field: String,
    /// The values, the one that is shown first.
    pub siblings: Vec<Sibling>,
}

/// One of several values written apart.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Sibling {
    /// The value.
    pub value: Value,
    /// Who wrote it and when.
    pub written: Touch,
}

/// One change of a record.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct HistoryEntry {
    /// The record as its author saw it after writing: what `at_version` takes.
    pub version: Version,
    /// The version on which it was written.
    pub parents: Version,
    /// Who wrote it and when.
    pub written: Touch,
    /// The fields it changed; none for an archiving.
    pub fields: Vec<FieldChange>,
}

/// What a change did to a field, as its author saw it.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct FieldChange {
    /// The field.
    pub field: String,
    /// Its value before.
    pub before: Value,
    /// Its value after.
    pub after: Value,
}

fn written(by: Option<MemberId>, at_ms: i64) -> Touch {
    Touch { by, at: instant(at_ms) }
}

impl Conflict {
    pub(crate) fn of(conflict: document::Conflict, kind: Option<&Kind>) -> Self {
        let name = conflict.field.split('/').next().unwrap_or_default();
        let ty = kind.and_then(|kind| kind.field(name)).map(|field| field.ty);
        let sibling = |sibling: document::Sibling| Sibling {
            value: Value::of(ty, &sibling.value),
            written: written(sibling.by, sibling.at_ms),
        };
        Self {
            siblings: conflict.siblings.into_iter().map(sibling).collect(),
            field: conflict.field,
        }
    }
}

impl From<document::HistoryEntry> for HistoryEntry {
    fn from(entry: document::HistoryEntry) -> Self {
        let value = |value: Option<serde_json::Value>| value.map_or(Value::Nothing, |value| Value::of(None, &value));
        let change = |change: document::FieldChange| FieldChange {
            field: change.field,
            before: value(change.before),
            after: value(change.after),
        };
        Self {
            version: satchel_core::ids::Heads::new(vec![entry.hash]).into(),
            parents: entry.parents.into(),
            written: written(entry.by, entry.at_ms),
            fields: entry.fields.into_iter().map(change).collect(),
        }
    }
}

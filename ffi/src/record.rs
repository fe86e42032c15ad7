//! A record and a patch of any kind, made from the core's list of kinds.

use satchel_core::domain;
use satchel_core::schema::entity::typed;
use satchel_core::schema::{Entity, Kind, Patch, Violation, ViolationCode, check};
use serde_json::{Map, Value};

use crate::SatchelError;

/// Makes the two enums over all kinds, and how to see through them.
macro_rules! any_kind {
    ($($module:ident: $entity:ident, $patch:ident, $id:ident;)*) => {
        /// A record of any kind, as lists over several kinds give them.
        #[derive(Debug, Clone, PartialEq, uniffi::Enum)]
        pub enum AnyRecord {
            $(
                /// A record of this kind.
                $entity {
                    /// The record.
                    record: domain::$entity,
                },
            )*
        }

        /// A patch of a record of any kind.
        #[derive(Debug, Clone, PartialEq, uniffi::Enum)]
        pub enum AnyPatch {
            $(
                /// A patch of a record of this kind.
                $entity {
                    /// The patch.
                    patch: domain::$patch,
                },
            )*
        }

        impl AnyRecord {
            /// The kind, and the record as plain values.
            fn plain(&self) -> (&'static Kind, Map<String, Value>) {
                match self {
                    $(Self::$entity { record } => (domain::$entity::KIND, object(serde_json::to_value(record))),)*
                }
            }

            /// The typed record of a kind; absent where the kind is not in the list.
            pub(crate) fn read(kind: &Kind, fields: &Map<String, Value>) -> Option<Self> {
                $(
                    if kind.name == domain::$entity::KIND.name {
                        return Some(Self::$entity { record: typed(fields) });
                    }
                )*
                None
            }
        }

        impl AnyPatch {
            /// The kind, and the patch as data.
            pub(crate) fn plain(self) -> (&'static Kind, Patch) {
                match self {
                    $(Self::$entity { patch } => (domain::$entity::KIND, patch.into()),)*
                }
            }
        }
    };
}

satchel_core::for_each_kind!(any_kind);

fn object(value: serde_json::Result<Value>) -> Map<String, Value> {
    match value {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

/// What is wrong with a record that a form is about to make: every field and the kind's own check. Nothing where it may
/// be saved.
#[uniffi::export]
pub fn check_record(record: &AnyRecord) -> Vec<Violation> {
    let (kind, fields) = record.plain();
    check::check(kind, &fields)
}

/// What is wrong with an edit by itself; `exists` says whether the record is there already. What the record as a whole
/// would violate shows when it is saved.
#[uniffi::export]
pub fn check_patch(patch: AnyPatch, exists: bool) -> Vec<Violation> {
    let (kind, patch) = patch.plain();
    patch.check(kind, exists)
}

/// A record as JSON, as the relay's REST API writes it.
#[uniffi::export]
pub fn record_to_json(record: &AnyRecord) -> String {
    Value::Object(record.plain().1).to_string()
}

/// The edit as JSON, as the relay's REST API reads it: only what the patch names.
#[uniffi::export]
pub fn patch_to_json(patch: AnyPatch) -> String {
    Value::Object(patch.plain().1.to_json()).to_string()
}

/// A record of the kind of that name from JSON.
///
/// # Errors
/// [`SatchelError::Invalid`] where the kind is not known, the text is no JSON object, or the record has violations.
#[uniffi::export]
pub fn record_from_json(kind: &str, json: &str) -> Result<AnyRecord, SatchelError> {
    let invalid = |field: &str, code| SatchelError::Invalid {
        violations: vec![Violation::new(field, code)],
    };
    let kind = domain::kind(kind).ok_or_else(|| invalid("kind", ViolationCode::UnknownChoice))?;
    let fields: Map<String, Value> = serde_json::from_str(json).map_err(|_| invalid("", ViolationCode::Malformed))?;
    let mut violations = Patch::creating(kind, &fields).err().unwrap_or_default();
    violations.extend(check::check(kind, &fields));
    if !violations.is_empty() {
        return Err(SatchelError::Invalid { violations });
    }
    AnyRecord::read(kind, &fields).ok_or_else(|| invalid("kind", ViolationCode::UnknownChoice))
}

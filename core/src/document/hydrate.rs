//! Reading a document as plain values, and as a projection.

use automerge::iter::MapRangeItem;
use automerge::{ObjId, ObjType, ROOT, ReadDoc, ScalarValue, ScalarValueRef, ValueRef};
use serde_json::{Map, Value};

use super::edit::{CREATED_KEY, read_message};
use super::{Document, Error, from_automerge, to_automerge};
use crate::ids::Heads;
use crate::projection::{Row, Touch};
use crate::schema::{Field, Merge, Violation, ViolationCode, check};

/// What hydrating found.
#[derive(Default)]
struct Hydrated {
    fields: Map<String, Value>,
    /// Fields (or `field/key`) with more than one value.
    crowded: Vec<String>,
    /// Known fields with values that are not of their type; the values are left out.
    malformed: Vec<String>,
}

impl Document {
    /// Every field as plain values, those that this version does not know too.
    #[must_use]
    pub fn fields(&self) -> Map<String, Value> {
        self.hydrate(None).fields
    }

    /// Every field as it was at a version.
    ///
    /// # Errors
    /// [`Error::UnknownVersion`] where the document has no such version.
    pub fn fields_at(&mut self, heads: &Heads) -> Result<Map<String, Value>, Error> {
        if !self.contains(heads) {
            return Err(Error::UnknownVersion);
        }
        Ok(self.hydrate(Some(&to_automerge(heads))).fields)
    }

    /// The record as plain values with everything that is read beside them.
    pub fn project(&mut self) -> Row {
        let heads = self.doc.get_heads();
        let Hydrated {
            fields,
            crowded,
            malformed,
        } = self.hydrate(None);
        let conflicts = crowded
            .into_iter()
            .filter(|path| self.siblings(path).len() > 1)
            .collect();
        let mut violations = check::check(self.kind, &fields);
        violations.extend(
            malformed
                .iter()
                .map(|name| Violation::new(name, ViolationCode::Malformed)),
        );
        let archive = self.archive_state();
        let created = self.created();
        // The change itself and not what is noted about it: making it again from the document is where some crafted ones
        // fail, and they must fail here, behind the shadow.
        let written = heads
            .iter()
            .filter_map(|hash| ReadDoc::get_change_by_hash(&self.doc, hash));
        let touches = written.map(|change| Touch {
            by: read_message(change.message()).0,
            at_ms: change.timestamp(),
        });
        let updated = touches.max_by_key(|touch| (touch.at_ms, touch.by)).unwrap_or_default();
        Row {
            schema: self.kind.schema,
            heads: from_automerge(&heads),
            derived: (self.kind.derive)(&fields),
            fields,
            conflicts,
            violations,
            archived: archive.archived,
            edited_after_archive: archive.edited_after,
            created: created.unwrap_or(updated),
            updated,
        }
    }

    fn created(&self) -> Option<Touch> {
        let (value, _) = self.doc.get(ROOT, CREATED_KEY).ok()??;
        serde_json::from_value(decode_scalar(value.as_scalar()?)).ok()
    }

    fn hydrate(&self, at: Option<&[automerge::ChangeHash]>) -> Hydrated {
        let mut found = Hydrated::default();
        for item in self.range(&ROOT, at) {
            if item.key.starts_with('_') {
                continue;
            }
            let name = item.key.to_string();
            let field = self.kind.field(&name);
            let id = item.id();
            let value = match item.value {
                ValueRef::Object(ObjType::Text) => Some(Value::String(self.text(&id, at))),
                ValueRef::Object(_) => Some(self.hydrate_container(&name, field, &id, at, &mut found)),
                ValueRef::Scalar(scalar) => {
                    if item.conflict {
                        found.crowded.push(name.clone());
                    }
                    Some(decode_scalar_ref(&scalar)).filter(|value| !value.is_null())
                }
            };
            let Some(value) = value else { continue };
            let fits = field.is_none_or(|field| match field.merge {
                Merge::Set | Merge::Log => value.is_array(),
                Merge::Map => value.is_object(),
                _ => field.ty.accepts(&value),
            });
            if fits {
                found.fields.insert(name, value);
            } else {
                found.malformed.push(name);
            }
        }
        found
    }

    fn hydrate_container(
        &self,
        name: &str,
        field: Option<&'static Field>,
        id: &ObjId,
        at: Option<&[automerge::ChangeHash]>,
        found: &mut Hydrated,
    ) -> Value {
        let entries = self.range(id, at).filter_map(|item| match item.value {
            ValueRef::Scalar(ref scalar) => Some((item.key.to_string(), decode_scalar_ref(scalar), item.conflict)),
            ValueRef::Object(_) => None,
        });
        let mut malformed = false;
        let value = match field.map(|field| (field.merge, field.ty)) {
            Some((Merge::Set, ty)) => {
                let elements = entries.map(|(key, _, _)| read_element(&key, ty.is_composite()));
                Value::Array(keep(elements, |one| ty.accepts(one), &mut malformed))
            }
            Some((Merge::Log, ty)) => {
                // The key is the event's id; an event that calls itself something else is not what was appended.
                let honest = |(key, event, _): (String, Value, bool)| {
                    let same = event
                        .get("stamp")
                        .and_then(|stamp| stamp.get("id"))
                        .and_then(Value::as_str)
                        == Some(&key);
                    if same { event } else { Value::Null }
                };
                Value::Array(keep(entries.map(honest), |one| ty.accepts(one), &mut malformed))
            }
            known => {
                let mut map = Map::new();
                for (key, value, crowded) in entries {
                    if known.is_some_and(|(_, ty)| !ty.accepts(&value)) {
                        malformed = true;
                        continue;
                    }
                    if crowded {
                        found.crowded.push(format!("{name}/{key}"));
                    }
                    map.insert(key, value);
                }
                Value::Object(map)
            }
        };
        if malformed {
            found.malformed.push(name.to_owned());
        }
        value
    }

    fn range(&self, object: &ObjId, at: Option<&[automerge::ChangeHash]>) -> impl Iterator<Item = MapRangeItem<'_>> {
        match at {
            Some(heads) => self.doc.map_range_at(object, .., heads),
            None => self.doc.map_range(object, ..),
        }
    }

    fn text(&self, object: &ObjId, at: Option<&[automerge::ChangeHash]>) -> String {
        match at {
            Some(heads) => self.doc.text_at(object, heads),
            None => self.doc.text(object),
        }
        .unwrap_or_default()
    }
}

fn keep(items: impl Iterator<Item = Value>, fits: impl Fn(&Value) -> bool, malformed: &mut bool) -> Vec<Value> {
    let (good, bad): (Vec<Value>, Vec<Value>) = items.partition(fits);
    *malformed |= !bad.is_empty();
    good
}

/// The key under which an element stands in a set: the text itself, or the JSON of a value of several parts.
pub(super) fn element_key(element: &Value) -> String {
    element.as_str().map_or_else(|| element.to_string(), str::to_owned)
}

fn read_element(key: &str, composite: bool) -> Value {
    if composite {
        read_json(key.as_bytes())
    } else {
        Value::String(key.to_owned())
    }
}

/// How deep a value of several parts may nest. A row puts some levels around it, and a reader of JSON stops at 128: a
/// value that just fits by itself would make a row that nobody can read.
const DEPTH: usize = 32;

/// The JSON of a value of several parts; null where it cannot be read or nests too deep.
fn read_json(bytes: &[u8]) -> Value {
    let value = serde_json::from_slice(bytes).unwrap_or(Value::Null);
    if is_shallow(&value, DEPTH) { value } else { Value::Null }
}

fn is_shallow(value: &Value, depth: usize) -> bool {
    match value {
        Value::Array(items) => depth > 0 && items.iter().all(|item| is_shallow(item, depth - 1)),
        Value::Object(parts) => depth > 0 && parts.values().all(|part| is_shallow(part, depth - 1)),
        _ => true,
    }
}

/// A scalar as a plain value. Bytes are the JSON of a value of several parts; what cannot be read is null.
pub(super) fn decode_scalar(scalar: &ScalarValue) -> Value {
    match scalar {
        ScalarValue::Bytes(bytes) => read_json(bytes),
        ScalarValue::Str(text) => Value::String(text.to_string()),
        ScalarValue::Int(number) | ScalarValue::Timestamp(number) => Value::from(*number),
        ScalarValue::Uint(number) => Value::from(*number),
        ScalarValue::F64(number) => Value::from(*number),
        ScalarValue::Counter(counter) => Value::from(i64::from(counter)),
        ScalarValue::Boolean(flag) => Value::Bool(*flag),
        ScalarValue::Unknown { .. } | ScalarValue::Null => Value::Null,
    }
}

/// [`decode_scalar`] of a borrowed scalar.
pub(super) fn decode_scalar_ref(scalar: &ScalarValueRef<'_>) -> Value {
    match scalar {
        ScalarValueRef::Bytes(bytes) => read_json(bytes),
        ScalarValueRef::Str(text) => Value::String(text.to_string()),
        ScalarValueRef::Int(number) | ScalarValueRef::Timestamp(number) | ScalarValueRef::Counter(number) => {
            Value::from(*number)
        }
        ScalarValueRef::Uint(number) => Value::from(*number),
        ScalarValueRef::F64(number) => Value::from(*number),
        ScalarValueRef::Boolean(flag) => Value::Bool(*flag),
        ScalarValueRef::Unknown { .. } | ScalarValueRef::Null => Value::Null,
    }
}

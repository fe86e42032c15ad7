//! Applying a patch at the version on which the form was opened.

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ObjId, ROOT, ReadDoc, ScalarValue, Value as AutomergeValue};
use chrono::DateTime;
use data_encoding::BASE64URL_NOPAD;
use serde_json::Value;

use super::hydrate::{decode_scalar, element_key};
use super::{Document, Error, to_automerge};
use crate::clock::{Entropy, random};
use crate::ids::{ActorId, EventId, Heads, MemberId};
use crate::schema::value::Stamp;
use crate::schema::{Edit, Field, Merge, Patch, Violation, ViolationCode, check};

/// Key of the root under which the first change tells who made the record.
pub(super) const CREATED_KEY: &str = "_created";

/// On whose behalf, with which actor and when a change is made.
#[derive(Clone, Copy)]
pub struct Author<'a> {
    /// The person.
    pub member: MemberId,
    /// The writing incarnation of the device.
    pub actor: ActorId,
    /// The device's clock, milliseconds since 1970.
    pub at_ms: i64,
    /// IANA name of the device's zone.
    pub zone: &'a str,
    /// Randomness for the ids of logged events.
    pub entropy: &'a dyn Entropy,
}

impl Author<'_> {
    /// The message inside the hashed bytes of a change: who, and what for where it is not a plain edit.
    pub(super) fn message(&self, purpose: Option<&str>) -> String {
        let mut text = BASE64URL_NOPAD.encode(self.member.as_bytes());
        if let Some(purpose) = purpose {
            text.push(' ');
            text.push_str(purpose);
        }
        text
    }

    pub(super) fn options(&self, purpose: Option<&str>) -> CommitOptions {
        CommitOptions::default()
            .with_message(self.message(purpose))
            .with_time(self.at_ms)
    }
}

/// Reads [`Author::message`]: the member and the purpose.
pub(super) fn read_message(message: Option<&str>) -> (Option<MemberId>, Option<&str>) {
    let Some(message) = message else { return (None, None) };
    let (member, purpose) = message
        .split_once(' ')
        .map_or((message, None), |(member, purpose)| (member, Some(purpose)));
    let bytes = BASE64URL_NOPAD.decode(member.as_bytes()).ok();
    (bytes.and_then(|bytes| MemberId::from_slice(&bytes).ok()), purpose)
}

impl Document {
    /// Applies a patch at the version `at` (the present one where `None`) and merges it: an edit of the same field by
    /// two people shows as a conflict with both values, never as a silent overwrite. Returns the raw changes made; none
    /// where the patch changes nothing.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every violation; the document is unchanged then. [`Error::UnknownVersion`] where `at` is
    /// not in this document.
    pub fn edit(&mut self, patch: &Patch, at: Option<&Heads>, author: &Author<'_>) -> Result<Vec<Vec<u8>>, Error> {
        let exists = !self.is_blank();
        let mut violations = patch.check(self.kind, exists);
        if violations.is_empty() {
            violations = self.check_outcome(patch, at)?;
        }
        if !violations.is_empty() {
            return Err(Error::Invalid(violations));
        }
        let touched = patch.fields.keys().filter_map(|name| self.kind.field(name));
        let step = touched
            .filter(|field| field.merge.is_seeded())
            .map(|field| field.since)
            .max()
            .unwrap_or(1);
        self.change(at, author, None, step, |document| {
            if !exists {
                document.put_created(author)?;
            }
            for (name, edit) in &patch.fields {
                if let Some(field) = document.kind.field(name) {
                    document.apply(field, edit, author)?;
                }
            }
            Ok(())
        })
    }

    /// Runs `write` as one change at a version and merges it. Where the device itself already has later changes,
    /// Automerge writes under an actor derived from the device's own.
    pub(super) fn change(
        &mut self,
        at: Option<&Heads>,
        author: &Author<'_>,
        purpose: Option<&str>,
        step: u32,
        write: impl FnOnce(&mut Self) -> Result<(), Error>,
    ) -> Result<Vec<Vec<u8>>, Error> {
        if self.is_newer() {
            return Err(Error::UnknownKind);
        }
        let before = self.heads();
        if let Some(at) = at
            && !self.contains(at)
        {
            return Err(Error::UnknownVersion);
        }
        self.plant_up_to(step)?;
        self.doc.set_actor(automerge::ActorId::from(author.actor.0));
        let planted = self.heads() != before;
        let isolated = at.filter(|at| **at != before && !planted);
        if let Some(at) = isolated {
            self.doc.isolate(&to_automerge(at));
        }
        let written = write(self);
        let committed = match written {
            Ok(()) if self.doc.pending_ops() > 0 => self.doc.commit_with(author.options(purpose)).is_some(),
            _ => {
                self.doc.rollback();
                false
            }
        };
        if isolated.is_some() {
            self.doc.integrate();
        }
        written?;
        if committed {
            Ok(self.changes_since(&before))
        } else {
            Ok(Vec::new())
        }
    }

    /// What the record would look like at `at` after the patch: only the fields that the patch touches may refuse it. A
    /// merged state that is already in violation elsewhere must stay editable.
    fn check_outcome(&mut self, patch: &Patch, at: Option<&Heads>) -> Result<Vec<Violation>, Error> {
        let present = match at {
            Some(at) => self.fields_at(at)?,
            None => self.fields(),
        };
        let mut after = present.clone();
        for (name, edit) in &patch.fields {
            let Some(field) = self.kind.field(name) else { continue };
            preview(field, edit, &mut after);
        }
        let found = check::check(self.kind, &after);
        if found.is_empty() {
            return Ok(found);
        }
        let before: Vec<Violation> = check::check(self.kind, &present);
        let exists = !self.is_blank();
        Ok(found
            .into_iter()
            .filter(|one| !exists || patch.fields.contains_key(&one.field) || !before.contains(one))
            .collect())
    }

    fn put_created(&mut self, author: &Author<'_>) -> Result<(), Error> {
        let created = serde_json::json!({ "by": author.member, "at_ms": author.at_ms, "zone": author.zone });
        self.doc
            .put(ROOT, CREATED_KEY, ScalarValue::Bytes(created.to_string().into_bytes()))?;
        Ok(())
    }

    fn apply(&mut self, field: &Field, edit: &Edit, author: &Author<'_>) -> Result<(), Error> {
        match (field.merge, edit) {
            (Merge::Register, Edit::Set(value)) => self.put_register(&ROOT, field.name, field, value),
            (Merge::Register, Edit::Clear) => self.delete(&ROOT, field.name),
            (Merge::Text, Edit::Set(Value::String(text))) => {
                let object = self.container(field)?;
                self.doc.update_text(&object, text)?;
                Ok(())
            }
            (Merge::Text, Edit::Clear) => {
                let object = self.container(field)?;
                self.doc.update_text(&object, "")?;
                Ok(())
            }
            (Merge::Counter, Edit::Add(amount)) => {
                if *amount != 0 {
                    self.doc.increment(ROOT, field.name, *amount)?;
                }
                Ok(())
            }
            (Merge::Set, Edit::Elements { add, remove }) => {
                let object = self.container(field)?;
                for element in remove.iter().filter(|one| !add.contains(one)) {
                    self.delete(&object, &element_key(element))?;
                }
                // An element that is there already is put again, with the next number (Automerge leaves out a put of an
                // equal value): that is what makes the addition win over a removal made apart.
                for element in add {
                    let key = element_key(element);
                    let times = self
                        .doc
                        .get(&object, key.as_str())?
                        .and_then(|(value, _)| value.as_scalar()?.as_i64())
                        .unwrap_or(0);
                    self.doc.put(&object, key, times.saturating_add(1))?;
                }
                Ok(())
            }
            (Merge::Map, Edit::Entries(entries)) => {
                let object = self.container(field)?;
                for (key, value) in entries {
                    match value {
                        Some(value) => self.put_register(&object, key, field, value)?,
                        None => self.delete(&object, key)?,
                    }
                }
                Ok(())
            }
            (Merge::Log, Edit::Append(events)) => self.append(field, events, author),
            _ => Err(Error::Invalid(vec![Violation::new(
                field.name,
                ViolationCode::WrongOperation,
            )])),
        }
    }

    /// Writes a register, unless it already says so without a conflict: no needless change, and choosing one of two
    /// values written apart is a change.
    fn put_register(&mut self, object: &ObjId, key: &str, field: &Field, value: &Value) -> Result<(), Error> {
        let present = self.doc.get_all(object, key)?;
        let same = matches!(present.as_slice(), [(AutomergeValue::Scalar(one), _)] if decode_scalar(one) == *value);
        if !same {
            self.doc.put(object, key, encode(field, value))?;
        }
        Ok(())
    }

    fn delete(&mut self, object: &ObjId, key: &str) -> Result<(), Error> {
        if self.doc.get(object, key)?.is_some() {
            self.doc.delete(object, key)?;
        }
        Ok(())
    }

    fn append(&mut self, field: &Field, events: &[Value], author: &Author<'_>) -> Result<(), Error> {
        let object = self.container(field)?;
        // Events of one edit share its millisecond: sorted, their ids keep them in the order in which they were given.
        let mut ids: Vec<EventId> = events
            .iter()
            .map(|_| EventId::ordered(author.at_ms, random(author.entropy)))
            .collect();
        ids.sort_unstable();
        for (event, id) in events.iter().zip(ids) {
            let stamp = Stamp {
                id,
                seen: self.newest_events(&object),
                by: author.member,
                at: DateTime::from_timestamp_millis(author.at_ms).unwrap_or_default(),
                zone: author.zone.to_owned(),
            };
            let mut event = event.clone();
            if let Some(parts) = event.as_object_mut() {
                parts.insert("stamp".to_owned(), serde_json::to_value(stamp).unwrap_or_default());
            }
            if !field.ty.accepts(&event) {
                return Err(Error::Invalid(vec![Violation::new(
                    field.name,
                    ViolationCode::Malformed,
                )]));
            }
            self.doc.put(
                &object,
                id.to_string(),
                ScalarValue::Bytes(event.to_string().into_bytes()),
            )?;
        }
        Ok(())
    }

    /// The ids of a log's events that no other event of it had seen, at the version being written on.
    fn newest_events(&self, object: &ObjId) -> Vec<EventId> {
        let mut ids: std::collections::BTreeSet<EventId> = std::collections::BTreeSet::new();
        let mut seen = Vec::new();
        for item in self.doc.map_range(object, ..) {
            if let Ok(id) = item.key.parse::<EventId>() {
                ids.insert(id);
                if let automerge::ValueRef::Scalar(scalar) = item.value {
                    seen.extend(seen_by(&super::hydrate::decode_scalar_ref(&scalar)));
                }
            }
        }
        for id in seen {
            ids.remove(&id);
        }
        ids.into_iter().collect()
    }

    /// The container of a field, born in a seed.
    pub(super) fn container(&self, field: &Field) -> Result<ObjId, Error> {
        match self.doc.get(ROOT, field.name)? {
            Some((AutomergeValue::Object(_), id)) => Ok(id),
            _ => Err(Error::Damaged),
        }
    }
}

fn seen_by(event: &Value) -> Vec<EventId> {
    let seen = event
        .get("stamp")
        .and_then(|stamp| stamp.get("seen"))
        .and_then(Value::as_array);
    seen.into_iter()
        .flatten()
        .filter_map(|id| id.as_str()?.parse().ok())
        .collect()
}

/// A value as Automerge keeps it: a native scalar, or JSON bytes for a value of several parts.
fn encode(field: &Field, value: &Value) -> ScalarValue {
    match value {
        Value::Bool(flag) => ScalarValue::Boolean(*flag),
        Value::Number(number) if !field.ty.is_composite() => {
            number.as_i64().map_or(ScalarValue::Null, ScalarValue::Int)
        }
        Value::String(text) => ScalarValue::Str(text.into()),
        other => ScalarValue::Bytes(other.to_string().into_bytes()),
    }
}

/// What a field would hold after an edit, for checking; stamps are not written yet.
fn preview(field: &Field, edit: &Edit, fields: &mut serde_json::Map<String, Value>) {
    let name = field.name.to_owned();
    match edit {
        Edit::Set(value) => {
            fields.insert(name, value.clone());
        }
        Edit::Clear => {
            fields.remove(&name);
        }
        Edit::Add(amount) => {
            let sum = fields
                .get(&name)
                .and_then(Value::as_i64)
                .unwrap_or(0)
                .saturating_add(*amount);
            fields.insert(name, sum.into());
        }
        Edit::Elements { add, remove } => {
            let mut items: Vec<Value> = fields.get(&name).and_then(Value::as_array).cloned().unwrap_or_default();
            items.retain(|item| !remove.contains(item));
            items.extend(add.iter().cloned());
            items.dedup();
            fields.insert(name, Value::Array(items));
        }
        Edit::Entries(entries) => {
            let mut map = fields
                .get(&name)
                .and_then(Value::as_object)
                .cloned()
                .unwrap_or_default();
            for (key, value) in entries {
                match value {
                    Some(value) => map.insert(key.clone(), value.clone()),
                    None => map.remove(key),
                };
            }
            fields.insert(name, Value::Object(map));
        }
        Edit::Append(events) => {
            let mut items: Vec<Value> = fields.get(&name).and_then(Value::as_array).cloned().unwrap_or_default();
            let mut seen: Vec<Value> = items
                .iter()
                .filter_map(|item| item.get("stamp")?.get("id").cloned())
                .collect();
            for (at, event) in events.iter().enumerate() {
                let mut event = event.clone();
                if let Some(parts) = event.as_object_mut() {
                    // A stand-in for the stamp that the change will write: after everything seen so far, the events
                    // before it in the same edit too.
                    let id = EventId::derived(&[0; 16], &at.to_string());
                    let stamp = Stamp { id, ..Stamp::default() };
                    let mut stamp = serde_json::to_value(stamp).unwrap_or_default();
                    stamp["seen"] = Value::Array(std::mem::replace(&mut seen, vec![stamp["id"].clone()]));
                    parts.insert("stamp".to_owned(), stamp);
                }
                items.push(event);
            }
            fields.insert(name, Value::Array(items));
        }
    }
}

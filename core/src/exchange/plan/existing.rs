//! What is there already, as an import must know it.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{Plan, Verdict, name_key};
use crate::ids::DocumentId;
use crate::schema::{Edit, Patch};

/// Looks up records that are there already.
pub trait Existing {
    /// The plain fields of a record (the JSON form), if it is there.
    fn record(&self, kind: &str, id: DocumentId) -> Option<Map<String, Value>>;

    /// The record that has this id in another system.
    fn by_external_id(&self, kind: &str, system: &str, id: &str) -> Option<DocumentId>;

    /// The records of this name by [`name_key`]: among all (customers), or among those that hang on one customer.
    fn by_name(&self, kind: &str, name_key: &str, customer: Option<DocumentId>) -> Vec<DocumentId>;

    /// What the last import from this source wrote into the record, if that is known: with it an import tells what the
    /// file changed from what was edited here.
    fn last_imported(&self, _kind: &str, _id: DocumentId) -> Option<Map<String, Value>> {
        None
    }
}

/// Records in memory.
#[derive(Debug, Clone, Default)]
pub struct Known {
    records: HashMap<(String, DocumentId), Map<String, Value>>,
    names: HashMap<(String, Option<DocumentId>, String), Vec<DocumentId>>,
    external: HashMap<(String, String, String), DocumentId>,
}

impl Known {
    /// Adds a record, or puts it in the place of the one of the same id.
    pub fn insert(&mut self, kind: &str, id: DocumentId, fields: Map<String, Value>) {
        let key = (kind.to_owned(), id);
        if let Some(before) = self.records.remove(&key) {
            if let Some(at) = name_place(kind, &before)
                && let Some(ids) = self.names.get_mut(&at)
            {
                ids.retain(|known| *known != id);
            }
            self.external.retain(|(of, ..), known| !(of == kind && *known == id));
        }
        if let Some(at) = name_place(kind, &fields) {
            self.names.entry(at).or_default().push(id);
        }
        for (system, external) in fields
            .get("external_ids")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            if let Some(external) = external.as_str() {
                self.external
                    .insert((kind.to_owned(), system.clone(), external.to_owned()), id);
            }
        }
        self.records.insert(key, fields);
    }
}

fn name_place(kind: &str, fields: &Map<String, Value>) -> Option<(String, Option<DocumentId>, String)> {
    let name = fields.get("name").and_then(Value::as_str)?;
    let customer = fields
        .get("customer_id")
        .and_then(Value::as_str)
        .and_then(|id| id.parse().ok());
    Some((kind.to_owned(), customer, name_key(name)))
}

impl Existing for Known {
    fn record(&self, kind: &str, id: DocumentId) -> Option<Map<String, Value>> {
        self.records.get(&(kind.to_owned(), id)).cloned()
    }

    fn by_external_id(&self, kind: &str, system: &str, id: &str) -> Option<DocumentId> {
        self.external
            .get(&(kind.to_owned(), system.to_owned(), id.to_owned()))
            .copied()
    }

    fn by_name(&self, kind: &str, name_key: &str, customer: Option<DocumentId>) -> Vec<DocumentId> {
        self.names
            .get(&(kind.to_owned(), customer, name_key.to_owned()))
            .cloned()
            .unwrap_or_default()
    }
}

/// What is there already, and what plans not yet applied would add to it.
pub struct Staged<'a> {
    base: &'a dyn Existing,
    added: Known,
}

impl<'a> Staged<'a> {
    /// Nothing added yet.
    #[must_use]
    pub fn new(base: &'a dyn Existing) -> Self {
        Self {
            base,
            added: Known::default(),
        }
    }

    /// Adds what a plan would create.
    pub fn absorb(&mut self, plan: &Plan) {
        for implied in &plan.implied {
            self.added.insert(implied.kind, implied.id, created(&implied.patch));
        }
        for row in &plan.rows {
            if let (Some(id), Verdict::Create { patch }) = (row.id, &row.verdict) {
                self.added.insert(plan.kind, id, created(patch));
            }
        }
    }
}

impl Existing for Staged<'_> {
    fn record(&self, kind: &str, id: DocumentId) -> Option<Map<String, Value>> {
        self.added.record(kind, id).or_else(|| self.base.record(kind, id))
    }

    fn by_external_id(&self, kind: &str, system: &str, id: &str) -> Option<DocumentId> {
        self.added
            .by_external_id(kind, system, id)
            .or_else(|| self.base.by_external_id(kind, system, id))
    }

    fn by_name(&self, kind: &str, name_key: &str, customer: Option<DocumentId>) -> Vec<DocumentId> {
        let mut ids = self.base.by_name(kind, name_key, customer);
        ids.extend(self.added.by_name(kind, name_key, customer));
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    fn last_imported(&self, kind: &str, id: DocumentId) -> Option<Map<String, Value>> {
        self.base.last_imported(kind, id)
    }
}

/// The plain fields of a record that a patch creates.
pub(super) fn created(patch: &Patch) -> Map<String, Value> {
    let value = |edit: &Edit| match edit {
        Edit::Set(value) => Some(value.clone()),
        Edit::Clear => None,
        Edit::Add(amount) => Some(Value::from(*amount)),
        Edit::Elements { add, .. } => Some(Value::Array(add.clone())),
        Edit::Append(events) => Some(Value::Array(events.clone())),
        Edit::Entries(entries) => {
            let put = entries
                .iter()
                .filter_map(|(key, value)| Some((key.clone(), value.clone()?)));
            Some(Value::Object(put.collect()))
        }
    };
    patch
        .fields
        .iter()
        .filter_map(|(name, edit)| Some((name.clone(), value(edit)?)))
        .collect()
}

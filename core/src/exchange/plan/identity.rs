//! Which record a row is, and the verdict on it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value, json};

use super::difference::{Wanted, creation, differences, flaws};
use super::key::{NaturalKey, derived_id, name_key};
use super::row::{Draft, Reader};
use super::{
    Existing, MissingCustomer, Note, Operation, Options, Plan, Problem, ProblemCode, Repeated, RowPlan, Skip, Verdict,
};
use crate::domain::Customer;
use crate::exchange::mapping::Mapping;
use crate::exchange::sheet::Table;
use crate::ids::DocumentId;
use crate::schema::{Entity, Patch, Violation, ViolationCode};

/// Plans one table.
pub(super) struct Planner<'a> {
    mapping: &'a Mapping,
    options: &'a Options,
    existing: &'a dyn Existing,
    /// Customers to be created because rows name them, by the key of their name.
    implied: BTreeMap<String, (DocumentId, String)>,
    /// Those of them that a row which is not refused needs.
    needed: BTreeSet<DocumentId>,
    /// The first row of each record, and what it says.
    first: HashMap<DocumentId, (u32, Wanted)>,
    /// Records that rows of this table are, whatever becomes of the rows.
    claimed: BTreeSet<DocumentId>,
    /// Customers of this table by the key of their name.
    own: BTreeMap<String, BTreeSet<DocumentId>>,
}

impl<'a> Planner<'a> {
    pub(super) fn new(mapping: &'a Mapping, options: &'a Options, existing: &'a dyn Existing) -> Self {
        Self {
            mapping,
            options,
            existing,
            implied: BTreeMap::new(),
            needed: BTreeSet::new(),
            first: HashMap::new(),
            claimed: BTreeSet::new(),
            own: BTreeMap::new(),
        }
    }

    pub(super) fn plan(mut self, table: &Table) -> Plan {
        let reader = Reader {
            headers: &table.headers,
            mapping: self.mapping,
            options: self.options,
        };
        // All rows get their ids before any is judged: a customer may name one further down as its parent.
        let drafts: Vec<(Draft, Option<DocumentId>)> = table
            .rows
            .iter()
            .map(|row| self.identify(&reader, reader.read(row)))
            .collect();
        let rows = drafts
            .into_iter()
            .zip(&table.rows)
            .map(|((mut draft, id), row)| {
                self.link(&mut draft, id);
                let verdict = self.judge(&reader, &mut draft, id, row.number);
                RowPlan {
                    row: row.number,
                    id,
                    verdict,
                    owner: draft.owner,
                    notes: draft.notes,
                }
            })
            .collect();
        let needed = &self.needed;
        let implied = self
            .implied
            .into_values()
            .filter(|(id, _)| needed.contains(id))
            .map(|(id, name)| {
                let mut patch = Patch::default();
                patch.push("name", crate::schema::Edit::Set(json!(name)));
                Operation {
                    kind: Customer::KIND.name,
                    id,
                    creating: true,
                    patch,
                }
            })
            .collect();
        Plan {
            kind: self.mapping.kind.name,
            rows,
            implied,
        }
    }

    fn is_customer(&self) -> bool {
        self.mapping.kind.name == Customer::KIND.name
    }

    fn identify(&mut self, reader: &Reader<'_>, mut draft: Draft) -> (Draft, Option<DocumentId>) {
        let mut customer = None;
        if !self.is_customer() {
            match self.customer(&draft) {
                Ok(id) => {
                    draft.wanted.fields.insert("customer_id".to_owned(), json!(id));
                    customer = Some(id);
                }
                Err(code) => draft.problems.push(reader.problem("customer", code)),
            }
        }
        let name = draft
            .wanted
            .fields
            .get("name")
            .and_then(Value::as_str)
            .map(str::to_owned);
        let id = match self.record(&draft, name.as_deref(), customer) {
            Ok(id) => id,
            Err(code) => {
                draft.problems.push(reader.problem("name", code));
                None
            }
        };
        if let Some(id) = id {
            self.claimed.insert(id);
            if let Some(name) = name.filter(|_| self.is_customer()) {
                self.own.entry(name_key(&name)).or_default().insert(id);
            }
        }
        (draft, id)
    }

    /// The customer that a row names.
    fn customer(&mut self, draft: &Draft) -> Result<DocumentId, ProblemCode> {
        let of = &draft.customer;
        let kind = Customer::KIND.name;
        if let Some(id) = of.id {
            let there = self.existing.record(kind, id).is_some();
            return if there {
                Ok(id)
            } else {
                Err(ProblemCode::UnknownCustomer)
            };
        }
        let by_record = of.record_id.as_ref();
        if let Some(id) = by_record.and_then(|id| self.existing.by_external_id(kind, &self.options.source, id)) {
            return Ok(id);
        }
        let Some(name) = &of.name else {
            let required = ProblemCode::Violation {
                violation: ViolationCode::Required,
                limit: None,
            };
            return Err(if by_record.is_some() {
                ProblemCode::UnknownCustomer
            } else {
                required
            });
        };
        let key = name_key(name);
        match self.existing.by_name(kind, &key, None).as_slice() {
            [one] => Ok(*one),
            [] if self.options.missing_customer == MissingCustomer::Create => {
                let natural = NaturalKey::Name { name, customer: None };
                let id = derived_id(self.options.namespace, &self.options.source, kind, &natural);
                Ok(self.implied.entry(key).or_insert_with(|| (id, name.clone())).0)
            }
            [] => Err(ProblemCode::UnknownCustomer),
            _ => Err(ProblemCode::SeveralCustomers),
        }
    }

    /// The record that a row is: by its id here, by its id in the source, by its name. Absent where the row has none of
    /// these.
    fn record(
        &self,
        draft: &Draft,
        name: Option<&str>,
        customer: Option<DocumentId>,
    ) -> Result<Option<DocumentId>, ProblemCode> {
        let kind = self.mapping.kind.name;
        let Options { namespace, source, .. } = self.options;
        if draft.id.is_some() {
            return Ok(draft.id);
        }
        let same_name = || match name.filter(|_| self.is_customer() || customer.is_some()) {
            Some(name) => self.existing.by_name(kind, &name_key(name), customer),
            None => Vec::new(),
        };
        if let Some(record) = &draft.record_id {
            if let Some(id) = self.existing.by_external_id(kind, source, record) {
                return Ok(Some(id));
            }
            let derived = derived_id(*namespace, source, kind, &NaturalKey::RecordId(record));
            // Somebody may have typed the record in before it was imported; it is that one, unless it is known in the
            // source under another id.
            let typed: Vec<DocumentId> = same_name()
                .into_iter()
                .filter(|id| self.is_unknown_to_source(*id))
                .collect();
            return match typed.as_slice() {
                [one] if self.existing.record(kind, derived).is_none() && !self.claimed.contains(one) => Ok(Some(*one)),
                _ => Ok(Some(derived)),
            };
        }
        let Some(name) = name.filter(|_| self.is_customer() || customer.is_some()) else {
            return Ok(None);
        };
        let derived = derived_id(*namespace, source, kind, &NaturalKey::Name { name, customer });
        match same_name().as_slice() {
            [] => Ok(Some(derived)),
            [one] => Ok(Some(*one)),
            several if several.contains(&derived) => Ok(Some(derived)),
            _ => Err(ProblemCode::SeveralRecords),
        }
    }

    fn is_unknown_to_source(&self, id: DocumentId) -> bool {
        let record = self.existing.record(self.mapping.kind.name, id);
        record.is_some_and(|fields| {
            let known = fields.get("external_ids").and_then(|ids| ids.get(&self.options.source));
            known.is_none_or(Value::is_null)
        })
    }

    /// Finds the records that a row names besides its customer. One that is not there is noted, and the row goes on.
    fn link(&self, draft: &mut Draft, id: Option<DocumentId>) {
        if let Some((column, name)) = draft.parent.take() {
            let key = name_key(&name);
            let mut found = self.existing.by_name(Customer::KIND.name, &key, None);
            found.extend(self.own.get(&key).into_iter().flatten());
            found.sort_unstable();
            found.dedup();
            match found.as_slice() {
                [one] if Some(*one) != id => {
                    draft.wanted.fields.insert("parent_customer".to_owned(), json!(one));
                }
                _ => draft.notes.push(Note::NotFound { column }),
            }
        }
        let customer = draft
            .wanted
            .fields
            .get("customer_id")
            .and_then(Value::as_str)
            .and_then(|id| id.parse().ok());
        let mut roles = Map::new();
        for (column, name) in std::mem::take(&mut draft.contacts) {
            match self.existing.by_name("contact", &name_key(&name), customer).as_slice() {
                // Which part the contact has the list does not say.
                [one] => drop(roles.insert(one.to_string(), json!(""))),
                _ => draft.notes.push(Note::NotFound { column }),
            }
        }
        if !roles.is_empty() {
            draft
                .wanted
                .fields
                .insert("contact_roles".to_owned(), Value::Object(roles));
        }
    }

    fn judge(&mut self, reader: &Reader<'_>, draft: &mut Draft, id: Option<DocumentId>, row: u32) -> Verdict {
        if let Some(id) = id {
            match self.first.get(&id) {
                Some((first, said))
                    if self.options.repeated == Repeated::KeepFirst
                        || (*said == draft.wanted && draft.problems.is_empty()) =>
                {
                    return Verdict::Skipped {
                        reason: Skip::Repeats { row: *first },
                    };
                }
                Some((first, _)) => {
                    let code = ProblemCode::Repeated { row: *first };
                    let field = if draft.record_id.is_some() { "record_id" } else { "name" };
                    draft.problems.push(reader.problem(field, code));
                }
                None => {
                    self.first.insert(id, (row, draft.wanted.clone()));
                }
            }
        }
        let present = id.and_then(|id| self.existing.record(self.mapping.kind.name, id));
        let verdict = match (id, present) {
            (Some(id), Some(present)) => self.compare(reader, draft, id, &present),
            _ => self.create(reader, draft),
        };
        if draft.problems.is_empty() {
            let customer = draft.wanted.fields.get("customer_id").and_then(Value::as_str);
            self.needed
                .extend(customer.and_then(|id| id.parse::<DocumentId>().ok()));
            verdict
        } else {
            // The first to be kept is the first that can be.
            if self.options.repeated == Repeated::KeepFirst {
                id.map(|id| self.first.remove(&id));
            }
            Verdict::Refused {
                problems: std::mem::take(&mut draft.problems),
            }
        }
    }

    fn create(&self, reader: &Reader<'_>, draft: &mut Draft) -> Verdict {
        let mut wanted = draft.wanted.clone();
        let template = self
            .options
            .template
            .as_ref()
            .filter(|_| self.mapping.kind.field("template_id").is_some());
        if let Some((template, _)) = template {
            wanted.fields.insert("template_id".to_owned(), json!(template));
        }
        match creation(self.mapping.kind, &wanted) {
            Ok(patch) => Verdict::Create { patch },
            Err(found) => {
                complain(reader, draft, found);
                Verdict::Unchanged
            }
        }
    }

    fn compare(&self, reader: &Reader<'_>, draft: &mut Draft, id: DocumentId, present: &Map<String, Value>) -> Verdict {
        let kind = self.mapping.kind;
        let mut found = differences(kind, present, &draft.wanted);
        let mut kept = Vec::new();
        if let Some(base) = self.existing.last_imported(kind.name, id) {
            let by_source = names(&differences(kind, &base, &draft.wanted));
            let before = Wanted {
                fields: base.clone(),
                stage: None,
            };
            let by_us = names(&differences(kind, present, &before));
            // Only what the file changed since the last import, and nobody here.
            let fresh = |field: &String| by_source.contains(field) && !by_us.contains(field);
            kept = names(&found).into_iter().filter(|field| !fresh(field)).collect();
            found.retain(|(change, ..)| fresh(&change.field));
            if found.is_empty() && !kept.is_empty() {
                return Verdict::Skipped {
                    reason: Skip::EditedHere { kept },
                };
            }
        }
        if found.is_empty() {
            return Verdict::Unchanged;
        }
        if !self.options.update {
            return Verdict::Skipped {
                reason: Skip::Exists {
                    differing: names(&found),
                },
            };
        }
        let mut patch = Patch::default();
        let mut changes = Vec::new();
        for (change, field, edit) in found {
            patch.push(&field, edit);
            changes.push(change);
        }
        complain(reader, draft, flaws(kind, present, &draft.wanted, &patch));
        Verdict::Update { patch, changes, kept }
    }
}

fn names(found: &[(super::Change, String, crate::schema::Edit)]) -> Vec<String> {
    found.iter().map(|(change, ..)| change.field.clone()).collect()
}

/// Adds what is wrong with the record to what is wrong with the cells, once for each field.
fn complain(reader: &Reader<'_>, draft: &mut Draft, found: Vec<Violation>) {
    for Violation { field, code, limit } in found {
        let told = |problem: &Problem| {
            let about = problem.field.split('.').next().unwrap_or_default();
            about == field || (field == "customer_id" && about.starts_with("customer"))
        };
        if !draft.problems.iter().any(told) {
            let code = ProblemCode::Violation { violation: code, limit };
            draft.problems.push(reader.problem(&field, code));
        }
    }
}

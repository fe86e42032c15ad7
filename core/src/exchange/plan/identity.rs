//! Which record a row is.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value, json};

use super::difference::Wanted;
use super::key::{NaturalKey, derived_id, name_key};
use super::row::{Draft, Reader};
use super::{Existing, MissingCustomer, Note, Operation, Options, Plan, ProblemCode, RowPlan};
use crate::domain::Customer;
use crate::exchange::mapping::Mapping;
use crate::exchange::sheet::Table;
use crate::ids::DocumentId;
use crate::schema::{Entity, Patch, ViolationCode};

/// Where a record is looked for by its name: among all customers, or among what hangs on one.
struct Place {
    name: Option<String>,
    customer: Option<DocumentId>,
}

/// Plans one table.
pub(super) struct Planner<'a> {
    pub(super) mapping: &'a Mapping,
    pub(super) options: &'a Options,
    pub(super) existing: &'a dyn Existing,
    /// Customers to be created because rows name them, by the key of their name.
    implied: BTreeMap<String, (DocumentId, String)>,
    /// Those of them that a row which is not refused needs.
    pub(super) needed: BTreeSet<DocumentId>,
    /// The first row of each record, and what it says.
    pub(super) first: HashMap<DocumentId, (u32, Wanted)>,
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
        let mut drafts: Vec<Draft> = table.rows.iter().map(|row| reader.read(row)).collect();
        let ids = self.identify(&reader, &mut drafts);
        let rows = drafts
            .into_iter()
            .zip(ids)
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

    /// The record that each row is, if it can be told.
    ///
    /// What is certain goes first, so that no row takes the record of another: rows by an id that is known, then rows
    /// that have only a name, then rows with an id that is new. In this order a second import finds for each row what
    /// the first made of it, whichever of the others were refused.
    fn identify(&mut self, reader: &Reader<'_>, drafts: &mut [Draft]) -> Vec<Option<DocumentId>> {
        let places: Vec<Place> = drafts.iter_mut().map(|draft| self.place(reader, draft)).collect();
        let mut ids: Vec<Option<DocumentId>> = drafts.iter().map(|draft| self.known(draft)).collect();
        self.claimed.extend(ids.iter().flatten());
        // A row repeats another of its name rather than being a second record of it: names claim nothing until all are
        // found.
        for at in 0..drafts.len() {
            if ids[at].is_none() && drafts[at].record_id.is_none() {
                ids[at] = self.by_name(&places[at]).unwrap_or_else(|code| {
                    drafts[at].problems.push(reader.problem("name", code));
                    None
                });
            }
        }
        self.claimed.extend(ids.iter().flatten());
        for at in 0..drafts.len() {
            if let (None, Some(record)) = (ids[at], &drafts[at].record_id) {
                let id = self.by_new_record_id(record, &places[at]);
                self.claimed.insert(id);
                ids[at] = Some(id);
            }
        }
        if self.is_customer() {
            for (id, place) in ids.iter().zip(places) {
                if let (Some(id), Some(name)) = (id, place.name) {
                    self.own.entry(name_key(&name)).or_default().insert(*id);
                }
            }
        }
        ids
    }

    /// Where the record of a row is looked for by its name. The customer that it hangs on is found here.
    fn place(&mut self, reader: &Reader<'_>, draft: &mut Draft) -> Place {
        let mut customer = None;
        if !self.is_customer() {
            match self.customer(draft) {
                Ok(id) => {
                    draft.wanted.fields.insert("customer_id".to_owned(), json!(id));
                    customer = Some(id);
                }
                Err(code) => draft.problems.push(reader.problem("customer", code)),
            }
        }
        let name = draft.wanted.fields.get("name").and_then(Value::as_str);
        Place {
            // The name of what hangs on a customer says nothing without the customer.
            name: name
                .filter(|_| self.is_customer() || customer.is_some())
                .map(str::to_owned),
            customer,
        }
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

    /// The record of a row whose id is known: its id here, or an id in the source that a record bears.
    fn known(&self, draft: &Draft) -> Option<DocumentId> {
        let by_record = |id: &String| {
            self.existing
                .by_external_id(self.mapping.kind.name, &self.options.source, id)
        };
        draft.id.or_else(|| draft.record_id.as_ref().and_then(by_record))
    }

    /// The record of a row that has only a name; absent where it has none either.
    fn by_name(&self, place: &Place) -> Result<Option<DocumentId>, ProblemCode> {
        let Some(name) = &place.name else {
            return Ok(None);
        };
        let derived = self.derived(&NaturalKey::Name {
            name,
            customer: place.customer,
        });
        let found = self.of_name(place);
        match found.as_slice() {
            [] => return Ok(Some(derived)),
            [one] => return Ok(Some(*one)),
            several if several.contains(&derived) => return Ok(Some(derived)),
            _ => {}
        }
        // The source has ids for the others.
        let nameless: Vec<DocumentId> = found.into_iter().filter(|id| self.is_unknown_to_source(*id)).collect();
        match nameless.as_slice() {
            [one] => Ok(Some(*one)),
            _ => Err(ProblemCode::SeveralRecords),
        }
    }

    /// The record of a row with an id in the source that no record bears yet. Somebody may have typed the record in
    /// before it was imported; it is that one, unless it is known in the source under another id.
    fn by_new_record_id(&self, record: &str, place: &Place) -> DocumentId {
        let derived = self.derived(&NaturalKey::RecordId(record));
        let mut typed = self.of_name(place);
        typed.retain(|id| self.is_unknown_to_source(*id));
        match typed.as_slice() {
            [one] if self.existing.record(self.mapping.kind.name, derived).is_none() => *one,
            _ => derived,
        }
    }

    fn derived(&self, key: &NaturalKey<'_>) -> DocumentId {
        let Options { namespace, source, .. } = self.options;
        derived_id(*namespace, source, self.mapping.kind.name, key)
    }

    /// The records of a name that no row of this table is yet.
    fn of_name(&self, place: &Place) -> Vec<DocumentId> {
        let Some(name) = &place.name else {
            return Vec::new();
        };
        let mut found = self
            .existing
            .by_name(self.mapping.kind.name, &name_key(name), place.customer);
        found.retain(|id| !self.claimed.contains(id));
        found
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
}

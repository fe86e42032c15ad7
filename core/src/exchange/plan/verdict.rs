//! The verdict on a row, once it is known which record it is.

use serde_json::{Map, Value, json};

use super::difference::{Wanted, creation, differences, flaws};
use super::identity::Planner;
use super::row::{Draft, Reader};
use super::{Problem, ProblemCode, Repeated, Skip, Verdict};
use crate::ids::DocumentId;
use crate::schema::{Patch, Violation};

impl Planner<'_> {
    pub(super) fn judge(
        &mut self,
        reader: &Reader<'_>,
        draft: &mut Draft,
        id: Option<DocumentId>,
        row: u32,
    ) -> Verdict {
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

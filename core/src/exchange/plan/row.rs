//! One row read into what it says of a record.

use serde_json::{Map, Value, json};

use super::difference::Wanted;
use super::{Note, Options, Problem, ProblemCode, stage};
use crate::domain::process_template::StageType;
use crate::exchange::catalogue::{Cell, Column};
use crate::exchange::cell::{
    CellError, read_boolean, read_day, read_degrees, read_integer, read_money, read_percent, read_phone, split,
    split_region,
};
use crate::exchange::label;
use crate::exchange::mapping::{Mapping, folded};
use crate::exchange::sheet::Row;
use crate::ids::DocumentId;

/// A record that a row names: the header of the column, and the name.
pub(super) type Named = (String, String);

/// What a row says, before it is known which record it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Draft {
    pub(super) wanted: Wanted,
    /// The record's id here.
    pub(super) id: Option<DocumentId>,
    /// The record's id in the source.
    pub(super) record_id: Option<String>,
    pub(super) customer: CustomerRef,
    /// The customer above this one.
    pub(super) parent: Option<Named>,
    /// The contacts of a deal.
    pub(super) contacts: Vec<Named>,
    pub(super) owner: Option<String>,
    pub(super) notes: Vec<Note>,
    pub(super) problems: Vec<Problem>,
}

/// A customer as a row gives it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct CustomerRef {
    pub(super) id: Option<DocumentId>,
    pub(super) record_id: Option<String>,
    pub(super) name: Option<String>,
}

/// Reads rows of one table.
pub(super) struct Reader<'a> {
    pub(super) headers: &'a [String],
    pub(super) mapping: &'a Mapping,
    pub(super) options: &'a Options,
}

/// Cells that only make sense together with others of their row.
#[derive(Default)]
struct Loose {
    last_name: Option<String>,
    stage: Option<String>,
    region: Option<String>,
}

impl Reader<'_> {
    pub(super) fn read(&self, row: &Row) -> Draft {
        let mut draft = Draft::default();
        let mut loose = Loose::default();
        let cells = || self.mapping.targets.iter().zip(self.headers).zip(&row.cells);
        let of_code = |code: &str| {
            let of_code = |target: &super::super::mapping::Target| target.column().is_some_and(|one| one.code == code);
            cells()
                .find(|((target, _), _)| of_code(target))
                .map(|(_, cell)| cell.trim())
                .filter(|cell| !cell.is_empty())
        };
        let currency = of_code("currency").unwrap_or(&self.options.currency);
        for ((target, header), cell) in cells() {
            let cell = cell.trim();
            if let Some(column) = target.column().filter(|_| !cell.is_empty())
                && let Err(code) = self.read_cell(&mut draft, &mut loose, column, header, cell, currency)
            {
                draft.problems.push(Problem {
                    column: Some(header.clone()),
                    field: column.code.to_string(),
                    code,
                });
            }
        }
        if row
            .cells
            .iter()
            .skip(self.headers.len())
            .any(|cell| !cell.trim().is_empty())
        {
            draft.problems.push(Problem {
                column: None,
                field: String::new(),
                code: ProblemCode::TooManyCells,
            });
        }
        self.settle(&mut draft, loose);
        draft
    }

    fn read_cell(
        &self,
        draft: &mut Draft,
        loose: &mut Loose,
        column: &Column,
        header: &str,
        cell: &str,
        currency: &str,
    ) -> Result<(), ProblemCode> {
        let named = || Some((header.to_owned(), cell.to_owned()));
        let text = || Some(cell.to_owned());
        let id = || cell.parse().map(Some).map_err(|_| wrong(CellError::NotAnId));
        match &*column.code {
            "id" => draft.id = id()?,
            "record_id" => draft.record_id = text(),
            "owner" => draft.owner = text(),
            "customer_id" => draft.customer.id = id()?,
            "customer_record_id" => draft.customer.record_id = text(),
            "customer" => draft.customer.name = text(),
            "parent_customer" => draft.parent = named(),
            "contact" => draft
                .contacts
                .extend(split(cell).into_iter().map(|name| (header.to_owned(), name))),
            "last_name" => loose.last_name = text(),
            "stage" => loose.stage = text(),
            "place.region" => loose.region = text(),
            "currency" => {}
            _ => self.read_field(draft, column, header, cell, currency)?,
        }
        Ok(())
    }

    fn read_field(
        &self,
        draft: &mut Draft,
        column: &Column,
        header: &str,
        cell: &str,
        currency: &str,
    ) -> Result<(), ProblemCode> {
        let mut note_unless = |understood: bool| {
            if !understood {
                draft.notes.push(Note::PhoneKept {
                    column: header.to_owned(),
                });
            }
        };
        let value = match column.cell {
            Cell::Text | Cell::Region | Cell::Json | Cell::Instant => json!(cell),
            Cell::Texts => json!(split(cell)),
            Cell::Phone => {
                let phone = read_phone(cell, self.options.country);
                note_unless(phone.understood);
                json!(phone.number)
            }
            Cell::Phones => {
                let phones = split(cell).into_iter().map(|one| {
                    let phone = read_phone(&one, self.options.country);
                    note_unless(phone.understood);
                    phone.number
                });
                json!(phones.collect::<Vec<_>>())
            }
            Cell::Money => json!(read_money(cell, currency).map_err(wrong)?),
            Cell::Percent => json!(read_percent(cell).map_err(wrong)?),
            Cell::Integer => json!(read_integer(cell).map_err(wrong)?),
            Cell::Boolean => json!(read_boolean(cell).map_err(wrong)?),
            Cell::Day => json!(read_day(cell, self.options.day_order).map_err(wrong)?),
            Cell::Degrees => {
                let largest = if column.code.ends_with("lat_e7") { 90 } else { 180 };
                json!(read_degrees(cell, largest).map_err(wrong)?)
            }
            Cell::Choice(list) => {
                let wished = self.options.choices.get(&*column.code).and_then(|choices| {
                    choices
                        .iter()
                        .find(|(text, _)| folded(text) == folded(cell))
                        .map(|(_, code)| code.as_str())
                });
                json!(
                    wished
                        .or_else(|| label::code(list, cell))
                        .ok_or(ProblemCode::UnknownChoice)?
                )
            }
        };
        put(&mut draft.wanted.fields, &column.code, value);
        Ok(())
    }

    fn settle(&self, draft: &mut Draft, loose: Loose) {
        if let Some(id) = &draft.record_id {
            put(
                &mut draft.wanted.fields,
                &format!("external_ids.{}", self.options.source),
                json!(id),
            );
        }
        if let Some(region) = loose.region {
            let parts = ["place.address.province", "place.address.city", "place.address.district"];
            for (code, part) in parts.into_iter().zip(split_region(&region)) {
                if let Some(part) = part {
                    put_if_missing(&mut draft.wanted.fields, code, json!(part));
                }
            }
        }
        if self.mapping.kind.name == "contact" && !draft.wanted.fields.contains_key("name") {
            let given = draft.wanted.fields.get("given_name").and_then(Value::as_str);
            if let Some(name) = full_name(loose.last_name.as_deref(), given) {
                draft.wanted.fields.insert("name".to_owned(), json!(name));
            }
        }
        if let Some(text) = loose.stage {
            self.settle_stage(draft, &text);
        }
    }

    fn settle_stage(&self, draft: &mut Draft, text: &str) {
        let step = match &self.options.template {
            None => Err(ProblemCode::NoProcess),
            Some((_, template)) => stage::move_to(template, self.options, text).ok_or(ProblemCode::UnknownStage),
        };
        let step = match step {
            Ok(step) => step,
            Err(code) => {
                let problem = self.problem("stage", code);
                draft.problems.push(problem);
                return;
            }
        };
        let fields = &mut draft.wanted.fields;
        // The stage's own probability is no override of it.
        if fields.get("probability_bp").and_then(Value::as_i64) == Some(step.probability_bp) {
            fields.remove("probability_bp");
        }
        let reason = stage::lost_reason(text).or(self.options.lost_reason);
        if step.stage_type == StageType::Lost
            && let Some(reason) = reason
        {
            put_if_missing(fields, "lost_reason", json!(reason));
        }
        draft.wanted.stage = Some(step);
    }

    /// Something wrong with what the column of this code, or of this field, holds.
    pub(super) fn problem(&self, field: &str, code: ProblemCode) -> Problem {
        let of_field = |target: &super::super::mapping::Target| {
            target
                .column()
                .is_some_and(|column| column.code == field || column.field() == field)
        };
        let header = self
            .mapping
            .targets
            .iter()
            .position(of_field)
            .and_then(|at| self.headers.get(at));
        Problem {
            column: header.cloned(),
            field: field.to_owned(),
            code,
        }
    }
}

const fn wrong(error: CellError) -> ProblemCode {
    ProblemCode::Cell { error }
}

/// A name in the order of its language.
fn full_name(last: Option<&str>, given: Option<&str>) -> Option<String> {
    let han = |text: &str| text.chars().all(|c| ('\u{3400}'..='\u{323af}').contains(&c));
    match (last, given) {
        (Some(last), Some(given)) if han(last) && han(given) => Some(format!("{last}{given}")),
        (Some(last), Some(given)) => Some(format!("{given} {last}")),
        (one, other) => one.or(other).map(str::to_owned),
    }
}

/// Puts a value under a code: `field`, or into an object field `field.part.part`. Lists under one code add up.
fn put(fields: &mut Map<String, Value>, code: &str, value: Value) {
    match code.split_once('.') {
        Some((field, rest)) => {
            let nested = fields.entry(field).or_insert_with(|| json!({}));
            // A key of an organisation's own may have dots; only a place has parts within parts.
            let deep = matches!(field, "place") || matches!(field, "address" | "position");
            match nested.as_object_mut() {
                Some(nested) if deep => put(nested, rest, value),
                Some(nested) => {
                    nested.insert(rest.to_owned(), value);
                }
                None => {}
            }
        }
        None => match (fields.get_mut(code), value) {
            (Some(Value::Array(known)), Value::Array(more)) => {
                for one in more {
                    if !known.contains(&one) {
                        known.push(one);
                    }
                }
            }
            (_, value) => {
                fields.insert(code.to_owned(), value);
            }
        },
    }
}

fn put_if_missing(fields: &mut Map<String, Value>, code: &str, value: Value) {
    let mut parts = code.split('.');
    let outer = parts.next().and_then(|field| fields.get(field));
    if parts.fold(outer, |at, part| at.and_then(|at| at.get(part))).is_none() {
        put(fields, code, value);
    }
}

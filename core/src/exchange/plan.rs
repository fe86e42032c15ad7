//! What an import would do, row by row.
//!
//! A plan is made from the table and from what is already there, and writes nothing: shown, it is the dry run; applied
//! by the caller in the order of [`Plan::operations`], it is the import. Ids are deterministic (source, kind, and the
//! record's id in the source or its natural key), so that a second import of the same file finds every record again and
//! changes nothing, whichever device does it.
//!
//! An import never overwrites by itself: a record that is there already and differs is skipped and its differences are
//! named. Where the caller asks for updates, only the fields that differ are written, blank cells change nothing, sets
//! only grow; and where it is known what the last import wrote, only what the file changed since is written, and
//! nothing that somebody has edited here meanwhile.

mod difference;
mod existing;
mod identity;
mod key;
mod message;
mod row;
mod stage;
mod verdict;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

pub use existing::{Existing, Known, Staged};
pub(super) use message::errors_header;

pub use key::{NaturalKey, derived_id, name_key};

use super::cell::{CellError, Country, DayOrder};
use super::label::Language;
use super::mapping::{IMPORTED, Mapping};
use super::sheet::Table;
use crate::domain::ProcessTemplate;
use crate::domain::deal::LostReason;
use crate::ids::{DocumentId, OrgId};
use crate::schema::{Patch, ViolationCode};

/// How a list is to be read.
#[derive(Debug, Clone)]
pub struct Options {
    /// The organisation: ids derive from it.
    pub namespace: OrgId,
    /// Name of the source, as in `zoho`: ids derive from it, and `external_ids` keeps the source's ids under it.
    pub source: String,
    /// Whether records that are there and differ are updated rather than skipped.
    pub update: bool,
    /// Which stands first in `03/04/2026`; where it is not told, such days are refused.
    pub day_order: Option<DayOrder>,
    /// Currency of amounts that name none.
    pub currency: String,
    /// Country of phone numbers that name none.
    pub country: Country,
    /// What to do where a row names a customer that is not there.
    pub missing_customer: MissingCustomer,
    /// What to do with a row that is the same record as an earlier one and says something else.
    pub repeated: Repeated,
    /// The process that deals follow, with its id; without it a list with stages cannot be read.
    pub template: Option<(DocumentId, ProcessTemplate)>,
    /// Code of the stage for a name in the list, where it is not found by its name.
    pub stages: BTreeMap<String, String>,
    /// Why deals were lost that were lost for no reason in the list.
    pub lost_reason: Option<LostReason>,
    /// For a column's code: the code for each text in the list, where it is not found by its label.
    pub choices: BTreeMap<String, BTreeMap<String, String>>,
}

impl Options {
    /// The usual way to read a Chinese list; the rest is the caller's to set.
    #[must_use]
    pub fn new(namespace: OrgId, source: &str) -> Self {
        Self {
            namespace,
            source: source.to_owned(),
            update: false,
            day_order: None,
            currency: "CNY".to_owned(),
            country: Country::China,
            missing_customer: MissingCustomer::Refuse,
            repeated: Repeated::Refuse,
            template: None,
            stages: BTreeMap::new(),
            lost_reason: None,
            choices: BTreeMap::new(),
        }
    }
}

/// What to do where a row names a customer that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingCustomer {
    /// The row is refused.
    Refuse,
    /// A customer of that name is created.
    Create,
}

/// What to do with a row that is the same record as an earlier one and says something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeated {
    /// It is refused: one of the two is wrong.
    Refuse,
    /// It is left out. This is how customers are taken from a list of their orders, where each stands many times.
    KeepFirst,
}

/// What an import would do.
#[derive(Debug, Clone, Serialize)]
pub struct Plan {
    /// The kind of record.
    pub kind: &'static str,
    /// A verdict for each row of the table, in order.
    pub rows: Vec<RowPlan>,
    /// Customers that rows name and that are not there, where they are to be created.
    pub implied: Vec<Operation>,
}

/// The verdict on one row.
#[derive(Debug, Clone, Serialize)]
pub struct RowPlan {
    /// The row's number in the file.
    pub row: u32,
    /// The record that the row is, if it can be told.
    pub id: Option<DocumentId>,
    /// What would be done.
    pub verdict: Verdict,
    /// Who is responsible by the list. Owners are assigned, not written into records: the caller's to do.
    pub owner: Option<String>,
    /// What was read otherwise than might be thought.
    pub notes: Vec<Note>,
}

/// What would be done with a row.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// A new record.
    Create {
        /// What makes it.
        patch: Patch,
    },
    /// Fields of a record that is there.
    Update {
        /// What changes it.
        patch: Patch,
        /// The same for people.
        changes: Vec<Change>,
        /// Fields that differ from the file and stay, because somebody edited them here since the last import.
        kept: Vec<String>,
    },
    /// It is there as the file has it.
    Unchanged,
    /// Left out, though nothing is wrong with it.
    Skipped {
        /// Why.
        reason: Skip,
    },
    /// It cannot be a record as it is.
    Refused {
        /// All that is wrong.
        problems: Vec<Problem>,
    },
}

/// One field that would change.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// The field, or `stage`.
    pub field: String,
    /// Its present value; null where it has none.
    pub from: Value,
    /// The value afterwards, or what is added.
    pub to: Value,
}

/// Why a row was left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "skip", rename_all = "snake_case")]
pub enum Skip {
    /// The record is there and differs in these fields; updates were not asked for.
    Exists {
        /// The fields.
        differing: Vec<String>,
    },
    /// Everything that differs was edited here since the last import.
    EditedHere {
        /// The fields.
        kept: Vec<String>,
    },
    /// The row is the same record as an earlier one: it says the same, or the first was to be kept.
    Repeats {
        /// The earlier row.
        row: u32,
    },
}

/// One thing wrong with a row. It names columns and never what stands in them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Header of the column, if there is one.
    pub column: Option<String>,
    /// The field, or the column's code.
    pub field: String,
    /// What is wrong.
    pub code: ProblemCode,
}

/// What can be wrong with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "problem", rename_all = "snake_case")]
pub enum ProblemCode {
    /// The cell does not read as what its column holds.
    Cell {
        /// In which way.
        error: CellError,
    },
    /// The text is none of the list.
    UnknownChoice,
    /// The process has no such stage.
    UnknownStage,
    /// Stages cannot be read without a process.
    NoProcess,
    /// No customer of that name or id is there.
    UnknownCustomer,
    /// Several customers have that name; the list must give the customer's id.
    SeveralCustomers,
    /// Several records have that name; the list must give the record's id.
    SeveralRecords,
    /// An earlier row is the same record and says something else.
    Repeated {
        /// The earlier row.
        row: u32,
    },
    /// The row has more cells than there are headers.
    TooManyCells,
    /// Whoever imports may not write this record.
    NotPermitted,
    /// The record would not be sound.
    Violation {
        /// In which way.
        violation: ViolationCode,
        /// The limit, where there is one.
        limit: Option<i64>,
    },
}

/// What was read otherwise than might be thought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "note", rename_all = "snake_case")]
pub enum Note {
    /// A phone number was not understood and kept as it is.
    PhoneKept {
        /// Header of the column.
        column: String,
    },
    /// The contact or the parent that the cell names is not there; the rest of the row is read.
    NotFound {
        /// Header of the column.
        column: String,
    },
}

/// One record to write.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Operation {
    /// The kind of record.
    pub kind: &'static str,
    /// The record.
    pub id: DocumentId,
    /// Whether it is a new one.
    pub creating: bool,
    /// What is written.
    pub patch: Patch,
}

/// How many rows of each verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// New records.
    pub create: usize,
    /// Changed ones.
    pub update: usize,
    /// As the file has them.
    pub unchanged: usize,
    /// Left out.
    pub skipped: usize,
    /// Refused.
    pub refused: usize,
}

impl Plan {
    /// What is to be written, in an order in which every record comes after those it hangs on.
    pub fn operations(&self) -> impl Iterator<Item = Operation> + '_ {
        let rows = self.rows.iter().filter_map(|row| {
            let (creating, patch) = match &row.verdict {
                Verdict::Create { patch } => (true, patch),
                Verdict::Update { patch, .. } => (false, patch),
                _ => return None,
            };
            Some(Operation {
                kind: self.kind,
                id: row.id?,
                creating,
                patch: patch.clone(),
            })
        });
        self.implied.iter().cloned().chain(rows)
    }

    /// How many rows of each verdict.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for row in &self.rows {
            *match row.verdict {
                Verdict::Create { .. } => &mut counts.create,
                Verdict::Update { .. } => &mut counts.update,
                Verdict::Unchanged => &mut counts.unchanged,
                Verdict::Skipped { .. } => &mut counts.skipped,
                Verdict::Refused { .. } => &mut counts.refused,
            } += 1;
        }
        counts
    }

    /// The refused rows with what is wrong in a last column, to be corrected and imported again: UTF-8 with its mark,
    /// as Excel opens it. Absent where no row was refused.
    #[must_use]
    pub fn refused_csv(&self, table: &Table, language: Language) -> Option<Vec<u8>> {
        let mut headers = table.headers.clone();
        headers.push(errors_header(language).to_owned());
        let refused: Vec<Vec<String>> = self
            .rows
            .iter()
            .zip(&table.rows)
            .filter_map(|(plan, row)| {
                let Verdict::Refused { problems } = &plan.verdict else {
                    return None;
                };
                let told: Vec<String> = problems.iter().map(|problem| problem.message(language)).collect();
                let mut cells = row.cells.clone();
                // Cells beyond the headers would push the last column away; they are in the file that was given.
                cells.resize(table.headers.len(), String::new());
                cells.push(told.join("; "));
                Some(cells)
            })
            .collect();
        (!refused.is_empty()).then(|| super::export::text_csv(&headers, &refused, true))
    }
}

/// Plans one table.
#[must_use]
pub fn plan(table: &Table, mapping: &Mapping, options: &Options, existing: &dyn Existing) -> Plan {
    identity::Planner::new(mapping, options, existing).plan(table)
}

/// Plans the tables of one file together: whatever their order, customers come before what hangs on them, and rows find
/// the customers of the same file. The plans stand in the order in which they must be applied, each with the number of
/// its table.
#[must_use]
pub fn plan_all(tables: &[(Table, Mapping)], options: &Options, existing: &dyn Existing) -> Vec<(usize, Plan)> {
    let mut staged = Staged::new(existing);
    let mut plans = Vec::new();
    for kind in IMPORTED {
        for (at, (table, mapping)) in tables
            .iter()
            .enumerate()
            .filter(|(_, (_, mapping))| mapping.kind.name == *kind)
        {
            let plan = plan(table, mapping, options, &staged);
            staged.absorb(&plan);
            plans.push((at, plan));
        }
    }
    plans
}

#[cfg(test)]
mod tests;

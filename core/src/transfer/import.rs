//! A list becomes records.

use std::collections::HashMap;

use super::{Error, each, processes};
use crate::domain::{self, ProcessTemplate};
use crate::engine::{self, Engine};
use crate::exchange::cell::{Country, DayOrder};
use crate::exchange::mapping::{IMPORTED, Mapping, Wishes, kind_of};
use crate::exchange::plan::{Known, MissingCustomer, Options, Plan, Repeated, plan_all};
use crate::exchange::sheet::{self, Limits, Table};
use crate::ids::DocumentId;
use crate::schema::Kind;
use crate::store::{self, Archived};

/// How a list is to be read.
#[derive(Debug, Clone)]
pub struct Import {
    /// What the rows are; told from the headers where absent.
    pub kind: Option<&'static Kind>,
    /// The system the list comes from: its ids are kept under this name.
    pub source: String,
    /// Update records that are there and differ; otherwise they are skipped.
    pub update: bool,
    /// Of several rows that are the same record keep the first; otherwise the later ones are refused.
    pub keep_first: bool,
    /// Create customers that rows name and that are not there; otherwise such rows are refused.
    pub create_missing: bool,
    /// Country of phone numbers that name none.
    pub country: Country,
    /// Currency of amounts that name none.
    pub currency: String,
    /// Which stands first in `03/04/2026`; such days are refused where it is not said.
    pub day_order: Option<DayOrder>,
    /// What a person said of the columns.
    pub wishes: Wishes,
}

/// What an import would do.
#[derive(Debug)]
pub struct Draft {
    /// The sheets of the file, each with the field of every column.
    pub tables: Vec<(Table, Mapping)>,
    /// What would become of each row, in the order in which it is to be written; with the place of its sheet.
    pub plans: Vec<(usize, Plan)>,
}

/// What a commit did.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Records written.
    pub written: u64,
    /// Records that could not be, each with the reason; the others are written.
    pub failed: HashMap<DocumentId, engine::Error>,
    /// Whether it was stopped before all was written.
    pub stopped: bool,
}

/// Plans an import of a CSV or `.xlsx` file. Nothing is written. Everything on this device that a row could be is looked
/// at: some hundred bytes of memory for each such record.
///
/// # Errors
/// [`Error::Sheet`], [`Error::NoKind`], [`Error::NoColumns`], [`Error::Mapping`]; [`engine::Error::NotEnrolled`].
pub fn plan(engine: &Engine, bytes: &[u8], import: &Import) -> Result<Draft, Error> {
    let me = engine.identity()?.ok_or(engine::Error::NotEnrolled)?;
    let mut tables = Vec::new();
    for table in sheet::read(bytes, &Limits::default())? {
        let kind = import.kind.or_else(|| kind_of(&table.headers)).ok_or(Error::NoKind)?;
        let mapping = Mapping::of(kind, &table.headers, &import.wishes)?;
        if !mapping.missing.is_empty() {
            return Err(Error::NoColumns(mapping.missing));
        }
        tables.push((table, mapping));
    }
    let mut options = Options::new(me.org, &import.source);
    options.update = import.update;
    options.country = import.country;
    options.currency.clone_from(&import.currency);
    options.day_order = import.day_order;
    if import.keep_first {
        options.repeated = Repeated::KeepFirst;
    }
    if import.create_missing {
        options.missing_customer = MissingCustomer::Create;
    }
    let staged = |(_, mapping): &(Table, Mapping)| mapping.kind.field("template_id").is_some();
    let (known, newest) = engine.read(|reader| Ok((known(reader)?, processes(reader)?.pop())))?;
    if tables.iter().any(staged) {
        let standard = || {
            let id = DocumentId::derived(me.org.as_bytes(), "standard process");
            (id, ProcessTemplate::standard())
        };
        options.template = Some(newest.unwrap_or_else(standard));
    }
    let plans = plan_all(&tables, &options, &known);
    Ok(Draft { tables, plans })
}

fn known(reader: &store::Reader<'_>) -> Result<Known, store::Error> {
    let mut known = Known::default();
    for kind in IMPORTED.iter().filter_map(|name| domain::kind(name)) {
        each(reader, kind, Archived::Both, |record| {
            known.insert(kind.name, record.id, record.row.fields);
            Ok(())
        })?;
    }
    Ok(known)
}

/// Writes what is planned, each record in a transaction of its own, while `goes_on`. A record that cannot be written stops
/// no other; what failed for want of room or of the database ends it.
///
/// # Errors
/// Where the store fails; what was written before stays. Planned anew, it is found unchanged.
pub fn commit(engine: &Engine, draft: &Draft, mut goes_on: impl FnMut() -> bool) -> Result<Outcome, engine::Error> {
    let mut outcome = Outcome::default();
    for operation in draft.plans.iter().flat_map(|(_, plan)| plan.operations()) {
        if !goes_on() {
            outcome.stopped = true;
            break;
        }
        let written = if operation.creating {
            engine.create_as(operation.kind, operation.id, &operation.patch)
        } else {
            engine.edit(operation.id, &operation.patch, None)
        };
        match written {
            Ok(_) => outcome.written += 1,
            Err(error @ (engine::Error::Store(_) | engine::Error::NotEnrolled | engine::Error::Wiped)) => {
                return Err(error);
            }
            Err(error) => drop(outcome.failed.insert(operation.id, error)),
        }
    }
    Ok(outcome)
}

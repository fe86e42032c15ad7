//! Lists into a device and out of it: what [`crate::exchange`] plans and writes, with the records that are here.
//!
//! An import is a plan first, with a verdict for each row; committing it writes through the engine, record by record, as
//! its person may. An export holds what is on this device: what its person may read, his private records among them.

mod export;
mod import;

pub use export::{Form, Target, write};
pub use import::{Draft, Import, Outcome, commit, plan};

use crate::domain::ProcessTemplate;
use crate::engine;
use crate::exchange::export::ExportError;
use crate::exchange::mapping::MappingError;
use crate::exchange::sheet::SheetError;
use crate::ids::DocumentId;
use crate::schema::{Entity, Kind};
use crate::store::{self, Archived, ListQuery, Reader, Record};

/// Why a list was not read or written. Nothing that stands in a cell or a record is in it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file is none that can be read.
    #[error(transparent)]
    Sheet(#[from] SheetError),
    /// The headers of a sheet fit no kind.
    #[error("the headers of a sheet fit no kind of record")]
    NoKind,
    /// Without these columns no row can be a record: their codes.
    #[error("columns are missing")]
    NoColumns(Vec<&'static str>),
    /// The columns cannot be mapped as wished.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// The list could not be written.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// The engine failed, or nobody is enrolled.
    #[error(transparent)]
    Engine(#[from] engine::Error),
}

/// Takes every record of a kind in turn, oldest change last.
fn each(
    reader: &Reader<'_>,
    kind: &Kind,
    archived: Archived,
    mut take: impl FnMut(Record) -> Result<(), store::Error>,
) -> Result<(), store::Error> {
    let mut query = ListQuery::new(kind.name);
    query.archived = archived;
    query.limit = 500;
    loop {
        let page = reader.list(&query)?;
        for record in page.records {
            take(record)?;
        }
        match page.next {
            Some(next) => query.after = Some(next),
            None => return Ok(()),
        }
    }
}

/// The processes on this device, oldest first.
fn processes(reader: &Reader<'_>) -> Result<Vec<(DocumentId, ProcessTemplate)>, store::Error> {
    let mut found = Vec::new();
    each(reader, ProcessTemplate::KIND, Archived::Without, |record| {
        found.push((record.row.created.at_ms, record.id, record.row.typed()));
        Ok(())
    })?;
    found.sort_by_key(|(at_ms, id, _)| (*at_ms, *id));
    Ok(found.into_iter().map(|(_, id, process)| (id, process)).collect())
}

//! `satchel import` and `satchel export`: lists in and out, directly on the database file, on behalf of one member.

mod export;
mod import;

use satchel_core::domain::{self, ProcessTemplate};
use satchel_core::exchange::export::ExportError;
use satchel_core::exchange::mapping::MappingError;
use satchel_core::exchange::sheet::SheetError;
use satchel_core::ids::{DocumentId, MemberId, ScopeId};
use satchel_core::projection::Row;
use satchel_core::schema::entity::typed;
use satchel_core::schema::{Entity, Kind};

use crate::admin::{AdminError, lookup};
use crate::config::Config;
use crate::relay::{self, RelayError, Store};
use crate::store::StoreError;
use crate::store::log::StoredDocument;
use crate::store::people::Member;
use crate::store::sqlite::File;

pub use export::Export;
pub use import::Import;

/// Records read at once.
const PAGE: usize = 1_000;

/// A record that the member may read.
struct Found {
    id: DocumentId,
    scope: ScopeId,
    created_seq: u64,
    row: Row,
}

fn open(config: &Config) -> Result<File, ExchangeError> {
    let path = config.database_path();
    if !path.is_file() {
        return Err(AdminError::NoDatabase(path.display().to_string()).into());
    }
    Ok(File::open(&path)?)
}

/// The member on whose behalf it is done, by name or id.
fn member(store: &dyn Store, given: &str) -> Result<Member, ExchangeError> {
    let id = lookup::member(store, given)?;
    let member = store.member(id)?.filter(|member| member.active);
    member.ok_or(ExchangeError::Inactive)
}

/// Looks at every record of a kind that the member may read and that may leave his devices, and at how the relay keeps it:
/// a page of these is in memory at a time.
fn each_record(
    store: &dyn Store,
    member: MemberId,
    kind: &Kind,
    mut look: impl FnMut(Found, &StoredDocument) -> Result<(), ExchangeError>,
) -> Result<(), ExchangeError> {
    let mut after = None;
    loop {
        let page = store.kind_documents(member, kind.name, after, PAGE)?;
        let is_last = page.len() < PAGE;
        for stored in page {
            after = Some(stored.id);
            if relay::leaves(member, stored.scope) {
                let found = Found {
                    id: stored.id,
                    scope: stored.scope,
                    created_seq: stored.created_seq,
                    row: serde_json::from_str(&stored.row).map_err(RelayError::from)?,
                };
                look(found, &stored)?;
            }
        }
        if is_last {
            return Ok(());
        }
    }
}

/// All of them at once, without their documents.
fn records(store: &dyn Store, member: MemberId, kind: &Kind) -> Result<Vec<Found>, ExchangeError> {
    let mut all = Vec::new();
    each_record(store, member, kind, |found, _| {
        all.push(found);
        Ok(())
    })?;
    Ok(all)
}

/// The processes that the member may read, oldest first.
fn processes(store: &dyn Store, member: MemberId) -> Result<Vec<(DocumentId, ProcessTemplate)>, ExchangeError> {
    let mut found = records(store, member, ProcessTemplate::KIND)?;
    found.retain(|one| !one.row.archived);
    found.sort_by_key(|one| one.created_seq);
    Ok(found.into_iter().map(|one| (one.id, typed(&one.row.fields))).collect())
}

/// A kind as the operator names it: in the singular or the plural.
fn kind_named(name: &str) -> Result<&'static Kind, String> {
    let kind = domain::kind_by_plural(name).or_else(|| domain::kind(name));
    kind.ok_or_else(|| {
        let known: Vec<&str> = domain::KINDS.iter().map(|kind| kind.plural).collect();
        format!("the kinds are {}", known.join(", "))
    })
}

/// Why a list was not read or written. Nothing that stands in a cell or a record is in it.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// The member left the organisation.
    #[error("the member is no longer active")]
    Inactive,
    /// The headers of a sheet fit no kind.
    #[error("the headers of sheet `{0}` fit no kind of record: say --kind, or name columns with --column")]
    NoKind(String),
    /// Without these columns no row can be a record.
    #[error("sheet `{sheet}` has no column for {missing}: name it with --column \"HEADER=FIELD\"")]
    NoColumn {
        /// The sheet.
        sheet: String,
        /// The columns' codes.
        missing: String,
    },
    /// The columns cannot be read as asked.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// The file cannot be read as a list.
    #[error("the list cannot be read: {0}")]
    Sheet(#[from] SheetError),
    /// The list cannot be written.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// Database or member were not found.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// The relay's rules failed.
    #[error(transparent)]
    Relay(#[from] RelayError),
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file or standard output.
    #[error("{0}")]
    System(#[from] std::io::Error),
}

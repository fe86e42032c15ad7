//! Read models: what screens show, put together from rows. They read only, over one moment of the database, and load no
//! document. Those that are about particular kinds stand in a file each.

mod agenda;
mod customer;
mod pipeline;

pub use agenda::{Agenda, agenda};
pub use customer::{CustomerPage, alias_table, customer_page};
pub use pipeline::open_deals;

use crate::ids::DocumentId;
use crate::projection::Cell;
use crate::schema::Type;
use crate::store::{Error, ListQuery, Page, Reader, Record, Test};

/// Records that point to a record through one field.
#[derive(Debug, Clone, PartialEq)]
pub struct Related {
    /// Their kind.
    pub kind: &'static str,
    /// The field that points.
    pub field: &'static str,
    /// The first of them, the last changed first.
    pub page: Page,
    /// The list, for the pages after.
    pub query: ListQuery,
}

/// Everything that hangs on a record or points to it through an indexed field, by kind and field; what is put away is
/// left out, and so are kinds of which there is nothing.
///
/// # Errors
/// As every reading of the store.
pub fn related(reader: &Reader<'_>, id: DocumentId, limit: u32) -> Result<Vec<Related>, Error> {
    let Some(state) = reader.state(id)? else {
        return Ok(Vec::new());
    };
    related_to(reader, &state.kind, &[id], limit)
}

/// [`related`], for records of one kind that count as one.
fn related_to(reader: &Reader<'_>, kind: &str, ids: &[DocumentId], limit: u32) -> Result<Vec<Related>, Error> {
    let cells: Vec<Cell> = ids.iter().map(|id| Cell::Text(id.to_string())).collect();
    let mut found = Vec::new();
    for from in reader.kinds() {
        let pointing = from
            .fields
            .iter()
            .filter(|field| field.index && matches!(field.ty, Type::Reference(to) if to.is_none_or(|to| to == kind)));
        for field in pointing {
            let query = ListQuery {
                limit,
                ..ListQuery::new(from.name)
            }
            .filter(field.name, Test::In(cells.clone()));
            let page = reader.list(&query)?;
            if !page.records.is_empty() {
                found.push(Related {
                    kind: from.name,
                    field: field.name,
                    page,
                    query,
                });
            }
        }
    }
    Ok(found)
}

/// Every record of a list that is known to be short, up to `most`.
fn all(reader: &Reader<'_>, mut query: ListQuery, most: usize) -> Result<Vec<Record>, Error> {
    query.limit = 500;
    let mut found = Vec::new();
    loop {
        let page = reader.list(&query)?;
        found.extend(page.records);
        match page.next.filter(|_| found.len() < most) {
            Some(next) => query.after = Some(next),
            None => break,
        }
    }
    found.truncate(most);
    Ok(found)
}

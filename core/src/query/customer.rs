//! A customer with everything that hangs on it, those merged into it included.

use super::{Related, all, related_to};
use crate::domain::{Customer, CustomerId};
use crate::duplicates::AliasTable;
use crate::ids::DocumentId;
use crate::schema::Entity;
use crate::store::{Archived, Error, ListQuery, Reader, Record, Test};

/// Mergers that are read at most.
const MOST: usize = 100_000;

/// A customer as its page shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct CustomerPage {
    /// The customer: the one that stands for all that were merged.
    pub customer: Record,
    /// The others that are the same as it and are on this device.
    pub merged: Vec<Record>,
    /// Whether people merged it differently, apart from each other.
    pub needs_review: bool,
    /// What hangs on it and on those merged into it, by kind and field.
    pub related: Vec<Related>,
}

/// Which customers are one, from all the mergers on this device.
///
/// # Errors
/// As every reading of the store.
pub fn alias_table(reader: &Reader<'_>) -> Result<AliasTable, Error> {
    let query = ListQuery {
        archived: Archived::Both,
        ..ListQuery::new(Customer::KIND.name)
    };
    let merged = all(reader, query.filter("merged_into", Test::NotNull), MOST)?;
    let logs: Vec<(CustomerId, Customer)> = merged
        .iter()
        .map(|record| (record.id.into(), record.row.typed()))
        .collect();
    Ok(AliasTable::from_events(
        logs.iter().map(|(id, customer)| (*id, customer.aliases.as_slice())),
    ))
}

/// The page of a customer, also when asked for one that was merged into it; up to `limit` records of each relation.
/// `None` where it is not on this device. Where the one that stands for the group is not here (somebody else's), the one
/// asked for is shown.
///
/// # Errors
/// As every reading of the store.
pub fn customer_page(reader: &Reader<'_>, id: CustomerId, limit: u32) -> Result<Option<CustomerPage>, Error> {
    let aliases = alias_table(reader)?;
    let shown = match reader.record(aliases.resolve(id).into())? {
        Some(record) => Some(record),
        None => reader.record(id.into())?,
    };
    let Some(customer) = shown.filter(|record| record.kind == Customer::KIND.name) else {
        return Ok(None);
    };
    let members: Vec<DocumentId> = aliases.members(id).into_iter().map(DocumentId::from).collect();
    let mut merged = Vec::new();
    for member in members.iter().filter(|member| **member != customer.id) {
        merged.extend(reader.record(*member)?);
    }
    let related = related_to(reader, Customer::KIND.name, &members, limit)?;
    Ok(Some(CustomerPage {
        customer,
        merged,
        needs_review: aliases.needs_review(id),
        related,
    }))
}

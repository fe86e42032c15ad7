//! Open deals.

use crate::domain::process_template::StageType;
use crate::domain::{CustomerId, Deal};
use crate::ids::DocumentId;
use crate::projection::Cell;
use crate::schema::Entity;
use crate::store::{Direction, Error, ListQuery, Page, Reader, Test};

use super::alias_table;

/// One page of the deals that are not closed, of one customer (and those merged into it) or of all, the one expected to
/// close first at the top.
///
/// # Errors
/// As every reading of the store.
pub fn open_deals(
    reader: &Reader<'_>,
    customer: Option<CustomerId>,
    after: Option<String>,
    limit: u32,
) -> Result<Page, Error> {
    let open = [StageType::Open, StageType::Ongoing, StageType::OnHold];
    let open = open.iter().map(|stage| Cell::Text(stage.code().to_owned())).collect();
    let mut query = ListQuery::new(Deal::KIND.name)
        .filter("stage_type", Test::In(open))
        .order("expected_close", Direction::Ascending);
    if let Some(customer) = customer {
        let members = alias_table(reader)?.members(customer);
        let cells = members
            .into_iter()
            .map(|id| Cell::Text(DocumentId::from(id).to_string()));
        query = query.filter("customer_id", Test::In(cells.collect()));
    }
    reader.list(&ListQuery { after, limit, ..query })
}

//! Figures over the rows of this device: of a rep about himself, of a manager about the team, with the radio off. They
//! read rows only, in pages, and feed the accumulators of [`crate::insight`]; nothing is kept between two readings.
//!
//! A device holds what its person may read. So a figure over "all" is over the team for its manager, and over himself
//! for a rep.

mod attainment;
mod fact;
mod overall;

pub use attainment::{Reached, behind, reached};
pub use fact::{answers, credits, deals, deals_of, orders, rates, visits, working_days};
pub use overall::{Part, Question, counted, credited, opinions, pipeline, stages, visiting, win_rate};

use crate::ids::DocumentId;
use crate::schema::Entity;
use crate::store::{Error, ListQuery, Reader, Record};

/// Takes every record of a list in turn, a page at a time.
fn each<T: Entity>(
    reader: &Reader<'_>,
    mut query: ListQuery,
    mut take: impl FnMut(DocumentId, &Record, T),
) -> Result<(), Error> {
    query.limit = 500;
    loop {
        let page = reader.list(&query)?;
        for record in &page.records {
            take(record.id, record, record.row.typed());
        }
        match page.next {
            Some(next) => query.after = Some(next),
            None => return Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;

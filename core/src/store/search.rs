//! Search: Chinese words of two characters, Latin words by their beginning, phone numbers by their tail.
//!
//! FTS5's trigram tokenizer finds nothing for a query of two characters, and most Chinese words have two; its unicode61
//! takes a whole sentence of ideographs as one word. So [`crate::projection::token`] cuts the texts: ideographs into
//! overlapping pairs (and singles), everything else into folded words. The index holds tokens only (`content=''`,
//! `detail=none`: a third of the size with positions and texts); that a pair of neighbours stands in the same place as
//! the query's, and in the right order, is checked afterwards on the folded texts of the rows. The index knows no rank
//! then either, so the newest 500 matches are ranked here.

mod index;
mod rank;

pub use index::IndexProgress;
pub use rank::{Hit, Hits, SearchOrder, SearchQuery};

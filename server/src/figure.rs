//! What figures are made of, kept up to date: each record gives a few *cells* ([`cell`]), sums that are changed in the
//! transaction that changes the record, or that changes where it hangs.
//!
//! A cell is a sum over records, so what a record gave is taken out and what it gives now put in; cells that were kept so
//! and cells that are counted again from all records are the same ([`count::check`]).

pub mod cell;
pub mod count;
pub mod give;
pub mod keep;
pub mod place;

#[cfg(test)]
mod tests;

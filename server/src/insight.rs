//! Figures on the relay: what the accumulators of core make of everything that a caller may read.
//!
//! Every record gives a few *cells* ([`crate::figure`]): how often, and how much of, something falls on a unit (a team, a
//! member) and a day. Figures are made of cells alone, by the same accumulators that a phone feeds with its rows. No HTTP
//! here, and no SQL.

pub mod attainment;
pub mod book;
pub mod completeness;
pub mod customer;
pub mod duplicate;
pub mod forecast;
pub mod funnel;
pub mod gather;
pub mod reach;
pub mod record;
pub mod source;
pub mod team;
pub mod view;
pub mod visit;

pub use book::Book;
pub use reach::Reach;

use crate::store::StoreError;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum InsightError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A row or a cell cannot be read.
    #[error("a projection cannot be read")]
    Projection(#[from] serde_json::Error),
    /// The period is not written as one.
    #[error("a period is a month (2026-03), a quarter (2026-Q1), a year (2026), or the code of a listed one")]
    BadPeriod,
    /// The fiscal calendar lists periods of this sort, and not this one.
    #[error("the fiscal calendar has no such period")]
    NoSuchPeriod,
    /// The currency is not written as one.
    #[error("a currency is three capital letters (ISO 4217)")]
    BadCurrency,
    /// There is no such team.
    #[error("there is no such team")]
    NoSuchTeam,
    /// The caller answers for no team that has this one.
    #[error("only an admin, or a manager of the team or of one above it, may see its figures")]
    NotYours,
    /// The cursor is not one of ours.
    #[error("the cursor is not one of this relay's")]
    BadCursor,
    /// Nothing was counted yet: the first count after an upgrade is still to come.
    #[error("figures are not counted yet: start the relay anew, or run `satchel admin figures rebuild`")]
    NotCounted,
    /// There is no figure of this name.
    #[error("there is no figure of this name, or it needs a parameter that is missing")]
    NoSuchFigure,
}

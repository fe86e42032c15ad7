//! What the figures mean: pure functions over facts that were read from records. No I/O, no clock.
//!
//! A *fact* ([`fact`]) is what of one record counts. An *accumulator* takes facts in and out again and can be merged with
//! another, so that a phone that reads its rows, a rollup that is kept up to date and a rebuild from all records come to
//! the same figure: adding and removing the same fact is nothing, and neither order nor grouping matters. It keeps exact
//! counts and sums; `finish` makes the figure.
//!
//! Rules of all figures: integers (minor units, basis points); exact sums, rounded once at the end, half to even; periods
//! are half-open; a figure without a denominator is [`NotApplicable`], never 0; every amount is converted at the rate of
//! its own day ([`money`]). `docs/figures.md` says for each what it is and where it comes from.

pub mod attainment;
pub mod backtest;
pub mod bottleneck;
pub mod calendar;
pub mod clawback;
pub mod completeness;
pub mod conversion;
pub mod csat;
pub mod customer_base;
pub mod dwell;
pub mod explain;
pub mod fact;
pub mod forecast;
pub mod geofence;
pub mod holt_winters;
pub mod leaderboard;
pub mod market_share;
pub mod money;
pub mod nps;
pub mod pipeline;
pub mod rfm;
pub mod rollup;
pub mod run_rate;
pub mod seasonal_naive;
pub mod tally;
pub mod velocity;
pub mod visiting;
pub mod win_rate;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::schema::value::{clamped, div_half_even};

/// Why there is no figure. It is shown as `n/a`, never as 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum NotApplicable {
    /// There is nothing to divide by.
    #[error("nothing to divide by")]
    ZeroDenominator,
    /// No target was set, or one of nothing.
    #[error("no target")]
    NoTarget,
    /// There is no working day in the period, or none is over yet, or none is left.
    #[error("no working day")]
    NoWorkingDay,
    /// There are too few points or answers.
    #[error("too few points")]
    TooFew,
    /// What is still open is too much to tell: fewer than the asked part are over.
    #[error("not reached yet")]
    NotReached,
    /// An amount in another currency has no rate on or before its day.
    #[error("a rate is missing")]
    NoRate,
}

/// A figure, or why there is none.
pub type Figure<T> = Result<T, NotApplicable>;

/// What facts can be taken into and out of again.
pub trait Accumulator: Clone + PartialEq {
    /// What is taken in.
    type Fact;

    /// Takes a fact in `times` times; a negative number takes it out.
    fn apply(&mut self, fact: &Self::Fact, times: i64);

    /// Takes in everything that another one holds. Both were made with the same parameters.
    fn merge(&mut self, other: &Self);

    /// Takes a fact in.
    fn add(&mut self, fact: &Self::Fact) {
        self.apply(fact, 1);
    }

    /// Takes a fact out that was taken in before, or will be.
    fn remove(&mut self, fact: &Self::Fact) {
        self.apply(fact, -1);
    }
}

/// A quotient in basis points, rounded half to even.
///
/// # Errors
/// [`NotApplicable::ZeroDenominator`], also where the denominator is below zero.
pub fn ratio_bp(numerator: i128, denominator: i128) -> Figure<i64> {
    quotient(numerator.saturating_mul(10_000), denominator)
}

/// A quotient, rounded half to even.
///
/// # Errors
/// As [`ratio_bp`].
pub fn quotient(numerator: i128, denominator: i128) -> Figure<i64> {
    if denominator <= 0 {
        return Err(NotApplicable::ZeroDenominator);
    }
    Ok(clamped(div_half_even(numerator, denominator)))
}

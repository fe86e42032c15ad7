//! Figure 7, sales velocity 销售速度.
//!
//! Formula: open deals × mean value of won deals × win rate ÷ mean days from making to winning; what is won in a day.
//! Unit: minor units a day. With the won deals of the last twelve months it is open × Σ won value × won ÷ ((won + lost) ×
//! Σ days), one division. Vector: 40 deals × 25 000 × 25 % ÷ 90 days = 2 777.78.
//!
//! Edge cases: nothing won, nothing closed, or won on the day of making (no cycle): n/a. Invalid deals, those lost as
//! duplicates, and disputed ones are left out. A won deal takes the rate of the day of its closing.

use chrono::NaiveDate;

use super::calendar::Period;
use super::fact::DealFact;
use super::money::{Amounts, Rates};
use super::{Accumulator, Figure, NotApplicable, quotient};
use crate::domain::process_template::StageType;

/// Open deals, and those that were closed in a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Velocity {
    closed_in: Period,
    open: i64,
    won: i64,
    lost: i64,
    won_amounts: Amounts,
    cycle_days: i64,
}

impl Velocity {
    /// With win rate, value and cycle of the deals that were closed in a period (the last twelve months).
    #[must_use]
    pub fn over(closed_in: Period) -> Self {
        Self {
            closed_in,
            open: 0,
            won: 0,
            lost: 0,
            won_amounts: Amounts::default(),
            cycle_days: 0,
        }
    }

    /// Takes in how many deals are open.
    pub fn put_open(&mut self, deals: i64) {
        self.open = self.open.wrapping_add(deals);
    }

    /// Takes in how many deals were lost in the period.
    pub fn put_lost(&mut self, deals: i64) {
        self.lost = self.lost.wrapping_add(deals);
    }

    /// Takes in how many deals were won on a day of the period, and what they come to in minor units of a currency.
    pub fn put_won(&mut self, deals: i64, currency: &str, day: NaiveDate, exact: i128) {
        self.won = self.won.wrapping_add(deals);
        self.won_amounts.put(currency, day, exact);
    }

    /// Takes in the days from making to winning of many deals together.
    pub fn put_cycle(&mut self, days: i64) {
        self.cycle_days = self.cycle_days.wrapping_add(days);
    }

    /// Minor units a day.
    ///
    /// # Errors
    /// [`NotApplicable::ZeroDenominator`], [`NotApplicable::NoRate`].
    pub fn finish(&self, rates: &Rates, currency: &str) -> Figure<i64> {
        let (sum, parts, missing) = self.won_amounts.exact(rates, currency);
        if !missing.is_empty() {
            return Err(NotApplicable::NoRate);
        }
        let closed = i128::from(self.won) + i128::from(self.lost);
        let up = sum.saturating_mul(i128::from(self.open) * i128::from(self.won));
        if self.won <= 0 || self.cycle_days <= 0 {
            return Err(NotApplicable::ZeroDenominator);
        }
        quotient(up, parts.saturating_mul(closed.saturating_mul(self.cycle_days.into())))
    }
}

impl Accumulator for Velocity {
    type Fact = DealFact;

    fn apply(&mut self, fact: &DealFact, times: i64) {
        if !fact.is_sound() {
            return;
        }
        if fact.is_open() {
            self.open = self.open.wrapping_add(times);
            return;
        }
        let Some(day) = fact.closed_on.filter(|day| self.closed_in.contains(*day)) else {
            return;
        };
        match fact.stage_type {
            StageType::Won => {
                self.won = self.won.wrapping_add(times);
                self.won_amounts.apply(&fact.amount, day, 1, times);
                let days = (day - fact.created_on).num_days().max(0);
                self.cycle_days = self.cycle_days.wrapping_add(days.wrapping_mul(times));
            }
            StageType::Lost => self.lost = self.lost.wrapping_add(times),
            _ => {}
        }
    }

    fn merge(&mut self, other: &Self) {
        self.open = self.open.wrapping_add(other.open);
        self.won = self.won.wrapping_add(other.won);
        self.lost = self.lost.wrapping_add(other.lost);
        self.won_amounts.merge(&other.won_amounts);
        self.cycle_days = self.cycle_days.wrapping_add(other.cycle_days);
    }
}

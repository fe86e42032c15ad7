//! Figure 2, weighted pipeline 加权管道.
//!
//! Formula: Σ amount × probability over the open deals that are expected to close in the period. Unit: minor units.
//!
//! Edge cases: won, lost, invalid and disputed deals are left out. Where a rep overrode the probability, the sum by the
//! stages' own stands beside. Each amount takes the rate of the day on which the deal is expected to close. Three deals
//! of one minor unit at 50 % are 2, rounded once.

use chrono::NaiveDate;

use super::Accumulator;
use super::calendar::Period;
use super::fact::DealFact;
use super::money::{Amounts, Converted, Rates, WeightedAmounts};

/// Open deals that are expected to close in a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pipeline {
    period: Period,
    deals: i64,
    amounts: Amounts,
    weighted: WeightedAmounts,
    weighted_by_stage: WeightedAmounts,
}

/// The figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PipelineFigure {
    /// How many deals.
    pub deals: i64,
    /// What they are worth.
    pub amount: Converted,
    /// What they are worth by their probabilities.
    pub weighted: Converted,
    /// The same by the probabilities of their stages, overrides left out.
    pub weighted_by_stage: Converted,
}

impl Pipeline {
    /// Of a period.
    #[must_use]
    pub fn over(period: Period) -> Self {
        Self {
            period,
            deals: 0,
            amounts: Amounts::default(),
            weighted: WeightedAmounts::default(),
            weighted_by_stage: WeightedAmounts::default(),
        }
    }

    /// Whether a deal is in it.
    #[must_use]
    pub fn counts(&self, fact: &DealFact) -> bool {
        fact.is_open() && !fact.disputed && self.period.contains(fact.expected_close)
    }

    /// Takes in how many deals are expected to close on a day, and what they come to in minor units of a currency.
    pub fn put(&mut self, deals: i64, currency: &str, day: NaiveDate, exact: i128) {
        self.deals = self.deals.wrapping_add(deals);
        self.amounts.put(currency, day, exact);
    }

    /// Takes in what many deals come to by their probabilities, or by those of their stages, in ten-thousandths of a minor
    /// unit.
    pub fn put_weighted(&mut self, by_stage: bool, currency: &str, day: NaiveDate, exact: i128) {
        let sum = if by_stage {
            &mut self.weighted_by_stage
        } else {
            &mut self.weighted
        };
        sum.put(currency, day, exact);
    }

    /// The figure in a currency.
    #[must_use]
    pub fn finish(&self, rates: &Rates, currency: &str) -> PipelineFigure {
        PipelineFigure {
            deals: self.deals,
            amount: self.amounts.finish(rates, currency),
            weighted: self.weighted.finish(rates, currency),
            weighted_by_stage: self.weighted_by_stage.finish(rates, currency),
        }
    }
}

impl Accumulator for Pipeline {
    type Fact = DealFact;

    fn apply(&mut self, fact: &DealFact, times: i64) {
        if !self.counts(fact) {
            return;
        }
        let day = fact.expected_close;
        self.deals = self.deals.wrapping_add(times);
        self.amounts.apply(&fact.amount, day, 1, times);
        self.weighted.apply(&fact.amount, day, fact.probability_bp, times);
        self.weighted_by_stage
            .apply(&fact.amount, day, fact.stage_probability_bp, times);
    }

    fn merge(&mut self, other: &Self) {
        self.deals = self.deals.wrapping_add(other.deals);
        self.amounts.merge(&other.amounts);
        self.weighted.merge(&other.weighted);
        self.weighted_by_stage.merge(&other.weighted_by_stage);
    }
}

//! Figure 21, RFM: how recently, how often and for how much each customer bought.
//!
//! Formula: for each of the three a score from 1 to 5 by rank: 1 + ⌊5 × customers with a worse value ÷ customers⌋; a
//! more recent order is the better one. Segments by intervals of the scores, the first that fits. Amounts are net of
//! returns, in one currency. Unit: scores; days; orders; minor units.
//!
//! Edge cases: customers with the same value have the same score, whatever their order. Below 25 customers there are
//! thirds instead of fifths (scores 1, 3 and 5). Intervals overlap, so they are tried in order; *can't lose* is tried
//! before *at risk*, whose interval has all of it. What fits none of the published ones is *promising* or *hibernating*.
//! An amount without a rate: no customer has a score.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::fact::OrderFact;
use super::money::{Amounts, Rates};
use super::tally::{Grouped, Tally};
use super::{Accumulator, Figure};
use crate::domain::CustomerId;

/// Customers of whom fewer are told apart by thirds.
const FEW: usize = 25;

/// What each customer bought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rfm(Grouped<CustomerId, Bought>);

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Bought {
    days: Tally<NaiveDate>,
    net: Amounts,
}

/// A segment of customers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Segment {
    /// 冠军客户.
    Champion,
    /// 不可流失.
    CantLose,
    /// 有流失风险.
    AtRisk,
    /// 忠诚客户.
    Loyal,
    /// 流失.
    Lost,
    /// 潜力客户: bought lately, and is none of those before.
    Promising,
    /// 沉睡: has not bought for a while, and is none of those before.
    Hibernating,
}

/// How a customer scores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RfmFigure {
    /// The customer.
    pub customer: CustomerId,
    /// Days since its last order.
    pub recency_days: i64,
    /// Orders.
    pub orders: i64,
    /// What it paid, net of returns, in minor units.
    pub net: i64,
    /// Score of how recently, 1 to 5.
    pub recency: i64,
    /// Score of how often, 1 to 5.
    pub frequency: i64,
    /// Score of how much, 1 to 5.
    pub monetary: i64,
    /// The segment.
    pub segment: Segment,
}

type Interval = (i64, i64);

/// Intervals of recency, frequency and amount, tried in order.
const SEGMENTS: &[(Segment, Interval, Interval, Interval)] = &[
    (Segment::Champion, (5, 5), (5, 5), (5, 5)),
    (Segment::CantLose, (1, 2), (3, 4), (4, 5)),
    (Segment::AtRisk, (1, 2), (2, 5), (4, 5)),
    (Segment::Loyal, (2, 4), (2, 4), (2, 4)),
    (Segment::Loyal, (3, 5), (4, 5), (3, 5)),
    (Segment::Lost, (1, 1), (1, 5), (1, 5)),
    (Segment::Promising, (3, 5), (1, 5), (1, 5)),
];

/// The segment of three scores.
#[must_use]
pub fn segment(recency: i64, frequency: i64, monetary: i64) -> Segment {
    let within = |score: i64, (least, most): Interval| (least..=most).contains(&score);
    let fits = |(_, r, f, m): &&(Segment, Interval, Interval, Interval)| {
        within(recency, *r) && within(frequency, *f) && within(monetary, *m)
    };
    SEGMENTS
        .iter()
        .find(fits)
        .map_or(Segment::Hibernating, |(segment, ..)| *segment)
}

/// The score of each value by rank, a larger value being the better one.
#[must_use]
pub fn scores(values: &[i64]) -> Vec<i64> {
    let mut counts: BTreeMap<i64, usize> = BTreeMap::new();
    for value in values {
        *counts.entry(*value).or_default() += 1;
    }
    let mut worse = 0;
    let mut below: BTreeMap<i64, usize> = BTreeMap::new();
    for (value, count) in counts {
        below.insert(value, worse);
        worse += count;
    }
    let score = |value: &i64| {
        let below = below.get(value).copied().unwrap_or(0);
        let score = if values.len() < FEW {
            1 + 2 * (3 * below / values.len())
        } else {
            1 + 5 * below / values.len()
        };
        i64::try_from(score).unwrap_or(1)
    };
    values.iter().map(score).collect()
}

impl Rfm {
    /// How each customer scores on a day, in the order of their ids.
    ///
    /// # Errors
    /// [`super::NotApplicable::NoRate`].
    pub fn finish(&self, as_of: NaiveDate, rates: &Rates, currency: &str) -> Figure<Vec<RfmFigure>> {
        let mut figures: Vec<RfmFigure> = Vec::new();
        for (customer, one) in self.0.iter() {
            let Some((last, _)) = one.days.iter().last() else {
                continue;
            };
            figures.push(RfmFigure {
                customer: *customer,
                recency_days: (as_of - *last).num_days().max(0),
                orders: one.days.total(),
                net: one.net.finish(rates, currency).whole()?,
                recency: 0,
                frequency: 0,
                monetary: 0,
                segment: Segment::Hibernating,
            });
        }
        let by = |value: fn(&RfmFigure) -> i64| scores(&figures.iter().map(value).collect::<Vec<_>>());
        let (recency, frequency, monetary) = (by(|one| -one.recency_days), by(|one| one.orders), by(|one| one.net));
        let scored = recency.into_iter().zip(frequency).zip(monetary);
        for (one, ((recency, frequency), monetary)) in figures.iter_mut().zip(scored) {
            (one.recency, one.frequency, one.monetary) = (recency, frequency, monetary);
            one.segment = segment(recency, frequency, monetary);
        }
        Ok(figures)
    }
}

impl Rfm {
    /// Takes in orders of a customer on a day, and what they, or returns of them, come to at the rate of another day.
    pub fn put(&mut self, customer: CustomerId, ordered_on: NaiveDate, orders: i64, net: (&str, NaiveDate, i128)) {
        let (currency, day, exact) = net;
        self.0.change(customer, |bought| {
            bought.days.apply(ordered_on, orders);
            bought.net.put(currency, day, exact);
        });
    }
}

impl Accumulator for Rfm {
    type Fact = OrderFact;

    fn apply(&mut self, fact: &OrderFact, times: i64) {
        if !fact.counts {
            return;
        }
        self.0.change(fact.customer, |bought| {
            bought.days.apply(fact.ordered_on, times);
            for (day, amount) in &fact.amounts {
                bought.net.apply(amount, *day, 1, times);
            }
        });
    }

    fn merge(&mut self, other: &Self) {
        self.0.merge(&other.0, |mine, other| {
            mine.days.merge(&other.days);
            mine.net.merge(&other.net);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_value_has_the_same_score() {
        assert_eq!(scores(&[7, 7, 7]), [1, 1, 1]);
        assert_eq!(scores(&[3, 1, 2]), [5, 1, 3]);
        let many: Vec<i64> = (0..25).collect();
        let expected: Vec<i64> = (0..25).map(|n| 1 + n / 5).collect();
        assert_eq!(scores(&many), expected);
        let mut tied = vec![1; 20];
        tied.extend([2; 5]);
        assert_eq!(scores(&tied)[..2], [1, 1]);
        assert_eq!(scores(&tied)[24], 5);
        assert_eq!(scores(&[]), [0_i64; 0]);
    }

    #[test]
    fn the_first_interval_that_fits_tells() {
        assert_eq!(segment(5, 5, 5), Segment::Champion);
        assert_eq!(segment(1, 3, 5), Segment::CantLose);
        assert_eq!(segment(1, 5, 4), Segment::AtRisk);
        assert_eq!(segment(2, 2, 4), Segment::AtRisk);
        assert_eq!(segment(3, 3, 3), Segment::Loyal);
        assert_eq!(segment(4, 5, 5), Segment::Loyal);
        assert_eq!(segment(1, 1, 1), Segment::Lost);
        assert_eq!(segment(5, 1, 1), Segment::Promising);
        assert_eq!(segment(2, 1, 1), Segment::Hibernating);
    }
}

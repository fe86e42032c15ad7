//! Figures 17 and 18: new customers 新客户, retention and churn 留存与流失.
//!
//! Formulas: new = customers whose first order ever falls in the period; acquisition = new ÷ customers active at the end;
//! retention = (E − N) ÷ S; churn = lost ÷ S, with S active at the start, E active at the end, N active at the end and
//! not at the start (new, or won back), lost active at the start and not at the end. A customer is active on a day where
//! it ordered in the so many days before it. Unit: customers; basis points. Vector: S 90, E 95, N 20 → 83.33 %.
//!
//! Edge cases: only orders count that were confirmed; one that was given back in full does not. Customers that were
//! merged are one, with the earliest of their first orders. How long an order keeps a customer active is said for each
//! (by its level). Nobody active at the start: n/a.

use super::calendar::Period;
use super::fact::OrderFact;
use super::tally::{Grouped, Tally};
use super::{Accumulator, Figure, ratio_bp};
use crate::domain::CustomerId;
use chrono::{NaiveDate, TimeDelta};

/// On which days each customer ordered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CustomerBase(Grouped<CustomerId, Tally<NaiveDate>>);

/// How one customer stands over a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Presence {
    /// Its first order ever falls in the period.
    pub is_new: bool,
    /// It was active at the start.
    pub at_start: bool,
    /// It is active at the end.
    pub at_end: bool,
}

/// The figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BaseFigure {
    /// Customers whose first order ever falls in the period.
    pub new: i64,
    /// S: active at the start.
    pub at_start: i64,
    /// E: active at the end.
    pub at_end: i64,
    /// N: active at the end and not at the start.
    pub joined: i64,
    /// Active at the start and not at the end.
    pub lost: i64,
    /// New of those active at the end, in basis points.
    pub acquisition_bp: Figure<i64>,
    /// Retention in basis points.
    pub retention_bp: Figure<i64>,
    /// Churn in basis points.
    pub churn_bp: Figure<i64>,
}

impl BaseFigure {
    /// The figure of these counts.
    #[must_use]
    pub fn of(new: i64, at_start: i64, at_end: i64, joined: i64, lost: i64) -> Self {
        Self {
            new,
            at_start,
            at_end,
            joined,
            lost,
            acquisition_bp: ratio_bp(new.into(), at_end.into()),
            retention_bp: ratio_bp(i128::from(at_end) - i128::from(joined), at_start.into()),
            churn_bp: ratio_bp(lost.into(), at_start.into()),
        }
    }
}

impl CustomerBase {
    /// How each customer stands over a period; `active_days` says for how many days an order keeps it active.
    pub fn presences(
        &self,
        period: Period,
        active_days: impl Fn(CustomerId) -> i64,
    ) -> impl Iterator<Item = (CustomerId, Presence)> {
        self.0.iter().filter_map(move |(customer, days)| {
            let first = *days.first()?;
            let within = active_days(*customer);
            let active = |on: NaiveDate| {
                let since = TimeDelta::try_days(within).and_then(|within| on.checked_sub_signed(within));
                let since = since.unwrap_or(NaiveDate::MIN);
                days.iter().any(|(day, _)| since <= *day && *day < on)
            };
            let presence = Presence {
                is_new: period.contains(first),
                at_start: active(period.start),
                at_end: active(period.end),
            };
            Some((*customer, presence))
        })
    }

    /// The figure of a period.
    #[must_use]
    pub fn finish(&self, period: Period, active_days: impl Fn(CustomerId) -> i64) -> BaseFigure {
        let (mut new, mut at_start, mut at_end, mut joined, mut lost) = (0, 0, 0, 0, 0);
        for (_, one) in self.presences(period, active_days) {
            new += i64::from(one.is_new);
            at_start += i64::from(one.at_start);
            at_end += i64::from(one.at_end);
            joined += i64::from(one.at_end && !one.at_start);
            lost += i64::from(one.at_start && !one.at_end);
        }
        BaseFigure::of(new, at_start, at_end, joined, lost)
    }
}

impl CustomerBase {
    /// Takes in orders of a customer on a day.
    pub fn put(&mut self, customer: CustomerId, ordered_on: NaiveDate, orders: i64) {
        self.0.change(customer, |days| days.apply(ordered_on, orders));
    }
}

impl Accumulator for CustomerBase {
    type Fact = OrderFact;

    fn apply(&mut self, fact: &OrderFact, times: i64) {
        if fact.counts {
            self.0.change(fact.customer, |days| days.apply(fact.ordered_on, times));
        }
    }

    fn merge(&mut self, other: &Self) {
        self.0.merge(&other.0, Tally::merge);
    }
}

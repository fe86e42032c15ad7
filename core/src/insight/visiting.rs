//! Figure 13, visits 拜访: coverage, plan adherence, strike rate, lines per call, calls a day.
//!
//! Formulas: coverage 覆盖率 = customers due that were visited ÷ customers due; adherence 计划达成 = planned stops visited
//! ÷ planned stops; strike rate 有效拜访率 = productive visits ÷ visits; lines per call = lines ordered ÷ productive
//! visits; calls a day = calls ÷ days on which somebody called. Unit: basis points; hundredths.
//!
//! Edge cases: a visit by two counts once for the customer and once for each visitor. Visits at a distance are counted
//! apart. A visit whose place is not verified counts, and stands in a column of its own. A visit is productive by what
//! came of it (an order, or an outcome agreed on), not by somebody having been there. A planned stop whose day is still
//! to come is no missed one: it counts from its day on. Nothing due, planned or made: n/a.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::calendar::Period;
use super::fact::VisitFact;
use super::tally::Tally;
use super::{Accumulator, Figure, quotient, ratio_bp};
use crate::domain::CustomerId;
use crate::domain::visit::Verification;
use crate::ids::MemberId;

/// The visits of a period: of one member, or of all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visiting {
    period: Period,
    member: Option<MemberId>,
    visits: i64,
    remote: i64,
    verified: i64,
    productive: i64,
    lines: i64,
    customers: Tally<CustomerId>,
    verified_customers: Tally<CustomerId>,
    /// Days on which each member called.
    calls: Tally<(NaiveDate, MemberId)>,
    /// Planned stops by their day.
    planned: Tally<NaiveDate>,
    kept: Tally<NaiveDate>,
}

/// What a visit that took place counts as, whoever made it where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VisitSort {
    /// At a distance.
    pub remote: bool,
    /// Its place is verified.
    pub verified: bool,
    /// It came to something.
    pub productive: bool,
    /// Lines ordered on it.
    pub lines: i64,
}

/// The figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitingFigure {
    /// Visits, each once.
    pub visits: i64,
    /// Visits at a distance, by telephone or online.
    pub remote: i64,
    /// Visits whose place is verified.
    pub verified: i64,
    /// Visits that came to something.
    pub productive: i64,
    /// Visits, once for each visitor.
    pub calls: i64,
    /// Different customers visited.
    pub customers: i64,
    /// Customers due that were visited, of those due, in basis points.
    pub coverage_bp: Figure<i64>,
    /// The same, by verified visits alone.
    pub verified_coverage_bp: Figure<i64>,
    /// Planned stops that were visited, of those planned up to the day, in basis points.
    pub adherence_bp: Figure<i64>,
    /// Productive visits of all, in basis points.
    pub strike_bp: Figure<i64>,
    /// Lines ordered on a productive visit, in hundredths.
    pub lines_per_call_x100: Figure<i64>,
    /// Calls on a day on which somebody called, in hundredths.
    pub calls_per_day_x100: Figure<i64>,
}

impl Visiting {
    /// Of a period; of one member, or of all.
    #[must_use]
    pub fn over(period: Period, member: Option<MemberId>) -> Self {
        Self {
            period,
            member,
            visits: 0,
            remote: 0,
            verified: 0,
            productive: 0,
            lines: 0,
            customers: Tally::default(),
            verified_customers: Tally::default(),
            calls: Tally::default(),
            planned: Tally::default(),
            kept: Tally::default(),
        }
    }

    /// Whether a visit is one of those made.
    #[must_use]
    pub fn counts(&self, fact: &VisitFact) -> bool {
        fact.is_made() && self.concerns(fact) && fact.day.is_some_and(|day| self.period.contains(day))
    }

    /// Whether a visit is one of the planned stops.
    #[must_use]
    pub fn is_planned(&self, fact: &VisitFact) -> bool {
        self.concerns(fact) && !fact.remote && fact.planned_on.is_some_and(|day| self.period.contains(day))
    }

    /// Takes in visits of one sort of a day of the period, all of them alike.
    pub fn put(&mut self, sort: &VisitSort, visits: i64) {
        let add = |count: &mut i64, number: i64| *count = count.wrapping_add(number.wrapping_mul(visits));
        if sort.remote {
            add(&mut self.remote, 1);
            return;
        }
        add(&mut self.visits, 1);
        add(&mut self.verified, i64::from(sort.verified));
        add(&mut self.productive, i64::from(sort.productive));
        add(&mut self.lines, if sort.productive { sort.lines } else { 0 });
    }

    /// Takes in planned stops of a day of the period.
    pub fn put_planned(&mut self, day: NaiveDate, kept: bool, stops: i64) {
        self.planned.apply(day, stops);
        if kept {
            self.kept.apply(day, stops);
        }
    }

    /// Takes in visits to a customer within the period, and how many of them are verified.
    pub fn put_customer(&mut self, customer: CustomerId, visits: i64, verified: i64) {
        self.customers.apply(customer, visits);
        self.verified_customers.apply(customer, verified);
    }

    fn concerns(&self, fact: &VisitFact) -> bool {
        self.member.is_none_or(|member| fact.visitors.contains(&member))
    }

    /// The figure on a day, with the customers that were due in the period.
    #[must_use]
    pub fn finish(&self, as_of: NaiveDate, due: &BTreeSet<CustomerId>) -> VisitingFigure {
        let visited = |customers: &Tally<CustomerId>| {
            let among = due.iter().filter(|customer| customers.of(customer) > 0).count();
            ratio_bp(among.try_into().unwrap_or(0), due.len().try_into().unwrap_or(0))
        };
        let until = |stops: &Tally<NaiveDate>| -> i128 {
            stops
                .iter()
                .filter(|(day, _)| **day <= as_of)
                .map(|(_, count)| i128::from(count))
                .sum()
        };
        let hundredths = |up: i64, down: i64| quotient(i128::from(up) * 100, down.into());
        let calls = self.calls.total();
        VisitingFigure {
            visits: self.visits,
            remote: self.remote,
            verified: self.verified,
            productive: self.productive,
            calls,
            customers: self.customers.distinct(),
            coverage_bp: visited(&self.customers),
            verified_coverage_bp: visited(&self.verified_customers),
            adherence_bp: ratio_bp(until(&self.kept), until(&self.planned)),
            strike_bp: ratio_bp(self.productive.into(), self.visits.into()),
            lines_per_call_x100: hundredths(self.lines, self.productive),
            calls_per_day_x100: hundredths(calls, self.calls.distinct()),
        }
    }
}

impl Accumulator for Visiting {
    type Fact = VisitFact;

    fn apply(&mut self, fact: &VisitFact, times: i64) {
        if !self.concerns(fact) {
            return;
        }
        let add = |count: &mut i64, number: i64| *count = count.wrapping_add(number.wrapping_mul(times));
        if self.is_planned(fact)
            && let Some(day) = fact.planned_on
        {
            self.planned.apply(day, times);
            if fact.is_made() {
                self.kept.apply(day, times);
            }
        }
        let Some(day) = fact.day.filter(|day| self.period.contains(*day)) else {
            return;
        };
        if fact.remote && fact.is_begun() {
            add(&mut self.remote, 1);
        }
        if !fact.is_made() {
            return;
        }
        add(&mut self.visits, 1);
        self.customers.apply(fact.customer, times);
        if fact.verification == Verification::Verified {
            add(&mut self.verified, 1);
            self.verified_customers.apply(fact.customer, times);
        }
        if fact.productive {
            add(&mut self.productive, 1);
            add(&mut self.lines, fact.lines);
        }
        let of_member = |visitor: &&MemberId| self.member.is_none_or(|member| member == **visitor);
        for visitor in fact.visitors.iter().filter(of_member) {
            self.calls.apply((day, *visitor), times);
        }
    }

    fn merge(&mut self, other: &Self) {
        let add = |mine: &mut i64, other: i64| *mine = mine.wrapping_add(other);
        add(&mut self.visits, other.visits);
        add(&mut self.remote, other.remote);
        add(&mut self.verified, other.verified);
        add(&mut self.productive, other.productive);
        add(&mut self.lines, other.lines);
        self.customers.merge(&other.customers);
        self.verified_customers.merge(&other.verified_customers);
        self.calls.merge(&other.calls);
        self.planned.merge(&other.planned);
        self.kept.merge(&other.kept);
    }
}

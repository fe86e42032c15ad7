//! Figure 8, forecast roll-up 预测汇总.
//!
//! Formula: commit = closed + commit; most likely = that + most likely; best case = that + best case; open pipeline =
//! pipeline + best case + most likely + commit. Unit: minor units.
//!
//! Edge cases: a won deal is *closed* whatever its category says, by the day of its closing; an open one counts by the
//! day on which it is expected to close. Omitted, lost, invalid and disputed deals are left out. What a manager expects
//! instead stands beside the sum of the deals and never overwrites it: the newest of his judgements.

use chrono::NaiveDate;

use super::Accumulator;
use super::calendar::Period;
use super::fact::DealFact;
use super::money::{Amounts, Converted, Rates};
use crate::domain::event::newest;
use crate::domain::process_template::{ForecastCategory, StageType};
use crate::domain::sales_target::{ForecastJudgement, ForecastLine};

/// The deals of a period by forecast category.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rollup {
    period: Period,
    closed: Amounts,
    commit: Amounts,
    most_likely: Amounts,
    best_case: Amounts,
    pipeline: Amounts,
}

/// The figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RollupFigure {
    /// Won.
    pub closed: Converted,
    /// Won and promised.
    pub commit: Converted,
    /// And what will most likely come.
    pub most_likely: Converted,
    /// And what may come at best.
    pub best_case: Converted,
    /// Everything that is open.
    pub open_pipeline: Converted,
}

impl Rollup {
    /// Of a period.
    #[must_use]
    pub fn over(period: Period) -> Self {
        Self {
            period,
            closed: Amounts::default(),
            commit: Amounts::default(),
            most_likely: Amounts::default(),
            best_case: Amounts::default(),
            pipeline: Amounts::default(),
        }
    }

    /// In which category a deal counts in the period; `None` where in none.
    #[must_use]
    pub fn category(&self, fact: &DealFact) -> Option<ForecastCategory> {
        if !fact.is_sound() {
            return None;
        }
        if fact.stage_type == StageType::Won {
            return fact
                .closed_on
                .filter(|day| self.period.contains(*day))
                .map(|_| ForecastCategory::Closed);
        }
        let counts = fact.is_open() && self.period.contains(fact.expected_close);
        open_category(fact.category.filter(|_| counts)?)
    }

    /// Takes in what many deals of a category come to in minor units of a currency, at the rate of a day.
    pub fn put(&mut self, category: ForecastCategory, currency: &str, day: NaiveDate, exact: i128) {
        if let Some(sum) = self.sum_of(category) {
            sum.put(currency, day, exact);
        }
    }

    const fn sum_of(&mut self, category: ForecastCategory) -> Option<&mut Amounts> {
        match category {
            ForecastCategory::Closed => Some(&mut self.closed),
            ForecastCategory::Commit => Some(&mut self.commit),
            ForecastCategory::MostLikely => Some(&mut self.most_likely),
            ForecastCategory::BestCase => Some(&mut self.best_case),
            ForecastCategory::Pipeline => Some(&mut self.pipeline),
            ForecastCategory::Omitted | ForecastCategory::Unknown => None,
        }
    }

    /// The figure in a currency. Each line is summed exactly and rounded once.
    #[must_use]
    pub fn finish(&self, rates: &Rates, currency: &str) -> RollupFigure {
        let together = |parts: &[&Amounts]| {
            let mut sum = Amounts::default();
            for part in parts {
                sum.merge(part);
            }
            sum.finish(rates, currency)
        };
        RollupFigure {
            closed: together(&[&self.closed]),
            commit: together(&[&self.closed, &self.commit]),
            most_likely: together(&[&self.closed, &self.commit, &self.most_likely]),
            best_case: together(&[&self.closed, &self.commit, &self.most_likely, &self.best_case]),
            open_pipeline: together(&[&self.commit, &self.most_likely, &self.best_case, &self.pipeline]),
        }
    }
}

/// The category for which an open deal counts that says this one; none where it is omitted. An open deal is not closed,
/// whatever it says.
#[must_use]
pub const fn open_category(said: ForecastCategory) -> Option<ForecastCategory> {
    match said {
        ForecastCategory::Omitted | ForecastCategory::Unknown => None,
        ForecastCategory::Closed => Some(ForecastCategory::Commit),
        other => Some(other),
    }
}

impl Accumulator for Rollup {
    type Fact = DealFact;

    fn apply(&mut self, fact: &DealFact, times: i64) {
        let Some(category) = self.category(fact) else {
            return;
        };
        let closed = fact.closed_on.filter(|_| category == ForecastCategory::Closed);
        if let Some(sum) = self.sum_of(category) {
            sum.apply(&fact.amount, closed.unwrap_or(fact.expected_close), 1, times);
        }
    }

    fn merge(&mut self, other: &Self) {
        self.closed.merge(&other.closed);
        self.commit.merge(&other.commit);
        self.most_likely.merge(&other.most_likely);
        self.best_case.merge(&other.best_case);
        self.pipeline.merge(&other.pipeline);
    }
}

/// What a manager expects of a line: the newest judgement; of several made apart the one with the smallest id, the same on
/// every device.
#[must_use]
pub fn judged(judgements: &[ForecastJudgement], line: ForecastLine) -> Option<&ForecastJudgement> {
    let of_line: Vec<ForecastJudgement> = judgements.iter().filter(|one| one.line == line).cloned().collect();
    let chosen = newest(&of_line).into_iter().min_by_key(|one| one.stamp.id)?.stamp.id;
    judgements.iter().find(|one| one.stamp.id == chosen)
}

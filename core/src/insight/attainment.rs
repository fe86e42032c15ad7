//! Figure 1, attainment 完成率.
//!
//! Formula: actual ÷ target; where less is better, target ÷ actual. Unit: basis points. The actual is the sum of the
//! credits of the period ([`Credited`]); what was won stays with who won it.
//!
//! Edge cases: no target, or one of zero: n/a. A member who is held to it from a day within the period: the target is
//! prorated by working days. A refund counts on its own day. A credit in a currency without a rate: n/a, and named.

use chrono::NaiveDate;

use super::calendar::{Period, WorkingDays};
use super::fact::CreditFact;
use super::money::Amounts;
use super::{Accumulator, Figure, NotApplicable, quotient};
use crate::domain::SalesTarget;
use crate::domain::kpi::KpiDirection;

/// What was credited in a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credited {
    period: Period,
    sum: Amounts,
}

impl Credited {
    /// Of a period.
    #[must_use]
    pub fn over(period: Period) -> Self {
        Self {
            period,
            sum: Amounts::default(),
        }
    }

    /// Whether something of a credit is in the sum.
    #[must_use]
    pub fn counts(&self, fact: &CreditFact) -> bool {
        fact.amounts.iter().any(|(day, _)| self.period.contains(*day))
    }

    /// The sum.
    #[must_use]
    pub const fn amounts(&self) -> &Amounts {
        &self.sum
    }
}

impl Accumulator for Credited {
    type Fact = CreditFact;

    fn apply(&mut self, fact: &CreditFact, times: i64) {
        for (day, amount) in fact.amounts.iter().filter(|(day, _)| self.period.contains(*day)) {
            self.sum.apply(amount, *day, 1, times);
        }
    }

    fn merge(&mut self, other: &Self) {
        self.sum.merge(&other.sum);
    }
}

/// A target as somebody is held to it: `value × held ÷ total`, exact until it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// The target of the whole period.
    pub value: i64,
    /// Working days for which it holds.
    pub held: i64,
    /// Working days of the period.
    pub total: i64,
}

impl Held {
    /// A target that holds for its whole period.
    #[must_use]
    pub const fn whole(value: i64) -> Self {
        Self {
            value,
            held: 1,
            total: 1,
        }
    }

    /// A target that holds from a day on, by working days.
    #[must_use]
    pub fn from(value: i64, period: &Period, from: Option<NaiveDate>, days: &WorkingDays) -> Self {
        let Some(from) = from.filter(|from| *from > period.start) else {
            return Self::whole(value);
        };
        let rest = Period {
            start: from,
            end: period.end.max(from),
        };
        Self {
            value,
            held: days.count(&rest),
            total: days.count(period),
        }
    }

    /// The target of a record.
    #[must_use]
    pub fn of(target: &SalesTarget, days: &WorkingDays) -> Self {
        let period = Period::through(target.first_day, target.last_day);
        Self::from(target.value, &period, target.effective_from, days)
    }

    /// The target rounded, for showing it.
    ///
    /// # Errors
    /// [`NotApplicable::NoWorkingDay`] where the period has none.
    pub fn value(&self) -> Figure<i64> {
        let exact = i128::from(self.value) * i128::from(self.held);
        quotient(exact, i128::from(self.total)).map_err(|_| NotApplicable::NoWorkingDay)
    }
}

/// Attainment in basis points.
///
/// # Errors
/// [`NotApplicable::NoTarget`] without a target or with one of zero (or below); [`NotApplicable::NoWorkingDay`] where it
/// is prorated over none; [`NotApplicable::ZeroDenominator`] where less is better and nothing happened.
pub fn attainment(actual: i64, target: Option<Held>, direction: KpiDirection) -> Figure<i64> {
    let target = target
        .filter(|target| target.value > 0)
        .ok_or(NotApplicable::NoTarget)?;
    if target.total <= 0 {
        return Err(NotApplicable::NoWorkingDay);
    }
    let held = i128::from(target.value) * i128::from(target.held);
    if held <= 0 {
        return Err(NotApplicable::NoTarget);
    }
    let (actual, total) = (i128::from(actual), i128::from(target.total));
    // Basis points of `actual ÷ (value × held ÷ total)` in one division.
    let parts = |numerator: i128, denominator: i128| quotient(numerator.saturating_mul(10_000), denominator);
    if direction == KpiDirection::Lower {
        parts(held, actual.saturating_mul(total))
    } else {
        parts(actual.saturating_mul(total), held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_to_reach_is_no_figure() {
        assert_eq!(attainment(5, None, KpiDirection::Higher), Err(NotApplicable::NoTarget));
        assert_eq!(
            attainment(5, Some(Held::whole(0)), KpiDirection::Higher),
            Err(NotApplicable::NoTarget)
        );
        assert_eq!(attainment(0, Some(Held::whole(9)), KpiDirection::Higher), Ok(0));
        assert_eq!(attainment(-9, Some(Held::whole(9)), KpiDirection::Higher), Ok(-10_000));
        assert_eq!(
            attainment(0, Some(Held::whole(9)), KpiDirection::Lower),
            Err(NotApplicable::ZeroDenominator)
        );
        assert_eq!(attainment(20, Some(Held::whole(10)), KpiDirection::Lower), Ok(5_000));
    }

    #[test]
    fn who_came_within_the_period_is_held_to_his_working_days() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let march = Period::through(day("2026-03-01"), day("2026-03-31"));
        let days = WorkingDays::default();
        let held = Held::from(2_200_000, &march, Some(day("2026-03-16")), &days);
        assert_eq!((held.held, held.total), (12, 22));
        assert_eq!(held.value(), Ok(1_200_000));
        assert_eq!(attainment(600_000, Some(held), KpiDirection::Higher), Ok(5_000));
        let gone = Held::from(1, &march, Some(day("2026-04-01")), &days);
        assert_eq!(
            attainment(1, Some(gone), KpiDirection::Higher),
            Err(NotApplicable::NoTarget)
        );
        assert_eq!(Held::from(7, &march, Some(march.start), &days), Held::whole(7));
        // 1 of 3 working days, rounded once: 100 ÷ (100 ÷ 3) is 300 %, not 303.03 %.
        let third = Held {
            value: 100,
            held: 1,
            total: 3,
        };
        assert_eq!(attainment(100, Some(third), KpiDirection::Higher), Ok(30_000));
        assert_eq!(third.value(), Ok(33));
    }
}

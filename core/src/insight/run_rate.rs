//! Figure 9, run rate 按当前速度.
//!
//! Formula: expected = actual ÷ working days that are over × working days of the period; required = (target − actual) ÷
//! working days that are left. Unit: that of the actual, and that a working day. Vector: 300 000 in 21 of 64 days →
//! 914 286.
//!
//! Edge cases: no working day over (or left): n/a. Days off that are worked instead (调休) and holidays count as the
//! calendar says. A target that is reached requires 0. The day asked for is not over yet.

use chrono::NaiveDate;

use super::calendar::{Period, WorkingDays};
use super::{Figure, NotApplicable, quotient};

/// Working days of a period on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Working days that are over.
    pub elapsed: i64,
    /// Working days that are left, that of the day itself among them.
    pub remaining: i64,
}

impl Pace {
    /// Of a period on a day.
    #[must_use]
    pub fn of(period: &Period, on: NaiveDate, days: &WorkingDays) -> Self {
        let middle = on.clamp(period.start, period.end.max(period.start));
        let count = |start, end| days.count(&Period { start, end });
        Self {
            elapsed: count(period.start, middle),
            remaining: count(middle, period.end),
        }
    }

    /// What the period comes to at the present pace.
    ///
    /// # Errors
    /// [`NotApplicable::NoWorkingDay`] where none is over.
    pub fn expected(&self, actual: i64) -> Figure<i64> {
        let total = i128::from(self.elapsed) + i128::from(self.remaining);
        quotient(i128::from(actual) * total, self.elapsed.into()).map_err(|_| NotApplicable::NoWorkingDay)
    }

    /// What each working day that is left must bring.
    ///
    /// # Errors
    /// [`NotApplicable::NoWorkingDay`] where none is left.
    pub fn required(&self, actual: i64, target: i64) -> Figure<i64> {
        let missing = (i128::from(target) - i128::from(actual)).max(0);
        quotient(missing, self.remaining.into()).map_err(|_| NotApplicable::NoWorkingDay)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pace_is_of_working_days() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let march = Period::through(day("2026-03-01"), day("2026-03-31"));
        let days = WorkingDays::default();
        let pace = Pace::of(&march, day("2026-03-16"), &days);
        assert_eq!(
            pace,
            Pace {
                elapsed: 10,
                remaining: 12
            }
        );
        assert_eq!((pace.expected(500), pace.required(500, 1_100)), (Ok(1_100), Ok(50)));
        let before = Pace::of(&march, day("2026-02-01"), &days);
        assert_eq!(
            (before.elapsed, before.expected(0)),
            (0, Err(NotApplicable::NoWorkingDay))
        );
        let after = Pace::of(&march, day("2026-05-01"), &days);
        assert_eq!(after.required(0, 5), Err(NotApplicable::NoWorkingDay));
        assert_eq!(pace.required(7, 5), Ok(0));
    }
}

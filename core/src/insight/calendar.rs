//! Figure 27, time zones and days: which civil day an instant falls on, which days are worked, which period is which.
//!
//! The day of a visit is the civil day in the customer's zone; targets are counted in the zone of the fiscal calendar;
//! days of deals, orders and payments are written as days. A period is half-open.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Offset as _, TimeZone as _, Utc};
use chrono_tz::Tz;

use crate::domain::fiscal_calendar::{FiscalPeriodKind, YearName};
use crate::domain::holiday_calendar::DayKind;
use crate::domain::{FiscalCalendar, HolidayCalendar};

/// Days from `start` (with it) to `end` (without it).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    /// The first day.
    pub start: NaiveDate,
    /// The day after the last.
    pub end: NaiveDate,
}

impl Period {
    /// From the first day to the last, both with it.
    #[must_use]
    pub fn through(first: NaiveDate, last: NaiveDate) -> Self {
        Self {
            start: first,
            end: last.succ_opt().unwrap_or(NaiveDate::MAX),
        }
    }

    /// Whether a day is in it.
    #[must_use]
    pub fn contains(&self, day: NaiveDate) -> bool {
        self.start <= day && day < self.end
    }

    /// The days that both have.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let start = self.start.max(other.start);
        Self {
            start,
            end: self.end.min(other.end).max(start),
        }
    }

    /// How many days it has.
    #[must_use]
    pub fn days(&self) -> i64 {
        (self.end - self.start).num_days().max(0)
    }
}

/// The civil day on which an instant falls in a zone; by UTC where the zone is unknown, or where the zone's clock would
/// show a day beyond those that there are: a record from elsewhere may name any instant.
#[must_use]
pub fn civil_day(at: DateTime<Utc>, zone: &str) -> NaiveDate {
    let zone: Tz = zone.parse().unwrap_or(Tz::UTC);
    let offset = zone.offset_from_utc_datetime(&at.naive_utc()).fix();
    let local = at.naive_utc().checked_add_offset(offset);
    local.unwrap_or_else(|| at.naive_utc()).date()
}

/// Which days are worked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkingDays {
    /// Whether each weekday is worked, Monday first.
    week: [bool; 7],
    /// Days that are worked against their weekday.
    worked: BTreeSet<NaiveDate>,
    /// Days that are free against their weekday.
    free: BTreeSet<NaiveDate>,
}

impl Default for WorkingDays {
    /// Monday to Friday.
    fn default() -> Self {
        Self::of(&HolidayCalendar::default())
    }
}

impl WorkingDays {
    /// The days that a calendar says are worked.
    #[must_use]
    pub fn of(calendar: &HolidayCalendar) -> Self {
        let mut week = [true, true, true, true, true, false, false];
        if !calendar.working_weekdays.is_empty() {
            week = std::array::from_fn(|at| {
                let number = i64::try_from(at).unwrap_or(0) + 1;
                calendar.working_weekdays.contains(&number)
            });
        }
        let days = |kind| {
            let of_kind = calendar.days.iter().filter(move |(_, one)| **one == kind);
            of_kind.filter_map(|(day, _)| day.parse().ok()).collect()
        };
        Self {
            week,
            worked: days(DayKind::WorkingDay),
            free: days(DayKind::Holiday),
        }
    }

    /// Whether a day is worked.
    #[must_use]
    pub fn is_worked(&self, day: NaiveDate) -> bool {
        let weekday = self.week[day.weekday().num_days_from_monday() as usize];
        !self.free.contains(&day) && (weekday || self.worked.contains(&day))
    }

    /// How many days of a period are worked.
    #[must_use]
    pub fn count(&self, period: &Period) -> i64 {
        // Whole weeks are counted by their kind of week, so that a hostile period of a million years costs nothing.
        let per_week = i64::try_from(self.week.iter().filter(|worked| **worked).count()).unwrap_or(0);
        let weeks = period.days() / 7;
        let rest = (0..period.days() % 7).filter(|offset| {
            let at = i64::from(period.start.weekday().num_days_from_monday()) + offset;
            self.week[usize::try_from(at % 7).unwrap_or(0)]
        });
        let by_week = weeks * per_week + i64::try_from(rest.count()).unwrap_or(0);
        let weekday = |day: &NaiveDate| self.week[day.weekday().num_days_from_monday() as usize];
        let within = |days: &BTreeSet<NaiveDate>, worked: bool| {
            let days = days
                .iter()
                .filter(|day| period.contains(**day) && weekday(day) == worked);
            i64::try_from(days.filter(|day| worked || !self.free.contains(*day)).count()).unwrap_or(0)
        };
        by_week - within(&self.free, true) + within(&self.worked, false)
    }
}

/// The fiscal period of a sort in which a day lies: a listed one, else by calendar months. Absent where periods of the
/// sort are listed and none has the day.
#[must_use]
pub fn fiscal_period(calendar: &FiscalCalendar, kind: FiscalPeriodKind, day: NaiveDate) -> Option<Period> {
    let mut listed = calendar.periods.iter().filter(|one| one.kind == kind).peekable();
    if listed.peek().is_some() {
        let mut periods = listed.map(|one| Period::through(one.first_day, one.last_day));
        return periods.find(|period| period.contains(day));
    }
    let months = match kind {
        FiscalPeriodKind::Month => 1,
        FiscalPeriodKind::Quarter => 3,
        FiscalPeriodKind::Year => 12,
        FiscalPeriodKind::Unknown => return None,
    };
    let since_first = months_into_year(calendar, day) % months;
    let start = day.with_day(1)?.checked_sub_months(Months::new(since_first))?;
    Some(Period {
        start,
        end: start.checked_add_months(Months::new(months))?,
    })
}

/// The name of the fiscal year of a day, as a civil year.
#[must_use]
pub fn fiscal_year(calendar: &FiscalCalendar, day: NaiveDate) -> Option<i32> {
    let year = fiscal_period(calendar, FiscalPeriodKind::Year, day)?;
    Some(match calendar.named_after {
        Some(YearName::Start) => year.start.year(),
        _ => year.end.checked_sub_days(Days::new(1))?.year(),
    })
}

/// Whole months between the beginning of the fiscal year and a day.
fn months_into_year(calendar: &FiscalCalendar, day: NaiveDate) -> u32 {
    let first = u32::try_from(calendar.first_month).unwrap_or(1).clamp(1, 12);
    (day.month() + 12 - first) % 12
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A record that was pushed may name any instant that can be written down.
    #[test]
    fn an_instant_at_the_end_of_days_has_a_day_in_every_zone() {
        for (at, zone) in [
            (DateTime::<Utc>::MAX_UTC, "Asia/Shanghai"),
            (DateTime::<Utc>::MIN_UTC, "America/New_York"),
            (DateTime::<Utc>::MAX_UTC, "no such zone"),
        ] {
            assert_eq!(civil_day(at, zone), at.naive_utc().date());
        }
    }

    use crate::domain::fiscal_calendar::FiscalPeriod;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn october() -> HolidayCalendar {
        let mut days: std::collections::HashMap<String, DayKind> =
            (1..=7).map(|n| (format!("2026-10-0{n}"), DayKind::Holiday)).collect();
        days.insert("2026-09-27".to_owned(), DayKind::WorkingDay);
        days.insert("2026-10-10".to_owned(), DayKind::WorkingDay);
        HolidayCalendar {
            days,
            ..HolidayCalendar::default()
        }
    }

    #[test]
    fn days_off_that_are_worked_count_and_holidays_do_not() {
        let worked = WorkingDays::of(&october());
        assert!(worked.is_worked(day("2026-10-10")) && !worked.is_worked(day("2026-10-11")));
        let october = Period::through(day("2026-10-01"), day("2026-10-31"));
        assert_eq!(WorkingDays::default().count(&october), 22);
        assert_eq!(worked.count(&october), 18);
        let one_by_one = |period: &Period| {
            let days = period.start.iter_days().take_while(|day| *day < period.end);
            i64::try_from(days.filter(|day| worked.is_worked(*day)).count()).unwrap()
        };
        for length in 0..60 {
            for start in ["2026-09-21", "2026-09-27", "2026-10-03"].map(day) {
                let period = Period {
                    start,
                    end: start + Days::new(length),
                };
                assert_eq!(worked.count(&period), one_by_one(&period), "{period:?}");
            }
        }
        assert_eq!(
            worked.count(&Period {
                start: day("2026-10-03"),
                end: day("2026-10-01")
            }),
            0
        );
    }

    #[test]
    fn a_fiscal_year_begins_where_the_organisation_says() {
        let april = FiscalCalendar {
            first_month: 4,
            ..FiscalCalendar::default()
        };
        let of = |kind, text| fiscal_period(&april, kind, day(text)).unwrap();
        assert_eq!(of(FiscalPeriodKind::Year, "2026-03-31").start, day("2025-04-01"));
        assert_eq!(
            of(FiscalPeriodKind::Quarter, "2026-03-31"),
            Period {
                start: day("2026-01-01"),
                end: day("2026-04-01")
            }
        );
        assert_eq!(of(FiscalPeriodKind::Quarter, "2026-05-31").start, day("2026-04-01"));
        assert_eq!(of(FiscalPeriodKind::Month, "2026-05-31").start, day("2026-05-01"));
        assert_eq!(fiscal_year(&april, day("2026-03-31")), Some(2026));
        let by_start = FiscalCalendar {
            named_after: Some(YearName::Start),
            ..april
        };
        assert_eq!(fiscal_year(&by_start, day("2026-03-31")), Some(2025));
        let listed = FiscalPeriod {
            code: "2026-M01".to_owned(),
            kind: FiscalPeriodKind::Month,
            first_day: day("2025-12-29"),
            last_day: day("2026-01-25"),
        };
        let four_four_five = FiscalCalendar {
            periods: vec![listed],
            ..FiscalCalendar::default()
        };
        let month = |text| fiscal_period(&four_four_five, FiscalPeriodKind::Month, day(text));
        assert_eq!(month("2026-01-25").unwrap().end, day("2026-01-26"));
        assert_eq!(month("2026-01-26"), None);
    }

    #[test]
    fn a_day_is_that_of_the_zone() {
        let late: DateTime<Utc> = "2026-03-01T16:30:00Z".parse().unwrap();
        assert_eq!(civil_day(late, "Asia/Shanghai"), day("2026-03-02"));
        assert_eq!(civil_day(late, "America/New_York"), day("2026-03-01"));
        assert_eq!(civil_day(late, "Nowhere/Else"), day("2026-03-01"));
    }
}

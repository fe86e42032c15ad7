//! Fiscal calendar 财年日历: when the organisation's months, quarters and years begin.

use chrono::NaiveDate;
use satchel_derive::{choice, entity, value};

use crate::schema::{Record, Violation, ViolationCode};

/// When the organisation's periods begin. Without listed periods they are calendar months, the year beginning with the
/// first month.
#[entity("fiscal_calendar", scope = org, writers = admin, checked)]
pub struct FiscalCalendar {
    /// Name.
    #[field(required, max_len = 120)]
    pub name: String,
    /// Month with which the fiscal year begins, 1 to 12.
    #[field(required, min = 1, max = 12)]
    pub first_month: i64,
    /// Which civil year a fiscal year is named after, where it touches two; the one in which it ends where blank.
    pub named_after: Option<YearName>,
    /// Weekday with which a week begins, 1 (Monday) to 7; Monday where blank.
    #[field(min = 1, max = 7)]
    pub week_begins: Option<i64>,
    /// IANA name of the zone in which targets are counted.
    #[field(max_len = 40)]
    pub zone: Option<String>,
    /// Periods of a calendar that is not one of months (as 4-4-5), written as one.
    #[field(max_len = 400)]
    pub periods: Vec<FiscalPeriod>,
}

/// Which civil year a fiscal year is named after.
#[choice]
pub enum YearName {
    /// The one in which it begins.
    Start,
    /// The one in which it ends.
    End,
}

/// Sort of a fiscal period.
#[choice]
pub enum FiscalPeriodKind {
    /// Month.
    Month,
    /// Quarter.
    Quarter,
    /// Year.
    Year,
}

/// A period that is listed.
#[value]
pub struct FiscalPeriod {
    /// Code, as in `2026-Q1`.
    pub code: String,
    /// Its sort.
    pub kind: FiscalPeriodKind,
    /// Its first day.
    pub first_day: NaiveDate,
    /// Its last day, with it.
    pub last_day: NaiveDate,
}

impl Record for FiscalCalendar {
    fn check(&self) -> Vec<Violation> {
        let sound = |period: &FiscalPeriod| !period.code.is_empty() && period.first_day <= period.last_day;
        if self.periods.iter().all(sound) {
            Vec::new()
        } else {
            vec![Violation::new("periods", ViolationCode::Inconsistent)]
        }
    }
}

//! Holiday calendar 节假日: which days are worked.

use std::collections::HashMap;

use chrono::NaiveDate;
use satchel_derive::{choice, entity};

use crate::schema::{Record, Violation, ViolationCode};

/// Which days are worked: the weekdays, and the days that differ from them (holidays, and days off that are worked
/// instead, 调休).
#[entity("holiday_calendar", scope = org, writers = admin, checked)]
pub struct HolidayCalendar {
    /// Name.
    #[field(required, max_len = 120)]
    pub name: String,
    /// Region it is for, as in `CN`.
    #[field(index, max_len = 20)]
    pub region: Option<String>,
    /// Weekdays that are worked, 1 (Monday) to 7, written as one; Monday to Friday where empty.
    #[field(max_len = 7)]
    pub working_weekdays: Vec<i64>,
    /// Days that differ from their weekday, by day (`2026-10-01`).
    #[field(merge = map, max_len = 3000)]
    pub days: HashMap<String, DayKind>,
}

/// What a day is that differs from its weekday.
#[choice]
pub enum DayKind {
    /// 休: nobody works.
    Holiday,
    /// 班: a day off that is worked.
    WorkingDay,
}

impl Record for HolidayCalendar {
    fn check(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        if !self.working_weekdays.iter().all(|day| (1..=7).contains(day)) {
            found.push(Violation::new("working_weekdays", ViolationCode::Malformed));
        }
        if !self.days.keys().all(|day| day.parse::<NaiveDate>().is_ok()) {
            found.push(Violation::new("days", ViolationCode::Malformed));
        }
        found
    }
}

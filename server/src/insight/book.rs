//! What figures are counted by: currency, zone, calendars, rates.

use chrono::{DateTime, NaiveDate, Utc};
use satchel_core::domain::fiscal_calendar::{FiscalPeriodKind, YearName};
use satchel_core::domain::{ExchangeRate, FiscalCalendar, HolidayCalendar};
use satchel_core::ids::DocumentId;
use satchel_core::insight::calendar::{Period, WorkingDays, civil_day, fiscal_period};
use satchel_core::insight::money::Rates;
use satchel_core::projection::Row;
use satchel_core::schema::Entity;

use super::InsightError;
use crate::store::People;

/// Rows read at a time.
const PAGE: usize = 500;

/// Days that an open deal may stand still before it is stale.
pub const STALE_DAYS: i64 = 30;

/// Days for which an order keeps a customer active.
pub const ACTIVE_DAYS: i64 = 90;

/// The currency of figures where neither the caller nor the organisation's targets name one.
const CURRENCY: &str = "CNY";

/// What figures are counted by.
#[derive(Debug, Clone)]
pub struct Book {
    /// The currency of amounts (ISO 4217).
    pub currency: String,
    /// The zone of days where a record names none: that of the fiscal calendar, else UTC.
    pub zone: String,
    /// When periods begin.
    pub calendar: FiscalCalendar,
    /// Which days are worked.
    pub days: WorkingDays,
    /// Dated rates.
    pub rates: Rates,
    /// Now.
    pub now: DateTime<Utc>,
}

/// A period as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// As it was written.
    pub name: String,
    /// Its days.
    pub days: Period,
}

impl Book {
    /// Reads what the organisation's records say. Of several calendars the one with the smallest id holds, of none the
    /// calendar's months, and Monday to Friday.
    ///
    /// # Errors
    /// [`InsightError::BadCurrency`], or where the store fails.
    pub fn read(tx: &dyn People, currency: Option<&str>, now_ms: i64) -> Result<Self, InsightError> {
        let is_code = |code: &str| code.len() == 3 && code.bytes().all(|letter| letter.is_ascii_uppercase());
        if currency.is_some_and(|code| !is_code(code)) {
            return Err(InsightError::BadCurrency);
        }
        let calendar = calendar(tx)?;
        let mut holidays: Option<HolidayCalendar> = None;
        each::<HolidayCalendar>(tx, |_, _, found| {
            holidays.get_or_insert(found);
            Ok(())
        })?;
        let mut rates = Vec::new();
        each::<ExchangeRate>(tx, |_, _, rate| {
            rates.push(rate);
            Ok(())
        })?;
        Ok(Self {
            currency: currency.unwrap_or(CURRENCY).to_owned(),
            zone: zone_of(&calendar),
            calendar,
            days: holidays.map_or_else(WorkingDays::default, |found| WorkingDays::of(&found)),
            rates: Rates::of(&rates),
            now: DateTime::from_timestamp_millis(now_ms).unwrap_or_default(),
        })
    }

    /// The civil day of now.
    #[must_use]
    pub fn today(&self) -> NaiveDate {
        civil_day(self.now, &self.zone)
    }

    /// The days of a period up to today, with it.
    #[must_use]
    pub fn until_today(&self, period: Period) -> Period {
        let tomorrow = self.today().succ_opt().unwrap_or(NaiveDate::MAX);
        period.and(&Period {
            start: NaiveDate::MIN,
            end: tomorrow,
        })
    }

    /// The period that a text names: `2026-03`, `2026-Q1`, `2026`, or the code of a listed one; the fiscal month of today
    /// for none.
    ///
    /// # Errors
    /// [`InsightError::BadPeriod`], [`InsightError::NoSuchPeriod`].
    pub fn period(&self, text: Option<&str>) -> Result<Asked, InsightError> {
        let Some(text) = text else {
            let days = fiscal_period(&self.calendar, FiscalPeriodKind::Month, self.today());
            let days = days.ok_or(InsightError::NoSuchPeriod)?;
            return Ok(Asked {
                name: days.start.format("%Y-%m").to_string(),
                days,
            });
        };
        let days = match self.calendar.periods.iter().find(|listed| listed.code == text) {
            Some(listed) => Period::through(listed.first_day, listed.last_day),
            None => self.written(text)?,
        };
        Ok(Asked {
            name: text.to_owned(),
            days,
        })
    }

    fn written(&self, text: &str) -> Result<Period, InsightError> {
        let (year, rest) = text.split_at_checked(4).ok_or(InsightError::BadPeriod)?;
        let year: i32 = year.parse().map_err(|_| InsightError::BadPeriod)?;
        if !(1900..=9999).contains(&year) {
            return Err(InsightError::BadPeriod);
        }
        let number = |text: &str, most: u32| {
            let number = text.parse::<u32>().ok().filter(|number| (1..=most).contains(number));
            number.ok_or(InsightError::BadPeriod)
        };
        let within = |kind, day: Option<NaiveDate>| {
            let day = day.ok_or(InsightError::BadPeriod)?;
            fiscal_period(&self.calendar, kind, day).ok_or(InsightError::NoSuchPeriod)
        };
        if rest.is_empty() {
            return within(FiscalPeriodKind::Year, self.begins(year));
        }
        let rest = rest.strip_prefix('-').ok_or(InsightError::BadPeriod)?;
        if let Some(quarter) = rest.strip_prefix('Q') {
            let months = chrono::Months::new(3 * (number(quarter, 4)? - 1));
            let day = self.begins(year).and_then(|day| day.checked_add_months(months));
            return within(FiscalPeriodKind::Quarter, day);
        }
        if rest.len() != 2 {
            return Err(InsightError::BadPeriod);
        }
        // A month is named by the civil month in which its middle lies.
        within(
            FiscalPeriodKind::Month,
            NaiveDate::from_ymd_opt(year, number(rest, 12)?, 15),
        )
    }

    /// A day early in the fiscal year of this name.
    fn begins(&self, year: i32) -> Option<NaiveDate> {
        let first = u32::try_from(self.calendar.first_month).unwrap_or(1).clamp(1, 12);
        let earlier = i32::from(first > 1 && self.calendar.named_after != Some(YearName::Start));
        NaiveDate::from_ymd_opt(year - earlier, first, 15)
    }

    /// The fiscal months before a day, the oldest first, up to `most`.
    #[must_use]
    pub fn months_before(&self, day: NaiveDate, most: usize) -> Vec<Period> {
        let mut found = Vec::new();
        let mut before = day.pred_opt();
        while let Some(day) = before.filter(|_| found.len() < most) {
            let Some(month) = fiscal_period(&self.calendar, FiscalPeriodKind::Month, day) else {
                break;
            };
            before = month.start.pred_opt();
            found.push(month);
        }
        found.reverse();
        found
    }

    /// The fiscal months from a day on, `many` of them or as many as the calendar has.
    #[must_use]
    pub fn months_from(&self, day: NaiveDate, many: usize) -> Vec<Period> {
        let mut found = Vec::new();
        let mut next = day;
        while found.len() < many
            && let Some(month) = fiscal_period(&self.calendar, FiscalPeriodKind::Month, next)
        {
            next = month.end;
            found.push(month);
        }
        found
    }
}

/// The organisation's fiscal calendar.
///
/// # Errors
/// Where the store fails.
pub fn calendar(tx: &dyn People) -> Result<FiscalCalendar, InsightError> {
    let mut found: Option<FiscalCalendar> = None;
    each::<FiscalCalendar>(tx, |_, _, calendar| {
        found.get_or_insert(calendar);
        Ok(())
    })?;
    Ok(found.unwrap_or(FiscalCalendar {
        first_month: 1,
        ..FiscalCalendar::default()
    }))
}

/// The zone in which a calendar counts days.
#[must_use]
pub fn zone_of(calendar: &FiscalCalendar) -> String {
    calendar.zone.clone().unwrap_or_else(|| "UTC".to_owned())
}

/// Takes every record of a kind that is not put away, by id.
///
/// # Errors
/// Where the store fails, and what `take` says.
pub fn each<T: Entity>(
    tx: &dyn People,
    mut take: impl FnMut(DocumentId, &Row, T) -> Result<(), InsightError>,
) -> Result<(), InsightError> {
    let mut after = None;
    loop {
        let page = tx.kind_rows(T::KIND.name, after, PAGE)?;
        for found in &page {
            let row: Row = serde_json::from_str(&found.row)?;
            if !row.archived {
                take(found.id, &row, row.typed())?;
            }
        }
        match page.last() {
            Some(last) if page.len() == PAGE => after = Some(last.id),
            _ => return Ok(()),
        }
    }
}

//! Days.

use chrono::{Days, NaiveDate};

use super::{CellError, plain};

/// Which stands first in `03/04/2026`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayOrder {
    /// The day: the third of April.
    DayFirst,
    /// The month: the fourth of March.
    MonthFirst,
}

/// Reads a day: `2026-03-01`, `2026/3/1`, `2026.3.1`, `20260301`, `2026年3月1日`, `01-Mar-2026`, `Mar 1, 2026`, a serial
/// number of Excel, each with a time behind it or not; `13/4/2026` where only one order is possible, and `3/4/2026`
/// where the order is told.
///
/// # Errors
/// [`CellError::AmbiguousDay`] where an order is needed, else [`CellError::NotADay`]. Years of two digits are no days.
pub fn read_day(text: &str, order: Option<DayOrder>) -> Result<NaiveDate, CellError> {
    let text = plain(text);
    let day = without_time(&text);
    if day.bytes().all(|byte| byte.is_ascii_digit()) {
        return from_digits(day).ok_or(CellError::NotADay);
    }
    let spaced: String = day
        .chars()
        .map(|c| {
            if matches!(c, '年' | '月' | '日' | '号') {
                ' '
            } else {
                c
            }
        })
        .collect();
    let parts: Vec<&str> = spaced
        .split(|c: char| !c.is_alphanumeric())
        .filter(|part| !part.is_empty())
        .collect();
    let [a, b, c] = parts.as_slice() else {
        return Err(CellError::NotADay);
    };
    if let Some(year) = year(a) {
        return date(Some(year), month(b), number(c));
    }
    let year = year(c);
    match (month_name(a), month_name(b)) {
        (Some(month), None) => date(year, Some(month), number(b)),
        (None, Some(month)) => date(year, Some(month), number(a)),
        _ => {
            let (Some(first), Some(second)) = (number(a), number(b)) else {
                return Err(CellError::NotADay);
            };
            let day_first = date(year, Some(second), Some(first));
            let month_first = date(year, Some(first), Some(second));
            match (day_first, month_first, order) {
                (Ok(day), Ok(other), _) if day == other => Ok(day),
                (Ok(_), Ok(_), None) => Err(CellError::AmbiguousDay),
                (Ok(day), Err(_), None) | (Err(_), Ok(day), None) => Ok(day),
                // The order that was told holds for the whole list: 13/4 in a list of months first is an error in it.
                (day, _, Some(DayOrder::DayFirst)) | (_, day, Some(DayOrder::MonthFirst)) => day,
                _ => Err(CellError::NotADay),
            }
        }
    }
}

/// The day of `2026-03-01T14:05:00Z` and `2026/3/1 14:05:00`, as it stands there.
fn without_time(text: &str) -> &str {
    let is_time = |rest: &str| {
        let mut letters = rest.trim_start().chars();
        letters.next().is_some_and(|first| first.is_ascii_digit()) && rest.contains(':')
    };
    let cut = text
        .char_indices()
        .find(|(at, c)| matches!(c, 'T' | ' ') && is_time(&text[at + c.len_utf8()..]));
    cut.map_or(text, |(at, _)| text[..at].trim_end())
}

fn from_digits(text: &str) -> Option<NaiveDate> {
    match text.len() {
        8 => date(year(&text[..4]), month(&text[4..6]), number(&text[6..])).ok(),
        // Serial numbers of Excel from 1954 to 2173; its day 60, which never was, lies before.
        5 => {
            let serial: u64 = text.parse().ok().filter(|serial| (20_000..=99_999).contains(serial))?;
            NaiveDate::from_ymd_opt(1899, 12, 30)?.checked_add_days(Days::new(serial))
        }
        _ => None,
    }
}

fn date(year: Option<i32>, month: Option<u32>, day: Option<u32>) -> Result<NaiveDate, CellError> {
    let day = year
        .zip(month)
        .zip(day)
        .and_then(|((year, month), day)| NaiveDate::from_ymd_opt(year, month, day));
    day.ok_or(CellError::NotADay)
}

fn year(text: &str) -> Option<i32> {
    let digits = text.len() == 4 && text.bytes().all(|digit| digit.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten().filter(|year| *year >= 1800)
}

fn number(text: &str) -> Option<u32> {
    let digits = text.len() <= 2 && text.bytes().all(|digit| digit.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

fn month(text: &str) -> Option<u32> {
    number(text).or_else(|| month_name(text))
}

fn month_name(text: &str) -> Option<u32> {
    let text = text.to_ascii_lowercase();
    let at = MONTHS
        .iter()
        .position(|name| text.len() >= 3 && name.starts_with(&text))?;
    u32::try_from(at).ok().map(|at| at + 1)
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

//! When the demo plays: on the Monday of last week, so that all of it is over and the relay's clock, which is the real
//! one, is not far from the phones'.

use anyhow::{Context, Result};
use chrono::{DateTime, Datelike as _, Days, NaiveDate, NaiveTime, TimeZone as _, Utc};
use chrono_tz::Tz;

/// The days of the demo.
#[derive(Debug, Clone, Copy)]
pub(super) struct Calendar {
    /// The day without signal.
    pub(super) monday: NaiveDate,
}

impl Calendar {
    /// As seen from a moment.
    pub(super) fn from(now: DateTime<Utc>) -> Result<Self> {
        let back = 7 + u64::from(now.weekday().num_days_from_monday());
        let monday = now.date_naive().checked_sub_days(Days::new(back)).context("a day")?;
        Ok(Self { monday })
    }

    /// A day so many days before the demo's Monday.
    pub(super) fn before(self, days: u64) -> Result<NaiveDate> {
        self.monday.checked_sub_days(Days::new(days)).context("a day")
    }

    /// A day so many days after the demo's Monday.
    pub(super) fn after(self, days: u64) -> Result<NaiveDate> {
        self.monday.checked_add_days(Days::new(days)).context("a day")
    }

    /// When everybody is home, wherever that is, in milliseconds since 1970: at four in the morning of Tuesday, UTC.
    pub(super) fn evening_ms(self) -> Result<i64> {
        at(self.after(1)?, 4, 0, Tz::UTC)
    }

    /// The quarter of the demo's Monday, as the relay names periods.
    pub(super) fn quarter(self) -> String {
        format!("{}-Q{}", self.monday.year(), self.monday.month0() / 3 + 1)
    }

    /// The year in which most of the history lies, as the relay names periods.
    pub(super) fn year_past(self) -> Result<String> {
        Ok(self.before(182)?.year().to_string())
    }
}

/// A time of a day in a zone, in milliseconds since 1970.
pub(super) fn at(day: NaiveDate, hour: u32, minute: u32, zone: Tz) -> Result<i64> {
    let time = NaiveTime::from_hms_opt(hour, minute, 0).context("a time")?;
    let local = zone
        .from_local_datetime(&day.and_time(time))
        .earliest()
        .context("an hour")?;
    Ok(local.timestamp_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_plays_on_the_monday_of_last_week() {
        for (now, monday) in [
            ("2026-11-23T00:00:00Z", "2026-11-16"),
            ("2026-11-24T20:00:00Z", "2026-11-16"),
            ("2026-11-29T23:59:59Z", "2026-11-16"),
            ("2027-01-04T08:00:00Z", "2026-12-28"),
        ] {
            let calendar = Calendar::from(now.parse().unwrap()).unwrap();
            assert_eq!(calendar.monday.to_string(), monday, "{now}");
        }
        let calendar = Calendar::from("2027-01-04T08:00:00Z".parse().unwrap()).unwrap();
        assert_eq!(calendar.quarter(), "2026-Q4");
        assert_eq!(calendar.year_past().unwrap(), "2026");
    }
}

//! How ids, instants and days cross to Kotlin, Swift and Python: the types of the libraries there, and plain strings.
//!
//! The kinds' own types are derived where they stand; this is for the rest.

use std::time::SystemTime;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::ids::{DeviceId, DocumentId, EventId, MemberId, OrgId, ScopeId, TeamId};

macro_rules! text {
    ($($name:ident),*) => { $(uniffi::custom_type!($name, String, {
        lower: |id| id.to_string(),
        try_lift: |text| Ok(text.parse()?),
    });)* };
}

text!(OrgId, MemberId, TeamId, DeviceId, DocumentId, ScopeId, EventId);

/// An instant in UTC: `java.time.Instant` in Kotlin, `Date` in Swift, `datetime` in Python.
pub type Instant = DateTime<Utc>;

uniffi::custom_type!(Instant, SystemTime, {
    remote,
    lower: |instant| SystemTime::from(instant),
    try_lift: |time| from_system(time),
});

/// An instant that a caller gives, where a record can hold it.
fn from_system(time: SystemTime) -> Result<Instant, uniffi::deps::anyhow::Error> {
    let (sign, distance) = match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => (1, after),
        Err(before) => (-1, before.duration()),
    };
    let distance = TimeDelta::from_std(distance)?;
    let instant = DateTime::UNIX_EPOCH.checked_add_signed(distance * sign);
    instant.ok_or_else(|| uniffi::deps::anyhow::anyhow!("an instant outside the calendar"))
}

/// A civil day without a zone, as text: `2026-03-01`.
pub type Day = NaiveDate;

uniffi::custom_type!(Day, String, {
    remote,
    lower: |day| day.to_string(),
    try_lift: |text| Ok(text.parse()?),
});

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_instant_crosses_both_ways_or_is_refused() {
        for ms in [0, 1_700_000_000_123, -1, -62_135_596_800_000] {
            let instant = DateTime::from_timestamp_millis(ms).unwrap();
            assert_eq!(from_system(SystemTime::from(instant)).unwrap(), instant);
        }
        let far = SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 60);
        assert!(from_system(far).is_err());
    }
}

//! The agenda of a civil day: what is planned, what is due, what is late.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;
use serde_json::Value;

use super::all;
use crate::domain::task::TaskState;
use crate::domain::{Task, Visit};
use crate::ids::MemberId;
use crate::projection::Cell;
use crate::schema::Entity;
use crate::store::{Direction, Error, ListQuery, Reader, Record, Test};

/// The most entries of each part; nobody has as many in a day.
const MOST: usize = 2_000;

/// What a civil day holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Agenda {
    /// Visits planned to begin on the day, earliest first.
    pub visits: Vec<Record>,
    /// Tasks due on the day that are not done, earliest first.
    pub due: Vec<Record>,
    /// Tasks due before the day that are not done, earliest first.
    pub overdue: Vec<Record>,
}

/// The agenda of a day in a zone: of one member (visits he takes part in, tasks assigned to him, and those of nobody),
/// or of everybody.
///
/// # Errors
/// As every reading of the store.
pub fn agenda(reader: &Reader<'_>, day: NaiveDate, zone: Tz, member: Option<MemberId>) -> Result<Agenda, Error> {
    let (from, to) = (begin(day, zone), begin(day + Days::new(1), zone));
    let instant = |at: DateTime<Utc>| Cell::Integer(at.timestamp_millis());
    let within = || Test::Between(instant(from), instant(to));
    let mine = |field: &'static str| {
        move |record: &Record| {
            let names = record.row.fields.get(field).and_then(Value::as_array);
            let empty = names.is_none_or(Vec::is_empty);
            let takes_part = |member: MemberId| {
                let member = member.to_string();
                names.into_iter().flatten().any(|name| name.as_str() == Some(&member))
            };
            empty || member.is_none_or(takes_part)
        }
    };
    let visits = ListQuery::new(Visit::KIND.name)
        .filter("planned_start", within())
        .order("planned_start", Direction::Ascending);
    let standing = [TaskState::Open, TaskState::InProgress, TaskState::Deferred];
    let standing = Test::In(
        standing
            .iter()
            .map(|state| Cell::Text(state.code().to_owned()))
            .collect(),
    );
    let tasks = |when: Test| {
        ListQuery::new(Task::KIND.name)
            .filter("due_at", when)
            .filter("state", standing.clone())
            .order("due_at", Direction::Ascending)
    };
    let pick = |query: ListQuery, field: &'static str| {
        let mut records = all(reader, query, MOST)?;
        records.retain(mine(field));
        Ok::<_, Error>(records)
    };
    Ok(Agenda {
        visits: pick(visits, "visitors")?,
        due: pick(tasks(within()), "assignees")?,
        overdue: pick(tasks(Test::Lt(instant(from))), "assignees")?,
    })
}

/// The first instant of a civil day. Where the clocks skip midnight, the first after the gap.
fn begin(day: NaiveDate, zone: Tz) -> DateTime<Utc> {
    let midnight = day.and_time(NaiveTime::MIN);
    let first = (0..=24 * 4).find_map(|quarter| {
        let local = midnight + chrono::TimeDelta::minutes(15 * quarter);
        zone.from_local_datetime(&local).earliest()
    });
    first.map_or_else(|| midnight.and_utc(), |at| at.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_where_its_zone_says_also_when_midnight_is_skipped() {
        let day = NaiveDate::from_ymd_opt(2026, 3, 1).unwrap();
        assert_eq!(
            begin(day, chrono_tz::Asia::Shanghai).to_rfc3339(),
            "2026-02-28T16:00:00+00:00"
        );
        // Lebanon's clocks went from 00:00 to 01:00.
        let gap = NaiveDate::from_ymd_opt(2022, 3, 27).unwrap();
        assert_eq!(
            begin(gap, chrono_tz::Asia::Beirut).to_rfc3339(),
            "2022-03-26T22:00:00+00:00"
        );
    }
}

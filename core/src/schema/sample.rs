//! A kind with one field of every sort, for the tests of this module.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use satchel_derive::{choice, entity, value};

use super::value::{Money, Position, Stamp};
use super::{Record, Violation, ViolationCode};
use crate::ids::{DocumentId, MemberId};

/// One field of every sort.
#[entity("sample", checked, derived(entries))]
pub(crate) struct Sample {
    /// What it hangs on.
    #[field(required, index)]
    pub holder: DocumentId,
    /// A short text.
    #[field(required, max_len = 5, search)]
    pub title: String,
    /// An optional short text.
    pub remark: Option<String>,
    /// A text that merges.
    #[field(merge = text, max_len = 8)]
    pub body: String,
    /// A number.
    #[field(min = -3, max = 3)]
    pub rank: Option<i64>,
    /// A flag.
    pub flag: Option<bool>,
    /// A day.
    pub day: Option<NaiveDate>,
    /// An instant.
    pub instant: Option<DateTime<Utc>>,
    /// A code.
    pub colour: Option<Colour>,
    /// A member.
    pub member: Option<MemberId>,
    /// Money.
    #[field(min = 0)]
    pub price: Option<Money>,
    /// A point on the earth.
    pub spot: Option<Position>,
    /// A list written as one.
    #[field(max_len = 2)]
    pub parts: Vec<Part>,
    /// A sum.
    #[field(merge = counter)]
    pub count: i64,
    /// A set.
    #[field(merge = set, max_len = 2)]
    pub tags: Vec<String>,
    /// A map.
    #[field(merge = map, max_len = 2)]
    pub shares: HashMap<String, i64>,
    /// A log.
    #[field(merge = log)]
    pub events: Vec<SampleEvent>,
    /// Written when it is made, and never again.
    #[field(fixed, since = 2)]
    pub batch: Option<String>,
}

/// A code.
#[choice]
pub(crate) enum Colour {
    /// Red.
    DarkRed,
    /// Green.
    Green,
}

/// A part.
#[value]
pub(crate) struct Part {
    /// Its name.
    pub name: String,
    /// Its colour.
    pub colour: Option<Colour>,
}

/// An event.
#[value]
pub(crate) struct SampleEvent {
    /// Who, when, having seen what.
    pub stamp: Stamp,
    /// A note.
    pub note: String,
}

impl Sample {
    /// How many events there are.
    pub(crate) fn entries(&self) -> i64 {
        i64::try_from(self.events.len()).unwrap()
    }
}

impl Record for Sample {
    fn check(&self) -> Vec<Violation> {
        let odd = self.rank == Some(0) && self.flag == Some(true);
        odd.then(|| Violation::new("flag", ViolationCode::Inconsistent))
            .into_iter()
            .collect()
    }
}

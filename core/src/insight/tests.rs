//! What every accumulator keeps to, and the vectors that bindings are held against too.

mod group;
mod journey;
mod vector;

use chrono::NaiveDate;

pub(super) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

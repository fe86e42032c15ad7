//! What every answer has, and how a figure stands in it.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use satchel_core::ids::{MemberId, TeamId};
use satchel_core::insight::NotApplicable;
use satchel_core::insight::money::Converted;
use serde::Serialize;
use utoipa::ToSchema;

use super::book::Asked;
use super::completeness::{self, Complete};
use super::{Book, InsightError, Reach};
use crate::store::People;

/// A figure, or why there is none: then it is shown as n/a, never as 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Figure {
    /// The figure, in the unit that its name says; null where there is none.
    pub value: Option<i64>,
    /// Why there is none: `zero_denominator`, `no_target`, `no_working_day`, `too_few`, `not_reached`, `no_rate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
}

impl From<Result<i64, NotApplicable>> for Figure {
    fn from(figure: Result<i64, NotApplicable>) -> Self {
        let reason = |why| match why {
            NotApplicable::ZeroDenominator => "zero_denominator",
            NotApplicable::NoTarget => "no_target",
            NotApplicable::NoWorkingDay => "no_working_day",
            NotApplicable::TooFew => "too_few",
            NotApplicable::NotReached => "not_reached",
            NotApplicable::NoRate => "no_rate",
        };
        Self {
            value: figure.ok(),
            reason: figure.err().map(reason),
        }
    }
}

impl From<Converted> for Figure {
    fn from(sum: Converted) -> Self {
        sum.whole().into()
    }
}

/// Days from the first to the last, both with them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Days {
    /// As it was asked for, such as `2026-03` or `2026-Q1`.
    pub name: String,
    /// The first day.
    pub first_day: NaiveDate,
    /// The last day.
    pub last_day: NaiveDate,
}

impl From<&Asked> for Days {
    fn from(asked: &Asked) -> Self {
        Self {
            name: asked.name.clone(),
            first_day: asked.days.start,
            last_day: asked.days.end.pred_opt().unwrap_or(asked.days.end),
        }
    }
}

/// What stands above every answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Head {
    /// The period.
    pub period: Days,
    /// The day of the answer, in the zone of the fiscal calendar.
    pub as_of: NaiveDate,
    /// The zone in which days are counted (IANA).
    pub zone: String,
    /// The currency of every amount (ISO 4217); amounts are in its minor units.
    pub currency: String,
    /// The team that was asked for; absent for all that the caller may see.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Uuid)]
    pub team: Option<TeamId>,
    /// How complete the figures are.
    pub completeness: Complete,
}

impl Head {
    /// The head of an answer.
    ///
    /// # Errors
    /// Where the store fails.
    pub fn of(tx: &dyn People, book: &Book, reach: &Reach, asked: &Asked) -> Result<Self, InsightError> {
        Ok(Self {
            period: asked.into(),
            as_of: book.today(),
            zone: book.zone.clone(),
            currency: book.currency.clone(),
            team: reach.team,
            completeness: completeness::complete(&reach.ids(), &completeness::watermarks(tx)?, book),
        })
    }
}

/// A member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Person {
    /// The id.
    #[schema(value_type = String, format = Uuid)]
    pub id: MemberId,
    /// As people call him.
    pub name: String,
    /// His team.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub team: Option<TeamId>,
}

/// Every member of a reach.
#[must_use]
pub fn people(reach: &Reach) -> BTreeMap<MemberId, Person> {
    let person = |member: &crate::store::people::Member| Person {
        id: member.id,
        name: member.name.clone(),
        team: member.team,
    };
    reach.members.iter().map(|member| (member.id, person(member))).collect()
}

/// An instant of milliseconds since 1970.
#[must_use]
pub fn instant(ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(ms).unwrap_or_default()
}

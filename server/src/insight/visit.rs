//! Figure 13 over a team, and where visits were made: are we in the market.

use chrono::{DateTime, NaiveDate, Utc};
use satchel_core::domain::visit::{Verification, VisitEventKind};
use satchel_core::domain::{CustomerId, Visit};
use satchel_core::ids::{DocumentId, MemberId};
use satchel_core::insight::visiting::Visiting;
use satchel_core::projection::Row;
use satchel_core::schema::Entity;
use serde::Serialize;
use utoipa::ToSchema;

use super::book::Asked;
use super::record::customer_name;
use super::source::{Candidates, Sums, lines_of};
use super::team::{Activity, Field};
use super::view::Head;
use super::{Book, InsightError, Reach};
use crate::figure::give::visit_fact;
use crate::figure::place::Places;
use crate::identity::access::can;
use crate::store::People;

/// Visits of a period, in pages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Visits {
    /// What stands above every answer.
    #[serde(flatten)]
    pub head: Head,
    /// What all of them come to: on the first page only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activity: Option<Activity>,
    /// Visits of this page that the caller may read: made, missed and planned. A page may have fewer than asked for and
    /// yet be followed by another.
    pub items: Vec<Point>,
    /// Where the next page begins; absent on the last one. Opaque.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A visit on the map.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Point {
    /// The visit.
    #[schema(value_type = String, format = Uuid)]
    pub id: DocumentId,
    /// The customer.
    #[schema(value_type = String, format = Uuid)]
    pub customer: CustomerId,
    /// The customer's name; null where the caller may not read it.
    pub customer_name: Option<String>,
    /// Who visited, or is to.
    #[schema(value_type = Vec<String>)]
    pub members: Vec<MemberId>,
    /// The civil day at the customer's.
    pub day: Option<NaiveDate>,
    /// When it began, by the visitor's clock.
    pub started_at: Option<DateTime<Utc>>,
    /// Minutes that it took; null without a valid check-out.
    pub minutes: Option<i64>,
    /// `made`, `remote`, `planned` (its day is still to come), `missed` or `abandoned`.
    pub state: &'static str,
    /// What the evidence of the place says: `verified`, `invalid` or `unverified`.
    pub verification: &'static str,
    /// Where the check-in was made (WGS-84, ten-millionths of a degree); null where it says nothing.
    pub lat_e7: Option<i64>,
    /// As `lat_e7`.
    pub lon_e7: Option<i64>,
    /// Radius in metres within which it was made.
    pub accuracy_m: Option<i64>,
    /// Where the customer is said to be.
    pub customer_lat_e7: Option<i64>,
    /// As `customer_lat_e7`.
    pub customer_lon_e7: Option<i64>,
    /// Metres between both.
    pub distance_m: Option<i64>,
    /// Whether an order was taken.
    pub productive: bool,
    /// The outcome's code.
    pub outcome: Option<&'static str>,
}

/// Visits of a period.
///
/// # Errors
/// Where the store fails.
pub fn answer(
    tx: &dyn People,
    sums: &Sums<'_>,
    book: &Book,
    reach: &Reach,
    asked: &Asked,
    member: Option<MemberId>,
    (caller, after, limit): (MemberId, Option<Vec<u8>>, usize),
) -> Result<Visits, InsightError> {
    let activity = match after {
        None => Some(Field::read(sums, book, reach, asked, true)?.activity(reach.top, asked, book)),
        Some(_) => None,
    };
    let mut places = Places::default();
    let mut candidates = Candidates::of(Visit::KIND, reach, member, asked.days, after.as_deref())?;
    let mut items = Vec::new();
    while items.len() < limit
        && let Some(found) = candidates.next(tx)?
    {
        let Some(place) = places.of(tx, found.scope)? else {
            continue;
        };
        let row: Row = serde_json::from_str(&found.row)?;
        if row.archived || can(tx, caller, found.scope)?.is_none() {
            continue;
        }
        let fact = visit_fact(found.id, &row, &book.zone, lines_of(tx, found.id)?);
        let visiting = Visiting::over(asked.days, None);
        let within = fact.day.is_some_and(|day| asked.days.contains(day)) || visiting.is_planned(&fact);
        let of_member = member.is_none_or(|member| fact.visitors.contains(&member));
        let whole = reach.has(place.home, &fact.visitors);
        if !within || !of_member || !whole {
            continue;
        }
        let visit: Visit = row.typed();
        let state = if fact.is_begun() {
            if fact.remote { "remote" } else { "made" }
        } else if visit.status() == satchel_core::domain::visit::VisitStatus::Abandoned {
            "abandoned"
        } else if fact.planned_on.is_some_and(|day| day < book.today()) {
            "missed"
        } else {
            "planned"
        };
        let checkins = visit
            .events
            .iter()
            .filter(|event| event.event == VisitEventKind::Checkin);
        let checkin = checkins.min_by_key(|event| (event.stamp.at, event.stamp.id));
        let here = checkin.and_then(|event| event.position.as_ref());
        let there = visit.expected_place.as_ref().and_then(|place| place.position.as_ref());
        items.push(Point {
            id: found.id,
            customer: visit.customer_id,
            customer_name: customer_name(tx, Some(visit.customer_id))?,
            members: fact.visitors.clone(),
            day: fact.day,
            started_at: visit.started_at(),
            minutes: visit.duration_s().map(|seconds| seconds / 60),
            state,
            verification: match fact.verification {
                Verification::Verified => "verified",
                Verification::Invalid => "invalid",
                _ => "unverified",
            },
            lat_e7: here.map(|position| position.lat_e7),
            lon_e7: here.map(|position| position.lon_e7),
            accuracy_m: here.and_then(|position| position.accuracy_m),
            customer_lat_e7: there.map(|position| position.lat_e7),
            customer_lon_e7: there.map(|position| position.lon_e7),
            distance_m: visit.distance_m(),
            productive: fact.productive,
            outcome: visit.outcome.map(satchel_core::domain::visit::VisitOutcome::code),
        });
    }
    Ok(Visits {
        head: Head::of(tx, book, reach, asked)?,
        activity,
        items,
        next_cursor: candidates.cursor(tx)?,
    })
}

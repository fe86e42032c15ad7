//! Visit route 拜访路线: which customers a member visits in turn.

use chrono::NaiveDate;
use satchel_derive::{entity, value};

use super::customer::CustomerId;
use crate::ids::MemberId;
use crate::schema::value::Place;
use crate::schema::{Record, Violation, ViolationCode};

/// The customers that a member visits in turn, and when. Visits planned from it are records of their own.
#[entity("visit_route", scope = holder, member = rep, checked)]
pub struct VisitRoute {
    /// Whose route it is.
    #[field(required, index, fixed)]
    pub rep: MemberId,
    /// Name.
    #[field(required, index, search, max_len = 120)]
    pub name: String,
    /// When it is gone (RFC 5545 RRULE).
    #[field(max_len = 255)]
    pub recurrence: Option<String>,
    /// First day.
    #[field(index)]
    pub starts_on: Option<NaiveDate>,
    /// Last day.
    pub ends_on: Option<NaiveDate>,
    /// The stops in order, written as one.
    #[field(max_len = 200)]
    pub stops: Vec<RouteStop>,
    /// Where it begins.
    pub start_place: Option<Place>,
    /// Where it ends.
    pub end_place: Option<Place>,
    /// Longest way in metres.
    #[field(min = 0)]
    pub max_distance_m: Option<i64>,
    /// Territory 区域.
    #[field(index, max_len = 120)]
    pub territory: Option<String>,
    /// Whether it is not gone at present.
    pub paused: Option<bool>,
}

/// A stop of a route.
#[value]
pub struct RouteStop {
    /// The customer.
    pub customer_id: CustomerId,
    /// From when the customer can be visited, in minutes after midnight.
    pub window_from_min: Option<i64>,
    /// Until when, in minutes after midnight.
    pub window_to_min: Option<i64>,
    /// How long the visit takes, in minutes.
    pub duration_min: Option<i64>,
}

impl Record for VisitRoute {
    fn check(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        if let (Some(first), Some(last)) = (self.starts_on, self.ends_on)
            && last < first
        {
            found.push(Violation::new("ends_on", ViolationCode::Inconsistent));
        }
        let of_a_day = |minute: Option<i64>| minute.is_none_or(|minute| (0..=24 * 60).contains(&minute));
        let sound = |stop: &RouteStop| {
            let ordered = stop
                .window_from_min
                .zip(stop.window_to_min)
                .is_none_or(|(from, to)| from <= to);
            ordered
                && of_a_day(stop.window_from_min)
                && of_a_day(stop.window_to_min)
                && stop.duration_min.is_none_or(|minutes| minutes >= 0)
        };
        if !self.stops.iter().all(sound) {
            found.push(Violation::new("stops", ViolationCode::Inconsistent));
        }
        found
    }
}

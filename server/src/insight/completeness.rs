//! How complete figures are, from where devices stand.

use chrono::{DateTime, Utc};
use satchel_core::ids::MemberId;
use satchel_core::insight::completeness::{Silence, Watermark, completeness, silence};
use serde::Serialize;
use utoipa::ToSchema;

use super::view::instant;
use super::{Book, InsightError};
use crate::store::People;

/// A device that was complete less than this ago is not behind: an hour, in milliseconds.
const TOLERANCE_MS: i64 = 60 * 60 * 1000;

/// How complete figures are: "complete to 14:05 for 17 of 19 reps".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Complete {
    /// Up to when they are complete for those who are not behind; null where everybody is.
    pub complete_to: Option<DateTime<Utc>>,
    /// How many members are not behind.
    pub complete: usize,
    /// How many there are.
    pub of: usize,
    /// Who is behind (by more than an hour), the longest ago first.
    pub behind: Vec<Behind>,
    /// Members of whom nothing was ever heard.
    #[schema(value_type = Vec<String>)]
    pub never: Vec<MemberId>,
}

/// Somebody of whom not everything is known yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = MemberBehind)]
pub struct Behind {
    /// Who.
    #[schema(value_type = String, format = Uuid)]
    pub member: MemberId,
    /// Up to when all of what he wrote is known.
    pub complete_to: DateTime<Utc>,
}

/// What it means that nothing is there of a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = LastContact)]
pub struct Contact {
    /// When one of his devices was last in contact; null where never.
    pub last_contact: Option<DateTime<Utc>>,
    /// `complete`: what is not there did not happen; `not_synced_since`: there may be more; `never_synced`: nothing is
    /// known.
    pub state: &'static str,
    /// Up to when all of what he wrote is known, where something is.
    pub complete_to: Option<DateTime<Utc>>,
}

/// Where every device stands.
///
/// # Errors
/// Where the store fails.
pub fn watermarks(tx: &dyn People) -> Result<Vec<Watermark>, InsightError> {
    let devices = tx.contacts()?;
    let watermark = |device: &crate::store::figure::Contact| Watermark {
        member: device.member,
        contact_ms: device.contact_ms,
        pending: device.pending,
        clear_ms: device.complete_ms,
    };
    Ok(devices.iter().map(watermark).collect())
}

/// How complete figures over these members are now.
#[must_use]
pub fn complete(members: &[MemberId], devices: &[Watermark], book: &Book) -> Complete {
    let found = completeness(members, devices, book.now.timestamp_millis(), TOLERANCE_MS);
    let behind = found.behind.into_iter().map(|(member, ms)| Behind {
        member,
        complete_to: instant(ms),
    });
    Complete {
        complete_to: found.complete_to_ms.map(instant),
        complete: found.complete,
        of: found.of,
        behind: behind.collect(),
        never: found.never,
    }
}

/// What is known of one member. `end_ms` is when the period ends, at most now less what is tolerated.
#[must_use]
pub fn contact(member: MemberId, own: &[Watermark], book: &Book) -> Contact {
    let last = own.iter().filter_map(|device| device.contact_ms).max();
    let end_ms = book.now.timestamp_millis() - TOLERANCE_MS;
    let (state, complete_ms) = match silence(member, own, end_ms) {
        Silence::None => ("complete", own.iter().filter_map(Watermark::complete_ms).min()),
        Silence::NotSyncedSince(ms) => ("not_synced_since", Some(ms)),
        Silence::NeverSynced => ("never_synced", None),
    };
    Contact {
        last_contact: last.map(instant),
        state,
        complete_to: complete_ms.map(instant),
    }
}

use chrono::{DateTime, Utc};
use satchel_derive::value;

use crate::ids::{EventId, MemberId};
use crate::schema::shape::Sound;

/// An instant and the zone in which it was lived through.
#[value(checked)]
pub struct Moment {
    /// The instant, in UTC.
    pub at: DateTime<Utc>,
    /// IANA name of the zone, as in `Asia/Shanghai`.
    pub zone: String,
}

impl Sound for Moment {
    fn is_sound(&self) -> bool {
        self.zone.parse::<chrono_tz::Tz>().is_ok()
    }
}

/// Who appended an event, when, and having seen what. Written by the document, never by the caller.
#[value]
pub struct Stamp {
    /// The event's own id, unique.
    pub id: EventId,
    /// The newest events of the same log that the author had seen. Happened-before comes from here, never from time.
    pub seen: Vec<EventId>,
    /// The author.
    pub by: MemberId,
    /// The author's clock.
    pub at: DateTime<Utc>,
    /// IANA name of the author's zone.
    pub zone: String,
}

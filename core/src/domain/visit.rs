//! Visit 拜访: planned or done at a customer, proved by logged events.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use satchel_derive::{choice, entity, value};

use super::contact::ContactId;
use super::customer::{CustomerId, DEFAULT_GEO_RADIUS_M};
use super::event::Stamped;
use crate::ids::MemberId;
use crate::schema::value::{Place, Position, Stamp};
use crate::schema::{Record, Violation, ViolationCode};

/// A visit to a customer. Its status is derived from logged events: done work is never erased by a plan.
#[entity("visit", checked, urgency = urgency, derived(status, started_at, ended_at, duration_s, distance_m, verification))]
pub struct Visit {
    /// The customer visited.
    #[field(required, index)]
    pub customer_id: CustomerId,
    /// Kind of visit.
    #[field(required)]
    pub visit_kind: VisitKind,
    /// Purpose 目的.
    pub purpose: Option<VisitPurpose>,
    /// Contacts met.
    #[field(merge = set, max_len = 50)]
    pub contacts: Vec<ContactId>,
    /// Visitors 拜访人.
    #[field(merge = set, max_len = 20)]
    pub visitors: Vec<MemberId>,
    /// Planned start.
    #[field(index)]
    pub planned_start: Option<DateTime<Utc>>,
    /// Planned end.
    pub planned_end: Option<DateTime<Utc>>,
    /// IANA name of the customer's zone: the day of the visit is the civil day there.
    #[field(max_len = 40)]
    pub zone: Option<String>,
    /// Check-ins, check-outs, pauses and abandonments.
    #[field(merge = log, max_len = 200)]
    pub events: Vec<VisitEvent>,
    /// Where the customer was when the visit was made, and the fence round it: evidence does not change when the
    /// customer's record does.
    pub expected_place: Option<Place>,
    /// Radius of the fence in metres; 200 where blank.
    #[field(min = 100, max = 3000)]
    pub geo_radius_m: Option<i64>,
    /// Outcome 结果.
    #[field(index)]
    pub outcome: Option<VisitOutcome>,
    /// Summary 拜访总结; two people may write at once.
    #[field(merge = text, search, max_len = 32_000)]
    pub summary: String,
    /// Results of the steps of the visit's template, by step.
    #[field(merge = map, max_len = 100)]
    pub step_results: HashMap<String, String>,
    /// Photos, each by the SHA-256 of its bytes.
    #[field(merge = set, max_len = 100)]
    pub photos: Vec<Photo>,
    /// What was counted on the shelf.
    #[field(merge = log, max_len = 500)]
    pub stock_observations: Vec<StockObservation>,
    /// What competitors did here.
    #[field(merge = log, max_len = 100)]
    pub competitor_observations: Vec<CompetitorObservation>,
    /// The next thing to do.
    #[field(search, max_len = 255)]
    pub next_action: Option<String>,
}

/// Kind of visit.
#[choice]
pub enum VisitKind {
    /// 计划内.
    Planned,
    /// 临时.
    Unplanned,
    /// 协访.
    Joint,
    /// 电话.
    Phone,
    /// 线上.
    Online,
}

/// Purpose of a visit 目的.
#[choice]
pub enum VisitPurpose {
    /// 开发.
    Prospect,
    /// 订货.
    Order,
    /// 回款.
    Collect,
    /// 陈列.
    Merchandising,
    /// 培训.
    Training,
    /// 投诉.
    Complaint,
    /// 客情.
    Relationship,
    /// 其他.
    Other,
}

/// Outcome of a visit 结果.
#[choice]
pub enum VisitOutcome {
    /// 下单.
    Ordered,
    /// 待跟进.
    FollowUp,
    /// 拒绝.
    Refused,
    /// 未营业.
    ClosedShop,
    /// 未见决策人.
    NoDecisionMaker,
    /// 其他.
    Other,
}

/// Status of a visit, derived.
#[choice]
pub enum VisitStatus {
    /// 计划.
    Planned,
    /// 进行中.
    InProgress,
    /// 完成.
    Completed,
    /// 放弃.
    Abandoned,
}

/// Whether the evidence puts the visitor at the customer. It never blocks the rep.
#[choice]
pub enum Verification {
    /// Surely inside the fence: distance and accuracy together are within it.
    Verified,
    /// Surely outside the fence.
    Invalid,
    /// The evidence does not tell.
    Unverified,
}

/// What happened on a visit.
#[choice]
pub enum VisitEventKind {
    /// 签到.
    Checkin,
    /// 签退.
    Checkout,
    /// 暂停.
    Pause,
    /// 放弃.
    Abandon,
}

/// How the place was proved.
#[choice]
pub enum ProofMethod {
    /// A position fix.
    Gps,
    /// A code at the outlet.
    Qr,
    /// By hand, with a reason.
    Manual,
}

/// One thing that happened on a visit.
#[value]
pub struct VisitEvent {
    /// Who, when, having seen what.
    pub stamp: Stamp,
    /// What happened.
    pub event: VisitEventKind,
    /// Where the phone was.
    pub position: Option<Position>,
    /// How the place was proved.
    pub method: Option<ProofMethod>,
    /// Why by hand, or why abandoned.
    pub reason: Option<String>,
}

/// A photo; its bytes travel apart.
#[value]
pub struct Photo {
    /// SHA-256 of the bytes, in hex.
    pub sha256: String,
    /// What it shows 门头/陈列/竞品/合同.
    pub subject: Option<String>,
    /// Width in pixels.
    pub width: Option<i64>,
    /// Height in pixels.
    pub height: Option<i64>,
    /// When it was taken.
    pub taken_at: Option<DateTime<Utc>>,
}

/// A count of stock on the shelf. Two counts are two observations, not a sum.
#[value]
pub struct StockObservation {
    /// Who, when, having seen what.
    pub stamp: Stamp,
    /// Product code.
    pub product: String,
    /// Units counted.
    pub quantity: i64,
    /// Facings on the shelf.
    pub facings: Option<i64>,
}

/// What a competitor did at the outlet.
#[value]
pub struct CompetitorObservation {
    /// Who, when, having seen what.
    pub stamp: Stamp,
    /// The competitor.
    pub competitor: String,
    /// What was seen.
    pub observation: String,
}

impl Stamped for VisitEvent {
    fn stamp(&self) -> &Stamp {
        &self.stamp
    }
}

impl Visit {
    /// Completed beats abandoned beats begun beats planned: done work is never erased, whoever wrote apart.
    pub fn status(&self) -> VisitStatus {
        let happened = |kind| self.events.iter().any(|event| event.event == kind);
        if happened(VisitEventKind::Checkout) {
            VisitStatus::Completed
        } else if happened(VisitEventKind::Abandon) {
            VisitStatus::Abandoned
        } else if happened(VisitEventKind::Checkin) {
            VisitStatus::InProgress
        } else {
            VisitStatus::Planned
        }
    }

    /// Visits to be made come to a new device first.
    pub(crate) fn urgency(&self) -> u8 {
        match self.status() {
            VisitStatus::Planned | VisitStatus::InProgress => 2,
            VisitStatus::Completed | VisitStatus::Abandoned | VisitStatus::Unknown => 0,
        }
    }

    /// The check-in that counts: the earliest.
    fn checkin(&self) -> Option<&VisitEvent> {
        let checkins = self.events.iter().filter(|event| event.event == VisitEventKind::Checkin);
        checkins.min_by_key(|event| (event.stamp.at, event.stamp.id))
    }

    /// The check-out that counts: the earliest after the check-in by the same person, else the earliest after it. A
    /// second phone never inflates the time.
    fn checkout(&self) -> Option<&VisitEvent> {
        let checkin = self.checkin()?;
        let after = self.events.iter().filter(|event| {
            event.event == VisitEventKind::Checkout && event.stamp.at >= checkin.stamp.at
        });
        after.min_by_key(|event| (event.stamp.by != checkin.stamp.by, event.stamp.at, event.stamp.id))
    }

    /// When the visit began; absent before a check-in.
    pub fn started_at(&self) -> Option<DateTime<Utc>> {
        self.checkin().map(|event| event.stamp.at)
    }

    /// When the visit ended; absent without a valid check-out.
    pub fn ended_at(&self) -> Option<DateTime<Utc>> {
        self.checkout().map(|event| event.stamp.at)
    }

    /// Seconds between the check-in and the check-out that count; absent (not zero) without a valid check-out.
    pub fn duration_s(&self) -> Option<i64> {
        Some((self.ended_at()? - self.started_at()?).num_seconds())
    }

    /// Metres between the check-in and the customer; absent where either is unknown.
    pub fn distance_m(&self) -> Option<i64> {
        let valid = |position: &&Position| position.is_valid();
        let here = self.checkin()?.position.as_ref().filter(valid)?;
        let there = self.expected_place.as_ref()?.position.as_ref().filter(valid)?;
        #[expect(clippy::cast_possible_truncation, reason = "no distance on earth exceeds an i64 of metres")]
        Some(here.distance_m(there).round() as i64)
    }

    /// With distance d, accuracy a and fence r: verified if d + a ≤ r, invalid if d − a > r, else unverified. A
    /// simulated position proves nothing.
    pub fn verification(&self) -> Verification {
        let evidence = self.checkin().and_then(|event| event.position.as_ref());
        let (Some(distance), Some(position)) = (self.distance_m(), evidence) else {
            return Verification::Unverified;
        };
        let told = |accuracy: &i64| *accuracy >= 0 && position.mock != Some(true);
        let Some(accuracy) = position.accuracy_m.filter(told) else {
            return Verification::Unverified;
        };
        let fence = self.geo_radius_m.unwrap_or(DEFAULT_GEO_RADIUS_M);
        if distance.saturating_add(accuracy) <= fence {
            Verification::Verified
        } else if distance.saturating_sub(accuracy) > fence {
            Verification::Invalid
        } else {
            Verification::Unverified
        }
    }
}

impl Record for Visit {
    fn check(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        if let (Some(start), Some(end)) = (self.planned_start, self.planned_end)
            && end < start
        {
            found.push(Violation::new("planned_end", ViolationCode::Inconsistent));
        }
        if self.zone.as_deref().is_some_and(|zone| zone.parse::<chrono_tz::Tz>().is_err()) {
            found.push(Violation::new("zone", ViolationCode::Malformed));
        }
        let unexplained = |event: &VisitEvent| {
            event.method == Some(ProofMethod::Manual) && event.reason.as_deref().is_none_or(|text| text.trim().is_empty())
        };
        if self.events.iter().any(unexplained) {
            found.push(Violation::new("events", ViolationCode::Required));
        }
        found
    }
}

#[cfg(test)]
mod tests;

//! Figure 26, geofence 围栏: how much of the evidence puts visitors at the customer.
//!
//! Formula: with distance d (haversine, radius 6 371 008.8 m), accuracy a and fence r a check-in is verified where
//! d + a ≤ r, invalid where d − a > r, else unverified. The share of verified ones: verified ÷ all that were made. Unit:
//! metres; basis points.
//!
//! Edge cases: no position, no accuracy, or a simulated one: unverified. It never blocks anybody. Positions are WGS-84
//! only: GCJ-02 lies some 360 to 620 m aside in Chinese cities, which breaks every fence below 700 m.

use super::fact::VisitFact;
use super::{Accumulator, Figure, ratio_bp};
use crate::domain::visit::Verification;

/// What the evidence of visits says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    verified: i64,
    invalid: i64,
    unverified: i64,
}

/// The figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EvidenceFigure {
    /// Visits surely at the customer.
    pub verified: i64,
    /// Visits surely elsewhere.
    pub invalid: i64,
    /// Visits of which the evidence does not tell.
    pub unverified: i64,
    /// Verified of all, in basis points.
    pub verified_bp: Figure<i64>,
}

impl Evidence {
    /// The figure.
    #[must_use]
    pub fn finish(&self) -> EvidenceFigure {
        let all = i128::from(self.verified) + i128::from(self.invalid) + i128::from(self.unverified);
        EvidenceFigure {
            verified: self.verified,
            invalid: self.invalid,
            unverified: self.unverified,
            verified_bp: ratio_bp(self.verified.into(), all),
        }
    }
}

impl Accumulator for Evidence {
    type Fact = VisitFact;

    fn apply(&mut self, fact: &VisitFact, times: i64) {
        if !fact.is_made() {
            return;
        }
        let count = match fact.verification {
            Verification::Verified => &mut self.verified,
            Verification::Invalid => &mut self.invalid,
            Verification::Unverified | Verification::Unknown => &mut self.unverified,
        };
        *count = count.wrapping_add(times);
    }

    fn merge(&mut self, other: &Self) {
        self.verified = self.verified.wrapping_add(other.verified);
        self.invalid = self.invalid.wrapping_add(other.invalid);
        self.unverified = self.unverified.wrapping_add(other.unverified);
    }
}

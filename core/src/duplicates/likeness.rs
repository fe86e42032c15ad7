//! How likely it is that two customers are one, and why.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Candidate;
use super::block::{NEAR_M, phone_key};
use super::name::Name;
use super::registration;
use crate::schema::value::Position;

/// Likeness of names from which nearness makes two customers likely one, in basis points.
const SIMILAR_NEARBY_BP: u32 = 9_000;
/// Likeness of names that is worth showing by itself, in basis points.
const SIMILAR_ALONE_BP: u32 = 9_500;
/// Two customers of one name that are further apart than this are two outlets, unless something else links them.
const APART_M: f64 = 2_000.0;

/// That two customers are likely one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Likeness {
    /// How likely, in basis points: 10 000 is certain, 9 000 and more likely, less is worth a look.
    pub score_bp: u32,
    /// Why, the strongest first.
    pub reasons: Vec<Reason>,
}

/// Why two customers are likely one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Reason {
    /// They have the same registration code.
    SameRegistrationCode,
    /// They have a phone number in common.
    SamePhone,
    /// Their names are alike.
    SimilarName {
        /// How much, in basis points.
        likeness_bp: u32,
    },
    /// They are near each other.
    Near {
        /// How near, in metres.
        metres: u32,
    },
}

/// Compares two customers; absent where nothing suggests that they are one.
///
/// - The same registration code is certain; two different valid unified social credit codes are two businesses.
/// - A phone number in common counts with names that are partly the same.
/// - Names of likeness 0.9 count within 150 m, of 0.95 weakly by themselves unless both positions are known and more
///   than 2 km apart, which is how the outlets of a chain look.
#[must_use]
pub fn score(a: &Candidate, b: &Candidate) -> Option<Likeness> {
    Compared::of(a).likeness(&Compared::of(b))
}

/// A customer made ready to be compared with many.
pub(super) struct Compared {
    names: Vec<Name>,
    phones: BTreeSet<String>,
    code: Option<String>,
    position: Option<Position>,
}

impl Compared {
    pub(super) fn of(candidate: &Candidate) -> Self {
        Self {
            names: candidate.names.iter().map(|name| Name::of(name)).collect(),
            phones: candidate.phones.iter().filter_map(|phone| phone_key(phone)).collect(),
            code: candidate
                .registration_code
                .as_deref()
                .and_then(registration::normalised),
            position: candidate.position.clone(),
        }
    }

    /// The best likeness between any two of their names, and whether any two are partly the same.
    fn names(&self, other: &Self) -> (u32, bool) {
        let pairs = || {
            self.names
                .iter()
                .flat_map(|one| other.names.iter().map(move |other| (one, other)))
        };
        let best = pairs().map(|(one, other)| one.likeness_bp(other)).max().unwrap_or(0);
        (best, pairs().any(|(one, other)| one.is_partly(other)))
    }

    /// See [`score`].
    pub(super) fn likeness(&self, other: &Self) -> Option<Likeness> {
        let mut reasons = Vec::new();
        let mut score_bp = 0;
        if let (Some(code), Some(their)) = (&self.code, &other.code) {
            if code == their {
                reasons.push(Reason::SameRegistrationCode);
                score_bp = 10_000;
            } else if registration::is_valid_uscc(code) && registration::is_valid_uscc(their) {
                return None;
            }
        }
        let (likeness_bp, partly) = self.names(other);
        let metres = self
            .position
            .as_ref()
            .zip(other.position.as_ref())
            .map(|(here, there)| here.distance_m(there));
        let near = metres.is_some_and(|metres| metres <= NEAR_M);
        let apart = metres.is_some_and(|metres| metres > APART_M);

        if partly && !self.phones.is_disjoint(&other.phones) {
            reasons.push(Reason::SamePhone);
            score_bp = score_bp.max(9_000 + likeness_bp / 20);
        }
        if near && likeness_bp >= SIMILAR_NEARBY_BP {
            score_bp = score_bp.max(8_500 + (likeness_bp - SIMILAR_NEARBY_BP) / 2);
        } else if !apart && likeness_bp >= SIMILAR_ALONE_BP {
            score_bp = score_bp.max(6_000 + (likeness_bp - SIMILAR_ALONE_BP));
        }
        if score_bp == 0 {
            return None;
        }
        if partly {
            reasons.push(Reason::SimilarName { likeness_bp });
        }
        if let Some(metres) = metres.filter(|_| near) {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "between 0 and 150"
            )]
            reasons.push(Reason::Near {
                metres: metres.round() as u32,
            });
        }
        Some(Likeness { score_bp, reasons })
    }
}

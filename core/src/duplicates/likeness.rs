//! How likely it is that two customers are one, and why.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Candidate;
use super::block::{NEAR_M, phone_key};
use super::name::Name;
use super::registration;

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
    let codes = [a, b].map(|one| one.registration_code.as_deref().and_then(registration::normalised));
    let mut reasons = Vec::new();
    let mut score_bp = 0;
    if let [Some(code), Some(other)] = &codes {
        if code == other {
            reasons.push(Reason::SameRegistrationCode);
            score_bp = 10_000;
        } else if registration::is_valid_uscc(code) && registration::is_valid_uscc(other) {
            return None;
        }
    }
    let (likeness_bp, partly) = names(a, b);
    let metres = a
        .position
        .as_ref()
        .zip(b.position.as_ref())
        .map(|(here, there)| here.distance_m(there));
    let near = metres.is_some_and(|metres| metres <= NEAR_M);
    let apart = metres.is_some_and(|metres| metres > APART_M);

    if partly && shares_phone(a, b) {
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

/// The best likeness between any two of their names, and whether any two are partly the same.
fn names(a: &Candidate, b: &Candidate) -> (u32, bool) {
    let [ours, theirs] = [a, b].map(|one| one.names.iter().map(|name| Name::of(name)).collect::<Vec<_>>());
    let pairs = || ours.iter().flat_map(|one| theirs.iter().map(move |other| (one, other)));
    let best = pairs().map(|(one, other)| one.likeness_bp(other)).max().unwrap_or(0);
    (best, pairs().any(|(one, other)| one.is_partly(other)))
}

fn shares_phone(a: &Candidate, b: &Candidate) -> bool {
    let [ours, theirs] = [a, b].map(|one| {
        one.phones
            .iter()
            .filter_map(|phone| phone_key(phone))
            .collect::<BTreeSet<_>>()
    });
    !ours.is_disjoint(&theirs)
}

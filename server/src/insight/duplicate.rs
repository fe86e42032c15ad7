//! Customers that are likely there twice.

use satchel_core::domain::{Customer, CustomerId};
use satchel_core::duplicates::{Candidate, Reason, pairs};
use satchel_core::ids::MemberId;
use satchel_core::projection::Row;
use satchel_core::schema::Entity;
use serde::Serialize;
use utoipa::ToSchema;

use super::{InsightError, Reach};
use crate::figure::count::rows;
use crate::figure::place::Places;
use crate::identity::access::can;
use crate::store::People;

/// Customers that are compared at most.
const MOST: usize = 5_000;

/// Pairs that are listed at most.
const PAIRS: usize = 200;

/// Customers that are likely there twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Duplicates {
    /// The likeliest first, at most 200.
    pub pairs: Vec<Pair>,
    /// Whether there are more than 5 000 customers: then only the first of them, by id, were compared.
    pub limited: bool,
}

/// Two customers that are likely one. Nothing is merged by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Pair {
    /// One.
    #[schema(value_type = String, format = Uuid)]
    pub one: CustomerId,
    /// Its name.
    pub one_name: Option<String>,
    /// The other.
    #[schema(value_type = String, format = Uuid)]
    pub other: CustomerId,
    /// Its name.
    pub other_name: Option<String>,
    /// How likely, in basis points.
    pub score_bp: u32,
    /// What speaks for it, as codes.
    pub reasons: Vec<&'static str>,
}

/// Customers that are likely there twice, of those that the caller may read.
///
/// # Errors
/// Where the store fails.
pub fn answer(tx: &dyn People, reach: &Reach, caller: MemberId) -> Result<Duplicates, InsightError> {
    let mut places = Places::default();
    let (mut candidates, mut limited) = (Vec::new(), false);
    rows::<InsightError>(tx, Customer::KIND.name, &mut |found, row: Row| {
        if candidates.len() == MOST {
            limited = true;
            return Ok(());
        }
        let merged = row.derived.get("merged_into").is_some_and(|into| !into.is_null());
        if row.archived || merged || can(tx, caller, found.scope)?.is_none() {
            return Ok(());
        }
        if let Some(place) = places.of(tx, found.scope)?
            && reach.has(place.home, &place.holders)
        {
            candidates.push(Candidate::of_fields(found.id.into(), &row.fields));
        }
        Ok(())
    })?;
    let name = |id: CustomerId| {
        let found = candidates.iter().find(|candidate| candidate.id == id)?;
        found.names.first().cloned()
    };
    let found = pairs(&candidates);
    let pair = |(one, other, likeness): (CustomerId, CustomerId, satchel_core::duplicates::Likeness)| Pair {
        one,
        one_name: name(one),
        other,
        other_name: name(other),
        score_bp: likeness.score_bp,
        reasons: likeness.reasons.iter().copied().map(reason).collect(),
    };
    Ok(Duplicates {
        pairs: found.into_iter().take(PAIRS).map(pair).collect(),
        limited,
    })
}

const fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::SameRegistrationCode => "same_registration_code",
        Reason::SamePhone => "same_phone",
        Reason::SimilarName { .. } => "similar_name",
        Reason::Near { .. } => "near",
    }
}

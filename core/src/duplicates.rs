//! Customers that are there twice: found on the device, suggested, never merged by themselves.
//!
//! [`block`] gives each customer a few keys so that only those sharing one are compared; [`likeness`] compares two;
//! [`alias`] resolves what people decided. Nothing here writes: a merger is one entry in the log of the customer that
//! goes, and every reference to it stays as it is.

pub mod alias;
pub mod block;
pub mod likeness;
pub mod name;
pub mod registration;

use serde_json::{Map, Value};

pub use alias::AliasTable;
pub use likeness::{Likeness, Reason, score};

use crate::domain::{Customer, CustomerId};
use crate::ids::DocumentId;
use crate::schema::entity::typed;
use crate::schema::value::Position;
use crate::schema::{Entity, Kind};

/// Raised when [`kept_keys`] would give other keys for the same record: devices make them again then.
pub const KEYS_VERSION: u32 = 2;

/// The texts under which a record is kept so that its likely duplicates are found: [`block::keys`] of a customer, none of
/// any other kind.
#[must_use]
pub fn kept_keys(kind: &Kind, id: DocumentId, fields: &Map<String, Value>) -> Vec<String> {
    if kind.name != Customer::KIND.name {
        return Vec::new();
    }
    let keys = block::keys(&Candidate::of_fields(id.into(), fields));
    keys.iter().map(ToString::to_string).collect()
}

/// What of a customer tells whether it is another one.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The customer.
    pub id: CustomerId,
    /// Its name and short name.
    pub names: Vec<String>,
    /// Its phone numbers, E.164 where known.
    pub phones: Vec<String>,
    /// Its registration code.
    pub registration_code: Option<String>,
    /// Where it is.
    pub position: Option<Position>,
}

impl Candidate {
    /// Takes what counts out of a customer.
    #[must_use]
    pub fn of(id: CustomerId, customer: &Customer) -> Self {
        let names = std::iter::once(&customer.name).chain(&customer.short_name);
        Self {
            id,
            names: names.filter(|name| !name.trim().is_empty()).cloned().collect(),
            phones: customer.phones.clone(),
            registration_code: customer.registration_code.clone(),
            position: customer.place.as_ref().and_then(|place| place.position.clone()),
        }
    }

    /// Takes what counts out of a customer's plain fields.
    #[must_use]
    pub fn of_fields(id: CustomerId, fields: &Map<String, Value>) -> Self {
        Self::of(id, &typed(fields))
    }
}

/// Every likely pair among `candidates`, the likeliest first. Only candidates that share a blocking key are compared.
#[must_use]
pub fn pairs(candidates: &[Candidate]) -> Vec<(CustomerId, CustomerId, Likeness)> {
    let compared: Vec<likeness::Compared> = candidates.iter().map(likeness::Compared::of).collect();
    let mut index = block::Index::default();
    let mut found = Vec::new();
    for (at, candidate) in candidates.iter().enumerate() {
        for other in index.near(candidate) {
            if let Some(likeness) = compared[other].likeness(&compared[at]) {
                found.push((candidates[other].id, candidate.id, likeness));
            }
        }
        index.insert(at, candidate);
    }
    found.sort_by(|a, b| b.2.score_bp.cmp(&a.2.score_bp).then((a.0, a.1).cmp(&(b.0, b.1))));
    found
}

#[cfg(test)]
mod tests;

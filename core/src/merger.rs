//! Customers that are there twice, on the device: found, merged, and taken apart again. Nothing is merged by itself, and
//! no reference is rewritten.

use crate::domain::customer::{AliasEvent, AliasEventKind};
use crate::domain::{Customer, CustomerId, CustomerPatch};
use crate::duplicates::block::{self, Key};
use crate::duplicates::{Candidate, Likeness, score};
use crate::engine::{Engine, Error, Saved};
use crate::query::alias_table;
use crate::schema::{Violation, ViolationCode};

/// How many customers a phone number, a code or a place may lead to; one that more share tells nothing of one customer.
const SHARED: usize = 1_000;

/// A customer that is likely the same as another one.
#[derive(Debug, Clone, PartialEq)]
pub struct Suspect {
    /// The customer.
    pub id: CustomerId,
    /// How likely, and why.
    pub likeness: Likeness,
}

/// The customers on this device that are likely the same as one that is here, the likeliest first. Those merged with it
/// already, and those put away, are left out.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Store`].
pub fn find(engine: &Engine, id: CustomerId) -> Result<Vec<Suspect>, Error> {
    let found = engine.of::<Customer>().get(id)?.ok_or(Error::NotFound)?;
    find_like(engine, &Candidate::of(id, &found.record))
}

/// [`find`], for a customer that is only being typed.
///
/// # Errors
/// [`Error::Store`].
pub fn find_like(engine: &Engine, candidate: &Candidate) -> Result<Vec<Suspect>, Error> {
    let (halves, others): (Vec<Key>, Vec<Key>) = block::probes(candidate)
        .into_iter()
        .partition(|key| matches!(key, Key::Head(_) | Key::Tail(_)));
    let texts = |keys: &[Key]| keys.iter().map(ToString::to_string).collect::<Vec<_>>();
    engine.read(|reader| {
        let same = alias_table(reader)?.members(candidate.id);
        let mut suspects = Vec::new();
        let mut near = reader.sharing(&texts(&halves), block::SHARED_HALF)?;
        near.extend(reader.sharing(&texts(&others), SHARED)?);
        near.sort_unstable();
        near.dedup();
        for id in near {
            let id = CustomerId::from(id);
            let Some(record) = reader.record(id.into())?.filter(|_| !same.contains(&id)) else {
                continue;
            };
            let other = Candidate::of_fields(id, &record.row.fields);
            if let Some(likeness) = score(candidate, &other).filter(|_| !record.row.archived) {
                suspects.push(Suspect { id, likeness });
            }
        }
        suspects.sort_by_key(|suspect| (std::cmp::Reverse(suspect.likeness.score_bp), suspect.id));
        Ok(suspects)
    })
}

/// Says that `loser` is the same as `survivor` and is shown as it: one entry in the loser's log.
///
/// # Errors
/// [`Error::NotFound`] where one of them is not here, [`Error::Invalid`] where both are one, and as [`Engine::edit`].
pub fn merge(engine: &Engine, loser: CustomerId, survivor: CustomerId) -> Result<Saved, Error> {
    let customers = engine.of::<Customer>();
    if loser == survivor {
        return Err(Error::Invalid(vec![Violation::new(
            "aliases",
            ViolationCode::NotAllowed,
        )]));
    }
    customers.get(survivor)?.ok_or(Error::NotFound)?;
    append(engine, loser, AliasEventKind::Merge, survivor)
}

/// Takes back that `loser` is the same as `survivor`.
///
/// # Errors
/// As [`Engine::edit`].
pub fn unmerge(engine: &Engine, loser: CustomerId, survivor: CustomerId) -> Result<Saved, Error> {
    append(engine, loser, AliasEventKind::Unmerge, survivor)
}

fn append(engine: &Engine, loser: CustomerId, event: AliasEventKind, survivor: CustomerId) -> Result<Saved, Error> {
    let customers = engine.of::<Customer>();
    customers.get(loser)?.ok_or(Error::NotFound)?;
    let event = AliasEvent {
        event,
        survivor,
        ..AliasEvent::default()
    };
    let patch = CustomerPatch {
        append_aliases: vec![event],
        ..CustomerPatch::default()
    };
    customers.edit(loser, patch, None)
}

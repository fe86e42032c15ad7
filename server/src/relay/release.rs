//! What waited for a record, once the record is there.

use satchel_core::ids::DocumentId;
use satchel_core::wire::Decision;

use super::admission::Barred;
use super::enter::{self, Accepted, Case};
use super::foresight::Foreseen;
use super::{Context, RelayError, Store, decision};
use crate::store::log::Parked;

/// [`enter::enter`], and then everything that waited for a record which is new by it, for the records that are new by
/// that, and so on.
pub(super) fn enter(
    store: &mut dyn Store,
    context: &Context<'_>,
    case: &Case<'_>,
    foreseen: Option<Foreseen>,
) -> Result<Accepted, RelayError> {
    let accepted = enter::enter(store, context, case, foreseen)?;
    if matches!(accepted, Accepted::In { born: true, .. }) {
        children(store, context, case.id)?;
    }
    Ok(accepted)
}

/// Checks again what waited for this record. What may enter now does, and its author is told.
pub(super) fn children(store: &mut dyn Store, context: &Context<'_>, parent: DocumentId) -> Result<(), RelayError> {
    // A list and not a recursion: how long the chain is was somebody else's choice.
    let mut parents = vec![parent];
    while let Some(parent) = parents.pop() {
        for parked in store.awaiting(parent)? {
            if let Accepted::In { born: true, .. } = again(store, context, &parked)? {
                parents.push(parked.document);
            }
        }
    }
    Ok(())
}

/// Tries again what waited for nothing but permission and whose author was given more since, at most `limit` of it.
///
/// # Errors
/// Where the database fails.
pub fn retry(store: &mut dyn Store, context: &Context<'_>, limit: usize) -> Result<(), RelayError> {
    for parked in store.retries(limit)? {
        if let Accepted::In { born: true, .. } = again(store, context, &parked)? {
            children(store, context, parked.document)?;
        }
    }
    Ok(())
}

/// Checks something again that was held. Its verdict goes to its author; what may still not enter waits on, under the
/// reason of today.
fn again(store: &mut dyn Store, context: &Context<'_>, parked: &Parked) -> Result<Accepted, RelayError> {
    store.unpark(parked.number)?;
    let case = Case::of_parked(store, parked, false)?;
    let accepted = enter::enter(store, context, &case, None)?;
    let (code, awaits) = match &accepted {
        Accepted::In { .. } | Accepted::Duplicate => {
            decision::tell(store, parked, Decision::Accepted, Vec::new())?;
            return Ok(accepted);
        }
        Accepted::Held(next) => (parked.code.as_str(), Some(*next)),
        Accepted::NeedsDependencies => (Barred::MissingDependencies.code(), None),
        Accepted::Barred(code) | Accepted::Denied { code, .. } => (*code, None),
        Accepted::Dropped(_) => (decision::BUILDS_ON_DROPPED, None),
    };
    let denied = match accepted {
        Accepted::Denied { scope, .. } => Some(scope),
        _ => None,
    };
    store.park(&Parked {
        awaits,
        code: code.to_owned(),
        scope: denied.or(parked.scope),
        denied: denied.is_some(),
        ..parked.clone()
    })?;
    Ok(accepted)
}

//! Deciding about what waits.

use satchel_core::wire::Decision;

use super::accept::{self, Accepted, Case};
use super::{Context, RelayError, Store, rights};
use crate::store::log::Parked;

/// Lets a quarantined push in, if it still passes every check but that of permission, which a person has just given.
///
/// # Errors
/// Where the database fails. `Ok(None)` where nothing of that number waits.
pub fn decide(store: &mut dyn Store, context: &Context<'_>, number: i64) -> Result<Option<Accepted>, RelayError> {
    let Some(parked) = store.parked(number)? else {
        return Ok(None);
    };
    let sender = rights::sender_of(store, parked.member, parked.device)?;
    let case = Case {
        id: parked.document,
        kind: &parked.kind,
        sender,
        actor: parked.actor,
        base: parked.base,
        heads: &parked.heads,
        changes: &parked.changes,
        pardoned: true,
    };
    let accepted = accept::enter(store, context, &case)?;
    if matches!(accepted, Accepted::In { .. } | Accepted::Duplicate) {
        store.unpark(number)?;
        store.put_verdict(
            parked.member,
            parked.document,
            Decision::Accepted,
            &parked.heads,
            &parked.code,
        )?;
    }
    Ok(Some(accepted))
}

/// Drops a quarantined push; its author keeps sight of the edit. What was held for the dropped record goes to quarantine
/// itself. Returns what was dropped.
///
/// # Errors
/// Where the database fails.
pub fn drop_parked(store: &mut dyn Store, number: i64) -> Result<Option<Parked>, RelayError> {
    let Some(parked) = store.parked(number)? else {
        return Ok(None);
    };
    store.unpark(number)?;
    store.put_verdict(
        parked.member,
        parked.document,
        Decision::Dropped,
        &parked.heads,
        &parked.code,
    )?;
    if store.document_scope(parked.document)?.is_none() {
        for child in store.awaiting(parked.document)? {
            store.unpark(child.number)?;
            store.park(&Parked {
                awaits: None,
                code: "parent-dropped".to_owned(),
                ..child
            })?;
        }
    }
    Ok(Some(parked))
}

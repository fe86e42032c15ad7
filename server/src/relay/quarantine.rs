//! Deciding about what waits.

use satchel_core::document::Document;
use satchel_core::domain;
use satchel_core::ids::ScopeId;
use satchel_core::policy::Placement;
use satchel_core::wire::Decision;

use super::enter::{self, Accepted, Case};
use super::{Context, RelayError, Store, admission, release, rights};
use crate::store::log::Parked;
use crate::store::people::ScopeKind;

/// What is known of the place of something that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// It belongs to its author's private scope: nobody else hears of it.
    Private,
    /// It belongs here.
    In(ScopeId),
    /// Its scope can't be told: its record or the one it hangs on is not here, or it can't be read.
    Somewhere,
}

/// Where something that waits would belong.
///
/// # Errors
/// Where the database fails.
pub fn waiting(store: &dyn Store, context: &Context<'_>, parked: &Parked) -> Result<Waiting, RelayError> {
    let scope = match parked.scope {
        Some(scope) => Some(scope),
        None => match store.document_scope(parked.document)? {
            Some(scope) => Some(scope),
            None => birthplace(store, context, parked)?,
        },
    };
    let Some(scope) = scope else {
        return Ok(Waiting::Somewhere);
    };
    let is_private = scope == ScopeId::private_of(parked.member)
        || store
            .scope(scope)?
            .is_some_and(|found| found.kind == ScopeKind::Private);
    Ok(if is_private {
        Waiting::Private
    } else {
        Waiting::In(scope)
    })
}

/// The scope of a record that is not in the log yet, by the fields with which it waits. They are taken in by the same
/// steps as a push: they may be hostile.
fn birthplace(store: &dyn Store, context: &Context<'_>, parked: &Parked) -> Result<Option<ScopeId>, RelayError> {
    let Some(kind) = domain::kind(&parked.kind) else {
        return Ok(None);
    };
    let mut document = Document::new(kind, parked.document)?;
    let Ok(pushed) = admission::parse(&mut document, &parked.changes) else {
        return Ok(None);
    };
    if admission::admit(store, &mut document, &pushed.fresh, Some(parked.device), context.limits)?.is_err() {
        return Ok(None);
    }
    let fields = document.fields();
    let scope_of = |parent| store.document_scope(parent);
    let place = enter::place(kind, parked.document, &fields, parked.member, context.org, scope_of)?;
    Ok(match place {
        Placement::In(scope) => Some(scope),
        Placement::Awaits(_) => None,
    })
}

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
    let accepted = release::enter(store, context, &case)?;
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

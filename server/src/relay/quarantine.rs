//! Deciding about what waits.

use satchel_core::document::{Document, Header, Refusal};
use satchel_core::domain;
use satchel_core::ids::ScopeId;
use satchel_core::policy::Placement;
use satchel_core::wire::Decision;

use super::admission::Barred;
use super::enter::{self, Accepted, Case};
use super::{Context, RelayError, Store, admission, anew, decision, release};
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
    let weighed = admission::weigh(&mut document, pushed.fresh, context.limits)?;
    let Ok((_, row)) = weighed.admitted(store, Some(parked.device))? else {
        return Ok(None);
    };
    let scope_of = |parent| store.document_scope(parent);
    let place = enter::place(kind, parked.document, &row.fields, parked.member, context.org, scope_of)?;
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
    let case = Case::of_parked(store, &parked, true)?;
    let stored = store.document(parked.document)?;
    let apart = match &stored {
        Some(stored) => anew::apart(store, stored, &parked)?,
        None => None,
    };
    if apart.as_ref().is_some_and(|apart| apart.is_there) {
        settle(store, &parked, true)?;
        return Ok(Some(Accepted::Duplicate));
    }
    let accepted = release::enter(store, context, &case, None)?;
    let conflict = Accepted::Barred(Barred::Refused(Refusal::ActorConflict).code());
    let (accepted, replaced) = match apart {
        Some(apart) if accepted == conflict => {
            let changes = apart.anew(context)?;
            let case = Case {
                changes: &changes,
                actor: None,
                ..case
            };
            (release::enter(store, context, &case, None)?, true)
        }
        _ => (accepted, false),
    };
    if matches!(accepted, Accepted::In { .. } | Accepted::Duplicate) {
        settle(store, &parked, replaced)?;
    }
    Ok(Some(accepted))
}

/// What waited is in the log, perhaps under other hashes (`replaced`): then it never enters as it was.
fn settle(store: &mut dyn Store, parked: &Parked, replaced: bool) -> Result<(), RelayError> {
    store.unpark(parked.number)?;
    let gone = if replaced {
        decision::remember(store, parked)?
    } else {
        Vec::new()
    };
    decision::tell(store, parked, Decision::Accepted, gone)
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
    let gone = decision::remember(store, &parked)?;
    decision::tell(store, &parked, Decision::Dropped, gone.clone())?;
    for later in store.parked_of(parked.document)? {
        let hashes = later.changes.iter().filter_map(|bytes| Header::read(bytes).ok());
        if hashes.map(|header| header.hash).any(|hash| gone.contains(&hash)) {
            keep_on(store, later, decision::BUILDS_ON_DROPPED)?;
        }
    }
    if store.document_scope(parked.document)?.is_none() {
        for child in store.awaiting(parked.document)? {
            keep_on(store, child, "parent-dropped")?;
        }
    }
    Ok(Some(parked))
}

/// Waits on for a decision, under another reason.
fn keep_on(store: &mut dyn Store, parked: Parked, code: &str) -> Result<(), RelayError> {
    store.unpark(parked.number)?;
    store.park(&Parked {
        awaits: None,
        denied: false,
        code: code.to_owned(),
        ..parked
    })?;
    Ok(())
}

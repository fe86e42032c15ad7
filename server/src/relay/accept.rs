//! What becomes of a push: the receipt, and what is kept apart. Nothing that was received is ever thrown away.

use satchel_core::document::Refusal;
use satchel_core::ids::{ActorId, DocumentId, ScopeId};
use satchel_core::policy::Access;
use satchel_core::wire::{Point, Push, Receipt, ReceiptState, limit};

use super::admission::Barred;
use super::enter::{Accepted, Case};
use super::foresight::Foreseen;
use super::{Context, RelayError, Sender, Store, decision, release, rights};
use crate::store::log::Parked;

/// Decides a push and writes what follows from it.
pub(super) fn accept(
    store: &mut dyn Store,
    context: &Context<'_>,
    sender: Sender,
    actor: Option<ActorId>,
    push: &Push,
    foreseen: Option<Foreseen>,
) -> Result<Receipt, RelayError> {
    let changes: Vec<Vec<u8>> = push.changes.iter().map(|bytes| bytes.to_vec()).collect();
    let case = Case {
        id: push.id,
        kind: &push.kind,
        sender,
        actor,
        base: push.base,
        heads: &push.heads,
        changes: &changes,
        pardoned: false,
    };
    let accepted = release::enter(store, context, &case, foreseen)?;
    let scope = store.document_scope(push.id)?;
    let conflict = Barred::Refused(Refusal::ActorConflict).code();
    let parks = match &accepted {
        Accepted::Held(_) | Accepted::Denied { .. } => true,
        Accepted::Barred(code) => *code != conflict,
        _ => false,
    };
    let (state, code) = match &accepted {
        // The device keeps it and comes again. Who has lost the scope must be able to hand in everything.
        _ if parks && is_full(store, &case)? && !lost(store, sender, scope)? => {
            (ReceiptState::RetryAfter, Some("too-many-waiting"))
        }
        Accepted::In { late: false, .. } => (ReceiptState::Ok, None),
        Accepted::In { late: true, .. } => (ReceiptState::LateAccepted, None),
        Accepted::Duplicate => (ReceiptState::Duplicate, None),
        Accepted::Held(parent) => {
            park(store, context, &case, Why::awaiting(*parent), scope)?;
            (ReceiptState::Held, None)
        }
        Accepted::NeedsDependencies if lost(store, sender, scope)? => {
            park(store, context, &case, Why::code("needs-dependencies"), scope)?;
            (ReceiptState::NeedsDependencies, Some("needs-dependencies"))
        }
        Accepted::NeedsDependencies => (ReceiptState::NeedsDependencies, Some("needs-dependencies")),
        // The device makes its edits anew; where it may not hold the record any more they are kept as they are.
        Accepted::Barred(code) if *code == conflict && !lost(store, sender, scope)? => {
            (ReceiptState::ActorConflict, Some(*code))
        }
        Accepted::Denied { code, scope } => {
            park(store, context, &case, Why::denied(code), Some(*scope))?;
            (ReceiptState::Quarantined, Some(*code))
        }
        // Its author learns again which changes are meant. He makes anew what builds on them, where he still holds it.
        Accepted::Dropped(met) => {
            decision::tell_again(store, sender.member, met)?;
            if lost(store, sender, scope)? && decision::holds_more(store, &changes, met)? {
                park(store, context, &case, Why::code(decision::BUILDS_ON_DROPPED), scope)?;
            }
            (ReceiptState::Quarantined, Some("dropped"))
        }
        Accepted::Barred(code) => {
            park(store, context, &case, Why::code(code), scope)?;
            let state = if matches!(*code, "unknown-kind" | "unknown-schema") {
                ReceiptState::UpgradeNeeded
            } else {
                ReceiptState::Quarantined
            };
            (state, Some(*code))
        }
    };
    // An author keeps what waits: only a document that is in the log, in a scope he may not read, is dropped.
    let readable = match scope {
        Some(scope) => rights::access(store, sender.member, scope)?.is_some(),
        None => true,
    };
    Ok(Receipt {
        id: push.id,
        state,
        code: code.map(str::to_owned),
        heads: push.heads.clone(),
        point: Point {
            run: context.run,
            seq: store.last_seq()?,
        },
        readable,
    })
}

/// Whether as many pushes of the document by this device wait as may.
fn is_full(store: &dyn Store, case: &Case<'_>) -> Result<bool, RelayError> {
    let waiting = store.waiting(case.id, case.sender.device)?;
    Ok(waiting >= limit::WAITING_PER_DOCUMENT as u64)
}

fn lost(store: &dyn Store, sender: Sender, scope: Option<ScopeId>) -> Result<bool, RelayError> {
    let Some(scope) = scope else { return Ok(sender.revoked) };
    Ok(sender.revoked || rights::access(store, sender.member, scope)?.is_none_or(|access| access < Access::Write))
}

/// Why something is kept apart.
#[derive(Clone, Copy)]
struct Why<'a> {
    code: &'a str,
    awaits: Option<DocumentId>,
    denied: bool,
}

impl<'a> Why<'a> {
    fn code(code: &'a str) -> Self {
        Self {
            code,
            awaits: None,
            denied: false,
        }
    }

    fn denied(code: &'a str) -> Self {
        Self {
            denied: true,
            ..Self::code(code)
        }
    }

    fn awaiting(parent: DocumentId) -> Self {
        Self {
            awaits: Some(parent),
            ..Self::code("held")
        }
    }
}

fn park(
    store: &mut dyn Store,
    context: &Context<'_>,
    case: &Case<'_>,
    why: Why<'_>,
    scope: Option<ScopeId>,
) -> Result<(), RelayError> {
    store.park(&Parked {
        number: 0,
        document: case.id,
        kind: case.kind.to_owned(),
        device: case.sender.device,
        member: case.sender.member,
        actor: case.actor,
        heads: case.heads.clone(),
        base: case.base,
        code: why.code.to_owned(),
        awaits: why.awaits,
        scope,
        received_at_ms: context.now_ms,
        denied: why.denied,
        changes: case.changes.to_vec(),
    })?;
    Ok(())
}

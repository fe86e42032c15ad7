//! What becomes of a push: the receipt, and what is kept apart. Nothing that was received is ever thrown away.

use satchel_core::document::Refusal;
use satchel_core::ids::{ActorId, DocumentId, ScopeId};
use satchel_core::policy::Access;
use satchel_core::wire::{Point, Push, Receipt, ReceiptState, limit};

use super::admission::Barred;
use super::enter::{Accepted, Case};
use super::{Context, RelayError, Sender, Store, release, rights};
use crate::store::log::Parked;

/// Decides a push and writes what follows from it.
pub(super) fn accept(
    store: &mut dyn Store,
    context: &Context<'_>,
    sender: Sender,
    actor: Option<ActorId>,
    push: &Push,
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
    let accepted = release::enter(store, context, &case)?;
    let scope = store.document_scope(push.id)?;
    let conflict = Barred::Refused(Refusal::ActorConflict).code();
    let parks = match &accepted {
        Accepted::Held(_) => true,
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
            park(store, context, &case, "held", Some(*parent), scope)?;
            (ReceiptState::Held, None)
        }
        Accepted::NeedsDependencies if lost(store, sender, scope)? => {
            park(store, context, &case, "needs-dependencies", None, scope)?;
            (ReceiptState::NeedsDependencies, Some("needs-dependencies"))
        }
        Accepted::NeedsDependencies => (ReceiptState::NeedsDependencies, Some("needs-dependencies")),
        // The device makes its edits anew; where it may not hold the record any more they are kept as they are.
        Accepted::Barred(code) if *code == conflict && !lost(store, sender, scope)? => {
            (ReceiptState::ActorConflict, Some(*code))
        }
        Accepted::Barred(code) => {
            park(store, context, &case, code, None, scope)?;
            let state = if *code == "unknown-kind" {
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

fn park(
    store: &mut dyn Store,
    context: &Context<'_>,
    case: &Case<'_>,
    code: &str,
    awaits: Option<DocumentId>,
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
        code: code.to_owned(),
        awaits,
        scope,
        received_at_ms: context.now_ms,
        changes: case.changes.to_vec(),
    })?;
    Ok(())
}

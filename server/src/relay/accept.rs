//! A push becomes part of the log, or is kept for somebody to decide. Nothing that was received is ever thrown away.

use satchel_core::document::{Document, Refusal};
use satchel_core::domain;
use satchel_core::ids::{ActorId, DocumentId, Heads, MemberId, ScopeId};
use satchel_core::policy::{self, Access, Action, Placement, Subject};
use satchel_core::projection::Row;
use satchel_core::schema::{Kind, ScopeRule};
use satchel_core::wire::{Decision, Point, Push, Receipt, ReceiptState};

use super::admission::{self, Barred};
use super::rights::{self, Standing};
use super::{Context, RelayError, Sender, Store};
use crate::store::log::{NewChange, Parked, StoredDocument};

/// A push as it is worked on: from a device now, or from the waiting room.
pub(super) struct Case<'a> {
    pub(super) id: DocumentId,
    pub(super) kind: &'a str,
    pub(super) sender: Sender,
    pub(super) actor: Option<ActorId>,
    pub(super) base: Option<Point>,
    pub(super) heads: &'a Heads,
    pub(super) changes: &'a [Vec<u8>],
    /// A person has decided that it may enter: permission is not asked again.
    pub(super) pardoned: bool,
}

/// What became of a push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accepted {
    /// Let in, under this seq.
    In {
        /// The new seq of the document.
        seq: u64,
        /// Whether the sender had lost the scope after he wrote.
        late: bool,
    },
    /// All of it was there.
    Duplicate,
    /// Waits for the record it hangs on.
    Held(DocumentId),
    /// Not let in; the code says why.
    Barred(&'static str),
    /// Builds on something that is not here.
    NeedsDependencies,
}

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
    let accepted = enter(store, context, &case)?;
    let scope = store.document_scope(push.id)?;
    let (state, code) = match &accepted {
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
        Accepted::Barred(code) if *code == Barred::Refused(Refusal::ActorConflict).code() => {
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

fn lost(store: &dyn Store, sender: Sender, scope: Option<ScopeId>) -> Result<bool, RelayError> {
    let Some(scope) = scope else { return Ok(sender.revoked) };
    Ok(sender.revoked || rights::access(store, sender.member, scope)?.is_none_or(|access| access < Access::Write))
}

/// Runs every check and, where all pass, writes the changes into the log.
pub(super) fn enter(store: &mut dyn Store, context: &Context<'_>, case: &Case<'_>) -> Result<Accepted, RelayError> {
    let Some(kind) = domain::kind(case.kind) else {
        return Ok(Accepted::Barred("unknown-kind"));
    };
    let stored = store.document(case.id)?;
    if stored.as_ref().is_some_and(|stored| stored.kind != kind.name) {
        return Ok(Accepted::Barred("other-kind"));
    }
    let mut document = match &stored {
        Some(stored) => load(store, kind, stored)?,
        None => Document::new(kind, case.id)?,
    };
    let parsed = match admission::parse(&mut document, case.changes) {
        Ok(parsed) => parsed,
        Err(barred) => return Ok(Accepted::Barred(barred.code())),
    };
    if parsed.nothing_new && stored.is_some() {
        return Ok(Accepted::Duplicate);
    }
    let author = parsed
        .fresh
        .iter()
        .find(|one| !one.is_seed)
        .and_then(|one| one.header.by);
    match admission::admit(store, &mut document, &parsed.fresh, Some(case.sender.device))? {
        Ok(()) => {}
        Err(Barred::MissingDependencies) => return Ok(Accepted::NeedsDependencies),
        Err(barred) => return Ok(Accepted::Barred(barred.code())),
    }
    let row = document.project();
    let scope = if let Some(stored) = &stored {
        stored.scope
    } else {
        // The creator is the author in the first change, and nobody creates in another's name.
        if author.is_some_and(|author| author != case.sender.member) {
            return Ok(Accepted::Barred("foreign-author"));
        }
        let scope_of = |parent| store.document_scope(parent);
        match place(kind, case.id, &row.fields, case.sender.member, context.org, scope_of)? {
            Placement::In(scope) => scope,
            Placement::Awaits(parent) => return Ok(Accepted::Held(parent)),
        }
    };
    let mut late = false;
    if !case.pardoned {
        match permit(store, context, case, kind, scope, stored.as_ref(), &parsed, &row.fields)? {
            Standing::Now => {}
            Standing::AtTheBase => late = true,
            Standing::Denied(code) => return Ok(Accepted::Barred(code)),
        }
    }
    let founds = stored.is_none() && kind.scope == ScopeRule::Own;
    if founds && !rights::found(store, context, scope, case.sender.member)? {
        return Ok(Accepted::Barred("scope-taken"));
    }
    if let Some(actor) = case.actor {
        store.claim_actor(actor, Some(case.sender.device), Some(case.sender.member))?;
    }
    for one in parsed.fresh.iter().filter(|one| !one.is_seed) {
        store.claim_actor(one.header.actor, Some(case.sender.device), Some(case.sender.member))?;
    }
    let changes: Vec<NewChange> = parsed
        .fresh
        .into_iter()
        .map(|one| NewChange {
            hash: one.header.hash,
            bytes: one.bytes,
            device: Some(case.sender.device),
            member: case.sender.member,
        })
        .collect();
    let seq = commit(
        store,
        context,
        kind,
        &mut document,
        stored.as_ref(),
        scope,
        case.sender.member,
        &changes,
    )?;
    Ok(Accepted::In { seq, late })
}

/// Writes changes that passed every check: the document with its new projection, the changes, its seq; then looks at
/// what waited for it.
#[expect(
    clippy::too_many_arguments,
    reason = "one call site a way in; a struct would only rename the arguments"
)]
pub(super) fn commit(
    store: &mut dyn Store,
    context: &Context<'_>,
    kind: &'static Kind,
    document: &mut Document,
    stored: Option<&StoredDocument>,
    scope: ScopeId,
    creator: MemberId,
    changes: &[NewChange],
) -> Result<u64, RelayError> {
    let seq = store.next_seq()?;
    let row = document.project();
    let is_new = stored.is_none();
    let id = document.id();
    let next = StoredDocument {
        id,
        kind: kind.name.to_owned(),
        scope,
        creator: stored.map_or(creator, |stored| stored.creator),
        snapshot: stored.map(|stored| stored.snapshot.clone()).unwrap_or_default(),
        folded_seq: stored.map_or(0, |stored| stored.folded_seq),
        heads: row.heads.clone(),
        row: serde_json::to_string(&row)?,
        schema: kind.schema,
        created_seq: stored.map_or(seq, |stored| stored.created_seq),
        seq,
    };
    store.put_document(&next)?;
    store.append_changes(id, seq, changes, context.now_ms)?;
    fold(store, document, next)?;
    if is_new {
        release_children(store, context, id)?;
    }
    Ok(seq)
}

/// After this many unfolded changes the snapshot takes them in.
const FOLD_AFTER: u64 = 40;

/// Folds changes into the snapshot, losslessly: the new snapshot replaces the old one only after it was read again to
/// the same version. The raw changes stay.
fn fold(store: &mut dyn Store, document: &mut Document, stored: StoredDocument) -> Result<(), RelayError> {
    if store.unfolded(stored.id)? <= FOLD_AFTER {
        return Ok(());
    }
    let snapshot = document.save();
    let mut again = Document::load(document.kind(), stored.id, &snapshot, std::iter::empty::<&[u8]>())?;
    if again.heads() == stored.heads {
        let folded_seq = stored.seq;
        store.put_document(&StoredDocument {
            snapshot,
            folded_seq,
            ..stored
        })?;
    } else {
        tracing::error!(doc.id = %stored.id, "a snapshot did not read back to its version; it was not kept");
    }
    Ok(())
}

/// Checks again what waited for this record. What may enter now does, and its author is told.
fn release_children(store: &mut dyn Store, context: &Context<'_>, parent: DocumentId) -> Result<(), RelayError> {
    for parked in store.awaiting(parent)? {
        store.unpark(parked.number)?;
        let sender = rights::sender_of(store, parked.member, parked.device)?;
        let case = Case {
            id: parked.document,
            kind: &parked.kind,
            sender,
            actor: parked.actor,
            base: parked.base,
            heads: &parked.heads,
            changes: &parked.changes,
            pardoned: false,
        };
        let code = match enter(store, context, &case)? {
            Accepted::In { .. } | Accepted::Duplicate => {
                store.put_verdict(
                    parked.member,
                    parked.document,
                    Decision::Accepted,
                    &parked.heads,
                    &parked.code,
                )?;
                continue;
            }
            Accepted::Held(next) => {
                store.park(&Parked {
                    awaits: Some(next),
                    ..parked
                })?;
                continue;
            }
            Accepted::NeedsDependencies => Barred::MissingDependencies.code(),
            Accepted::Barred(code) => code,
        };
        store.park(&Parked {
            awaits: None,
            code: code.to_owned(),
            ..parked
        })?;
    }
    Ok(())
}

/// Opens a stored document.
pub(super) fn load(store: &dyn Store, kind: &'static Kind, stored: &StoredDocument) -> Result<Document, RelayError> {
    let changes = store.changes_after(stored.id, stored.folded_seq)?;
    Ok(Document::load(kind, stored.id, &stored.snapshot, &changes)?)
}

/// [`policy::place`] with a look-up that can fail.
pub(super) fn place(
    kind: &Kind,
    id: DocumentId,
    fields: &serde_json::Map<String, serde_json::Value>,
    author: MemberId,
    org: satchel_core::ids::OrgId,
    scope_of: impl FnOnce(DocumentId) -> Result<Option<ScopeId>, crate::store::StoreError>,
) -> Result<Placement, RelayError> {
    let mut failed = None;
    let placement = policy::place(kind, id, fields, author, org, |parent| match scope_of(parent) {
        Ok(scope) => scope,
        Err(error) => {
            failed = Some(error);
            None
        }
    });
    failed.map_or(Ok(placement), |error| Err(error.into()))
}

/// Whether the sender may do what the push does, now or when he wrote it.
#[expect(
    clippy::too_many_arguments,
    reason = "one call site; a struct would only rename the arguments"
)]
fn permit(
    store: &dyn Store,
    context: &Context<'_>,
    case: &Case<'_>,
    kind: &Kind,
    scope: ScopeId,
    stored: Option<&StoredDocument>,
    parsed: &admission::Parsed,
    fields: &serde_json::Map<String, serde_json::Value>,
) -> Result<Standing, RelayError> {
    if case.sender.revoked {
        return Ok(Standing::Denied("revoked"));
    }
    let action = match stored {
        None => Action::Create,
        // A push that leaves every field as it was puts the record away or brings it back; what a change calls itself is
        // its author's word only.
        Some(stored) if serde_json::from_str::<Row>(&stored.row)?.fields == *fields => Action::Archive,
        Some(_) => Action::Edit,
    };
    // What a push puts into another's name stays visible: the message inside a change must name the authenticated author.
    if parsed
        .fresh
        .iter()
        .any(|one| !one.is_seed && one.header.by != Some(case.sender.member))
    {
        return Ok(Standing::Denied("foreign-author"));
    }
    let access = rights::access(store, case.sender.member, scope)?;
    let subject = Subject {
        member: case.sender.member,
        role: case.sender.role,
        access,
    };
    let author = stored.map(|stored| stored.creator);
    let Err(denied) = policy::decide(kind, action, &subject, author) else {
        return Ok(Standing::Now);
    };
    rights::at_the_base(store, context, case.sender, scope, case.base, denied)
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

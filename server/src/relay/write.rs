//! Records written by the relay itself, on behalf of a member who has no device: the REST API, imports.

use satchel_core::document::{Author, Document, Error, Header};
use satchel_core::ids::{DocumentId, Heads, MemberId, ScopeId};
use satchel_core::policy::{self, Action, Denied, Placement, Role, Subject};
use satchel_core::projection::Row;
use satchel_core::schema::{Kind, Merge, Patch, ScopeRule, Violation, ViolationCode};
use serde_json::{Map, Value};

use super::commit::{self, Entry};
use super::{Context, RelayError, Store, enter, read, release, rights};
use crate::store::log::{NewChange, StoredDocument};

/// Who writes, and in which zone.
#[derive(Debug, Clone, Copy)]
pub struct Draft<'a> {
    /// The member.
    pub member: MemberId,
    /// What the member is in the organisation.
    pub role: Role,
    /// IANA name of the member's zone.
    pub zone: &'a str,
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// There is no such record, as far as this member may know.
    #[error("no such record")]
    NotFound,
    /// A record with this id exists.
    #[error("a record with this id exists")]
    Exists,
    /// The member may not.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The values are not valid.
    #[error("the values are not valid")]
    Invalid(Vec<Violation>),
    /// The version named is not one of the record's.
    #[error("the record has no such version")]
    UnknownVersion,
    /// The record it is to hang on does not exist, as far as this member may know.
    #[error("the record it hangs on does not exist")]
    NoParent,
    /// Nothing stands beside the value of that field.
    #[error("the field has no conflict")]
    NoConflict,
    /// The relay failed.
    #[error(transparent)]
    Relay(#[from] RelayError),
}

impl From<crate::store::StoreError> for WriteError {
    fn from(error: crate::store::StoreError) -> Self {
        Self::Relay(error.into())
    }
}

impl From<Error> for WriteError {
    fn from(error: Error) -> Self {
        match error {
            Error::Invalid(violations) => Self::Invalid(violations),
            Error::UnknownVersion => Self::UnknownVersion,
            other => Self::Relay(other.into()),
        }
    }
}

/// Makes a record. `id` is given by the caller (a deterministic one makes a repeated request harmless).
///
/// # Errors
/// [`WriteError`] says what to tell the caller.
pub fn create(
    store: &mut dyn Store,
    context: &Context<'_>,
    draft: Draft<'_>,
    kind: &'static Kind,
    id: DocumentId,
    patch: &Patch,
) -> Result<Row, WriteError> {
    if store.document_scope(id)?.is_some() {
        return Err(WriteError::Exists);
    }
    let (mut document, changes) = Document::create(kind, id, patch, &author(context, draft))?;
    let row = document.project();
    let scope_of = |parent| store.document_scope(parent);
    let scope = match enter::place(kind, id, &row.fields, draft.member, context.org, scope_of)? {
        Placement::In(scope) => scope,
        Placement::Awaits(_) => return Err(WriteError::NoParent),
    };
    let subject = subject(store, draft, scope)?;
    match policy::decide(kind, Action::Create, &subject, None) {
        Ok(()) => {}
        // Whoever may not read the parent must not learn that it exists.
        Err(Denied::NoAccess) if matches!(kind.scope, ScopeRule::Parent { .. }) => return Err(WriteError::NoParent),
        Err(denied) => return Err(denied.into()),
    }
    if kind.scope == ScopeRule::Own && !rights::found(store, context, scope, draft.member)? {
        return Err(WriteError::Exists);
    }
    keep(store, context, draft, &mut document, &row, None, scope, changes)?;
    release::children(store, context, id)?;
    Ok(row)
}

/// Edits a record at the version `at` (the present one where `None`).
///
/// # Errors
/// [`WriteError`] says what to tell the caller.
pub fn edit(
    store: &mut dyn Store,
    context: &Context<'_>,
    draft: Draft<'_>,
    kind: &'static Kind,
    id: DocumentId,
    patch: &Patch,
    at: Option<&Heads>,
) -> Result<Row, WriteError> {
    let (stored, mut document) = open(store, draft, kind, id, Action::Edit)?;
    let changes = document.edit(patch, at, &author(context, draft))?;
    finish(store, context, draft, document, &stored, changes)
}

/// The record, where the member made it by this very request before: it then began with just these values. Whatever was
/// edited since is left alone, so a request that is sent again is harmless.
///
/// # Errors
/// As [`create`].
pub fn repeated(
    store: &dyn Store,
    context: &Context<'_>,
    draft: Draft<'_>,
    kind: &'static Kind,
    id: DocumentId,
    patch: &Patch,
) -> Result<Option<StoredDocument>, WriteError> {
    let found = read::find(store, draft.member, draft.role, kind, id)?;
    let Some(stored) = found.filter(|stored| stored.creator == draft.member) else {
        return Ok(None);
    };
    let mut document = commit::load(store, kind, &stored)?;
    let Some(first) = document.history().into_iter().next() else {
        return Ok(None);
    };
    let began = document.fields_at(&Heads::new(vec![first.hash]))?;
    let (again, _) = Document::create(kind, id, patch, &author(context, draft))?;
    let is_same = unstamped(kind, began) == unstamped(kind, again.fields());
    Ok(is_same.then_some(stored))
}

/// Fields without the stamps of their logs, which are new at each writing.
fn unstamped(kind: &Kind, mut fields: Map<String, Value>) -> Map<String, Value> {
    let logs = kind.fields.iter().filter(|field| field.merge == Merge::Log);
    for log in logs {
        let events = fields.get_mut(log.name).and_then(Value::as_array_mut);
        for event in events.into_iter().flatten().filter_map(Value::as_object_mut) {
            event.remove("stamp");
        }
    }
    fields
}

/// Puts a record away (`archived`), as it was at the version `at` (the present one where `None`), or brings it back. An
/// edit made beyond `at` beats the archiving.
///
/// # Errors
/// [`WriteError`] says what to tell the caller.
pub fn archive(
    store: &mut dyn Store,
    context: &Context<'_>,
    draft: Draft<'_>,
    kind: &'static Kind,
    id: DocumentId,
    archived: bool,
    at: Option<&Heads>,
) -> Result<Row, WriteError> {
    let (stored, mut document) = open(store, draft, kind, id, Action::Archive)?;
    let author = author(context, draft);
    let changes = if archived {
        document.archive(at, &author)?
    } else {
        document.restore(&author)?
    };
    finish(store, context, draft, document, &stored, changes)
}

fn author<'a>(context: &Context<'a>, draft: Draft<'a>) -> Author<'a> {
    Author {
        member: draft.member,
        actor: context.actor,
        at_ms: context.now_ms,
        zone: draft.zone,
        entropy: context.entropy,
    }
}

fn subject(store: &dyn Store, draft: Draft<'_>, scope: ScopeId) -> Result<Subject, RelayError> {
    let access = rights::access(store, draft.member, scope)?;
    Ok(Subject {
        member: draft.member,
        role: draft.role,
        access,
    })
}

/// A record that the member may do `action` with; one that he may not read is not there.
fn open(
    store: &dyn Store,
    draft: Draft<'_>,
    kind: &'static Kind,
    id: DocumentId,
    action: Action,
) -> Result<(StoredDocument, Document), WriteError> {
    let stored = store
        .document(id)?
        .filter(|stored| stored.kind == kind.name)
        .ok_or(WriteError::NotFound)?;
    let subject = subject(store, draft, stored.scope)?;
    match policy::decide(kind, action, &subject, Some(stored.creator)) {
        Ok(()) => {}
        Err(Denied::NoAccess) => return Err(WriteError::NotFound),
        Err(denied) => return Err(denied.into()),
    }
    let document = commit::load(store, kind, &stored)?;
    Ok((stored, document))
}

fn finish(
    store: &mut dyn Store,
    context: &Context<'_>,
    draft: Draft<'_>,
    mut document: Document,
    stored: &StoredDocument,
    changes: Vec<Vec<u8>>,
) -> Result<Row, WriteError> {
    let row = document.project();
    if !changes.is_empty() {
        let scope = stored.scope;
        keep(store, context, draft, &mut document, &row, Some(stored), scope, changes)?;
    }
    Ok(row)
}

#[expect(
    clippy::too_many_arguments,
    reason = "one call site a way in; a struct would only rename the arguments"
)]
fn keep(
    store: &mut dyn Store,
    context: &Context<'_>,
    draft: Draft<'_>,
    document: &mut Document,
    row: &Row,
    stored: Option<&StoredDocument>,
    scope: ScopeId,
    changes: Vec<Vec<u8>>,
) -> Result<(), WriteError> {
    let most = context.limits.document_bytes;
    let row_bytes = serde_json::to_string(row).map_err(RelayError::from)?.len();
    if document.save().len() > most || row_bytes > most {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let violation = Violation::with_limit("", ViolationCode::TooLong, most);
        return Err(WriteError::Invalid(vec![violation]));
    }
    store.claim_actor(context.actor, None, None)?;
    let mut kept = Vec::new();
    for bytes in changes {
        let header = Header::read(&bytes).map_err(|_| Error::Damaged)?;
        kept.push(NewChange {
            hash: header.hash,
            bytes,
            device: None,
            member: draft.member,
        });
    }
    let entry = Entry {
        kind: document.kind(),
        id: document.id(),
        row,
        stored,
        scope,
        creator: draft.member,
        changes: &kept,
    };
    commit::commit(store, context, &entry)?;
    Ok(())
}

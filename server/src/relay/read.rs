//! Records read on behalf of a member over the REST API.
//!
//! Nothing of a private scope leaves this way, not even to its owner: those bytes are on his devices and the relay only.

use satchel_core::document::Document;
use satchel_core::ids::{DocumentId, MemberId, ScopeId};
use satchel_core::policy::{self, Action, Role, Subject};
use satchel_core::schema::Kind;

use super::{RelayError, Store, commit, rights};
use crate::store::StoreError;
use crate::store::log::StoredDocument;

/// Whether records of this scope may leave over REST at all, to a member who may read them.
#[must_use]
pub fn leaves(member: MemberId, scope: ScopeId) -> bool {
    scope != ScopeId::private_of(member)
}

/// The record, where there is one of this kind that the member may read over REST.
///
/// # Errors
/// Where the database fails.
pub fn find(
    store: &dyn Store,
    member: MemberId,
    role: Role,
    kind: &Kind,
    id: DocumentId,
) -> Result<Option<StoredDocument>, StoreError> {
    let Some(stored) = store.document(id)? else {
        return Ok(None);
    };
    if stored.kind != kind.name || !leaves(member, stored.scope) {
        return Ok(None);
    }
    let access = rights::access(store, member, stored.scope)?;
    let subject = Subject { member, role, access };
    let allowed = policy::decide(kind, Action::Read, &subject, Some(stored.creator));
    Ok(allowed.is_ok().then_some(stored))
}

/// Opens a stored record, for its history, its conflicts and its versions.
///
/// # Errors
/// Where the database fails or the record is damaged.
pub fn open(store: &dyn Store, kind: &'static Kind, stored: &StoredDocument) -> Result<Document, RelayError> {
    commit::load(store, kind, stored)
}

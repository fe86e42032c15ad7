//! The organisation.

use satchel_core::ids::{OrgId, ScopeId};

use super::{IdentityError, checked_name};
use crate::store::people::{Scope, ScopeKind};
use crate::store::{People, StoreError};

/// Creates the organisation and the root of its tree of scopes.
///
/// # Errors
/// [`IdentityError::Conflict`] where the database holds one already.
pub fn create(tx: &mut dyn People, id: OrgId, name: &str, now_ms: i64) -> Result<(), IdentityError> {
    match tx.org() {
        Err(StoreError::NoOrg) => {}
        Ok(_) => {
            return Err(IdentityError::Conflict(
                "org-exists",
                "the database holds an organisation already",
            ));
        }
        Err(error) => return Err(error.into()),
    }
    tx.create_org(id, &checked_name("name", name)?, now_ms)?;
    let seq = tx.next_seq()?;
    let root = ScopeId::from(id);
    tx.put_scope(&Scope {
        id: root,
        parent: None,
        kind: ScopeKind::Org,
        owner: None,
        seq,
    })?;
    directory_changed(tx)?;
    Ok(())
}

/// Raises the directory's seq, and returns it for the row that changed.
pub(super) fn directory_changed(tx: &mut dyn People) -> Result<u64, StoreError> {
    let seq = tx.next_seq()?;
    tx.set_directory_seq(seq)?;
    Ok(seq)
}

//! Where a record counts: the node under which its scope hangs, and who holds it.

use std::collections::HashMap;

use satchel_core::ids::{MemberId, ScopeId};

use crate::store::people::{Origin, ScopeKind};
use crate::store::{People, StoreError};

/// Where the records of a scope count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The team (or the organisation) under which the scope hangs: whoever manages it may read the records.
    pub home: ScopeId,
    /// Whose the records are, by id: those to whom the scope is assigned, or whose own scope it is.
    pub holders: Vec<MemberId>,
}

/// Where the records of a scope count; `None` where nowhere: in a private scope.
///
/// # Errors
/// Where the store fails.
pub fn place(tx: &dyn People, scope: ScopeId) -> Result<Option<Place>, StoreError> {
    let Some(node) = tx.scope(scope)? else {
        return Ok(None);
    };
    let found = match (node.kind, node.parent) {
        (ScopeKind::Private, _) | (ScopeKind::Record | ScopeKind::Member, None) => return Ok(None),
        (ScopeKind::Record, Some(parent)) => {
            let given = tx.permissions_on(scope)?.into_iter();
            let assigned = given.filter(|given| given.origin == Origin::Assigned);
            let mut holders: Vec<MemberId> = assigned.map(|given| given.member).collect();
            holders.sort_unstable();
            holders.dedup();
            Place { home: parent, holders }
        }
        (ScopeKind::Member, Some(parent)) => Place {
            home: parent,
            holders: node.owner.into_iter().collect(),
        },
        (ScopeKind::Org | ScopeKind::Team, _) => Place {
            home: scope,
            holders: Vec::new(),
        },
    };
    Ok(Some(found))
}

/// Places that were asked for once, as the tree has them now.
#[derive(Debug, Default)]
pub struct Places(HashMap<ScopeId, Option<Place>>);

impl Places {
    /// As [`place`].
    ///
    /// # Errors
    /// Where the store fails.
    pub fn of(&mut self, tx: &dyn People, scope: ScopeId) -> Result<Option<Place>, StoreError> {
        if let Some(known) = self.0.get(&scope) {
            return Ok(known.clone());
        }
        let found = place(tx, scope)?;
        self.0.insert(scope, found.clone());
        Ok(found)
    }
}

//! Which records a device takes as rows alone.

use std::collections::BTreeSet;

use satchel_core::ids::{MemberId, ScopeId};
use satchel_core::policy::Holder;

use super::{RelayError, Store};
use crate::store::people::Origin;

/// What a device wants of the scopes that its member may read. What he may read is not decided here.
#[derive(Debug, Clone, Default)]
pub struct Subscription {
    /// Who holds which scopes, where only these are wanted whole.
    holder: Option<(Holder, BTreeSet<ScopeId>)>,
}

impl Subscription {
    /// A member's, as of this transaction. `rows` says that his device wants what he only reads from above as rows alone.
    ///
    /// # Errors
    /// Where the database fails.
    pub fn of(store: &dyn Store, member: MemberId, rows: bool) -> Result<Self, RelayError> {
        if !rows {
            return Ok(Self::default());
        }
        let holder = Holder {
            member,
            org: store.org()?.id,
            team: store.member(member)?.and_then(|found| found.team),
        };
        let permissions = store.permissions_of(member)?.into_iter();
        let assigned = permissions
            .filter(|permission| permission.origin == Origin::Assigned)
            .map(|permission| permission.node)
            .collect();
        Ok(Self {
            holder: Some((holder, assigned)),
        })
    }

    /// Whether records of this scope go as rows alone.
    #[must_use]
    pub fn is_of_rows(&self, scope: ScopeId) -> bool {
        let held = |(holder, assigned): &(Holder, BTreeSet<ScopeId>)| holder.holds(scope, assigned.contains(&scope));
        self.holder.as_ref().is_some_and(|holder| !held(holder))
    }
}

//! The tree of scopes: where a node hangs, and what follows when it moves.

use satchel_core::ids::{MemberId, ScopeId, TeamId};
use satchel_core::policy::Access;

use super::IdentityError;
use super::access::rederive;
use crate::store::people::{Origin, Permission, Reach, Scope, ScopeKind};
use crate::store::{People, StoreError};

/// Registers the scope of a new record that is a scope of its own: under its creator's team (under the root for one
/// without a team), writable by the creator. Returns false where it is registered already; nothing changes then.
///
/// # Errors
/// [`IdentityError::NotFound`] for an unknown creator; [`IdentityError::Conflict`] where the id is that of another kind
/// of scope.
pub fn register_record_scope(
    tx: &mut dyn People,
    scope: ScopeId,
    creator: MemberId,
    now_ms: i64,
) -> Result<bool, IdentityError> {
    if let Some(known) = tx.scope(scope)? {
        return match known.kind {
            ScopeKind::Record => Ok(false),
            _ => Err(IdentityError::Conflict(
                "scope-taken",
                "the id belongs to another kind of scope",
            )),
        };
    }
    let member = tx.member(creator)?.ok_or(IdentityError::NotFound("member"))?;
    let parent = team_node(tx, member.team)?;
    let seq = tx.next_seq()?;
    tx.put_scope(&Scope {
        id: scope,
        parent: Some(parent),
        kind: ScopeKind::Record,
        owner: None,
        seq,
    })?;
    // He wrote it before the relay knew of it: edits based on any earlier point are his by right.
    tx.open_tenure(creator, scope, 0)?;
    tx.put_permission(&assigned(creator, scope))?;
    rederive(tx, [scope], now_ms)?;
    Ok(true)
}

/// The permission of somebody whom a record is assigned to.
pub(super) fn assigned(member: MemberId, node: ScopeId) -> Permission {
    Permission {
        member,
        node,
        reach: Reach::Node,
        origin: Origin::Assigned,
        access: Access::Write,
    }
}

/// The members whom a scope is assigned to, by id.
///
/// # Errors
/// Where the store fails.
pub fn assignees(tx: &dyn People, scope: ScopeId) -> Result<Vec<MemberId>, StoreError> {
    let permissions = tx.permissions_on(scope)?;
    Ok(permissions
        .iter()
        .filter(|given| given.origin == Origin::Assigned)
        .map(|given| given.member)
        .collect())
}

/// The node of a team; the root for none.
pub(super) fn team_node(tx: &dyn People, team: Option<TeamId>) -> Result<ScopeId, StoreError> {
    match team {
        Some(team) => Ok(team.into()),
        None => Ok(tx.org()?.id.into()),
    }
}

/// Hangs a node elsewhere, and derives the access of everything under it anew.
pub(super) fn move_node(
    tx: &mut dyn People,
    scope: &mut Scope,
    parent: ScopeId,
    now_ms: i64,
) -> Result<(), StoreError> {
    if scope.parent == Some(parent) {
        return Ok(());
    }
    scope.parent = Some(parent);
    scope.seq = tx.next_seq()?;
    tx.put_scope(scope)?;
    let moved = tx.subtree(scope.id)?;
    rederive(tx, moved, now_ms)
}

//! Standard grants: what follows from a member's role and team.

use std::collections::HashSet;

use satchel_core::ids::{OrgId, ScopeId};
use satchel_core::policy::{Access, Role};

use super::access::rederive;
use crate::store::people::{Member, Origin, Permission, Reach};
use crate::store::{People, StoreError};

/// The grants that follow from role and team. Private scopes hang under nothing, so that no subtree here reaches one.
pub fn standard(member: &Member, org: OrgId) -> Vec<Permission> {
    if !member.active {
        return Vec::new();
    }
    let give = |node, reach, access| Permission {
        member: member.id,
        node,
        reach,
        origin: Origin::Standard,
        access,
    };
    let mut grants = vec![
        give(ScopeId::of_member(member.id), Reach::Node, Access::Write),
        give(ScopeId::private_of(member.id), Reach::Node, Access::Write),
        give(org.into(), Reach::Node, Access::Read),
    ];
    match (member.role, member.team) {
        (Role::Manager, Some(team)) => grants.push(give(team.into(), Reach::Subtree, Access::Manage)),
        (Role::Admin, _) => grants.push(give(org.into(), Reach::Subtree, Access::Manage)),
        (Role::Manager, None) | (Role::Rep, _) => {}
    }
    grants
}

/// Replaces a member's standard grants by those that follow now, and derives the access of what they reach anew.
pub(super) fn refresh(tx: &mut dyn People, member: &Member, now_ms: i64) -> Result<(), StoreError> {
    let org = tx.org()?.id;
    let wanted: HashSet<Permission> = standard(member, org).into_iter().collect();
    let known: HashSet<Permission> = tx
        .permissions_of(member.id)?
        .into_iter()
        .filter(|given| given.origin == Origin::Standard)
        .collect();
    let mut changed: Vec<Permission> = Vec::new();
    for old in known.difference(&wanted) {
        tx.remove_permission(old)?;
        changed.push(*old);
    }
    for new in wanted.difference(&known) {
        tx.put_permission(new)?;
        changed.push(*new);
    }
    // Each scope once, in the order of the tree, whatever the order of the sets: seqs are given reproducibly.
    changed.sort_by_key(|given| (given.node, given.reach == Reach::Subtree, given.access));
    let mut seen = HashSet::new();
    let mut scopes = Vec::new();
    for given in changed {
        let reached = if given.reach == Reach::Subtree {
            tx.subtree(given.node)?
        } else {
            vec![given.node]
        };
        scopes.extend(reached.into_iter().filter(|scope| seen.insert(*scope)));
    }
    rederive(tx, scopes, now_ms)
}

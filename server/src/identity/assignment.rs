//! Whose a record is: assigned to one or more members, handed over from one to another.

use satchel_core::ids::{MemberId, ScopeId};

use super::access::{can, rederive};
use super::audit::note;
use super::scope::{assigned, assignees, move_node, team_node};
use super::{Actor, IdentityError, member};
use crate::store::people::{Member, Scope, ScopeKind};
use crate::store::{People, StoreError};

/// Assigns a record's scope to one more member. Assigning twice changes nothing.
///
/// # Errors
/// [`IdentityError`]: no right over the scope or the member, no such scope or member.
pub fn assign(
    tx: &mut dyn People,
    actor: &Actor,
    scope: ScopeId,
    to: MemberId,
    now_ms: i64,
) -> Result<(), IdentityError> {
    let mut node = managed(tx, actor, scope)?;
    receiver(tx, actor, to)?;
    if assignees(tx, scope)?.contains(&to) {
        return Ok(());
    }
    tx.put_permission(&assigned(to, scope))?;
    changed(tx, &mut node)?;
    rederive(tx, [scope], now_ms)?;
    Ok(note(tx, actor, "assign", *scope.as_bytes(), Some(to), now_ms)?)
}

/// Takes a record's scope from one of those it is assigned to. Where it was not assigned nothing changes.
///
/// # Errors
/// As [`assign`].
pub fn unassign(
    tx: &mut dyn People,
    actor: &Actor,
    scope: ScopeId,
    from: MemberId,
    now_ms: i64,
) -> Result<(), IdentityError> {
    let mut node = managed(tx, actor, scope)?;
    if !assignees(tx, scope)?.contains(&from) {
        return Ok(());
    }
    tx.remove_permission(&assigned(from, scope))?;
    changed(tx, &mut node)?;
    rederive(tx, [scope], now_ms)?;
    Ok(note(tx, actor, "unassign", *scope.as_bytes(), Some(from), now_ms)?)
}

/// What a handover does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Handover {
    /// Who gives it; `None` takes it from everybody it is assigned to.
    pub from: Option<MemberId>,
    /// Who takes it.
    pub to: MemberId,
    /// Leaves it under the team where it hangs, instead of moving it to the new holder's.
    pub keep_team: bool,
}

/// Hands a record over in one step: nobody else ever sees it with both holders, or with none.
///
/// # Errors
/// As [`assign`]; [`IdentityError::Conflict`] where `from` does not hold it.
pub fn hand_over(
    tx: &mut dyn People,
    actor: &Actor,
    scope: ScopeId,
    handover: &Handover,
    now_ms: i64,
) -> Result<(), IdentityError> {
    let mut node = managed(tx, actor, scope)?;
    let to = receiver(tx, actor, handover.to)?;
    let holders = assignees(tx, scope)?;
    let givers: Vec<MemberId> = match handover.from {
        Some(from) if holders.contains(&from) => vec![from],
        Some(_) => {
            return Err(IdentityError::Conflict(
                "not-assigned",
                "the record is not assigned to that member",
            ));
        }
        None => holders,
    };
    for giver in givers.into_iter().filter(|giver| *giver != to.id) {
        tx.remove_permission(&assigned(giver, scope))?;
    }
    tx.put_permission(&assigned(to.id, scope))?;
    if !handover.keep_team {
        let parent = team_node(tx, to.team)?;
        move_node(tx, &mut node, parent, now_ms)?;
    }
    changed(tx, &mut node)?;
    rederive(tx, [scope], now_ms)?;
    Ok(note(tx, actor, "handover", *scope.as_bytes(), Some(to.id), now_ms)?)
}

/// A record's scope that the actor answers for. That a scope exists is told only to those who may read it.
fn managed(tx: &dyn People, actor: &Actor, scope: ScopeId) -> Result<Scope, IdentityError> {
    const UNKNOWN: IdentityError = IdentityError::NotFound("scope");
    let node = tx
        .scope(scope)?
        .filter(|node| node.kind == ScopeKind::Record)
        .ok_or(UNKNOWN)?;
    match (actor.must_manage_scope(tx, scope), actor.id()) {
        (Ok(()), _) => Ok(node),
        (Err(_), Some(id)) if can(tx, id, scope)?.is_none() => Err(UNKNOWN),
        (Err(error), _) => Err(error),
    }
}

/// A member who may be given a record: still here, and within the actor's reach.
fn receiver(tx: &dyn People, actor: &Actor, id: MemberId) -> Result<Member, IdentityError> {
    let member = member::find(tx, id)?;
    actor.must_manage_scope(tx, ScopeId::of_member(id))?;
    if !member.active {
        return Err(IdentityError::Conflict(
            "member-left",
            "the member has left the organisation",
        ));
    }
    Ok(member)
}

fn changed(tx: &mut dyn People, node: &mut Scope) -> Result<(), StoreError> {
    node.seq = tx.next_seq()?;
    tx.put_scope(node)
}

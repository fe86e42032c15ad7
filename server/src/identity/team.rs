//! Teams: a tree under the organisation, mirrored in the tree of scopes.

use satchel_core::ids::{ScopeId, TeamId};

use super::access::rederive;
use super::org::directory_changed;
use super::scope::{move_node, team_node};
use super::{Actor, IdentityError, checked_name};
use crate::store::People;
use crate::store::people::{Scope, ScopeKind, Team};

/// Adds a team under another, or right under the organisation.
///
/// # Errors
/// [`IdentityError`]: not an admin, no such parent, a bad name.
pub fn add(
    tx: &mut dyn People,
    actor: &Actor,
    id: TeamId,
    name: &str,
    parent: Option<TeamId>,
    now_ms: i64,
) -> Result<Team, IdentityError> {
    actor.must_be_admin()?;
    if let Some(parent) = parent {
        find(tx, parent)?;
    }
    if tx.team(id)?.is_some() || tx.scope(id.into())?.is_some() {
        return Err(IdentityError::Conflict("id-taken", "the id is in use"));
    }
    let name = checked_name("name", name)?;
    let above = team_node(tx, parent)?;
    let team = Team {
        id,
        parent,
        name,
        seq: directory_changed(tx)?,
    };
    tx.put_team(&team)?;
    let seq = tx.next_seq()?;
    tx.put_scope(&Scope {
        id: id.into(),
        parent: Some(above),
        kind: ScopeKind::Team,
        owner: None,
        seq,
    })?;
    rederive(tx, [ScopeId::from(id)], now_ms)?;
    Ok(team)
}

/// Gives a team another name.
///
/// # Errors
/// [`IdentityError`].
pub fn rename(tx: &mut dyn People, actor: &Actor, id: TeamId, name: &str) -> Result<Team, IdentityError> {
    actor.must_be_admin()?;
    let mut team = find(tx, id)?;
    team.name = checked_name("name", name)?;
    team.seq = directory_changed(tx)?;
    tx.put_team(&team)?;
    Ok(team)
}

/// Hangs a team, with everything under it, under another.
///
/// # Errors
/// [`IdentityError::Conflict`] where it would hang under itself.
pub fn reparent(
    tx: &mut dyn People,
    actor: &Actor,
    id: TeamId,
    parent: Option<TeamId>,
    now_ms: i64,
) -> Result<Team, IdentityError> {
    actor.must_be_admin()?;
    let mut team = find(tx, id)?;
    if let Some(parent) = parent {
        find(tx, parent)?;
        if tx.ancestors(parent.into())?.contains(&ScopeId::from(id)) {
            return Err(IdentityError::Conflict(
                "team-circle",
                "a team cannot hang under itself",
            ));
        }
    }
    team.parent = parent;
    team.seq = directory_changed(tx)?;
    tx.put_team(&team)?;
    let above = team_node(tx, parent)?;
    let mut scope = tx.scope(id.into())?.ok_or(IdentityError::NotFound("scope"))?;
    move_node(tx, &mut scope, above, now_ms)?;
    Ok(team)
}

/// The team with this id.
///
/// # Errors
/// [`IdentityError::NotFound`].
pub fn find(tx: &dyn People, id: TeamId) -> Result<Team, IdentityError> {
    tx.team(id)?.ok_or(IdentityError::NotFound("team"))
}

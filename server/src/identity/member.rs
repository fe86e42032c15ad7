//! Members: adding, changing, leaving.

use satchel_core::ids::{MemberId, ScopeId, TeamId};
use satchel_core::policy::Role;

use super::access::rederive;
use super::audit::note;
use super::org::directory_changed;
use super::scope::{move_node, team_node};
use super::{Actor, IdentityError, checked_name, device, grant, key, team};
use crate::store::People;
use crate::store::people::{Member, Origin, Scope, ScopeKind};

/// Who is to be added.
#[derive(Debug, Clone)]
pub struct NewMember {
    /// The name.
    pub name: String,
    /// What the person will be.
    pub role: Role,
    /// The team; only an admin may have none.
    pub team: Option<TeamId>,
    /// Language tag, such as `zh-CN`.
    pub locale: String,
    /// IANA name of the time zone.
    pub time_zone: String,
}

/// What is to be changed; `None` leaves as it is.
#[derive(Debug, Clone, Default)]
pub struct MemberPatch {
    /// Another name.
    pub name: Option<String>,
    /// Another role.
    pub role: Option<Role>,
    /// Another team, or none (`Some(None)`).
    pub team: Option<Option<TeamId>>,
    /// Another language.
    pub locale: Option<String>,
    /// Another time zone.
    pub time_zone: Option<String>,
    /// False where the person has left, true where he is back.
    pub active: Option<bool>,
}

/// Adds a member with his own scope and his private scope.
///
/// # Errors
/// [`IdentityError`]: no right over the team, a role above the actor's reach, bad values.
pub fn add(
    tx: &mut dyn People,
    actor: &Actor,
    id: MemberId,
    new: &NewMember,
    now_ms: i64,
) -> Result<Member, IdentityError> {
    let mut member = Member {
        id,
        team: new.team,
        role: new.role,
        name: checked_name("name", &new.name)?,
        locale: checked_locale(&new.locale)?,
        time_zone: checked_time_zone(&new.time_zone)?,
        active: true,
        created_at_ms: now_ms,
        seq: 0,
    };
    check_place(tx, actor, &member)?;
    if tx.member(id)?.is_some() || tx.scope(ScopeId::of_member(id))?.is_some() {
        return Err(IdentityError::Conflict("id-taken", "the id is in use"));
    }
    member.seq = directory_changed(tx)?;
    tx.put_member(&member)?;
    let parent = Some(team_node(tx, member.team)?);
    let seq = tx.next_seq()?;
    let own = ScopeId::of_member(id);
    tx.put_scope(&Scope {
        id: own,
        parent,
        kind: ScopeKind::Member,
        owner: Some(id),
        seq,
    })?;
    let seq = tx.next_seq()?;
    let private = ScopeId::private_of(id);
    tx.put_scope(&Scope {
        id: private,
        parent: None,
        kind: ScopeKind::Private,
        owner: Some(id),
        seq,
    })?;
    // The managers above reach the new scope, the member's own grants reach the rest.
    rederive(tx, [own], now_ms)?;
    grant::refresh(tx, &member, now_ms)?;
    note(tx, actor, "add-member", *id.as_bytes(), Some(id), now_ms)?;
    Ok(member)
}

/// Changes a member. One who leaves loses every grant, his devices and keys are revoked, and his browsers signed out;
/// records that were his stay where they are, for whoever is assigned next.
///
/// # Errors
/// [`IdentityError`]: no right over the member, the last admin, bad values.
pub fn edit(
    tx: &mut dyn People,
    actor: &Actor,
    id: MemberId,
    patch: &MemberPatch,
    now_ms: i64,
) -> Result<Member, IdentityError> {
    let before = find(tx, id)?;
    actor.must_manage_member(tx, &before)?;
    let mut member = before.clone();
    if let Some(name) = &patch.name {
        member.name = checked_name("name", name)?;
    }
    if let Some(locale) = &patch.locale {
        member.locale = checked_locale(locale)?;
    }
    if let Some(time_zone) = &patch.time_zone {
        member.time_zone = checked_time_zone(time_zone)?;
    }
    member.role = patch.role.unwrap_or(member.role);
    member.team = patch.team.unwrap_or(member.team);
    member.active = patch.active.unwrap_or(member.active);
    if (member.role, member.team, member.active) != (before.role, before.team, before.active) {
        if !actor.is_admin() && actor.id() == Some(id) {
            return Err(IdentityError::Forbidden("nobody changes his own role or team"));
        }
        check_place(tx, actor, &member)?;
        keep_an_admin(tx, &before, &member)?;
    }
    member.seq = directory_changed(tx)?;
    tx.put_member(&member)?;
    note(tx, actor, "edit-member", *id.as_bytes(), Some(id), now_ms)?;
    let parent = team_node(tx, member.team)?;
    let mut own = tx
        .scope(ScopeId::of_member(id))?
        .ok_or(IdentityError::NotFound("scope"))?;
    move_node(tx, &mut own, parent, now_ms)?;
    grant::refresh(tx, &member, now_ms)?;
    if before.active && !member.active {
        leave(tx, id, now_ms)?;
    }
    Ok(member)
}

fn leave(tx: &mut dyn People, id: MemberId, now_ms: i64) -> Result<(), IdentityError> {
    for given in tx
        .permissions_of(id)?
        .iter()
        .filter(|given| given.origin == Origin::Assigned)
    {
        tx.remove_permission(given)?;
        if let Some(mut scope) = tx.scope(given.node)? {
            scope.seq = tx.next_seq()?;
            tx.put_scope(&scope)?;
        }
        rederive(tx, [given.node], now_ms)?;
    }
    for owned in tx.devices(Some(id), None, usize::MAX)? {
        device::revoke_row(tx, owned, now_ms)?;
    }
    key::revoke_all_of(tx, id, now_ms)?;
    tx.remove_browser_sessions_of(id)?;
    Ok(())
}

/// The member with this id.
///
/// # Errors
/// [`IdentityError::NotFound`].
pub fn find(tx: &dyn People, id: MemberId) -> Result<Member, IdentityError> {
    tx.member(id)?.ok_or(IdentityError::NotFound("member"))
}

/// Whether the actor may put a member with this role into this team.
fn check_place(tx: &dyn People, actor: &Actor, member: &Member) -> Result<(), IdentityError> {
    match member.team {
        Some(id) => {
            team::find(tx, id)?;
            actor.must_manage_scope(tx, id.into())?;
        }
        None if member.role == Role::Admin => {}
        None => {
            return Err(IdentityError::invalid(
                "team",
                "required",
                "only an admin may be without a team",
            ));
        }
    }
    if member.role == Role::Rep {
        Ok(())
    } else {
        actor.must_be_admin()
    }
}

fn keep_an_admin(tx: &dyn People, before: &Member, after: &Member) -> Result<(), IdentityError> {
    let is_admin = |member: &Member| member.active && member.role == Role::Admin;
    if !is_admin(before) || is_admin(after) {
        return Ok(());
    }
    let others = tx.members(None, usize::MAX)?;
    if others.iter().any(|other| other.id != before.id && is_admin(other)) {
        Ok(())
    } else {
        Err(IdentityError::Conflict(
            "last-admin",
            "the organisation would be left without an admin",
        ))
    }
}

fn checked_locale(locale: &str) -> Result<String, IdentityError> {
    let well_formed = (2..=35).contains(&locale.len())
        && locale
            .split('-')
            .all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()))
        && locale.as_bytes().first().is_some_and(u8::is_ascii_alphabetic);
    if well_formed {
        Ok(locale.to_owned())
    } else {
        Err(IdentityError::invalid(
            "locale",
            "malformed",
            "expected a language tag such as zh-CN",
        ))
    }
}

fn checked_time_zone(name: &str) -> Result<String, IdentityError> {
    match name.parse::<chrono_tz::Tz>() {
        Ok(zone) => Ok(zone.name().to_owned()),
        Err(_) => Err(IdentityError::invalid(
            "time_zone",
            "unknown",
            "expected an IANA name such as Asia/Shanghai",
        )),
    }
}

//! Rights as the relay's rules put them.

use satchel_core::ids::{DeviceId, MemberId, ScopeId};
use satchel_core::policy::{Access, Denied, Role};
use satchel_core::wire::{Point, ScopeRow};
use serde_json::json;

use super::{Context, RelayError, Sender, Store};
use crate::identity::{self, IdentityError};
use crate::store::StoreError;
use crate::store::people::{AccessState, Origin};

/// Whether a push may enter, as far as rights go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// The sender may write now.
    Now,
    /// The sender could write when he wrote, and the grace is not over.
    AtTheBase,
    /// Neither; the code goes into the receipt. A change of grants may help.
    Denied(&'static str),
    /// Whatever the grants say; the code goes into the receipt.
    Barred(&'static str),
}

/// How long after a transfer edits made before it are still let in, in milliseconds: 14 days.
const GRACE_MS: i64 = 14 * 24 * 60 * 60 * 1000;

/// Rows read at a time.
const PAGE: usize = 500;

/// A scope that a member may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Readable {
    pub(super) scope: ScopeId,
    pub(super) access: Access,
    /// The seq since which it may be read without interruption.
    pub(super) since: u64,
}

/// Where a member stands as of this transaction, seen from a cursor.
pub(super) struct Standpoint {
    /// What he may read, sorted by scope.
    pub(super) readable: Vec<Readable>,
    /// What he lost since the cursor, with the seq of the loss.
    pub(super) lost: Vec<(ScopeId, u64)>,
}

/// What a member's grants allow in a scope; `None` where none reaches it.
pub(super) fn access(store: &dyn Store, member: MemberId, scope: ScopeId) -> Result<Option<Access>, StoreError> {
    Ok(store
        .access(member, scope)?
        .filter(|row| row.state == AccessState::In)
        .map(|row| row.access))
}

pub(super) fn standpoint(store: &dyn Store, member: MemberId, cursor: u64) -> Result<Standpoint, StoreError> {
    let rows = store.readable(member)?;
    let readable = rows
        .into_iter()
        .map(|row| Readable {
            scope: row.scope,
            access: row.access,
            since: row.in_since_seq,
        })
        .collect();
    let mut lost = Vec::new();
    let mut after = cursor;
    loop {
        let page = store.access_after(member, after, PAGE)?;
        let Some(newest) = page.last() else { break };
        after = newest.seq;
        lost.extend(
            page.iter()
                .filter(|row| row.state == AccessState::Out)
                .map(|row| (row.scope, row.seq)),
        );
    }
    Ok(Standpoint { readable, lost })
}

/// Scopes that a member may read and whose own rows changed after a seq.
pub(super) fn relations_after(store: &dyn Store, member: MemberId, after: u64) -> Result<Vec<ScopeRow>, StoreError> {
    let mut rows = Vec::new();
    let mut after = after;
    loop {
        let page = store.scopes_after(member, after, PAGE)?;
        let Some(last) = page.last() else { return Ok(rows) };
        after = last.seq;
        for scope in page {
            rows.push(relation(store, scope.id, scope.parent)?);
        }
    }
}

/// Where one scope stands and who works in it; `None` where there is no such scope.
pub(super) fn scope_row(store: &dyn Store, scope: ScopeId) -> Result<Option<ScopeRow>, StoreError> {
    store
        .scope(scope)?
        .map(|found| relation(store, scope, found.parent))
        .transpose()
}

fn relation(store: &dyn Store, scope: ScopeId, parent: Option<ScopeId>) -> Result<ScopeRow, StoreError> {
    let assigned = store
        .permissions_on(scope)?
        .into_iter()
        .filter(|permission| permission.origin == Origin::Assigned);
    let mut assignees: Vec<MemberId> = assigned.map(|permission| permission.member).collect();
    assignees.sort_unstable();
    assignees.dedup();
    Ok(ScopeRow {
        scope,
        parent,
        assignees,
    })
}

/// Teams and members as JSON, where they changed after `after`.
pub(super) fn directory_since(store: &dyn Store, after: u64) -> Result<Option<String>, StoreError> {
    if store.org()?.directory_seq <= after {
        return Ok(None);
    }
    let (mut teams, mut members) = (Vec::new(), Vec::new());
    let mut last = None;
    loop {
        let page = store.teams(last, PAGE)?;
        let Some(team) = page.last() else { break };
        last = Some(team.id);
        teams.extend(
            page.iter()
                .map(|team| json!({ "id": team.id, "parent": team.parent, "name": team.name })),
        );
    }
    let mut last = None;
    loop {
        let page = store.members(last, PAGE)?;
        let Some(member) = page.last() else { break };
        last = Some(member.id);
        members.extend(page.iter().map(
            |one| json!({ "id": one.id, "team": one.team, "role": one.role, "name": one.name, "active": one.active }),
        ));
    }
    Ok(Some(json!({ "teams": teams, "members": members }).to_string()))
}

/// The scope of a new record that is a scope of its own: under its creator's team, writable by him. False where the id is
/// taken by another kind of scope, or the creator is nobody.
pub(super) fn found(
    store: &mut dyn Store,
    context: &Context<'_>,
    scope: ScopeId,
    creator: MemberId,
) -> Result<bool, StoreError> {
    match identity::scope::register_record_scope(store, scope, creator, context.now_ms) {
        Ok(_) => Ok(true),
        Err(IdentityError::Store(error)) => Err(error),
        Err(_) => Ok(false),
    }
}

/// Late acceptance: only for a member who could write the scope at the base, until the device's purge receipt or the end
/// of the grace, whichever is first.
pub(super) fn at_the_base(
    store: &dyn Store,
    context: &Context<'_>,
    sender: Sender,
    scope: ScopeId,
    base: Option<Point>,
    denied: Denied,
) -> Result<Standing, RelayError> {
    let refused = Standing::Denied(code(denied));
    if !matches!(denied, Denied::NoAccess | Denied::ReadOnly) {
        return Ok(refused);
    }
    // A base of another run is a seq of this log all the same: runs follow each other, and a point that this log never
    // gave is no base.
    let Some(base) = base else { return Ok(refused) };
    let tenures = store.tenures(sender.member, scope)?;
    let held = |from: u64, until: Option<u64>| from <= base.seq && until.is_none_or(|until| base.seq < until);
    let Some(tenure) = tenures
        .into_iter()
        .rev()
        .find(|tenure| held(tenure.from_seq, tenure.until_seq))
    else {
        return Ok(refused);
    };
    let Some((until_seq, until_ms)) = tenure.until_seq.zip(tenure.until_ms) else {
        return Ok(refused);
    };
    let over =
        context.now_ms.saturating_sub(until_ms) > GRACE_MS || store.has_purged(sender.device, scope, until_seq)?;
    Ok(if over { refused } else { Standing::AtTheBase })
}

/// The code for receipts of a right that is wanting.
pub(super) const fn code(denied: Denied) -> &'static str {
    match denied {
        Denied::NoAccess => "no-access",
        Denied::ReadOnly => "read-only",
        Denied::NotAuthor => "not-author",
        Denied::NotManager => "not-manager",
        Denied::NotAdmin => "not-admin",
    }
}

/// A member and device from the waiting room as a sender of today.
pub(super) fn sender_of(store: &dyn Store, member: MemberId, device: DeviceId) -> Result<Sender, RelayError> {
    let role = store
        .member(member)?
        .filter(|member| member.active)
        .map(|member| member.role);
    // Somebody who has left is treated like a revoked device: what he wrote waits for a decision.
    let revoked = role.is_none()
        || store
            .device(device)?
            .is_none_or(|device| device.revoked_at_ms.is_some());
    Ok(Sender {
        member,
        role: role.unwrap_or(Role::Rep),
        device,
        revoked,
    })
}

/// The sender as he stands in this transaction: a session may be older than a revocation or a change of role.
pub(super) fn sender_now(store: &dyn Store, sender: Sender) -> Result<Sender, RelayError> {
    let now = sender_of(store, sender.member, sender.device)?;
    Ok(Sender {
        revoked: now.revoked || sender.revoked,
        ..now
    })
}

//! What a device brings back after a restore although another wrote it: judged, counted and told.
//!
//! Nothing here proves who wrote a change: it is not signed. So a return gives its sender nothing to write that he could
//! not write himself, but for the name that stands on it; and that is told to whoever bears the name.

use std::collections::BTreeMap;

use satchel_core::ids::{MemberId, ScopeId};
use satchel_core::policy::{self, Access, Action, Subject};
use satchel_core::schema::Kind;

use super::admission::Fresh;
use super::enter::Case;
use super::rights::{self, Standing};
use super::{Context, RelayError, Store};
use crate::store::StoreError;
use crate::store::decision::Flag;
use crate::store::people::{Audit, ScopeKind};

/// Where returned changes would go.
pub(super) struct Place<'a> {
    pub(super) kind: &'a Kind,
    pub(super) scope: ScopeId,
    /// Who made the record.
    pub(super) creator: MemberId,
    /// What the push does to it.
    pub(super) action: Action,
    /// Whether the record is a scope of its own, and new: nobody has access to it yet.
    pub(super) founds: bool,
}

/// The authors of changes that somebody else sends, with how many are whose; `None` stands for no author at all.
pub(super) fn others(fresh: &[Fresh], sender: MemberId) -> BTreeMap<Option<MemberId>, u64> {
    let mut others = BTreeMap::new();
    for one in fresh.iter().filter(|one| !one.is_seed) {
        if one.header.by != Some(sender) {
            *others.entry(one.header.by).or_default() += 1;
        }
    }
    others
}

/// Whether these authors' changes may come back from this sender. He must be able to write there himself (or the record is
/// new and a scope of its own, which anybody may make); and each author must be one who could have written it.
pub(super) fn permit(
    store: &dyn Store,
    case: &Case<'_>,
    place: &Place<'_>,
    authors: impl Iterator<Item = Option<MemberId>>,
) -> Result<Standing, StoreError> {
    const FOREIGN: Standing = Standing::Barred("foreign-author");
    if store
        .scope(place.scope)?
        .is_some_and(|scope| scope.kind == ScopeKind::Private)
    {
        return Ok(FOREIGN);
    }
    if !place.founds {
        match rights::access(store, case.sender.member, place.scope)? {
            None => return Ok(Standing::Denied("no-access")),
            Some(access) if access < Access::Write => return Ok(Standing::Denied("read-only")),
            Some(_) => {}
        }
    }
    for author in authors {
        let member = author.map(|author| store.member(author)).transpose()?.flatten();
        let Some(member) = member else {
            return Ok(FOREIGN);
        };
        let access = rights::access(store, member.id, place.scope)?.unwrap_or(Access::Write);
        let subject = Subject {
            member: member.id,
            role: member.role,
            access: Some(access.max(Access::Write)),
        };
        let action = match place.action {
            Action::Create if member.id != place.creator => Action::Edit,
            action => action,
        };
        if let Err(denied) = policy::decide(place.kind, action, &subject, Some(place.creator)) {
            return Ok(Standing::Denied(rights::code(denied)));
        }
    }
    Ok(Standing::Now)
}

/// Counts what came back, and tells those whose name stands on it.
pub(super) fn note(
    store: &mut dyn Store,
    context: &Context<'_>,
    case: &Case<'_>,
    restore: u64,
    others: &BTreeMap<Option<MemberId>, u64>,
) -> Result<(), RelayError> {
    let device = case.sender.device;
    for (author, changes) in others {
        let Some(author) = *author else { continue };
        if store.add_returned(restore, device, author, *changes, context.now_ms)? {
            let seq = store.next_seq()?;
            store.put_audit(&Audit {
                seq,
                at_ms: context.now_ms,
                actor: Some(case.sender.member),
                action: "return",
                subject: *device.as_bytes(),
                member: Some(author),
            })?;
        }
        store.put_flag(&Flag {
            seq: 0,
            member: author,
            document: case.id,
            code: "returned".to_owned(),
            heads: case.heads.clone(),
            author: case.sender.member,
        })?;
    }
    Ok(())
}

//! Why a record is on a device or not, as far as the relay knows.

use satchel_core::ids::{DeviceId, DocumentId, MemberId, ScopeId};
use satchel_core::policy::Access;

use super::{Context, RelayError, Store, Waiting, waiting};
use crate::store::people::{AccessState, ScopeKind};

/// What is known of one record and one device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// In one word.
    pub presence: Presence,
    /// The record's scope.
    pub scope: Option<ScopeId>,
    /// What the device's member may do there now.
    pub access: Option<Access>,
    /// The record's latest seq.
    pub seq: Option<u64>,
    /// The seq up to which the device has applied everything, as of its last contact.
    pub cursor: Option<u64>,
    /// Codes under which pushes of the record by this device wait.
    pub waits: Vec<String>,
    /// Documents that the device had not handed in at its last contact.
    pub pending: Option<u32>,
    /// Last contact, milliseconds since 1970.
    pub contact_at_ms: Option<i64>,
    /// Last contact with nothing left to hand in.
    pub complete_at_ms: Option<i64>,
}

/// Whether a record is on a device, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// The device has applied its latest version.
    There,
    /// The member may read it, and the device has not applied its latest version yet.
    OnItsWay,
    /// The member could read it once: the device drops it, or has.
    Lost,
    /// The member never could read it.
    NoAccess,
    /// The device was revoked: it gets nothing.
    Revoked,
    /// A push of it by this device waits, and the log has no such record.
    Waiting,
    /// The log has no such record, or the one who asks may not know of it.
    Unknown,
}

impl Presence {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::There => "there",
            Self::OnItsWay => "on-its-way",
            Self::Lost => "lost",
            Self::NoAccess => "no-access",
            Self::Revoked => "revoked",
            Self::Waiting => "waiting",
            Self::Unknown => "unknown",
        }
    }
}

/// Explains, to somebody who may know of the scopes that `may_know` says. A private record is unknown to everybody.
/// `None` where there is no such device.
///
/// # Errors
/// Where the database fails.
pub fn explain(
    store: &dyn Store,
    context: &Context<'_>,
    device: DeviceId,
    document: DocumentId,
    may_know: impl Fn(Option<ScopeId>) -> Result<bool, RelayError>,
) -> Result<Option<Explanation>, RelayError> {
    let Some(owner) = store.device(device)? else {
        return Ok(None);
    };
    let state = store.device_state(device)?;
    let mut waits = Vec::new();
    for parked in store
        .parked_of(document)?
        .into_iter()
        .filter(|parked| parked.device == device)
    {
        let known = match waiting(store, context, &parked)? {
            Waiting::Private => false,
            Waiting::Somewhere => may_know(None)?,
            Waiting::In(scope) => may_know(Some(scope))?,
        };
        if known {
            waits.push(parked.code);
        }
    }
    let cursor = state.as_ref().and_then(|state| state.cursor).map(|point| point.seq);
    let found = known_document(store, document, &may_know)?;
    let (presence, access) = match &found {
        None if waits.is_empty() => (Presence::Unknown, None),
        None => (Presence::Waiting, None),
        Some(_) if owner.revoked_at_ms.is_some() => (Presence::Revoked, None),
        Some((scope, seq)) => {
            // What lies below the cursor of a scope that loads may not have come yet.
            let loads = state.as_ref().is_some_and(|state| state.loading.contains(scope));
            standing(store, owner.member, *scope, *seq, cursor.filter(|_| !loads))?
        }
    };
    Ok(Some(Explanation {
        presence,
        scope: found.map(|(scope, _)| scope),
        access,
        seq: found.map(|(_, seq)| seq),
        cursor,
        waits,
        pending: state.as_ref().map(|state| state.pending),
        contact_at_ms: state.as_ref().map(|state| state.contact_at_ms),
        complete_at_ms: state.and_then(|state| state.complete_at_ms),
    }))
}

/// Scope and seq of a record that the one who asks may know of.
fn known_document(
    store: &dyn Store,
    document: DocumentId,
    may_know: &impl Fn(Option<ScopeId>) -> Result<bool, RelayError>,
) -> Result<Option<(ScopeId, u64)>, RelayError> {
    let Some(stored) = store.document(document)? else {
        return Ok(None);
    };
    let is_private = store
        .scope(stored.scope)?
        .is_none_or(|scope| scope.kind == ScopeKind::Private);
    let known = !is_private && may_know(Some(stored.scope))?;
    Ok(known.then_some((stored.scope, stored.seq)))
}

fn standing(
    store: &dyn Store,
    member: MemberId,
    scope: ScopeId,
    seq: u64,
    cursor: Option<u64>,
) -> Result<(Presence, Option<Access>), RelayError> {
    Ok(match store.access(member, scope)? {
        None => (Presence::NoAccess, None),
        Some(row) if row.state == AccessState::Out => (Presence::Lost, None),
        Some(row) => {
            // A device loads a scope that it gained after its cursor; until the cursor has passed both, it may lack it.
            let applied = cursor.is_some_and(|cursor| cursor >= seq && cursor >= row.in_since_seq);
            let presence = if applied { Presence::There } else { Presence::OnItsWay };
            (presence, Some(row.access))
        }
    })
}

//! Who is behind a request: found by its token or key in the database each time, so that nothing is stale.

use satchel_core::ids::{DeviceId, MemberId, OrgId, TeamId};
use satchel_core::policy::Role;

use super::{Actor, secret};
use crate::store::{People, StoreError};

/// Who is behind a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// The organisation.
    pub org: OrgId,
    /// The member.
    pub member: MemberId,
    /// What he is.
    pub role: Role,
    /// His team.
    pub team: Option<TeamId>,
    /// His device; `None` for an integrator's key.
    pub device: Option<DeviceId>,
    /// The device was revoked: it may hand in what it holds, into quarantine, and nothing else.
    pub revoked: bool,
    /// When the token ends, in milliseconds since 1970 (UTC); `None` for a key.
    pub expires_at_ms: Option<i64>,
}

impl Session {
    /// As one who asks for a change among people.
    pub fn actor(&self) -> Actor {
        Actor::Member {
            id: self.member,
            role: self.role,
            team: self.team,
        }
    }
}

/// The session of this token or key; `None` where it is unknown, expired or revoked.
///
/// # Errors
/// Where the store fails.
pub fn find(tx: &dyn People, bearer: &str, now_ms: i64) -> Result<Option<Session>, StoreError> {
    let hash = secret::hash(bearer.as_bytes());
    let (member, device, revoked, expires_at_ms) = if let Some(token) = tx.token(&hash)? {
        if token.expires_at_ms <= now_ms {
            return Ok(None);
        }
        let Some(device) = tx.device(token.device)? else {
            return Ok(None);
        };
        // Revoked since: the token was deleted with it; this stands guard all the same.
        if device.revoked_at_ms.is_some() && !token.revoked {
            return Ok(None);
        }
        (device.member, Some(device.id), token.revoked, Some(token.expires_at_ms))
    } else if let Some(key) = tx.key_by_hash(&hash)?.filter(|key| key.revoked_at_ms.is_none()) {
        (key.member, None, false, None)
    } else {
        return Ok(None);
    };
    let Some(member) = tx.member(member)?.filter(|member| member.active || revoked) else {
        return Ok(None);
    };
    let org = tx.org()?.id;
    Ok(Some(Session {
        org,
        member: member.id,
        role: member.role,
        team: member.team,
        device,
        revoked,
        expires_at_ms,
    }))
}

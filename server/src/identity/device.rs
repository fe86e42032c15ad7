//! Devices: listed and revoked.

use satchel_core::ids::{DeviceId, MemberId};

use super::audit::note;
use super::{Actor, IdentityError, member};
use crate::store::people::Device;
use crate::store::{People, StoreError};

/// Up to `limit` devices after `after`: of one member, or of all for an admin.
///
/// # Errors
/// [`IdentityError`]: no right over the member.
pub fn list(
    tx: &dyn People,
    actor: &Actor,
    of: Option<MemberId>,
    after: Option<DeviceId>,
    limit: usize,
) -> Result<Vec<Device>, IdentityError> {
    match of {
        Some(id) if actor.id() == Some(id) => {}
        Some(id) => actor.must_manage_member(tx, &member::find(tx, id)?)?,
        None => actor.must_be_admin()?,
    }
    Ok(tx.devices(of, after, limit)?)
}

/// Revokes a device: its tokens die at once. It may still sign in to hand in what it holds, and for nothing else.
/// Revoking twice changes nothing.
///
/// # Errors
/// [`IdentityError`]: neither its owner nor one who manages its owner.
pub fn revoke(tx: &mut dyn People, actor: &Actor, id: DeviceId, now_ms: i64) -> Result<Device, IdentityError> {
    let device = tx.device(id)?.ok_or(IdentityError::NotFound("device"))?;
    if actor.id() != Some(device.member) {
        actor.must_manage_member(tx, &member::find(tx, device.member)?)?;
    }
    if device.revoked_at_ms.is_none() {
        note(tx, actor, "revoke-device", *id.as_bytes(), Some(device.member), now_ms)?;
    }
    Ok(revoke_row(tx, device, now_ms)?)
}

pub(super) fn revoke_row(tx: &mut dyn People, mut device: Device, now_ms: i64) -> Result<Device, StoreError> {
    if device.revoked_at_ms.is_none() {
        device.revoked_at_ms = Some(now_ms);
        tx.put_device(&device)?;
        tx.remove_tokens_of(device.id)?;
    }
    Ok(device)
}

//! Keys of integrators: long-lived, acting as one member, listed and revoked.

use satchel_core::clock::{Entropy, random};
use satchel_core::ids::{EventId, MemberId};

use super::audit::note;
use super::{Actor, IdentityError, checked_name, member, secret};
use crate::store::people::ApiKey;
use crate::store::{People, StoreError};

/// Makes a key; its text is returned once and never again.
///
/// # Errors
/// [`IdentityError`]: not an admin, no such member.
pub fn create(
    tx: &mut dyn People,
    actor: &Actor,
    of: MemberId,
    name: &str,
    now_ms: i64,
    entropy: &dyn Entropy,
) -> Result<(ApiKey, String), IdentityError> {
    actor.must_be_admin()?;
    if !member::find(tx, of)?.active {
        return Err(IdentityError::Conflict(
            "member-left",
            "the member has left the organisation",
        ));
    }
    let text = secret::random_text(entropy, "sk_");
    let key = ApiKey {
        id: *EventId::ordered(now_ms, random(entropy)).as_bytes(),
        hash: secret::hash(text.as_bytes()),
        member: of,
        name: checked_name("name", name)?,
        created_at_ms: now_ms,
        revoked_at_ms: None,
    };
    tx.put_key(&key)?;
    note(tx, actor, "create-key", key.id, Some(of), now_ms)?;
    Ok((key, text))
}

/// Up to `limit` keys after `after`.
///
/// # Errors
/// [`IdentityError`]: not an admin.
pub fn list(
    tx: &dyn People,
    actor: &Actor,
    after: Option<[u8; 16]>,
    limit: usize,
) -> Result<Vec<ApiKey>, IdentityError> {
    actor.must_be_admin()?;
    Ok(tx.keys(after, limit)?)
}

/// Revokes a key at once.
///
/// # Errors
/// [`IdentityError`]: not an admin, no such key.
pub fn revoke(tx: &mut dyn People, actor: &Actor, id: &[u8; 16], now_ms: i64) -> Result<ApiKey, IdentityError> {
    actor.must_be_admin()?;
    let mut key = tx.key(id)?.ok_or(IdentityError::NotFound("key"))?;
    if key.revoked_at_ms.is_none() {
        key.revoked_at_ms = Some(now_ms);
        tx.put_key(&key)?;
        note(tx, actor, "revoke-key", key.id, Some(key.member), now_ms)?;
    }
    Ok(key)
}

pub(super) fn revoke_all_of(tx: &mut dyn People, member: MemberId, now_ms: i64) -> Result<(), StoreError> {
    for mut key in tx.keys(None, usize::MAX)? {
        if key.member == member && key.revoked_at_ms.is_none() {
            key.revoked_at_ms = Some(now_ms);
            tx.put_key(&key)?;
        }
    }
    Ok(())
}

//! Invites: a code, used once, turns a device with its own key into a member's device.

use ed25519_dalek::VerifyingKey;
use satchel_core::clock::{Entropy, random};
use satchel_core::ids::{DeviceId, MemberId};

use super::audit::note;
use super::{Actor, IdentityError, checked_name, member, secret};
use crate::store::People;
use crate::store::people::{Device, Invite, Member, Org};

/// An invite as it is shown, once, to whoever passes it on.
#[derive(Debug, Clone)]
pub struct Invitation {
    /// The code.
    pub code: String,
    /// `satchel://enrol?…`: what the QR code holds.
    pub link: String,
    /// Until when it can be used, in milliseconds since 1970 (UTC).
    pub expires_at_ms: i64,
}

/// Invites a device of this member; `relay_url` is where it will enrol.
///
/// # Errors
/// [`IdentityError`]: no right over the member (nobody needs one to invite his own further device), or he has left.
pub fn create(
    tx: &mut dyn People,
    actor: &Actor,
    id: MemberId,
    relay_url: &str,
    lifetime_h: u32,
    now_ms: i64,
    entropy: &dyn Entropy,
) -> Result<Invitation, IdentityError> {
    let member = member::find(tx, id)?;
    actor.must_manage_member(tx, &member)?;
    if !member.active {
        return Err(IdentityError::Conflict(
            "member-left",
            "the member has left the organisation",
        ));
    }
    tx.prune_invites(now_ms)?;
    let code = secret::invite_code(entropy);
    let code_hash = secret::invite_hash(&code).ok_or(IdentityError::Unproven("the code cannot be read back"))?;
    let expires_at_ms = now_ms.saturating_add(i64::from(lifetime_h) * 3_600_000);
    tx.put_invite(&Invite {
        id: *DeviceId::ordered(now_ms, random(entropy)).as_bytes(),
        code_hash,
        member: id,
        created_at_ms: now_ms,
        expires_at_ms,
        used_at_ms: None,
        device: None,
    })?;
    note(tx, actor, "invite", *id.as_bytes(), Some(id), now_ms)?;
    let link = format!("satchel://enrol?relay={}&code={code}", percent_encoded(relay_url));
    Ok(Invitation {
        code,
        link,
        expires_at_ms,
    })
}

/// What a device sends to enrol.
#[derive(Debug, Clone)]
pub struct Application {
    /// The code of the invite, as typed or scanned.
    pub code: String,
    /// The device's ed25519 key.
    pub public_key: [u8; 32],
    /// As its owner calls it.
    pub device_name: String,
    /// Such as `android` or `ios`.
    pub platform: String,
}

/// Enrols a device. A device that lost the answer may send the same again and gets the same device.
///
/// # Errors
/// [`IdentityError::Unproven`] for a code that is unknown, used or expired (which, is not said), [`IdentityError::Invalid`]
/// for a key that is none.
pub fn enrol(
    tx: &mut dyn People,
    application: &Application,
    now_ms: i64,
    entropy: &dyn Entropy,
) -> Result<(Org, Member, Device), IdentityError> {
    const REFUSED: IdentityError = IdentityError::Unproven("the code is unknown, used or expired");
    let key = VerifyingKey::from_bytes(&application.public_key)
        .ok()
        .filter(|key| !key.is_weak());
    if key.is_none() {
        return Err(IdentityError::invalid(
            "public_key",
            "malformed",
            "is not a usable ed25519 key",
        ));
    }
    let name = checked_name("device_name", &application.device_name)?;
    let platform = checked_name("platform", &application.platform)?;
    let code_hash = secret::invite_hash(&application.code).ok_or(REFUSED)?;
    let mut invite = tx.invite(&code_hash)?.ok_or(REFUSED)?;
    let member = member::find(tx, invite.member)?;
    let known = tx.device_by_key(&application.public_key)?;
    let org = tx.org()?;
    if let Some(used_by) = invite.device {
        return match known {
            Some(device) if device.id == used_by && device.revoked_at_ms.is_none() => Ok((org, member, device)),
            _ => Err(REFUSED),
        };
    }
    if now_ms >= invite.expires_at_ms || !member.active {
        return Err(REFUSED);
    }
    if known.is_some() {
        return Err(IdentityError::Conflict(
            "key-in-use",
            "the key belongs to another device: make a new one",
        ));
    }
    let device = Device {
        id: DeviceId::ordered(now_ms, random(entropy)),
        member: member.id,
        name,
        platform,
        public_key: application.public_key,
        created_at_ms: now_ms,
        last_seen_at_ms: None,
        revoked_at_ms: None,
    };
    tx.put_device(&device)?;
    invite.used_at_ms = Some(now_ms);
    invite.device = Some(device.id);
    tx.put_invite(&invite)?;
    Ok((org, member, device))
}

/// A value of a query string: all but unreserved characters as `%XX`.
fn percent_encoded(text: &str) -> String {
    use std::fmt::Write as _;
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            write!(encoded, "%{byte:02X}").ok();
        }
    }
    encoded
}

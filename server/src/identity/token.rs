//! Tokens: a device signs a challenge with its key and gets a short-lived, opaque token.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use ed25519_dalek::{Signature, VerifyingKey};
use satchel_core::clock::Entropy;
use satchel_core::ids::DeviceId;

use super::{IdentityError, secret};
use crate::store::People;
use crate::store::people::{Hash, Token};

/// How long a challenge waits for its signature.
const CHALLENGE_MS: i64 = 2 * 60 * 1000;
/// Challenges that may wait at once, of everybody and of one device: memory that strangers can fill is bounded.
const MOST: usize = 20_000;
const MOST_OF_ONE: usize = 8;

/// Challenges that wait for their signature. They live in memory: asking for one must not cost a stranger's write, and
/// after a restart a device simply asks again.
#[derive(Default)]
pub struct Challenges(Mutex<HashMap<Hash, (DeviceId, i64)>>);

impl Challenges {
    /// A challenge for this device, known or not: the answer does not tell which devices there are.
    ///
    /// # Errors
    /// [`IdentityError::Throttled`] where too many wait.
    pub fn give(&self, device: DeviceId, now_ms: i64, entropy: &dyn Entropy) -> Result<String, IdentityError> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= MOST {
            waiting.retain(|_, (_, expires)| *expires > now_ms);
        }
        if waiting.len() >= MOST {
            return Err(IdentityError::Throttled(60));
        }
        let own: Vec<(i64, Hash)> = waiting
            .iter()
            .filter(|(_, (of, _))| *of == device)
            .map(|(hash, (_, expires))| (*expires, *hash))
            .collect();
        if own.len() >= MOST_OF_ONE
            && let Some((_, oldest)) = own.iter().min()
        {
            waiting.remove(oldest);
        }
        let challenge = secret::random_text(entropy, "");
        waiting.insert(secret::hash(challenge.as_bytes()), (device, now_ms + CHALLENGE_MS));
        Ok(challenge)
    }

    /// Takes a challenge away: true where it was given to this device and is not too old. It never works twice.
    fn take(&self, device: DeviceId, challenge: &str, now_ms: i64) -> bool {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = waiting.remove(&secret::hash(challenge.as_bytes()));
        taken.is_some_and(|(of, expires)| of == device && expires > now_ms)
    }
}

/// What a device sends for a token.
#[derive(Debug, Clone)]
pub struct Proof {
    /// The device.
    pub device: DeviceId,
    /// The challenge it was given.
    pub challenge: String,
    /// ed25519 over [`signed_text`].
    pub signature: [u8; 64],
}

/// What a device signs: bound to this purpose, device and challenge.
pub fn signed_text(device: DeviceId, challenge: &str) -> String {
    format!("satchel-token-v1\n{device}\n{challenge}")
}

/// Gives a token for a proof. A revoked device gets one that is marked so.
///
/// # Errors
/// [`IdentityError::Unproven`] for a wrong challenge, signature or device; which, is not said.
pub fn issue(
    tx: &mut dyn People,
    challenges: &Challenges,
    proof: &Proof,
    lifetime_s: u32,
    now_ms: i64,
    entropy: &dyn Entropy,
) -> Result<String, IdentityError> {
    const REFUSED: IdentityError = IdentityError::Unproven("the challenge or its signature is not valid");
    let fresh = challenges.take(proof.device, &proof.challenge, now_ms);
    let mut device = tx.device(proof.device)?.ok_or(REFUSED)?;
    let key = VerifyingKey::from_bytes(&device.public_key).map_err(|_| REFUSED)?;
    let text = signed_text(proof.device, &proof.challenge);
    let signed = key
        .verify_strict(text.as_bytes(), &Signature::from_bytes(&proof.signature))
        .is_ok();
    if !fresh || !signed {
        return Err(REFUSED);
    }
    let token = secret::random_text(entropy, "st_");
    tx.prune_tokens(now_ms)?;
    tx.put_token(&Token {
        hash: secret::hash(token.as_bytes()),
        device: device.id,
        revoked: device.revoked_at_ms.is_some(),
        expires_at_ms: now_ms + i64::from(lifetime_s) * 1000,
    })?;
    device.last_seen_at_ms = Some(now_ms);
    tx.put_device(&device)?;
    Ok(token)
}

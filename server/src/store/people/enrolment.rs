//! Invites, devices, tokens and keys of integrators. Secrets are kept as hashes only.

use satchel_core::ids::{DeviceId, MemberId};

use crate::store::StoreError;

/// SHA-256 of a code, token or key.
pub type Hash = [u8; 32];

/// A one-time invitation to enrol a device for a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invite {
    /// Names it in lists; no secret.
    pub id: [u8; 16],
    /// Of the code.
    pub code_hash: Hash,
    /// Whose device it will be.
    pub member: MemberId,
    /// Milliseconds since 1970 (UTC).
    pub created_at_ms: i64,
    /// From this time on it is worth nothing.
    pub expires_at_ms: i64,
    /// When it was used.
    pub used_at_ms: Option<i64>,
    /// The device that used it.
    pub device: Option<DeviceId>,
}

/// An enrolled device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Its id.
    pub id: DeviceId,
    /// Whose it is.
    pub member: MemberId,
    /// As its owner calls it.
    pub name: String,
    /// Such as `android` or `ios`.
    pub platform: String,
    /// Its ed25519 key.
    pub public_key: [u8; 32],
    /// Milliseconds since 1970 (UTC).
    pub created_at_ms: i64,
    /// When it took a token last.
    pub last_seen_at_ms: Option<i64>,
    /// When it was revoked: it may hand in what it still holds, and nothing else.
    pub revoked_at_ms: Option<i64>,
}

/// The receipt of a revoked device that has deleted everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WipeReceipt {
    /// Documents deleted.
    pub documents: u64,
    /// The sum over them and their versions, as the device says.
    pub digest: Vec<u8>,
    /// When it came, in milliseconds since 1970 (UTC).
    pub at_ms: i64,
}

/// A device's short-lived token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Of the token.
    pub hash: Hash,
    /// Whose it is.
    pub device: DeviceId,
    /// Given to a revoked device: good for handing in only.
    pub revoked: bool,
    /// From this time on it is worth nothing.
    pub expires_at_ms: i64,
}

/// A long-lived key of an integrator, acting as a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Names it in lists; no secret.
    pub id: [u8; 16],
    /// Of the key.
    pub hash: Hash,
    /// As whom it acts.
    pub member: MemberId,
    /// What it is for.
    pub name: String,
    /// Milliseconds since 1970 (UTC).
    pub created_at_ms: i64,
    /// When it was revoked.
    pub revoked_at_ms: Option<i64>,
}

/// Invites, devices, tokens, keys. Every method fails only where the database does.
#[expect(clippy::missing_errors_doc, reason = "said once above for all of them")]
pub trait Enrolment {
    /// The invite with this hash of its code.
    fn invite(&self, code_hash: &Hash) -> Result<Option<Invite>, StoreError>;
    /// Writes an invite.
    fn put_invite(&mut self, invite: &Invite) -> Result<(), StoreError>;
    /// Forgets invites that expired before `ms` and were never used.
    fn prune_invites(&mut self, ms: i64) -> Result<(), StoreError>;
    /// One device.
    fn device(&self, id: DeviceId) -> Result<Option<Device>, StoreError>;
    /// The receipt of a device that was wiped.
    fn wipe_receipt(&self, device: DeviceId) -> Result<Option<WipeReceipt>, StoreError>;
    /// Keeps the receipt of a device; the first stays. True where it is that.
    fn put_wipe_receipt(&mut self, device: DeviceId, receipt: &WipeReceipt) -> Result<bool, StoreError>;
    /// The device with this key.
    fn device_by_key(&self, public_key: &[u8; 32]) -> Result<Option<Device>, StoreError>;
    /// Up to `limit` devices whose id is greater than `after`, by id; of one member if asked.
    fn devices(
        &self,
        member: Option<MemberId>,
        after: Option<DeviceId>,
        limit: usize,
    ) -> Result<Vec<Device>, StoreError>;
    /// Writes a device.
    fn put_device(&mut self, device: &Device) -> Result<(), StoreError>;
    /// The token with this hash.
    fn token(&self, hash: &Hash) -> Result<Option<Token>, StoreError>;
    /// Writes a token.
    fn put_token(&mut self, token: &Token) -> Result<(), StoreError>;
    /// Forgets all tokens of one device.
    fn remove_tokens_of(&mut self, device: DeviceId) -> Result<(), StoreError>;
    /// Forgets tokens that expired before `ms`.
    fn prune_tokens(&mut self, ms: i64) -> Result<(), StoreError>;
    /// The key with this hash.
    fn key_by_hash(&self, hash: &Hash) -> Result<Option<ApiKey>, StoreError>;
    /// Up to `limit` keys whose id is greater than `after`, by id.
    fn keys(&self, after: Option<[u8; 16]>, limit: usize) -> Result<Vec<ApiKey>, StoreError>;
    /// One key by its id.
    fn key(&self, id: &[u8; 16]) -> Result<Option<ApiKey>, StoreError>;
    /// Writes a key.
    fn put_key(&mut self, key: &ApiKey) -> Result<(), StoreError>;
}

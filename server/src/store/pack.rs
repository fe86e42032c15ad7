//! Which packs were built, and of what one could be.
//!
//! A pack is named here as long as it may be served. Losing access to one of its scopes takes it away in the same
//! transaction ([`super::people::AccessStore::put_access`]), for everybody and for ever.

use satchel_core::ids::{MemberId, ScopeId};
use satchel_core::wire::PackHash;

use super::StoreError;

/// A pack that may be served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPack {
    /// Its name.
    pub hash: PackHash,
    /// It holds its scopes as of this seq.
    pub seq: u64,
    /// Documents in it.
    pub documents: u64,
    /// Bytes of its file.
    pub bytes: u64,
    /// How much its records are wanted at hand.
    pub urgency: u8,
    /// Last time that a manifest named it, to the day, in milliseconds since 1970.
    pub used_at_ms: i64,
    /// The scopes that it holds, each whole.
    pub scopes: Vec<ScopeId>,
    /// Whether it holds rows alone, and no documents.
    pub rows: bool,
}

/// A scope that may stand in packs: it holds documents and is nobody's private one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packable {
    /// The scope.
    pub scope: ScopeId,
    /// Its documents.
    pub documents: u64,
    /// Everybody who may read it, sorted.
    pub readers: Vec<MemberId>,
}

/// Packs, within one transaction. Every method fails only where the database does.
#[expect(clippy::missing_errors_doc, reason = "said once above for all of them")]
pub trait Packs {
    /// The scopes that a member may read and that may stand in packs, by id. Private scopes never are among them, not
    /// even for their owner.
    fn packable(&self, member: MemberId) -> Result<Vec<Packable>, StoreError>;
    /// Whether a scope may stand in packs.
    fn is_packable(&self, scope: ScopeId) -> Result<bool, StoreError>;
    /// The packs of which the member may read every scope.
    fn packs_for(&self, member: MemberId) -> Result<Vec<StoredPack>, StoreError>;
    /// A pack, where there is one of that name and the member may read every scope of it.
    fn pack_for(&self, member: MemberId, hash: PackHash) -> Result<Option<StoredPack>, StoreError>;
    /// How many documents of a pack's scopes changed since it was built.
    fn changed_since_pack(&self, hash: PackHash) -> Result<u64, StoreError>;
    /// Keeps a pack's name. Refuses, with `false`, where access to one of its scopes changed after its seq: it was
    /// built from a moment that is over.
    fn put_pack(&mut self, pack: &StoredPack) -> Result<bool, StoreError>;
    /// Notes that a pack is still wanted.
    fn touch_pack(&mut self, hash: PackHash, now_ms: i64) -> Result<(), StoreError>;
    /// Takes a pack away.
    fn remove_pack(&mut self, hash: PackHash) -> Result<(), StoreError>;
    /// Names and sizes of every pack, those first that were named longest ago.
    fn all_packs(&self) -> Result<Vec<(PackHash, u64, i64)>, StoreError>;
}

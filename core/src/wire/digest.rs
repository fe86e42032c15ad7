//! A digest over documents at versions: a 128-bit wrapping sum, so that it is kept up to date change by change.

use sha2::{Digest as _, Sha256};

use crate::ids::{DocumentId, Heads};

/// The digest of a set of documents at versions. Order does not matter; adding and taking away are exact inverses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Digest(u128);

impl Digest {
    /// The share of one document: the first sixteen bytes of SHA-256 over its id and its sorted heads, as a
    /// little-endian number.
    #[must_use]
    pub fn of(id: DocumentId, heads: &Heads) -> Self {
        let mut hash = Sha256::new();
        hash.update(id.as_bytes());
        hash.update(heads.to_bytes());
        let digest: [u8; 32] = hash.finalize().into();
        let mut low = [0; 16];
        low.copy_from_slice(&digest[..16]);
        Self(u128::from_le_bytes(low))
    }

    /// With one more document (or digest).
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.wrapping_add(other.0))
    }

    /// Without it.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0.wrapping_sub(other.0))
    }

    /// Sixteen bytes, little-endian, as stored and sent.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.to_le_bytes()
    }

    /// Reads [`Digest::to_bytes`]; `None` where there are not sixteen bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(|bytes| Self(u128::from_le_bytes(bytes)))
    }
}

/// First eight bytes of SHA-256 over the scopes that a member may read, sorted, each followed by what is allowed there
/// (0 read, 1 write, 2 manage). Device and relay compare it to see whether the device knows its grants.
#[must_use]
pub fn grants_hash(scopes: &[super::Grant]) -> Vec<u8> {
    let mut sorted = scopes.to_vec();
    sorted.sort_unstable_by_key(|grant| grant.scope);
    let mut hash = Sha256::new();
    for grant in sorted {
        hash.update(grant.scope.as_bytes());
        hash.update([grant.access as u8]);
    }
    hash.finalize()[..8].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::ChangeHash;

    #[test]
    fn adding_and_taking_away_cancel_out_in_any_order() {
        let one = Digest::of(DocumentId::from_bytes([1; 16]), &Heads::new(vec![ChangeHash([1; 32])]));
        let two = Digest::of(DocumentId::from_bytes([2; 16]), &Heads::default());
        assert_eq!(one.plus(two), two.plus(one));
        assert_eq!(one.plus(two).minus(one), two);
        assert_ne!(one, two);
        assert_eq!(Digest::from_bytes(&one.to_bytes()), Some(one));
    }
}

//! What little tells a device that has a document of one change more: everything that it knows already is left out.
//!
//! Of a change on top of all that the relay has, the device knows what it builds on, and with that the hash follows from
//! the rest. A fingerprint of the version that it leads to shows whether the device really stood there.

use sha2::{Digest as _, Sha256};

use crate::ids::{ChangeHash, Heads};

/// What stands before checksum and body of an uncompressed change.
const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
/// Chunk type of an uncompressed change.
const CHANGE: u8 = 1;
/// Bytes of a fingerprint.
pub const FINGERPRINT: usize = 8;

/// First bytes of SHA-256 over sorted heads: enough to see whether two sides mean the same version.
#[must_use]
pub fn fingerprint(heads: &Heads) -> Vec<u8> {
    Sha256::digest(heads.to_bytes())[..FINGERPRINT].to_vec()
}

/// A change without what follows from `parent`, if it builds on that alone; and its own hash.
#[must_use]
pub fn shorten(change: &[u8], parent: ChangeHash) -> Option<(Vec<u8>, ChangeHash)> {
    let (length, body) = number(change.get(9..)?)?;
    let rest = body.get(..length)?.strip_prefix(&[1])?.strip_prefix(&parent.0)?;
    let (again, hash) = restore(rest, parent);
    (again == change).then(|| (rest.to_vec(), hash))
}

/// The change that was shortened, and its hash.
#[must_use]
pub fn restore(rest: &[u8], parent: ChangeHash) -> (Vec<u8>, ChangeHash) {
    let mut hashed = vec![CHANGE];
    let mut length = rest.len() + 33;
    while length >= 0x80 {
        hashed.push(length.to_le_bytes()[0] & 0x7f | 0x80);
        length >>= 7;
    }
    hashed.push(length.to_le_bytes()[0]);
    hashed.push(1);
    hashed.extend(parent.0);
    hashed.extend(rest);
    let hash: [u8; 32] = Sha256::digest(&hashed).into();
    let mut change = MAGIC.to_vec();
    change.extend(&hash[..4]);
    change.extend(hashed);
    (change, ChangeHash(hash))
}

/// What a change says that it builds on, if that is one change.
#[must_use]
pub fn only_parent(change: &[u8]) -> Option<ChangeHash> {
    let (_, body) = number(change.get(9..)?)?;
    let hash = body.strip_prefix(&[1])?.get(..32)?;
    hash.try_into().ok().map(ChangeHash)
}

/// A LEB128 number and what follows it.
fn number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut number = 0;
    for (at, byte) in bytes.iter().take(4).enumerate() {
        number |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((number, bytes.get(at + 1..)?));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shortened_change_comes_back_and_only_from_its_own_parent() {
        for length in [1, 60, 200, 20_000] {
            let parent = ChangeHash([7; 32]);
            let (change, hash) = restore(&vec![9; length], parent);
            assert_eq!(only_parent(&change), Some(parent));
            let (rest, same) = shorten(&change, parent).unwrap();
            assert_eq!((rest.len(), same), (length, hash));
            assert_eq!(restore(&rest, parent), (change.clone(), hash));
            assert_eq!(shorten(&change, ChangeHash([8; 32])), None);
            // Two parents, a wrong checksum, and nothing at all.
            let mut broken = change.clone();
            broken[5] ^= 1;
            assert_eq!(shorten(&broken, parent), None);
            assert_eq!(shorten(&change[..change.len() - 1], parent), None);
            assert_eq!(shorten(&[], parent), None);
        }
    }
}

//! What a snapshot says about itself, read without loading it; and how often documents are loaded.

use std::cell::Cell;

use sha2::{Digest, Sha256};

use super::Error;
use crate::ids::{ChangeHash, Heads};

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
/// Chunk type of a whole document.
const DOCUMENT_CHUNK: u8 = 0;

thread_local! {
    static LOADS: Cell<u64> = const { Cell::new(0) };
}

/// How many documents this thread has loaded: what a first sync must not do.
#[must_use]
pub fn loads() -> u64 {
    LOADS.get()
}

/// Counts one more.
pub(super) fn loaded() {
    LOADS.set(LOADS.get().wrapping_add(1));
}

/// The version that a snapshot leads to, by its own header, after its checksum was verified: bytes that were damaged on
/// their way are found before they are kept. Whether they make sense only loading shows.
///
/// # Errors
/// [`Error::Damaged`] where they are no snapshot, or not the one that was saved.
pub fn heads_of(snapshot: &[u8]) -> Result<Heads, Error> {
    read(snapshot).ok_or(Error::Damaged)
}

fn read(snapshot: &[u8]) -> Option<Heads> {
    let digest: [u8; 32] = Sha256::digest(snapshot.get(8..)?).into();
    if snapshot.get(..4)? != MAGIC || snapshot.get(4..8)? != &digest[..4] || *snapshot.get(8)? != DOCUMENT_CHUNK {
        return None;
    }
    let mut rest = &snapshot[9..];
    let length = number(&mut rest)?;
    if length != rest.len() {
        return None;
    }
    for _ in 0..number(&mut rest)? {
        let actor = number(&mut rest)?;
        rest = rest.get(actor..)?;
    }
    let count = number(&mut rest)?;
    let bytes = rest.get(..count.checked_mul(32)?)?;
    let hashes = bytes.chunks_exact(32).map(|hash| hash.try_into().map(ChangeHash).ok());
    Some(Heads::new(hashes.collect::<Option<_>>()?))
}

/// LEB128 without a sign.
fn number(rest: &mut &[u8]) -> Option<usize> {
    let mut value = 0_usize;
    for shift in (0..63).step_by(7) {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        value |= usize::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

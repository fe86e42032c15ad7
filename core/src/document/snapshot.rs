//! What a snapshot says about itself, read without loading it; and how often documents are loaded.

use std::cell::Cell;

use sha2::{Digest, Sha256};

use super::chunk::{self, Cursor, MAGIC, put_number};
use super::{Error, seed_actor};
use crate::ids::{ChangeHash, DocumentId, Heads};

/// Chunk type of a whole document.
const DOCUMENT_CHUNK: u8 = 0;
/// Seeds whose actors are looked for: no kind has as many steps.
const SEED_STEPS: u8 = 16;

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
    let (_, mut rest) = chunk::opened(snapshot, DOCUMENT_CHUNK)?;
    for _ in 0..rest.number()? {
        rest.skip_prefixed()?;
    }
    let count = rest.number()?;
    let bytes = rest.take(count.checked_mul(32)?)?;
    let hashes = bytes.chunks_exact(32).map(|hash| hash.try_into().map(ChangeHash).ok());
    Some(Heads::new(hashes.collect::<Option<_>>()?))
}

/// A snapshot without what stands beside it in a pack: no magic, checksum, type and length, no heads, and in the place of
/// each seed's actor its step. What is left compresses: hashes do not. `None` where [`restored`] would not give back the
/// same bytes.
#[must_use]
pub fn stripped(id: DocumentId, heads: &Heads, snapshot: &[u8]) -> Option<Vec<u8>> {
    let mut rest = Cursor(snapshot.get(9..)?);
    rest.number()?;
    let actors = rest.number()?;
    let mut body = Vec::with_capacity(snapshot.len());
    put_number(&mut body, actors);
    for _ in 0..actors {
        let length = rest.number()?;
        let actor = rest.take(length)?;
        let step = (1..=SEED_STEPS).find(|step| seed_actor(id, (*step).into()).0 == actor);
        if let Some(step) = step {
            body.extend([0, step]);
        } else {
            put_number(&mut body, length);
            body.extend_from_slice(actor);
        }
    }
    let count = rest.number()?;
    rest.skip(count.checked_mul(32)?)?;
    body.extend_from_slice(rest.0);
    (restored(id, heads, &body).ok()? == snapshot).then_some(body)
}

/// The snapshot of which [`stripped`] left this.
///
/// # Errors
/// [`Error::Damaged`] where it is not what is left of one.
pub fn restored(id: DocumentId, heads: &Heads, body: &[u8]) -> Result<Vec<u8>, Error> {
    restore(id, heads, body).ok_or(Error::Damaged)
}

fn restore(id: DocumentId, heads: &Heads, body: &[u8]) -> Option<Vec<u8>> {
    let mut rest = Cursor(body);
    let mut content = Vec::with_capacity(body.len() + 64);
    let actors = rest.number()?;
    put_number(&mut content, actors);
    for _ in 0..actors {
        let length = rest.number()?;
        let actor = rest.take(length.max(1))?;
        if length == 0 {
            let seed = seed_actor(id, actor[0].into());
            put_number(&mut content, seed.0.len() as u64);
            content.extend_from_slice(&seed.0);
        } else {
            put_number(&mut content, length);
            content.extend_from_slice(actor);
        }
    }
    put_number(&mut content, heads.hashes().len() as u64);
    content.extend_from_slice(&heads.to_bytes());
    content.extend_from_slice(rest.0);
    let mut checked = vec![DOCUMENT_CHUNK];
    put_number(&mut checked, content.len() as u64);
    checked.append(&mut content);
    let digest: [u8; 32] = Sha256::digest(&checked).into();
    Some([&MAGIC[..], &digest[..4], &checked].concat())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_restored_from_anything_names_the_heads_that_it_was_given(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let id = DocumentId::from_bytes([3; 16]);
            let heads = Heads::new(vec![ChangeHash([4; 32])]);
            if let Ok(snapshot) = restored(id, &heads, &body) {
                prop_assert_eq!(heads_of(&snapshot).unwrap(), heads);
            }
            prop_assert!(stripped(id, &Heads::default(), &body).is_none());
        }
    }
}

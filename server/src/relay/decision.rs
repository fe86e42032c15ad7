//! Telling authors what was decided, and remembering what was dropped.

use satchel_core::document::Header;
use satchel_core::ids::{ChangeHash, MemberId};
use satchel_core::wire::Decision;

use super::{RelayError, Store};
use crate::store::decision::{Dropped, Verdict};
use crate::store::log::Parked;

/// The code under which something waits that holds, or builds on, what was dropped.
pub(super) const BUILDS_ON_DROPPED: &str = "builds-on-dropped";

/// Tells the author of what waited what was decided; `changes` are those that leave his copy by it.
pub(super) fn tell(
    store: &mut dyn Store,
    parked: &Parked,
    decision: Decision,
    changes: Vec<ChangeHash>,
) -> Result<(), RelayError> {
    store.put_verdict(&Verdict {
        seq: 0,
        member: parked.member,
        document: parked.document,
        decision,
        heads: parked.heads.clone(),
        code: parked.code.clone(),
        changes,
    })?;
    Ok(())
}

/// Tells a member once more what was dropped: his device has pushed it again.
pub(super) fn tell_again(store: &mut dyn Store, member: MemberId, dropped: &[Dropped]) -> Result<(), RelayError> {
    let mut rest: Vec<&Dropped> = dropped.iter().collect();
    while let Some(first) = rest.first().copied() {
        let (together, others): (Vec<&Dropped>, Vec<&Dropped>) =
            rest.into_iter().partition(|one| one.heads == first.heads);
        store.put_verdict(&Verdict {
            seq: 0,
            member,
            document: first.document,
            decision: Decision::Dropped,
            heads: first.heads.clone(),
            code: first.code.clone(),
            changes: together.iter().map(|one| one.hash).collect(),
        })?;
        rest = others;
    }
    Ok(())
}

/// Whether a push holds changes that are neither dropped nor in the log.
pub(super) fn holds_more(store: &dyn Store, changes: &[Vec<u8>], dropped: &[Dropped]) -> Result<bool, RelayError> {
    for bytes in changes {
        let Ok(header) = Header::read(bytes) else {
            return Ok(true);
        };
        if !dropped.iter().any(|one| one.hash == header.hash) && !store.has_change(header.hash)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Remembers the changes of something that waited and that the log does not have: none of them enters as it is. Returns
/// their hashes.
pub(super) fn remember(store: &mut dyn Store, parked: &Parked) -> Result<Vec<ChangeHash>, RelayError> {
    let mut dropped = Vec::new();
    for bytes in &parked.changes {
        let Ok(header) = Header::read(bytes) else { continue };
        if !store.has_change(header.hash)? {
            dropped.push(Dropped {
                hash: header.hash,
                document: parked.document,
                actor: header.actor_bytes,
                number: header.seq,
                heads: parked.heads.clone(),
                code: parked.code.clone(),
            });
        }
    }
    store.put_dropped(&dropped)?;
    Ok(dropped.into_iter().map(|one| one.hash).collect())
}

//! Single changes of the attacker's, and what the relay makes of them.

use anyhow::{Context as _, Result};
use automerge::AutoCommit;
use automerge::transaction::CommitOptions;
use satchel_core::ids::{ChangeHash, DocumentId, Heads};
use satchel_core::wire::{Push, Receipt};
use satchel_tests::attack::{Chunk, Ground};

pub(crate) fn push(id: DocumentId, kind: &str, changes: Vec<Vec<u8>>) -> Push {
    let last = changes.last().map(|bytes| ChangeHash(Chunk::hash(bytes)));
    Push {
        id,
        kind: kind.to_owned(),
        base: None,
        heads: Heads::new(last.into_iter().collect()),
        changes: changes.into_iter().map(Into::into).collect(),
    }
}

pub(crate) fn send(ground: &mut Ground, push: Push) -> Result<Receipt> {
    ground.push(vec![push])?.into_iter().next().context("a receipt")
}

/// Whether a change waits with its bytes.
pub(crate) fn is_kept(ground: &Ground, change: &[u8]) -> Result<bool> {
    let waiting = ground.waiting()?;
    Ok(waiting
        .iter()
        .flat_map(|parked| &parked.changes)
        .any(|bytes| bytes == change))
}

/// The attacker's next change, written by Automerge itself.
pub(crate) fn written(ground: &mut Ground, id: DocumentId, write: impl FnOnce(&mut AutoCommit)) -> Result<Vec<u8>> {
    let known = ground.known(id)?;
    let mut doc = AutoCommit::load(&ground.document(id)?.save())?;
    doc.set_actor(automerge::ActorId::from(known.actor.as_slice()));
    write(&mut doc);
    let message = String::from_utf8(known.message)?;
    doc.commit_with(CommitOptions::default().with_message(message).with_time(0));
    let change = doc.get_last_local_change().context("a change")?;
    Ok(change.raw_bytes().to_vec())
}

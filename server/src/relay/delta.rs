//! What changed in a document, for a device that has it: without what the device knows.

use std::collections::BTreeSet;

use satchel_core::ids::Heads;
use satchel_core::projection::difference::Difference;
use satchel_core::wire::delta::{fingerprint, only_parent, shorten};
use satchel_core::wire::{Delta, limit};

use super::{RelayError, Sender, Store};
use crate::store::log::{Step, StoredDocument};

/// What changed since `after`, where the device was told everything up to there; `None` where it must get the changes and
/// the row as they are: where it is not known which parts of the row changed, where the changes do not follow each other
/// or are too many.
pub(super) fn delta(
    store: &dyn Store,
    sender: Sender,
    stored: &StoredDocument,
    after: u64,
) -> Result<Option<Delta>, RelayError> {
    let steps = store.steps_after(stored.id, after)?;
    let own = |step: &Step| step.device == Some(sender.device);
    let (changes, difference) = if !steps.is_empty() && steps.iter().all(own) {
        (Vec::new(), None)
    } else if steps.iter().any(own) {
        return Ok(None);
    } else {
        let Some(told) = told(&steps, stored) else {
            return Ok(None);
        };
        (told.changes, Some(told.difference))
    };
    Ok(Some(Delta {
        id: stored.id,
        changes: changes.into_iter().map(Into::into).collect(),
        fingerprint: fingerprint(&stored.heads),
        schema: stored.schema,
        difference: match difference {
            Some(difference) => serde_json::to_vec(&difference)?.into(),
            None => Vec::new().into(),
        },
    }))
}

/// Changes that follow each other.
pub(super) struct Told {
    /// Shortened, each on the one before.
    changes: Vec<Vec<u8>>,
    /// The version before them.
    pub(super) before: Heads,
    /// What they changed in the row.
    pub(super) difference: Difference,
}

/// Changes shortened, and what they changed in the row.
pub(super) fn told(steps: &[Step], stored: &StoredDocument) -> Option<Told> {
    let bytes: usize = steps.iter().map(|step| step.bytes.len()).sum();
    if steps.len() > limit::CHANGES_PER_DELTA || bytes > limit::UNFOLDED_BYTES {
        return None;
    }
    let [head] = stored.heads.hashes() else { return None };
    let mut last = only_parent(&steps.first()?.bytes)?;
    let before = Heads::new(vec![last]);
    let (mut changes, mut names) = (Vec::new(), BTreeSet::new());
    for step in steps {
        let (rest, hash) = shorten(&step.bytes, last)?;
        names.extend(step.parts.clone()?);
        changes.push(rest);
        last = hash;
    }
    // One head, and it is the last of a row of changes: before these, all that the relay had led to what the first of them
    // builds on, and nowhere else.
    if last != *head {
        return None;
    }
    let row = serde_json::from_str(&stored.row).ok()?;
    let names: Vec<String> = names.into_iter().collect();
    Some(Told {
        changes,
        before,
        difference: Difference::of(&row, &names),
    })
}

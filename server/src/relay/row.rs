//! A record for a device that takes its row alone.

use satchel_core::wire::delta::{FINGERPRINT, fingerprint};
use satchel_core::wire::{DocRow, Frame, RowDelta};
use serde_json::{Map, Value};

use super::{RelayError, Sender, Store, delta};
use crate::store::log::StoredDocument;

/// Bytes of a version's name, and of that before.
const NAMED: usize = 32 + FINGERPRINT;
/// Small changes compress to about a third among others like them, and hashes do not at all: where a version costs less to
/// reckon from its changes than to be named, the changes are sent, and the device lets them go.
const SHRINKS: usize = 3;

/// What the device lacks of a record's row, and about how many bytes that is. `since` is the seq up to which it was told
/// everything, where it knows the record.
pub(super) fn of(
    store: &dyn Store,
    sender: Sender,
    stored: &StoredDocument,
    since: Option<u64>,
) -> Result<(Frame, usize), RelayError> {
    if let Some(after) = since {
        let steps = store.steps_after(stored.id, after)?;
        let written: usize = steps.iter().map(|step| step.bytes.len()).sum();
        let own = !steps.is_empty() && steps.iter().all(|step| step.device == Some(sender.device));
        // Of its own edits the device needs nothing.
        if (own || written <= NAMED * SHRINKS)
            && let Some(delta) = delta::delta(store, sender, stored, after)?
        {
            let size = delta.difference.len() + written + 64;
            return Ok((delta.into(), size));
        }
        if let Some(told) = delta::told(&steps, stored) {
            // A device that stands between the first version and the last, because an answer was cut and the record
            // changed again, asks for the whole.
            let difference = serde_json::to_vec(&told.difference)?;
            let size = difference.len() + NAMED + 64;
            let frame = RowDelta {
                id: stored.id,
                heads: stored.heads.clone(),
                known: fingerprint(&told.before),
                schema: stored.schema,
                difference: difference.into(),
            };
            return Ok((frame.into(), size));
        }
    }
    let mut row: Map<String, Value> = serde_json::from_str(&stored.row)?;
    // They stand beside it, and two spellings of the same hash do not compress.
    row.insert("heads".to_owned(), Value::Array(Vec::new()));
    let row = serde_json::to_vec(&row)?;
    let size = row.len() + 128;
    let frame = DocRow {
        id: stored.id,
        kind: stored.kind.clone(),
        scope: stored.scope,
        heads: stored.heads.clone(),
        row: row.into(),
    };
    Ok((frame.into(), size))
}

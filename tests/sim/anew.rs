//! Edits that were made anew: under another incarnation, by the same person, with the same words.

use std::collections::BTreeSet;

use automerge::legacy::OpType;
use automerge::{Change, ScalarValue};
use satchel_core::document::Document;
use satchel_core::ids::{ChangeHash, DocumentId, Heads};
use serde_json::Value;

use crate::world::World;

/// What stays of a change that is made anew: its message and time, and the values that it sets.
fn sense(bytes: &[u8]) -> Option<String> {
    let change = Change::from_bytes(bytes.to_vec()).ok()?.decode();
    let mut values: Vec<String> = change.operations.iter().map(|one| value(&one.action)).collect();
    values.sort();
    Some(format!("{:?} {:?} {values:?}", change.message, change.time))
}

/// What an operation does. An archiving names the version that it puts away, which has other hashes where that was made
/// anew too.
fn value(action: &OpType) -> String {
    if let OpType::Put(ScalarValue::Bytes(bytes)) = action
        && let Ok(Value::Object(mut json)) = serde_json::from_slice(bytes)
        && json.remove("heads").is_some()
    {
        return format!("archived {json:?}");
    }
    format!("{action:?}")
}

impl World {
    /// Whether an edit is in this document as it was made, or made anew.
    pub(crate) fn is_in(&self, document: &mut Document, hash: ChangeHash) -> bool {
        if document.contains(&Heads::new(vec![hash])) {
            return true;
        }
        let Some(sought) = self.ledger.bytes.get(&hash).and_then(|bytes| sense(bytes)) else {
            return false;
        };
        let changes = document.changes_since(&Heads::default());
        changes.iter().any(|bytes| sense(bytes).as_ref() == Some(&sought))
    }

    /// Whether the relay has an edit, in its log or kept apart, as it was made or made anew.
    pub(crate) fn has_arrived(&mut self, hash: ChangeHash, id: DocumentId, parked: &BTreeSet<ChangeHash>) -> bool {
        if self.relay.has_change(hash) || parked.contains(&hash) {
            return true;
        }
        let sought = self.ledger.bytes.get(&hash).and_then(|bytes| sense(bytes));
        if self
            .relay
            .parked_bytes()
            .iter()
            .any(|bytes| sense(bytes) == sought && sought.is_some())
        {
            return true;
        }
        let found = self.relay.load(id).ok().flatten();
        found.is_some_and(|(_, mut document)| self.is_in(&mut document, hash))
    }
}

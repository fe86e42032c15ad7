//! History: every change with its author and time, and what it did to which field.

use std::collections::BTreeSet;

use automerge::{PatchAction, Prop, ROOT};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::edit::read_message;
use super::{Document, from_automerge, seed_actor};
use crate::ids::{ChangeHash, Heads, MemberId};

/// One change of a record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// The change's hash; `[hash]` as heads reads the record as its author saw it after writing.
    pub hash: ChangeHash,
    /// The version on which it was written.
    pub parents: Heads,
    /// Who; absent where the change does not say.
    pub by: Option<MemberId>,
    /// When, by the writer's clock, in milliseconds since 1970.
    pub at_ms: i64,
    /// The fields it changed; none for an archiving.
    pub fields: Vec<FieldChange>,
}

/// What a change did to a field, as its author saw it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldChange {
    /// The field.
    pub field: String,
    /// Its value before.
    pub before: Option<Value>,
    /// Its value after.
    pub after: Option<Value>,
}

impl Document {
    /// The changes of the record, each after what it builds on.
    pub fn history(&mut self) -> Vec<HistoryEntry> {
        let seeds: Vec<_> = (1..=self.kind.schema).map(|step| seed_actor(self.id, step).0).collect();
        let metas: Vec<_> = self
            .doc
            .get_changes_meta(&[])
            .into_iter()
            .filter(|meta| !seeds.iter().any(|seed| meta.actor.to_bytes() == seed))
            .map(automerge::ChangeMetadata::into_owned)
            .collect();
        metas
            .into_iter()
            .map(|meta| {
                let touched = self.touched(&meta.deps, meta.hash);
                let before = self.fields_at(&from_automerge(&meta.deps)).unwrap_or_default();
                let after = self.fields_at(&from_automerge(&[meta.hash])).unwrap_or_default();
                let fields = touched
                    .into_iter()
                    .map(|field| FieldChange {
                        before: before.get(&field).cloned(),
                        after: after.get(&field).cloned(),
                        field,
                    })
                    .collect();
                HistoryEntry {
                    hash: ChangeHash(meta.hash.0),
                    parents: from_automerge(&meta.deps),
                    by: read_message(meta.message.as_deref()).0,
                    at_ms: meta.timestamp,
                    fields,
                }
            })
            .collect()
    }

    /// The changes of one field.
    pub fn field_history(&mut self, field: &str) -> Vec<HistoryEntry> {
        let mut entries = self.history();
        for entry in &mut entries {
            entry.fields.retain(|change| change.field == field);
        }
        entries.retain(|entry| !entry.fields.is_empty());
        entries
    }

    fn touched(&mut self, parents: &[automerge::ChangeHash], hash: automerge::ChangeHash) -> BTreeSet<String> {
        let patches = self.doc.diff(parents, &[hash]);
        let names = patches.into_iter().filter_map(|patch| match patch.path.first() {
            Some((object, Prop::Map(name))) if *object == ROOT => Some(name.clone()),
            _ => match patch.action {
                PatchAction::PutMap { key, .. }
                | PatchAction::DeleteMap { key }
                | PatchAction::Increment {
                    prop: Prop::Map(key), ..
                }
                | PatchAction::Conflict { prop: Prop::Map(key) } => Some(key),
                _ => None,
            },
        });
        names.filter(|name| !name.starts_with('_')).collect()
    }
}

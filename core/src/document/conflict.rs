//! Values written apart, in business terms: which field, which values, who and when.

use automerge::{ROOT, ReadDoc, Value as AutomergeValue};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::edit::read_message;
use super::hydrate::decode_scalar;
use super::{Document, Error};
use crate::ids::MemberId;
use crate::schema::{Edit, Merge, Patch};

/// A field where values written apart stand beside each other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Conflict {
    /// The field, or `field/key` in a map.
    pub field: String,
    /// The values, the one that is shown first.
    pub siblings: Vec<Sibling>,
}

/// One of several values written apart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sibling {
    /// The value.
    pub value: Value,
    /// Who wrote it; absent where the change does not say.
    pub by: Option<MemberId>,
    /// When, by the writer's clock, in milliseconds since 1970.
    pub at_ms: i64,
}

impl Document {
    /// Every conflict of the record.
    pub fn conflicts(&mut self) -> Vec<Conflict> {
        let paths = self.project().conflicts;
        paths
            .into_iter()
            .map(|field| Conflict {
                siblings: self.siblings(&field),
                field,
            })
            .collect()
    }

    /// The distinct values that stand in a field (or `field/key`), the winner first.
    pub(super) fn siblings(&self, path: &str) -> Vec<Sibling> {
        let (name, key) = path
            .split_once('/')
            .map_or((path, None), |(name, key)| (name, Some(key)));
        let values = match key {
            None => self.doc.get_all(ROOT, name),
            Some(key) => match self.doc.get(ROOT, name) {
                Ok(Some((AutomergeValue::Object(_), object))) => self.doc.get_all(object, key),
                _ => return Vec::new(),
            },
        };
        let mut found: Vec<Sibling> = Vec::new();
        // Automerge lists the winner last.
        for (value, id) in values.unwrap_or_default().into_iter().rev() {
            let Some(scalar) = value.as_scalar() else { continue };
            let value = decode_scalar(scalar);
            // The same value written twice is no conflict.
            if found.iter().any(|sibling| sibling.value == value) {
                continue;
            }
            let change = self.doc.hash_for_opid(&id);
            let meta = change.and_then(|hash| self.doc.document_meta(hash));
            let (by, at_ms) = meta.unwrap_or((None, 0));
            found.push(Sibling { value, by, at_ms });
        }
        found
    }

    /// The patch that settles a conflict by writing `value`, having seen every sibling. It is applied at the present
    /// version, so a sibling that arrives later shows up again.
    ///
    /// # Errors
    /// [`Error::Invalid`] by the edit that follows; this only shapes the patch.
    pub fn resolution(&self, field: &str, value: &Value) -> Result<Patch, Error> {
        let mut patch = Patch::default();
        let (name, key) = field
            .split_once('/')
            .map_or((field, None), |(name, key)| (name, Some(key)));
        let edit = match (self.kind.field(name).map(|field| field.merge), key) {
            (Some(Merge::Map), Some(key)) => {
                Edit::Entries([(key.to_owned(), Some(value.clone()).filter(|value| !value.is_null()))].into())
            }
            _ if value.is_null() => Edit::Clear,
            _ => Edit::Set(value.clone()),
        };
        patch.push(name, edit);
        Ok(patch)
    }
}

/// Who made a change and when.
trait ChangeFacts {
    fn document_meta(&self, hash: automerge::ChangeHash) -> Option<(Option<MemberId>, i64)>;
}

impl ChangeFacts for automerge::AutoCommit {
    fn document_meta(&self, hash: automerge::ChangeHash) -> Option<(Option<MemberId>, i64)> {
        let change = ReadDoc::get_change_by_hash(self, &hash)?;
        Some((read_message(change.message()).0, change.timestamp()))
    }
}

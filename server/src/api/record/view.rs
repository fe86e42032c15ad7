//! A record as it is sent.

use axum::Json;
use axum::http::header::{ETAG, LOCATION};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use satchel_core::document::{Conflict, HistoryEntry, Sibling};
use satchel_core::ids::{ChangeHash, DocumentId, Heads, MemberId, ScopeId};
use satchel_core::projection::{Row, Touch};
use satchel_core::schema::{Kind, ScopeRule, Violation};
use serde::Serialize;
use serde_json::{Map, Value};

use super::path::Version;
use crate::identity::scope;
use crate::relay::{RelayError, Store};
use crate::store::log::StoredDocument;

/// A record.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Record {
    pub(super) id: DocumentId,
    pub(super) kind: &'static str,
    pub(super) scope: ScopeId,
    pub(super) heads: Heads,
    pub(super) fields: Map<String, Value>,
    pub(super) derived: Map<String, Value>,
    pub(super) conflicts: Vec<String>,
    pub(super) violations: Vec<Violation>,
    pub(super) archived: bool,
    pub(super) edited_after_archive: bool,
    pub(super) created: Touched,
    pub(super) updated: Touched,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) assignees: Option<Vec<MemberId>>,
}

/// Who wrote and when, by the writer's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct Touched {
    by: Option<MemberId>,
    at: DateTime<Utc>,
}

impl From<Touch> for Touched {
    fn from(touch: Touch) -> Self {
        Self {
            by: touch.by,
            at: instant(touch.at_ms),
        }
    }
}

impl Record {
    /// The record as stored.
    pub(super) fn read(store: &dyn Store, kind: &'static Kind, stored: &StoredDocument) -> Result<Self, RelayError> {
        Self::of(store, kind, stored, serde_json::from_str(&stored.row)?)
    }

    /// The record as stored, its row read already.
    pub(super) fn of(
        store: &dyn Store,
        kind: &'static Kind,
        stored: &StoredDocument,
        row: Row,
    ) -> Result<Self, RelayError> {
        let assignees = match kind.scope {
            ScopeRule::Own => Some(scope::assignees(store, stored.scope)?),
            ScopeRule::Org | ScopeRule::Holder { .. } | ScopeRule::Parent { .. } => None,
        };
        Ok(Self {
            id: stored.id,
            kind: kind.name,
            scope: stored.scope,
            heads: row.heads,
            fields: row.fields,
            derived: row.derived,
            conflicts: row.conflicts,
            violations: row.violations,
            archived: row.archived,
            edited_after_archive: row.edited_after_archive,
            created: row.created.into(),
            updated: row.updated.into(),
            assignees,
        })
    }

    /// The record with its version as the entity tag.
    pub(super) fn answer(self) -> Response {
        let tag = HeaderValue::try_from(Version(self.heads.clone()).tag());
        let mut response = Json(self).into_response();
        if let Ok(tag) = tag {
            response.headers_mut().insert(ETAG, tag);
        }
        response
    }

    /// The record as made just now, with its address.
    pub(super) fn created(self, kind: &Kind) -> Response {
        let place = HeaderValue::try_from(format!("/v1/{}/{}", kind.plural, self.id));
        let mut response = self.answer();
        *response.status_mut() = StatusCode::CREATED;
        if let Ok(place) = place {
            response.headers_mut().insert(LOCATION, place);
        }
        response
    }
}

/// One change of a record.
#[derive(Debug, Serialize)]
pub(super) struct Entry {
    hash: ChangeHash,
    parents: Heads,
    by: Option<MemberId>,
    at: DateTime<Utc>,
    fields: Vec<satchel_core::document::FieldChange>,
}

impl From<HistoryEntry> for Entry {
    fn from(entry: HistoryEntry) -> Self {
        Self {
            hash: entry.hash,
            parents: entry.parents,
            by: entry.by,
            at: instant(entry.at_ms),
            fields: entry.fields,
        }
    }
}

/// A field where values written apart stand beside each other.
#[derive(Debug, Serialize)]
pub(super) struct Conflicting {
    field: String,
    siblings: Vec<Written>,
}

/// One of several values written apart.
#[derive(Debug, Serialize)]
pub(super) struct Written {
    value: Value,
    by: Option<MemberId>,
    at: DateTime<Utc>,
}

impl From<Conflict> for Conflicting {
    fn from(conflict: Conflict) -> Self {
        let show = |one: Sibling| Written {
            value: one.value,
            by: one.by,
            at: instant(one.at_ms),
        };
        Self {
            field: conflict.field,
            siblings: conflict.siblings.into_iter().map(show).collect(),
        }
    }
}

/// A record's fields as they were at a version.
#[derive(Debug, Serialize)]
pub(super) struct AtVersion {
    pub(super) id: DocumentId,
    pub(super) kind: &'static str,
    pub(super) heads: Heads,
    pub(super) fields: Map<String, Value>,
    pub(super) derived: Map<String, Value>,
}

/// An instant from milliseconds since 1970.
pub(super) fn instant(ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(ms).unwrap_or_default()
}

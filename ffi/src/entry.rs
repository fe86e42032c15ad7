//! A record as the app reads it: the typed record, and what is known beside it.

use std::collections::HashMap;

use chrono::DateTime;
use satchel_core::engine;
use satchel_core::ids::{DocumentId, MemberId};
use satchel_core::projection;
use satchel_core::query;
use satchel_core::schema::{Kind, Violation};
use satchel_core::store;

use crate::record::AnyRecord;
use crate::{Instant, Query, Value, Version};

/// A record on this device.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Entry {
    /// Its id.
    pub id: DocumentId,
    /// The record.
    pub record: AnyRecord,
    /// Its version: to be given back with an edit.
    pub version: Version,
    /// What is computed from the fields, by name: a status, an amount.
    pub derived: HashMap<String, Value>,
    /// Fields where values written apart stand beside each other (`field`, or `field/key` in a map).
    pub conflicts: Vec<String>,
    /// What the merged state violates. It is shown, never refused.
    pub violations: Vec<Violation>,
    /// Whether it was put away.
    pub archived: bool,
    /// Whether somebody put it away while another edited it: the edit won, and people should look.
    pub edited_after_archive: bool,
    /// Who made it and when.
    pub created: Touch,
    /// Who wrote last and when.
    pub updated: Touch,
    /// Whether it holds edits that the relay neither has nor keeps apart.
    pub pending: bool,
    /// Why the relay keeps its last edit apart, where it does.
    pub parked: Option<String>,
}

/// Who wrote and when, by the writer's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct Touch {
    /// The member; absent where the change does not say.
    pub by: Option<MemberId>,
    /// When.
    pub at: Instant,
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Page {
    /// The records, in order.
    pub entries: Vec<Entry>,
    /// Where the next page begins; absent where this was the last.
    pub next: Option<String>,
}

/// Found records.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct SearchPage {
    /// In the order that was asked for.
    pub entries: Vec<Entry>,
    /// Newest first: what to give as `after` for more; absent where these were the last.
    pub next: Option<i64>,
}

/// Records that point to a record through one field.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Related {
    /// Their kind.
    pub kind: String,
    /// The field that points.
    pub field: String,
    /// The first of them, the last changed first.
    pub page: Page,
    /// The list, for the pages after.
    pub query: Query,
}

/// What an edit led to.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Saved {
    /// The record.
    pub id: DocumentId,
    /// Its version now: what the next form is opened on.
    pub version: Version,
    /// Whether anything changed.
    pub changed: bool,
}

/// An instant from milliseconds since 1970; the first one there is where no calendar holds it.
pub(crate) fn instant(ms: i64) -> Instant {
    DateTime::from_timestamp_millis(ms).unwrap_or_default()
}

impl From<projection::Touch> for Touch {
    fn from(touch: projection::Touch) -> Self {
        Self {
            by: touch.by,
            at: instant(touch.at_ms),
        }
    }
}

impl Entry {
    /// A stored record; absent where its kind is not known to this version.
    pub(crate) fn of(record: store::Record, kinds: &[&'static Kind]) -> Option<Self> {
        let kind = kinds.iter().find(|kind| kind.name == record.kind)?;
        let row = record.row;
        let derived = kind.derived.iter().filter_map(|derived| {
            let value = row.derived.get(derived.name)?;
            Some((derived.name.to_owned(), Value::of(Some(derived.ty), value)))
        });
        Some(Self {
            id: record.id,
            record: AnyRecord::read(kind, &row.fields)?,
            version: row.heads.into(),
            derived: derived.collect(),
            conflicts: row.conflicts,
            violations: row.violations,
            archived: row.archived,
            edited_after_archive: row.edited_after_archive,
            created: row.created.into(),
            updated: row.updated.into(),
            pending: record.pending,
            parked: record.parked,
        })
    }

    /// Stored records, those of unknown kinds left out.
    pub(crate) fn all(records: Vec<store::Record>, kinds: &[&'static Kind]) -> Vec<Self> {
        let known = records.into_iter().filter_map(|record| Self::of(record, kinds));
        known.collect()
    }
}

impl Page {
    pub(crate) fn of(page: store::Page, kinds: &[&'static Kind]) -> Self {
        Self {
            entries: Entry::all(page.records, kinds),
            next: page.next,
        }
    }
}

impl SearchPage {
    pub(crate) fn of(hits: store::Hits, kinds: &[&'static Kind]) -> Self {
        let records = hits.hits.into_iter().map(|hit| hit.record).collect();
        Self {
            entries: Entry::all(records, kinds),
            next: hits.next,
        }
    }
}

impl Related {
    pub(crate) fn of(related: query::Related, kinds: &[&'static Kind]) -> Self {
        Self {
            kind: related.kind.to_owned(),
            field: related.field.to_owned(),
            page: Page::of(related.page, kinds),
            query: Query::of(related.query),
        }
    }
}

impl From<engine::Saved> for Saved {
    fn from(saved: engine::Saved) -> Self {
        Self {
            id: saved.id,
            version: saved.heads.into(),
            changed: saved.changed,
        }
    }
}

//! The contract of the store. Kinds are the real ones; nothing here depends on what they mean.

#![expect(
    clippy::redundant_closure_for_method_calls,
    reason = "the path of a method has one lifetime, and the store lends for any"
)]

mod keeping;
mod opening;
mod reading;
mod release;

use std::path::PathBuf;

use serde_json::{Map, Value, json};
use tempfile::TempDir;

use super::*;
use crate::clock::SeededEntropy;
use crate::document::{Author, Document};
use crate::domain::KINDS;
use crate::ids::{ActorId, DocumentId, Heads, MemberId, ScopeId};
use crate::projection::{Cell, Row};
use crate::schema::Patch;

/// A store in a directory of its own.
struct Bench {
    dir: TempDir,
    store: Store,
}

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = open(&dir.path().join("device.db"));
        Self { dir, store }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("device.db")
    }

    /// Keeps a new record as an edit made here would.
    fn add(&self, number: u32, fields: Value) -> DocumentId {
        let (id, ()) = (id(number), ());
        let made = made("customer", number, fields);
        self.write(|tx| tx.keep(&made));
        id
    }

    fn write<T>(&self, work: impl FnOnce(&Transaction<'_>) -> Result<T, Error>) -> T {
        self.store.write(work).unwrap().0
    }

    fn read<T>(&self, work: impl FnOnce(&Reader<'_>) -> Result<T, Error>) -> T {
        self.store.read(work).unwrap()
    }
}

const NAME_KEYS: BlockingKeys = BlockingKeys {
    version: 1,
    of: |_, _, fields| {
        fields
            .get("name")
            .and_then(Value::as_str)
            .map(str::to_lowercase)
            .into_iter()
            .collect()
    },
};

fn open(path: &std::path::Path) -> Store {
    let options = Options {
        keys: NAME_KEYS,
        ..Options::new(KINDS)
    };
    Store::open(path, options).unwrap()
}

fn id(number: u32) -> DocumentId {
    let mut bytes = [0; 16];
    bytes[12..].copy_from_slice(&number.to_be_bytes());
    DocumentId::from_bytes(bytes)
}

fn scope(number: u32) -> ScopeId {
    id(number).into()
}

/// A record with its document, as an edit leaves it.
struct Made {
    id: DocumentId,
    kind: &'static str,
    changes: Vec<Vec<u8>>,
    heads: Heads,
    row: Row,
    document: Document,
}

fn author(entropy: &SeededEntropy, at_ms: i64) -> Author<'_> {
    Author {
        member: MemberId::from_bytes([1; 16]),
        actor: ActorId([2; 16]),
        at_ms,
        zone: "Asia/Shanghai",
        entropy,
    }
}

fn made(kind: &'static str, number: u32, fields: Value) -> Made {
    let kind = crate::domain::kind(kind).unwrap();
    let Value::Object(fields) = fields else {
        panic!("fields are an object")
    };
    let patch = Patch::creating(kind, &fields).unwrap();
    let entropy = SeededEntropy::new(u64::from(number));
    let at_ms = 1_700_000_000_000 + i64::from(number) * 1000;
    let (mut document, changes) = Document::create(kind, id(number), &patch, &author(&entropy, at_ms)).unwrap();
    Made {
        id: id(number),
        kind: kind.name,
        changes,
        heads: document.heads(),
        row: document.project(),
        document,
    }
}

/// A row that was sent with a document that nobody loads.
fn plain_row(number: u32, fields: &Map<String, Value>) -> Row {
    let touch = json!({ "at_ms": 1_700_000_000_000_i64 + i64::from(number) });
    serde_json::from_value(json!({
        "schema": 1, "heads": [], "fields": fields, "created": touch, "updated": touch,
    }))
    .unwrap()
}

impl Transaction<'_> {
    fn keep(&self, made: &Made) -> Result<(), Error> {
        let new = NewDocument {
            id: made.id,
            kind: made.kind,
            scope: Some(made.id.into()),
            snapshot: &[],
            heads: &Heads::default(),
        };
        self.put_document(&new)?;
        self.append_changes(made.id, Origin::Local(None), &made.changes, &made.heads)?;
        self.put_row(made.id, &made.row, Indexing::Now)
    }

    /// Keeps a document that came from the relay, unread.
    fn keep_unread(&self, number: u32, fields: &Value) -> Result<(), Error> {
        let heads = Heads::new(vec![crate::ids::ChangeHash([7; 32])]);
        let new = NewDocument {
            id: id(number),
            kind: "customer",
            scope: Some(scope(number)),
            snapshot: b"opaque",
            heads: &heads,
        };
        self.put_document(&new)?;
        self.set_acked(id(number), &heads)?;
        self.put_row(
            id(number),
            &plain_row(number, fields.as_object().unwrap()),
            Indexing::Later,
        )
    }
}

//! Documents of the relay, held as a device holds them, to make changes that the relay will take.

use anyhow::{Context, Result};
use minicbor::bytes::ByteVec;
use rusqlite::Connection;
use satchel_core::document::Document;
use satchel_core::domain;
use satchel_core::ids::DocumentId;
use satchel_core::wire::{Point, Push};

use crate::making::Maker;
use crate::population::{NOW_MS, Population};

/// Reads documents from the relay's database.
pub(crate) fn documents(looking: &Connection, condition: &str) -> Result<Vec<Document>> {
    let mut statement = looking.prepare(&format!(
        "SELECT kind, id, snapshot, folded_seq FROM document WHERE {condition}"
    ))?;
    let found = statement.query_map([], |row| {
        Ok((
            row.get::<_, String>(0)?,
            row.get::<_, [u8; 16]>(1)?,
            row.get::<_, Vec<u8>>(2)?,
            row.get::<_, i64>(3)?,
        ))
    })?;
    let mut changes =
        looking.prepare("SELECT bytes FROM change WHERE document = ?1 AND seq > ?2 ORDER BY seq, place")?;
    let mut documents = Vec::new();
    for one in found {
        let (kind, id, snapshot, folded) = one?;
        let kind = domain::kind(&kind).context("a kind")?;
        let bytes: Vec<Vec<u8>> = changes
            .query_map(rusqlite::params![id, folded], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        documents.push(Document::load(kind, DocumentId::from_bytes(id), &snapshot, &bytes)?);
    }
    Ok(documents)
}

/// A one-field change of a document, as a push; the replica holds it afterwards.
pub(crate) fn edit(
    document: &mut Document,
    population: &mut Population,
    maker: &Maker,
    base: Option<Point>,
) -> Result<Push> {
    let kind = document.kind();
    let mut changes = Vec::new();
    // A field may happen to get the value that it has.
    while changes.is_empty() {
        changes = document.edit(&population.small_edit(kind), None, &maker.author(NOW_MS))?;
    }
    Ok(Push {
        id: document.id(),
        kind: kind.name.to_owned(),
        base,
        heads: document.heads(),
        changes: changes.into_iter().map(ByteVec::from).collect(),
    })
}
